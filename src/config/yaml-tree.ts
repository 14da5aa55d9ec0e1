/** YAML text → the tree as written, with places, the environment filled in, and bounded whatever the text says. */
import {
	type Document,
	isAlias,
	isMap,
	isScalar,
	isSeq,
	LineCounter,
	type Pair,
	parseDocument,
	type Scalar,
} from "yaml";
import { type Environment, substitute } from "./environment.ts";
import type { Findings } from "./findings.ts";
import type { Path } from "./problem.ts";
import { syntaxMessage } from "./syntax.ts";
import { depth_max, nodeAt, nodes_max, type Written } from "./written.ts";

/** A file as read: its tree, and where in it a path or an offset is. */
export interface YamlTree {
	readonly root: Written;
	locate(at: Path | number): { readonly line: number; readonly column: number };
}

/** Reads `text`. What is wrong goes into `findings`; undefined where it is not YAML at all. */
export function readYaml(text: string, environment: Environment, findings: Findings): YamlTree {
	const lines = new LineCounter();
	const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
	const locateOffset = (offset: number) => {
		const { line, col } = lines.linePos(Math.min(offset, text.length));
		return { line: Math.max(line, 1), column: Math.max(col, 1) };
	};
	const linesSeen = new Set<number>();
	for (const error of [...document.errors, ...document.warnings]) {
		const offset = error.pos[0];
		const { line } = locateOffset(offset);
		// One mistake often makes several errors; the first of a line is the one that helps.
		if (!linesSeen.has(line)) findings.problem([], syntaxMessage(error.code, text, offset), offset);
		linesSeen.add(line);
	}
	const root: Written = findings.anyProblem
		? { kind: "broken", offset: 0 }
		: new TreeReader(environment, findings).read(document);
	return { root, locate: (at) => locateOffset(typeof at === "number" ? at : nodeAt(root, at).offset) };
}

class TreeReader {
	readonly #environment: Environment;
	readonly #findings: Findings;
	readonly #anchors = new Map<string, unknown>();
	/** Anchored nodes that are being read: an alias to one of them would never end. */
	readonly #open = new Set<unknown>();
	#nodes = 0;

	constructor(environment: Environment, findings: Findings) {
		this.#environment = environment;
		this.#findings = findings;
	}

	read(document: Document): Written {
		return this.#node(document.contents, [], 0, 0);
	}

	#node(node: unknown, path: Path, offset: number, depth: number): Written {
		this.#nodes += 1;
		if (this.#nodes > nodes_max || depth > depth_max) {
			// Said once: whatever comes after it is cut off as well.
			if (this.#nodes <= nodes_max + 1) this.#tooMuch(path, offset, depth);
			return { kind: "broken", offset };
		}
		if (isAlias(node)) return this.#alias(node.source, path, offset, depth);
		if (!isMap(node) && !isSeq(node) && !isScalar(node)) return { kind: "absent", offset };
		if (node.tag !== undefined && !/^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/.test(node.tag)) {
			return this.#broken(path, "this tag (!…) is not used here; remove it", offset);
		}
		if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
		this.#open.add(node);
		const written = isScalar(node)
			? this.#scalar(node, path, offset)
			: isMap(node)
				? this.#map(node.items, path, offset, depth)
				: this.#list(node.items, path, offset, depth);
		this.#open.delete(node);
		return written;
	}

	#tooMuch(path: Path, offset: number, depth: number): void {
		if (depth > depth_max) this.#findings.problem(path, `more than ${depth_max} levels deep`, offset);
		else this.#findings.problem(path, `more than ${nodes_max} values, counting what aliases repeat`, offset);
	}

	#broken(path: Path, message: string, offset: number): Written {
		this.#findings.problem(path, message, offset);
		return { kind: "broken", offset };
	}

	#alias(name: string, path: Path, offset: number, depth: number): Written {
		const target = this.#anchors.get(name);
		if (target === undefined) return this.#broken(path, "this alias (*name) has no anchor (&name) above it", offset);
		if (this.#open.has(target)) return this.#broken(path, "this alias (*name) stands inside its own anchor", offset);
		return this.#node(target, path, offset, depth + 1);
	}

	#scalar(node: Scalar, path: Path, offset: number): Written {
		const { value } = node;
		if (value === null) return { kind: "absent", offset };
		const written = typeof value === "string" ? value : (node.source ?? String(value));
		const result = substitute(written, this.#environment);
		if (!result.ok) {
			for (const message of result.messages) this.#findings.problem(path, message, offset);
			return { kind: "broken", offset };
		}
		const { text, substituted } = result;
		const quoted = node.type !== "PLAIN";
		return {
			kind: "scalar",
			offset,
			text,
			shown: substituted ? written : text,
			value: substituted && !quoted ? plainValue(text) : typeof value === "string" ? text : knownValue(value, text),
		};
	}

	#list(items: readonly unknown[], path: Path, offset: number, depth: number): Written {
		const read = items.map((item, index) => this.#node(item, [...path, index], offsetOf(item) ?? offset, depth + 1));
		return { kind: "list", offset, items: read };
	}

	#map(pairs: readonly Pair[], path: Path, offset: number, depth: number): Written {
		const entries = new Map<string, Written>();
		const merged: Written[] = [];
		for (const { key, value } of pairs) {
			const place = offsetOf(key) ?? offset;
			const name = isScalar(key) ? String(key.source ?? key.value ?? "") : undefined;
			if (name === undefined || name === "") this.#broken(path, "a key must be plain text", place);
			else if (name === "<<") merged.push(this.#node(value, path, place, depth + 1));
			else if (entries.has(name)) this.#twice(name, path, place);
			else entries.set(name, this.#node(value, [...path, name], place, depth + 1));
		}
		for (const source of merged) this.#merge(source, entries, path);
		return { kind: "map", offset, entries };
	}

	/** Only a word is repeated: a key that is none may be a secret with its space missing. */
	#twice(name: string, path: Path, offset: number): void {
		const word = /^[A-Za-z0-9_.-]{1,40}$/.test(name) ? `the key ${name}` : "a key";
		this.#findings.problem(path, `${word} stands twice in the same map; keep one`, offset);
	}

	/** `<<: *defaults` fills in what the map itself does not say. */
	#merge(source: Written, entries: Map<string, Written>, path: Path): void {
		const maps = source.kind === "list" ? source.items : [source];
		for (const map of maps) {
			if (map.kind === "broken") continue;
			if (map.kind !== "map") this.#broken(path, "<< takes the alias of a map (<<: *name)", map.offset);
			else for (const [name, value] of map.entries) if (!entries.has(name)) entries.set(name, value);
		}
	}
}

function offsetOf(node: unknown): number | undefined {
	return isAlias(node) || isMap(node) || isSeq(node) || isScalar(node) ? node.range?.[0] : undefined;
}

function knownValue(value: unknown, text: string): string | number | boolean {
	return typeof value === "number" || typeof value === "boolean" ? value : text;
}

/** What YAML would take an unquoted value for; only for text that came from the environment. */
function plainValue(text: string): string | number | boolean {
	if (text === "true" || text === "false") return text === "true";
	return /^[-+]?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : text;
}
