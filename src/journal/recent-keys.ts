/**
 * The keys of the duplicate and the replay check: looked up at once, written where they can be searched only later.
 *
 * Why not simply two indexes: keys are hashes, so each insert lands on a page of its own, and each touched page goes whole
 * into the write-ahead log. Measured with 300,000 keys in groups of 64: one random key per record 29,000 to 37,000
 * records/s, two 19,000, appended only over 80,000; collecting 16,384 keys and sorting them into the index 22,000 to 33,000,
 * because they still touch most of its pages. So a key is appended to `recent_keys` in its record's own transaction and held
 * in memory; when `recent_keys_max` are held they are frozen and written as one sorted run, which is appending again, with a
 * filter that keeps most look-ups off the disk (key-runs.ts). Records pay for this as they come (`pay`), slice by slice, a
 * slice being the keys with the same first byte: there is no long pause, and a journal at rest does nothing. After a crash
 * the run is written again from `recent_keys`, which loses its rows last; writing a key twice changes nothing.
 *
 * In memory: at most twice `recent_keys_max` keys, about 8 MB, and 2 bytes for each key in a run. Runs of the duplicate check
 * go when their last key expires; those of replay keys stay for good.
 */
import type { Database } from "bun:sqlite";
import { addTo, emptyFilter, positionsOf } from "./key-filter.ts";
import { KeyRuns, type Run } from "./key-runs.ts";

/** Rows held before they are frozen; the filters are made for this many. */
const recent_keys_max = 16_384;
const slices = 256;
/** A run takes 256 steps for its slices and some more for what follows; this many steps are done before as many rows are held again. */
const steps_per_run = 340;
/** Rows of `recent_keys` that one step removes at the end. */
const removed_rows_max = 1024;

/** What one record is known by; keys as 32 hex characters, times in milliseconds since 1970. */
export interface Keys {
	readonly key: string;
	readonly meaning: string;
	readonly by_id: boolean;
	readonly expires_at: number;
	readonly replay_key: string | null;
}

interface Meaning {
	readonly seq: number;
	readonly expires_at: number;
}

/** The meanings seen with one key: nearly always one, so the first is kept without a map. */
interface Entry {
	readonly meaning: string;
	first: Meaning;
	others: Map<string, Meaning> | undefined;
	/** The one that lives longest. */
	last: Meaning;
}

/** A generation of keys in memory. */
interface Generation {
	readonly keys: Map<string, Entry>;
	readonly replays: Map<string, number>;
	rows: number;
	/** The highest row of `recent_keys` in it. */
	last: number;
}

/** A frozen generation on its way into a run. */
interface Moving extends Generation {
	readonly keysBySlice: readonly (readonly string[])[];
	readonly replaysBySlice: readonly (readonly string[])[];
	readonly run: Run & { readonly keys: Uint8Array };
	/** Runs whose keys had expired when this one began; they are emptied along the way. */
	readonly expired: readonly Run[];
	/** The next slice; after the last one, the rows of `recent_keys` go. */
	slice: number;
	/** Everything is done when the transaction is on disk. */
	finished: boolean;
}

type Known =
	/** The same again. */
	| { readonly kind: "duplicate"; readonly seq: number }
	/** The key is in use with another meaning. */
	| { readonly kind: "reused" }
	| { readonly kind: "new" };

const newKey: Known = { kind: "new" };
const reusedKey: Known = { kind: "reused" };

/** Bound to one connection. Call {@link settle} after each commit and {@link undo} after each rollback. */
export class RecentKeys {
	#held: Generation;
	#moving: Moving | undefined;
	/** What takes the memory back to the start of the transaction, newest last. */
	#undo: (() => void)[] = [];
	#owed = 0;
	readonly #heldMax: number;
	readonly #runs: KeyRuns;
	readonly #sql: ReturnType<typeof statements>;

