/** The JSON of the tutorials: a passphrase, the bar, and the strategy's placeholders as objects of their own. */
import { actionMeaning, sameAction } from "../actions.ts";
import type { JsonDialect } from "../dialect.ts";
import { isJsonObject, type JsonObject } from "../json-value.ts";
import { refuseLeverage } from "../leverage.ts";
import { shown } from "../shown.ts";
import { isEntry, typeOf } from "../type-of.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const fields = {
	passphrase: { support: "read", meaning: "tried against the strategy's secrets, never stored" },
	ticker: { support: "read", meaning: "the symbol; also as `symbol`" },
	symbol: { support: "read", meaning: "the same as ticker" },
	exchange: { support: "read", meaning: "shown; decides nothing" },
	time: {
		support: "read",
		meaning: "the moment of firing, for `freshness`; where it is the same as `bar.time`, the bar's open",
	},
	interval: { support: "read", meaning: "the timeframe; also as `timeframe`" },
	timeframe: { support: "read", meaning: "the same as interval" },
	close: { support: "read", meaning: "the price, where no order price is sent" },
	"bar.time": { support: "read", meaning: "the bar's open; its end counts, for `freshness`" },
	"bar.close": { support: "read", meaning: "the price, where no order price is sent" },
	"strategy.order_action": {
		support: "read",
		meaning: "Nexus's own actions: `buy sell exit close_long …`; also outside `strategy`",
	},
	"strategy.order_contracts": { support: "read", meaning: "units; for an entry it counts with `size: alert`" },
	"strategy.order_price": { support: "read", meaning: "the price the alert fired at" },
	"strategy.order_comment": { support: "read", meaning: "shown in the trace" },
	"strategy.market_position": { support: "read", meaning: "`long short flat`, after the order; also as `mar_pos`" },
	"strategy.market_position_size": { support: "read", meaning: "units after the order; also as `mar_pos_size`" },
	"strategy.prev_market_position": {
		support: "read",
		meaning: "`long short flat`, before the order; also as `pre_mar_pos`",
	},
	"strategy.prev_market_position_size": {
		support: "read",
		meaning: "units before the order; also as `pre_mar_pos_size`",
	},
	"strategy.position_size": { support: "read", meaning: "units after the order, below zero for short" },
	"strategy.name": { support: "read", meaning: "the strategy's name; also `strategy_name`, or `strategy` as a text" },
	strategy_name: { support: "read", meaning: "the strategy's name" },
	alert_id: { support: "read", meaning: "the sender's own id" },
	stop_loss: { support: "read", meaning: "an entry's stop, as a price or a distance such as `2%`; also as `sl`" },
	sl: { support: "read", meaning: "the same as stop_loss" },
	take_profit: { support: "read", meaning: "an entry's target, as a price or a distance such as `4%`; also as `tp`" },
	tp: { support: "read", meaning: "the same as take_profit" },
	leverage: { support: "read", meaning: "1 or none; any other is refused on an entry" },
	trailing_stop: { support: "refused_on_entry", meaning: "a trailing stop" },
} as const satisfies JsonDialect["fields"];

