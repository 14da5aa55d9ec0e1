/** Which strategy an alert is for, and what the recorded alert holds. */
import { describe, expect, test } from "bun:test";
import { bench, hexOf, payload, secretKey, secretOfRsi, tokenOfRsi } from "../http/support/bench.ts";
import { directory, strategy } from "../http/support/fakes.ts";

const two = directory(strategy("MyRSIStrategy", { aliases: ["bot-1"], tokens: [tokenOfRsi] }), strategy("Other"));
const one = directory(strategy("MyRSIStrategy"));

interface Row {
	readonly name: string;
	readonly strategies: ReturnType<typeof directory>;
	readonly named: string | undefined;
	readonly path?: string;
	readonly strategy: string;
}

const open = directory(strategy("MyRSIStrategy", { aliases: ["bot-1"] }), strategy("Other"));
const tokenPath = `/webhook/${tokenOfRsi}`;

const rows: readonly Row[] = [
	{ name: "by its name", strategies: open, named: "Other", strategy: "Other" },
	{ name: "by its name in other letters", strategies: open, named: "myrsistrategy", strategy: "MyRSIStrategy" },
	{ name: "by an alias", strategies: open, named: "bot-1", strategy: "MyRSIStrategy" },
	{
		name: "by the token in the URL where none is named",
		strategies: two,
		named: undefined,
		path: tokenPath,
		strategy: "MyRSIStrategy",
	},
	{
		name: "by the token in the URL where the name is another vendor's",
		strategies: two,
		named: "uuid-of-a-bot",
		path: tokenPath,
		strategy: "MyRSIStrategy",
	},
	{ name: "the only one there is", strategies: one, named: undefined, strategy: "MyRSIStrategy" },
	{
		name: "an unknown name never becomes the only one there is",
		strategies: one,
		named: "RemovedStrategy",
		strategy: "RemovedStrategy",
	},
	{ name: "an unknown name is kept as it was written", strategies: open, named: "Nobody", strategy: "Nobody" },
	{ name: "none named and several there: empty", strategies: open, named: undefined, strategy: "" },
	{ name: "none there at all", strategies: directory(), named: "Anything", strategy: "Anything" },
];

