/** WunderTrading's signal bot JSON, in which a code says what to do and for which bot. */
import { canonicalSymbol, isSymbol } from "../../domain/symbol.ts";
import type { JsonDialect } from "../dialect.ts";
import { isJsonArray, isJsonObject } from "../json-value.ts";
import { refuseLeverage } from "../leverage.ts";
import { quoteOf } from "../quote-of.ts";
import { fractionAsPercent } from "../share-text.ts";
import { shown } from "../shown.ts";
import { isEntry } from "../type-of.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const fields = {
	code: {
		support: "read",
		meaning:
			"`Enter-Long Enter-Short Exit-Long Exit-Short Exit-All`, or with the bot's parts behind it: `ENTER-LONG_Exchange_PAIR_name_timeframe_id`",
	},
	symbol: { support: "read", meaning: "the symbol, where the code names none; added by you, also as `ticker`, `pair`" },
	ticker: { support: "read", meaning: "the same as symbol" },
	pair: { support: "read", meaning: "the same as symbol" },
	strategy: {
		support: "read",
		meaning: "the strategy's name, where it is not the bot's name in the code; added by you",
	},
	orderType: { support: "read", meaning: "`market limit`; exits always go at the market" },
	price: { support: "read", meaning: "an entry's limit price; with `market` the price the alert fired at" },
	timeToLive: { support: "refused_on_entry", meaning: "a limit order that ends by itself; nexus lets it rest" },
	amountPerTradeType: {
		support: "read",
		meaning: "`quote $ base percents` (a share of equity, 0.02 is 2 %); `contracts` is refused",
	},
	amountPerTrade: {
		support: "read",
		meaning:
			"an entry's size in the unit of amountPerTradeType; it counts with `size: alert`; an exit closes everything",
	},
	leverage: { support: "read", meaning: "1 or none; any other is refused on an entry" },
	takeProfits: {
		support: "read",
		meaning: "one target of `priceDeviation` (0.02 is 2 %) or `price` with `portfolio` 1; several are refused",
	},
	"stopLoss.priceDeviation": { support: "read", meaning: "the stop's distance from the entry; 0.02 is 2 %" },
	"stopLoss.price": { support: "read", meaning: "the stop's price" },
	moveToBreakeven: { support: "refused_on_entry", meaning: "a stop that moves to the entry price" },
	trailingStop: { support: "refused_on_entry", meaning: "a stop that follows the price" },
	reduceOnly: { support: "ignored", meaning: "an exit of nexus never opens anything" },
	placeConditionalOrdersOnExchange: {
		support: "ignored",
		meaning: "the account's broker decides where stops and targets stand",
	},
} as const satisfies JsonDialect["fields"];

/** Anchored, without repetition: the code's first part. */
const actionOfCode = /^(enter|exit)[-_ ]?(long|short|all)(?=_|$)/i;
/** Second words of an exchange's name in a code, such as BINANCE_FUTURES. */
const marketWords = new Set(
	"FUTURES SWAP SPOT MARGIN PERP PERPETUAL DELIVERY INVERSE LINEAR COIN COINM USDM".split(" "),
);
/** A bot for several pairs has no pair in its code. */
const noPair = new Set(["NONE", "MULTIPLE-PAIRS", "MULTIPLE", "MULTI", ""]);

