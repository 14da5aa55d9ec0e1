/** 3Commas' messages: its signal bot's, of both types, and those of its older DCA bots. */
import { canonicalSymbol } from "../../domain/symbol.ts";
import type { JsonDialect } from "../dialect.ts";
import { isJsonArray, isJsonObject } from "../json-value.ts";
import { quoteOf } from "../quote-of.ts";
import { shown } from "../shown.ts";
import { isEntry, typeOf } from "../type-of.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const fields = {
	secret: { support: "read", meaning: "tried against the strategy's secrets, never stored" },
	bot_uuid: { support: "read", meaning: "the strategy's name or one of its aliases" },
	tv_instrument: { support: "read", meaning: "the symbol" },
	tv_exchange: { support: "read", meaning: "shown; decides nothing" },
	trigger_price: { support: "read", meaning: "the price the alert fired at" },
	timestamp: { support: "read", meaning: "the moment of firing, for `freshness`" },
	max_lag: { support: "read", meaning: "an entry older than so many seconds is not taken" },
	action: {
		support: "read",
		meaning:
			"`buy sell`, `enter_long exit_long enter_short exit_short`; `disable` only with `positions_sub_action` `market_close`",
	},
	positions_sub_action: { support: "read", meaning: "with `disable`: `market_close` closes the position" },
	"strategy_info.market_position": { support: "read", meaning: "`long short flat`, after the order" },
	"strategy_info.market_position_size": { support: "read", meaning: "units after the order" },
	"strategy_info.prev_market_position": { support: "read", meaning: "`long short flat`, before the order" },
	"strategy_info.prev_market_position_size": { support: "read", meaning: "units before the order" },
	"order.amount": {
		support: "read",
		meaning: "how much, in the unit of currency_type; for an entry it counts with `size: alert`",
	},
	"order.currency_type": {
		support: "read",
		meaning: "`base`; for entries also `quote` and `margin_percent` (a share of equity), for exits `position_percent`",
	},
	"order.order_type": { support: "read", meaning: "`market limit`; exits always go at the market" },
	"order.price": { support: "read", meaning: "an entry's limit price" },
	"order.price_percent": { support: "refused_on_entry", meaning: "a limit price relative to another price" },
	"take_profit.enabled": { support: "read", meaning: "false: the target is not read" },
	"take_profit.steps": {
		support: "read",
		meaning: "one step of `price_percent` (or `price`) for all of the position; several, and trailing, are refused",
	},
	"stop_loss.enabled": { support: "read", meaning: "false: the stop is not read" },
	"stop_loss.order_type": { support: "read", meaning: "`market`; a limit is refused, because it may not be filled" },
	"stop_loss.trigger_price_percent": { support: "read", meaning: "the stop's distance from the entry in percent" },
	"stop_loss.trigger_price": { support: "read", meaning: "the stop's price" },
	"stop_loss.trailing": { support: "read", meaning: "refused unless its `enabled` is false" },
	message_type: { support: "read", meaning: "DCA bot: `bot`" },
	bot_id: { support: "read", meaning: "DCA bot: the strategy's name or one of its aliases" },
	email_token: { support: "read", meaning: "DCA bot: tried against the strategy's secrets, never stored" },
	pair: { support: "read", meaning: "DCA bot: the symbol, quote first: `USDT_BTC`" },
	side: { support: "read", meaning: "DCA bot, to be added by you for a deal's start: `long short`" },
	delay_seconds: {
		support: "refused_on_entry",
		meaning: "an order that waits; an exit is carried out at once",
	},
} as const satisfies JsonDialect["fields"];

const words = ["buy", "sell", "enter_long", "exit_long", "enter_short", "exit_short", "disable"] as const;
type Action = (typeof words)[number];

export const threeCommas = {
	form: "json",
	name: "3commas",
	title: "3Commas signal bot (strategy and custom type) and DCA bot",
	recognised:
		"`bot_uuid` with `action` or `tv_instrument`; for the older form `bot_id` with `email_token` or `message_type`",
	fields,
	remarks: [
		"`disable` with `market_close` closes the position and takes back resting entries; the strategy stays on, and the trace says so. Without `market_close` it is refused: `nexus halt --strategy NAME` does it.",
		"What is set at 3Commas and not in the message (targets, stops, safety orders, leverage) does not come along.",
		"A DCA bot's message does not say the side of a deal that it starts: add `side`. `close_at_market_price` and `close_at_market_price_all` close what is open; every other action of it is refused.",
	],
	example:
		'{"secret": "made-up", "max_lag": "300", "timestamp": "2026-01-31T13:37:00Z", "trigger_price": "42000.5", "tv_exchange": "BINANCE", "tv_instrument": "BTCUSDT", "action": "buy", "bot_uuid": "Mirror", "strategy_info": {"market_position": "long", "market_position_size": "0.1", "prev_market_position": "flat", "prev_market_position_size": "0"}, "order": {"amount": "0.1", "currency_type": "base"}}',
	template: `{
  "secret": "<secret>",
  "bot_uuid": "<strategy>",
  "max_lag": "300",
  "timestamp": "{{timenow}}",
  "trigger_price": "{{strategy.order.price}}",
  "tv_exchange": "{{exchange}}",
  "tv_instrument": "{{ticker}}",
  "action": "{{strategy.order.action}}",
  "strategy_info": {
    "market_position": "{{strategy.market_position}}",
    "market_position_size": "{{strategy.market_position_size}}",
    "prev_market_position": "{{strategy.prev_market_position}}",
    "prev_market_position_size": "{{strategy.prev_market_position_size}}"
  },
  "order": { "amount": "{{strategy.order.contracts}}", "currency_type": "base" }
}`,
	recognises: (command) =>
		("bot_uuid" in command && ("action" in command || "tv_instrument" in command)) ||
		("bot_id" in command && ("email_token" in command || "message_type" in command)),
	read(command, _context) {
		const message = new VendorMessage("3commas", command, fields, ["email_token"]);
		return "bot_uuid" in command ? readSignal(message) : readDeal(message);
	},
} as const satisfies JsonDialect;

