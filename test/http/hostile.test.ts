/** Whatever is sent: never a 5xx, always JSON, never a secret, never a row without an answer that says so. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { allSecrets, bench, hexOf, payload, secretKey, secretOfRsi, tokenOfAll, tokenOfRsi } from "./support/bench.ts";
import { directory, strategy } from "./support/fakes.ts";

const runs = 5000;
const seed = Number(process.env["NEXUS_TEST_SEED"] ?? 20260131);

const field = fc.constantFrom(
	"action",
	"symbol",
	"price",
	"strategy",
	"timeframe",
	"alert_id",
	"time",
	"quantity",
	"secret",
	"ticker",
	"close",
	"__proto__",
	"constructor",
	"market_position",
	"position_size",
	"message",
	"",
);
const word = fc.oneof(
	fc.constantFrom(
		"buy",
		"sell",
		"close",
		"BTC/USD",
		"BTCUSDT.P",
		"MyRSIStrategy",
		"{{ticker}}",
		"1e999",
		"-0",
		"NaN",
		"60",
		secretOfRsi,
	),
	fc.string({ unit: "binary" }),
	fc.double(),
	fc.bigInt(),
	fc.constantFrom(null, true, [], {}),
);
const object = fc
	.array(fc.tuple(field, word), { maxLength: 12 })
	.map(
		(pairs) =>
			`{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${typeof value === "bigint" ? value : JSON.stringify(value)}`).join(",")}}`,
	);
const body = fc.oneof(
	object,
	fc.array(object, { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
	fc.array(object, { maxLength: 4 }).map((items) => items.join("\n")),
	fc.json({ maxDepth: 6 }),
	fc.string({ unit: "binary", maxLength: 300 }),
	fc.integer({ min: 1, max: 3000 }).map((depth) => "[".repeat(depth)),
	fc.integer({ min: 1, max: 3000 }).map((depth) => `{"a":`.repeat(depth)),
	fc
		.tuple(fc.nat(300), fc.string({ maxLength: 3 }))
		.map(([at, text]) => payload().slice(0, at) + text + payload().slice(at)),
	fc.uint8Array({ maxLength: 300 }),
	fc.constant(payload()),
);
const headerText = fc.string({
	unit: fc.constantFrom(..."abcdef0123456789=,. :[]v1/%-_+\t~".split("")),
	maxLength: 80,
});
const strangeHeaders = fc.record(
	{
		"x-signature": fc.oneof(headerText, fc.constant("right")),
		"x-hub-signature-256": headerText,
		"webhook-id": headerText,
		"webhook-timestamp": fc.oneof(headerText, fc.nat().map(String)),
		"webhook-signature": headerText,
		"content-type": fc.oneof(
			headerText,
			fc.constantFrom("application/json", "multipart/form-data", "application/x-www-form-urlencoded"),
		),
		"x-forwarded-for": headerText,
		"content-length": fc.constantFrom("0", "7", "-1", "1e9", "abc", "99999999"),
		authorization: headerText,
	},
	{ requiredKeys: [] },
);
const headers: fc.Arbitrary<Record<string, string | undefined>> = fc.oneof(
	{ weight: 3, arbitrary: fc.constant({}) },
	{ weight: 2, arbitrary: fc.constant({ "x-signature": "right" }) },
	{ weight: 3, arbitrary: strangeHeaders },
);
const path = fc.oneof(
	{ weight: 3, arbitrary: fc.constantFrom(`/webhook/${tokenOfAll}`, `/webhook/${tokenOfAll}?wait=2s`) },
	{
		weight: 3,
		arbitrary: fc.constantFrom("/webhook", "/webhook/", `/webhook/${tokenOfRsi}`, "/webhook?wait=x&dialect=y"),
	},
	{ weight: 1, arbitrary: fc.webPath().map((tail) => `/webhook${tail}`) },
	{ weight: 1, arbitrary: fc.webQueryParameters().map((query) => `/webhook?${query}`) },
);

test(`${runs} random requests (seed ${seed})`, async () => {
	const server = bench({
		secret_key: secretKey,
		tokens: [tokenOfAll],
		trusted_proxies: ["127.0.0.1"],
		strategies: directory(strategy("MyRSIStrategy", { tokens: [tokenOfRsi], secrets: [secretOfRsi] })),
		failures: { per_second: 1e6, burst: 1e6 },
	});
	const statuses = new Map<number, number>();
	await fc.assert(
		fc.asyncProperty(path, body, headers, async (where, sent, given) => {
			const before = server.journal.receptions.length;
			const signed = given["x-signature"] === "right" ? { ...given, "x-signature": hexOf(sent) } : given;
			const answer = await server.post(sent, signed as Record<string, string>, where);
			statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
			expect(answer.status).toBeLessThan(500);
			expect(answer.headers.get("content-type")).toMatch(/^application\/(problem\+)?json$/);
			for (const secret of allSecrets) expect(answer.text).not.toContain(secret);
			expect(answer.text).not.toMatch(/\.ts:\d+/);
			if (server.journal.receptions.length > before) expect([200, 202]).toContain(answer.status);
		}),
		{ numRuns: runs, seed },
	);
	// The generator must reach all of it, or the test says nothing.
	for (const status of [200, 202, 400, 401, 404, 413, 422])
		expect(statuses.get(status), `status ${status}`).toBeGreaterThan(0);
	expect(server.logged.filter((line) => line.startsWith("error"))).toEqual([]);
	expect(JSON.stringify(server.journal.receptions.map(({ alert, raw }) => [alert, raw]))).not.toContain(secretKey);
	expect((await server.post(payload({ alert_id: "after all that" }), {}, `/webhook/${tokenOfAll}`)).status).toBe(202);
});
