/** TV-Hub's trade command JSON. */
import type { JsonDialect } from "../dialect.ts";
import { isJsonArray } from "../json-value.ts";
import { plainNumber } from "../number-text.ts";
import { timeAtEnd } from "../time-text.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const trailing = "a trailing stop";
const several = "an entry in several orders";
const hedged = "long and short held side by side";

const fields = {
	exchange: { support: "read", meaning: "shown; decides nothing" },
	pair: { support: "read", meaning: "the symbol" },
	token: { support: "read", meaning: "the user's token; a credential like `secret`" },
	apiKey: {
		support: "ignored",
		meaning: "a name for an account at TV-Hub; the account is the strategy's, in nexus.yaml",
	},
	strategy: { support: "read", meaning: "the strategy's name or one of its aliases; TV-Hub has no field for it" },
	isBuy: { support: "read", meaning: "a long entry" },
	isSell: { support: "read", meaning: "a short entry" },
	isClose: { support: "read", meaning: "an exit, of the part that units says with `absolute` or `percentPosition`" },
	orderType: { support: "read", meaning: "`buy sell`, where there is no flag for the direction" },
	closeCurrentPosition: {
		support: "read",
		meaning: "alone an exit; with an entry `on_opposite` says what happens, and the trace shows it",
	},
	closeLong: { support: "read", meaning: "closes only a long position; with a short entry `on_opposite` does it" },
	closeShort: { support: "read", meaning: "closes only a short position; with a long entry `on_opposite` does it" },
	cancelAllOrders: { support: "read", meaning: "takes resting entries back first" },
	cancelAll: { support: "read", meaning: "takes resting entries back and does nothing else" },
	cancelAllDca: { support: "read", meaning: "the same as cancelAll" },
	cancelAllDcaOrders: { support: "ignored", meaning: "counts only with a trailing stop" },
	isStopLoss: { support: "refused", meaning: "a change to the stop of an open position, not an entry" },
	isMarket: { support: "read", meaning: "a market order" },
	isLimit: { support: "read", meaning: "a limit order at price" },
	price: { support: "read", meaning: "the limit price" },
	useLimitClose: { support: "read", meaning: "an exit goes out at the market, and the trace says so" },
	postOnly: { support: "read", meaning: "true is refused on a limit order" },
	units: { support: "read", meaning: "how much, as unitsType says; for an entry it counts with `size: alert`" },
	unitsType: {
		support: "read",
		meaning:
			"`absolute percent percentBalance percentWallet percentPosition risk`; the first three percents are of equity, percentPosition is for exits",
	},
	unitsPercent: { support: "read", meaning: "the same as units, in percent" },
	useFixedSize: { support: "read", meaning: "an entry of fixedQuoteSize" },
	fixedQuoteSize: { support: "read", meaning: "an amount of money, taken as USD" },
	useEntireAccountBalance: { support: "refused_on_entry", meaning: "an entry of everything the account has" },
	stopLossType: { support: "read", meaning: "`percent absolute price`: which of the stop's two fields counts" },
	stopLoss: { support: "read", meaning: "the stop's price; 0 is none" },
	stopLossPercent: { support: "read", meaning: "the stop's distance from the entry in percent; 0 is none" },
	stopLossExpression: { support: "refused_on_entry", meaning: "a stop to be calculated" },
	useTrailingStopLoss: { support: "refused_on_entry", meaning: trailing },
	trailingStopLossPercent: { support: "refused_on_entry", meaning: trailing },
	trailingStopLossActivationPercent: { support: "refused_on_entry", meaning: trailing },
	stopLossToBreakEven: { support: "refused_on_entry", meaning: "a stop that moves to the entry price" },
	targets: { support: "read", meaning: "one target for the whole position; several are refused" },
	targetType: { support: "read", meaning: "`percent absolute price`: takeProfitPercent or price of the target counts" },
	targetAmountInPercent: { support: "read", meaning: "whether the target's amount is a share of the position" },
	takeProfitExpression: { support: "refused_on_entry", meaning: "a target to be calculated" },
	setTpToPosition: { support: "ignored", meaning: "the target always belongs to the position" },
	targetAssignedToPosition: { support: "ignored", meaning: "the target always belongs to the position" },
	useDca: { support: "refused_on_entry", meaning: several },
	dcaPercent: { support: "ignored", meaning: "counts only with useDca" },
	dcaOrderCount: { support: "ignored", meaning: "counts only with useDca" },
	useScaledOrders: { support: "refused_on_entry", meaning: several },
	scaledUpperPrice: { support: "ignored", meaning: "counts only with useScaledOrders" },
	scaledLowerPrice: { support: "ignored", meaning: "counts only with useScaledOrders" },
	scaledOrderNumbers: { support: "ignored", meaning: "counts only with useScaledOrders" },
	scaledOrderStyle: { support: "ignored", meaning: "counts only with useScaledOrders" },
	leverage: { support: "read", meaning: "0 and 1; any other is refused on an entry" },
	marginType: { support: "ignored", meaning: "without leverage there is nothing to choose" },
	workingType: { support: "ignored", meaning: "which price a stop watches is the broker's matter" },
	reduceOnly: { support: "read", meaning: "a buy closes only a short position, a sell only a long one" },
	hedgeMode: { support: "refused_on_entry", meaning: hedged },
	positionSide: { support: "read", meaning: "`net`; `long short` are refused on an entry" },
	margin: { support: "refused_on_entry", meaning: "borrowed money" },
	instrumentType: { support: "read", meaning: "`spot margin futures swap`; `options` is refused" },
	broadcastSignal: { support: "refused_on_entry", meaning: "passing the trade on to followers" },
	delay: { support: "read", meaning: "0 and -1; any other is refused, because nexus does not wait" },
	retries: { support: "ignored", meaning: "nexus has its own rules for what is sent again" },
	alertTimestamp: { support: "read", meaning: "the alert's id; a time at its end is the moment of firing" },
} as const satisfies JsonDialect["fields"];

