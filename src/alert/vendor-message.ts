/** One command in another vendor's format: its fields read by their own names, strictly, with everything unknown or unsupported said by name. */
import type { Refusal, RefusalCode } from "../domain/codes.ts";
import { isSymbol } from "../domain/symbol.ts";
import { canonicalTimeframe, timeframeMs } from "../domain/timeframe.ts";
import type { FieldRules, Note, ReadItem, Reading } from "./dialect.ts";
import { refused } from "./dialect.ts";
import {
	Contradiction,
	isJsonArray,
	isJsonObject,
	JsonNumber,
	type JsonObject,
	type JsonValue,
	NotANumber,
} from "./json-value.ts";
import { plainNumber, plainPositive } from "./number-text.ts";
import { placeholderIn, unfilled } from "./placeholder.ts";
import { setPlain, textsIn } from "./plain-fields.ts";
import { isCredentialField, isSecretField } from "./secret-field.ts";
import { shown } from "./shown.ts";
import { type StatedTexts, statedOf } from "./stated.ts";
import { instantOf } from "./time-text.ts";
import { noTimeframe } from "./timeframe-refusal.ts";
import { isEntry, typeOf } from "./type-of.ts";

/** Characters of a word such as an action. */
const word_length_max = 64;
/** Characters of a strategy's name or an id. */
const name_length_max = 256;
const control = /\p{Cc}/u;

/** What a dialect found out itself; the rest of a {@link Reading} comes from the message. */
export type Understood = Omit<Reading, "dialect" | "fields" | "secrets">;
/** Like {@link Understood}, but a field may be undefined, which leaves it out. */
export type Draft = {
	readonly [K in keyof Understood]: Understood[K] | (undefined extends Understood[K] ? undefined : never);
};

/** Where the parts of a stated position stand in the vendor's message. */
export interface StatedKeys {
	readonly side?: string;
	readonly size?: string;
	readonly previous_side?: string;
	readonly previous_size?: string;
	/** Signed: below zero is short. */
	readonly signed?: string;
	/** The vendor's own words for the sides, in lower case (`bullish` is long); long, short and flat are always known. */
	readonly words?: Readonly<Record<string, "long" | "short" | "flat">>;
}

/**
 * Reads a command field by field, by keys such as `price` or `stopLoss.percent`; keys are matched exactly. The first
 * thing that cannot be understood is kept in `refusal`; after it the answers mean nothing.
 */
export class VendorMessage {
	refusal: Refusal | undefined;
	readonly notes: Note[] = [];
	readonly #dialect: string;
	readonly #command: JsonObject;
	readonly #rules: FieldRules;
	readonly #secrets: string[] = [];

	/** @param secretKeys the vendor's names for a credential beyond the usual ones (`secret passphrase token password`) */
	constructor(dialect: string, command: JsonObject, rules: FieldRules, secretKeys: readonly string[] = []) {
		this.#dialect = dialect;
		this.#command = command;
		this.#rules = rules;
		for (const key in command) {
			if (command[key] instanceof Contradiction)
				this.refuse("contradictory_fields", `${key} stands twice with different values`);
			const text = scalarText(command[key]);
			const credential = isCredentialField(key) || secretKeys.includes(key);
			if (text !== undefined && text !== "" && credential) this.#secrets.push(text);
		}
		this.#refuseAll("refused");
	}

	/** Keeps the first refusal. */
	refuse(code: RefusalCode, detail: string, hint?: string): undefined {
		this.refusal ??= refused(code, detail, hint).refusal;
		return undefined;
	}

	/** The format can say this and nexus cannot do it: the message is refused, because leaving it out would trade otherwise. */
	unsupported(key: string, why: string): undefined {
		const hint = `Take ${key} out of the message, or keep the service that it was written for.`;
		return this.refuse(
			"unsupported_field",
			`${key} is set to ${shown(this.#described(key))}; nexus does not do that: ${why}`,
			hint,
		);
	}

	/** Shows a sentence in the trace. */
	note(detail: string): void {
		this.notes.push({ detail });
	}

