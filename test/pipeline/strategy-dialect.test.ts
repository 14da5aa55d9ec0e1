/** The dialect of a strategy at the webhook: known by token, alone or by name; and plugins that read before the answer. */
import { describe, expect, test } from "bun:test";
import { meaningKey } from "../../src/alert/meaning.ts";
import { bodyReader } from "../../src/alert/read.ts";
import type { DialectAnswer, PluginDialects } from "../../src/domain/plugin-dialects.ts";
import { resolveSymbol } from "../../src/domain/symbol.ts";
import { allSecrets, bench, payload, secretOfRsi, tokenOfAll, tokenOfRsi } from "../http/support/bench.ts";
import { directory, strategy } from "../http/support/fakes.ts";

const anything = { symbols: [], timeframes: [] };
/** TradersPost's by its shape; Nexus's own payload too, had it no sentiment. */
const post = (fields: object = {}) => JSON.stringify({ ticker: "BTCUSD", action: "buy", sentiment: "flat", ...fields });

describe("the dialect of a strategy", () => {
	const rows = [
		{
			name: "counts for the strategy whose token is in the URL",
			strategies: [strategy("A", { ...anything, tokens: [tokenOfRsi], dialect: "nexus" }), strategy("B", anything)],
			path: `/webhook/${tokenOfRsi}`,
			body: post(),
			read: ["nexus LONG_ENTRY A"],
		},
		{
			name: "counts for no other strategy's token",
			strategies: [
				strategy("A", { ...anything, tokens: [tokenOfRsi] }),
				strategy("B", { ...anything, dialect: "nexus" }),
			],
			path: `/webhook/${tokenOfRsi}`,
			body: post(),
			read: ["traderspost LONG_EXIT A"],
		},
		{
			name: "counts where there is only one strategy",
			strategies: [strategy("A", { ...anything, dialect: "nexus" })],
			path: "/webhook",
			body: post(),
			read: ["nexus LONG_ENTRY A"],
		},
		{
			name: "counts where the message names the strategy, by an alias too",
			strategies: [strategy("A", { ...anything, aliases: ["bot-1"], dialect: "nexus" }), strategy("B", anything)],
			path: "/webhook",
			body: post({ strategy: "bot-1" }),
			read: ["nexus LONG_ENTRY A"],
		},
		{
			name: "gives way to ?dialect= in the URL",
			strategies: [strategy("A", { ...anything, dialect: "nexus" })],
			path: "/webhook?dialect=traderspost",
			body: post(),
			read: ["traderspost LONG_EXIT A"],
		},
		{
			name: "counts for each command of a body by itself",
			strategies: [strategy("A", { ...anything, dialect: "nexus" }), strategy("B", anything)],
			path: "/webhook",
			body: `[${post({ strategy: "A" })},${post({ strategy: "B" })},${payload({ strategy: "B" })}]`,
			read: ["nexus LONG_ENTRY A", "traderspost LONG_EXIT B", "nexus LONG_ENTRY B"],
		},
	] as const;
	test.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, { strategies, path, body, read }) => {
		const { post: send, journal } = bench({
			strategies: directory(...strategies),
			tokens: path.includes("token-of") ? [tokenOfAll] : [],
		});
		const answer = await send(body, {}, path);
		expect(answer.status, answer.text).toBe(202);
		const found = journal.receptions.map(({ alert }) => `${alert.dialect} ${alert.type} ${alert.strategy}`);
		expect(found).toEqual([...read]);
	});
});

/** A server whose one plugin dialect answers what the test says, and the messages that it was asked about. */
function withPlugin(
	answer: (message: unknown) => Promise<DialectAnswer>,
	strategies = directory(strategy("A", anything), strategy("B", anything)),
) {
	const asked: unknown[] = [];
	const plugins: PluginDialects = {
		dialects: () => [{ name: "ninja", recognises: { keys: ["do"] } }],
		readDialect: (_name, message) => {
			asked.push(message);
			return answer(message);
		},
		brokenFor: () => undefined,
	};
	return { asked, ...bench({ strategies, reader: { readBody: bodyReader(plugins), meaningKey, resolveSymbol } }) };
}

