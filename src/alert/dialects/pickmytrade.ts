/** PickMyTrade's alert JSON. */
import type { JsonDialect } from "../dialect.ts";
import { isJsonArray } from "../json-value.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const pyramiding = "what an entry does to an open position is said by `pyramiding` and `on_opposite`";
const account = "the account is the strategy's, in nexus.yaml";

const fields = {
	symbol: { support: "read", meaning: "the symbol" },
	data: { support: "read", meaning: "`buy long sell short close flat`; close and flat take resting entries back too" },
	date: { support: "read", meaning: "the moment of firing; with symbol and data it is the alert's id" },
	strategy_name: { support: "read", meaning: "the strategy's name or one of its aliases; also as `strategy`" },
	strategy: { support: "read", meaning: "the same as strategy_name" },
	quantity: { support: "read", meaning: "units of an entry, with `size: alert`; does not count with close" },
	risk_percentage: {
		support: "read",
		meaning: "the share of equity at risk, instead of quantity; counts with `size: alert`",
	},
	price: { support: "read", meaning: "the price the alert fired at; with LMT the limit price" },
	order_type: { support: "read", meaning: "`MKT LMT`; `STP STPLMT` are refused on an entry" },
	tp: { support: "read", meaning: "the target's price; 0 is none" },
	percentage_tp: { support: "read", meaning: "the target's distance from the entry in percent; 0 is none" },
	dollar_tp: { support: "refused_on_entry", meaning: "a target as an amount of money" },
	sl: { support: "read", meaning: "the stop's price; 0 is none" },
	percentage_sl: { support: "read", meaning: "the stop's distance from the entry in percent; 0 is none" },
	dollar_sl: { support: "refused_on_entry", meaning: "a stop as an amount of money" },
	trail: { support: "refused_on_entry", meaning: "a trailing stop" },
	trail_stop: { support: "refused_on_entry", meaning: "a trailing stop" },
	trail_trigger: { support: "refused_on_entry", meaning: "a trailing stop" },
	trail_freq: { support: "refused_on_entry", meaning: "a trailing stop" },
	breakeven: { support: "refused_on_entry", meaning: "a stop that moves to the entry price" },
	breakeven_offset: { support: "ignored", meaning: "counts only with breakeven" },
	update_tp: { support: "refused_on_entry", meaning: "a change to the target of an open position, not an entry" },
	update_sl: { support: "refused_on_entry", meaning: "a change to the stop of an open position, not an entry" },
	advance_tp_sl: { support: "refused_on_entry", meaning: "several targets and stops" },
	gtd_in_second: { support: "refused_on_entry", meaning: "an order that ends after a time" },
	stp_limit_stp_price: { support: "refused_on_entry", meaning: "an entry that waits for a price" },
	pyramid: { support: "ignored", meaning: pyramiding },
	same_direction_ignore: { support: "ignored", meaning: pyramiding },
	duplicate_position_allow: { support: "ignored", meaning: pyramiding },
	reverse_order_close: { support: "ignored", meaning: pyramiding },
	multiple_accounts: {
		support: "read",
		meaning:
			"one account that takes the message as it is says no more than account_id; several, or a quantity_multiplier or risk_percentage of its own, are refused on an entry: nexus's accounts are in nexus.yaml",
	},
	account_id: { support: "ignored", meaning: account },
	connection_name: { support: "ignored", meaning: account },
	platform: { support: "ignored", meaning: account },
	broker: { support: "ignored", meaning: account },
	main_token_type: { support: "ignored", meaning: account },
	full_closed: { support: "ignored", meaning: "close always closes all of it" },
	inst_type: { support: "read", meaning: "`STK FUT CASH` and others; options (`OPT FOP OPTIONS`) are refused" },
	option_type: { support: "refused", meaning: "options" },
	expiry_date: { support: "refused", meaning: "options" },
	order_strike: { support: "refused", meaning: "options" },
	place_order_at: { support: "ignored", meaning: "counts only for options" },
	token: { support: "read", meaning: "PickMyTrade's token; a credential like `secret`" },
} as const satisfies JsonDialect["fields"];

const words = ["buy", "long", "sell", "short", "close", "flat"] as const;
/** Besides `token`, which other formats have too. */
const own = ["multiple_accounts", "reverse_order_close", "duplicate_position_allow", "percentage_sl", "dollar_sl"];
const options = new Set(["opt", "fop", "options", "option"]);

