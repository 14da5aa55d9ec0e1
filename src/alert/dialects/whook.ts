/** whook's text: one order a line, its words in any order: `account BTCUSDT.P pos 0.5`. */
import { canonicalSymbol, isSymbol } from "../../domain/symbol.ts";
import { type ReadItem, refused, type TextDialect } from "../dialect.ts";
import type { HiddenSpan } from "../json.ts";
import { refuseLeverage } from "../leverage.ts";
import { plainNumber } from "../number-text.ts";
import { placeholderIn } from "../placeholder.ts";
import { shown } from "../shown.ts";
import { commands_enough, commentSpan, credentialIn, partsOf, type TextPart, wordsOf } from "../text-parts.ts";
import { commandOf, type Draft, VendorMessage } from "../vendor-message.ts";

const fields = {
	symbol: { support: "read", meaning: "the word that is a pair: `BTCUSDT`, `BTCUSDT.P`, `BTC/USDT:USDT`" },
	account: { support: "read", meaning: "the other word, first or last: the strategy's name or alias" },
	command: { support: "read", meaning: "`buy long sell short pos position close`; `changeleverage` is refused" },
	quantity: {
		support: "read",
		meaning:
			"a number: units, for `pos` the position to go to, below zero for short; `close 33%` closes a share of the position",
	},
	unit: {
		support: "read",
		meaning:
			"behind the number: `$` USDT and `%` of the balance for buy and sell; with `pos`, and `@` contracts, it is refused",
	},
	limit: { support: "read", meaning: "`limit:id:price` with buy and sell: the entry's limit price" },
	order_id: { support: "ignored", meaning: "the id in `limit:id:price`: nexus makes its own" },
	cancel: { support: "read", meaning: "`cancel:all` and `cancel:id` take back the entries that rest" },
	leverage: { support: "read", meaning: "`x1` is harmless; any other, such as `x3`, is refused unless it closes" },
	reduce: { support: "read", meaning: "`reduce` or `reduceonly` makes sell a long's exit and buy a short's" },
	force_usdt: { support: "read", meaning: "the number is in USDT, as with `$`" },
	force_percent: { support: "read", meaning: "the number is in percent, as with `%`" },
	nominal: { support: "ignored", meaning: "`nominal`, `bclock`: without leverage the same as collateral" },
	collateral: { support: "ignored", meaning: "without leverage the same as nominal" },
} as const satisfies TextDialect["fields"];

