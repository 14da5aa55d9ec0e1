/** OctoBot's TradingView text: `EXCHANGE=…;SYMBOL=…;SIGNAL=…`. */
import type { TextDialect } from "../dialect.ts";
import type { HiddenSpan } from "../json.ts";
import { refuseLeverage } from "../leverage.ts";
import { plainNumber, plainPositive } from "../number-text.ts";
import { credentialIn, partsOf } from "../text-parts.ts";
import { commandOf, type Draft, VendorMessage } from "../vendor-message.ts";

const fields = {
	SYMBOL: { support: "read", meaning: "the symbol" },
	SIGNAL: { support: "read", meaning: "`BUY SELL CANCEL`" },
	EXCHANGE: { support: "read", meaning: "shown; decides nothing" },
	STRATEGY: { support: "read", meaning: "the strategy's name; nexus's addition, OctoBot has none" },
	ORDER_TYPE: { support: "read", meaning: "`MARKET LIMIT`; `STOP` is refused on entries" },
	PRICE: {
		support: "read",
		meaning:
			"with `LIMIT` the limit price, otherwise the price the alert fired at; `-5%` and `10d` (from the market) are refused for a limit",
	},
	VOLUME: {
		support: "read",
		meaning:
			"`0.01` (also `0.01d`, `0.01b`) units, `2%` of equity, for an exit `50p` or `50p%` of the position; the other units are refused",
	},
	STOP_PRICE: {
		support: "read",
		meaning: "an entry's stop: a price, or `-5%` (`5%` for a short); `10d` is refused",
	},
	TAKE_PROFIT_PRICE: {
		support: "read",
		meaning: "an entry's target: a price, or `5%` (`-5%` for a short); `10d` is refused",
	},
	TAKE_PROFIT_PRICE_1: { support: "read", meaning: "the same; more than one target is refused on entries" },
	TAKE_PROFIT_VOLUME_RATIO: { support: "ignored", meaning: "a single target is for the whole position" },
	TAKE_PROFIT_VOLUME_RATIO_1: { support: "ignored", meaning: "a single target is for the whole position" },
	REDUCE_ONLY: { support: "read", meaning: "`true` makes SELL a long's exit and BUY a short's" },
	LEVERAGE: { support: "read", meaning: "`1` is harmless; more is refused on entries" },
	TAG: { support: "read", meaning: "a name for the order; with CANCEL, which would pick orders by it, refused" },
	PARAM_SIDE: { support: "refused", meaning: "only the orders of one side are taken back" },
	EXCHANGE_ORDER_IDS: { support: "refused", meaning: "particular orders picked by the exchange's ids" },
	CANCEL_POLICY: { support: "refused_on_entry", meaning: "an order that takes itself back" },
	CANCEL_POLICY_PARAMS: { support: "refused_on_entry", meaning: "an order that takes itself back" },
	TRAILING_PROFILE: { support: "refused_on_entry", meaning: "trailing stops" },
	ALLOW_HOLDINGS_ADAPTATION: {
		support: "ignored",
		meaning: "nexus never makes an order smaller to fit; it denies it and says how much fits",
	},
	TRADING_TYPE: { support: "ignored", meaning: "the market follows from SYMBOL and the strategy's own list" },
} as const satisfies TextDialect["fields"];

