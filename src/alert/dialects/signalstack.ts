/** Orders as SignalStack's users write them in text: `BUY 10 AAPL`, `sell 5 TSLA limit 240`. */
import { type ReadItem, refused, type TextDialect } from "../dialect.ts";
import type { HiddenSpan } from "../json.ts";
import { placeholderIn } from "../placeholder.ts";
import { shown } from "../shown.ts";
import { meaningOfAction, signalStackActions } from "../signalstack-action.ts";
import { commands_enough, commentSpan, credentialIn, partsOf, type TextPart, wordsOf } from "../text-parts.ts";
import { commandOf, type Draft, VendorMessage } from "../vendor-message.ts";

const fields = {
	action: {
		support: "read",
		meaning: "the first word: `buy sell sell_short short buy_to_cover cover close exit flat cancel`",
	},
	quantity: {
		support: "read",
		meaning: "the number behind it: units; `close 50% AAPL` closes a share of the position",
	},
	symbol: { support: "read", meaning: "the word behind that" },
	limit: { support: "read", meaning: "`limit 240`: an entry's limit price" },
	stop_loss: { support: "read", meaning: "`stop_loss 230` or `sl 2%`: an entry's stop" },
	take_profit: { support: "read", meaning: "`take_profit 260` or `tp 4%`: an entry's target" },
	stop: { support: "refused_on_entry", meaning: "an entry that waits for a price" },
	market: { support: "read", meaning: "says what is so without it" },
	strategy: { support: "read", meaning: "`strategy MyStrategy`: the strategy's name or alias; nexus's addition" },
} as const satisfies TextDialect["fields"];

