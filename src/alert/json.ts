/** Reads JSON as people and TradingView write it: lenient about form, exact about values, bounded, and never throwing. */
import { parseDecimal } from "../domain/decimal.ts";
import { closersOf, code, isDigit, isSpace } from "./json-characters.ts";
import { Contradiction, isJsonArray, isJsonObject, JsonNumber, type JsonValue, NotANumber } from "./json-value.ts";

/** Objects and arrays inside one another. */
export const depth_max = 32;
/** Values in one body, all commands together. */
export const values_max = 10_000;
/** Keys in one body, all commands together. */
export const keys_max = 2_000;

/** A stretch of the text that may not be stored, from `start` up to but without `end`, and what stands there instead. */
export interface HiddenSpan {
	readonly start: number;
	readonly end: number;
	readonly replacement: string;
}

export type JsonText =
	| {
			readonly ok: true;
			/** The values that stood one after the other; each is an object or an array. */
			readonly values: readonly JsonValue[];
			/** Where the values of hidden keys stand, and comments, which may hold anything; in order, none inside another. */
			readonly hidden: readonly HiddenSpan[];
			/** True where some object holds a {@link Contradiction}. */
			readonly contradictory: boolean;
	  }
	/** What is wrong and where; quotes one character of the text at most. */
	| { readonly ok: false; readonly problem: string };

/**
 * Reads one or several JSON objects or arrays. Beside JSON it understands comments, trailing commas, keys and words
 * without quotes, single and typographic quotes, line breaks in texts, and TradingView's `NaN`, `na` and left-over
 * `{{placeholder}}` where a value is due.
 *
 * @param isHidden names the keys whose values must be taken out of the stored body
 */
export function readJson(text: string, isHidden: (key: string) => boolean): JsonText {
	return new JsonReader(text, isHidden).read();
}

const wordValues: ReadonlyMap<string, true | false | null | "nan"> = new Map(
	Object.entries({ true: true, false: false, null: null, none: null, nil: null }),
);
const notANumberWords = new Set(["nan", "-nan", "na", "n/a", "infinity", "+infinity", "-infinity", "inf", "undefined"]);

class JsonReader {
	readonly #text: string;
	readonly #isHidden: (key: string) => boolean;
	/** True where any backslash stands in the text: most messages have none, and their texts end at the next quote. */
	readonly #escapes: boolean;
	readonly #hidden: HiddenSpan[] = [];
	#position = 0;
	#depth = 0;
	#values = 0;
	#keys = 0;
	/** Set while inside the value of a hidden key: inner ones are hidden with it. */
	#hiding = false;
	#contradictory = false;
	#problem = "";

	constructor(text: string, isHidden: (key: string) => boolean) {
		this.#text = text;
		this.#isHidden = isHidden;
		this.#escapes = text.includes("\\");
	}

