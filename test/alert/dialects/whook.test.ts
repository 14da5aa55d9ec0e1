/** whook's text lines, after its own description of the alert syntax. */
import { describe, expect, test } from "bun:test";
import { whook } from "../../../src/alert/dialects/whook.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

dialectCases(whook, [
	{
		name: "account, symbol, buy and units are a long entry",
		body: "myKucoinA ETH/USDT buy 0.5",
		alerts: [{ type: "LONG_ENTRY", action: "buy", symbol_sent: "ETH/USDT", strategy: "myKucoinA", quantity: "0.5" }],
		absent: ["stated", "size", "limit", "cancel", "closes"],
	},
	{
		name: "the words may stand in another order, and the account last",
		body: "ETH/USDT sell 1,000 x1 myKucoinA nominal",
		alerts: [{ type: "SHORT_ENTRY", symbol_sent: "ETH/USDT", strategy: "myKucoinA", quantity: "1000" }],
	},
	{
		name: "dollars are money and percent a share of the balance",
		body: "acct ETHUSDT buy 300$\nacct ETHUSDT.P sell 5%",
		alerts: [
			{ type: "LONG_ENTRY", size: "300 USDT" },
			{ type: "SHORT_ENTRY", size: "5%", symbol_sent: "ETHUSDT.P" },
		],
		absent: ["quantity"],
	},
	{
		name: "the words for dollars and percent do the same where the signs do not survive",
		body: "acct ETHUSDT buy 300 force_usdt\nacct ETHUSDT sell 5 force_percent",
		alerts: [{ size: "300 USDT" }, { size: "5%" }],
		absent: ["quantity"],
	},
	{
		name: "pos above zero states a long position",
		body: "myKucoinA BTCUSDT.P pos 0.5",
		alerts: [{ type: "LONG_ENTRY", action: "pos", stated: { side: "long", size: "0.5" } }],
		absent: ["quantity", "closes"],
	},
	{
		name: "pos below zero states a short position, also with leverage 1",
		body: "ETH/USDT position -50 x1 myKucoinA",
		alerts: [{ type: "SHORT_ENTRY", stated: { side: "short", size: "50" }, strategy: "myKucoinA" }],
	},
	{
		name: "pos 0 closes, and its leverage does not hinder it",
		body: "acct BTCUSDT.P pos 0 x3",
		alerts: [{ type: "LONG_EXIT", closes: "any", stated: { side: "flat", size: "0" } }],
		absent: ["quantity"],
	},
	{
		name: "close with a share of the position, and without one",
		body: "myKucoinA ETH/USD close 33.33%\nmyKucoinA ETH/USD close x5",
		alerts: [
			{ type: "LONG_EXIT", closes: "any", quantity: "33.33%" },
			{ type: "LONG_EXIT", closes: "any" },
		],
	},
	{
		name: "a limit entry carries its price, not its id",
		body: "myKucoinA ETH/USDT buy 300$ limit:myid002:1012",
		alerts: [{ type: "LONG_ENTRY", limit: "1012", size: "300 USDT" }],
	},
	{
		name: "cancel:all takes back what rests, and may stand beside an order",
		body: "acct ETH/USDT cancel:all\nacct ETH/USDT cancel:all close",
		alerts: [
			{ type: "CUSTOM", cancel: true },
			{ type: "LONG_EXIT", closes: "any", cancel: true },
		],
	},
	{
		name: "cancel by id takes back everything, and says so",
		body: "acct ETH/USDT cancel:myid002",
		alerts: [{ type: "CUSTOM", cancel: true }],
		notes: ["cancel:myid002", "every resting entry"],
	},
	{
		name: "a reducing sell closes a long, at the market and whatever its leverage",
		body: "acct ETHUSDT sell 2 x10 reduceonly limit:a:1012",
		alerts: [{ type: "LONG_EXIT", closes: "long", quantity: "2" }],
		absent: ["limit"],
		notes: ["at the market"],
	},
	{
		name: "comments, empty lines, a BOM and Windows' line ends do no harm, and comments are not stored",
		body: "\ufeff// hunter2hunter2\r\n\r\nacct BTCUSDT buy 1\r\n// x3 hunter2hunter2\r\n",
		alerts: [{ type: "LONG_ENTRY", quantity: "1" }],
		never: ["hunter2hunter2"],
	},
	{
		name: "a line that begins with buy is whook's where something in it is",
		body: "buy ETHUSDT 300$ acct",
		alerts: [{ type: "LONG_ENTRY", size: "300 USDT", strategy: "acct" }],
	},
	{
		name: "the symbol alone leaves the strategy to the URL",
		body: "BTCUSDT.P buy 0.1",
		alerts: [{ type: "LONG_ENTRY" }],
		absent: ["strategy"],
	},
	{
		name: "a secret beside the order is tried and shown nowhere",
		body: "acct BTCUSDT buy 1 secret=hunter2hunter2",
		alerts: [{ type: "LONG_ENTRY" }],
		secrets: ["hunter2hunter2"],
		never: ["hunter2hunter2"],
	},
	{
		name: "leverage is refused by name",
		body: "acct BTCUSDT.P pos 0.5 x3",
		refuse: { code: "unsupported_field", says: ["leverage", "3"] },
	},
	{
		name: "so it is the other way round and with buy",
		body: "acct BTCUSDT.P buy 0.5 3x",
		refuse: { code: "unsupported_field", says: ["leverage", "3"] },
	},
	{
		name: "a change of leverage alone is refused",
		body: "acct BTCUSDT.P changeleverage x5",
		refuse: { code: "unsupported_field", says: ["changeleverage"] },
	},
	{
		name: "contracts are refused, not taken for units",
		body: "acct BTCUSDT.P buy 10@",
		refuse: { code: "unsupported_field", says: ["unit", "@"] },
	},
	{
		name: "a position to go to in money is refused, not taken for units",
		body: "acct BTCUSDT.P pos 300$",
		refuse: { code: "unsupported_field", says: ["unit", "$"] },
	},
	{
		name: "two quantities are refused",
		body: "acct BTCUSDT buy 1 2",
		refuse: { code: "contradictory_fields", says: ["quantity"] },
	},
	{
		name: "two commands in one line are refused",
		body: "acct BTCUSDT buy sell 1",
		refuse: { code: "contradictory_fields", says: ["command"] },
	},
	{
		name: "a limit without its price is refused",
		body: "acct BTCUSDT buy 1 limit:id",
		refuse: { code: "bad_price", says: ["limit"] },
	},
	{
		name: "two symbols are refused",
		body: "ETHUSDT BTCUSDT buy 1",
		refuse: { code: "bad_field", says: ["ETHUSDT", "BTCUSDT"] },
	},
	{
		name: "a placeholder left in the position is named",
		body: "acct BTCUSDT.P pos {{strategy.positon_size}} x3",
		refuse: { code: "unfilled_placeholder", says: ["{{strategy.positon_size}}", "{{strategy.position_size}}"] },
	},
	{
		name: "so is one left in the symbol",
		body: "acct {{ticker}} buy 300$",
		refuse: { code: "unfilled_placeholder", says: ["symbol", "{{ticker}}"] },
	},
]);

