/** trade-relay's webhook JSON: Nexus's own shape with further words for the order and its size. */
import { sameAction } from "../actions.ts";
import type { JsonDialect } from "../dialect.ts";
import { JsonNumber, type JsonObject, type JsonValue } from "../json-value.ts";
import { plainNumber } from "../number-text.ts";
import { timeAtEnd } from "../time-text.ts";
import { isEntry, typeOf } from "../type-of.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const control = "stopping and starting trading by an alert; `nexus halt` and `nexus resume` do it";

const fields = {
	action: {
		support: "read",
		meaning:
			"`buy long sell short close exit flat cancel cancel_all flatten close_all exit_all`; `pause resume kill` are refused; also `side signal`",
	},
	symbol: { support: "read", meaning: "the symbol; also `ticker sym instrument pair`" },
	quantity: {
		support: "read",
		meaning: "units of an entry, with `size: alert`; close closes all of it; also `qty size contracts shares amount`",
	},
	notional: { support: "read", meaning: "an amount of money, taken as USD; also `cash dollars cost`" },
	percentEquity: { support: "read", meaning: "a share of equity; also `percent_equity equityPercent`" },
	riskPercent: { support: "read", meaning: "the share of equity at risk; also `risk_percent`" },
	orderType: {
		support: "read",
		meaning: "`market limit`; `stop stop_limit trailing_stop` are refused on an entry; also `order_type type`",
	},
	limitPrice: { support: "read", meaning: "the price of a limit order; also `limit_price limit`" },
	stopPrice: { support: "refused_on_entry", meaning: "an entry that waits for a price; also `stop_price stop`" },
	trailAmount: { support: "refused_on_entry", meaning: "a trailing order; also `trail_amount`" },
	trailPercent: { support: "refused_on_entry", meaning: "a trailing order; also `trail_percent`" },
	timeInForce: {
		support: "read",
		meaning: "`gtc`, and for market orders `day ioc fok`; others are refused on an entry; also `time_in_force tif`",
	},
	takeProfit: { support: "read", meaning: "the target's price; also `take_profit tp`" },
	stopLoss: { support: "read", meaning: "the stop's price; also `stop_loss sl`" },
	stopLossLimit: {
		support: "refused_on_entry",
		meaning: "a stop that may not be filled; also `stop_loss_limit`",
	},
	price: { support: "read", meaning: "the price the alert fired at; also `referencePrice close`" },
	account: {
		support: "refused_on_entry",
		meaning: "one of trade-relay's accounts; nexus's are in nexus.yaml; also `accountId account_id`",
	},
	signalId: {
		support: "read",
		meaning: "the alert's id; a time at its end is the moment of firing; also `signal_id id alertId alert_id`",
	},
	comment: { support: "read", meaning: "shown in the trace; also `message note`" },
	strategy: {
		support: "read",
		meaning: "the strategy's name or one of its aliases; not trade-relay's, but read as Nexus's own",
	},
	exchange: { support: "read", meaning: "as Nexus's own: shown; decides nothing" },
	timeframe: { support: "read", meaning: "as Nexus's own; also `interval`" },
	market_position: { support: "read", meaning: "as Nexus's own: `long short flat`, after the order" },
	market_position_size: { support: "read", meaning: "as Nexus's own" },
	prev_market_position: { support: "read", meaning: "as Nexus's own" },
	prev_market_position_size: { support: "read", meaning: "as Nexus's own" },
	position_size: { support: "read", meaning: "as Nexus's own: below zero for short" },
} as const satisfies JsonDialect["fields"];

type Field = keyof typeof fields;

/** A field's other names, in the order in which trade-relay looks for them; case does not matter. */
const others: Partial<Record<Field, string>> = {
	action: "side signal",
	symbol: "ticker sym instrument pair",
	quantity: "qty size contracts shares amount",
	notional: "cash dollars cost",
	percentEquity: "percent_equity equityPercent",
	riskPercent: "risk_percent",
	orderType: "order_type type",
	limitPrice: "limit_price limit",
	stopPrice: "stop_price stop",
	trailAmount: "trail_amount",
	trailPercent: "trail_percent",
	timeInForce: "time_in_force tif",
	takeProfit: "take_profit tp",
	stopLoss: "stop_loss sl",
	stopLossLimit: "stop_loss_limit",
	price: "referencePrice close",
	account: "accountId account_id",
	signalId: "signal_id id alertId alert_id",
	comment: "message note",
	timeframe: "interval",
};
const places: ReadonlyMap<string, { readonly field: Field; readonly rank: number }> = new Map(
	(Object.keys(fields) as Field[]).flatMap((field) =>
		[field, ...(others[field]?.split(" ") ?? [])].map((key, rank) => [key.toLowerCase(), { field, rank }] as const),
	),
);
/** Fields of which two names may hold different things: a bar's close beside a price, an order's id beside a signal's. */
const loose: ReadonlySet<Field> = new Set<Field>(["price", "signalId", "comment", "account", "timeframe"]);

