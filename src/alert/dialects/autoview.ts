/** Autoview's `key=value` text, one command a line. */
import type { FieldRules, ReadItem, TextDialect, TextReading } from "../dialect.ts";
import { refused } from "../dialect.ts";
import type { HiddenSpan } from "../json.ts";
import { plainPositive } from "../number-text.ts";
import { inOrder, isField, type Piece, piecesOf, textFields } from "../text-pieces.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const margin = "borrowing and margin settings";
const points = "a distance in points; as a percentage it can do";

const fields = {
	a: { support: "read", meaning: "the account: the strategy's name or one of its `aliases`; `*` names none" },
	e: { support: "read", meaning: "the exchange; shown, decides nothing" },
	s: { support: "read", meaning: "the symbol; always needed, for a webhook has no chart" },
	b: {
		support: "read",
		meaning: "`buy long`, `sell short`: the side that is opened, or of the position that is closed",
	},
	c: { support: "read", meaning: "`position` closes, `order` takes back resting entries" },
	q: {
		support: "read",
		meaning:
			"units, or a share such as `50%`: of equity for an entry, of the position for an exit; the strategy's own `size` without it",
	},
	y: { support: "read", meaning: "what `q` is a share of: `equity`; `balance` (what is free) is refused" },
	u: { support: "refused_on_entry", meaning: "a quantity in another unit" },
	t: {
		support: "read",
		meaning: "`market`, or `limit` with `fp`; with `c=order` also `open`; `close fok ioc post` are refused",
	},
	fp: { support: "read", meaning: "the limit order's price" },
	p: { support: "read", meaning: "a limit's distance from the market: refused, `fp` it can do" },
	sl: { support: "read", meaning: "the stop's distance from the entry in percent; in points it is refused" },
	tp: { support: "read", meaning: "the target's distance from the entry in percent; in points it is refused" },
	fsl: { support: "read", meaning: "the stop's price" },
	ftp: { support: "read", meaning: "the target's price" },
	ts: { support: "refused", meaning: "a trailing stop" },
	l: { support: "read", meaning: "leverage: 1 or none on an entry, any other is refused" },
	delay: {
		support: "refused_on_entry",
		meaning: "a pause in seconds; without it nexus waits by itself until what came before is filled",
	},
	d: { support: "refused", meaning: "a command that is not to be traded" },
	bcc: { support: "refused", meaning: "a command that is not to be traded" },
	cc: { support: "ignored", meaning: "sends a copy to another address" },
	cm: { support: "read", meaning: "how many to cancel or close: `all` or `100%`, any other is refused" },
	cmo: { support: "ignored", meaning: "the order in which `cm` takes them" },
	close: { support: "ignored", meaning: "an exit takes back the strategy's resting entries anyway" },
	ro: { support: "refused_on_entry", meaning: "an order that only reduces; `c=position` it can do" },
	cot: { support: "ignored", meaning: "an exit needs no free margin" },
	dt: { support: "refused_on_entry", meaning: "an order that ends at a time" },
	gtd: { support: "refused_on_entry", meaning: "an order that ends at a time" },
	eh: { support: "refused_on_entry", meaning: "orders outside regular hours" },
	ab: { support: "refused_on_entry", meaning: margin },
	ar: { support: "refused_on_entry", meaning: margin },
	amr: { support: "refused_on_entry", meaning: margin },
	strategy: { support: "read", meaning: "the strategy's name, before `a`; nexus's own addition" },
} as const satisfies FieldRules;

