/** A disk that a test makes slow, full, read-only or dead while a journal runs on it in its own thread. */

/** Places in the shared array: what happens before and after a commit, how long it takes, and whether it waits for `release`. */
export const slot = { before: 0, after: 1, delay_ms: 2, held: 3, waiting: 4 } as const;

/** What SQLite says of a disk; the number in the shared array is the place in this list, 0 for a disk that is well. */
export const codes = [undefined, "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_WRITE"] as const;

export type DiskCode = Exclude<(typeof codes)[number], undefined>;

export class FaultyDisk {
	readonly #shared = new Int32Array(new SharedArrayBuffer(5 * Int32Array.BYTES_PER_ELEMENT));

	/** Hand it to the journal as its `writer`. */
	readonly thread = (): Worker => {
		const worker = new Worker(new URL("./faulty-worker.ts", import.meta.url));
		worker.postMessage(this.#shared);
		return worker;
	};

	/** Every commit fails from now on; `after` it in truth went through. */
	fail(code: DiskCode, moment: "before" | "after" = "before"): void {
		Atomics.store(this.#shared, slot[moment], codes.indexOf(code));
	}

	/** Well again. */
	heal(): void {
		Atomics.store(this.#shared, slot.before, 0);
		Atomics.store(this.#shared, slot.after, 0);
		Atomics.store(this.#shared, slot.delay_ms, 0);
		this.release();
	}

	/** Every commit takes so long from now on. */
	slow(ms: number): void {
		Atomics.store(this.#shared, slot.delay_ms, ms);
	}

	/** The next commit waits until {@link release}. */
	hold(): void {
		Atomics.store(this.#shared, slot.held, 1);
	}

	/** How many commits have waited so far. */
	get waited(): number {
		return Atomics.load(this.#shared, slot.waiting);
	}

	release(): void {
		Atomics.store(this.#shared, slot.held, 0);
		Atomics.notify(this.#shared, slot.held);
	}
}