describe("read", () => {
	test.each(rows.map((row) => [row.name, row] as const))("strategy: %s", async (_name, row) => {
		const { post, journal } = bench({ strategies: row.strategies });
		const answer = await post(payload({ strategy: row.named }), {}, row.path);
		expect(answer.status, answer.text).toBe(202);
		expect(journal.receptions[0]?.alert.strategy).toBe(row.strategy);
	});

	test("the alert holds what the message says and what only the reception knows", async () => {
		const { post, journal, clock } = bench();
		const sent = payload({ symbol: "BTCUSD", timeframe: "60", alert_id: "m1", message: "Long" });
		const { json } = await post(sent, {}, "/webhook", "203.0.113.9");
		const [reception] = journal.receptions;
		expect(reception?.alert).toMatchObject({
			id: json["id"],
			alert_id: "m1",
			type: "LONG_ENTRY",
			symbol: "BTC/USD",
			symbol_sent: "BTCUSD",
			timeframe: "1h",
			price: "42000.5",
			strategy: "MyRSIStrategy",
			source: "203.0.113.9",
			received_at: new Date(clock.now()).toISOString(),
		});
		expect(reception?.raw).toBe(sent);
	});

	test("every field that a message can have reaches the alert", async () => {
		const { post, journal } = bench();
		const sent = payload({
			...{ action: "close_long", alert_id: "m1", message: "Long", time: "2026-01-31T13:36:59Z", quantity: "0.5" },
			...{ market_position: "long", market_position_size: "2", rsi: 71.5 },
		});
		expect((await post(sent, {}, "/webhook", "203.0.113.9")).status).toBe(202);
		const { id, received_at, ...rest } = journal.receptions[0]?.alert ?? {};
		expect([typeof id, typeof received_at]).toEqual(["string", "string"]);
		expect(rest).toStrictEqual({
			...{ type: "LONG_EXIT", action: "close_long", closes: "long", alert_id: "m1", quantity: "0.5" },
			...{ symbol: "BTC/USD", symbol_sent: "BTC/USD", exchange: "binance", price: "42000.5", timeframe: "1h" },
			...{ strategy: "MyRSIStrategy", message: "Long", time: "2026-01-31T13:36:59.000Z", dialect: "nexus" },
			...{ stated: { side: "long", size: "2" }, source: "203.0.113.9", fields: { rsi: "71.5" } },
		});
	});

	test("a field that the message does not have is absent from the alert, and secrets always are", async () => {
		const { post, journal } = bench();
		await post('{"action":"buy","symbol":"BTC/USD","strategy":"MyRSIStrategy","secret":"of another vendor"}');
		expect(Object.keys(journal.receptions[0]?.alert ?? {}).sort()).toEqual([
			...["action", "dialect", "fields", "id", "received_at", "source", "strategy", "symbol", "symbol_sent", "type"],
		]);
	});

	test("alerts of one millisecond share their time, those of the next do not", async () => {
		const { post, journal, clock } = bench();
		for (const alert_id of ["a", "b"]) await post(payload({ alert_id }));
		await clock.advance(1);
		await post(payload({ alert_id: "c" }));
		const times = journal.receptions.map(({ alert }) => Date.parse(alert.received_at) - clock.now());
		expect(times).toEqual([-1, -1, 0]);
	});

	test("the record's trace has the stages before the answer in their order, each passed and timed", async () => {
		const { post, journal } = bench();
		await post(payload());
		const trace = journal.receptions[0]?.trace ?? [];
		expect(trace.map(({ stage, verdict }) => `${stage} ${verdict}`)).toEqual([
			"size pass",
			"source pass",
			"failures pass",
			"signature pass",
			"read pass",
			"dedupe pass",
		]);
		for (const { ms } of trace) expect(ms).toBeGreaterThanOrEqual(0);
	});

	test("secrets in the body reach neither the alert nor the stored body", async () => {
		const strategies = directory(strategy("MyRSIStrategy", { secrets: [secretOfRsi] }));
		const { post, journal, intake } = bench({ strategies });
		expect((await post(payload({ secret: secretOfRsi }))).status).toBe(202);
		const kept = JSON.stringify([journal.receptions, intake.taken]);
		expect(kept).not.toContain(secretOfRsi);
		expect(kept).toContain("MyRSIStrategy");
	});

	test("a symbol that could be several of the strategy's markets is recorded as written, for the strategy stage to say", async () => {
		const strategies = directory(strategy("MyRSIStrategy", { symbols: ["BTC/USD:BTC", "BTC/USD:USDC"] }));
		const { post, journal } = bench({ strategies });
		expect((await post(payload({ symbol: "BTCUSD.P" }))).status).toBe(202);
		expect(journal.receptions[0]?.alert.symbol).toBe("BTCUSD.P");
	});

	test("the symbol map wins", async () => {
		const { post, journal } = bench({ symbols_map: { BTCUSD: "ETH/USD" } });
		await post(payload({ symbol: "BTCUSD" }));
		expect(journal.receptions[0]?.alert.symbol).toBe("ETH/USD");
	});

	test.each([
		["hello world", 400, "unreadable_body"],
		["", 400, "unreadable_body"],
		["42", 400, "unreadable_body"],
		["{", 400, "unreadable_body"],
		["[]", 400, "unreadable_body"],
		[payload({ symbol: undefined }), 422, "missing_field"],
		[payload({ price: -1 }), 422, "bad_price"],
		[payload({ symbol: "{{ticker}}" }), 422, "unfilled_placeholder"],
	])("%p is refused with %p %s and recorded nowhere", async (body, status, code) => {
		const { post, journal } = bench();
		const answer = await post(body);
		expect([answer.status, answer.json["code"]]).toEqual([status, code]);
		expect(answer.headers.get("content-type")).toBe("application/problem+json");
		expect(journal.receptions).toHaveLength(0);
	});

	test("bytes that are no text are refused; UTF-16 with its mark and UTF-8 with its mark are read", async () => {
		const { post } = bench();
		const bad = await post(new Uint8Array([0x7b, 0x22, 0xe9, 0x22, 0x7d]));
		expect([bad.status, bad.json["code"]]).toEqual([400, "unreadable_body"]);
		expect(bad.json["detail"]).toContain("UTF-8");
		const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(payload({ alert_id: "16" }), "utf16le")]);
		expect((await post(new Uint8Array(utf16))).status).toBe(202);
		expect((await post(new Uint8Array(utf16.swap16()))).status).toBe(200);
		expect((await post(`\ufeff${payload({ alert_id: "8" })}`)).status).toBe(202);
	});

	test("?dialect= reaches the reader", async () => {
		const { post } = bench();
		const unknown = await post(payload(), {}, "/webhook?dialect=nobodys");
		expect([unknown.status, unknown.json["code"]]).toEqual([422, "bad_field"]);
		expect((await post(payload(), {}, "/webhook?dialect=nexus")).status).toBe(202);
	});

	test("the hex signature is over the bytes, so that another spelling of the same alert does not fit it", async () => {
		const { post } = bench({ secret_key: secretKey });
		const signed = hexOf(payload());
		expect((await post(`${payload()}\n`, { "x-signature": signed })).status).toBe(401);
		expect((await post(payload(), { "x-signature": signed })).status).toBe(202);
	});
});
