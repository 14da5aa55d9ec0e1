/** A command is read in the dialect of its own strategy, whatever its shape, and in no other strategy's. */
import { describe, expect, test } from "bun:test";
import type { ReadItem } from "../../src/alert/dialect.ts";
import { dialects } from "../../src/alert/dialects.ts";
import { type ReadOptions, readBody } from "../../src/alert/read.ts";

/** As a sentence: what the item is, or why it is none. */
function said(item: ReadItem | undefined): string {
	if (item === undefined) return "nothing";
	if (!item.ok) return item.refusal.code;
	const { dialect, type, symbol_sent, strategy = "nobody" } = item.reading;
	return `${dialect}: ${type} ${symbol_sent} for ${strategy}`;
}

function read(body: unknown, options: ReadOptions): readonly string[] {
	const result = readBody(typeof body === "string" ? body : JSON.stringify(body), options);
	return result.ok ? result.items.map(said) : [result.refusal.code];
}

/** The dialects of strategies by name; `""` is the one that a message without a name is for. */
const speaking =
	(dialects: Readonly<Record<string, string>>) =>
	(name = ""): string | undefined =>
		dialects[name.toLowerCase()];

const own = (strategy: string | undefined, fields: object = {}) => ({
	action: "buy",
	symbol: "BTC/USD",
	...(strategy === undefined ? {} : { strategy }),
	...fields,
});
/** By its shape SignalStack's, not Nexus's own. */
const stack = (fields: object = {}) => ({ symbol: "AAPL", action: "sell", quantity: 10, class: "stock", ...fields });
/** By its shape TradersPost's. */
const post = (fields: object = {}) => ({ ticker: "AAPL", action: "exit", sentiment: "flat", ...fields });

interface Row {
	readonly name: string;
	readonly body: unknown;
	readonly dialects: Readonly<Record<string, string>>;
	readonly said: readonly string[];
}

const rows: readonly Row[] = [
	{
		name: "without a dialect of its strategy a message is read by its shape",
		body: post(),
		dialects: {},
		said: ["traderspost: LONG_EXIT AAPL for nobody"],
	},
	{
		name: "a strategy known before reading has its message read in its dialect",
		body: post(),
		dialects: { "": "nexus" },
		said: ["nexus: LONG_EXIT AAPL for nobody"],
	},
	{
		name: "a strategy that only the message names has it read again",
		body: post({ strategy: "A" }),
		dialects: { a: "nexus" },
		said: ["nexus: LONG_EXIT AAPL for A"],
	},
	{
		name: "a strategy without a dialect beside one that has one is read by its shape",
		body: own("B"),
		dialects: { a: "traderspost" },
		said: ["nexus: LONG_ENTRY BTC/USD for B"],
	},
	{
		name: "several commands of one body are each read for their own strategy",
		body: [own("A"), own("B"), post({ strategy: "C" }), post({ strategy: "D" })],
		dialects: { a: "traderspost", c: "nexus" },
		said: [
			"missing_field",
			"nexus: LONG_ENTRY BTC/USD for B",
			"nexus: LONG_EXIT AAPL for C",
			"traderspost: LONG_EXIT AAPL for D",
		],
	},
	{
		name: "a command that its shape's format refuses is read in the dialect of the strategy it names",
		body: ["A", "B"].map((strategy) => ({
			ticker: "AAPL",
			action: "buy",
			strategy,
			sentiment: "bullish",
			trailAmount: 5,
		})),
		dialects: { a: "nexus" },
		said: ["nexus: LONG_ENTRY AAPL for A", "unsupported_field"],
	},
	{
		name: "a JSON message for a strategy of a text format is read as that text, and refused as it is none",
		body: own("A"),
		dialects: { a: "pineconnector" },
		said: ["missing_field"],
	},
	{
		name: "a text for a strategy of a JSON format is refused",
		body: "BUY 10 AAPL",
		dialects: { "": "traderspost" },
		said: ["unreadable_body"],
	},
	{
		name: "a dialect that nobody defines refuses the message of its strategy, and of no other",
		body: [own("A"), own("B")],
		dialects: { a: "gone" },
		said: ["dialect_failed", "nexus: LONG_ENTRY BTC/USD for B"],
	},
];

describe("dialect of a strategy", () => {
	test.each(rows.map((row) => [row.name, row] as const))("%s", (_name, { body, dialects, said: expected }) => {
		expect(read(body, { dialectOf: speaking(dialects) })).toEqual([...expected]);
	});

	test("the sender's own word goes before every strategy's", () => {
		const dialectOf = speaking({ "": "traderspost", a: "traderspost" });
		expect(read([own("A"), own(undefined)], { dialectOf, dialect: "nexus" })).toEqual([
			"nexus: LONG_ENTRY BTC/USD for A",
			"nexus: LONG_ENTRY BTC/USD for nobody",
		]);
	});

	test("a second reading that is for a strategy of another dialect is refused, never guessed at", () => {
		// Finandy's word for the strategy is `name`, Nexus's own is `strategy`.
		const body = { strategy: "A", name: "B", side: "buy", symbol: "BTCUSDT" };
		expect(read(body, {})).toEqual(["nexus: LONG_ENTRY BTCUSDT for A"]);
		expect(read(body, { dialectOf: speaking({ a: "finandy" }) })).toEqual(["contradictory_fields"]);
		expect(read(body, { dialectOf: speaking({ a: "finandy", b: "okx" }) })).toEqual(["contradictory_fields"]);
		expect(read(body, { dialectOf: speaking({ a: "finandy", b: "finandy" }) })).toEqual([
			"finandy: LONG_ENTRY BTCUSDT for B",
		]);
	});

	test("a second reading that names no strategy is for the one that the first found", () => {
		const body = { strategy: "A", side: "buy", symbol: "BTCUSDT" };
		expect(read(body, { dialectOf: speaking({ a: "finandy" }) })).toEqual(["finandy: LONG_ENTRY BTCUSDT for A"]);
	});

	test("what either reading hides is hidden in the stored body", () => {
		const body = '{"action":"buy","symbol":"AAPL","strategy":"A","secret":"hunter2hunter2"}';
		const result = readBody(body, { dialectOf: speaking({ a: "signalstack" }) });
		expect(JSON.stringify(result)).not.toContain("hunter2");
	});

	test("the strategy of a message is never asked for in vain: without dialectOf it is read once, by its shape", () => {
		expect(read(stack(), {})).toEqual(["signalstack-json: SHORT_ENTRY AAPL for nobody"]);
	});

	test("every format's example is understood or refused for a strategy of every other format, and never throws", () => {
		for (const { example, form, name: written } of dialects) {
			for (const { name } of dialects) {
				const found = read(example, { dialectOf: (strategy) => (strategy === undefined ? undefined : name) });
				expect(found.length, `${written} for ${name}`).toBeGreaterThan(0);
				if (name === written) expect(found, `${form} ${written}`).toEqual([...read(example, {})]);
			}
		}
	});
});
