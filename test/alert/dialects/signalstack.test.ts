/** Orders in SignalStack's style as text. */
import { describe, expect, test } from "bun:test";
import { signalStack } from "../../../src/alert/dialects/signalstack.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

dialectCases(signalStack, [
	{
		name: "buy, units, symbol",
		body: "BUY 10 AAPL",
		alerts: [{ type: "LONG_ENTRY", action: "buy", symbol_sent: "AAPL", quantity: "10" }],
		absent: ["limit", "size", "closes", "strategy", "stop_loss", "take_profit", "cancel"],
	},
	{
		name: "sell with a limit",
		body: "sell 5 TSLA limit 240",
		alerts: [{ type: "SHORT_ENTRY", symbol_sent: "TSLA", quantity: "5", limit: "240" }],
	},
	{
		name: "sell short in two words is one action",
		body: "Sell Short 1,000 BTCUSD market",
		alerts: [{ type: "SHORT_ENTRY", action: "sell_short", quantity: "1000" }],
	},
	{
		name: "buy to cover closes a short and never opens a long",
		body: "buy to cover 3 TSLA",
		alerts: [{ type: "SHORT_EXIT", closes: "short", quantity: "3" }],
	},
	{
		name: "an entry with a stop as a distance and a target as a price",
		body: "BUY 10 AAPL stop loss 2% tp 200.50 strategy Mirror",
		alerts: [{ type: "LONG_ENTRY", stop_loss: "2%", take_profit: "200.5", strategy: "Mirror" }],
	},
	{
		name: "close takes all, a share or units",
		body: "close AAPL\nCLOSE 50% AAPL\nexit 2 AAPL",
		alerts: [
			{ type: "LONG_EXIT", closes: "any" },
			{ type: "LONG_EXIT", closes: "any", quantity: "50%" },
			{ type: "LONG_EXIT", closes: "any", quantity: "2" },
		],
	},
	{
		name: "cancel takes back what rests",
		body: "cancel BTCUSDT.P",
		alerts: [{ type: "CUSTOM", cancel: true, symbol_sent: "BTCUSDT.P" }],
		absent: ["quantity"],
	},
	{
		name: "comments, a BOM, semicolons and Windows' line ends do no harm, and comments are not stored",
		body: "\ufeff# hunter2hunter2\r\nBUY 1 AAPL; BUY 2 TSLA\r\n\r\n// hunter2hunter2",
		alerts: [
			{ symbol_sent: "AAPL", quantity: "1" },
			{ symbol_sent: "TSLA", quantity: "2" },
		],
		never: ["hunter2hunter2"],
	},
	{
		name: "an exit is not refused for what it carries, and goes at the market",
		body: "cover 5 TSLA limit 240 stop 230",
		alerts: [{ type: "SHORT_EXIT", quantity: "5" }],
		absent: ["limit"],
		notes: ["at the market"],
	},
	{
		name: "a secret beside the order is tried and shown nowhere",
		body: "BUY 1 AAPL token=hunter2hunter2",
		alerts: [{ type: "LONG_ENTRY" }],
		secrets: ["hunter2hunter2"],
		never: ["hunter2hunter2"],
	},
	{
		name: "a stop entry is refused by name",
		body: "BUY 10 AAPL stop 180",
		refuse: { code: "unsupported_field", says: ["stop", "180"] },
	},
	{
		name: "a word that is none of the format's is refused, for it may have been a stop",
		body: "BUY 10 AAPL trailing 2%",
		refuse: { code: "bad_field", says: ["trailing"] },
	},
	{
		name: "a stop without its price is refused",
		body: "BUY 10 AAPL stop_loss",
		refuse: { code: "bad_field", says: ["stop_loss"] },
	},
	{
		name: "a stop that is NaN is refused, not left out",
		body: "BUY 10 AAPL sl NaN",
		refuse: { code: "bad_field", says: ["stop_loss", "NaN"] },
	},
	{
		name: "two different limits are refused",
		body: "BUY 10 AAPL limit 240 limit 241",
		refuse: { code: "contradictory_fields", says: ["limit"] },
	},
	{
		name: "nothing as a quantity is refused",
		body: "BUY 0 AAPL",
		refuse: { code: "bad_quantity", says: ["quantity"] },
	},
	{
		name: "a share as an entry's quantity is refused",
		body: "BUY 5% AAPL",
		refuse: { code: "bad_quantity", says: ["quantity", "5%"] },
	},
	{
		name: "a placeholder left in the quantity is named",
		body: "BUY {{strategy.order.contract}} AAPL",
		refuse: { code: "unfilled_placeholder", says: ["quantity", "{{strategy.order.contracts}}"] },
	},
]);

describe("what is no order of this format", () => {
	for (const text of [
		"hello world",
		"buy now",
		"close the window",
		"sell your house",
		"Buy the dip 5",
		"buy",
		"BUY AAPL",
	])
		test(text, () => {
			expect(signalStack.recognises(text)).toBe(false);
			expect(readBody(text)).toMatchObject({ ok: false, refusal: { code: "unreadable_body" } });
		});
	test("one bad line is refused alone", () => {
		const result = readBody("BUY 10 AAPL\nplease hold TSLA");
		expect(result.ok && result.items.map((item) => item.ok || item.refusal.code)).toEqual([true, "bad_field"]);
	});
});