	/** @param held_max rows held before they are frozen, at least 340 */
	constructor(db: Database, held_max = recent_keys_max) {
		this.#heldMax = held_max;
		this.#sql = statements(db);
		this.#runs = new KeyRuns(db);
		this.#held = emptyGeneration(0);
		this.reload();
	}

	/** What is known of a key at `now`. An entry counts while `now` is before its end. */
	find({ key, meaning, by_id }: Keys, now: number): Known {
		let reused = false;
		for (const generation of [this.#held, this.#moving]) {
			const entry = generation?.keys.get(key);
			if (entry === undefined) continue;
			const same = entry.meaning === meaning ? entry.first : entry.others?.get(meaning);
			if (same !== undefined && same.expires_at > now) return { kind: "duplicate", seq: same.seq };
			const live = entry.last.expires_at > now;
			if (live && !by_id) return { kind: "duplicate", seq: entry.last.seq };
			reused ||= live;
		}
		const found = this.#runs.find(key, meaning, now);
		if (found !== undefined && (found.same || !by_id)) return { kind: "duplicate", seq: found.seq };
		return reused || found !== undefined ? reusedKey : newKey;
	}

	/** The alert that a replay key was recorded with. */
	findReplay(key: string): number | undefined {
		return this.#held.replays.get(key) ?? this.#moving?.replays.get(key) ?? this.#runs.findReplay(key);
	}

	/** Writes a record's keys, inside its transaction. */
	add(keys: Keys, seq: number): void {
		const { key, meaning, expires_at, replay_key } = keys;
		const held = this.#held;
		const n = held.last + 1;
		this.#sql.append.run(n, key, meaning, seq, expires_at, replay_key);
		const forget = remember(held.keys, key, meaning, { seq, expires_at });
		if (replay_key !== null) held.replays.set(replay_key, seq);
		held.last = n;
		held.rows += 1;
		this.#owed += 1;
		this.#undo.push(() => {
			forget();
			if (replay_key !== null) held.replays.delete(replay_key);
			held.last = n - 1;
			held.rows -= 1;
			this.#owed -= 1;
		});
	}

	/** Does as much of the moving as the records of this transaction owe, inside it. */
	pay(): void {
		const recordsPerStep = Math.floor(this.#heldMax / steps_per_run);
		while (this.#owed >= recordsPerStep) {
			this.#owe(-recordsPerStep);
			if (this.#moving === undefined) {
				this.#owe(-this.#owed);
				return;
			}
			this.#step(this.#moving);
		}
	}

	/** The transaction was taken back: so is the memory. */
	undo(): void {
		for (const takeBack of this.#undo.splice(0).reverse()) takeBack();
	}

	/** The transaction is on disk. Freezes a full generation. */
	settle(now: number): void {
		this.#undo = [];
		const moving = this.#moving;
		if (moving?.finished === true) {
			this.#runs.keep(moving.run, moving.expired);
			this.#moving = undefined;
		}
		if (this.#moving !== undefined || this.#held.rows < this.#heldMax) return;
		this.#moving = this.#freeze(this.#held, now);
		this.#held = emptyGeneration(this.#moving.last);
	}

	#freeze(generation: Generation, now: number): Moving {
		let expires_at = 0;
		for (const entry of generation.keys.values()) expires_at = Math.max(expires_at, entry.last.expires_at);
		const replays = generation.replays.size === 0 ? null : emptyFilter();
		return {
			...generation,
			keysBySlice: bySlice(generation.keys.keys()),
			replaysBySlice: bySlice(generation.replays.keys()),
			run: { run: this.#runs.next, expires_at, keys: emptyFilter(), replays },
			expired: this.#runs.expired(now),
			slice: 0,
			finished: false,
		};
	}

	#owe(records: number): void {
		this.#owed += records;
		this.#undo.push(() => {
			this.#owed -= records;
		});
	}

	/** One slice into the run; with the last one the run is whole and answers; then `recent_keys` loses what is in it. */
	#step(moving: Moving): void {
		const { slice } = moving;
		if (moving.finished) return;
		if (slice < slices) {
			this.#moveSlice(moving);
			for (const run of moving.expired) this.#runs.removeSlice(run, slice);
			if (slice === slices - 1) for (const run of moving.expired) this.#runs.write({ ...run, keys: null });
			if (slice === slices - 1) this.#runs.write(moving.run);
		} else if (this.#sql.remove.run(moving.last, removed_rows_max).changes < removed_rows_max) {
			moving.finished = true;
		}
		moving.slice += 1;
		this.#undo.push(() => {
			moving.slice = slice;
			moving.finished = false;
		});
	}

	#moveSlice({ slice, keys, replays, keysBySlice, replaysBySlice, run }: Moving): void {
		for (const key of [...(keysBySlice[slice] ?? [])].sort()) {
			const entry = keys.get(key);
			if (entry === undefined) continue;
			addTo(run.keys, positionsOf(key));
			for (const [meaning, { seq, expires_at }] of meaningsOf(entry)) {
				this.#runs.writeKey(run.run, key, meaning, seq, expires_at);
			}
		}
		for (const key of [...(replaysBySlice[slice] ?? [])].sort()) {
			if (run.replays !== null) addTo(run.replays, positionsOf(key));
			this.#runs.writeReplay(run.run, key, replays.get(key) ?? 0);
		}
	}

	/** Takes the memory from the file again. */
	reload(): void {
		this.#runs.reload();
		this.#moving = undefined;
		this.#owed = 0;
		this.#undo = [];
		const held = emptyGeneration(0);
		this.#held = held;
		const rows = this.#sql.all.values();
		for (const [n, key, meaning, seq, expires_at, replay] of rows as [
			number,
			string,
			string,
			number,
			number,
			string,
		][]) {
			remember(held.keys, key, meaning, { seq, expires_at });
			if (replay !== "") held.replays.set(replay, seq);
			held.last = n;
			held.rows += 1;
		}
	}
}

