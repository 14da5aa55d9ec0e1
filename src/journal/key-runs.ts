/** Keys that have left memory: sorted runs in `dedupe` and `replay_keys`, each behind a filter that answers for most absent keys. */
import type { Database } from "bun:sqlite";
import { mayHold, positionsOf } from "./key-filter.ts";

/** A run's row number and the filters over its keys; a filter is null where the run has no such keys, or none any more. */
export interface Run {
	readonly run: number;
	/** When the last of its keys expires, in milliseconds since 1970. */
	readonly expires_at: number;
	keys: Uint8Array | null;
	readonly replays: Uint8Array | null;
}

/** Bound to one connection. */
export class KeyRuns {
	/** Newest first. */
	#runs: Run[] = [];
	readonly #sql: ReturnType<typeof statements>;

	constructor(db: Database) {
		this.#sql = statements(db);
	}

	/** Takes the runs from the file again. */
	reload(): void {
		this.#runs = this.#sql.all.all();
	}

	/** The number of the next run. */
	get next(): number {
		return (this.#runs[0]?.run ?? 0) + 1;
	}

	/** The alert that a live key is of: with this meaning, else with any; undefined where no run has it. */
	find(key: string, meaning: string, now: number): { readonly seq: number; readonly same: boolean } | undefined {
		const positions = positionsOf(key);
		let other: number | undefined;
		for (const { run, expires_at, keys } of this.#runs) {
			if (keys === null || expires_at <= now || !mayHold(keys, positions)) continue;
			const live = this.#sql.live.values(run, key, now)[0] as [number] | undefined;
			if (live === undefined) continue;
			const same = this.#sql.same.values(run, key, meaning, now)[0] as [number] | undefined;
			if (same !== undefined) return { seq: same[0], same: true };
			other ??= live[0];
		}
		return other === undefined ? undefined : { seq: other, same: false };
	}

	/** The alert that a replay key was recorded with. */
	findReplay(key: string): number | undefined {
		const positions = positionsOf(key);
		for (const { run, replays } of this.#runs) {
			if (replays === null || !mayHold(replays, positions)) continue;
			const found = this.#sql.replay.values(run, key)[0] as [number] | undefined;
			if (found !== undefined) return found[0];
		}
		return undefined;
	}

	writeKey(run: number, key: string, meaning: string, seq: number, expires_at: number): void {
		this.#sql.writeKey.run(run, key, meaning, seq, expires_at);
	}

	writeReplay(run: number, key: string, seq: number): void {
		this.#sql.writeReplay.run(run, key, seq);
	}

	/** The runs whose keys have all expired and are still on disk. */
	expired(now: number): readonly Run[] {
		return this.#runs.filter(({ keys, expires_at }) => keys !== null && expires_at <= now);
	}

	/** Removes one slice of an expired run's keys: those whose first byte is `slice`. */
	removeSlice(run: Run, slice: number): void {
		this.#sql.removeSlice.run(run.run, Buffer.of(slice), slice === 255 ? Buffer.alloc(17, 0xff) : Buffer.of(slice + 1));
	}

	/** A run is whole, or an expired one empty: written, and to be kept in memory by {@link keep} when it is on disk. */
	write({ run, expires_at, keys, replays }: Run): void {
		if (keys === null && replays === null) this.#sql.removeRun.run(run);
		else this.#sql.writeRun.run(run, expires_at, keys, replays);
	}

	/** Takes over what {@link write} wrote: the new run, and the expired ones without their keys. */
	keep(added: Run, emptied: readonly Run[]): void {
		const gone = new Set(emptied.map(({ run }) => run));
		const rest = this.#runs.map((run) => (gone.has(run.run) ? { ...run, keys: null } : run));
		this.#runs = [added, ...rest.filter(({ keys, replays }) => keys !== null || replays !== null)];
	}
}

function statements(db: Database) {
	return {
		all: db.query<Run, []>("SELECT run, expires_at, keys, replays FROM runs ORDER BY run DESC"),
		live: db.query("SELECT seq FROM dedupe WHERE run = ? AND key = unhex(?) AND expires_at > ? LIMIT 1"),
		same: db.query("SELECT seq FROM dedupe WHERE run = ? AND key = unhex(?) AND meaning = unhex(?) AND expires_at > ?"),
		replay: db.query("SELECT seq FROM replay_keys WHERE run = ? AND key = unhex(?)"),
		writeKey: db.query("INSERT OR REPLACE INTO dedupe VALUES (?, unhex(?), unhex(?), ?, ?)"),
		writeReplay: db.query("INSERT OR REPLACE INTO replay_keys VALUES (?, unhex(?), ?)"),
		removeSlice: db.query("DELETE FROM dedupe WHERE run = ? AND key >= ? AND key < ?"),
		writeRun: db.query("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)"),
		removeRun: db.query("DELETE FROM runs WHERE run = ?"),
	};
}
