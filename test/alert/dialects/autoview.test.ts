/** Autoview's messages, after its syntax page and the messages its users send. */
import { describe, expect, test } from "bun:test";
import { autoview } from "../../../src/alert/dialects/autoview.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

dialectCases(autoview, [
	{
		name: "b=long enters with a share of equity, a fixed stop and a target in percent",
		body: "a=main e=bybit s=BTCUSDT b=long q=50% y=equity t=market l=1 fsl=41000 tp=4%",
		alerts: [
			{
				...{ type: "LONG_ENTRY", action: "long", symbol_sent: "BTCUSDT", exchange: "bybit", strategy: "main" },
				...{ size: "50%", stop_loss: "41000", take_profit: "4%" },
			},
		],
		absent: ["quantity", "limit", "closes", "cancel"],
	},
	{
		name: "b=sell enters short with units, and any account names no strategy",
		body: "a=* s=ETHUSDT b=sell q=0.5 t=market",
		alerts: [{ type: "SHORT_ENTRY", quantity: "0.5" }],
		absent: ["size", "strategy", "stop_loss"],
	},
	{
		name: "a limit order at a fixed price",
		body: "e=oanda s=eur/usd b=long q=1000 t=limit fp=1.0650 fsl=1.05 ftp=1.1",
		alerts: [{ type: "LONG_ENTRY", limit: "1.065", stop_loss: "1.05", take_profit: "1.1", quantity: "1000" }],
	},
	{
		name: "a share without y is equity's, and an entry without t is a market order: the trace says both",
		body: "s=BTCUSDT b=long q=100%",
		alerts: [{ type: "LONG_ENTRY", size: "100%" }],
		notes: ["q=100% is read as a share of equity", "without t= goes in at the market"],
	},
	{
		name: "a stop stands on the losing side whichever its sign",
		body: "s=BTC-PERPETUAL b=short q=1 t=market sl=-3.1% tp=-6%",
		alerts: [{ type: "SHORT_ENTRY", stop_loss: "3.1%", take_profit: "6%" }],
	},
	{
		name: "what stands behind & belongs to the entry",
		body: "s=BTCUSDT b=long q=1 t=market & sl=2% & ftp=50000",
		alerts: [{ stop_loss: "2%", take_profit: "50000" }],
	},
	{
		name: "c=position closes the side it names, and nothing else about it matters",
		body: "e=binance s=BTCUSDT c=position b=long t=market ro=1 l=10",
		alerts: [{ type: "LONG_EXIT", closes: "long" }],
		absent: ["quantity", "size", "stop_loss"],
	},
	{
		name: "c=position closes either side where none is named, and a share where one is",
		body: "s=BTCUSDT c=position q=25% t=market",
		alerts: [{ type: "LONG_EXIT", closes: "any", quantity: "25%" }],
	},
	{
		name: "c=order takes back resting entries",
		body: "s=BTCUSDT c=order b=short t=open",
		alerts: [{ type: "CUSTOM", cancel: true, action: "cancel order" }],
		absent: ["closes"],
		notes: ["either side"],
	},
	{
		name: "lines and bars are commands, and a word without = is a title",
		body: "NC LONG | s=BTCUSDT c=position b=short t=market\r\ns=BTCUSDT b=long q=1 t=market",
		alerts: [
			{ type: "SHORT_EXIT", closes: "short", message: "NC LONG" },
			{ type: "LONG_ENTRY", quantity: "1" },
		],
	},
	{
		name: "a pause before taking back and closing does not hold them up",
		body: "delay=1 | s=BTCUSDT c=order | delay=2 | s=BTCUSDT c=position b=long t=market",
		alerts: [
			{ type: "CUSTOM", cancel: true },
			{ type: "LONG_EXIT", closes: "long" },
		],
	},
	{
		name: "an exit is not refused for a stray word",
		body: "s=BTCUSDT c=position b=long t=market now\ns=BTCUSDT c=order",
		alerts: [{ type: "LONG_EXIT" }, { type: "CUSTOM" }],
		notes: ['"now" is no key=value'],
	},
	{
		name: "a key that holds a secret is hidden and tried",
		body: "s=BTCUSDT b=long q=1 t=market secret=hush-hush-42",
		alerts: [{ type: "LONG_ENTRY" }],
		secrets: ["hush-hush-42"],
		never: ["hush-hush"],
	},
	{
		name: "a position's stop is refused, not taken for an exit at once",
		body: "s=BTC-PERPETUAL c=position b=long sl=-3.1% p=-3%",
		refuse: { code: "unsupported_field", says: ["sl", "waits for a price"] },
	},
	{
		name: "a stop in points is refused",
		body: "s=BTCUSDT b=long q=1 t=market sl=150",
		refuse: { code: "unsupported_field", says: ["sl", "150", "points"] },
	},
	{
		name: "a limit at a distance from the market is refused with its cure",
		body: "s=BTCUSDT b=long q=1 p=0.1%",
		refuse: { code: "unsupported_field", says: ["p is set", "fp="] },
	},
	{
		name: "a random range is refused",
		body: "s=BTCUSDT b=long q=1-5% t=market",
		refuse: { code: "unsupported_field", says: ["q is set", "1-5%", "random"] },
	},
	{
		name: "a delay on an entry is refused",
		body: "s=BTCUSDT b=long q=1 t=market delay=10",
		refuse: { code: "unsupported_field", says: ["delay", "10"] },
	},
	{
		name: "a delay on a line of its own refuses the entry behind it",
		body: "delay=2\ns=BTCUSDT b=long q=1 t=market",
		refuse: { code: "unsupported_field", says: ["delay", "2"] },
	},
	{
		name: "a trailing stop is refused",
		body: "s=BTCUSDT b=long q=1 t=market ts=2%",
		refuse: { code: "unsupported_field", says: ["ts", "trailing"] },
	},
	{
		name: "leverage is refused",
		body: "s=BTCUSDT b=long q=1 t=market l=10",
		refuse: { code: "unsupported_field", says: ["l is set", "10"] },
	},
	{
		name: "a command that is switched off is not traded",
		body: "s=BTCUSDT b=long q=1 t=market d=1",
		refuse: { code: "unsupported_field", says: ["d is set", "not to be traded"] },
	},
	{
		name: "a stop that is NaN is refused, not dropped",
		body: "s=BTCUSDT b=long q=1 t=market sl=NaN",
		refuse: { code: "bad_field", says: ["sl"] },
	},
	{
		name: "what stands behind & may only be a stop or target",
		body: "s=BTCUSDT b=long q=1 t=market & q=2 tp=3%",
		refuse: { code: "contradictory_fields", says: ["q"] },
	},
	{
		name: "a protection that nexus has never heard of is refused",
		body: "s=BTCUSDT b=long q=1 t=market slp=5",
		refuse: { code: "unsupported_field", says: ["slp"] },
	},
	{
		name: "taking back only the orders at one price is refused",
		body: "s=BTCUSDT c=order fp=41000",
		refuse: { code: "unsupported_field", says: ["fp is set", "41000"] },
	},
	{
		name: "the symbol is needed",
		body: "e=bybit b=long q=1 t=market",
		refuse: { code: "missing_field", says: ["s is missing"] },
	},
	{
		name: "a placeholder left as the side is named",
		body: "s=BTCUSDT b={{strategy.order.action}} q=1 t=market",
		refuse: { code: "unfilled_placeholder", says: ["b still holds", "strategy.order.action"] },
	},
	{
		name: "a quantity that is no number is refused",
		body: "s=BTCUSDT b=long q=lots t=market",
		refuse: { code: "bad_quantity", says: ["q"] },
	},
]);

describe("a body with a delay", () => {
	const body =
		"s=X c=position b=short t=market | delay=2 | s=X b=long q=1 t=market | delay=60 | s=X c=position b=long t=market";
	test("closes first, refuses the delayed entry, and refuses the exit that was to come later", () => {
		const result = readBody(body);
		if (!result.ok) throw new Error(JSON.stringify(result));
		const [exit, entry, late, ...others] = result.items;
		expect(others).toEqual([]);
		expect(exit).toMatchObject({ ok: true, reading: { type: "SHORT_EXIT" } });
		for (const item of [entry, late]) {
			expect(item).toMatchObject({ ok: false, refusal: { code: "unsupported_field" } });
			expect(JSON.stringify(item)).toContain("delay");
		}
	});
});

describe("text that only resembles Autoview's is not taken for it", () => {
	for (const body of [
		"please set b=long for me",
		"EXCHANGE=BINANCE;SYMBOL=BTCUSDT;SIGNAL=BUY",
		"c=orders s=BTCUSDT",
		"ab=long s=BTCUSDT",
		"delay=10",
		"BUY 10 AAPL",
	])
		test(body, () => {
			expect(autoview.recognises(body)).toBe(false);
		});
});
