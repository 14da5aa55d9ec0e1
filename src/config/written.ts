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

/** A plain JavaScript value as if it had been written. Functions and undefined count as absent. */
export function fromValue(value: unknown, depth = 0): Written {
	if (depth > depth_max) return { kind: "broken", offset: 0 };
	if (value === null || value === undefined || typeof value === "function") return absent;
	if (Array.isArray(value)) {
		return { kind: "list", offset: 0, items: value.map((item) => fromValue(item, depth + 1)) };
	}
	if (typeof value === "object") {
		const entries = Object.entries(value).filter(([, item]) => item !== undefined && typeof item !== "function");
		return {
			kind: "map",
			offset: 0,
			entries: new Map(entries.map(([key, item]) => [key, fromValue(item, depth + 1)])),
		};
	}
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
		const next =
			node.kind === "map"
				? node.entries.get(String(step))
				: node.kind === "list" && typeof step === "number"
					? node.items[step]
					: undefined;
		if (next === undefined) return node;
		node = next;
	}
	return node;
}