/** A line break, also as the two characters `\n`, or a semicolon. */
const separator = /;|\r?\n|\\n/g;
const own = /(?:^|[;\n]|\\n)[ \t]*SIGNAL[ \t]*=/;
const start = /^[A-Z][A-Z0-9_]{0,40}[ \t]*=/;
/** A number and its unit in OctoBot's amount and price syntax. */
const amount = /^([+-]?[\d.,_']{1,40})\s*([a-z@]{0,2}%?)$/i;

interface OrderText {
	readonly message: VendorMessage;
	readonly targets: readonly string[];
	/** Keys such as `PARAM_postOnly`. */
	readonly parameters: readonly string[];
}

export const octobot = {
	form: "text",
	name: "octobot",
	title: "OctoBot",
	recognised: "a first key in capitals and a `SIGNAL=` beside it",
	fields,
	remarks: [
		"The parts stand on lines or between `;`. A key that stands twice with different values is refused.",
		"Like OctoBot by default, BUY and SELL first take back the entries that still rest.",
		"An exit goes at the market, also with `ORDER_TYPE=LIMIT`; the trace says so.",
		"A part without `=` is refused with an entry, for it may have been a stop, and left out of an exit.",
	],
	example: "EXCHANGE=BINANCE;SYMBOL=BTCUSDT;SIGNAL=BUY;ORDER_TYPE=MARKET;VOLUME=2%;STOP_PRICE=-5%;TOKEN=made-up-secret",
	recognises: (body) => start.test(body) && own.test(body),
	read(body, _context) {
		const hidden: HiddenSpan[] = [];
		const pairs: (readonly [string, string])[] = [];
		let strays = 0;
		for (const part of partsOf(body, separator)) {
			const credential = credentialIn(part);
			if (credential !== undefined) hidden.push(credential.hidden);
			const equals = part.text.indexOf("=");
			if (equals < 1) strays += 1;
			else pairs.push([part.text.slice(0, equals).trim().toUpperCase(), part.text.slice(equals + 1).trim()]);
		}
		const command = commandOf(pairs);
		const given = Object.keys(command).filter((key) => command[key] !== "");
		const order: OrderText = {
			message: new VendorMessage("octobot", command, fields),
			targets: given.filter((key) => /^TAKE_PROFIT_PRICE(_\d+)?$/.test(key)),
			parameters: given.filter((key) => key.startsWith("PARAM_") && key !== "PARAM_SIDE"),
		};
		return { items: [order.message.item(draftOf(order, strays))], hidden };
	},
} as const satisfies TextDialect;

function draftOf(order: OrderText, strays: number): Draft {
	const { message } = order;
	const signal = message.wordNeeded("SIGNAL", ["buy", "sell", "cancel"]);
	const common = {
		action: signal,
		symbol_sent: message.symbol("SYMBOL"),
		exchange: message.text("EXCHANGE"),
		strategy: message.text("STRATEGY"),
		cancel: true,
	};
	if (signal === "cancel" || signal === "") {
		if (message.says("TAG")) message.unsupported("TAG", "only the orders of one tag are taken back");
		return { ...common, type: "CUSTOM" };
	}
	const exits = message.flag("REDUCE_ONLY") === true;
	if (exits) {
		if (strays > 0) message.note(`${strays} part(s) without = were left out`);
		return { ...common, ...exitOf(order, signal) };
	}
	if (strays > 0) message.refuse("bad_field", "a part has no =, so that it is not known what it asks for");
	return { ...common, ...entryOf(order, signal) };
}

function exitOf({ message, parameters }: OrderText, signal: "buy" | "sell"): Pick<Draft, "type"> & Partial<Draft> {
	const type = message.word("ORDER_TYPE");
	if (type !== undefined && type !== "market")
		message.note(`ORDER_TYPE is ${type}, but nexus sends an exit at the market`);
	for (const key of parameters) message.note(`${key.slice(0, 40)} was left out: it is for the exchange`);
	const side = signal === "sell" ? "long" : "short";
	return {
		type: side === "long" ? "LONG_EXIT" : "SHORT_EXIT",
		closes: side,
		quantity: exitQuantity(message),
		price: priceOf(message),
	};
}

function exitQuantity(message: VendorMessage): string | undefined {
	const volume = amountOf(message, "VOLUME");
	if (volume === undefined) return undefined;
	switch (volume.unit) {
		case "":
		case "d":
		case "b":
			return volume.number;
		case "p":
		case "p%":
			return `${volume.number}%`;
		default:
			// All of anything is the whole position.
			if (volume.number === "100" && volume.unit.endsWith("%")) return undefined;
			return message.unsupported("VOLUME", "an exit sized by anything but units or the position");
	}
}

function entryOf(order: OrderText, signal: "buy" | "sell"): Pick<Draft, "type"> & Partial<Draft> {
	const { message, targets, parameters } = order;
	const type = message.word("ORDER_TYPE", ["market", "limit", "stop"]) ?? "market";
	if (type === "stop") message.unsupported("ORDER_TYPE", "an order that waits for a price");
	for (const key of parameters) message.unsupported(key.slice(0, 40), "a parameter for the exchange itself");
	if (targets.length > 1) message.unsupported(targets[1] ?? "TAKE_PROFIT_PRICE_1", "several targets");
	refuseLeverage(message, "LEVERAGE");
	const limit = type === "limit" ? limitOf(message) : undefined;
	const long = signal === "buy";
	const [target] = targets;
	return {
		type: long ? "LONG_ENTRY" : "SHORT_ENTRY",
		...entrySize(message),
		...(type === "limit" ? { limit } : { price: priceOf(message) }),
		stop_loss: placeOf(message, "STOP_PRICE", { above: !long, limit }),
		take_profit: target === undefined ? undefined : placeOf(message, target, { above: long, limit }),
	};
}

function entrySize(message: VendorMessage): Pick<Draft, "quantity" | "size"> {
	const volume = amountOf(message, "VOLUME");
	if (volume === undefined) return {};
	if (volume.unit === "" || volume.unit === "d" || volume.unit === "b") return { quantity: volume.number };
	if (volume.unit === "%") return { size: `${volume.number}%` };
	return message.unsupported("VOLUME", "a size by what is free or held; units and `2%` of equity it can do") ?? {};
}

/** Above zero, with its unit in lower case; 0 counts as absent, as in OctoBot. */
function amountOf(message: VendorMessage, key: string): { number: string; unit: string } | undefined {
	const text = message.text(key);
	if (text === undefined || !message.says(key)) return undefined;
	const match = amount.exec(text);
	const number = plainPositive(match?.[1] ?? "");
	if (number === undefined)
		return message.refuse("bad_quantity", `${key} is ${JSON.stringify(text.slice(0, 40))}, which is no amount`);
	return { number, unit: (match?.[2] ?? "").toLowerCase() };
}

function limitOf(message: VendorMessage): string | undefined {
	const text = message.text("PRICE");
	if (text === undefined) return message.refuse("missing_field", "PRICE is missing, but ORDER_TYPE is LIMIT");
	if (plainPositive(text) === undefined && amount.test(text))
		return message.unsupported("PRICE", "a limit price by its distance from the market");
	return message.price("PRICE");
}

/** The price the alert fired at, where PRICE is a price at all. */
function priceOf(message: VendorMessage): string | undefined {
	const text = message.text("PRICE");
	return text === undefined ? undefined : plainPositive(text);
}

/** A stop's or target's price, or its distance, which must lead to the side of the entry where such an order stands. */
function placeOf(
	message: VendorMessage,
	key: string,
	{ above, limit }: { readonly above: boolean; readonly limit: string | undefined },
): string | undefined {
	const text = message.text(key);
	if (text === undefined) return undefined;
	const match = amount.exec(text);
	const unit = match?.[2] ?? "";
	if (match === null || unit === "") return message.price(key);
	if (unit !== "%") return message.unsupported(key, "a distance in money; a price or a percentage it can do");
	if (limit !== undefined) return message.unsupported(key, "a distance from the market together with a limit price");
	const number = plainNumber(match[1] ?? "");
	if (number === undefined || number === "0" || number.startsWith("-") === above) {
		const sign = above ? "above zero" : "below zero";
		return message.refuse("bad_field", `${key} is ${text}, but must be ${sign} for this side`);
	}
	return `${number.replace("-", "")}%`;
}