function readSignal(message: VendorMessage): ReturnType<VendorMessage["item"]> {
	const action = message.wordNeeded("action", words);
	const draft: Draft = {
		...meaningOf(action),
		action,
		symbol_sent: message.symbol("tv_instrument"),
		strategy: message.text("bot_uuid"),
		exchange: message.text("tv_exchange"),
		price: message.price("trigger_price"),
		time: message.time("timestamp"),
		max_age_s: message.seconds("max_lag"),
		stated: message.stated({
			side: "strategy_info.market_position",
			size: "strategy_info.market_position_size",
			previous_side: "strategy_info.prev_market_position",
			previous_size: "strategy_info.prev_market_position_size",
		}),
	};
	if (action === "disable") return message.item({ ...draft, ...disabling(message) });
	const opens = isEntry(typeOf(draft).type);
	return message.item({ ...draft, ...amountOf(message, draft, opens), ...orderOf(message, opens) });
}

function meaningOf(action: Action | ""): Pick<Draft, "type" | "closes"> {
	switch (action) {
		case "buy":
		case "enter_long":
			return { type: "LONG_ENTRY" };
		case "sell":
		case "enter_short":
			return { type: "SHORT_ENTRY" };
		case "exit_long":
			return { type: "LONG_EXIT", closes: "long" };
		case "exit_short":
			return { type: "SHORT_EXIT", closes: "short" };
		case "disable":
		case "":
			return { type: "LONG_EXIT", closes: "any" };
	}
}

/** A message may close, but not switch a strategy off. */
function disabling(message: VendorMessage): Pick<Draft, "cancel" | "stated"> {
	if (message.word("positions_sub_action") === "market_close") {
		message.note("disable closes the position, but the strategy stays on: `nexus halt --strategy NAME` stops it");
	} else {
		message.refuse(
			"unsupported_field",
			"action is set to disable; nexus does not do that: a message cannot switch a strategy off",
			"`nexus halt --strategy NAME` does it; with positions_sub_action market_close nexus closes the position.",
		);
	}
	return { cancel: true, stated: undefined };
}

function amountOf(message: VendorMessage, draft: Draft, opens: boolean): Pick<Draft, "quantity" | "size"> {
	const type = message.word("order.currency_type", ["base", "quote", "margin_percent", "position_percent"]) ?? "base";
	const amount = message.positiveOrUnset("order.amount", "bad_quantity");
	if (amount === undefined) return {};
	switch (type) {
		case "base":
			return { quantity: amount };
		case "position_percent":
			if (!opens) return { quantity: `${amount}%` };
			return message.unsupported("order.currency_type", "an entry sized by the open position") ?? {};
		case "quote":
		case "margin_percent": {
			// The position fields say how much is closed.
			if (!opens && draft.stated?.previous_side !== undefined) return {};
			if (!opens) return message.unsupported("order.currency_type", "an exit sized by anything but units") ?? {};
			if (type === "margin_percent") {
				message.note("margin_percent is read as a share of equity, not of the margin that is free");
				return { size: `${amount}%` };
			}
			const quote = quoteOf(draft.symbol_sent);
			if (quote !== undefined) return { size: `${amount} ${quote}` };
			return message.unsupported("order.currency_type", "the symbol does not say which currency that is") ?? {};
		}
	}
}

function orderOf(message: VendorMessage, opens: boolean): Pick<Draft, "limit" | "stop_loss" | "take_profit"> {
	const type = message.word("order.order_type") ?? "market";
	if (!opens) {
		if (type === "limit") message.note("order.order_type is limit, but an exit goes at the market");
		return {};
	}
	if (type !== "market" && type !== "limit") message.unsupported("order.order_type", "only market and limit");
	const limit = type === "limit" ? message.price("order.price") : undefined;
	// A percentage instead of a price has its own refusal.
	if (type === "limit" && limit === undefined && !message.says("order.price_percent")) {
		message.refuse("missing_field", "order.price is missing, but order_type is limit");
	}
	return { limit, stop_loss: stopOf(message), take_profit: targetOf(message) };
}