const line = /\r\n|[\n\r;]/g;
const number = /^[+-]?\d[\d.,_']{0,40}%?$/;
/** Two words may say what one does. */
const joined = [
	["sell", "short", "sell_short"],
	["buy", "to", "buy_to"],
	["buy_to", "cover", "buy_to_cover"],
	["stop", "loss", "stop_loss"],
	["take", "profit", "take_profit"],
] as const;
const settings: ReadonlyMap<string, keyof typeof fields> = new Map([
	...(["limit", "stop", "strategy", "stop_loss", "take_profit"] as const).map((key) => [key, key] as const),
	["lmt", "limit"],
	["stp", "stop"],
	["sl", "stop_loss"],
	["tp", "take_profit"],
]);

export const signalStack = {
	form: "text",
	name: "signalstack",
	title: "SignalStack-style text",
	recognised: "a first line of action, number and symbol, or `close` or `cancel` and a symbol in capitals",
	fields,
	remarks: [
		"Each line, or part before a `;`, is a command; a line that begins with `//` or `#` is a comment.",
		"`sell` opens a short unless the strategy's `direction: long` makes it an exit; `sell_short` is the same, `buy_to_cover` closes a short.",
		"Without `?dialect=signalstack` a close or cancel is recognised only with its symbol in capitals.",
		"An exit goes at the market, also with `limit`; the trace says so.",
	],
	example: "BUY 10 AAPL stop_loss 2%\nsell 5 TSLA limit 240",
	recognises(body) {
		const first = partsOf(body, line).find(({ text }) => !isComment(text));
		if (first === undefined || first.text.length > 500) return false;
		const [action = "", second = "", third = ""] = wordsIn(first).map(({ text }) => text);
		const known = action.toLowerCase();
		if (!signalStackActions.has(known)) return false;
		if (["close", "exit", "flat", "cancel", "cover", "buy_to_cover"].includes(known) && capitals.test(second))
			return true;
		return (
			(number.test(second) || placeholderIn(second) !== undefined) &&
			(symbol.test(third) || placeholderIn(third) !== undefined)
		);
	},
	read(body, _context) {
		const items: ReadItem[] = [];
		const hidden: HiddenSpan[] = [];
		for (const part of partsOf(body, line)) {
			if (items.length >= commands_enough) break;
			if (isComment(part.text)) hidden.push(commentSpan(part));
			else items.push(itemOf(part, hidden));
		}
		if (items.length === 0) items.push(refused("unreadable_body", "there is no order in it"));
		return { items, hidden };
	},
} as const satisfies TextDialect;

const capitals = /^[A-Z0-9][A-Z0-9.:/!_-]{0,63}$/;
const symbol = /^[A-Za-z][\w.:/!-]{0,63}$/;
const isComment = (text: string): boolean => text.startsWith("//") || text.startsWith("#");

/** The line's words, with `sell short` and `stop loss` as one. */
function wordsIn(part: TextPart): readonly TextPart[] {
	const words: TextPart[] = [];
	for (const word of wordsOf(part)) {
		const last = words.at(-1);
		const before = last?.text.toLowerCase();
		const pair = joined.find(([first, second]) => first === before && second === word.text.toLowerCase());
		if (last === undefined || pair === undefined) words.push(word);
		else words[words.length - 1] = { text: pair[2], start: last.start };
	}
	return words;
}

function itemOf(part: TextPart, hidden: HiddenSpan[]): ReadItem {
	const pairs: (readonly [string, string])[] = [];
	const words: string[] = [];
	for (const word of wordsIn(part)) {
		const credential = credentialIn(word);
		if (credential === undefined) words.push(word.text);
		else {
			hidden.push(credential.hidden);
			pairs.push([credential.key, credential.value]);
		}
	}
	const [action = "", ...rest] = words;
	pairs.push(["action", action]);
	const problem = settingsOf(rest, pairs);
	const message = new VendorMessage("signalstack", commandOf(pairs), fields);
	if (problem !== undefined) message.refuse("bad_field", problem);
	return message.item(draftOf(message));
}

/** What stands behind the action; what is wrong with it, where something is. */
function settingsOf(words: readonly string[], pairs: (readonly [string, string])[]): string | undefined {
	let index = 0;
	const [first] = words;
	if (first !== undefined && (number.test(first) || (placeholderIn(first) !== undefined && words.length > 1))) {
		pairs.push(["quantity", first]);
		index = 1;
	}
	pairs.push(["symbol", words[index] ?? ""]);
	for (index += 1; index < words.length; index += 2) {
		const word = (words[index] ?? "").toLowerCase();
		if (word === "market" || word === "mkt") {
			pairs.push(["market", "true"]);
			index -= 1;
			continue;
		}
		const key = settings.get(word);
		if (key === undefined) return `${shown(word)} is no word of this format`;
		const value = words[index + 1];
		if (value === undefined) return `nothing stands behind ${word}`;
		pairs.push([key, value]);
	}
	return undefined;
}

function draftOf(message: VendorMessage): Draft {
	const action = message.wordNeeded("action", [...signalStackActions]);
	const meaning = meaningOfAction(action);
	const opens = meaning.type === "LONG_ENTRY" || meaning.type === "SHORT_ENTRY";
	const draft = { ...meaning, action, symbol_sent: message.symbol("symbol"), strategy: message.text("strategy") };
	if (action === "cancel") return draft;
	if (!opens) {
		if (message.says("limit")) message.note("the line holds a limit, but nexus sends an exit at the market");
		return { ...draft, quantity: unitsOrShare(message, "quantity") };
	}
	if (message.says("market") && message.says("limit"))
		message.refuse("contradictory_fields", "market and limit both say how");
	return {
		...draft,
		quantity: message.positive("quantity", "bad_quantity"),
		limit: message.price("limit"),
		stop_loss: unitsOrShare(message, "stop_loss"),
		take_profit: unitsOrShare(message, "take_profit"),
	};
}

/** `230` or `2%`, both above zero. */
function unitsOrShare(message: VendorMessage, key: "quantity" | "stop_loss" | "take_profit"): string | undefined {
	const code = key === "quantity" ? "bad_quantity" : "bad_field";
	return message.text(key)?.endsWith("%") === true ? message.percent(key, code) : message.positive(key, code);
}