type Kind = "buy" | "sell" | "close" | "flatten" | "cancel" | "control";
const kinds: ReadonlyMap<string, Kind> = new Map(
	(
		[
			["buy long", "buy"],
			["sell short", "sell"],
			["close exit flat", "close"],
			["flatten close_all exit_all", "flatten"],
			["cancel cancel_all", "cancel"],
			["pause resume kill", "control"],
		] as const
	).flatMap(([words, kind]) => words.split(" ").map((word) => [word, kind] as const)),
);

/** Words of the size and the id that no other format has. */
const own = new Set(["signalid", "signal_id", "percentequity", "percent_equity", "equitypercent"]);
for (const key of ["riskpercent", "risk_percent", "notional", "stoplosslimit", "stop_loss_limit"]) own.add(key);
/** Words of the order, which a message of Nexus's own could have for its plugin. */
const ofOrders = new Set(["ordertype", "order_type", "stopprice", "stop_price", "timeinforce", "time_in_force"]);
for (const key of ["trailamount", "trail_amount", "trailpercent", "trail_percent"]) ofOrders.add(key);
/** Nexus's own word, and SignalStack's beside its words for the order. */
const foreign = ["strategy", "quantity_type", "class", "stop_loss_price", "take_profit_price"];

export const tradeRelay = {
	form: "json",
	name: "trade-relay",
	title: "trade-relay (LuxAlgo)",
	recognised: "`action` and `symbol` or `ticker` with a word that only it has, such as `signalId` or `riskPercent`",
	fields,
	remarks: [
		"A message with `action`, `symbol`, `quantity` and `price` alone has Nexus's own shape and means the same there; this format is recognised by what only it can say: signalId, percentEquity, riskPercent, notional, stopLossLimit, or, without a strategy's name, orderType, stopPrice, timeInForce and the trailing ones.",
		"Of several sizes the first counts, in the order quantity, notional, percentEquity, riskPercent; two different values for one field are refused.",
		"close takes back resting entries first. flatten closes what the strategy holds of the symbol, not the whole account: `nexus flatten` does that.",
		"A `sell` is a short entry; `direction: long` on the strategy makes it an exit, and position fields decide where the message has them.",
	],
	example:
		'{"action": "buy", "symbol": "BTCUSD", "riskPercent": 1, "price": "42000.5", "stopLoss": "41000", "takeProfit": "45000", "signalId": "Long-2026-01-31T13:37:00Z"}',
	recognises: (command) => "action" in command && ("symbol" in command || "ticker" in command) && isOwn(command),
	read(command, _context) {
		const { named, clash } = byFirstName(command);
		const message = new VendorMessage("trade-relay", named, fields);
		if (clash !== undefined) message.refuse("contradictory_fields", clash);
		const action = wordOf(message.wordNeeded("action"));
		const kind = kinds.get(action);
		if (kind === undefined && action !== "")
			message.refuse("bad_field", `action ${action} is none of ${[...kinds.keys()].join(", ")}`);
		if (kind === "control") message.unsupported("action", control);
		if (kind === "flatten") message.note("flatten closes only this symbol; `nexus flatten` closes the whole account");
		const alert_id = message.text("signalId");
		const draft: Draft = {
			...meaningOf(kind),
			action,
			symbol_sent: message.symbol("symbol"),
			strategy: message.text("strategy"),
			exchange: message.text("exchange"),
			timeframe: message.timeframe("timeframe"),
			price: message.positiveOrUnset("price", "bad_price"),
			alert_id,
			time: alert_id === undefined ? undefined : timeAtEnd(alert_id),
			message: message.free("comment"),
		};
		if (kind !== "buy" && kind !== "sell") return message.item(draft);
		const stated = statedOf(message);
		const opens = stated === undefined || isEntry(typeOf({ type: draft.type, stated }).type);
		return message.item({ ...draft, stated, ...(opens ? { ...sizeOf(message), ...orderOf(message) } : {}) });
	},
} as const satisfies JsonDialect;