function statements(db: Database) {
	return {
		all: db.query(
			"SELECT n, lower(hex(key)), lower(hex(meaning)), seq, expires_at, lower(hex(replay)) FROM recent_keys ORDER BY n",
		),
		append: db.query("INSERT INTO recent_keys VALUES (?, unhex(?), unhex(?), ?, ?, unhex(?))"),
		remove: db.query("DELETE FROM recent_keys WHERE n IN (SELECT n FROM recent_keys WHERE n <= ? ORDER BY n LIMIT ?)"),
	};
}

function emptyGeneration(last: number): Generation {
	return { keys: new Map(), replays: new Map(), rows: 0, last };
}

function bySlice(keys: Iterable<string>): string[][] {
	const lists: string[][] = Array.from({ length: slices }, () => []);
	for (const key of keys) lists[Number.parseInt(key.slice(0, 2), 16)]?.push(key);
	return lists;
}

/** Notes a meaning and returns what forgets it again. */
function remember(keys: Map<string, Entry>, key: string, meaning: string, known: Meaning): () => void {
	const entry = keys.get(key);
	if (entry === undefined) {
		keys.set(key, { meaning, first: known, others: undefined, last: known });
		return () => keys.delete(key);
	}
	const { first, last } = entry;
	const before = entry.others?.get(meaning);
	if (entry.meaning === meaning) entry.first = known;
	else {
		entry.others ??= new Map();
		entry.others.set(meaning, known);
	}
	if (known.expires_at >= last.expires_at) entry.last = known;
	return () => {
		entry.first = first;
		entry.last = last;
		if (before === undefined) entry.others?.delete(meaning);
		else entry.others?.set(meaning, before);
	};
}

function* meaningsOf(entry: Entry): Generator<[string, Meaning]> {
	yield [entry.meaning, entry.first];
	if (entry.others !== undefined) yield* entry.others;
}
