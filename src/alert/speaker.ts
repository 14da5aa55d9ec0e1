/** Who reads a message: a built-in dialect or a plugin's, found by its name or by the message's shape. */
import { dialectNames } from "../domain/dialect-names.ts";
import type { DeclaredDialect, PluginDialects } from "../domain/plugin-dialects.ts";
import { type Dialect, type JsonDialect, refused, type TextDialect } from "./dialect.ts";
import { nexus } from "./dialects/nexus.ts";
import { dialects } from "./dialects.ts";
import type { JsonObject } from "./json-value.ts";

/** A dialect that a plugin defines; it reads objects and texts alike. */
export interface PluginSpeaker {
	readonly form: "plugin";
	readonly name: string;
}

export type Speaker = Dialect | PluginSpeaker;

/** Characters of a body that is tried as another vendor's text. */
const text_length_max = 10_000;

/** Undefined where nobody has the name. */
export function speakerNamed(name: string, plugins: PluginDialects | undefined): Speaker | undefined {
	const builtIn = dialects.find((dialect) => dialect.name === name);
	if (builtIn !== undefined) return builtIn;
	return plugins?.dialects().some((dialect) => dialect.name === name) ? { form: "plugin", name } : undefined;
}

/** The refusal of a name that {@link speakerNamed} does not know; `by` is who gave it. */
export function unknownSpeaker(name: string, by: "sender" | "strategy", plugins: PluginDialects | undefined) {
	const broken = plugins?.brokenFor(name)?.error ?? undefined;
	if (broken !== undefined) {
		return refused("dialect_failed", `no version of the plugin works yet that defines the dialect ${name}: ${broken}`);
	}
	const known = [...dialectNames, ...(plugins?.dialects() ?? []).map((dialect) => dialect.name)].join(", ");
	if (by === "sender") {
		return refused("bad_field", "no dialect has the name that was asked for", `Known dialects: ${known}.`);
	}
	const hint = `Correct dialect: under the strategy, or put the plugin's file back; there is ${known}.`;
	return refused("dialect_failed", `nothing defines the dialect ${name}, which is set for the strategy`, hint);
}

/** The first that recognises an object: built in, then a plugin's, and Nexus's own payload last. */
export function speakerOf(command: JsonObject, plugins: PluginDialects | undefined): JsonDialect | PluginSpeaker {
	for (const dialect of dialects) {
		if (dialect.form !== "json" || dialect === nexus || !dialect.recognises(command)) continue;
		return dialect;
	}
	for (const { name, recognises } of plugins?.dialects() ?? []) {
		if (recognises !== undefined && hasKeys(recognises, command)) return { form: "plugin", name };
	}
	return nexus;
}

function hasKeys(recognises: NonNullable<DeclaredDialect["recognises"]>, command: JsonObject): boolean {
	return "keys" in recognises && recognises.keys.every((key) => key in command);
}

/** The first that recognises a text; looks only as far as a shape needs. */
export function speakerOfText(
	text: string,
	plugins: PluginDialects | undefined,
): TextDialect | PluginSpeaker | undefined {
	if (text.length > text_length_max) return undefined;
	const body = startOf(text);
	if (body === "" || looksLikeJson(body)) return undefined;
	for (const dialect of dialects) if (dialect.form === "text" && dialect.recognises(body)) return dialect;
	for (const { name, recognises } of plugins?.dialects() ?? []) {
		if (recognises === undefined || !("starts_with" in recognises)) continue;
		if (body.startsWith(recognises.starts_with)) return { form: "plugin", name };
	}
	return undefined;
}

/** True for a body that was meant as JSON, however broken. */
export function looksLikeJson(text: string): boolean {
	const first = startOf(text)[0];
	return first === "{" || first === "[";
}

function startOf(text: string): string {
	return text.replace(/^[\s\ufeff]+/, "");
}
