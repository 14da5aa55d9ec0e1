/** Bytes to meaning: a body is read as JSON, cut into commands, and each command is understood in its dialect. */
import type { Refusal } from "../domain/codes.ts";
import { type JsonDialect, type ReadContext, type ReadItem, refused, type TextDialect } from "./dialect.ts";
import { dialects } from "./dialects.ts";
import { type HiddenSpan, readJson } from "./json.ts";
import { Contradiction, isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "./json-value.ts";
import { isSecretField } from "./secret-field.ts";
import { decideType } from "./type-of.ts";
import { unreadable } from "./unreadable.ts";

/** Commands in one body. */
export const commands_max = 50;
/** Characters of a body that is tried as another vendor's text. */
const text_length_max = 10_000;

export interface ReadOptions extends ReadContext {
	/** Reads every command in this dialect instead of recognising it. */
	readonly dialect?: string;
}

export type ReadResult =
	| {
			readonly ok: true;
			/** One for each command, in order; at least one. */
			readonly items: readonly ReadItem[];
			/** The body with `"***"` in place of every credential and without comments: this may be stored. */
			readonly raw: string;
	  }
	/** Nothing in it is a command. */
	| { readonly ok: false; readonly refusal: Refusal };

/**
 * Understands a request's body, whatever its content type says: one JSON object, an array of them, or several one after
 * the other, or another vendor's text. Never throws.
 */
export function readBody(text: string, options: ReadOptions = {}): ReadResult {
	const named = options.dialect?.trim().toLowerCase();
	const wanted = named === undefined ? undefined : dialects.find(({ name }) => name === named);
	if (named !== undefined && wanted === undefined) {
		const known = dialects.map(({ name }) => name).join(", ");
		return refused("bad_field", "no dialect has the name that was asked for", `Known dialects: ${known}.`);
	}
	if (wanted?.form === "text") return readText(text, wanted, options);
	const json = readJson(text, isSecretField);
	if (!json.ok) {
		const spoken = wanted === undefined ? textDialectOf(text) : undefined;
		if (spoken !== undefined) return readText(text, spoken, options);
		return { ok: false, refusal: unreadable(text, json.problem) };
	}
	const { values } = json;
	const commands = values.some(isJsonArray)
		? values.flatMap((value) => (isJsonArray(value) ? value : [value]))
		: values;
	if (!commands.some((command) => isJsonObject(command))) {
		return { ok: false, refusal: unreadable(text, "there is no object in it") };
	}
	if (commands.length > commands_max) return tooManyCommands(commands.length);
	const items = commands.map((command) => readCommand(command, json.contradictory, wanted, options));
	return { ok: true, items, raw: redacted(text, json.hidden) };
}

function tooManyCommands(count: number): ReadResult {
	return refused(
		"body_too_large",
		`${count} commands in one body; at most ${commands_max} are read`,
		"Send them in several messages.",
	);
}

function readText(text: string, dialect: TextDialect, context: ReadContext): ReadResult {
	const { items, hidden } = dialect.read(text, context);
	if (items.length > commands_max) return tooManyCommands(items.length);
	return { ok: true, items: items.map(decided), raw: redacted(text, hidden) };
}

/** Looks at the start of a body only as far as a shape needs. */
function textDialectOf(text: string): TextDialect | undefined {
	if (text.length > text_length_max) return undefined;
	const body = text.replace(/^[\s\ufeff]+/, "");
	if (body === "" || body[0] === "{" || body[0] === "[") return undefined;
	for (const dialect of dialects) if (dialect.form === "text" && dialect.recognises(body)) return dialect;
	return undefined;
}

function readCommand(
	command: JsonValue,
	contradictory: boolean,
	wanted: JsonDialect | undefined,
	context: ReadContext,
): ReadItem {
	if (!isJsonObject(command)) return refused("unreadable_body", "this command is no object");
	const twice = contradictory ? contradictionIn(command) : undefined;
	if (twice !== undefined) {
		return refused("contradictory_fields", `${JSON.stringify(twice.slice(0, 64))} stands twice with different values`);
	}
	return decided((wanted ?? dialectOf(command)).read(command, context));
}

/** What its position fields make of a command. */
function decided(item: ReadItem): ReadItem {
	if (!item.ok || item.reading.stated === undefined) return item;
	const { reading, notes } = decideType(item.reading);
	return { ok: true, reading, notes: notes.length === 0 ? item.notes : [...item.notes, ...notes] };
}

function dialectOf(command: JsonObject): JsonDialect {
	for (const dialect of dialects) if (dialect.form === "json" && dialect.recognises(command)) return dialect;
	throw new Error("no dialect recognises the command, though the last one recognises all");
}

/** The first key in a value that stood twice. */
function contradictionIn(value: JsonValue): string | undefined {
	if (value instanceof Contradiction) return value.key;
	const inner = isJsonArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
	for (const item of inner) {
		const key = contradictionIn(item);
		if (key !== undefined) return key;
	}
	return undefined;
}

function redacted(text: string, hidden: readonly HiddenSpan[]): string {
	let kept = "";
	let from = 0;
	for (const { start, end, replacement } of hidden) {
		kept += text.slice(from, start) + replacement;
		from = end;
	}
	return from === 0 ? text : kept + text.slice(from);
}
