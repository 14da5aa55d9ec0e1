/** Finandy's signal JSON. */
import type { JsonDialect } from "../dialect.ts";
import { isJsonArray, isJsonObject } from "../json-value.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const unit = "an amount whose unit stands only in Finandy's settings; the size is the strategy's, in nexus.yaml";
const part = "closing a part whose unit stands only in Finandy's settings";

const fields = {
	name: { support: "read", meaning: "the signal's name: the strategy's name or one of its aliases" },
	secret: { support: "read", meaning: "the signal's secret" },
	side: { support: "read", meaning: "`buy sell`" },
	symbol: { support: "read", meaning: "the symbol" },
	positionSide: {
		support: "read",
		meaning: "the side held afterwards: `long short flat`; without it (or with `both`) side opens",
	},
	"open.price": { support: "read", meaning: "the entry's limit price; a market order without it" },
	"open.amount": { support: "refused_on_entry", meaning: unit },
	"open.scaled": { support: "refused_on_entry", meaning: "an entry in several orders" },
	dca: { support: "refused_on_entry", meaning: "averaging; additions are said by `pyramiding`" },
	"close.price": { support: "read", meaning: "an exit goes out at the market, and the trace says so" },
	"close.amount": { support: "refused", meaning: part },
	"sl.price": { support: "read", meaning: "the stop's price" },
	"sl.ofs": { support: "read", meaning: "the stop's distance from the entry in percent" },
	"sl.amount": { support: "refused_on_entry", meaning: "a stop as an amount of money" },
	"sl.update": { support: "ignored", meaning: "the message's stop always counts" },
	slx: { support: "refused_on_entry", meaning: "a trailing stop" },
	"tp.orders": {
		support: "read",
		meaning:
			"one target, of the whole position, with its `price` or its distance `ofs` in percent; several are refused",
	},
	"tp.update": { support: "ignored", meaning: "the message's target always counts" },
} as const satisfies JsonDialect["fields"];

const sides = ["buy", "sell"] as const;
/** Nexus's own message has none of these, */
const own = ["positionSide", "open", "dca", "slx"];
/** and Finandy's none of these. */
const foreign = [
	"alert_id",
	"id",
	"price",
	"timeframe",
	"interval",
	"quantity",
	"qty",
	"market_position",
	"position_size",
];

export const finandy = {
	form: "json",
	name: "finandy",
	title: "Finandy",
	recognised:
		"`name`, `side` and `symbol` with a word of its own such as `positionSide` or `open`, or with `secret`; no `action` or `strategy`",
	fields,
	remarks: [
		"What a signal's settings in Finandy say (order type, amount, averaging, stops) does not come with the message: say it in nexus.yaml.",
		"Without positionSide a `sell` is a short entry; `direction: long` on the strategy makes it an exit.",
		"A part of `open`, `sl`, `tp` or `close` that is not in this table refuses an entry.",
	],
	example:
		'{"name": "Hook 196", "secret": "2f7a9c", "side": "buy", "symbol": "BTCUSDT", "positionSide": "long", "sl": {"price": "41000"}}',
	/** `name`, `side` and `symbol` beside a block of Finandy's or its position side, or beside the secret and nothing of Nexus's own. */
	recognises: (command) =>
		"name" in command &&
		"side" in command &&
		"symbol" in command &&
		!("action" in command || "strategy" in command) &&
		(own.some((key) => key in command) || ("secret" in command && !foreign.some((key) => key in command))),
	read(command, _context) {
		const message = new VendorMessage("finandy", command, fields);
		const side = message.wordNeeded("side", sides);
		const held = message.word("positionSide");
		const stated = held === "both" ? undefined : message.stated({ side: "positionSide" });
		const opens = stated === undefined || stated.side === (side === "sell" ? "short" : "long");
		if (!opens && message.says("close.price")) message.note("close.price is set; an exit goes out at the market");
		return message.item({
			type: side === "sell" ? "SHORT_ENTRY" : "LONG_ENTRY",
			action: side,
			symbol_sent: message.symbol("symbol"),
			strategy: message.text("name"),
			stated,
			...(opens ? orderOf(message) : {}),
		});
	},
} as const satisfies JsonDialect;

/** Limit, stop and target of an entry. */
function orderOf(message: VendorMessage): Pick<Draft, "limit" | "stop_loss" | "take_profit"> {
	const known = "nexus does not know what it asks for";
	for (const key of ["open", "sl", "tp"])
		if (!isJsonObject(message.value(key)) && message.says(key)) message.unsupported(key, known);
	message.onlyParts("open", ["enabled", "price", "amount", "scaled"], known);
	message.onlyParts("sl", ["enabled", "price", "ofs", "amount", "update"], known);
	message.onlyParts("tp", ["enabled", "orders", "update"], known);
	return {
		limit: message.positiveOrUnset("open.price", "bad_price"),
		stop_loss: message.stopLevel("sl.price", "sl.ofs"),
		take_profit: targetOf(message),
	};
}

/** The one target; its list is also written as an object by number. */
function targetOf(message: VendorMessage): string | undefined {
	const orders = message.value("tp.orders");
	if (!isJsonArray(orders) && !isJsonObject(orders)) {
		return message.says("tp.orders") ? message.unsupported("tp.orders", "a target of another kind") : undefined;
	}
	const keys = Object.keys(orders);
	// What is no object, or stands under a key with a dot, could not be looked up and would be lost.
	const odd = keys.find((key) => message.says(`tp.orders.${key}`) && !isJsonObject(message.value(`tp.orders.${key}`)));
	if (odd !== undefined || keys.some((key) => key.includes(".")))
		return message.unsupported("tp.orders", "targets of another kind");
	const set = keys.filter((key) => message.says(`tp.orders.${key}.price`) || message.says(`tp.orders.${key}.ofs`));
	const [first] = set;
	if (first === undefined) return undefined;
	if (set.length > 1) return message.unsupported("tp.orders", "several targets");
	const path = `tp.orders.${first}`;
	message.onlyParts(path, ["price", "ofs", "piece"], "a target of another kind");
	const piece = message.positiveOrUnset(`${path}.piece`);
	if (piece !== undefined && piece !== "100") {
		return message.unsupported(`${path}.piece`, "a target for a part of the position");
	}
	return message.targetLevel(`${path}.price`, `${path}.ofs`);
}