const commands: ReadonlyMap<string, string> = new Map(
	Object.entries({
		...{ buy: "buy", long: "buy", sell: "sell", short: "sell" },
		...{ pos: "pos", position: "pos", close: "close", changeleverage: "changeleverage" },
	}),
);
const modifiers: ReadonlyMap<string, string> = new Map(
	Object.entries({
		...{ reduce: "reduce", reduceonly: "reduce", nominal: "nominal", bclock: "nominal" },
		...{ collateral: "collateral", force_usdt: "force_usdt", force_percent: "force_percent" },
	}),
);
const number = /^([+-]?[\d.,_']{1,40})([$@%]?)$/;
const leverage = /^(?:x(\d{1,6}(?:\.\d{1,6})?)|(\d{1,6}(?:\.\d{1,6})?)x)$/;
const name = /^[\w.:/-]{1,64}$/;
const line = /\r\n|[\n\r]/g;

type Pair = readonly [key: string, value: string];
interface Line {
	readonly pairs: readonly Pair[];
	readonly names: readonly string[];
	readonly hidden: readonly HiddenSpan[];
}

export const whook = {
	form: "text",
	name: "whook",
	title: "whook",
	recognised: "a first line with a pair, a command such as `pos 0.5` or `buy 300$`, and at most one other word",
	fields,
	remarks: [
		"Each line is a command; a line that begins with `//` is a comment.",
		"`pos` says where the position shall stand, so that `pos 0` closes it and `pos -0.5` also turns a long round.",
		"`cancel:id` takes back every resting entry of the strategy and symbol; the trace says so.",
		"An exit goes at the market, also where the line holds a limit; the trace says so.",
		"A line that begins with `buy` or `sell` is whook's only where something in it is whook's alone, such as `$` or `x1`.",
	],
	example: "myAccount BTCUSDT.P pos 0.5\n// the second account\nother BTCUSDT.P close 50%",
	template: "<strategy> {{ticker}} pos {{strategy.position_size}}",
	recognises(body) {
		const [first] = commandLines(body);
		return first !== undefined && first.text.length <= 500 && isOrder(first);
	},
	read(body, _context) {
		const items: ReadItem[] = [];
		const hidden: HiddenSpan[] = [];
		for (const part of partsOf(body, line)) {
			if (items.length >= commands_enough) break;
			if (part.text.startsWith("//")) {
				hidden.push(commentSpan(part));
				continue;
			}
			const read = lineOf(part);
			hidden.push(...read.hidden);
			items.push(itemOf(read));
		}
		if (items.length === 0) items.push(refused("unreadable_body", "there is no order in it"));
		return { items, hidden };
	},
} as const satisfies TextDialect;

function* commandLines(body: string): Generator<TextPart> {
	for (const part of partsOf(body, line)) if (!part.text.startsWith("//")) yield part;
}

/** A pair, a command and nothing foreign; buy and sell with their amount. */
function isOrder(part: TextPart): boolean {
	const { pairs, names } = lineOf(part);
	const pair = names.some((word) => isPair(word) || placeholderIn(word) !== undefined);
	if (!pair || names.length > 2 || !names.every((word) => name.test(word) || placeholderIn(word) !== undefined)) {
		return false;
	}
	const says = (key: string, value?: string) =>
		pairs.some((found) => found[0] === key && (value === undefined || found[1] === value));
	if (says("cancel") || says("command", "pos") || says("command", "changeleverage")) return true;
	if (says("command", "close")) return true;
	if (!(says("command") && says("quantity"))) return false;
	// `buy 10 AAPL` is another format's; there the action stands first and nothing of whook's own is in it.
	const alone = says("leverage") || says("limit") || pairs.some(([key, value]) => key === "unit" && value !== "");
	return alone || !commands.has((wordsOf(part)[0]?.text ?? "").toLowerCase());
}

const isPair = (word: string): boolean => canonicalSymbol(word)?.includes("/") === true;

function lineOf(part: TextPart): Line {
	const pairs: Pair[] = [];
	const names: string[] = [];
	const hidden: HiddenSpan[] = [];
	for (const word of wordsOf(part)) {
		const credential = credentialIn(word);
		if (credential !== undefined) {
			pairs.push([credential.key, credential.value]);
			hidden.push(credential.hidden);
			continue;
		}
		const found = pairsOf(word.text);
		if (found === undefined) names.push(word.text);
		else pairs.push(...found);
	}
	return { pairs, names, hidden };
}

/** What a word says; undefined for a name, which is the symbol or the account. */
function pairsOf(word: string): readonly Pair[] | undefined {
	const lower = word.toLowerCase();
	const command = commands.get(lower);
	if (command !== undefined) return [["command", command]];
	const modifier = modifiers.get(lower);
	if (modifier !== undefined) return [[modifier, "true"]];
	if (lower.startsWith("cancel:")) return [["cancel", word.slice("cancel:".length)]];
	if (lower.startsWith("limit:")) {
		const [, id = "", ...price] = word.split(":");
		return [
			["order_id", id],
			["limit", price.join(":") || "without a price"],
		];
	}
	const times = leverage.exec(lower);
	if (times !== null) return [["leverage", times[1] ?? times[2] ?? ""]];
	const placeholder = placeholderIn(word);
	if (placeholder !== undefined) return /ticker|syminfo/.test(placeholder) ? undefined : [["quantity", word]];
	const amount = number.exec(word);
	if (amount === null || !/\d/.test(word)) return undefined;
	return [
		["quantity", amount[1] ?? ""],
		["unit", amount[2] ?? ""],
	];
}

function itemOf({ pairs, names }: Line): ReadItem {
	const { symbol, account, problem } = namesOf(names);
	const command = commandOf([
		...pairs,
		...(symbol === undefined ? [] : [["symbol", symbol] as const]),
		...(account === undefined ? [] : [["account", account] as const]),
	]);
	const message = new VendorMessage("whook", command, fields);
	if (problem !== undefined) message.refuse("bad_field", problem);
	return message.item({
		...orderOf(message),
		symbol_sent: message.symbol("symbol"),
		strategy: message.text("account"),
	});
}

/** The pair is the symbol and the other word the account; where that does not decide, the account stands first. */
function namesOf(names: readonly string[]): { symbol?: string; account?: string; problem?: string } {
	const [first, second, third] = names;
	if (third !== undefined)
		return {
			problem: `${shown(third)} is no word of whook's; only the symbol and the account may stand beside the order`,
		};
	if (first === undefined) return {};
	if (second === undefined) return { symbol: first };
	if (placeholderIn(first) !== undefined || (isPair(first) && !isPair(second)))
		return { symbol: first, account: second };
	if (isPair(first)) return { problem: `${shown(first)} and ${shown(second)} are both symbols` };
	return isSymbol(second) || placeholderIn(second) !== undefined
		? { account: first, symbol: second }
		: { problem: `neither ${shown(first)} nor ${shown(second)} is a symbol` };
}

function orderOf(message: VendorMessage): Omit<Draft, "symbol_sent"> {
	const command = message.word("command", ["buy", "sell", "pos", "close", "changeleverage"]);
	const cancels = message.text("cancel");
	if (cancels !== undefined && cancels.toLowerCase() !== "all")
		message.note(`cancel:${cancels} takes back every resting entry of the strategy and symbol`);
	const cancel = cancels === undefined ? undefined : true;
	switch (command) {
		case undefined:
			if (cancel === undefined)
				message.refuse("missing_field", "the line has no command", "Write buy, sell, pos, close or cancel:all.");
			return { type: "CUSTOM", action: "cancel", cancel };
		case "changeleverage":
			message.unsupported("command", "leverage");
			return { type: "CUSTOM", action: command };
		case "pos":
			return { ...targetOf(message), action: "pos", cancel };
		case "close":
			return { type: "LONG_EXIT", closes: "any", action: "close", cancel, quantity: exitQuantity(message) };
		case "buy":
		case "sell":
			return { ...tradeOf(message, command), action: command, cancel };
	}
}

function tradeOf(message: VendorMessage, command: "buy" | "sell"): Pick<Draft, "type"> & Partial<Draft> {
	if (message.flag("reduce") === true) {
		const closes = command === "sell" ? "long" : "short";
		const type = closes === "long" ? "LONG_EXIT" : "SHORT_EXIT";
		if (message.says("limit")) message.note("the line holds a limit, but nexus sends an exit at the market");
		return { type, closes, quantity: exitQuantity(message) };
	}
	refuseLeverage(message, "leverage");
	return {
		type: command === "buy" ? "LONG_ENTRY" : "SHORT_ENTRY",
		...entrySize(message),
		limit: message.price("limit"),
	};
}

/** The position to go to, in units. */
function targetOf(message: VendorMessage): Pick<Draft, "type" | "closes" | "stated"> {
	if (message.says("limit")) message.unsupported("limit", "a limit together with pos");
	const quantity = message.text("quantity");
	if (quantity === undefined)
		message.refuse("missing_field", "pos has no number", "Write pos {{strategy.position_size}}.");
	if (plainNumber(quantity ?? "") === "0")
		return { type: "LONG_EXIT", closes: "any", stated: { side: "flat", size: "0" } };
	if (unitOf(message) !== "")
		message.unsupported("unit", "a position to go to in money, percent or contracts; units it can do");
	refuseLeverage(message, "leverage");
	const stated = message.stated({ signed: "quantity" });
	return { type: stated?.side === "short" ? "SHORT_ENTRY" : "LONG_ENTRY", ...(stated && { stated }) };
}

function entrySize(message: VendorMessage): Pick<Draft, "quantity" | "size"> {
	const quantity = message.positive("quantity", "bad_quantity");
	if (quantity === undefined) {
		message.refuse("missing_field", "the order has no quantity", "Write it like 0.5, 300$ or 5%.");
		return {};
	}
	switch (unitOf(message)) {
		case "$":
			return { size: `${quantity} USDT` };
		case "%":
			return { size: `${quantity}%` };
		case "@":
			message.unsupported("unit", "contracts, whose worth each exchange sets itself");
			return {};
		default:
			return { quantity };
	}
}

/** What an exit closes: all, units, or with `close` a share of the position. */
function exitQuantity(message: VendorMessage): string | undefined {
	const quantity = message.positive("quantity", "bad_quantity");
	const unit = unitOf(message);
	if (quantity === undefined || unit === "") return quantity;
	if (unit === "%" && message.text("command") === "close") return `${quantity}%`;
	return message.unsupported("unit", "an exit sized by anything but units or the position");
}

function unitOf(message: VendorMessage): string {
	if (message.flag("force_usdt") === true) return "$";
	return message.flag("force_percent") === true ? "%" : (message.text("unit") ?? "");
}
