/** Another vendor's text cut into pieces: at separators outside quotes, into `key=value` fields, and where credentials stand in it. */
import type { Refusal } from "../domain/codes.ts";
import { type FieldRules, refused } from "./dialect.ts";
import type { HiddenSpan } from "./json.ts";
import { placeholderIn, unfilled } from "./placeholder.ts";
import { isSecretField, squeezedKey } from "./secret-field.ts";
import { shown } from "./shown.ts";

/** A stretch of the body without the blanks around it. */
export interface Piece {
	readonly text: string;
	/** Where it begins in the body. */
	readonly start: number;
}

/** What stands in quotes behind `=` is one value; each opening quote with its closing one. */
const quotes: ReadonlyMap<string, string> = new Map([
	['"', '"'],
	["'", "'"],
	["“", "”"],
	["‘", "’"],
]);
/** Characters in quotes; a closing quote is not looked for further away. */
const quoted_length_max = 1_000;
const fieldKey = /^[\w.-]{1,64}$/;
/** So many digits may be a credential, and are not repeated in a refusal. */
const manyDigits = /\d{6}/;

/**
 * Cuts at every character of `separators` that is not in quotes, and leaves empty pieces out.
 * A quote counts only right behind `=` and only where the value ends with its closing quote: a stray one hides nothing.
 */
export function piecesOf(text: string, separators: string, offset = 0): readonly Piece[] {
	const pieces: Piece[] = [];
	let from = 0;
	for (let at = 0; at <= text.length; at++) {
		const character = text[at];
		if (character === "=") at = behindQuotes(text, at, separators) - 1;
		else if (character === undefined || separators.includes(character)) {
			const piece = text.slice(from, at);
			const trimmed = piece.trim();
			if (trimmed !== "") {
				pieces.push({ text: trimmed, start: offset + from + piece.length - piece.trimStart().length });
			}
			from = at + 1;
		}
	}
	return pieces;
}

/** Where to go on behind an `=`: after the closing quote of its value, or after itself. */
function behindQuotes(text: string, equals: number, separators: string): number {
	let open = equals + 1;
	if (!separators.includes(" ")) while (text[open] === " ") open++;
	const quote = quotes.get(text[open] ?? "");
	const within = quote === undefined ? -1 : text.slice(open + 1, open + 1 + quoted_length_max).indexOf(quote);
	if (within < 0) return equals + 1;
	const close = open + 1 + within;
	let next = close + 1;
	if (!separators.includes(" ")) while (text[next] === " ") next++;
	const end = text[next];
	return end === undefined || separators.includes(end) ? close + 1 : equals + 1;
}

/** A `key=value` and where its value stands in the body, quotes included. */
interface Pair {
	readonly key: string;
	readonly value: string;
	readonly start: number;
	readonly end: number;
}

/** Undefined where the piece is no `key=value`. */
function pairOf({ text, start }: Piece): Pair | undefined {
	const equals = text.indexOf("=");
	const key = text.slice(0, Math.max(equals, 0)).trimEnd();
	if (!fieldKey.test(key)) return undefined;
	const behind = text.slice(equals + 1);
	const value = behind.trim();
	const from = start + equals + 1 + behind.length - behind.trimStart().length;
	return { key, value: unquoted(value), start: from, end: from + value.length };
}

function unquoted(value: string): string {
	const close = value.length < 2 ? undefined : quotes.get(value[0] ?? "");
	return close !== undefined && value.endsWith(close) ? value.slice(1, -1).trim() : value;
}

/** True where every key of a format's table can stand in the piece: it is a `key=value`. */
export function isField(piece: Piece): boolean {
	return pairOf(piece) !== undefined;
}

/** The fields of one command. */
export interface TextFields {
	/** By the table's own spelling of the key; one it does not know keeps the sender's. Without a prototype. */
	readonly command: Record<string, string>;
	/** Where the values of secret keys stand in the body. */
	readonly hidden: readonly HiddenSpan[];
	/** The first piece that is no field, or a key that stands twice with different values. */
	readonly refusal?: Refusal;
}

/** Reads `key=value` pieces; case and separators of a key do not matter, because a misspelt one must not go unread. */
export function textFields(pieces: readonly Piece[], rules: FieldRules): TextFields {
	const command = Object.create(null) as Record<string, string>;
	const hidden: HiddenSpan[] = [];
	let refusal: Refusal | undefined;
	for (const piece of pieces) {
		const pair = pairOf(piece);
		if (pair === undefined) {
			refusal ??= strayPiece(piece.text);
			continue;
		}
		const { value, start, end } = pair;
		const key = spellingOf(pair.key, rules);
		if (isSecretField(key) && end > start) hidden.push(hiddenSpan(start, end));
		const before = command[key];
		if (before !== undefined && before !== value) {
			refusal ??= refused("contradictory_fields", `${key} stands twice with different values`).refusal;
		}
		command[key] ??= value;
	}
	return { command, hidden, ...(refusal === undefined ? {} : { refusal }) };
}

const spellings = new WeakMap<FieldRules, ReadonlyMap<string, string>>();

function spellingOf(key: string, rules: FieldRules): string {
	if (Object.hasOwn(rules, key)) return key;
	let known = spellings.get(rules);
	if (known === undefined) {
		// `limit.offset` is the documentation's name for a field inside another.
		const flat = Object.keys(rules).filter((name) => !name.includes("."));
		known = new Map(flat.map((name) => [squeezedKey(name), name]));
		spellings.set(rules, known);
	}
	return known.get(squeezedKey(key)) ?? key;
}

function strayPiece(text: string): Refusal {
	const placeholder = placeholderIn(text);
	if (placeholder !== undefined) return unfilled("the message", placeholder).refusal;
	const words = manyDigits.test(text) ? "a part of the message" : shown(text);
	return refused("bad_field", `${words} is no key=value`, "Take it out of the message, or write what it belongs to.")
		.refusal;
}

/** A credential's place, for {@link inOrder}. */
export function hiddenSpan(start: number, end: number): HiddenSpan {
	return { start, end, replacement: "***" };
}

/** Spans in the order of the text, with those that overlap made one. */
export function inOrder(spans: readonly HiddenSpan[]): readonly HiddenSpan[] {
	const ordered: HiddenSpan[] = [];
	for (const span of spans.toSorted((a, b) => a.start - b.start)) {
		const last = ordered.at(-1);
		if (last === undefined || span.start >= last.end) ordered.push(span);
		else ordered[ordered.length - 1] = { ...last, end: Math.max(last.end, span.end) };
	}
	return ordered;
}

/** The body's lines with their places, without line breaks. */
export function linesOf(text: string): readonly Piece[] {
	const lines: Piece[] = [];
	let from = 0;
	for (const match of text.matchAll(/\r\n|[\r\n]|$/g)) {
		lines.push({ text: text.slice(from, match.index), start: from });
		from = match.index + match[0].length;
	}
	return lines;
}
