/** SignalStack's webhook JSON: `symbol`, `action`, `quantity` and what stands beside them for some brokers. */
import type { JsonDialect } from "../dialect.ts";
import { quoteOf } from "../quote-of.ts";
import { meaningOfAction, signalStackActions } from "../signalstack-action.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const fields = {
	symbol: { support: "read", meaning: "the symbol" },
	action: { support: "read", meaning: "`buy sell sell_short short buy_to_cover cover close exit flat cancel`" },
	quantity: {
		support: "read",
		meaning: "how much, in the unit of quantity_type; for an entry it counts with `size: alert`",
	},
	quantity_type: { support: "read", meaning: "`fixed` units, `cash` money; cash is refused on exits" },
	class: { support: "read", meaning: "`stock equity future futures crypto forex cfd`; `option` is refused" },
	limit_price: { support: "read", meaning: "an entry's limit price" },
	stop_loss_price: { support: "read", meaning: "an entry's stop" },
	take_profit_price: { support: "read", meaning: "an entry's target" },
	stop_price: { support: "refused_on_entry", meaning: "an entry that waits for a price" },
	trail_trigger: { support: "refused_on_entry", meaning: "a trailing stop" },
	trail_stop: { support: "refused_on_entry", meaning: "a trailing stop" },
	trail_freq: { support: "refused_on_entry", meaning: "a trailing stop" },
	breakeven: { support: "refused_on_entry", meaning: "a stop that moves to the entry" },
	update_sl: { support: "refused", meaning: "a change of the standing stop" },
	update_tp: { support: "refused", meaning: "a change of the standing target" },
	strategy: {
		support: "read",
		meaning: "the strategy's name or alias, with `?dialect=signalstack-json`; nexus's addition",
	},
} as const satisfies JsonDialect["fields"];

/** Keys that SignalStack's message has and Nexus's own has not. */
const own = ["quantity_type", "class", "stop_loss_price", "take_profit_price"] as const;
/** Keys that Nexus's own message has and SignalStack's has not. */
const foreign = ["strategy", "timeframe", "price", "alert_id", "ticker", "market_position"] as const;
const ownActions = new Set(["sell_short", "buy_to_cover"]);

export const signalStackJson = {
	form: "json",
	name: "signalstack-json",
	title: "SignalStack",
	recognised:
		"`symbol` and `action` with `quantity_type`, `class`, `stop_loss_price` or `take_profit_price`, or the actions `sell_short` and `buy_to_cover`; none of `strategy timeframe price alert_id ticker market_position`",
	fields,
	remarks: [
		"A message of `symbol`, `action` and `quantity` alone is Nexus's own as well and means the same there.",
		"`sell` opens a short unless the strategy's `direction: long` makes it an exit; `sell_short` is the same, `buy_to_cover` closes a short.",
	],
	example: '{"symbol": "AAPL", "action": "buy", "quantity": 10, "quantity_type": "fixed", "stop_loss_price": 171.5}',
	recognises(command) {
		if (!("symbol" in command && "action" in command) || foreign.some((key) => key in command)) return false;
		const { action } = command;
		return own.some((key) => key in command) || (typeof action === "string" && ownActions.has(action.toLowerCase()));
	},
	read(command, _context) {
		const message = new VendorMessage("signalstack-json", command, fields);
		const action = message.wordNeeded("action", [...signalStackActions]);
		const meaning = meaningOfAction(action);
		const opens = meaning.type === "LONG_ENTRY" || meaning.type === "SHORT_ENTRY";
		const symbol_sent = message.symbol("symbol");
		const draft = { ...meaning, action, symbol_sent, strategy: message.text("strategy") };
		if (action === "cancel") return message.item(draft);
		if (!opens && message.says("limit_price"))
			message.note("the message holds a limit, but nexus sends an exit at the market");
		return message.item({
			...draft,
			...amountOf(message, opens, symbol_sent),
			...(opens ? entryOf(message) : {}),
		});
	},
} as const satisfies JsonDialect;

function amountOf(message: VendorMessage, opens: boolean, symbol: string): Pick<Draft, "quantity" | "size"> {
	const quantity = message.positive("quantity", "bad_quantity");
	const unit = message.word("quantity_type", ["fixed", "cash"]);
	if (quantity === undefined || unit !== "cash") return { quantity };
	if (!opens) return message.unsupported("quantity_type", "an exit sized by money") ?? {};
	return { size: `${quantity} ${quoteOf(symbol) ?? "USD"}` };
}

function entryOf(message: VendorMessage): Pick<Draft, "limit" | "stop_loss" | "take_profit"> {
	const kinds = ["stock", "equity", "future", "futures", "crypto", "forex", "cfd", "option"] as const;
	if (message.word("class", kinds) === "option") message.unsupported("class", "options");
	return {
		limit: message.says("limit_price") ? message.price("limit_price") : undefined,
		stop_loss: message.stopLevel("stop_loss_price", undefined),
		take_profit: message.targetLevel("take_profit_price", undefined),
	};
}