export const wunderTrading = {
	form: "json",
	name: "wundertrading",
	title: "WunderTrading signal bot (JSON)",
	recognised: "a `code` of its form (`ENTER-LONG…`, `Exit-All`) and no `action`",
	fields,
	remarks: [
		"WunderTrading tells codes apart by their case; nexus does not.",
		'A code without a pair needs the symbol in a field of its own: `"symbol": "{{ticker}}"`.',
		"The bot's name in a code is the strategy's name or one of its aliases; its timeframe is only a label and not read.",
		"A code names the pair as the exchange does: for a perpetual map it under `symbols_map`.",
	],
	example:
		'{"code": "ENTER-LONG_BINANCE_BTCUSDT_Mirror_15M_0123456789abcdef01234567", "orderType": "market", "amountPerTradeType": "percents", "amountPerTrade": 0.02, "takeProfits": [{"priceDeviation": 0.04, "portfolio": 1}], "stopLoss": {"priceDeviation": 0.02}, "reduceOnly": true}',
	recognises: ({ code, action }) => typeof code === "string" && action === undefined && actionOfCode.test(code.trim()),
	read(command, _context) {
		const message = new VendorMessage("wundertrading", command, fields);
		const code = codeOf(message);
		const limit = message.word("orderType") === "limit";
		const draft: Draft = {
			...meaningOf(code.action, message),
			action: code.action,
			symbol_sent: symbolOf(message, code.pair),
			strategy: message.text("strategy") ?? code.bot,
			exchange: code.exchange,
			price: limit ? undefined : message.price("price"),
		};
		if (isEntry(draft.type)) return message.item({ ...draft, ...sizeOf(message, draft), ...orderOf(message) });
		if (limit) message.note("orderType is limit, but an exit goes at the market");
		if (message.says("amountPerTrade")) message.note("an exit closes the whole position, whatever amountPerTrade says");
		return message.item(draft);
	},
} as const satisfies JsonDialect;

interface Code {
	/** `enter-long`, in lower case; "" together with a refusal. */
	readonly action: string;
	readonly exchange?: string;
	readonly pair?: string;
	readonly bot?: string;
}

/** The code's parts; a bot's name may hold the mark that stands between them. */
function codeOf(message: VendorMessage): Code {
	const text = message.text("code");
	if (text === undefined) {
		message.refuse("missing_field", "code is missing or empty", "WunderTrading messages say what to do in code.");
		return { action: "" };
	}
	const match = actionOfCode.exec(text);
	if (match === null) {
		// The rest of a code is what WunderTrading knows the sender by: it is not shown.
		const [start = ""] = text.split("_");
		const known = "Enter-Long, Enter-Short, Exit-Long, Exit-Short, Exit-All";
		message.refuse("bad_field", `code ${shown(start)} begins with none of ${known}`);
		return { action: "" };
	}
	const action = `${match[1]}-${match[2]}`.toLowerCase();
	const [, exchange, ...rest] = text.slice(match[0].length).split("_");
	if (exchange === undefined) return { action };
	while (rest.length > 0 && marketWords.has((rest[0] ?? "").toUpperCase())) rest.shift();
	const [pair = "", ...named] = rest;
	// Behind the name stand the timeframe and the id.
	const bot = named.slice(0, Math.max(1, named.length - 2)).join("_");
	return {
		action,
		...(exchange === "" ? {} : { exchange }),
		...(noPair.has(pair.toUpperCase()) ? {} : { pair }),
		...(bot === "" ? {} : { bot }),
	};
}

function meaningOf(action: string, message: VendorMessage): Pick<Draft, "type" | "closes"> {
	switch (action) {
		case "enter-long":
			return { type: "LONG_ENTRY" };
		case "enter-short":
			return { type: "SHORT_ENTRY" };
		case "exit-long":
			return { type: "LONG_EXIT", closes: "long" };
		case "exit-short":
			return { type: "SHORT_EXIT", closes: "short" };
		case "exit-all":
			return { type: "LONG_EXIT", closes: "any" };
		default:
			message.refuse("bad_field", `code says ${shown(action)}, which WunderTrading does not know`);
			return { type: "CUSTOM" };
	}
}

/** A field of its own is more exact than the code (`BTCUSDT.P`), but must not name another pair. */
function symbolOf(message: VendorMessage, pair: string | undefined): string {
	const key = ["symbol", "ticker", "pair"].find((name) => message.text(name) !== undefined);
	if (key === undefined) {
		if (pair !== undefined && isSymbol(pair)) return pair;
		const hint = 'Add "symbol": "{{ticker}}" to the message.';
		message.refuse("missing_field", "neither the code nor a field names the symbol", hint);
		return "";
	}
	const sent = message.symbol(key);
	const [own, coded] = [marketOf(sent), pair === undefined ? undefined : marketOf(pair)];
	if (own !== undefined && coded !== undefined && own !== coded) {
		message.refuse("contradictory_fields", `${key} says ${shown(sent)} and code says ${shown(pair ?? "")}`);
	}
	return sent;
}