const stopParts = ["enabled", "order_type", "trigger_price_percent", "trigger_price", "trailing"];

function stopOf(message: VendorMessage): string | undefined {
	if (!isOn(message, "stop_loss")) return undefined;
	message.onlyParts("stop_loss", stopParts, "a stop with anything but a price or a distance");
	refuseTrailing(message, "stop_loss.trailing");
	if ((message.word("stop_loss.order_type") ?? "market") !== "market") {
		message.unsupported("stop_loss.order_type", "a stop that may not be filled");
	}
	return placeOf(message, "stop_loss", "stop_loss.trigger_price", "stop_loss.trigger_price_percent");
}

const stepParts = ["order_type", "price_percent", "price", "volume_percent", "trailing"];

function targetOf(message: VendorMessage): string | undefined {
	if (!isOn(message, "take_profit")) return undefined;
	message.onlyParts("take_profit", ["enabled", "steps"], "a target with anything but steps");
	const steps = message.value("take_profit.steps");
	if (isJsonArray(steps) && steps.length === 0 && message.flag("take_profit.enabled") !== true) return undefined;
	if (!isJsonArray(steps) || !isJsonObject(steps[0])) {
		return message.refuse("bad_field", "take_profit.steps must be a list of steps");
	}
	if (steps.length > 1) return message.unsupported("take_profit.steps", "more than one target");
	message.onlyParts("take_profit.steps.0", stepParts, "a target with anything but a price or a distance");
	refuseTrailing(message, "take_profit.steps.0.trailing");
	const volume = message.positive("take_profit.steps.0.volume_percent");
	if (volume !== undefined && volume !== "100") {
		message.unsupported("take_profit.steps.0.volume_percent", "a target for a part of the position");
	}
	return placeOf(message, "take_profit", "take_profit.steps.0.price", "take_profit.steps.0.price_percent");
}

/** False where the object is absent, empty or switched off. What is no object would be lost in silence and is refused. */
function isOn(message: VendorMessage, key: string): boolean {
	const value = message.value(key);
	if (value === undefined || value === null || value === "") return false;
	if (isJsonObject(value)) return message.flag(`${key}.enabled`) ?? Object.keys(value).length > 0;
	message.refuse("bad_field", `${key} must be an object`);
	return false;
}

function refuseTrailing(message: VendorMessage, key: string): void {
	if (message.says(key) && message.flag(`${key}.enabled`) !== false) message.unsupported(key, "it cannot trail");
}

function placeOf(message: VendorMessage, what: string, price: string, percent: string): string | undefined {
	const at = message.price(price);
	const away = message.positive(percent);
	if (at !== undefined && away !== undefined) {
		return message.refuse("contradictory_fields", `${price} and ${percent} both say where it shall stand`);
	}
	if (at === undefined && away === undefined && message.says(what)) {
		return message.refuse("bad_field", `${what} is switched on, but neither ${price} nor ${percent} is set`);
	}
	return at ?? (away === undefined ? undefined : `${away}%`);
}

/** A DCA bot's message: without an action it starts a deal, whose side only the bot at 3Commas knows. */
function readDeal(message: VendorMessage): ReturnType<VendorMessage["item"]> {
	const action = message.word("action");
	const common = {
		action: action ?? "start_deal",
		symbol_sent: dealSymbol(message),
		strategy: message.text("bot_id"),
	};
	if (action === undefined) {
		const side = message.word("side", ["long", "short"]);
		if (side === undefined) {
			message.refuse(
				"missing_field",
				"the message starts a deal and does not say its side, which is a setting of the DCA bot at 3Commas",
				'Add "side": "long" or "side": "short" to the message.',
			);
		}
		return message.item({ ...common, type: side === "short" ? "SHORT_ENTRY" : "LONG_ENTRY" });
	}
	if (action !== "close_at_market_price" && action !== "close_at_market_price_all") {
		message.unsupported("action", `of a DCA bot's actions it knows those that close; ${shown(action)} is none`);
	}
	if (message.says("delay_seconds")) message.note("delay_seconds is set, but an exit is carried out at once");
	return message.item({ ...common, type: "LONG_EXIT", closes: "any" });
}

/** 3Commas writes the quote first, `USDT_BTC`; for futures the exchange's own symbol follows it, `USDT_BTCUSDT`. */
function dealSymbol(message: VendorMessage): string {
	const pair = message.symbol("pair");
	const mark = pair.indexOf("_");
	const [quote, rest] = [pair.slice(0, mark), pair.slice(mark + 1)];
	if (mark <= 0 || rest === "") return pair;
	const whole = rest.includes("-") || canonicalSymbol(rest)?.includes("/") === true;
	return whole ? rest : `${rest}/${quote}`;
}