export const passphrase = {
	form: "json",
	name: "passphrase",
	title: "The tutorials' JSON with `passphrase`, `bar` and `strategy`",
	recognised: "an object `strategy` with `order_action` in it, or `order_action` beside an object `bar` or `mar_pos`",
	fields,
	remarks: [
		"Everything under `strategy` may also stand outside of it, as in the templates with `mar_pos`.",
		"`order_id` is no alert id: TradingView repeats it with every order of the same name.",
		"The objects `bar` and `strategy` go to plugins as they are.",
	],
	example:
		'{"passphrase": "made-up", "time": "2026-01-31T13:37:00Z", "exchange": "BINANCE", "ticker": "BTCUSDT", "bar": {"time": "2026-01-31T13:00:00Z", "open": 41900, "high": 42100, "low": 41800, "close": 42000.5, "volume": 12}, "strategy": {"name": "Mirror", "position_size": 0.1, "order_action": "buy", "order_contracts": 0.1, "order_price": 42000.5, "order_id": "Long", "market_position": "long", "market_position_size": 0.1, "prev_market_position": "flat", "prev_market_position_size": 0}}',
	template: `{
  "passphrase": "<secret>",
  "alert_id": "{{ticker}} {{interval}} {{strategy.order.id}} {{timenow}} {{strategy.prev_market_position_size}} {{strategy.market_position_size}}",
  "time": "{{timenow}}",
  "exchange": "{{exchange}}",
  "ticker": "{{ticker}}",
  "interval": "{{interval}}",
  "bar": { "time": "{{time}}", "open": "{{open}}", "high": "{{high}}", "low": "{{low}}", "close": "{{close}}", "volume": "{{volume}}" },
  "strategy": {
    "name": "<strategy>",
    "order_id": "{{strategy.order.id}}",
    "order_action": "{{strategy.order.action}}",
    "order_contracts": {{strategy.order.contracts}},
    "order_price": {{strategy.order.price}},
    "position_size": {{strategy.position_size}},
    "market_position": "{{strategy.market_position}}",
    "market_position_size": {{strategy.market_position_size}},
    "prev_market_position": "{{strategy.prev_market_position}}",
    "prev_market_position_size": {{strategy.prev_market_position_size}}
  }
}`,
	recognises,
	read(command, _context) {
		const message = new VendorMessage("passphrase", command, fields);
		const action = message.wordNeeded(at(message, "order_action", "action"));
		const outside = message.word("action");
		if (outside !== undefined && !sameAction(action, outside)) {
			message.refuse("contradictory_fields", `order_action says ${shown(action)} and action says ${shown(outside)}`);
		}
		const timeframe = message.timeframe(at(message, "interval", "timeframe"));
		const draft: Draft = {
			...actionMeaning(action),
			action,
			symbol_sent: message.symbol(at(message, "ticker", "symbol")),
			strategy: strategyOf(message),
			exchange: message.text("exchange"),
			price: message.price(at(message, "order_price", "bar.close", "close", "price")),
			quantity: message.positive(at(message, "order_contracts"), "bad_quantity"),
			timeframe,
			time: timeOf(message, timeframe),
			message: message.free(at(message, "order_comment", "alert_message", "message", "comment")),
			alert_id: message.text("alert_id"),
			stated: message.stated({
				side: at(message, "market_position", "mar_pos"),
				size: at(message, "market_position_size", "mar_pos_size"),
				previous_side: at(message, "prev_market_position", "pre_mar_pos"),
				previous_size: at(message, "prev_market_position_size", "pre_mar_pos_size"),
				signed: at(message, "position_size"),
			}),
		};
		return message.item(isEntry(typeOf(draft).type) ? { ...draft, ...protectionOf(message) } : draft);
	},
} as const satisfies JsonDialect;

/** Nexus's own payload has all of its fields in one object: there `strategy` is a name and there is no `bar`. */
function recognises(command: JsonObject): boolean {
	const { strategy, bar } = command;
	if (isJsonObject(strategy)) return "order_action" in strategy;
	return "order_action" in command && (isJsonObject(bar) || "mar_pos" in command);
}

/** The first of the keys that the message has, inside `strategy` before outside of it; the first one where it has none. */
function at(message: VendorMessage, ...keys: readonly [string, ...string[]]): string {
	for (const key of keys) {
		for (const place of [`strategy.${key}`, key]) if (message.value(place) !== undefined) return place;
	}
	return keys[0];
}

function strategyOf(message: VendorMessage): string | undefined {
	if (isJsonObject(message.value("strategy"))) {
		return message.text(at(message, "name", "strategy_name"));
	}
	return message.text("strategy_name") ?? message.text("strategy");
}

/** The bar's open counts from its end; without a timeframe that end is unknown, and no age is better than a wrong one. */
function timeOf(message: VendorMessage, timeframe: string | undefined): string | undefined {
	const fired = message.time("time");
	const opened = message.time("bar.time");
	if (fired !== undefined && fired !== opened) return fired;
	return opened === undefined || timeframe === undefined ? undefined : message.time("bar.time", { timeframe });
}

function protectionOf(message: VendorMessage): Pick<Draft, "stop_loss" | "take_profit"> {
	refuseLeverage(message, at(message, "leverage"));
	return {
		stop_loss: priceOrDistance(message, at(message, "stop_loss", "sl")),
		take_profit: priceOrDistance(message, at(message, "take_profit", "tp")),
	};
}

/** `41000` or `2%`. */
function priceOrDistance(message: VendorMessage, key: string): string | undefined {
	const value = message.value(key);
	if (typeof value !== "string" || !value.trim().endsWith("%")) return message.positive(key);
	return message.percent(key);
}
