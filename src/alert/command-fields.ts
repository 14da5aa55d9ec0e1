/** The fields of one command, sorted by meaning and read strictly: each is good, absent, or the reason of a refusal. */
import type { Refusal, RefusalCode } from "../domain/codes.ts";
import type { Decimal } from "../domain/decimal.ts";
import type { Stated } from "../domain/records.ts";
import { canonicalSymbol, isSymbol, sameSymbol } from "../domain/symbol.ts";
import { canonicalTimeframe, timeframeMs } from "../domain/timeframe.ts";
import { actionMeaning, sameAction } from "./actions.ts";
import { type Note, refused } from "./dialect.ts";
import { JsonNumber, type JsonObject, type JsonValue, NotANumber } from "./json-value.ts";
import { decimalOf, plainPositive } from "./number-text.ts";
import { placeholderIn, unfilled } from "./placeholder.ts";
import { setPlain, textsIn } from "./plain-fields.ts";
import { isCredentialField, isSecretField, squeezedKey } from "./secret-field.ts";
import { shown } from "./shown.ts";
import type { Field, Place, Spellings } from "./spellings.ts";
import { statedOf } from "./stated.ts";
import { instantOf } from "./time-text.ts";
import { noTimeframe } from "./timeframe-refusal.ts";

/** Characters of an action or exchange, and of a key that can be a field's. */
const word_length_max = 64;
/** Characters of a strategy's name. */
const name_length_max = 128;
/** Characters of the sender's own id. */
const id_length_max = 256;

/** A `time` older than this may be a bar's open instead of the moment of firing, milliseconds. */
const fired_ms_max = 60_000;
/** Exchanges open on a quarter of an hour, so every bar of that length or more starts on one. */
const bar_grid_ms = 15 * 60_000;

/** One spelling that the message used. */
interface Given {
	readonly key: string;
	readonly text: string;
	readonly rank: number;
	readonly value: JsonValue;
}

/** Fields that say nothing about the trade: another shape under their key is just another field. */
const soft: ReadonlySet<Field> = new Set<Field>(["message", "alert_id", "exchange", "strategy"]);
/** Fields where a number that is none is a mistake and not an absence. */
const numeric: ReadonlySet<Field> = new Set<Field>([
	...(["price", "quantity", "time", "bar_time", "limit", "stop_loss", "take_profit"] as const),
	...(["market_position_size", "prev_market_position_size", "position_size"] as const),
]);

const statedFields = [
	...(["market_position", "market_position_size", "position_size"] as const),
	...(["prev_market_position", "prev_market_position_size"] as const),
];

const none: readonly Given[] = [];
/** A line break or other control character. */
const control = /\p{Cc}/u;

/**
 * Reads a command field by field. The first thing that cannot be understood is kept in `refusal`; after it the answers
 * mean nothing. Two spellings of one field must agree.
 */
export class CommandFields {
	refusal: Refusal | undefined;
	/** What no field claimed, as plugins see it. */
	readonly extras = Object.create(null) as Record<string, unknown>;
	/** What stood in the credential fields. Secret. */
	readonly secrets: string[] = [];
	readonly notes: Note[] = [];
	readonly #given = new Map<Field, Given[]>();
	readonly #spellings: Spellings;