const sides = { buy: "long", long: "long", sell: "short", short: "short" } as const;
const books = ["buy", "long", "sell", "short"] as const;
/** The fields that may hold a random range such as `1-5%`. */
const ranged = ["q", "p", "fp", "sl", "tp", "fsl", "ftp", "cm"] as const;
const range = /^[+-]?[\d.]{1,20}%?-[+-]?[\d.]{1,20}%?$/;
/** A word that only Autoview's commands have. */
const telling = /(?:^|[\s|&])(?:b=(?:buy|long|sell|short|\{\{)|c=(?:order|position)(?![^\s|&]))/i;
/** Keys that are prices and protections: unknown ones are not left out. */
const protective = /^f?(?:sl|tp|ts|p)/i;
/** What may stand behind `&`: more orders for the command before it. */
const additions = new Set(["sl", "tp", "fsl", "ftp"]);

export const autoview = {
	form: "text",
	name: "autoview",
	title: "Autoview",
	recognised: "`key=value` words with Autoview's short keys, such as `b=long` or `c=position`",
	fields,
	remarks: [
		"Lines, and what `|` separates, are commands of their own; one without any `=` is a comment.",
		"A share in `q` is read as one of equity, where Autoview takes what is free; the trace says so.",
		"An entry without `t` goes in at the market, where Autoview puts a limit at the best price; the trace says so.",
		"A `delay` refuses the entry behind it; an exit behind it is done at once, unless an entry stands before it.",
		"`c=order` takes back the strategy's resting entries of either side.",
	],
	example:
		"a=main e=bybit s=BTCUSDT c=position b=short t=market\na=main e=bybit s=BTCUSDT b=long q=50% t=market fsl=41000 tp=4%",
	recognises: (body) => telling.test(body) && segmentsOf(body).some(isCommand),
	read(body) {
		const items: ReadItem[] = [];
		const hidden: HiddenSpan[] = [];
		const before: Before = { title: undefined, delay: undefined, entered: false };
		for (const segment of segmentsOf(body)) {
			if (!segment.text.includes("=")) {
				before.title ??= segment.text;
				continue;
			}
			const read = readCommand(segment, before);
			if (read.item !== undefined) items.push(read.item);
			hidden.push(...read.hidden);
		}
		if (items.length === 0) items.push(refused("missing_field", "there is no command with b= or c= in the message"));
		return { items, hidden: inOrder(hidden) } satisfies TextReading;
	},
} as const satisfies TextDialect;

/** What the commands before this one said. */
interface Before {
	title: string | undefined;
	/** A pause that stood on a line of its own. */
	delay: string | undefined;
	entered: boolean;
}

const segmentsOf = (body: string): readonly Piece[] => piecesOf(body, "\n\r|");

const wordsOf = ({ text, start }: Piece): readonly Piece[] => piecesOf(text, " \t&", start);

function isCommand(segment: Piece): boolean {
	return telling.test(segment.text) && wordsOf(segment).every(isField);
}

function readCommand(
	segment: Piece,
	before: Before,
): { readonly item: ReadItem | undefined; readonly hidden: readonly HiddenSpan[] } {
	const { command, hidden, refusal } = textFields(wordsOf(segment), fields);
	if (refusal === undefined && command["delay"] !== undefined && Object.keys(command).length === 1) {
		before.delay = command["delay"];
		return { item: undefined, hidden };
	}
	const delay = command["delay"] ?? before.delay;
	before.delay = undefined;
	if (delay !== undefined) command["delay"] = delay;
	const cancels = command["c"]?.toLowerCase() === "order";
	// Nothing is waited for by taking entries back at once.
	if (cancels) delete command["delay"];
	const message = new VendorMessage("autoview", command, fields);
	// A stray word does not keep a position from being closed.
	if (refusal?.code === "bad_field" && command["c"]?.toLowerCase() === "position") message.note(refusal.detail);
	else if (refusal !== undefined) message.refuse(refusal.code, refusal.detail, refusal.hint);
	for (const key of ranged) {
		if (range.test(command[key] ?? "")) message.unsupported(key, "a random value between two");
	}
	const foreign = foreignAddition(segment.text);
	if (foreign !== undefined)
		message.refuse("unsupported_field", `${foreign} stands behind &; there only a stop and a target are read`);
	for (const key of Object.keys(command)) {
		if (!cancels && !Object.hasOwn(fields, key) && protective.test(key))
			message.unsupported(key, "it does not know this field");
	}
	const draft = draftOf(message, before);
	before.entered ||= draft.type === "LONG_ENTRY" || draft.type === "SHORT_ENTRY";
	return { item: message.item(draft), hidden };
}

/** The first key behind an `&` that is no stop and no target. */
function foreignAddition(text: string): string | undefined {
	const [, ...added] = piecesOf(text, "&");
	const keys = added.flatMap((part) => wordsOf(part)).map((word) => word.text.split("=", 1)[0] ?? "");
	return keys.find((key) => !additions.has(key.toLowerCase()) && key.toLowerCase() !== "ts");
}

function draftOf(message: VendorMessage, before: Before): Draft {
	const account = message.text("a");
	const common = {
		symbol_sent: message.symbol("s"),
		exchange: message.text("e"),
		strategy: message.text("strategy") ?? (account === "*" ? undefined : account),
		message: before.title,
	};
	const asks = message.word("c", ["position", "order"]);
	const book = message.word("b", books);
	const side = book === undefined ? undefined : sides[book];
	const most = message.text("cm");
	if (most !== undefined && most.toLowerCase() !== "all" && most !== "100%") message.unsupported("cm", "all or none");
	if (asks === "order") return { ...common, ...cancelOf(message, side) };
	if (asks === "position") return { ...common, ...exitOf(message, side, before) };
	const action = message.wordNeeded("b", books);
	return { ...common, action, type: side === "short" ? "SHORT_ENTRY" : "LONG_ENTRY", ...entryOf(message) };
}

function cancelOf(message: VendorMessage, side: string | undefined): Pick<Draft, "type" | "action" | "cancel"> {
	const type = message.word("t");
	if (type === "close") message.unsupported("t", "only entries rest; what protects a position stays");
	for (const key of ["fp", "p"])
		if (message.says(key)) message.unsupported(key, "taking back only the orders at a price");
	if (side !== undefined) message.note("c=order takes back the strategy's resting entries of either side");
	return { type: "CUSTOM", action: "cancel order", cancel: true };
}

/** Only an exit at once: one that waits for a price is a stop or target for what is open. */
function exitOf(
	message: VendorMessage,
	side: "long" | "short" | undefined,
	before: Before,
): Pick<Draft, "type" | "action" | "closes" | "quantity"> {
	for (const key of ["sl", "tp", "fsl", "ftp", "fp"]) {
		if (message.says(key))
			message.unsupported(key, "an exit that waits for a price; give the entry its stop or target");
	}
	const type = message.word("t");
	if (type !== "market" && message.says("p")) message.unsupported("p", "an exit at a distance from the market");
	if (type === "limit" || type === "post") message.unsupported("t", "an exit that waits for a price");
	if (before.entered && message.says("delay")) message.unsupported("delay", "an exit some time after its entry");
	if (type === undefined) message.note("c=position without t= closes at the market");
	const quantity = shareOrUnits(message);
	if (quantity !== undefined && !quantity.endsWith("%") && message.says("u"))
		message.unsupported("u", fields.u.meaning);
	return {
		type: side === "short" ? "SHORT_EXIT" : "LONG_EXIT",
		action: "close position",
		closes: side ?? "any",
		quantity,
	};
}

function shareOrUnits(message: VendorMessage): string | undefined {
	const text = message.text("q");
	if (text === undefined || text === "100%") return undefined;
	const share = text.endsWith("%");
	const amount = plainPositive(share ? text.slice(0, -1) : text);
	if (amount === undefined) return message.refuse("bad_quantity", "q is not a positive decimal number or percentage");
	return share ? `${amount}%` : amount;
}

/** How much and where an entry goes in, with its stop and target. */
function entryOf(message: VendorMessage): Pick<Draft, "quantity" | "size" | "limit" | "stop_loss" | "take_profit"> {
	const leverage = message.positiveOrUnset("l");
	if (leverage !== undefined && leverage !== "1") message.unsupported("l", "leverage other than 1");
	const amount = message.text("q") === "100%" ? "100%" : shareOrUnits(message);
	const share = amount?.endsWith("%") === true;
	const of = message.word("y");
	if (of !== undefined && of !== "equity") message.unsupported("y", "a share of anything but equity");
	if (share && of === undefined) message.note(`q=${amount} is read as a share of equity`);
	return {
		quantity: share ? undefined : amount,
		size: share ? amount : undefined,
		limit: limitOf(message),
		stop_loss: placeOf(message, "fsl", "sl"),
		take_profit: placeOf(message, "ftp", "tp"),
	};
}

function limitOf(message: VendorMessage): string | undefined {
	const type = message.word("t");
	if (type === "market") return undefined;
	if (type !== undefined && type !== "limit") return message.unsupported("t", "only market and limit orders");
	const limit = message.price("fp");
	if (limit !== undefined) return limit;
	if (message.says("p"))
		return message.unsupported("p", "a limit at a distance from the market; give its price as fp=");
	if (type === "limit")
		return message.unsupported("t", "a limit at the best price of the moment; give its price as fp=");
	message.note("an entry without t= goes in at the market");
	return undefined;
}

/** A price, or a percentage whichever its sign: a stop stands on the losing side, a target on the other. */
function placeOf(message: VendorMessage, price: string, distance: string): string | undefined {
	const at = message.text(price) === "0" ? undefined : message.price(price);
	const text = message.text(distance);
	if (text === undefined || text === "0" || text === "0%") return at;
	if (at !== undefined)
		return message.refuse("contradictory_fields", `${price} and ${distance} both say where it shall stand`);
	if (!text.endsWith("%")) {
		const number = plainPositive(text.replace(/^-/, "")) !== undefined;
		return number ? message.unsupported(distance, points) : message.refuse("bad_field", `${distance} is no percentage`);
	}
	const away = plainPositive(text.slice(0, -1).replace(/^[+-]/, ""));
	return away === undefined ? message.refuse("bad_field", `${distance} is no percentage`) : `${away}%`;
}