	read(): JsonText {
		const values: JsonValue[] = [];
		for (;;) {
			let next = this.#skip();
			if (next === code.comma && values.length > 0) {
				this.#position += 1;
				next = this.#skip();
			}
			if (Number.isNaN(next)) break;
			const opens = next === code.openBrace || next === code.openBracket;
			const value = opens ? this.#value() : this.#fail(`expected { or [ ${this.#found()}`);
			if (value === undefined) return { ok: false, problem: this.#problem };
			values.push(value);
		}
		// A comment that never ends leaves a problem without a value.
		if (this.#problem !== "" || values.length === 0) return { ok: false, problem: this.#problem || "it is empty" };
		return { ok: true, values, hidden: this.#hidden, contradictory: this.#contradictory };
	}

	/** Every failure is `undefined`, which is no JSON value, and the first one's words are kept. */
	#fail(what: string, at = this.#position): undefined {
		if (this.#problem !== "") return undefined;
		const before = this.#text.slice(0, at);
		const line = before.split("\n").length;
		const column = at - (before.lastIndexOf("\n") + 1) + 1;
		this.#problem = `line ${line}, column ${column}: ${what}`;
		return undefined;
	}

	#found(): string {
		const character = this.#text.codePointAt(this.#position);
		return character === undefined
			? "but the body ends"
			: `but found ${JSON.stringify(String.fromCodePoint(character))}`;
	}

	/** Moves over space and comments; the code of the next character, NaN at the end. */
	#skip(): number {
		const text = this.#text;
		for (;;) {
			let character = text.charCodeAt(this.#position);
			while (isSpace(character)) character = text.charCodeAt(++this.#position);
			if (character !== code.slash && character !== code.hash) return character;
			const after = text.charCodeAt(this.#position + 1);
			if (character === code.slash && after !== code.slash && after !== code.star) return character;
			if (!this.#comment(character === code.slash && after === code.star)) return Number.NaN;
		}
	}

	#comment(block: boolean): boolean {
		const start = this.#position;
		const end = this.#text.indexOf(block ? "*/" : "\n", start + (block ? 2 : 1));
		if (block && end < 0) {
			this.#fail("the comment that starts here never ends");
			return false;
		}
		this.#position = end < 0 ? this.#text.length : end + (block ? 2 : 0);
		if (!this.#hiding) this.#hidden.push({ start, end: this.#position, replacement: "" });
		return true;
	}

	#value(): JsonValue | undefined {
		if (++this.#values > values_max) return this.#fail(`more than ${values_max} values`);
		const character = this.#text.charCodeAt(this.#position);
		if (character === code.doubleQuote) return this.#plainText();
		if (isDigit(character) || character === code.minus) return this.#number();
		if (character === code.openBracket) return this.#nested(character);
		if (character === code.openBrace && this.#text.charCodeAt(this.#position + 1) !== code.openBrace) {
			return this.#nested(character);
		}
		const closers = closersOf(character);
		if (closers !== undefined) return this.#otherText(closers);
		if (character === code.comma || character === code.closeBrace || character === code.closeBracket) {
			return new NotANumber("");
		}
		return this.#word();
	}

	#nested(opener: number): JsonValue | undefined {
		if (this.#depth >= depth_max) return this.#fail(`nested deeper than ${depth_max}`);
		this.#depth += 1;
		const value = opener === code.openBracket ? this.#array() : this.#object();
		this.#depth -= 1;
		return value;
	}

	#array(): JsonValue | undefined {
		const items: JsonValue[] = [];
		this.#position += 1;
		for (;;) {
			const next = this.#skip();
			if (next === code.closeBracket) {
				this.#position += 1;
				return items;
			}
			if (Number.isNaN(next)) return this.#fail("a ] is missing at the end");
			if (next === code.comma) return this.#fail("a value is missing before this comma");
			const item = this.#value();
			if (item === undefined) return undefined;
			items.push(item);
			if (!this.#separator(code.closeBracket, "]")) return undefined;
		}
	}

	#object(): JsonValue | undefined {
		const object = Object.create(null) as Record<string, JsonValue>;
		this.#position += 1;
		for (;;) {
			const next = this.#skip();
			if (next === code.closeBrace) {
				this.#position += 1;
				return object;
			}
			if (Number.isNaN(next)) return this.#fail("a } is missing at the end");
			const key = this.#key(next);
			if (key === undefined) return undefined;
			const value = this.#member(key);
			if (value === undefined) return undefined;
			if (!(key in object)) object[key] = value;
			else if (!sameValue(object[key], value)) {
				object[key] = new Contradiction(key);
				this.#contradictory = true;
			}
			if (!this.#separator(code.closeBrace, "}")) return undefined;
		}
	}

	#key(first: number): string | undefined {
		if (++this.#keys > keys_max) return this.#fail(`more than ${keys_max} keys`);
		if (first === code.doubleQuote) return this.#plainText();
		const closers = closersOf(first);
		if (closers !== undefined) return this.#otherText(closers);
		const start = this.#position;
		let character = first;
		while (isKeyCharacter(character)) character = this.#text.charCodeAt(++this.#position);
		return this.#position > start
			? this.#text.slice(start, this.#position)
			: this.#fail(`expected a key ${this.#found()}`);
	}

	#member(key: string): JsonValue | undefined {
		if (this.#skip() !== code.colon) return this.#fail(`expected : after the key ${this.#found()}`);
		this.#position += 1;
		if (Number.isNaN(this.#skip())) return this.#fail("a value is missing at the end");
		if (this.#hiding || !this.#isHidden(key)) return this.#value();
		const start = this.#position;
		this.#hiding = true;
		const value = this.#value();
		this.#hiding = false;
		this.#hidden.push({ start, end: this.#position, replacement: '"***"' });
		return value;
	}

	/** After a member or item: true at a comma (moved over) or at the closing character (left standing). */
	#separator(closer: number, name: string): boolean {
		const next = this.#skip();
		if (next === closer) return true;
		if (next === code.comma) {
			this.#position += 1;
			return true;
		}
		this.#fail(Number.isNaN(next) ? `a ${name} is missing at the end` : `expected a comma or ${name} ${this.#found()}`);
		return false;
	}

	/** A text in `"`: JSON's own form, closed by the next `"`. */
	#plainText(): string | undefined {
		const start = this.#position + 1;
		if (this.#escapes) return this.#escapedText('"', start, start);
		const end = this.#text.indexOf('"', start);
		if (end < 0) return this.#fail("the text that starts here never ends", start - 1);
		this.#position = end + 1;
		return this.#text.slice(start, end);
	}

	/** A text in other quotes: a quote closes it only where a comma, colon, bracket or the end follows (‘don’t’). */
	#otherText(closers: string): string | undefined {
		const start = this.#position;
		const read = this.#escapedText(closers, start + 1, start + 1);
		// A quote too many would swallow the next key, and with it what must be hidden.
		if (read !== undefined && swallowedKey.test(read))
			return this.#fail("the text that starts here is not closed", start);
		return read;
	}

	#escapedText(closers: string, start: number, from: number): string | undefined {
		const text = this.#text;
		let read = "";
		let copied = start;
		let at = from;
		for (;;) {
			const character = text[at];
			if (character === undefined) return this.#fail("the text that starts here never ends", start - 1);
			if (character === "\\") {
				const letter = text[at + 1] ?? "";
				const meant = letter === "u" ? unicodeEscape(text, at + 2) : escapes[letter];
				if (meant === undefined) return this.#fail("a backslash that escapes nothing", at);
				read += text.slice(copied, at) + meant;
				at += letter === "u" ? 6 : 2;
				copied = at;
			} else if (closers.includes(character) && (closers.length === 1 || this.#endsValue(at + 1))) {
				this.#position = at + 1;
				return read + text.slice(copied, at);
			} else at += 1;
		}
	}

	#endsValue(at: number): boolean {
		let position = at;
		let character = this.#text.charCodeAt(position);
		while (isSpace(character)) character = this.#text.charCodeAt(++position);
		return Number.isNaN(character) || ",:}]".includes(String.fromCharCode(character));
	}

	#number(): JsonValue | undefined {
		const start = this.#position;
		const end = endOfNumber(this.#text, start);
		const next = this.#text.charCodeAt(end);
		const ends =
			Number.isNaN(next) ||
			next === code.comma ||
			next === code.closeBrace ||
			next === code.closeBracket ||
			isSpace(next);
		if (end === start || !(ends || next === code.slash || next === code.hash)) return this.#word();
		this.#position = end;
		return new JsonNumber(this.#text.slice(start, end));
	}

	/** A word without quotes, up to a space, comma or bracket; a left-over {{placeholder}} belongs to it as a whole. */
	#word(): JsonValue | undefined {
		const text = this.#text;
		const start = this.#position;
		let at = start;
		for (;;) {
			leftOver.lastIndex = at;
			const placeholder = leftOver.exec(text)?.[0].length ?? 0;
			if (placeholder === 0 && !isWordCharacter(text.charCodeAt(at))) break;
			at += Math.max(placeholder, 1);
		}
		if (at === start) return this.#fail(`expected a value ${this.#found()}`);
		this.#position = at;
		const word = text.slice(start, at);
		const lower = word.toLowerCase();
		const value = wordValues.get(lower);
		if (value !== undefined) return value;
		return notANumberWords.has(lower) ? new NotANumber(word) : word;
	}
}

/** `{{close}}`, `{{plot("RSI")}}` without quotes around; nothing that could hold another key. */
const leftOver = /\{\{[\w.()"' -]{1,64}\}\}/y;
const swallowedKey = /["'“”‘’]\s*:/;

const escapes: Readonly<Record<string, string>> = Object.assign(Object.create(null) as Record<string, string>, {
	'"': '"',
	"'": "'",
	"\\": "\\",
	"/": "/",
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
});

function unicodeEscape(text: string, at: number): string | undefined {
	const digits = text.slice(at, at + 4);
	return /^[0-9a-fA-F]{4}$/.test(digits) ? String.fromCharCode(Number.parseInt(digits, 16)) : undefined;
}

function isKeyCharacter(character: number): boolean {
	return !Number.isNaN(character) && !isSpace(character) && !",:{}[]".includes(String.fromCharCode(character));
}

function isWordCharacter(character: number): boolean {
	if (Number.isNaN(character) || isSpace(character)) return false;
	return closersOf(character) === undefined && !",{}[]".includes(String.fromCharCode(character));
}

/** Where the JSON number that starts here ends; `start` itself where none does. */
function endOfNumber(text: string, start: number): number {
	let at = text.charCodeAt(start) === code.minus ? start + 1 : start;
	const integer = endOfDigits(text, at);
	if (integer === at || (text.charCodeAt(at) === code.zero && integer > at + 1)) return start;
	at = integer;
	if (text.charCodeAt(at) === code.point) {
		const fraction = endOfDigits(text, at + 1);
		if (fraction === at + 1) return start;
		at = fraction;
	}
	if (text[at] !== "e" && text[at] !== "E") return at;
	const signed = text[at + 1] === "+" || text[at + 1] === "-" ? at + 2 : at + 1;
	const exponent = endOfDigits(text, signed);
	return exponent === signed ? start : exponent;
}

function endOfDigits(text: string, start: number): number {
	let at = start;
	while (isDigit(text.charCodeAt(at))) at += 1;
	return at;
}

/** Same meaning: `42000.5` and `"42000.50"` are, as are two equal objects. */
function sameValue(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
	if (a === b) return true;
	if (a instanceof NotANumber && b instanceof NotANumber) return true;
	if (isJsonArray(a) && isJsonArray(b)) return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
	if (isJsonObject(a) && isJsonObject(b)) {
		const keys = Object.keys(a);
		return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameValue(a[key], b[key]));
	}
	const first = numeric(a);
	return first !== undefined && first === numeric(b);
}

/** More characters than any number that an alert may hold; longer ones are compared by nothing. */
const comparable_length_max = 64;

function numeric(value: JsonValue | undefined): bigint | string | undefined {
	const text = value instanceof JsonNumber ? value.text : value;
	if (typeof text !== "string") return undefined;
	return (text.length <= comparable_length_max ? parseDecimal(text) : undefined) ?? text;
}
