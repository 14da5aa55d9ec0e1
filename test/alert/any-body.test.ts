/** Whatever is sent: no exception, no touched prototype, no secret in what is kept or shown. */
import { expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import fc from "fast-check";
import { meaningKey } from "../../src/alert/meaning.ts";
import { type ReadResult, readBody } from "../../src/alert/read.ts";
import { Alert } from "../../src/domain/records.ts";
import { resolveSymbol } from "../../src/domain/symbol.ts";

const good = {
	action: "buy",
	symbol: "BTC/USD",
	exchange: "binance",
	price: 42000.5,
	strategy: "MyRSIStrategy",
	timeframe: "1h",
	alert_id: "m1",
	message: "Optional message",
	time: "2026-01-31T13:37:01Z",
	market_position: "long",
	position_size: "1.5",
};

const key = fc.oneof(
	fc.constantFrom(
		...Object.keys(good),
		"ticker",
		"close",
		"qty",
		"interval",
		"timenow",
		"bar_time",
		"__proto__",
		"constructor",
		"prototype",
	),
	fc.constantFrom(
		"prev_market_position",
		"market_position_size",
		"toString",
		"hasOwnProperty",
		"secret",
		"id",
		"signal",
		"market",
	),
	fc.string({ unit: "binary", maxLength: 8 }),
);
const oddNumber = fc.constantFrom(
	"1e400",
	"-1e-400",
	"0".repeat(400),
	`1${"0".repeat(5000)}1`,
	"-0",
	"1e",
	".",
	"1.2.3",
	"0x1F",
	"1,000.5",
);
const oddText = fc.constantFrom(
	"\ud800",
	"\udc00x",
	"\u0000",
	"\u202e",
	"😀",
	"NaN",
	"{{close}}",
	"{{",
	"}}",
	"flat",
	"-1",
	"50%",
	"long",
	"1D",
);
const scalar = fc.oneof(
	fc.string({ unit: "binary", maxLength: 12 }),
	oddText,
	oddNumber,
	fc.integer(),
	fc.double(),
	fc.boolean(),
	fc.constant(null),
);
const object = fc.dictionary(key, fc.oneof({ maxDepth: 3 }, scalar, fc.jsonValue({ maxDepth: 3 })), { maxKeys: 12 });

/** A good command with some fields put in another's place. */
const nearlyGood = object.map((changes) => JSON.stringify({ ...good, ...changes }));
/** A text with pieces cut out, doubled or put in. */
const mutated = fc
	.tuple(
		nearlyGood,
		fc.array(
			fc.tuple(
				fc.nat(400),
				fc.nat(6),
				fc.constantFrom(
					"",
					"{",
					"}",
					"[",
					"]",
					",",
					":",
					'"',
					"'",
					"“",
					"\\",
					"/*",
					"//",
					"#",
					"{{",
					"NaN",
					"\n",
					"\u0000",
				),
			),
			{ maxLength: 4 },
		),
	)
	.map(([text, edits]) => edits.reduce((body, [at, cut, put]) => body.slice(0, at) + put + body.slice(at + cut), text));
const deep = fc
	.tuple(fc.constantFrom("[", '{"a":', "[{", "'", "{{"), fc.nat(3000))
	.map(([piece, times]) => piece.repeat(times));
const tokens = fc
	.array(
		fc.constantFrom(
			..."{}[],:\"'“”‘’\\#/*-.0123456789eE \n\t".split(""),
			"true",
			"null",
			"NaN",
			"{{x}}",
			'"a"',
			'"__proto__":',
			'"secret":',
			"//",
			"/*",
			"*/",
		),
		{ maxLength: 40 },
	)
	.map((parts) => parts.join(""));
const anyBody = fc.oneof(
	{ weight: 4, arbitrary: mutated },
	{ weight: 2, arbitrary: nearlyGood },
	{ weight: 2, arbitrary: tokens },
	{ weight: 1, arbitrary: fc.array(nearlyGood, { maxLength: 4 }).map((bodies) => bodies.join("\n")) },
	{ weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
	{ weight: 1, arbitrary: deep },
);

/** The record without the fields that only the reception knows. */
const ReadingRecord = Type.Omit(Alert, ["id", "symbol", "source", "received_at", "strategy"]);

function checkWellFormed(result: ReadResult): void {
	if (!result.ok) {
		expect(result.refusal.detail.length).toBeGreaterThan(0);
		return;
	}
	expect(result.items.length).toBeGreaterThan(0);
	for (const item of result.items) {
		if (!item.ok) {
			expect(item.refusal.detail.length).toBeLessThan(400);
			continue;
		}
		const { secrets, strategy, ...record } = item.reading;
		expect(Array.isArray(secrets)).toBe(true);
		expect(strategy === undefined || typeof strategy === "string").toBe(true);
		const { time, ...rest } = record;
		expect(time === undefined || new Date(time).toISOString() === time).toBe(true);
		expect(
			[...Value.Errors(Type.Omit(ReadingRecord, ["time"]), rest)].map(({ path, message }) => `${path} ${message}`),
		).toEqual([]);
		expect(JSON.stringify(record).isWellFormed()).toBe(true);
		const resolved = resolveSymbol(record.symbol_sent, ["BTC/USD"], {});
		if (resolved.ok) expect(meaningKey(item.reading, strategy ?? "", resolved.symbol)).toHaveLength(32);
	}
}

test("20,000 bodies of every kind are answered, and every reading is a well-formed record", () => {
	let understood = 0;
	let refused = 0;
	fc.assert(
		fc.property(anyBody, (body) => {
			const result = readBody(body);
			checkWellFormed(result);
			if (result.ok && result.items.some(({ ok }) => ok)) understood += 1;
			else refused += 1;
		}),
		{ numRuns: 20_000 },
	);
	expect(Object.keys(Object.prototype)).toEqual([]);
	for (const name of ["admin", "a", "polluted", "action"]) expect(Reflect.get({}, name)).toBeUndefined();
	// The generator must keep making both kinds, or the test says little.
	expect(understood).toBeGreaterThan(500);
	expect(refused).toBeGreaterThan(500);
}, 120_000);

test("a copy of the fields has an ordinary prototype, whatever was sent", () => {
	const result = readBody('{"action":"buy","symbol":"B","__proto__":{"polluted":1},"x":{"__proto__":{"polluted":1}}}');
	const item = result.ok ? result.items[0] : undefined;
	if (item?.ok !== true) throw new Error("refused");
	const copy = Object.assign({}, item.reading.fields) as { polluted?: unknown; x?: object };
	expect(copy.polluted).toBeUndefined();
	expect(Reflect.get(Object.assign({}, copy.x), "polluted")).toBeUndefined();
});

const secretKey = fc
	.constantFrom(
		"secret",
		"passphrase",
		"password",
		"token",
		"api_key",
		"apikey",
		"apiKey",
		"key",
		"signature",
		"webhook_secret",
		"Auth-Token",
	)
	.chain((name) => fc.constantFrom(name, name.toUpperCase(), `my_${name === "key" ? "api_key" : name}`));
const secretValue = fc.stringMatching(/^[A-Za-z0-9]{12,24}$/).map((text) => `S3CR${text}`);
/** The secret as it may be written: quoted, bare, as one of a list, as a part of an object, beside an escape. */
const written = (secret: string) =>
	fc.constantFrom(
		`"${secret}"`,
		`'${secret}'`,
		secret,
		`“${secret}”`,
		`["a","${secret}"]`,
		`{"a":{"b":"${secret}"}}`,
		`"\\n${secret}"`,
		` /* c */ "${secret}"`,
	);
/** Wraps a member into objects and arrays. */
const wrapped = (member: string, depth: number) =>
	Array.from({ length: depth }).reduce<string>(
		(inner, _, index) => (index % 2 === 0 ? `"w${index}":{${inner}}` : `"w${index}":[1,{${inner}}]`),
		member,
	);

test("a secret under a secret's key, at any depth and in any form, is in nothing that is kept or shown", () => {
	const bodies = fc
		.tuple(secretValue, secretKey, fc.nat(6), object, fc.nat(3))
		.chain(([secret, name, depth, extras, edits]) =>
			fc
				.tuple(fc.constant(secret), written(secret), fc.constantFrom("", "// ", ",", "}"), fc.nat(30))
				.map(([value, form, junk, cut]) => {
					const member = wrapped(`"${name}":${form}`, depth);
					const body = `{"action":"buy","symbol":"BTCUSD",${member},"extra":${JSON.stringify(extras)}}`;
					// Some of them broken behind the secret: then the refusal is what is looked at.
					return { secret: value, body: edits === 0 ? body.slice(0, body.length - cut) + junk : body };
				}),
		);
	let kept = 0;
	fc.assert(
		fc.property(bodies, ({ secret, body }) => {
			const result = readBody(body);
			if (result.ok) kept += 1;
			const shown = result.ok
				? [result.raw, result.items.map((item) => (item.ok ? withoutSecrets(item.reading) : item))]
				: result;
			expect(JSON.stringify(shown)).not.toContain(secret);
		}),
		{ numRuns: 5000 },
	);
	expect(kept).toBeGreaterThan(2000);
}, 60_000);

function withoutSecrets({ secrets: _, ...kept }: { readonly secrets: readonly string[] }): object {
	return kept;
}

test("a large body is no heavier than its length: long runs of every special character are answered at once", () => {
	const runs = [
		'"',
		"'",
		"“",
		"‘",
		"\\",
		"{{",
		"{",
		"[",
		"/",
		"/*",
		"#",
		" ",
		"\n",
		"0",
		"1",
		",",
		":",
		"-",
		"n",
		"' ",
		'{"a":',
		'"\\u0041',
	];
	for (const run of runs) {
		for (const head of [
			"",
			'{"action":"buy","symbol":"BTCUSD","x":',
			'{"action":"buy","symbol":"BTCUSD","price":1',
			'{"',
		]) {
			checkWellFormed(readBody(head + run.repeat(Math.floor(65_536 / run.length))));
		}
	}
}, 20_000);
