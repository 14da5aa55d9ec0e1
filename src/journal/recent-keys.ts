/**
 * The keys of the duplicate and the replay check: looked up at once, written where a random key belongs only later.
 *
 * Why not simply two indexes: keys are hashes, so each insert lands on a page of its own, and each touched page goes whole
 * into the write-ahead log. Measured with 300,000 keys, groups of 64: one random key per record 29,000 to 37,000 records/s,
 * two 19,000/s; appended only, over 80,000/s. So a key is appended to `recent_keys` in its record's own transaction and held in memory,
 * and when `recent_keys_max` are held they are frozen and moved into the big tables slice by slice, each slice being the
 * keys with the same first byte: neighbours, which share pages. Records pay for the moving as they come (`pay`), so there
 * is no long pause, and a journal at rest does nothing. After a crash the moving starts again from `recent_keys`, which
 * loses its rows last; moving a key twice changes nothing.
 */
import type { Database } from "bun:sqlite";

/** Rows held before they are frozen; at most twice as many are in memory, about 8 MB. */
const recent_keys_max = 16_384;
/** The moving takes 256 slices and a few more; one for each so many records is done well before as many are held again. */
const records_per_slice = 48;
const slices = 256;
/** Rows of `recent_keys` that one slice removes at the end. */
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

/** A frozen generation on its way into the big tables. */
interface Moving extends Generation {
	readonly keysBySlice: readonly (readonly string[])[];
	readonly replaysBySlice: readonly (readonly string[])[];
	slice: number;
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
	readonly #sql: ReturnType<typeof statements>;

	constructor(db: Database) {
		this.#sql = statements(db);
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
		const live = this.#sql.live.values(key, now)[0] as [number] | undefined;
		if (live === undefined) return reused ? reusedKey : newKey;
		if (!by_id) return { kind: "duplicate", seq: live[0] };
		const same = this.#sql.same.values(key, meaning, now)[0] as [number] | undefined;
		return same === undefined ? reusedKey : { kind: "duplicate", seq: same[0] };
	}

	/** The alert that a replay key was recorded with. */
	findReplay(key: string): number | undefined {
		const recent = this.#held.replays.get(key) ?? this.#moving?.replays.get(key);
		if (recent !== undefined) return recent;
		return (this.#sql.replay.values(key)[0] as [number] | undefined)?.[0];
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

	/** Moves what the records of this transaction owe, inside it. */
	pay(now: number): void {
		while (this.#owed >= records_per_slice) {
			this.#owe(-records_per_slice);
			if (this.#moving === undefined) {
				this.#owe(-this.#owed);
				return;
			}
			this.#step(this.#moving, now);
		}
	}

	/** A mark for {@link undo}. */
	mark(): number {
		return this.#undo.length;
	}

	/** Takes the memory back to a mark, or to the start of the transaction. */
	undo(mark = 0): void {
		while (this.#undo.length > mark) this.#undo.pop()?.();
	}

	/** The transaction is on disk. Freezes a full generation. */
	settle(): void {
		this.#undo = [];
		const moving = this.#moving;
		if (moving !== undefined && moving.slice > slices) this.#moving = undefined;
		if (this.#moving !== undefined || this.#held.rows < recent_keys_max) return;
		const frozen = this.#held;
		this.#moving = {
			...frozen,
			keysBySlice: bySlice(frozen.keys.keys()),
			replaysBySlice: bySlice(frozen.replays.keys()),
			slice: 0,
		};
		this.#held = emptyGeneration(frozen.last);
	}

	#owe(records: number): void {
		this.#owed += records;
		this.#undo.push(() => {
			this.#owed -= records;
		});
	}

	/** One slice: its expired keys out, its new keys in; after the last one, the rows of `recent_keys` that are now moved. */
	#step(moving: Moving, now: number): void {
		const { slice } = moving;
		if (slice > slices) return;
		if (slice < slices) this.#moveSlice(moving, now);
		else if (this.#sql.remove.run(moving.last, removed_rows_max).changes === removed_rows_max) return;
		moving.slice += 1;
		this.#undo.push(() => {
			moving.slice = slice;
		});
	}

	#moveSlice(moving: Moving, now: number): void {
		const { slice } = moving;
		this.#sql.expire.run(Buffer.of(slice), slice === slices - 1 ? Buffer.alloc(17, 0xff) : Buffer.of(slice + 1), now);
		for (const key of [...(moving.keysBySlice[slice] ?? [])].sort()) {
			const entry = moving.keys.get(key);
			if (entry === undefined) continue;
			for (const [meaning, { seq, expires_at }] of meaningsOf(entry)) {
				if (expires_at > now) this.#sql.insert.run(key, meaning, seq, expires_at);
			}
		}
		for (const key of [...(moving.replaysBySlice[slice] ?? [])].sort()) {
			this.#sql.insertReplay.run(key, moving.replays.get(key) ?? 0);
		}
	}

	/** Takes the memory from the file again. */
	reload(): void {
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
		live: db.prepare("SELECT seq FROM dedupe WHERE key = unhex(?) AND expires_at > ? LIMIT 1"),
		same: db.prepare("SELECT seq FROM dedupe WHERE key = unhex(?) AND meaning = unhex(?) AND expires_at > ?"),
		replay: db.prepare("SELECT seq FROM replay_keys WHERE key = unhex(?)"),
		all: db.prepare(
			"SELECT n, lower(hex(key)), lower(hex(meaning)), seq, expires_at, lower(hex(replay)) FROM recent_keys ORDER BY n",
		),
		append: db.prepare("INSERT INTO recent_keys VALUES (?, unhex(?), unhex(?), ?, ?, unhex(?))"),
		expire: db.prepare("DELETE FROM dedupe WHERE key >= ? AND key < ? AND expires_at <= ?"),
		insert: db.prepare("INSERT OR REPLACE INTO dedupe VALUES (unhex(?), unhex(?), ?, ?)"),
		insertReplay: db.prepare("INSERT OR IGNORE INTO replay_keys VALUES (unhex(?), ?)"),
		remove: db.prepare(
			"DELETE FROM recent_keys WHERE n IN (SELECT n FROM recent_keys WHERE n <= ? ORDER BY n LIMIT ?)",
		),
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
