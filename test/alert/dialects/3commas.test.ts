/** 3Commas' messages, after its help pages on the signal bot's JSON and the templates of its DCA bots. */
import { expect, test } from "bun:test";
import { threeCommas } from "../../../src/alert/dialects/3commas.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const signal = {
	secret: "made-up-secret",
	max_lag: "300",
	timestamp: "2026-01-31T13:37:00Z",
	trigger_price: "42000.5",
	tv_exchange: "BINANCE",
	tv_instrument: "BTCUSDT",
	bot_uuid: "f1a2-uuid",
};
const deal = { message_type: "bot", bot_id: 1234567, email_token: "made-up-token", delay_seconds: 0 };
const info = (side: string, size: string, before: string, sizeBefore: string) => ({
	market_position: side,
	market_position_size: size,
	prev_market_position: before,
	prev_market_position_size: sizeBefore,
});
const base = { amount: "0.1", currency_type: "base" };
const long = { ...signal, action: "enter_long" };

dialectCases(threeCommas, [
	{
		name: "strategy type: flat to long enters, with its time, its lag and its bot",
		body: { ...signal, action: "buy", strategy_info: info("long", "0.1", "flat", "0"), order: base },
		alerts: [
			{
				type: "LONG_ENTRY",
				action: "buy",
				symbol_sent: "BTCUSDT",
				exchange: "BINANCE",
				strategy: "f1a2-uuid",
				price: "42000.5",
				time: "2026-01-31T13:37:00.000Z",
				max_age_s: 300,
				quantity: "0.1",
				stated: { side: "long", size: "0.1", previous_side: "flat", previous_size: "0" },
			},
		],
		absent: ["size", "limit", "stop_loss", "take_profit", "cancel", "closes"],
		secrets: ["made-up-secret"],
		never: ["made-up-secret"],
	},
	{
		name: "strategy type: sell from long to flat is an exit and opens no short",
		body: { ...signal, action: "sell", strategy_info: info("flat", "0", "long", "0.1"), order: base },
		alerts: [{ type: "LONG_EXIT", closes: "long" }],
	},
	{
		name: "strategy type: buy from short to long is an entry that reverses",
		body: { ...signal, action: "buy", strategy_info: info("long", "0.1", "short", "0.1"), order: base },
		alerts: [{ type: "LONG_ENTRY" }],
	},
	{
		name: "strategy type: an exit by the position fields is not refused for an amount in money or a trailing stop",
		body: {
			...signal,
			action: "sell",
			strategy_info: info("flat", "0", "long", "0.1"),
			order: { amount: "100", currency_type: "quote" },
			stop_loss: { enabled: true, trailing: { enabled: true, percent: 1 } },
		},
		alerts: [{ type: "LONG_EXIT" }],
		absent: ["quantity", "size", "stop_loss"],
	},
	{
		name: "custom type: an entry by money with a stop and one target",
		body: {
			...long,
			order: { amount: 150, currency_type: "quote", order_type: "market" },
			take_profit: {
				enabled: true,
				steps: [{ order_type: "limit", price_percent: 2, volume_percent: 100 }],
			},
			stop_loss: { enabled: true, order_type: "market", trigger_price_percent: 1.5 },
		},
		alerts: [{ type: "LONG_ENTRY", size: "150 USDT", stop_loss: "1.5%", take_profit: "2%" }],
		absent: ["quantity", "limit", "stated"],
	},
	{
		name: "custom type: enter_short in capitals with a limit price",
		body: {
			...signal,
			action: "ENTER_SHORT",
			order: { ...base, order_type: "limit", price: "43000" },
			stop_loss: { trigger_price: 44000, trailing: { enabled: false, percent: 0.5 } },
		},
		alerts: [{ type: "SHORT_ENTRY", limit: "43000", quantity: "0.1", stop_loss: "44000" }],
	},
	{
		name: "custom type: a share of the margin is a share of equity, and the trace says so",
		body: { ...long, order: { amount: "10", currency_type: "margin_percent" } },
		alerts: [{ size: "10%" }],
		notes: ["margin_percent"],
	},
	{
		name: "custom type: exit_long with a share of the position",
		body: { ...signal, action: "exit_long", order: { amount: 50, currency_type: "position_percent" } },
		alerts: [{ type: "LONG_EXIT", closes: "long", quantity: "50%" }],
		absent: ["size"],
	},
	{
		name: "custom type: exit_short without an amount closes everything, also with a limit order",
		body: { ...signal, action: "exit_short", order: { order_type: "limit" } },
		alerts: [{ type: "SHORT_EXIT", closes: "short" }],
		absent: ["quantity", "limit"],
		notes: ["an exit goes at the market"],
	},
	{
		name: "a stop and target that are switched off are not read",
		body: {
			...long,
			take_profit: { enabled: false, steps: [{ price_percent: 1 }, { price_percent: 2 }] },
			stop_loss: { enabled: "false", trigger_price_percent: 1 },
		},
		alerts: [{ type: "LONG_ENTRY" }],
		absent: ["stop_loss", "take_profit"],
	},
	{
		name: "disable with market_close closes whatever is open, and the trace says that the strategy stays on",
		body: { ...signal, action: "disable", positions_sub_action: "market_close" },
		alerts: [{ type: "LONG_EXIT", closes: "any", cancel: true }],
		notes: ["stays on"],
	},
	{
		name: "disable without a close is refused by name",
		body: { ...signal, action: "disable" },
		refuse: { code: "unsupported_field", says: ["disable", "nexus halt --strategy"] },
	},
	{
		name: "disable that only cancels is refused by name",
		body: { ...signal, action: "disable", positions_sub_action: "cancel" },
		refuse: { code: "unsupported_field", says: ["disable"] },
	},
	{
		name: "several targets are refused, not cut to one",
		body: {
			...long,
			take_profit: {
				steps: [
					{ price_percent: 1, volume_percent: 50 },
					{ price_percent: 2, volume_percent: 50 },
				],
			},
		},
		refuse: { code: "unsupported_field", says: ["take_profit.steps", "a list of 2"] },
	},
	{
		name: "a target for a part of the position is refused",
		body: { ...long, take_profit: { steps: [{ price_percent: 1, volume_percent: 50 }] } },
		refuse: { code: "unsupported_field", says: ["volume_percent", "50"] },
	},
	{
		name: "a trailing stop is refused by name",
		body: { ...long, stop_loss: { trigger_price_percent: 2, trailing: { enabled: true, percent: 0.5 } } },
		refuse: { code: "unsupported_field", says: ["stop_loss.trailing"] },
	},
	{
		name: "a part of a stop that nobody knows is refused",
		body: { ...long, stop_loss: { trigger_price_percent: 2, breakeven: true } },
		refuse: { code: "unsupported_field", says: ["stop_loss.breakeven"] },
	},
	{
		name: "a stop that is switched on and stands nowhere is refused",
		body: { ...long, stop_loss: { enabled: true } },
		refuse: { code: "bad_field", says: ["stop_loss", "trigger_price_percent"] },
	},
	{
		name: "a stop that is NaN is refused",
		body: '{"bot_uuid":"b","tv_instrument":"BTCUSD","action":"enter_long","stop_loss":{"trigger_price":NaN}}',
		refuse: { code: "bad_price", says: ["stop_loss.trigger_price", "NaN"] },
	},
	{
		name: "a stop that is no object is refused",
		body: { ...long, stop_loss: 41000 },
		refuse: { code: "bad_field", says: ["stop_loss", "object"] },
	},
	{
		name: "a limit price relative to another price is refused",
		body: { ...long, order: { ...base, order_type: "limit", price_percent: 1 } },
		refuse: { code: "unsupported_field", says: ["order.price_percent"] },
	},
	{
		name: "a limit order without a price is refused",
		body: { ...long, order: { ...base, order_type: "limit" } },
		refuse: { code: "missing_field", says: ["order.price"] },
	},
	{
		name: "an exit sized in money is refused where nothing else says how much",
		body: { ...signal, action: "exit_long", order: { amount: 100, currency_type: "quote" } },
		refuse: { code: "unsupported_field", says: ["order.currency_type", "quote"] },
	},
	{
		name: "an action that 3Commas does not know is refused",
		body: { ...signal, action: "enter" },
		refuse: { code: "bad_field", says: ["action", "enter_long"] },
		never: ["made-up-secret"],
	},
	{
		name: "DCA bot: a close, the pair with its quote first",
		body: { ...deal, action: "close_at_market_price", pair: "USDT_BTC" },
		alerts: [{ type: "LONG_EXIT", closes: "any", symbol_sent: "BTC/USDT", strategy: "1234567" }],
		absent: ["quantity", "time"],
		secrets: ["made-up-token"],
		never: ["made-up-token"],
	},
	{
		name: "DCA bot: an array of exit and entry is two commands, in order",
		body: [
			{ ...deal, action: "close_at_market_price_all", pair: "USDT_BTCUSDT", delay_seconds: "5" },
			{ ...deal, bot_id: "7654321", pair: "USDT_BTCUSDT", side: "short" },
		],
		alerts: [
			{ type: "LONG_EXIT", closes: "any", symbol_sent: "BTCUSDT" },
			{ type: "SHORT_ENTRY", action: "start_deal", symbol_sent: "BTCUSDT", strategy: "7654321" },
		],
		notes: ["delay_seconds"],
		never: ["made-up-token"],
	},
	{
		name: "DCA bot: a deal's start does not say its side, so it is refused and not guessed",
		body: { ...deal, pair: "USDT_BTC" },
		refuse: { code: "missing_field", says: ["side", '"long"', "DCA bot"] },
		never: ["made-up-token"],
	},
	{
		name: "DCA bot: a delayed entry is refused by name",
		body: { ...deal, pair: "USDT_BTC", side: "long", delay_seconds: 30 },
		refuse: { code: "unsupported_field", says: ["delay_seconds", "30"] },
	},
	{
		name: "DCA bot: adding funds is refused by name",
		body: { ...deal, pair: "USDT_BTC", action: "add_funds_in_quote", volume: 10 },
		refuse: { code: "unsupported_field", says: ["action", "add_funds_in_quote"] },
	},
	{
		name: "DCA bot: without a pair nobody knows the market",
		body: { ...deal, action: "close_at_market_price" },
		refuse: { code: "missing_field", says: ["pair"] },
	},
]);

test("Nexus's own payload with a bot and a secret is not taken for 3Commas'", () => {
	const bodies = [
		{ action: "buy", symbol: "BTCUSD", bot: "Mirror", secret: "s", max_lag: 5 },
		{ action: "buy", symbol: "BTCUSD", bot_id: 5 },
	];
	for (const body of bodies) {
		const result = readBody(JSON.stringify(body));
		const item = result.ok ? result.items[0] : undefined;
		if (item?.ok !== true) throw new Error(`not understood: ${JSON.stringify(item)}`);
		expect(item.reading.dialect).toBe("nexus");
	}
});
