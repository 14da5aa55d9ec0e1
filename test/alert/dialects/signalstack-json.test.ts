/** SignalStack's webhook JSON. */
import { describe, expect, test } from "bun:test";
import { signalStackJson } from "../../../src/alert/dialects/signalstack-json.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const common = { symbol: "AAPL", quantity: 10, quantity_type: "fixed" };

dialectCases(signalStackJson, [
	{
		name: "buy with a bracket",
		body: { ...common, action: "buy", stop_loss_price: 171.5, take_profit_price: "190" },
		alerts: [{ type: "LONG_ENTRY", quantity: "10", stop_loss: "171.5", take_profit: "190" }],
		absent: ["limit", "size", "closes"],
	},
	{
		name: "sell short is a short entry and buy to cover its exit",
		body: [
			{ symbol: "AAPL", action: "sell_short", quantity: 10 },
			{ symbol: "AAPL", action: "buy_to_cover", quantity: 10 },
		],
		alerts: [
			{ type: "SHORT_ENTRY", quantity: "10" },
			{ type: "SHORT_EXIT", closes: "short", quantity: "10" },
		],
	},
	{
		name: "cash is money in the symbol's own currency",
		body: { symbol: "BTCUSDT", action: "buy", quantity: "250", quantity_type: "cash" },
		alerts: [{ type: "LONG_ENTRY", size: "250 USDT" }],
		absent: ["quantity"],
	},
	{
		name: "a future with a limit",
		body: { symbol: "MNQM6", action: "sell", quantity: 1, class: "future", limit_price: 21000 },
		alerts: [{ type: "SHORT_ENTRY", limit: "21000", quantity: "1" }],
	},
	{
		name: "close takes everything, whatever stands beside it",
		body: { symbol: "MNQM6", action: "close", class: "option", stop_price: 20000, trail_stop: 8 },
		alerts: [{ type: "LONG_EXIT", closes: "any" }],
		absent: ["quantity", "stop_loss"],
	},
	{
		name: "cancel takes back what rests",
		body: { symbol: "MNQM6", action: "cancel", class: "future" },
		alerts: [{ type: "CUSTOM", cancel: true }],
	},
	{
		name: "an empty stop and target are none",
		body: { ...common, action: "buy", stop_loss_price: 0, take_profit_price: "" },
		alerts: [{ type: "LONG_ENTRY" }],
		absent: ["stop_loss", "take_profit"],
	},
	{
		name: "a secret is tried and shown nowhere",
		body: { ...common, action: "buy", secret: "hunter2hunter2" },
		alerts: [{ type: "LONG_ENTRY" }],
		secrets: ["hunter2hunter2"],
		never: ["hunter2hunter2"],
	},
	{
		name: "a stop entry is refused by name",
		body: { ...common, action: "buy", stop_price: 180 },
		refuse: { code: "unsupported_field", says: ["stop_price", "180"] },
	},
	{
		name: "a trailing stop is refused by name",
		body: { ...common, action: "buy", trail_trigger: 15, trail_stop: 8, trail_freq: 4 },
		refuse: { code: "unsupported_field", says: ["trail_trigger"] },
	},
	{
		name: "a change of the standing stop is refused",
		body: { ...common, action: "close", update_sl: true },
		refuse: { code: "unsupported_field", says: ["update_sl"] },
	},
	{
		name: "an option is refused",
		body: { symbol: "AAPL", action: "buy", quantity: 1, class: "option" },
		refuse: { code: "unsupported_field", says: ["class", "option"] },
	},
	{
		name: "an exit sized by money is refused",
		body: { symbol: "AAPL", action: "buy_to_cover", quantity: 500, quantity_type: "cash" },
		refuse: { code: "unsupported_field", says: ["quantity_type"] },
	},
	{
		name: "a stop that is NaN is refused",
		body: '{"symbol":"AAPL","action":"buy","quantity":1,"quantity_type":"fixed","stop_loss_price":NaN}',
		refuse: { code: "bad_price", says: ["stop_loss_price", "NaN"] },
	},
	{
		name: "an action that it does not know is refused",
		body: { ...common, action: "moon" },
		refuse: { code: "bad_field", says: ["action", "moon"] },
	},
	{
		name: "a placeholder left in the quantity is named",
		body: { ...common, action: "buy", quantity: "{{strategy.order.contract}}" },
		refuse: { code: "unfilled_placeholder", says: ["quantity", "{{strategy.order.contracts}}"] },
	},
]);

describe("what stays Nexus's own", () => {
	const rows = [
		{ symbol: "AAPL", action: "buy", quantity: 10 },
		{ symbol: "AAPL", action: "buy", quantity: 10, class: "A", strategy: "MyRSIStrategy" },
		{ symbol: "AAPL", action: "buy_to_cover", price: 170 },
	];
	for (const body of rows)
		test(JSON.stringify(body), () => {
			const result = readBody(JSON.stringify(body));
			expect(result.ok && result.items.map((item) => item.ok && item.reading.dialect)).toEqual(["nexus"]);
		});
});
