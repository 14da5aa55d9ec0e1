/** PineConnector's comma-separated text. */
import type { FieldRules, ReadItem, TextDialect, TextReading } from "../dialect.ts";
import { refused } from "../dialect.ts";
import type { HiddenSpan } from "../json.ts";
import { decimalOf, plainPositive } from "../number-text.ts";
import { hiddenSpan, inOrder, linesOf, type Piece, piecesOf, textFields } from "../text-pieces.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const pips = "a distance in pips, points or money; a price (`sl_price`) or a percentage (`sl_pct`) it can do";
const trailing = "a stop that moves";
const lots = "lots and money at risk have no size in nexus: the strategy's own `size` counts";

const fields = {
	license_id: {
		support: "read",
		meaning: "the number that the message begins with: a credential, unless there is a `secret`",
	},
	command: {
		support: "read",
		meaning:
			"`buy long bull bullish`, `sell short bear bearish`, `buylimit selllimit`, `closelong closeshort closeall`, `closelongpct closeshortpct`, `cancellong cancelshort`; stop entries, `newsltplong newsltpshort eaon eaoff` and closing by lots are refused",
	},
	symbol: { support: "read", meaning: "the symbol" },
	price: { support: "read", meaning: "with buylimit and selllimit, the order's price" },
	sl: {
		support: "read",
		meaning: "refused, unless with `%`: pips, price or percent is a setting of the vendor's program",
	},
	tp: { support: "read", meaning: "as `sl`" },
	sl_price: { support: "read", meaning: "the stop's price" },
	tp_price: { support: "read", meaning: "the target's price" },
	sl_pct: { support: "read", meaning: "the stop's distance from the entry in percent" },
	tp_pct: { support: "read", meaning: "the target's distance from the entry in percent" },
	sl_pips: { support: "refused_on_entry", meaning: pips },
	tp_pips: { support: "refused_on_entry", meaning: pips },
	sl_points: { support: "refused_on_entry", meaning: pips },
	tp_points: { support: "refused_on_entry", meaning: pips },
	sl_dollar: { support: "refused_on_entry", meaning: pips },
	tp_dollar: { support: "refused_on_entry", meaning: pips },
	risk: {
		support: "read",
		meaning: `with closelongpct and closeshortpct the share in percent; otherwise not used: ${lots}`,
	},
	vol_lots: { support: "ignored", meaning: lots },
	vol_dollar: { support: "ignored", meaning: lots },
	betrigger: { support: "refused_on_entry", meaning: trailing },
	beoffset: { support: "refused_on_entry", meaning: trailing },
	trailtrig: { support: "refused_on_entry", meaning: trailing },
	traildist: { support: "refused_on_entry", meaning: trailing },
	trailstep: { support: "refused_on_entry", meaning: trailing },
	atrtimeframe: { support: "refused_on_entry", meaning: trailing },
	atrtrigger: { support: "refused_on_entry", meaning: trailing },
	atrperiod: { support: "refused_on_entry", meaning: trailing },
	atrmultiplier: { support: "refused_on_entry", meaning: trailing },
	atrshift: { support: "refused_on_entry", meaning: trailing },
	spread: { support: "refused_on_entry", meaning: "an entry only while the spread is small" },
	accfilter: { support: "refused_on_entry", meaning: "an entry only while the account has so much money" },
	comment: { support: "read", meaning: "shown in the trace" },
	secret: { support: "read", meaning: "a credential" },
	strategy: {
		support: "read",
		meaning: "the strategy's name, where it is not the one of the URL; nexus's own addition",
	},
} as const satisfies FieldRules;

/** Keys that the vendor may add beside these protections, sizes and prices: unknown ones are not left out of an entry. */
const protective = /^(?:sl|tp|be|trail|tr|atr|vol|entry|price|pct)/i;

