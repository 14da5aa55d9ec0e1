/** PickMyTrade's messages, after its alert generator's explanations. */
import { pickMyTrade } from "../../../src/alert/dialects/pickmytrade.ts";
import { dialectCases } from "./support/dialect-cases.ts";

/** As the generator writes it: everything is there, and 0 is nothing. */
const generated = {
	symbol: "NQ1!",
	date: "2026-01-31T13:37:00Z",
	quantity: "2",
	risk_percentage: "0",
	price: "21000.25",
	tp: "0",
	percentage_tp: "0",
	dollar_tp: "0",
	sl: "0",
	dollar_sl: "0",
	percentage_sl: "0",
	trail: "0",
	trail_stop: "0",
	trail_trigger: "0",
	trail_freq: "0",
	update_tp: "false",
	update_sl: "false",
	breakeven: 0,
	token: "pmt-secret-9",
	duplicate_position_allow: "true",
	reverse_order_close: "true",
};
const one = { token: "pmt-secret-10", account_id: "A1", risk_percentage: 0, quantity_multiplier: 1 };

dialectCases(pickMyTrade, [
	{
		name: "an indicator's buy, with everything unset, is a plain entry",
		body: { ...generated, data: "buy" },
		alerts: [
			{
				type: "LONG_ENTRY",
				action: "buy",
				symbol_sent: "NQ1!",
				quantity: "2",
				price: "21000.25",
				time: "2026-01-31T13:37:00.000Z",
				alert_id: "NQ1! 2026-01-31T13:37:00Z buy",
				fields: {},
			},
		],
		absent: ["closes", "strategy", "stop_loss", "take_profit", "limit", "size", "cancel"],
		secrets: ["pmt-secret-9"],
		never: ["pmt-secret-9"],
	},
	{
		name: "sell is a short entry, and long and short are words too",
		body: [
			{ ...generated, data: "SELL" },
			{ ...generated, data: "short" },
			{ ...generated, data: "long" },
		],
		alerts: [{ type: "SHORT_ENTRY", action: "sell" }, { type: "SHORT_ENTRY" }, { type: "LONG_ENTRY" }],
	},
	{
		name: "close closes everything, whatever the quantity, and takes resting entries back",
		body: { ...generated, data: "close" },
		alerts: [{ type: "LONG_EXIT", closes: "any", cancel: true, alert_id: "NQ1! 2026-01-31T13:37:00Z close" }],
		absent: ["quantity", "size"],
	},
	{
		name: "flat is close, as a strategy's position says it",
		body: { symbol: "NQ1!", data: "flat", quantity: 0, full_closed: true, token: "t" },
		alerts: [{ type: "LONG_EXIT", closes: "any", cancel: true }],
		absent: ["time", "alert_id"],
	},
	{
		name: "a share at risk with its stop, instead of a quantity",
		body: { ...generated, data: "buy", quantity: "0", risk_percentage: "1.5", sl: "20900", strategy_name: "Mirror" },
		alerts: [{ size: "risk 1.5%", stop_loss: "20900", strategy: "Mirror" }],
		absent: ["quantity"],
	},
	{
		name: "stop and target as prices",
		body: { ...generated, data: "sell", sl: 21100, tp: 20800 },
		alerts: [{ type: "SHORT_ENTRY", stop_loss: "21100", take_profit: "20800" }],
	},
	{
		name: "stop and target in percent",
		body: { ...generated, data: "buy", percentage_sl: 1, percentage_tp: "2.5" },
		alerts: [{ stop_loss: "1%", take_profit: "2.5%" }],
	},
	{
		name: "a limit order takes its limit from the price",
		body: { ...generated, data: "buy", order_type: "LMT" },
		alerts: [{ limit: "21000.25" }],
	},
	{
		name: "one account that takes the message as it is says nothing",
		body: { ...generated, data: "buy", account_id: "A1", platform: "RITHMIC", multiple_accounts: [one] },
		alerts: [{ type: "LONG_ENTRY", quantity: "2", fields: {} }],
		never: ["pmt-secret-9", "pmt-secret-10"],
	},
	{
		name: "an exit is not refused for the stops, trails and accounts it carries",
		body: {
			...generated,
			data: "close",
			dollar_sl: 50,
			trail: 1,
			breakeven: 10,
			update_sl: true,
			order_type: "STP",
			multiple_accounts: [one, one],
		},
		alerts: [{ type: "LONG_EXIT" }],
		absent: ["stop_loss", "limit"],
	},
	{
		name: "a target that is NaN is none",
		body: '{"symbol": "NQ1!", "data": "buy", "quantity": 1, "tp": NaN, "sl": 0, "token": "t"}',
		alerts: [{ type: "LONG_ENTRY" }],
		absent: ["take_profit"],
	},
	{
		name: "a stop that is NaN is refused, not left out",
		body: '{"symbol": "NQ1!", "data": "buy", "quantity": 1, "sl": NaN, "token": "t"}',
		refuse: { code: "bad_price", says: ["sl", "NaN"] },
	},
	{
		name: "several accounts are refused",
		body: { ...generated, data: "buy", multiple_accounts: [one, { ...one, account_id: "A2" }] },
		refuse: { code: "unsupported_field", says: ["multiple_accounts", "nexus.yaml"] },
		never: ["pmt-secret-10"],
	},
	{
		name: "one account with a multiple of the quantity is refused",
		body: { ...generated, data: "buy", multiple_accounts: [{ ...one, quantity_multiplier: 3 }] },
		refuse: { code: "unsupported_field", says: ["quantity_multiplier", "3"] },
	},
	{
		name: "one account with a risk of its own is refused",
		body: { ...generated, data: "buy", multiple_accounts: [{ ...one, risk_percentage: 2 }] },
		refuse: { code: "unsupported_field", says: ["risk_percentage", "2"] },
	},
	{
		name: "a stop in dollars is refused by name",
		body: { ...generated, data: "buy", dollar_sl: "50" },
		refuse: { code: "unsupported_field", says: ["dollar_sl", "money"] },
	},
	{
		name: "a trailing stop is refused",
		body: { ...generated, data: "buy", trail: 1, trail_stop: 10, sl: 20900 },
		refuse: { code: "unsupported_field", says: ["trail"] },
	},
	{
		name: "a message that only moves the stop is no entry",
		body: { ...generated, data: "buy", update_sl: true, sl: 20950 },
		refuse: { code: "unsupported_field", says: ["update_sl", "not an entry"] },
	},
	{
		name: "several targets are refused",
		body: { ...generated, data: "buy", advance_tp_sl: [{ quantity: 1, tp: 21100 }] },
		refuse: { code: "unsupported_field", says: ["advance_tp_sl", "a list of 1"] },
	},
	{
		name: "a stop entry is refused, not sent at the market",
		body: { ...generated, data: "buy", order_type: "STP" },
		refuse: { code: "unsupported_field", says: ["order_type", "STP"] },
	},
	{
		name: "an option is refused, also on its way out",
		body: { ...generated, data: "close", inst_type: "OPT" },
		refuse: { code: "unsupported_field", says: ["inst_type", "options"] },
	},
	{
		name: "a stop with two places is refused",
		body: { ...generated, data: "buy", sl: 20900, percentage_sl: 1 },
		refuse: { code: "contradictory_fields", says: ["sl", "percentage_sl"] },
	},
	{
		name: "a word that PickMyTrade does not know is refused",
		body: { ...generated, data: "hold" },
		refuse: { code: "bad_field", says: ["data", "hold"] },
	},
	{
		name: "a date that was not filled is named",
		body: { ...generated, data: "buy", date: "{{timenw}}" },
		refuse: { code: "unfilled_placeholder", says: ["date", "{{timenow}}"] },
	},
]);