/** Base and quote, without what the contract is settled in. */
function marketOf(symbol: string): string | undefined {
	return canonicalSymbol(symbol)?.split(":")[0];
}

function sizeOf(message: VendorMessage, { symbol_sent }: Draft): Pick<Draft, "quantity" | "size"> {
	const unit = message.word("amountPerTradeType", ["quote", "$", "base", "percents", "contracts"]);
	if (!message.says("amountPerTrade")) return {};
	switch (unit) {
		case undefined:
			message.refuse(
				"missing_field",
				"amountPerTradeType is missing, so nobody knows what amountPerTrade is counted in",
			);
			return {};
		case "base":
			return { quantity: message.positive("amountPerTrade", "bad_quantity") };
		case "percents":
			return { size: fractionAsPercent(message, "amountPerTrade") };
		case "contracts":
			return message.unsupported("amountPerTradeType", "a size in the exchange's contracts") ?? {};
		case "quote":
		case "$": {
			const currency = unit === "$" ? "USD" : quoteOf(symbol_sent);
			const amount = message.positive("amountPerTrade", "bad_quantity");
			if (currency !== undefined) return { size: amount === undefined ? undefined : `${amount} ${currency}` };
			return message.unsupported("amountPerTradeType", "the symbol does not say which currency that is") ?? {};
		}
	}
}

function orderOf(message: VendorMessage): Pick<Draft, "limit" | "stop_loss" | "take_profit"> {
	refuseLeverage(message, "leverage");
	const type = message.word("orderType", ["market", "limit"]) ?? "market";
	const limit = type === "limit" ? message.price("price") : undefined;
	if (type === "limit" && limit === undefined) {
		message.refuse("missing_field", "price is missing, but orderType is limit");
	}
	return { limit, stop_loss: stopOf(message), take_profit: targetOf(message) };
}

function stopOf(message: VendorMessage): string | undefined {
	const stop = message.value("stopLoss");
	if (stop === undefined || stop === null || stop === "") return undefined;
	if (!isJsonObject(stop)) return message.refuse("bad_field", "stopLoss must be an object");
	message.onlyParts("stopLoss", ["priceDeviation", "price"], "a stop with anything but a price or a distance");
	return placeOf(message, "stopLoss");
}

function targetOf(message: VendorMessage): string | undefined {
	const targets = message.value("takeProfits");
	if (targets === undefined || targets === null || targets === "") return undefined;
	if (!isJsonArray(targets)) return message.refuse("bad_field", "takeProfits must be a list");
	if (targets.length === 0) return undefined;
	if (targets.length > 1) return message.unsupported("takeProfits", "more than one target");
	const parts = ["priceDeviation", "price", "portfolio"];
	message.onlyParts("takeProfits.0", parts, "a target with anything but a price or a distance");
	const portfolio = fractionAsPercent(message, "takeProfits.0.portfolio");
	if (portfolio !== undefined && portfolio !== "100%") {
		message.unsupported("takeProfits.0.portfolio", "a target for a part of the position");
	}
	if (!isJsonObject(targets[0])) return message.refuse("bad_field", "takeProfits must be a list of objects");
	return placeOf(message, "takeProfits.0");
}

/** Undefined for an empty object; `NaN` and 0 are refused, because a stop that was meant would be dropped. */
function placeOf(message: VendorMessage, key: string): string | undefined {
	const at = message.price(`${key}.price`);
	const away = fractionAsPercent(message, `${key}.priceDeviation`);
	if (at !== undefined && away !== undefined) {
		return message.refuse(
			"contradictory_fields",
			`${key}.price and ${key}.priceDeviation both say where it shall stand`,
		);
	}
	// 1 is as far away as the price is high: the sender meant 1 %.
	if (away === "100%") {
		return message.refuse("bad_field", `${key}.priceDeviation is 1, which is 100 %`, "Write 0.01 for 1 %.");
	}
	return at ?? away;
}
