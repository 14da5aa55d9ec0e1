/**
 * What the main thread and a worker say to each other. A message is one string, because strings cross threads without being
 * copied piece by piece: the call's number, a word, a line feed, and then the body.
 */
import type { Keys } from "./recent-keys.ts";

/** What a worker is asked: `open` first, `group` to record, `read` for the reader's questions. */
export type Method = "open" | "group" | "read" | "load" | "open_alerts" | "work" | "strategy_state" | "prune" | "close";

/** The body of `open`. */
export interface OpenOptions {
	readonly role: "writer" | "reader";
	/** The data folder; null for a journal in memory. */
	readonly folder: string | null;
	readonly size_max_bytes: number;
	/** The file's pages, for tests of a full disk; null for no bound. */
	readonly pages_max: number | null;
	/** Milliseconds since 1970, when the journal was opened. */
	readonly opened_at: number;
}

/** The body of `prune`: times in milliseconds since 1970, `from` is the alert's row to go on from. */
export interface PruneStep {
	readonly cutoff: number;
	/** The cutoff while the journal is nearly as large as it may be. */
	readonly crowded: number;
	readonly from: number;
}

/** A reception as the worker needs it: columns in the head, records as the text that is stored. */
export interface ReceptionItem {
	readonly kind: "accept";
	readonly seq: number;
	/** Milliseconds since 1970. */
	readonly received_at: number;
	readonly strategy: string;
	readonly symbol: string;
	readonly sender_id: string | null;
	readonly keys: Keys;
	/** Milliseconds since 1970, when it was handed over. */
	readonly now: number;
	/** JSON of the Alert. */
	readonly alert: string;
	readonly raw: string;
	/** JSON of the verdicts before the answer. */
	readonly trace: string;
}

/** `changes` is the JSON of a list of Change. */
export type Item = ReceptionItem | { readonly kind: "commit"; readonly changes: string };

/** What became of one item; `seq` is the first alert's. */
export type Outcome =
	| { readonly kind: "accepted"; readonly id_reused: boolean }
	| { readonly kind: "duplicate" | "replayed"; readonly seq: number }
	| { readonly kind: "committed" }
	| { readonly kind: "error"; readonly error: string; readonly message: string };

/** A call or its answer as one string; `word` is a method, `ok` or `error`. */
export function encodeCall(id: number, word: string, body: string): string {
	return `${id} ${word}\n${body}`;
}

/** What {@link encodeCall} made. */
export function decodeCall(text: string): { readonly id: number; readonly word: string; readonly body: string } {
	const space = text.indexOf(" ");
	const line = text.indexOf("\n");
	return { id: Number(text.slice(0, space)), word: text.slice(space + 1, line), body: text.slice(line + 1) };
}

type Head = [
	seq: number,
	received_at: number,
	strategy: string,
	symbol: string,
	sender_id: string | null,
	key: string,
	meaning: string,
	by_id: 0 | 1,
	expires_at: number,
	replay_key: string | null,
	now: number,
];

/** One item as its texts, made at once: what the caller does to its objects afterwards changes nothing. */
export function itemTexts(item: Item): readonly string[] {
	if (item.kind === "commit") return [item.changes];
	const { seq, received_at, strategy, symbol, sender_id, keys, now } = item;
	const { key, meaning, by_id, expires_at, replay_key } = keys;
	const head: Head = [
		seq,
		received_at,
		strategy,
		symbol,
		sender_id,
		key,
		meaning,
		by_id ? 1 : 0,
		expires_at,
		replay_key,
		now,
	];
	return [JSON.stringify(head), item.alert, item.raw, item.trace];
}

/** A group's body: the lengths of all texts as JSON, a line feed, the texts one after the other. */
export function encodeGroup(items: readonly (readonly string[])[]): string {
	const lengths: number[][] = [];
	let texts = "";
	for (const item of items) {
		lengths.push(item.map((text) => text.length));
		for (const text of item) texts += text;
	}
	return `${JSON.stringify(lengths)}\n${texts}`;
}

/** The items of a body that {@link encodeGroup} made. */
export function decodeGroup(body: string): Item[] {
	let at = body.indexOf("\n");
	const lengths = JSON.parse(body.slice(0, at)) as number[][];
	at += 1;
	return lengths.map((item) => {
		const texts = item.map((length) => {
			at += length;
			return body.slice(at - length, at);
		});
		return itemOf(texts);
	});
}

function itemOf(texts: readonly string[]): Item {
	const [head = "", alert, raw, trace] = texts;
	if (alert === undefined || raw === undefined || trace === undefined) return { kind: "commit", changes: head };
	const [seq, received_at, strategy, symbol, sender_id, key, meaning, by_id, expires_at, replay_key, now] = JSON.parse(
		head,
	) as Head;
	const keys = { key, meaning, by_id: by_id === 1, expires_at, replay_key };
	return { kind: "accept", seq, received_at, strategy, symbol, sender_id, keys, now, alert, raw, trace };
}