const directions = ["isBuy", "isSell", "isClose"] as const;
/** Each asks for something by itself, and no other format has them. */
const own = [
	...directions,
	...["closeCurrentPosition", "closeLong", "closeShort"],
	...["cancelAllOrders", "cancelAll", "cancelAllDca", "isStopLoss"],
];

export const tvHub = {
	form: "json",
	name: "tvhub",
	title: "TV-Hub",
	recognised: "`pair` with a word of its own such as `isBuy`, or with `apiKey`, `token` and `orderType`",
	fields,
	remarks: [
		"cancelAllOrders takes back entries only: the stop and target of an open position stay.",
		"Percents of the available balance, of the balance and of the wallet are all taken as percents of equity.",
		"A limit order may take liquidity: TV-Hub's default of postOnly is not carried over.",
	],
	example:
		'{"exchange": "binance-futures", "pair": "BTCUSDT", "apiKey": "main", "token": "0f8b-demo", "isBuy": true, "isMarket": true, "unitsType": "percent", "unitsPercent": 5, "stopLossType": "percent", "stopLossPercent": 1.5, "targetType": "percent", "targetAmountInPercent": true, "targets": [{"takeProfitPercent": 3, "amount": 100}], "alertTimestamp": "BTCUSDT-2026-01-31T13:37:00Z", "delay": 0}',
	/** `pair` beside one of TV-Hub's own flags, or beside its two names of an account where only orderType tells the direction. */
	recognises: (command) =>
		"pair" in command &&
		(own.some((key) => key in command) || ("apiKey" in command && "token" in command && "orderType" in command)),
	read(command, _context) {
		const message = new VendorMessage("tvhub", command, fields);
		const meaning = meaningOf(message);
		const alert_id = message.text("alertTimestamp");
		const draft: Draft = {
			...meaning,
			symbol_sent: message.symbol("pair"),
			exchange: message.text("exchange"),
			strategy: message.text("strategy"),
			alert_id,
			time: alert_id === undefined ? undefined : timeAtEnd(alert_id),
			cancel: cancels(message) || meaning.type === "CUSTOM" ? true : undefined,
		};
		refuseWaiting(message);
		if (message.word("instrumentType") === "options") message.unsupported("instrumentType", "options");
		if (draft.type === "CUSTOM") return message.item(draft);
		if (draft.closes !== undefined) return message.item({ ...draft, quantity: partOf(message) });
		refuseAccountModes(message);
		const size = sizeOf(message);
		return message.item({ ...draft, ...size, ...orderOf(message, size.quantity) });
	},
} as const satisfies JsonDialect;

