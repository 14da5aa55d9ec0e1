/** Bytes to meaning: a body is read as JSON, cut into commands, and each command is understood in its dialect. */
import type { Refusal } from "../domain/codes.ts";
import { type Dialect, type ReadContext, type ReadItem, refused } from "./dialect.ts";
import { dialects } from "./dialects.ts";
import { type HiddenSpan, readJson } from "./json.ts";
import { Contradiction, isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "./json-value.ts";
import { isSecretField } from "./secret-field.ts";
import { unreadable } from "./unreadable.ts";

/** Commands in one body. */
export const commands_max = 50;

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
 * Understands a request's body, whatever its content type says: one object, an array of them, or several one after the
 * other. Never throws.
 */
export function readBody(text: string, options: ReadOptions = {}): ReadResult {
	const named = options.dialect?.trim().toLowerCase();
	if (named !== undefined && !dialects.some(({ name }) => name === named)) {
		const known = dialects.map(({ name }) => name).join(", ");
		return refused("bad_field", "no dialect has the name that was asked for", `Known dialects: ${known}.`);
	}
	const json = readJson(text, isSecretField);
	if (!json.ok) return { ok: false, refusal: unreadable(text, json.problem) };
	const { values } = json;
	const commands = values.some(isJsonArray)
		? values.flatMap((value) => (isJsonArray(value) ? value : [value]))
		: values;
	if (!commands.some((command) => isJsonObject(command))) {
		return { ok: false, refusal: unreadable(text, "there is no object in it") };
	}
	if (commands.length > commands_max) {
		return refused(
			"body_too_large",
			`${commands.length} commands in one body; at most ${commands_max} are read`,
			"Send them in several messages.",
		);
	}
	const items = commands.map((command) => readCommand(command, json.contradictory, named, options));
	return { ok: true, items, raw: redacted(text, json.hidden) };
}

function readCommand(
	command: JsonValue,
	contradictory: boolean,
	named: string | undefined,
	context: ReadContext,
): ReadItem {
	if (!isJsonObject(command)) return refused("unreadable_body", "this command is no object");
	const twice = contradictory ? contradictionIn(command) : undefined;
	if (twice !== undefined) {
		return refused("contradictory_fields", `${JSON.stringify(twice.slice(0, 64))} stands twice with different values`);
	}
	return dialectOf(command, named).read(command, context);
}

function dialectOf(command: JsonObject, named: string | undefined): Dialect {
	const found = dialects.find((dialect) =>
		named === undefined ? dialect.recognises(command) : dialect.name === named,
	);
	if (found === undefined) throw new Error("no dialect recognises the command, though the last one recognises all");
	return found;
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