	/** What stands under a key, undefined where nothing does; `steps.0.price` is in the first item of the list `steps`. */
	value(key: string): JsonValue | undefined {
		const flat = this.#command[key];
		if (flat !== undefined || !key.includes(".")) return flat;
		let value: JsonValue | undefined = this.#command;
		for (const part of key.split(".")) {
			if (isJsonObject(value)) value = value[part];
			else value = isJsonArray(value) ? value[Number(part)] : undefined;
		}
		return value;
	}

	/** True where a field holds something that asks for something: not null, "", 0, false, `na` or an empty list or object. */
	says(key: string): boolean {
		return asks(this.value(key));
	}

	/** Refuses what is set inside the object under `key` beyond the parts named: nothing of a stop may be lost in silence. */
	onlyParts(key: string, parts: readonly string[], why: string): void {
		const object = this.value(key);
		if (!isJsonObject(object)) return;
		for (const part in object) {
			if (!parts.includes(part) && asks(object[part]))
				this.unsupported(`${key}.${part.slice(0, word_length_max)}`, why);
		}
	}

	/** Trimmed; undefined where the field is absent, empty, null or `na`. A placeholder that was not filled is a refusal. */
	text(key: string, length_max = name_length_max): string | undefined {
		const value = this.value(key);
		if (value === undefined || value === null || value instanceof NotANumber) return undefined;
		const text = scalarText(value);
		if (text === undefined) return this.refuse("bad_field", `${key} must be a text or a number`);
		if (text === "") return undefined;
		const placeholder = placeholderIn(text);
		if (placeholder !== undefined) {
			this.refusal ??= unfilled(key, placeholder).refusal;
			return undefined;
		}
		if (text.length > length_max) return this.refuse("bad_field", `${key} is longer than ${length_max} characters`);
		if (control.test(text)) return this.refuse("bad_field", `${key} holds a line break or control character`);
		return text;
	}

	/** One field under several keys: what `read` finds under the first that has it. Two different values are refused. */
	agreed(keys: readonly string[], read: (key: string) => string | undefined): string | undefined {
		let first: { readonly key: string; readonly value: string } | undefined;
		for (const key of keys) {
			const value = read(key);
			if (value === undefined) continue;
			if (first !== undefined && first.value !== value) {
				const detail = `${first.key} says ${shown(first.value)} and ${key} says ${shown(value)}: both are the same field`;
				return this.refuse("contradictory_fields", detail);
			}
			first ??= { key, value };
		}
		return first?.value;
	}

	/** A text of any length and content that says nothing about the trade, such as a comment; never refused. */
	free(key: string): string | undefined {
		const text = scalarText(this.value(key));
		const placeholder = text === undefined ? undefined : placeholderIn(text);
		if (placeholder !== undefined) this.note(`${key} still holds ${placeholder}`);
		return text === "" ? undefined : text;
	}

	/** In lower case; one of `known` where given, otherwise refused with the list. */
	word<const K extends string>(key: string, known?: readonly K[]): K | undefined {
		const text = this.text(key, word_length_max)?.toLowerCase();
		if (text === undefined || known === undefined || known.includes(text as K)) return text as K | undefined;
		return this.refuse("bad_field", `${key} ${shown(text)} is none of ${known.join(", ")}`);
	}

	/** Like {@link word}, but must be there. */
	wordNeeded<const K extends string>(key: string, known?: readonly K[]): K | "" {
		const word = this.word(key, known);
		if (word === undefined)
			this.refuse("missing_field", `${key} is missing or empty`, `${this.#dialect} messages need ${key}.`);
		return word ?? "";
	}

	/** Exact decimal text above zero; undefined where absent or empty. `NaN`, text, zero and negative numbers are refused. */
	positive(key: string, code: RefusalCode = "bad_field"): string | undefined {
		const value = this.value(key);
		if (value instanceof NotANumber)
			return this.refuse(code, `${key} is ${value.word || "left empty"}, which is no number`);
		const text = this.text(key);
		if (text === undefined) return undefined;
		const number = plainPositive(text);
		return number ?? this.refuse(code, `${key} is ${shown(text)}, which is not a positive decimal number`);
	}