type Meaning = Pick<Draft, "type" | "closes" | "action">;

function meaningOf(message: VendorMessage): Meaning {
	const [first, second] = directions.filter((key) => message.flag(key) === true);
	if (first !== undefined && second !== undefined)
		message.refuse("contradictory_fields", `${first} and ${second} are both true`);
	const order = message.word("orderType", ["buy", "sell"]);
	const word = first ?? (order === undefined ? undefined : order === "buy" ? "isBuy" : "isSell");
	const long = message.flag("closeLong") === true;
	const short = message.flag("closeShort") === true;
	if (word === undefined || word === "isClose") return exitOf(message, word === "isClose", long, short);
	const buys = word === "isBuy";
	const action = buys ? "buy" : "sell";
	if (message.flag("reduceOnly") === true) {
		return buys ? { action, type: "SHORT_EXIT", closes: "short" } : { action, type: "LONG_EXIT", closes: "long" };
	}
	const clash = buys ? long : short;
	if (clash) message.refuse("contradictory_fields", `${buys ? "closeLong" : "closeShort"} goes not with a ${action}`);
	if (message.flag("closeCurrentPosition") === true)
		message.note(
			"closeCurrentPosition: on_opposite says what happens to an opposite position; one on the same side stays",
		);
	return { action, type: buys ? "LONG_ENTRY" : "SHORT_ENTRY" };
}

function exitOf(message: VendorMessage, close: boolean, long: boolean, short: boolean): Meaning {
	if (message.flag("useLimitClose") === true || message.flag("isLimit") === true)
		message.note("a limit was asked for; an exit goes out at the market");
	if (long && !short) return { action: "close_long", type: "LONG_EXIT", closes: "long" };
	if (short && !long) return { action: "close_short", type: "SHORT_EXIT", closes: "short" };
	if (close || long || message.flag("closeCurrentPosition") === true)
		return { action: "close", type: "LONG_EXIT", closes: "any" };
	if (!cancels(message)) {
		const hint = "Set isBuy, isSell or isClose to true.";
		message.refuse("missing_field", "none of isBuy, isSell, isClose and orderType says what to do", hint);
	}
	return { action: "cancel", type: "CUSTOM" };
}

function cancels(message: VendorMessage): boolean {
	return ["cancelAllOrders", "cancelAll", "cancelAllDca"].some((key) => message.flag(key) === true);
}

/** Done at once, a delayed exit would close a position that has just been opened. */
function refuseWaiting(message: VendorMessage): void {
	const delay = message.text("delay");
	const none = delay === undefined || ["0", "-1"].includes(plainNumber(delay) ?? delay);
	if (!none) message.unsupported("delay", "nexus does not wait");
}

function refuseAccountModes(message: VendorMessage): void {
	const leverage = message.positiveOrUnset("leverage");
	if (leverage !== undefined && leverage !== "1") message.unsupported("leverage", "positions without leverage only");
	const side = message.word("positionSide");
	if (side !== undefined && side !== "net") message.unsupported("positionSide", hedged);
}

const unitTypes = ["absolute", "percent", "percentbalance", "percentwallet", "percentposition", "risk"] as const;

