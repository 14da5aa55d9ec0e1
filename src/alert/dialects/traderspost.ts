/** TradersPost's webhook JSON. */
import type { JsonDialect } from "../dialect.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const fields = {
	ticker: { support: "read", meaning: "the symbol" },
	action: { support: "read", meaning: "`buy sell exit cancel add reverse`" },
	sentiment: {
		support: "read",
		meaning: "with buy and sell, the side held afterwards: `bullish long bearish short flat`; flat closes everything",
	},
	price: { support: "read", meaning: "the price the alert fired at" },
	signalPrice: { support: "read", meaning: "the same as price" },
	orderType: { support: "read", meaning: "`market limit`; `stop stop_limit trailing_stop` are refused" },
	limitPrice: { support: "read", meaning: "the price of a limit order" },
	stopPrice: { support: "refused", meaning: "an entry that waits for a price" },
	trailAmount: { support: "refused", meaning: "a trailing order" },
	trailPercent: { support: "refused", meaning: "a trailing order" },
	quantity: {
		support: "read",
		meaning: "how much, in the unit of quantityType; for an entry it counts with `size: alert`",
	},
	quantityType: {
		support: "read",
		meaning:
			"`fixed_quantity dollar_amount amount_per_position percent_of_equity percent_of_position risk_percent`; `risk_dollar_amount` is refused",
	},
	"takeProfit.limitPrice": { support: "read", meaning: "the target's price" },
	"takeProfit.percent": { support: "read", meaning: "the target's distance from the entry in percent" },
	"takeProfit.amount": { support: "refused_on_entry", meaning: "a target as an amount of money" },
	"stopLoss.type": { support: "read", meaning: "`stop`; `stop_limit trailing_stop` are refused" },
	"stopLoss.percent": { support: "read", meaning: "the stop's distance from the entry in percent" },
	"stopLoss.stopPrice": { support: "read", meaning: "the stop's price" },
	"stopLoss.amount": { support: "refused_on_entry", meaning: "a stop as an amount of money" },
	"stopLoss.limitPrice": { support: "refused_on_entry", meaning: "a stop that may not be filled" },
	"stopLoss.trailAmount": { support: "refused_on_entry", meaning: "a trailing stop" },
	"stopLoss.trailPercent": { support: "refused_on_entry", meaning: "a trailing stop" },
	timeInForce: { support: "read", meaning: "`gtc`, and for market orders `day ioc fok`; the others are refused" },
	time: { support: "read", meaning: "the moment of firing, for `freshness`" },
	interval: { support: "read", meaning: "the timeframe" },
	cancel: { support: "read", meaning: "with buy and sell: whether resting entries are taken back first" },
	cancelOrderType: {
		support: "ignored",
		meaning: "only entries ever rest without a position, so there is nothing to choose",
	},
	ignoreTradingWindows: { support: "ignored", meaning: "nexus has no trading windows of its own" },
	extendedHours: { support: "refused", meaning: "orders outside regular hours" },
	optionType: { support: "refused", meaning: "options" },
	intrinsicValue: { support: "refused", meaning: "options" },
	expiration: { support: "refused", meaning: "options" },
	strikeCount: { support: "refused", meaning: "options" },
	strikesAway: { support: "refused", meaning: "options" },
	strikePrice: { support: "refused", meaning: "options" },
	test: { support: "refused", meaning: "a message that is not to be traded; send it to a paper account instead" },
	message: { support: "read", meaning: "shown in the trace" },
	strategy: {
		support: "read",
		meaning: "the strategy's name, where it is not the one of the URL; also as `extras.strategy`",
	},
	extras: { support: "read", meaning: "`extras.strategy` as above; the rest is for plugins" },
} as const satisfies JsonDialect["fields"];

const own = new Set([
	"sentiment",
	"signalPrice",
	"quantityType",
	"orderType",
	"takeProfit",
	"stopLoss",
	"extras",
	"cancel",
]);
const words = ["buy", "sell", "exit", "cancel", "add", "reverse"] as const;
const sides = { bullish: "long", bearish: "short", long: "long", short: "short", flat: "flat" } as const;

export const tradersPost = {
	form: "json",
	name: "traderspost",
	title: "TradersPost",
	recognised:
		"`ticker` and `action` with a word of its own: `sentiment signalPrice quantityType orderType takeProfit stopLoss extras cancel`",
	fields,
	remarks: [
		"`sell` with the sentiment `long` makes a long position smaller, by `quantity` where there is one.",
		"Keys are case-sensitive, as TradersPost's are; a field it does not know goes to plugins.",
	],
	example:
		'{"ticker": "BTCUSD", "action": "buy", "sentiment": "long", "quantity": "0.1", "price": "42000.5", "time": "2026-01-31T13:37:00Z", "interval": "60"}',
	template: `{
  "ticker": "{{ticker}}",
  "action": "{{strategy.order.action}}",
  "sentiment": "{{strategy.market_position}}",
  "quantity": "{{strategy.order.contracts}}",
  "price": "{{strategy.order.price}}",
  "time": "{{timenow}}",
  "interval": "{{interval}}",
  "strategy": "<strategy>"
}`,
	/** `ticker` and `action` alone are Nexus's own spellings too and mean the same there. */
	recognises: (command) =>
		"ticker" in command && "action" in command && Object.keys(command).some((key) => own.has(key)),
	read(command, _context) {
		const message = new VendorMessage("traderspost", command, fields);
		const action = message.wordNeeded("action", words);
		const sentiment = message.word("sentiment", ["bullish", "bearish", "long", "short", "flat"]);
		const draft: Draft = {
			...meaningOf(action, sentiment === undefined ? undefined : sides[sentiment], message),
			action,
			symbol_sent: message.symbol("ticker"),
			strategy: message.agreed(["strategy", "extras.strategy"], (key) => message.text(key)),
			price: message.agreed(["price", "signalPrice"], (key) => message.price(key)),
			timeframe: message.timeframe("interval"),
			time: message.time("time"),
			message: message.free("message"),
			cancel: action === "cancel" || message.flag("cancel") === true ? true : undefined,
		};
		const opens = draft.type === "LONG_ENTRY" || draft.type === "SHORT_ENTRY" || draft.relative !== undefined;
		return message.item({ ...draft, ...amountOf(message, opens), ...(opens ? orderOf(message) : {}) });
	},
} as const satisfies JsonDialect;

