/** Schemas for what a list alone cannot say: one value or a list of them, and maps whose keys are the user's own. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { type Leaf, type LeafNotes, leaf } from "./leaf.ts";
import { read, wrongKind } from "./read.ts";
import { toValue } from "./written.ts";

/** One value, or a list of at most `items_max`. Empty values are left out. */
export function oneOrSome(item: Leaf<string>, items_max: number, notes: LeafNotes): Leaf<readonly string[]> {
	const json = { anyOf: [item, { type: "array", items: item, maxItems: items_max }] };
	return leaf<readonly string[]>(json, notes, (node, path, findings) => {
		if (node.kind === "broken") return undefined;
		if (node.kind === "map") return wrongKind("one value or a list", node, path, findings);
		if (node.kind === "list" && node.items.length > items_max) {
			findings.problem(path, `this list has ${node.items.length} entries, but ${items_max} are the most`);
		}
		const values =
			node.kind === "list" ? (read(Type.Array(item), node, path, findings) ?? []) : [read(item, node, path, findings)];
		return values.flatMap((value) => (value === undefined || value === "" ? [] : [value]));
	});
}

/** One entry of a map whose keys are the user's own. */
export interface Named<T> {
	readonly name: string;
	readonly value: T;
}

/** A map from names to values; decoded in the order written. `rule` is what a name must look like. */
export function named<S extends TSchema>(
	item: S,
	rule: { readonly pattern: RegExp; readonly what: string },
	notes: LeafNotes,
): Leaf<readonly Named<Static<S>>[]> {
	const json = { type: "object", additionalProperties: item };
	return leaf<readonly Named<Static<S>>[]>(json, notes, (node, path, findings) => {
		if (node.kind === "broken") return undefined;
		if (node.kind !== "map") return wrongKind("a map (name: …)", node, path, findings);
		const entries: Named<Static<S>>[] = [];
		for (const [name, value] of node.entries) {
			const place = [...path, name];
			if (!rule.pattern.test(name)) findings.problem(place, `this name is not ${rule.what}`);
			// Kept by its name even where its value could not be read, so that who names it is not blamed.
			entries.push({ name, value: read(item, value, place, findings) as Static<S> });
		}
		return entries;
	});
}

/** A map that is handed on as it is. */
export function free(notes: LeafNotes): Leaf<Readonly<Record<string, unknown>>> {
	return leaf<Readonly<Record<string, unknown>>>({ type: "object" }, notes, (node, path, findings) => {
		if (node.kind === "broken") return undefined;
		if (node.kind !== "map") return wrongKind("a map (key: value)", node, path, findings);
		return toValue(node) as Readonly<Record<string, unknown>>;
	});
}