/** An entry's size in Nexus's words. */
function sizeOf(message: VendorMessage): Pick<Draft, "quantity" | "size"> {
	if (message.flag("useFixedSize") === true) {
		const money = message.positiveOrUnset("fixedQuoteSize", "bad_quantity");
		return { size: money === undefined ? undefined : `${money} USD` };
	}
	const type = message.word("unitsType", unitTypes) ?? "absolute";
	const units = message.positiveOrUnset("units", "bad_quantity");
	const percent = message.positiveOrUnset("unitsPercent", "bad_quantity") ?? units;
	switch (type) {
		case "absolute":
			return { quantity: units };
		case "percent":
		case "percentbalance":
		case "percentwallet":
			return { size: percent === undefined ? undefined : `${percent}%` };
		case "risk":
			return { size: percent === undefined ? undefined : `risk ${percent}%` };
		case "percentposition":
			return message.unsupported("unitsType", "an entry sized by the open position") ?? {};
	}
}

/** How much an exit closes; undefined for all of it. */
function partOf(message: VendorMessage): string | undefined {
	const type = message.word("unitsType", unitTypes) ?? "absolute";
	const units = message.positiveOrUnset("units", "bad_quantity");
	if (type === "absolute") {
		const money = message.flag("useFixedSize") === true;
		return money ? message.unsupported("useFixedSize", "an exit sized by an amount of money") : units;
	}
	const percent = message.positiveOrUnset("unitsPercent", "bad_quantity") ?? units;
	if (percent === undefined || percent === "100") return undefined;
	if (type === "percentposition") return `${percent}%`;
	return message.unsupported("unitsType", "an exit sized by anything but units or the position");
}

/** Limit, stop and target of an entry. */
function orderOf(
	message: VendorMessage,
	quantity: string | undefined,
): Pick<Draft, "limit" | "price" | "stop_loss" | "take_profit"> {
	const price = message.positiveOrUnset("price", "bad_price");
	const limited = message.flag("isLimit") === true && message.flag("isMarket") !== true;
	if (limited && price === undefined) message.refuse("missing_field", "price is missing, but isLimit is true");
	if (limited && message.flag("postOnly") === true) message.unsupported("postOnly", "a limit order may take liquidity");
	return {
		...(limited ? { limit: price } : { price }),
		stop_loss: stopOf(message),
		take_profit: targetOf(message, quantity),
	};
}

function stopOf(message: VendorMessage): string | undefined {
	const type = message.word("stopLossType", ["percent", "absolute", "price"]);
	if (type === undefined) return message.stopLevel("stopLoss", "stopLossPercent");
	const [price, percent] = type === "percent" ? [undefined, "stopLossPercent"] : ["stopLoss", undefined];
	const level = message.stopLevel(price, percent);
	const other = type === "percent" ? "stopLoss" : "stopLossPercent";
	if (level === undefined && message.says(other))
		message.refuse("contradictory_fields", `stopLossType is ${type}, but only ${other} is set`);
	return level;
}

/** The one target, which must be for the whole position. */
function targetOf(message: VendorMessage, quantity: string | undefined): string | undefined {
	const targets = message.value("targets");
	if (!message.says("targets")) return undefined;
	if (!isJsonArray(targets) || targets.length > 1) return message.unsupported("targets", "several targets");
	message.onlyParts("targets.0", ["price", "takeProfitPercent", "amount"], "a target of another kind");
	const amount = message.positiveOrUnset("targets.0.amount", "bad_quantity");
	const whole = message.flag("targetAmountInPercent") === true ? "100" : quantity;
	if (amount !== undefined && amount !== whole)
		message.unsupported("targets.0.amount", "a target for a part of the position");
	const type = message.word("targetType", ["percent", "absolute", "price"]) ?? "percent";
	const level =
		type === "percent"
			? message.targetLevel(undefined, "targets.0.takeProfitPercent")
			: message.targetLevel("targets.0.price", undefined);
	if (level === undefined) message.refuse("bad_field", `targets has no value of the targetType ${type}`);
	return level;
}