/** Sentiment is the side held afterwards; without it buy and sell open, as in Nexus's own table. */
function meaningOf(
	action: (typeof words)[number] | "",
	sentiment: "long" | "short" | "flat" | undefined,
	message: VendorMessage,
): Pick<Draft, "type" | "closes" | "relative"> {
	switch (action) {
		case "buy":
		case "sell": {
			if (sentiment === "flat") return { type: "LONG_EXIT", closes: "any" };
			const entry = action === "buy" ? "long" : "short";
			if (sentiment === undefined || sentiment === entry) {
				return { type: entry === "long" ? "LONG_ENTRY" : "SHORT_ENTRY" };
			}
			return { type: sentiment === "long" ? "LONG_EXIT" : "SHORT_EXIT", closes: sentiment };
		}
		case "exit":
			return { type: "LONG_EXIT", closes: "any" };
		case "add":
		case "reverse":
			return { type: "CUSTOM", relative: action };
		case "cancel":
		case "":
			if (sentiment !== undefined) message.refuse("bad_field", "sentiment goes only with buy and sell");
			return { type: "CUSTOM" };
	}
}

/** The quantity in Nexus's words: units, a share of the position, or a size of another kind for an entry. */
function amountOf(message: VendorMessage, opens: boolean): Pick<Draft, "quantity" | "size"> {
	const unit = message.word("quantityType", [
		...(["fixed_quantity", "dollar_amount", "amount_per_position", "percent_of_equity"] as const),
		...(["percent_of_position", "risk_percent", "risk_dollar_amount"] as const),
	]);
	// With the sentiment flat everything is closed, whatever the quantity.
	if (message.word("sentiment") === "flat") return {};
	const amount = message.positive("quantity", "bad_quantity");
	if (amount === undefined) return {};
	switch (unit) {
		case undefined:
		case "fixed_quantity":
			return { quantity: amount };
		case "percent_of_position":
			return opens
				? (message.unsupported("quantityType", "an entry sized by the open position") ?? {})
				: { quantity: `${amount}%` };
		case "percent_of_equity":
		case "risk_percent":
		case "dollar_amount":
		case "amount_per_position":
			if (!opens)
				return message.unsupported("quantityType", "an exit sized by anything but units or the position") ?? {};
			if (unit === "percent_of_equity") return { size: `${amount}%` };
			return { size: unit === "risk_percent" ? `risk ${amount}%` : `${amount} USD` };
		case "risk_dollar_amount":
			return message.unsupported("quantityType", "a size by the money at risk; `risk_percent` it can do") ?? {};
	}
}

/** Limit, stop and target of an entry. */
function orderOf(message: VendorMessage): Pick<Draft, "limit" | "stop_loss" | "take_profit"> {
	const type = message.word("orderType", ["market", "limit", "stop", "stop_limit", "trailing_stop"]) ?? "market";
	if (type !== "market" && type !== "limit") message.unsupported("orderType", "an entry that waits for a price");
	const force = message.word("timeInForce", ["day", "gtc", "opg", "cls", "ioc", "fok"]);
	const harmless = force === undefined || force === "gtc" || (type === "market" && force !== "opg" && force !== "cls");
	if (!harmless) message.unsupported("timeInForce", "a limit order rests until it is filled or taken back");
	const stop = message.word("stopLoss.type", ["stop", "stop_limit", "trailing_stop"]);
	if (stop !== undefined && stop !== "stop") message.unsupported("stopLoss.type", "only a plain stop");
	const limit = message.price("limitPrice");
	if (type === "limit" && limit === undefined)
		message.refuse("missing_field", "limitPrice is missing, but orderType is limit");
	return {
		limit: type === "limit" ? limit : undefined,
		stop_loss: priceOrPercent(message, "stopLoss.stopPrice", "stopLoss.percent"),
		take_profit: priceOrPercent(message, "takeProfit.limitPrice", "takeProfit.percent"),
	};
}

function priceOrPercent(message: VendorMessage, price: string, percent: string): string | undefined {
	const at = message.price(price);
	const away = message.positive(percent);
	if (at !== undefined && away !== undefined) {
		return message.refuse("contradictory_fields", `${price} and ${percent} both say where it shall stand`);
	}
	return at ?? (away === undefined ? undefined : `${away}%`);
}
