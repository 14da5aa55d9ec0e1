/** A leaf of the schema: JSON Schema for editors, words for the table, and the reader that decodes what was written. */
import { type TSchema, type TUnsafe, Type } from "@sinclair/typebox";
import type { Findings } from "./findings.ts";
import type { Path } from "./problem.ts";
import type { Written, WrittenScalar } from "./written.ts";

/** Where a node's reader hangs on its schema; not part of the JSON. */
export const reader: unique symbol = Symbol("reader");

/** Decodes a node, or reports why not and returns undefined. */
export type Reader<T> = (node: Written, path: Path, findings: Findings) => T | undefined;

/** What every key of nexus.yaml says about itself. */
export interface Notes {
	/** One sentence. */
	readonly description: string;
	/** As it would be written. The program's default where the key may be left out; a key with neither this nor Type.Optional must be there. */
	readonly default?: unknown;
	/** Smallest and largest value, as they would be written. */
	readonly range?: readonly [minimum: string, maximum: string];
	/** What is allowed, in words, where it is not a range. */
	readonly allowed?: string;
}

/** Notes with what the kind of leaf adds. */
export interface LeafNotes extends Notes {
	/** The column "type, unit" of the table. */
	readonly unit: string;
}

/** What a key says about itself, whatever kind of schema it has. */
export function notesOf(schema: TSchema): Partial<LeafNotes> {
	return schema as Partial<LeafNotes>;
}

/** Any leaf, whatever it decodes to. */
export type Leaf<T> = TUnsafe<T> & LeafNotes & { readonly [reader]: Reader<T> };

/** `{ value }`, or the message that says what is wrong with it and how to write it. */
export type Parsed<T> = { readonly value: T } | { readonly message: string };

/** Makes a leaf. `json` is the JSON Schema of its written form. */
export function leaf<T>(json: Readonly<Record<string, unknown>>, notes: LeafNotes, read: Reader<T>): Leaf<T> {
	return { ...Type.Unsafe<T>({ ...json, ...notes }), ...notes, [reader]: read };
}

/** A leaf that is one value: `parse` gets its text and the words by which a message may name it. */
export function scalarLeaf<T>(
	json: Readonly<Record<string, unknown>>,
	notes: LeafNotes,
	parse: (text: string, shown: string) => Parsed<T>,
): Leaf<T> {
	return leaf(json, notes, (node, path, findings) => {
		if (node.kind === "broken") return undefined;
		if (node.kind !== "scalar") {
			findings.problem(path, `this must be one value (${notes.unit}), not ${kindWords[node.kind]}`);
			return undefined;
		}
		const parsed = parse(node.text, shownOf(node));
		if ("value" in parsed) return parsed.value;
		findings.problem(path, parsed.message);
		return undefined;
	});
}

/** A leaf whose values have an order; `range` is checked with the same parser that reads the value. */
export function rangedLeaf<T extends number | bigint>(
	json: Readonly<Record<string, unknown>>,
	notes: LeafNotes,
	parse: (text: string, shown: string) => Parsed<T>,
): Leaf<T> {
	const bound = (index: 0 | 1): { readonly value: T; readonly text: string } | undefined => {
		const text = notes.range?.[index];
		if (text === undefined) return undefined;
		const parsed = parse(text, text);
		if (!("value" in parsed)) throw new Error(`the schema's own bound cannot be read: ${parsed.message}`);
		return { value: parsed.value, text };
	};
	const minimum = bound(0);
	const maximum = bound(1);
	return scalarLeaf(json, notes, (text, shown) => {
		const parsed = parse(text.trim(), shown);
		if (!("value" in parsed)) return parsed;
		if (minimum !== undefined && parsed.value < minimum.value) return { message: `${shown} is below ${minimum.text}` };
		if (maximum !== undefined && parsed.value > maximum.value) return { message: `${shown} is above ${maximum.text}` };
		return parsed;
	});
}

/** What a node of the wrong kind is called in a message. */
export const kindWords: Readonly<Record<Exclude<Written["kind"], "broken">, string>> = {
	map: "a map",
	list: "a list",
	scalar: "a single value",
	absent: "nothing",
};

const shown_characters_max = 60;

/** Numbers as they are, other text in quotes, long text cut. */
export function shownText(text: string): string {
	if (/^[-+.\d][\w.%+\-/ :]{0,39}$/.test(text)) return text;
	return JSON.stringify(text.length > shown_characters_max ? `${text.slice(0, shown_characters_max)}…` : text);
}

/** How a message may name this value: as written in the file, never as it came from the environment. */
export function shownOf(node: WrittenScalar): string {
	return shownText(node.shown);
}
