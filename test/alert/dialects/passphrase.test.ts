/** The tutorials' JSON, after the templates that go round with it. */
import { expect, test } from "bun:test";
import { passphrase } from "../../../src/alert/dialects/passphrase.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const common = { passphrase: "made-up-pass", exchange: "BINANCE", ticker: "BTCUSD" };
const bar = { time: "2026-01-31T13:00:00Z", open: 41000, high: 43000, low: 40000, close: 42000.5, volume: 3 };
const strategy = {
	name: "Mirror",
	position_size: 0.1,
	order_action: "buy",
	order_contracts: 0.1,
	order_price: 42001,
	order_id: "Long",
	market_position: "long",
	market_position_size: 0.1,
	prev_market_position: "flat",
	prev_market_position_size: 0,
};
const sold = {
	...strategy,
	order_action: "sell",
	position_size: 0,
	market_position: "flat",
	market_position_size: 0,
	prev_market_position: "long",
	prev_market_position_size: 0.1,
};

dialectCases(passphrase, [
	{
		name: "flat to long enters, with everything the message says",
		body: { ...common, time: "2026-01-31T13:37:00Z", interval: "60", bar, strategy },
		alerts: [
			{
				type: "LONG_ENTRY",
				action: "buy",
				symbol_sent: "BTCUSD",
				exchange: "BINANCE",
				strategy: "Mirror",
				price: "42001",
				quantity: "0.1",
				timeframe: "1h",
				time: "2026-01-31T13:37:00.000Z",
				stated: { side: "long", size: "0.1", previous_side: "flat", previous_size: "0" },
			},
		],
		absent: ["closes", "alert_id", "stop_loss", "take_profit", "limit"],
		secrets: ["made-up-pass"],
		never: ["made-up-pass"],
	},
	{
		name: "sell from long to flat is an exit and opens no short",
		body: { ...common, strategy: sold },
		alerts: [{ type: "LONG_EXIT", closes: "long" }],
		absent: ["time", "timeframe"],
	},
	{
		name: "sell from long to a smaller long is an exit, not a short entry",
		body: {
			...common,
			strategy: { ...sold, position_size: 0.04, market_position: "long", market_position_size: 0.04 },
		},
		alerts: [{ type: "LONG_EXIT", closes: "long" }],
	},
	{
		name: "a signed position size alone decides too",
		body: { ...common, strategy: { order_action: "sell", order_contracts: 2, position_size: -2 } },
		alerts: [{ type: "SHORT_ENTRY", stated: { side: "short", size: "2" } }],
		absent: ["price", "strategy"],
	},
	{
		name: "the short template without position fields goes by its action",
		body: { ...common, strategy: { order_action: "sell", order_contracts: 1, order_price: 42000 } },
		alerts: [{ type: "SHORT_ENTRY", price: "42000", quantity: "1" }],
		absent: ["stated"],
	},
	{
		name: "the bar's close is the price where no order price is sent",
		body: { ...common, bar, strategy: { order_action: "close_long" } },
		alerts: [{ type: "LONG_EXIT", closes: "long", price: "42000.5" }],
	},
	{
		name: "strategy as a text beside a bar object",
		body: { ...common, bar, strategy: "Mirror", order_action: "buy", order_contracts: "0.5" },
		alerts: [{ type: "LONG_ENTRY", strategy: "Mirror", quantity: "0.5", price: "42000.5" }],
	},
	{
		name: "strategy_name beside a strategy object",
		body: { ...common, strategy_name: "Other", strategy: { order_action: "buy" } },
		alerts: [{ type: "LONG_ENTRY", strategy: "Other" }],
	},
	{
		name: "the flat template with mar_pos is read by its position fields",
		body: {
			...common,
			order_action: "sell",
			order_contracts: 3,
			order_price: 42000,
			mar_pos: "flat",
			mar_pos_size: 0,
			pre_mar_pos: "long",
			pre_mar_pos_size: 3,
			order_comment: "stop hit",
		},
		alerts: [{ type: "LONG_EXIT", closes: "long", message: "stop hit", quantity: "3" }],
	},
	{
		name: "a time that is the bar's open counts from the bar's end",
		body: { ...common, time: bar.time, interval: "60", bar, strategy },
		alerts: [{ time: "2026-01-31T14:00:00.000Z" }],
	},
	{
		name: "a bar's open without a timeframe says nothing about the age",
		body: { ...common, time: bar.time, bar, strategy },
		alerts: [{ type: "LONG_ENTRY" }],
		absent: ["time"],
	},
	{
		name: "an entry's stop and target, as a distance and as a price",
		body: { ...common, stop_loss: "2 %", tp: 45000, leverage: 1, strategy },
		alerts: [{ stop_loss: "2%", take_profit: "45000" }],
	},
	{
		name: "an exit is not refused for the stop and leverage it carries",
		body: { ...common, sl: "NaN", leverage: 5, trailing_stop: 1, strategy: sold },
		alerts: [{ type: "LONG_EXIT" }],
		absent: ["stop_loss"],
	},
	{
		name: "plugins see the bar and the strategy as they were sent",
		body: { ...common, bar: { close: 42000.5 }, strategy: { order_action: "buy", order_id: "Long" } },
		alerts: [{ fields: { bar: { close: "42000.5" }, strategy: { order_action: "buy", order_id: "Long" } } }],
	},
	{
		name: "a comment's placeholder is a note, no refusal",
		body: { ...common, strategy: { order_action: "buy", order_comment: "{{strategy.order.coment}}" } },
		alerts: [{ type: "LONG_ENTRY" }],
		notes: ["order_comment still holds"],
	},
	{
		name: "a placeholder left in the action is named with its right spelling",
		body: { ...common, strategy: { order_action: "{{strategy.order.actions}}" } },
		refuse: { code: "unfilled_placeholder", says: ["strategy.order_action", "{{strategy.order.action}}"] },
		never: ["made-up-pass"],
	},
	{
		name: "a stop that is NaN on an entry is refused",
		body: '{"ticker":"BTCUSD","sl":NaN,"strategy":{"order_action":"buy"}}',
		refuse: { code: "bad_field", says: ["sl", "NaN"] },
	},
	{
		name: "a leverage is refused by name",
		body: { ...common, leverage: 10, strategy },
		refuse: { code: "unsupported_field", says: ["leverage", "10"] },
	},
	{
		name: "position fields that contradict one another are refused",
		body: { ...common, strategy: { ...strategy, position_size: -0.1 } },
		refuse: { code: "contradictory_fields", says: ["market_position", "position_size"] },
	},
	{
		name: "an action outside of strategy that says otherwise is refused",
		body: { ...common, action: "sell", strategy },
		refuse: { code: "contradictory_fields", says: ["order_action", "buy", "sell"] },
	},
	{
		name: "a price that is none is refused",
		body: { ...common, strategy: { ...strategy, order_price: "-5" } },
		refuse: { code: "bad_price", says: ["strategy.order_price", "-5"] },
	},
	{
		name: "no symbol, no trade",
		body: { passphrase: "p", strategy },
		refuse: { code: "missing_field", says: ["ticker"] },
	},
]);

test("Nexus's own payload, with a passphrase or with strategy as a name, is not taken for the tutorials'", () => {
	const bodies = [
		{ action: "buy", symbol: "BTCUSD", strategy: "Mirror", passphrase: "p" },
		{ order_action: "buy", ticker: "BTCUSD", strategy: "Mirror", market_position: "long" },
	];
	for (const body of bodies) {
		const result = readBody(JSON.stringify(body));
		const item = result.ok ? result.items[0] : undefined;
		if (item?.ok !== true) throw new Error(`not understood: ${JSON.stringify(item)}`);
		expect(item.reading.dialect).toBe("nexus");
	}
});