const entries = { buy: "long", long: "long", bull: "long", bullish: "long", buylimit: "long" } as const;
const shorts = { sell: "short", short: "short", bear: "short", bearish: "short", selllimit: "short" } as const;
const sides: Readonly<Record<string, "long" | "short">> = { ...entries, ...shorts };
const exits: Readonly<Record<string, "long" | "short" | "any">> = {
	...{ closelong: "long", closeshort: "short", closeall: "any" },
	...{ closelongpct: "long", closeshortpct: "short" },
};
const cancels = new Set(["cancellong", "cancelshort"]);
const unsupported: Readonly<Record<string, string>> = {
	...{ buystop: "an entry that waits for a price", sellstop: "an entry that waits for a price" },
	...{ newsltplong: "moving a stop that stands", newsltpshort: "moving a stop that stands" },
	...{ closelongvol: "closing by lots", closeshortvol: "closing by lots" },
	...{ eaon: "an alert may not resume trading", eaoff: "halt it with `nexus halt`" },
};
const known = [sides, exits, unsupported].flatMap((words) => Object.keys(words)).concat([...cancels]);

/** A licence id, a word (or a placeholder left in its place) and a third part. */
const shape = /^\d{6,20}[ \t]{0,8},[ \t]{0,8}(?:[a-z]{2,24}|\{\{[^}\n]{1,64}\}\})[ \t]{0,8},/i;
/** Where a command begins. */
const licence = /^\s{0,8}(\d{6,20})[ \t]{0,8}(?:[,\r\n]|$)/;

export const pineConnector = {
	form: "text",
	name: "pineconnector",
	title: "PineConnector",
	recognised: "a licence id of digits, a comma and a command at the start",
	fields,
	remarks: [
		"The licence id, or the `secret` where there is one, is tried against the strategy's `secrets`.",
		"`price` is read as a price, never as pips or a percentage; the trace says so.",
		"`risk`, `vol_lots` and `vol_dollar` size nothing: the strategy's own `size` counts, and the trace says so.",
		"`cancellong` and `cancelshort` take back the strategy's resting entries of either side.",
		"Several lines that each begin with a licence id are several commands; any other line continues the one before.",
	],
	example: '60123456789,buy,EURUSD,vol_lots=0.1,sl_price=1.0712,tp_pct=2,comment="London open"',
	recognises: (body) => shape.test(body),
	read(body) {
		const items: ReadItem[] = [];
		const hidden: HiddenSpan[] = [];
		for (const command of commandsOf(body)) {
			const read = readCommand(command);
			items.push(read.item);
			hidden.push(...read.hidden);
		}
		if (items.length === 0) {
			items.push(refused("missing_field", "the message does not begin with a licence id"));
			for (const { index, 0: digits } of body.matchAll(/\d{6,}/g))
				hidden.push(hiddenSpan(index, index + digits.length));
		}
		return { items, hidden: inOrder(hidden) } satisfies TextReading;
	},
} as const satisfies TextDialect;

/** The body's commands: a line that begins with a licence id begins one. */
function commandsOf(body: string): readonly Piece[] {
	const commands: Piece[] = [];
	const starts = linesOf(body)
		.filter(({ text }) => licence.test(text))
		.map(({ start }) => start);
	for (const [index, start] of starts.entries()) commands.push({ text: body.slice(start, starts[index + 1]), start });
	return commands;
}

function readCommand({ text, start }: Piece): { readonly item: ReadItem; readonly hidden: readonly HiddenSpan[] } {
	const license_id = licence.exec(text)?.[1] ?? "";
	const [, word, symbol, ...others] = piecesOf(text, ",\r\n", start);
	const read = textFields(others, fields);
	const hidden = [...read.hidden, ...placesOf(license_id, text, start)];
	const twice = [word, symbol].some((piece) => piece?.text.includes(license_id));
	if (twice)
		return { item: refused("bad_field", "the licence id stands where the command or the symbol is due"), hidden };
	const command = Object.create(null) as Record<string, string>;
	for (const [key, value] of Object.entries(read.command)) command[key] = value.replaceAll(license_id, "***");
	Object.assign(command, { license_id, command: word?.text ?? "", symbol: symbol?.text ?? "" });
	const message = new VendorMessage("pineconnector", command, fields, command["secret"] ? [] : ["license_id"]);
	// What stands behind a full exit cannot change it.
	if (Object.hasOwn(exits, word?.text.toLowerCase() ?? "") && command["risk"] === undefined) {
		if (read.refusal !== undefined) message.note(read.refusal.detail);
	} else if (read.refusal !== undefined) message.refuse(read.refusal.code, read.refusal.detail, read.refusal.hint);
	return { item: message.item(draftOf(message, command)), hidden };
}