const understood = async (): Promise<DialectAnswer> => ({
	ok: true,
	payloads: '[{"action":"buy","symbol":"BTC/USD","strategy":"A","lots":3}]',
});

describe("a plugin that reads before the answer", () => {
	test("makes an alert like any other, with its own name as the dialect and the stage in its place in the trace", async () => {
		const { post: send, journal, asked } = withPlugin(understood);
		const body = '{"do": "it", "price": 1.50, "secret": "of another vendor"}';
		expect((await send(body)).status).toBe(202);
		expect(asked).toEqual([{ do: "it", price: "1.5" }]);
		const [reception] = journal.receptions;
		expect(reception?.alert).toMatchObject({
			dialect: "ninja",
			type: "LONG_ENTRY",
			strategy: "A",
			fields: { lots: "3" },
		});
		expect(reception?.raw).toBe('{"do": "it", "price": 1.50, "secret": "***"}');
		expect(reception?.trace.map(({ stage }) => stage)).toEqual([
			"size",
			"source",
			"failures",
			"signature",
			"read",
			"dedupe",
		]);
		expect((await send(body)).json["status"]).toBe("duplicate");
	});

	test("does not hold up what it is not asked about", async () => {
		const held = Promise.withResolvers<DialectAnswer>();
		const { post: send } = withPlugin(() => held.promise);
		const waiting = send('{"do": "it"}');
		expect((await send(payload({ strategy: "B" }))).status).toBe(202);
		held.resolve(await understood());
		expect((await waiting).status).toBe(202);
	});

	test.each([
		["dialect_refused", 422],
		["dialect_failed", 422],
		["not_recorded", 503],
	] as const)("its %s is answered with %p and recorded nowhere", async (code, status) => {
		const refusal = { code, detail: "why", ...(status === 503 ? { retry_after_s: 1 } : {}) };
		const { post: send, journal } = withPlugin(async () => ({ ok: false, refusal }));
		const answer = await send('{"do": "it"}');
		expect([answer.status, answer.json["code"], answer.json["detail"]]).toEqual([status, code, "why"]);
		expect(answer.headers.get("retry-after")).toBe(status === 503 ? "1" : null);
		expect(journal.receptions).toHaveLength(0);
	});
});

describe("credentials in a message that a plugin reads", () => {
	const secret = { ...anything, secrets: [secretOfRsi] };
	const strategies = directory(
		strategy("A", secret),
		strategy("B", { ...anything, secrets: ["another-body-secret-000"] }),
	);

	test("are checked here and never reach it", async () => {
		const { post: send, asked, journal } = withPlugin(understood, strategies);
		expect((await send(`{"do": "it", "secret": "${secretOfRsi}"}`)).status).toBe(202);
		for (const known of allSecrets) expect(JSON.stringify([asked, journal.receptions])).not.toContain(known);
	});

	test("of another strategy than the one it finds are refused", async () => {
		const { post: send, journal } = withPlugin(understood, strategies);
		const answer = await send('{"do": "it", "secret": "another-body-secret-000"}');
		expect([answer.status, answer.json["code"]]).toEqual([401, "not_authentic"]);
		expect(journal.receptions).toHaveLength(0);
	});

	test.each(['{"do": "it"}', '{"do": "it", "secret": "wrong"}'])(
		"that prove nothing do not even keep it busy: %s",
		async (body) => {
			const { post: send, asked } = withPlugin(understood, strategies);
			const answer = await send(body);
			expect([answer.status, answer.json["code"]]).toEqual([401, "not_authentic"]);
			expect(asked).toEqual([]);
		},
	);

	test("that are right are never limited as failures where the plugin could not be asked", async () => {
		const { post: send } = withPlugin(
			async () => ({ ok: false, refusal: { code: "not_recorded", detail: "why" } }),
			strategies,
		);
		const body = `{"do": "it", "secret": "${secretOfRsi}"}`;
		for (let i = 0; i < 120; i++) expect((await send(body)).status).toBe(503);
	});
});
