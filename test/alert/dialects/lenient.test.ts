/** Lenient about form, strict about meaning: each thing that people and TradingView do to a message, in Nexus's own format and in another's. */
import { describe, expect, test } from "bun:test";
import { readBody } from "../../../src/alert/read.ts";

/** What each command becomes: its fields, or its refusal. */
type Expected = Readonly<Record<string, unknown>> | { readonly code: string; readonly says: readonly string[] };

interface Row {
	/** A sentence. */
	readonly name: string;
	readonly nexus: string;
	readonly vendor: string;
	/** The format that the vendor's body must be taken for. */
	readonly dialect: string;
	readonly expect: readonly Expected[];
	/** Of the vendor's commands, where they differ from Nexus's. */
	readonly vendorExpect?: readonly Expected[];
}

const entry = { type: "LONG_ENTRY", symbol_sent: "BTCUSD" };
const nexusBuy = '"action":"buy","symbol":"BTCUSD"';
const postBuy = '"action":"buy","ticker":"BTCUSD","sentiment":"long"';
const octoBuy = "EXCHANGE=X\nSIGNAL=BUY\nSYMBOL=BTCUSD";

const rows: readonly Row[] = [
	{
		name: "NaN, na and n/a in fields that are not needed are no values",
		nexus: `{${nexusBuy},"volume":NaN,"rsi":na,"x":n/a}`,
		vendor: `{${postBuy},"volume":NaN,"rsi":na,"x":n/a}`,
		dialect: "traderspost",
		expect: [{ ...entry, fields: { volume: null, rsi: null, x: null } }],
	},
	{
		name: "NaN in the price is refused by name, not taken for no price",
		nexus: `{${nexusBuy},"price":NaN}`,
		vendor: `{${postBuy},"price":NaN}`,
		dialect: "traderspost",
		expect: [{ code: "bad_price", says: ["price", "NaN"] }],
	},
	{
		name: "na in a stop is refused by name, not taken for no stop",
		nexus: `{${nexusBuy},"stop_loss":na}`,
		vendor: `{${postBuy},"stopLoss":{"stopPrice":na}}`,
		dialect: "traderspost",
		expect: [{ code: "bad_field", says: ["stop_loss", "na"] }],
		vendorExpect: [{ code: "bad_price", says: ["stopLoss.stopPrice", "na"] }],
	},
	{
		name: "n/a in the quantity is refused by name",
		nexus: `{${nexusBuy},"quantity":n/a}`,
		vendor: `{${postBuy},"quantity":n/a}`,
		dialect: "traderspost",
		expect: [{ code: "bad_quantity", says: ["quantity", "n/a"] }],
	},
	{
		name: "commas behind the last field and the last command are nothing",
		nexus: `[{${nexusBuy},},]`,
		vendor: `[{${postBuy},"extras":{"a":[1,],},},]`,
		dialect: "traderspost",
		expect: [entry],
	},
	{
		name: "a comma too many between two values is a mistake",
		nexus: `[{${nexusBuy}},,{${nexusBuy}}]`,
		vendor: `[{${postBuy}},,{${postBuy}}]`,
		dialect: "traderspost",
		expect: [{ code: "unreadable_body", says: ["a value is missing"] }],
	},
	{
		name: "typographic quotes of a phone or a word processor",
		nexus: "{“action”:“buy”,„symbol“:«BTCUSD»,“message”:“it’s “fine””}",
		vendor: "{“action”:“buy”,„ticker“:«BTCUSD»,“sentiment”:“long”,“message”:“it’s “fine””}",
		dialect: "traderspost",
		expect: [{ ...entry, message: "it’s “fine”" }],
	},
	{
		name: "single quotes, and an apostrophe inside them",
		nexus: "{'action':'buy','symbol':'BTCUSD','message':'don't'}",
		vendor: "{'action':'buy','ticker':'BTCUSD','sentiment':'long','message':'don't'}",
		dialect: "traderspost",
		expect: [{ ...entry, message: "don't" }],
	},
	{
		name: "comments of all three kinds, and what looks like one inside a text",
		nexus: `// first\n{${nexusBuy}, /* second */ "message":"a // b # c" # third\n}`,
		vendor: `// first\n{${postBuy}, /* second */ "message":"a // b # c" # third\n}`,
		dialect: "traderspost",
		expect: [{ ...entry, message: "a // b # c" }],
	},
	{
		name: "a field inside a comment does not count",
		nexus: `{${nexusBuy} /* ,"stop_loss":1 */}`,
		vendor: `{${postBuy} /* ,"stopPrice":1 */}`,
		dialect: "traderspost",
		expect: [entry],
	},
	{
		name: "a byte order mark before JSON",
		nexus: `\ufeff{${nexusBuy}}`,
		vendor: `\ufeff{${postBuy}}`,
		dialect: "traderspost",
		expect: [entry],
	},
	{
		name: "a byte order mark before text",
		nexus: `\ufeff \n{${nexusBuy}}`,
		vendor: `\ufeff${octoBuy}`,
		dialect: "octobot",
		expect: [entry],
	},
	{
		name: "Windows' line ends between and inside JSON's parts",
		nexus: `{\r\n"action":"buy",\r\n"symbol":"BTCUSD"\r\n}\r\n`,
		vendor: `{\r\n"action":"buy",\r\n"sentiment":"long",\r\n"ticker":"BTCUSD"\r\n}\r\n`,
		dialect: "traderspost",
		expect: [entry],
	},
	{
		name: "Windows' line ends in text: none sticks to a value",
		nexus: `{"action":"buy\r\n","symbol":"BTCUSD\r"}`,
		vendor: octoBuy.replaceAll("\n", "\r\n"),
		dialect: "octobot",
		expect: [entry],
	},
	{
		name: "numbers as texts, with their thousands grouped",
		nexus: `{${nexusBuy},"price":"42,000.50","quantity":"1 000"}`,
		vendor: `{${postBuy},"price":"42,000.50","quantity":"1_000"}`,
		dialect: "traderspost",
		expect: [{ ...entry, price: "42000.5", quantity: "1000" }],
	},
	{
		name: "one comma before three digits groups thousands, as TradingView itself does",
		nexus: `{${nexusBuy},"price":"1,085"}`,
		vendor: `{${postBuy},"price":"1,085"}`,
		dialect: "traderspost",
		expect: [{ ...entry, price: "1085" }],
	},
	{
		name: "a decimal comma is refused and not guessed at",
		nexus: `{${nexusBuy},"price":"0,123"}`,
		vendor: `{${postBuy},"price":"42.000,50"}`,
		dialect: "traderspost",
		expect: [{ code: "bad_price", says: ["price", "0,123"] }],
		vendorExpect: [{ code: "bad_price", says: ["price", "42.000,50"] }],
	},
	{
		name: "a grouped number without quotes is broken JSON, not its first group",
		nexus: `{${nexusBuy},"price":1,085}`,
		vendor: `{${postBuy},"price":1,085}`,
		dialect: "traderspost",
		expect: [{ code: "unreadable_body", says: [":"] }],
	},
	{
		name: "several commands, as an array",
		nexus: `[{"action":"exit","symbol":"BTCUSD"},{${nexusBuy}}]`,
		vendor: `[{"action":"exit","ticker":"BTCUSD","orderType":"market"},{${postBuy}}]`,
		dialect: "traderspost",
		expect: [{ type: "LONG_EXIT" }, entry],
	},
	{
		name: "several commands, on lines",
		nexus: `{"action":"exit","symbol":"BTCUSD"}\r\n{${nexusBuy}}`,
		vendor: "acct BTCUSD close\r\nacct BTCUSD buy 1",
		dialect: "whook",
		expect: [{ type: "LONG_EXIT", closes: "any" }, entry],
	},
	{
		name: "one bad command among several is refused alone",
		nexus: `[{"action":"exit"},{${nexusBuy}}]`,
		vendor: `[{"action":"exit","orderType":"market"},{${postBuy}}]`,
		dialect: "traderspost",
		expect: [{ code: "missing_field", says: ["symbol"] }, entry],
		vendorExpect: [{ code: "missing_field", says: ["ticker"] }, entry],
	},
	{
		name: "a placeholder left in a field is named, with the spelling that was meant",
		nexus: `{"action":"{{strategy.order.acton}}","symbol":"BTCUSD"}`,
		vendor: `{"action":"{{strategy.order.acton}}","ticker":"BTCUSD","sentiment":"long"}`,
		dialect: "traderspost",
		expect: [
			{ code: "unfilled_placeholder", says: ["action", "{{strategy.order.acton}}", "{{strategy.order.action}}"] },
		],
	},
	{
		name: "so is one that stands without quotes",
		nexus: `{${nexusBuy},"quantity":{{strategy.order.contract}}}`,
		vendor: `{${postBuy},"quantity":{{strategy.order.contract}}}`,
		dialect: "traderspost",
		expect: [{ code: "unfilled_placeholder", says: ["quantity", "{{strategy.order.contracts}}"] }],
	},
	{
		name: "so is one in a text format",
		nexus: `{"action":"buy","symbol":"{{tiker}}"}`,
		vendor: "EXCHANGE=X\nSIGNAL=BUY\nSYMBOL={{tiker}}",
		dialect: "octobot",
		expect: [{ code: "unfilled_placeholder", says: ["symbol", "{{tiker}}", "{{ticker}}"] }],
		vendorExpect: [{ code: "unfilled_placeholder", says: ["SYMBOL", "{{tiker}}", "{{ticker}}"] }],
	},
	{
		name: "one field twice with different values is refused",
		nexus: `{${nexusBuy},"price":1,"price":2}`,
		vendor: `{${postBuy},"price":1,"price":2}`,
		dialect: "traderspost",
		expect: [{ code: "contradictory_fields", says: ["price", "twice"] }],
	},
	{
		name: "one field twice with different values is refused in text too",
		nexus: `{${nexusBuy},"action":"sell"}`,
		vendor: `${octoBuy}\nSIGNAL=SELL`,
		dialect: "octobot",
		expect: [{ code: "contradictory_fields", says: ["action"] }],
		vendorExpect: [{ code: "contradictory_fields", says: ["SIGNAL"] }],
	},
	{
		name: "one field twice with the same value is no contradiction",
		nexus: `{${nexusBuy},"price":1.50,"price":"1.5"}`,
		vendor: `{${postBuy},"price":1.50,"price":"1.5"}`,
		dialect: "traderspost",
		expect: [{ ...entry, price: "1.5" }],
	},
	{
		name: "two spellings of one field with different values are refused",
		nexus: `{${nexusBuy},"price":1,"close":2}`,
		vendor: `{${postBuy},"price":1,"signalPrice":2}`,
		dialect: "traderspost",
		expect: [{ code: "contradictory_fields", says: ["price", "close"] }],
		vendorExpect: [{ code: "contradictory_fields", says: ["price", "signalPrice"] }],
	},
];