	constructor(command: JsonObject, spellings: Spellings, places: ReadonlyMap<string, Place>) {
		this.#spellings = spellings;
		for (const key in command) {
			const value = command[key];
			if (value === undefined) continue;
			if (isSecretField(key)) this.#keepSecret(key, value);
			else
				this.#sort(
					key,
					value,
					key.length > word_length_max ? undefined : (places.get(key) ?? places.get(squeezedKey(key))),
				);
		}
	}

	/** Keeps the first refusal. */
	refuse(code: RefusalCode, detail: string, hint?: string): undefined {
		this.refusal ??= refused(code, detail, hint).refusal;
		return undefined;
	}

	#keepSecret(key: string, value: JsonValue): void {
		const text = value instanceof JsonNumber ? value.text : value;
		if (typeof text === "string" && text !== "" && isCredentialField(key)) this.secrets.push(text);
	}

	#sort(key: string, value: JsonValue, place: Place | undefined): void {
		const text = place === undefined ? undefined : textOf(place.field, value);
		if (place === undefined || (text === undefined && soft.has(place.field))) {
			this.#extra(key, value);
			return;
		}
		const { field, rank } = place;
		if (text === undefined) {
			this.refuse(codeOf(field), `${key} must be a text or a number`);
			return;
		}
		if (text === "" && !(value instanceof NotANumber && numeric.has(field))) return;
		const placeholder = placeholderIn(text);
		if (placeholder !== undefined && field === "message")
			this.notes.push({ detail: `${key} still holds ${placeholder}` });
		else if (placeholder !== undefined) this.refusal ??= unfilled(key, placeholder).refusal;
		const others = this.#given.get(field);
		if (others === undefined) this.#given.set(field, [{ key, text, rank, value }]);
		else others.push({ key, text, rank, value });
	}

	#extra(key: string, value: JsonValue): void {
		if (typeof value === "object" || (typeof value === "string" && value.includes("{{"))) {
			for (const [inner, text] of textsIn(key, value)) {
				const placeholder = placeholderIn(text);
				if (placeholder !== undefined) this.refusal ??= unfilled(inner, placeholder).refusal;
			}
		}
		setPlain(this.extras, key, value);
	}

	/** The spellings used, the preferred one first. */
	#all(field: Field): readonly Given[] {
		const given = this.#given.get(field);
		if (given === undefined) return none;
		return given.length > 1 ? given.sort((a, b) => a.rank - b.rank) : given;
	}

	/** The preferred spelling; the others are just other fields. */
	#first(field: Field): Given | undefined {
		const all = this.#all(field);
		if (all.length > 1) for (const other of all.slice(1)) setPlain(this.extras, other.key, other.value);
		return all[0];
	}

	/** The preferred spelling, where all the others mean the same. */
	#agreed(field: Field, given: readonly Given[], same: (a: string, b: string) => boolean): Given | undefined {
		const first = given[0];
		if (first === undefined || given.length === 1) return first;
		const other = given.find(({ text }, index) => index > 0 && !same(first.text, text));
		if (other === undefined) return first;
		const detail = `${first.key} says ${shown(first.text)} and ${other.key} says ${shown(other.text)}: both are the ${field}`;
		return this.refuse("contradictory_fields", detail);
	}

	#missing(field: "action" | "symbol"): "" {
		const [, ...others] = this.#spellings[field];
		const last = others.pop();
		const also = others.length === 0 ? last : `${others.join(", ")} or ${last}`;
		this.refuse(
			"missing_field",
			`${field} is missing or empty`,
			`Add ${field} to the message; nexus also reads ${also}.`,
		);
		return "";
	}

	/** A short text without line breaks and control characters. */
	#word(given: Given | undefined, lengthMax: number): string | undefined {
		if (given === undefined) return undefined;
		if (given.text.length > lengthMax)
			return this.refuse("bad_field", `${given.key} is longer than ${lengthMax} characters`);
		if (control.test(given.text))
			return this.refuse("bad_field", `${given.key} holds a line break or control character`);
		return given.text;
	}

	/** Trimmed and in lower case; "" together with a refusal. */
	action(): string {
		const all = this.#all("action");
		// `signal` is often a title ("RSI cross"): where another key holds the action, it counts only as a known word.
		const given = all.length > 1 ? this.#without("signal", all, isKnownAction) : all;
		const agreed = this.#agreed("action", given, sameAction);
		if (agreed === undefined) return this.refusal === undefined ? this.#missing("action") : "";
		return (this.#word(agreed, word_length_max) ?? "").toLowerCase();
	}

	/** The symbol as it was sent; "" together with a refusal. */
	symbol(): string {
		const all = this.#all("symbol");
		// `market` may as well say "spot" or "crypto".
		const given = all.length > 1 ? this.#without("market", all, isPair) : all;
		const agreed = this.#agreed("symbol", given, sameSymbol);
		if (agreed === undefined) return this.refusal === undefined ? this.#missing("symbol") : "";
		if (isSymbol(agreed.text)) return agreed.text;
		this.refuse(
			"bad_field",
			`${agreed.key} ${shown(agreed.text)} is no symbol`,
			"Send it as TradingView's {{ticker}} gives it.",
		);
		return "";
	}

	/** Without the one key, which becomes just another field, unless it holds what the field is about. */
	#without(key: string, all: readonly Given[], counts: (given: Given) => boolean): readonly Given[] {
		const weak = all.find((given) => squeezedKey(given.key) === key);
		if (weak === undefined || counts(weak)) return all;
		setPlain(this.extras, weak.key, weak.value);
		return all.filter((given) => given !== weak);
	}

	price(): string | undefined {
		const all = this.#all("price");
		// Beside open, high or low, `close` is one of the bar's four prices and `price` the alert's own.
		const inBar = all.length > 1 && ["open", "high", "low"].some((key) => key in this.extras);
		const given = inBar ? this.#without("close", all, () => false) : all;
		const agreed = this.#agreed("price", given, sameNumber);
		if (agreed === undefined) return undefined;
		const price = plainPositive(agreed.text);
		if (price !== undefined) return price;
		return this.refuse("bad_price", `${agreed.key} is ${shownNumber(agreed)}, which is not a positive decimal number`);
	}

	/** `0.5` units or `50%`. */
	quantity(): string | undefined {
		const agreed = this.#agreed("quantity", this.#all("quantity"), sameQuantity);
		if (agreed === undefined) return undefined;
		const quantity = quantityText(agreed.text);
		if (quantity !== undefined) return quantity;
		const detail = `${agreed.key} is ${shownNumber(agreed)}, which is not a positive decimal number or percentage`;
		return this.refuse("bad_quantity", detail);
	}

	timeframe(): string | undefined {
		const agreed = this.#agreed("timeframe", this.#all("timeframe"), sameTimeframe);
		if (agreed === undefined) return undefined;
		const timeframe = canonicalTimeframe(agreed.text);
		if (timeframe !== undefined) return timeframe;
		const { detail, hint } = noTimeframe(agreed.key, agreed.text);
		return this.refuse("bad_field", detail, hint);
	}

	strategy(): string | undefined {
		return this.#word(this.#agreed("strategy", this.#all("strategy"), sameName), name_length_max);
	}

	alertId(): string | undefined {
		return this.#word(this.#first("alert_id"), id_length_max);
	}

	exchange(): string | undefined {
		return this.#word(this.#first("exchange"), word_length_max);
	}

	message(): string | undefined {
		return this.#first("message")?.text;
	}

	/**
	 * The message's own time, ISO 8601. A bar's open counts from the bar's end where the timeframe is known: so does a
	 * `time` that lies where bars start and too far back to be the moment of firing, for TradingView's {{time}} is that.
	 */
	time(timeframe: string | undefined, receivedAt: number | undefined): string | undefined {
		const fired = this.#first("time");
		const bar_open = this.#first("bar_time");
		if (fired !== undefined && bar_open !== undefined) setPlain(this.extras, bar_open.key, bar_open.value);
		const given = fired ?? bar_open;
		if (given === undefined) return undefined;
		const instant = instantOf(given.text);
		if (instant === undefined) {
			const hint = "Send {{timenow}}, an ISO 8601 time, or seconds or milliseconds since 1970.";
			return this.refuse("bad_field", `${given.key} ${shown(given.text)} is no time`, hint);
		}
		const bar = timeframe === undefined ? 0 : timeframeMs(timeframe);
		const mayBeOpen = squeezedKey(given.key) === "time" && bar > 0 && instant % Math.min(bar, bar_grid_ms) === 0;
		const tooOld = receivedAt === undefined || receivedAt - instant > fired_ms_max;
		const opens = fired === undefined || (mayBeOpen && tooOld);
		return new Date(opens ? instant + bar : instant).toISOString();
	}

	/** The stated position; undefined where the message states none. */
	stated(): Stated | undefined {
		if (!statedFields.some((field) => this.#given.has(field))) return undefined;
		const single = (field: Field): Given | undefined => this.#agreed(field, this.#all(field), sameNumber);
		return statedOf(
			{
				side: single("market_position"),
				size: single("market_position_size"),
				previous_side: single("prev_market_position"),
				previous_size: single("prev_market_position_size"),
				signed: single("position_size"),
			},
			(code, detail) => this.refuse(code, detail),
		);
	}

	/** A price, or a distance such as `2%`, both above zero. */
	priceOrDistance(field: "stop_loss" | "take_profit"): string | undefined {
		const agreed = this.#agreed(field, this.#all(field), sameQuantity);
		if (agreed === undefined) return undefined;
		const text = quantityText(agreed.text);
		if (text !== undefined) return text;
		const detail = `${agreed.key} is ${shownNumber(agreed)}, which is neither a price nor a distance such as 2%`;
		return this.refuse("bad_field", detail);
	}

	/** The entry's limit price. */
	limit(): string | undefined {
		const agreed = this.#agreed("limit", this.#all("limit"), sameNumber);
		if (agreed === undefined) return undefined;
		const price = plainPositive(agreed.text);
		return (
			price ??
			this.refuse("bad_price", `${agreed.key} is ${shownNumber(agreed)}, which is not a positive decimal number`)
		);
	}
}

/** "" where the message leaves the field empty; undefined where it holds something that no text can be read from. */
function textOf(field: Field, value: JsonValue): string | undefined {
	if (typeof value === "string") return value.toWellFormed().trim();
	if (value instanceof JsonNumber) return value.text;
	if (value instanceof NotANumber) return numeric.has(field) ? value.word : "";
	return value === null ? "" : undefined;
}

function codeOf(field: Field): RefusalCode {
	if (field === "price") return "bad_price";
	return field === "quantity" ? "bad_quantity" : "bad_field";
}

const isKnownAction = ({ text }: Given) => actionMeaning(text).type !== "CUSTOM";
const isPair = ({ text }: Given) => canonicalSymbol(text)?.includes("/") === true;
const sameTimeframe = (a: string, b: string) => canonicalTimeframe(a) === canonicalTimeframe(b);
const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const sameQuantity = (a: string, b: string) => quantityText(a) === quantityText(b);

function sameNumber(a: string, b: string): boolean {
	const first: Decimal | undefined = decimalOf(a);
	return first === undefined ? a === b : first === decimalOf(b);
}

function quantityText(text: string): string | undefined {
	const percent = text.endsWith("%");
	const value = plainPositive(percent ? text.slice(0, -1) : text);
	return value === undefined || !percent ? value : `${value}%`;
}

function shownNumber(given: Given): string {
	if (given.value instanceof NotANumber) return given.text === "" ? "left empty" : given.text;
	return shown(given.text);
}
