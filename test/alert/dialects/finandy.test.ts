/** Finandy's messages, after its documentation of TradingView signals. */
import { describe, expect, test } from "bun:test";
import { finandy } from "../../../src/alert/dialects/finandy.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const common = { name: "Hook 196", secret: "fin-secret-3", symbol: "BTCUSDT" };

dialectCases(finandy, [
	{
		name: "an indicator's buy opens a long position",
		body: { ...common, side: "buy" },
		alerts: [{ type: "LONG_ENTRY", action: "buy", symbol_sent: "BTCUSDT", strategy: "Hook 196" }],
		absent: ["stated", "closes", "limit", "stop_loss", "take_profit", "quantity", "price"],
		secrets: ["fin-secret-3"],
		never: ["fin-secret-3"],
	},
	{
		name: "an indicator's sell opens a short one, also with the position side both",
		body: [
			{ ...common, side: "sell" },
			{ ...common, side: "sell", positionSide: "both" },
		],
		alerts: [{ type: "SHORT_ENTRY" }, { type: "SHORT_ENTRY" }],
		absent: ["stated", "closes"],
	},
	{
		name: "a strategy's sell that leaves it flat closes, and does not go short",
		body: { ...common, side: "sell", positionSide: "flat" },
		alerts: [{ type: "LONG_EXIT", closes: "any", stated: { side: "flat" } }],
		absent: ["quantity"],
	},
	{
		name: "a strategy's buy that leaves it long is an entry",
		body: { ...common, side: "buy", positionSide: "long" },
		alerts: [{ type: "LONG_ENTRY", stated: { side: "long" } }],
	},
	{
		name: "a strategy's sell that leaves it long makes the long position smaller",
		body: { ...common, side: "sell", positionSide: "long" },
		alerts: [{ type: "LONG_EXIT", closes: "long", stated: { side: "long" } }],
	},
	{
		name: "a strategy's sell that leaves it short goes short",
		body: { ...common, side: "SELL", positionSide: "SHORT" },
		alerts: [{ type: "SHORT_ENTRY", action: "sell", stated: { side: "short" } }],
	},
	{
		name: "the price of the opening order is its limit",
		body: { ...common, side: "buy", open: { price: 41950.5 }, dca: {} },
		alerts: [{ type: "LONG_ENTRY", limit: "41950.5" }],
		absent: ["price"],
	},
	{
		name: "a stop's price and one target for the whole position",
		body: {
			...common,
			side: "buy",
			sl: { price: "41000", ofs: "", update: true },
			tp: { orders: [{ ofs: "3.0", price: "", piece: "100" }], update: true },
		},
		alerts: [{ stop_loss: "41000", take_profit: "3%" }],
	},
	{
		name: "a stop's distance, and the target in an object by number with the others empty",
		body: {
			...common,
			side: "sell",
			sl: { ofs: "1.5" },
			tp: { orders: { "0": { price: "40000" }, "1": { price: "" } } },
		},
		alerts: [{ type: "SHORT_ENTRY", stop_loss: "1.5%", take_profit: "40000" }],
	},
	{
		name: "an exit is not refused for what it says of entries, and a limit on it is said",
		body: {
			...common,
			side: "sell",
			positionSide: "flat",
			open: { amount: "5", scaled: { price1: { value: 1 } } },
			slx: { enabled: true },
			sl: { price: "NaN" },
			close: { price: "42000" },
		},
		alerts: [{ type: "LONG_EXIT" }],
		absent: ["limit", "stop_loss"],
		notes: ["close.price", "at the market"],
	},
	{
		name: "without its secret it is recognised by its position side",
		body: { name: "Hook 196", side: "sell", symbol: "BTCUSDT", positionSide: "flat" },
		alerts: [{ type: "LONG_EXIT", closes: "any" }],
		secrets: [],
	},
	{
		name: "several targets are refused",
		body: {
			...common,
			side: "buy",
			tp: {
				orders: [
					{ ofs: "1.0", price: "", piece: "25" },
					{ ofs: "2.0", price: "", piece: "75" },
				],
			},
		},
		refuse: { code: "unsupported_field", says: ["tp.orders", "a list of 2", "several targets"] },
		never: ["fin-secret-3"],
	},
	{
		name: "a target for a part of the position is refused",
		body: { ...common, side: "buy", tp: { orders: [{ price: "43000", piece: "50" }] } },
		refuse: { code: "unsupported_field", says: ["tp.orders.0.piece", "50"] },
	},
	{
		name: "an entry in several orders is refused",
		body: { ...common, side: "buy", open: { scaled: { price1: { value: "41000" }, price2: { value: "40000" } } } },
		refuse: { code: "unsupported_field", says: ["open.scaled", "several orders"] },
	},
	{
		name: "an amount without a unit is refused, not taken for units",
		body: { ...common, side: "buy", open: { amount: "100" } },
		refuse: { code: "unsupported_field", says: ["open.amount", "100", "unit"] },
	},
	{
		name: "a trailing stop is refused",
		body: { ...common, side: "buy", slx: { enabled: true } },
		refuse: { code: "unsupported_field", says: ["slx", "trailing"] },
	},
	{
		name: "averaging is refused",
		body: { ...common, side: "buy", dca: { enabled: true } },
		refuse: { code: "unsupported_field", says: ["dca"] },
	},
	{
		name: "a part of the stop that nobody knows is refused, not left out",
		body: { ...common, side: "buy", sl: { price: "41000", trigger: "1m" } },
		refuse: { code: "unsupported_field", says: ["sl.trigger", "1m"] },
	},
	{
		name: "a stop that stands outside its block is refused, not left out",
		body: { ...common, side: "buy", positionSide: "long", sl: "41000" },
		refuse: { code: "unsupported_field", says: ["sl", "41000"] },
	},
	{
		name: "a target that stands outside its list is refused, not left out",
		body: { ...common, side: "buy", tp: { orders: "43000" } },
		refuse: { code: "unsupported_field", says: ["tp.orders", "43000"] },
	},
	{
		name: "a target that is no object is refused, not left out",
		body: { ...common, side: "buy", tp: { orders: [43000] } },
		refuse: { code: "unsupported_field", says: ["tp.orders", "another kind"] },
	},
	{
		name: "a stop that is NaN is refused",
		body: '{"name": "Hook 196", "secret": "s", "side": "buy", "symbol": "BTCUSDT", "sl": {"price": NaN}}',
		refuse: { code: "bad_price", says: ["sl.price", "NaN"] },
	},
	{
		name: "a stop with two places is refused",
		body: { ...common, side: "buy", sl: { price: "41000", ofs: "2" } },
		refuse: { code: "contradictory_fields", says: ["sl.price", "sl.ofs"] },
	},
	{
		name: "a side that Finandy does not know is refused",
		body: { ...common, side: "hold" },
		refuse: { code: "bad_field", says: ["side", "hold"] },
	},
	{
		name: "a strategy's placeholder in an indicator's alert is named",
		body: { ...common, side: "{{strategy.order.action}}" },
		refuse: { code: "unfilled_placeholder", says: ["side", "{{strategy.order.action}}"] },
	},
]);

describe("what Finandy's and Nexus's own messages share", () => {
	for (const [name, more] of [
		["a price makes it Nexus's own", { price: 42000 }],
		["an id makes it Nexus's own", { alert_id: "a-1" }],
		["a strategy makes it Nexus's own", { strategy: "Mirror" }],
	] as const) {
		test(name, () => {
			const result = readBody(JSON.stringify({ ...common, side: "buy", ...more }));
			const item = result.ok ? result.items[0] : undefined;
			expect(item?.ok === true ? item.reading.dialect : item?.refusal).toBe("nexus");
		});
	}
});