function outcomes(body: string): readonly (readonly [dialect: string | undefined, outcome: Record<string, unknown>])[] {
	const result = readBody(body);
	if (!result.ok) return [[undefined, { ...result.refusal }]];
	return result.items.map((item) =>
		item.ok ? [item.reading.dialect, { ...item.reading }] : [undefined, { ...item.refusal }],
	);
}

function check(body: string, dialect: string, expected: readonly Expected[]): void {
	const found = outcomes(body);
	expect(found.length).toBe(expected.length);
	for (const [index, [taken, outcome]] of found.entries()) {
		const wanted = expected[index] ?? {};
		if (!("code" in wanted)) {
			expect(JSON.parse(JSON.stringify(outcome))).toMatchObject(wanted);
			expect(taken).toBe(dialect);
			continue;
		}
		const { code, says } = wanted as { code: string; says: readonly string[] };
		expect(outcome).toMatchObject({ code });
		for (const word of says) expect(`${outcome["detail"]} ${outcome["hint"] ?? ""}`).toContain(word);
	}
}

describe("in Nexus's own format", () => {
	for (const row of rows) test(row.name, () => check(row.nexus, "nexus", row.expect));
});

describe("a placeholder left in a field that nobody reads", () => {
	test("is refused by name in Nexus's own format, where a plugin may read it", () => {
		check(`{${nexusBuy},"rsi":"{{plot_1}"}`, "nexus", [{ ...entry, fields: { rsi: "{{plot_1}" } }]);
		check(`{${nexusBuy},"rsi":"{{plot_1}}"}`, "nexus", [{ code: "unfilled_placeholder", says: ["rsi", "{{plot_1}}"] }]);
	});
	test("is shown in the trace in another's format, at any depth", () => {
		const result = readBody(`{${postBuy},"rsi":["{{plot_1}}"],"message":"{{plot_2}}"}`);
		const [item] = result.ok ? result.items : [];
		const notes = item?.ok === true ? item.notes.map(({ detail }) => detail) : [];
		expect(notes).toEqual(["message still holds {{plot_2}}", "rsi still holds {{plot_1}}"]);
	});
	test("is not shown where it stands under a credential's key", () => {
		const result = readBody(`{${postBuy},"x":{"api_key":"{{hunter2}}"}}`);
		expect(JSON.stringify(result)).not.toContain("hunter2");
	});
});

describe("in another's format", () => {
	for (const row of rows) test(row.name, () => check(row.vendor, row.dialect, row.vendorExpect ?? row.expect));
	test("each format that is used here is another's", () => {
		expect(new Set(rows.map(({ dialect }) => dialect))).toEqual(new Set(["traderspost", "octobot", "whook"]));
		expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
	});
});