	/** `2%` or `2 %`: a positive decimal number before a percent sign, given back as `2%`. */
	percent(key: string, code: RefusalCode = "bad_field"): string | undefined {
		const text = this.text(key);
		if (text === undefined) return undefined;
		const number = text.endsWith("%") ? plainPositive(text.slice(0, -1)) : undefined;
		if (number !== undefined) return `${number}%`;
		return this.refuse(code, `${key} is ${shown(text)}, which is not a positive percentage such as 2%`);
	}

	/** Like {@link positive}, but zero counts as absent: several vendors write 0 for "not set". */
	positiveOrUnset(key: string, code: RefusalCode = "bad_field"): string | undefined {
		return this.says(key) ? this.positive(key, code) : undefined;
	}

	/**
	 * Where a stop shall stand: a price from the one key or a distance such as `2%` from the other. 0 and nothing are "not
	 * set"; `NaN` and `na` are refused, because a stop that was meant would be dropped. Two places are a contradiction.
	 */
	stopLevel(price: string | undefined, percent: string | undefined): string | undefined {
		return this.#level(price, percent, (key) => {
			const text = this.value(key) instanceof NotANumber ? "na" : this.text(key);
			return text === undefined || plainNumber(text) === "0" ? undefined : this.price(key);
		});
	}

	/** Like {@link stopLevel} for a target, where `NaN` and `na` are "not set" too. */
	targetLevel(price: string | undefined, percent: string | undefined): string | undefined {
		return this.#level(price, percent, (key) => this.positiveOrUnset(key, "bad_price"));
	}

	#level(
		price: string | undefined,
		percent: string | undefined,
		read: (key: string) => string | undefined,
	): string | undefined {
		const at = price === undefined ? undefined : read(price);
		const away = percent === undefined ? undefined : read(percent);
		if (at !== undefined && away !== undefined) {
			return this.refuse("contradictory_fields", `${price} and ${percent} both say where it shall stand`);
		}
		return at ?? (away === undefined ? undefined : `${away}%`);
	}

	/** `price` with its own code. */
	price(key: string): string | undefined {
		return this.positive(key, "bad_price");
	}

	/** `true`, `false`, `"true"`, `"false"`, `1`, `0`, `yes`, `no`; undefined where absent. */
	flag(key: string): boolean | undefined {
		const value = this.value(key);
		if (typeof value === "boolean") return value;
		const text = this.text(key, word_length_max)?.toLowerCase();
		if (text === undefined) return undefined;
		if (["true", "1", "yes"].includes(text)) return true;
		if (["false", "0", "no"].includes(text)) return false;
		return this.refuse("bad_field", `${key} ${shown(text)} is neither true nor false`);
	}

	/** The symbol as it was sent; "" together with a refusal. */
	symbol(key: string): string {
		const text = this.text(key, word_length_max);
		if (text === undefined) {
			this.refuse(
				"missing_field",
				`${key} is missing or empty`,
				`${this.#dialect} messages name the symbol in ${key}.`,
			);
			return "";
		}
		if (isSymbol(text)) return text;
		this.refuse("bad_field", `${key} ${shown(text)} is no symbol`, "Send it as TradingView's {{ticker}} gives it.");
		return "";
	}

	timeframe(key: string): string | undefined {
		const text = this.text(key, word_length_max);
		if (text === undefined) return undefined;
		const timeframe = canonicalTimeframe(text);
		if (timeframe !== undefined) return timeframe;
		const { detail, hint } = noTimeframe(key, text);
		return this.refuse("bad_field", detail, hint);
	}

	/** ISO 8601 of a moment of firing. With `bar`, the key holds a bar's open, and the bar's end counts. */
	time(key: string, bar?: { readonly timeframe: string | undefined }): string | undefined {
		const text = this.text(key);
		if (text === undefined) return undefined;
		const instant = instantOf(text);
		if (instant === undefined) return this.refuse("bad_field", `${key} ${shown(text)} is no time`);
		const length = bar?.timeframe === undefined ? 0 : timeframeMs(bar.timeframe);
		return new Date(instant + length).toISOString();
	}

	/** Whole or decimal seconds, zero or more. */
	seconds(key: string): number | undefined {
		const text = this.text(key);
		const plain = text === undefined ? undefined : plainNumber(text);
		if (text === undefined) return undefined;
		if (plain === undefined || plain.startsWith("-"))
			return this.refuse("bad_field", `${key} ${shown(text)} is no number of seconds`);
		return Number(plain);
	}

	/** The stated position; undefined where the message states none. Fields that contradict one another are refused. */
	stated(keys: StatedKeys): ReturnType<typeof statedOf> {
		const given = (key: string | undefined): StatedTexts["side"] => {
			const text = key === undefined ? undefined : this.text(key);
			return key === undefined || text === undefined ? undefined : { key, text };
		};
		const side = (key: string | undefined): StatedTexts["side"] => {
			const found = given(key);
			return found && { key: found.key, text: keys.words?.[found.text.toLowerCase()] ?? found.text };
		};
		const texts: StatedTexts = {
			side: side(keys.side),
			size: given(keys.size),
			previous_side: side(keys.previous_side),
			previous_size: given(keys.previous_size),
			signed: given(keys.signed),
		};
		return statedOf(texts, (code, detail) => this.refuse(code, detail));
	}

	/** The command as understood, or the first thing that was wrong with it. */
	item(draft: Draft): ReadItem {
		if (isEntry(typeOf(draft).type)) this.#refuseAll("refused_on_entry");
		if (this.refusal !== undefined) return { ok: false, refusal: this.refusal };
		const reading: Record<string, unknown> = { dialect: this.#dialect, fields: this.#extras(), secrets: this.#secrets };
		for (const [key, value] of Object.entries(draft)) if (value !== undefined) reading[key] = value;
		return { ok: true, reading: reading as unknown as Reading, notes: this.notes };
	}

	#refuseAll(support: "refused" | "refused_on_entry"): void {
		for (const key in this.#rules) {
			const rule = this.#rules[key];
			if (rule?.support === support && this.says(key)) this.unsupported(key, rule.meaning);
		}
	}

	/** What the format's table does not know, as plugins see it. */
	#extras(): Record<string, unknown> {
		const extras = Object.create(null) as Record<string, unknown>;
		for (const [key, value] of Object.entries(this.#command)) {
			if (value === undefined || isSecretField(key) || Object.hasOwn(this.#rules, key)) continue;
			for (const [inner, text] of textsIn(key, value)) {
				const placeholder = placeholderIn(text);
				if (placeholder !== undefined) this.note(`${inner.slice(0, word_length_max)} still holds ${placeholder}`);
			}
			setPlain(extras, key, value);
		}
		return extras;
	}

	#described(key: string): string {
		const value = this.value(key);
		const text = scalarText(value);
		if (text !== undefined) return isSecretField(key) ? "***" : text;
		return isJsonArray(value) ? `a list of ${value.length}` : "an object";
	}
}