export const pickMyTrade = {
	form: "json",
	name: "pickmytrade",
	title: "PickMyTrade",
	recognised: "a text `data` and `symbol` with `token` or another word of its own, and no `action`",
	fields,
	remarks: [
		"0, empty and false are “not set”, as PickMyTrade has it.",
		"Two alerts with the same symbol, date and data are one, as they are for PickMyTrade; a date without the time of firing makes them one too soon.",
		"A message that only moves a stop or target (update_sl, update_tp) is refused.",
	],
	example:
		'{"symbol": "BTCUSD", "date": "2026-01-31T13:37:00Z", "data": "buy", "quantity": "1", "risk_percentage": 0, "price": "42000.5", "tp": 0, "percentage_tp": 3, "dollar_tp": 0, "sl": 0, "dollar_sl": 0, "percentage_sl": 1.5, "trail": 0, "update_tp": false, "update_sl": false, "token": "pmt-1f7a", "pyramid": true, "reverse_order_close": false, "account_id": "DEMO1"}',
	/** The action stands in `data`, which no other format has. */
	recognises: (command) =>
		typeof command["data"] === "string" &&
		"symbol" in command &&
		!("action" in command) &&
		("token" in command || own.some((key) => key in command)),
	read(command, _context) {
		const message = new VendorMessage("pickmytrade", command, fields);
		const data = message.wordNeeded("data", words);
		const symbol_sent = message.symbol("symbol");
		const date = message.text("date");
		const draft: Draft = {
			...meaningOf(data),
			action: data,
			symbol_sent,
			strategy: message.agreed(["strategy_name", "strategy"], (key) => message.text(key)),
			price: message.positiveOrUnset("price", "bad_price"),
			time: message.time("date"),
			alert_id: date === undefined ? undefined : `${symbol_sent} ${date} ${data}`,
		};
		const instrument = message.word("inst_type");
		if (instrument !== undefined && options.has(instrument)) message.unsupported("inst_type", "options");
		if (draft.cancel === true) return message.item(draft);
		refuseOtherAccounts(message);
		return message.item({ ...draft, ...sizeOf(message), ...orderOf(message, draft.price) });
	},
} as const satisfies JsonDialect;

function meaningOf(data: (typeof words)[number] | ""): Pick<Draft, "type" | "closes" | "cancel"> {
	switch (data) {
		case "buy":
		case "long":
			return { type: "LONG_ENTRY" };
		case "sell":
		case "short":
			return { type: "SHORT_ENTRY" };
		case "close":
		case "flat":
			return { type: "LONG_EXIT", closes: "any", cancel: true };
		case "":
			return { type: "CUSTOM" };
	}
}

/** A share at risk overrides a quantity. */
function sizeOf(message: VendorMessage): Pick<Draft, "quantity" | "size"> {
	const risk = message.positiveOrUnset("risk_percentage", "bad_quantity");
	if (risk !== undefined) return { size: `risk ${risk}%` };
	return { quantity: message.positiveOrUnset("quantity", "bad_quantity") };
}

function orderOf(
	message: VendorMessage,
	price: string | undefined,
): Pick<Draft, "limit" | "stop_loss" | "take_profit"> {
	const type = message.word("order_type", ["mkt", "market", "lmt", "limit", "stp", "stplmt"]);
	if (type === "stp" || type === "stplmt") message.unsupported("order_type", "an entry that waits for a price");
	const limited = type === "lmt" || type === "limit";
	if (limited && price === undefined) message.refuse("missing_field", "price is missing, but order_type is LMT");
	return {
		limit: limited ? price : undefined,
		stop_loss: message.stopLevel("sl", "percentage_sl"),
		take_profit: message.targetLevel("tp", "percentage_tp"),
	};
}

/** One account that takes the message as it is says nothing; any other list would trade something else than nexus does. */
function refuseOtherAccounts(message: VendorMessage): void {
	const list = message.value("multiple_accounts");
	const several = isJsonArray(list) ? list.length > 1 : message.says("multiple_accounts");
	if (several) message.unsupported("multiple_accounts", "the accounts are the strategy's, in nexus.yaml");
	for (const key of ["quantity_multiplier", "risk_percentage"]) {
		const path = `multiple_accounts.0.${key}`;
		const own = message.positiveOrUnset(path, "bad_quantity");
		const plain = key === "quantity_multiplier" ? "1" : message.positiveOrUnset(key, "bad_quantity");
		if (own !== undefined && own !== plain) message.unsupported(path, "a size that is an account's own");
	}
}