function isOwn(command: JsonObject): boolean {
	let ordered = false;
	for (const key in command) {
		const lower = key.toLowerCase();
		if (own.has(lower)) return true;
		if (ofOrders.has(lower)) ordered = true;
	}
	const action = command["action"];
	const plain = "symbol" in command && !foreign.some((key) => key in command);
	return ordered && plain && typeof action === "string" && kinds.has(wordOf(action));
}

function wordOf(action: string): string {
	return action.trim().toLowerCase().replace(/[\s-]/g, "_");
}

/** The command with every field under its first name. */
function byFirstName(command: JsonObject): { readonly named: JsonObject; readonly clash: string | undefined } {
	const named = Object.create(null) as Record<string, JsonValue>;
	const from = new Map<Field, { readonly key: string; readonly rank: number }>();
	let clash: string | undefined;
	for (const key in command) {
		const value = command[key];
		const place = places.get(key.toLowerCase());
		if (value === undefined || value === null || value === "") continue;
		if (place === undefined) {
			named[key] = value;
			continue;
		}
		const { field, rank } = place;
		const before = from.get(field);
		if (before !== undefined && !loose.has(field) && !agree(field, named[field], value))
			clash ??= `${before.key} and ${key.slice(0, 64)} say different things`;
		if (before !== undefined && before.rank < rank) continue;
		named[field] = value;
		from.set(field, { key: key.slice(0, 64), rank });
	}
	return { named, clash };
}

function agree(field: Field, a: JsonValue | undefined, b: JsonValue): boolean {
	const [first, second] = [textOf(a), textOf(b)];
	if (field === "action") return sameAction(first, second);
	return first === second || (plainNumber(first) !== undefined && plainNumber(first) === plainNumber(second));
}

function textOf(value: JsonValue | undefined): string {
	return typeof value === "string" ? value.trim() : value instanceof JsonNumber ? value.text : "";
}

function meaningOf(kind: Kind | undefined): Pick<Draft, "type" | "closes" | "cancel"> {
	switch (kind) {
		case "buy":
			return { type: "LONG_ENTRY" };
		case "sell":
			return { type: "SHORT_ENTRY" };
		case "close":
		case "flatten":
			return { type: "LONG_EXIT", closes: "any", cancel: true };
		case "cancel":
			return { type: "CUSTOM", cancel: true };
		case "control":
		case undefined:
			return { type: "CUSTOM" };
	}
}

function statedOf(message: VendorMessage): Draft["stated"] {
	return message.stated({
		side: "market_position",
		size: "market_position_size",
		previous_side: "prev_market_position",
		previous_size: "prev_market_position_size",
		signed: "position_size",
	});
}

function sizeOf(message: VendorMessage): Pick<Draft, "quantity" | "size"> {
	const quantity = message.positiveOrUnset("quantity", "bad_quantity");
	if (quantity !== undefined) return { quantity };
	const money = message.positiveOrUnset("notional", "bad_quantity");
	if (money !== undefined) return { size: `${money} USD` };
	const share = message.positiveOrUnset("percentEquity", "bad_quantity");
	if (share !== undefined) return { size: `${share}%` };
	const risk = message.positiveOrUnset("riskPercent", "bad_quantity");
	return { size: risk === undefined ? undefined : `risk ${risk}%` };
}

const types = ["market", "limit", "stop", "stop_market", "stop_limit", "stoplimit", "trailing_stop", "trail"] as const;

function orderOf(message: VendorMessage): Pick<Draft, "limit" | "stop_loss" | "take_profit"> {
	const type = message.word("orderType", types) ?? "market";
	if (type !== "market" && type !== "limit") message.unsupported("orderType", "an entry that waits for a price");
	const force = message.word("timeInForce", ["day", "gtc", "ioc", "fok"]);
	if (type === "limit" && force !== undefined && force !== "gtc")
		message.unsupported("timeInForce", "a limit order rests until it is filled or taken back");
	const limit = message.positiveOrUnset("limitPrice", "bad_price");
	if (type === "limit" && limit === undefined)
		message.refuse("missing_field", "limitPrice is missing, but orderType is limit");
	return {
		limit: type === "limit" ? limit : undefined,
		stop_loss: message.stopLevel("stopLoss", undefined),
		take_profit: message.targetLevel("takeProfit", undefined),
	};
}