/** The text of a text, number or truth value; undefined for anything else. */
function scalarText(value: JsonValue | undefined): string | undefined {
	if (typeof value === "string") return value.toWellFormed().trim();
	if (value instanceof JsonNumber) return value.text;
	return typeof value === "boolean" ? String(value) : undefined;
}

const nothing = new Set(["", "0", "false", "na", "n/a", "nan", "none", "null", "no"]);

function asks(value: JsonValue | undefined): boolean {
	if (value === undefined || value === null || value === false || value instanceof NotANumber) return false;
	if (isJsonArray(value)) return value.some(asks);
	if (isJsonObject(value)) return Object.values(value).some(asks);
	const text = scalarText(value);
	if (text === undefined) return true;
	return !nothing.has(text.toLowerCase()) && plainNumber(text) !== "0";
}

/**
 * A text dialect's `key=value` pairs as a command, with the vendor's own case of keys. A key that stands twice with
 * different values is a {@link Contradiction}, which {@link VendorMessage} refuses.
 */
export function commandOf(pairs: Iterable<readonly [key: string, value: string]>): JsonObject {
	const command = Object.create(null) as Record<string, JsonValue>;
	for (const [key, value] of pairs) {
		const before = command[key];
		command[key] = before === undefined || before === value ? value : new Contradiction(key);
	}
	return command;
}
