/** Reads a written node by its schema: every problem is reported with its path, and what is right is decoded all the same. */
import { type Static, type TArray, type TObject, type TSchema, TypeGuard } from "@sinclair/typebox";
import type { Decimal } from "../domain/decimal.ts";
import type { Size } from "../domain/settings.ts";
import { Findings } from "./findings.ts";
import { kindWords, type Reader, reader } from "./leaf.ts";
import { nearest } from "./nearest.ts";
import type { Path } from "./problem.ts";
import { absent, fromValue, type Written } from "./written.ts";

/** What could be decoded: anything that had a problem is undefined. */
export type Loose<T> = T extends Decimal | string | number | boolean | Size | undefined
	? T | undefined
	: T extends readonly (infer Item)[]
		? readonly (Loose<Item> | undefined)[]
		: { readonly [Key in keyof T]?: Loose<T[Key]> };

/**
 * Decodes `node`. Where `findings` has no problem afterwards, the result is a whole Static<S>.
 * A key that is absent has its default, is undefined where it is optional, and is reported where it is neither.
 */
export function read<S extends TSchema>(
	schema: S,
	node: Written,
	path: Path,
	findings: Findings,
): Loose<Static<S>> | undefined {
	return readNode(schema, node, path, findings) as Loose<Static<S>> | undefined;
}

function readNode(schema: TSchema, node: Written, path: Path, findings: Findings): unknown {
	if (node.kind === "broken") return undefined;
	if (node.kind === "absent") return readAbsent(schema, path, findings);
	const own = readerOf(schema);
	if (own !== undefined) return own(node, path, findings);
	if (TypeGuard.IsObject(schema)) return readObject(schema, node, path, findings);
	if (TypeGuard.IsArray(schema)) return readArray(schema, node, path, findings);
	throw new Error(`the schema of ${JSON.stringify(path)} is of a kind that cannot be read`);
}

/** The reader that hangs on a leaf. */
function readerOf(schema: TSchema): Reader<unknown> | undefined {
	return (schema as { readonly [reader]?: Reader<unknown> })[reader];
}

function readAbsent(schema: TSchema, path: Path, findings: Findings): unknown {
	if (TypeGuard.IsOptional(schema)) return undefined;
	if (schema.default !== undefined) return readNode(schema, defaultNode(schema), path, findings);
	if (TypeGuard.IsObject(schema)) return readObject(schema, absent, path, findings);
	if (TypeGuard.IsArray(schema)) return [];
	findings.problem(path, "this key is missing");
	return undefined;
}

function readObject(schema: TObject, node: Written, path: Path, findings: Findings): unknown {
	if (node.kind !== "map" && node.kind !== "absent") return wrongKind("a map (key: value)", node, path, findings);
	const entries = node.kind === "map" ? node.entries : new Map<string, Written>();
	const known = Object.keys(schema.properties);
	for (const key of entries.keys()) {
		if (!known.includes(key)) findings.problem(path, unknownKey(key, known), [...path, key]);
	}
	const decoded: [string, unknown][] = [];
	for (const [key, property] of Object.entries(schema.properties)) {
		const value = readNode(property, entries.get(key) ?? absent, [...path, key], findings);
		if (value !== undefined) decoded.push([key, value]);
	}
	return Object.fromEntries(decoded);
}

function readArray(schema: TArray, node: Written, path: Path, findings: Findings): unknown {
	if (node.kind !== "list") return wrongKind("a list ([a, b] or lines that begin with -)", node, path, findings);
	return node.items.map((item, index) => {
		const place = [...path, index];
		if (item.kind !== "absent" || TypeGuard.IsObject(schema.items)) {
			return readNode(schema.items, item, place, findings);
		}
		findings.problem(place, "this entry is empty; remove it or give it a value");
		return undefined;
	});
}

/** Says that a node is of the wrong kind; always undefined. */
export function wrongKind(wanted: string, node: Written, path: Path, findings: Findings): undefined {
	if (node.kind !== "broken") findings.problem(path, `this must be ${wanted}, not ${kindWords[node.kind]}`);
}

/** `unknown key "risk_multipler"; did you mean "risk_multiplier"?` */
export function unknownKey(key: string, known: readonly string[]): string {
	const word = /^[A-Za-z0-9_.-]{1,40}/.exec(key)?.[0] ?? "";
	// What follows a colon without a space is a value, and may be a secret.
	if (key.startsWith(`${word}:`) && known.includes(word)) return `a space is missing after "${word}:"`;
	const meant = nearest(key, known);
	const list = known.length === 0 ? "there are no keys here" : `the keys here are ${known.join(", ")}`;
	const cure = meant === undefined ? list : `did you mean "${meant}"?`;
	return `unknown key "${word === key ? key : `${word}…`}"; ${cure}`;
}

/** The default that a key documents, decoded like anything that is written. Throws where the schema has none that it can read. */
export function defaultOf<S extends TSchema>(schema: S): Static<S> {
	const findings = new Findings();
	const value = readNode(schema, defaultNode(schema), [], findings);
	if (value === undefined || findings.anyProblem) throw new Error("the schema's own default cannot be read");
	return value as Static<S>;
}

function defaultNode(schema: TSchema): Written {
	return fromValue(schema.default) ?? absent;
}