describe("whook's lines one by one", () => {
	test("one bad line is refused alone", () => {
		const result = readBody("acct BTCUSDT close\nacct BTCUSDT buy 1 trailing:5\nacct BTCUSDT sell 1");
		expect(result.ok && result.items.map((item) => (item.ok ? item.reading.type : item.refusal.code))).toEqual([
			"LONG_EXIT",
			"bad_field",
			"SHORT_ENTRY",
		]);
	});
	test("only comments are no order, by name and by shape", () => {
		const named = readBody("// nothing", { dialect: "whook" });
		expect(named.ok && named.items.map((item) => !item.ok && item.refusal.code)).toEqual(["unreadable_body"]);
		expect(readBody("// nothing")).toMatchObject({ ok: false, refusal: { code: "unreadable_body" } });
	});
	test("by name an order without a quantity is refused, not sized by a guess", () => {
		const result = readBody("acct BTCUSDT buy", { dialect: "whook" });
		expect(result.ok && result.items).toMatchObject([{ ok: false, refusal: { code: "missing_field" } }]);
	});
	for (const text of [
		"hello world",
		"BTCUSD buy signal",
		"TSLA close above 5",
		"Bitcoin is a buy at 5%",
		"60123456789,buy,EURUSD,risk=1",
		"a=main e=bybit s=BTCUSDT b=long q=50%",
		"MyKeys(BTCUSDT) { market(side=buy, amount=1); }",
		"buy 10 AAPL",
	]) {
		test(`is not its own: ${text}`, () => expect(whook.recognises(text)).toBe(false));
	}
});
