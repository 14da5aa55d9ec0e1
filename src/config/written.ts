/** A configuration as it was written, before anything is known about its meaning: maps, lists and single values with their places. */
import type { Path } from "./problem.ts";

/** One node. `offset` is where a problem with it is reported: its key in a map, itself in a list. */
export type Written =
	| { readonly kind: "map"; readonly offset: number; readonly entries: ReadonlyMap<string, Written> }
	| { readonly kind: "list"; readonly offset: number; readonly items: readonly Written[] }
	| WrittenScalar
	/** A key without a value. */
	| { readonly kind: "absent"; readonly offset: number }
	/** Already reported; nothing more is said about it. */
	| { readonly kind: "broken"; readonly offset: number };

export interface WrittenScalar {
	readonly kind: "scalar";
	readonly offset: number;
	/** The text itself, so that `0123` and `1.10` keep their digits. */
	readonly text: string;
	/** What messages show instead of `text`: as written, before anything came in from the environment. */
	readonly shown: string;
	/** What YAML takes it for, where no schema says otherwise. */
	readonly value: string | number | boolean;
}

/** A node that nobody wrote. */
export const absent: Written = { kind: "absent", offset: 0 };

/** Nodes inside nodes, at most. */
export const depth_max = 64;
/** Nodes after aliases are followed: a short file cannot become a long one. */
export const nodes_max = 100_000;

/**
 * A plain JavaScript value as if it had been written. Functions and undefined count as absent.
 * Undefined where it is deeper than `depth_max` or larger than `nodes_max`, as a value is that contains itself.
 */
export function fromValue(value: unknown): Written | undefined {
	let nodes = 0;
	let tooMuch = false;
	const convert = (item: unknown, depth: number): Written => {
		nodes += 1;
		tooMuch ||= depth > depth_max || nodes > nodes_max;
		if (tooMuch || item === null || item === undefined || typeof item === "function") return absent;
		if (Array.isArray(item)) return { kind: "list", offset: 0, items: item.map((each) => convert(each, depth + 1)) };
		if (typeof item !== "object") return scalarOf(item);
		const entries = Object.entries(item).filter(([, each]) => each !== undefined && typeof each !== "function");
		return { kind: "map", offset: 0, entries: new Map(entries.map(([key, each]) => [key, convert(each, depth + 1)])) };
	};
	const written = convert(value, 0);
	return tooMuch ? undefined : written;
}

function scalarOf(value: unknown): Written {
	const text = String(value);
	const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
	return { kind: "scalar", offset: 0, text, shown: text, value: known ? value : text };
}

/** The node as a plain JavaScript value, for settings that only a plugin understands. */
export function toValue(node: Written): unknown {
	switch (node.kind) {
		case "map":
			return Object.fromEntries([...node.entries].map(([key, value]) => [key, toValue(value)]));
		case "list":
			return node.items.map(toValue);
		case "scalar":
			return node.value;
		case "absent":
		case "broken":
			return null;
		default:
			return node satisfies never;
	}
}

/** The node at `path`, or the nearest one above it that exists. */
export function nodeAt(root: Written, path: Path): Written {
	let node = root;
	for (const step of path) {
		const next = childOf(node, step);
		if (next === undefined) return node;
		node = next;
	}
	return node;
}

/** A number also counts the entries of a map: some lists may be written as maps. */
function childOf(node: Written, step: string | number): Written | undefined {
	if (node.kind === "list") return typeof step === "number" ? node.items[step] : undefined;
	if (node.kind !== "map") return undefined;
	return typeof step === "number" ? [...node.entries.values()][step] : node.entries.get(step);
}