/** Every place of a credential in a stretch of the body that begins at `offset`. */
function placesOf(secret: string, text: string, offset: number): readonly HiddenSpan[] {
	const places: HiddenSpan[] = [];
	for (let at = text.indexOf(secret); secret !== "" && at >= 0; at = text.indexOf(secret, at + secret.length)) {
		places.push(hiddenSpan(offset + at, offset + at + secret.length));
	}
	return places;
}

function draftOf(message: VendorMessage, command: Readonly<Record<string, string>>): Draft {
	const action = message.wordNeeded("command", known);
	const why = Object.hasOwn(unsupported, action) ? unsupported[action] : undefined;
	if (why !== undefined) message.unsupported("command", why);
	const common = {
		action,
		symbol_sent: message.symbol("symbol"),
		strategy: message.text("strategy"),
		message: message.free("comment"),
	};
	const closes = Object.hasOwn(exits, action) ? exits[action] : undefined;
	if (closes !== undefined) {
		const quantity = action.endsWith("pct") ? shareOf(message) : undefined;
		return { ...common, type: closes === "short" ? "SHORT_EXIT" : "LONG_EXIT", closes, quantity };
	}
	if (cancels.has(action)) {
		message.note(`${action} takes back the strategy's resting entries of either side`);
		return { ...common, type: "CUSTOM", cancel: true };
	}
	for (const key of Object.keys(command)) {
		if (!Object.hasOwn(fields, key) && protective.test(key)) message.unsupported(key, "it does not know this field");
	}
	noteSizes(message);
	return { ...common, type: sides[action] === "short" ? "SHORT_ENTRY" : "LONG_ENTRY", ...orderOf(message, action) };
}

/** The share of the position that closelongpct and closeshortpct close. */
function shareOf(message: VendorMessage): string | undefined {
	const share = message.positive("risk", "bad_quantity");
	if (share === undefined) return message.refuse("missing_field", "risk is missing: it says how many percent to close");
	return `${share}%`;
}

function noteSizes(message: VendorMessage): void {
	for (const key of ["risk", "vol_lots", "vol_dollar"]) {
		const text = message.text(key);
		if (text !== undefined) message.note(`${key}=${text} sizes nothing in nexus: the strategy's own size counts`);
	}
}

/** Limit, stop and target of an entry. */
function orderOf(message: VendorMessage, action: string): Pick<Draft, "limit" | "stop_loss" | "take_profit"> {
	const limit = action.endsWith("limit") ? limitOf(message, action) : undefined;
	if (limit === undefined && message.says("price"))
		message.unsupported("price", "a price goes with buylimit and selllimit");
	return { limit, stop_loss: placeOf(message, "sl"), take_profit: placeOf(message, "tp") };
}

function limitOf(message: VendorMessage, action: string): string | undefined {
	const limit = message.price("price");
	if (limit === undefined) return message.refuse("missing_field", `price is missing, but ${action} needs it`);
	message.note(`price=${limit} is read as a price, not as pips or a percentage`);
	return limit;
}

/** A price, a percentage, or nothing; 0 is the vendor's word for none. */
function placeOf(message: VendorMessage, key: "sl" | "tp"): string | undefined {
	const given = [`${key}_price`, `${key}_pct`, key].filter((name) => {
		const text = message.text(name);
		return text !== undefined && decimalOf(text.replace(/%$/, "")) !== 0n;
	});
	const [name, other] = given;
	if (name === undefined) return undefined;
	if (other !== undefined)
		return message.refuse("contradictory_fields", `${name} and ${other} both say where it shall stand`);
	if (name === `${key}_price`) return message.price(name);
	const text = message.text(name) ?? "";
	if (name === key && !text.endsWith("%")) {
		const cure = `pips, a price or a percentage is a setting of PineConnector's program; write ${key}_price or ${key}_pct`;
		return message.unsupported(name, cure);
	}
	const away = plainPositive(text.replace(/%$/, "").trim());
	return away === undefined ? message.refuse("bad_field", `${name} is no percentage above zero`) : `${away}%`;
}
