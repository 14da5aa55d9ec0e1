/** The recorder: hands changes to the journal in the order they happened and, when the disk fails, tries again until it works. */
import type { Change, Clock, Journal, Log } from "../domain/ports.ts";

const retry_first_ms = 50;
const retry_max_ms = 5_000;
/** Changes that may wait in memory for the disk; more than this means it has been gone for long, and the program stops. */
const waiting_changes_max = 100_000;

interface Waiting {
	readonly changes: readonly Change[];
	readonly done: () => void;
	readonly failed: (cause: unknown) => void;
}

/**
 * Records computed from memory are absolute (a balance, a position), so their order on disk must be the order in memory:
 * one group is under way at a time, and a group that the disk refused goes first again.
 */
export class Recorder {
	readonly #journal: Pick<Journal, "commit">;
	readonly #clock: Clock;
	readonly #log: Log;
	#waiting: Waiting[] = [];
	#waitingChanges = 0;
	#running: Promise<void> | undefined;
	#closed = false;

	readonly #fatal: (reason: string) => void;

	/** @param fatal ends the program: what is in memory can be kept no longer; a restart goes on from the journal */
	constructor(journal: Pick<Journal, "commit">, clock: Clock, log: Log, fatal: (reason: string) => void = raise) {
		this.#journal = journal;
		this.#clock = clock;
		this.#log = log;
		this.#fatal = fatal;
	}

	/** True while the disk refuses to take what is known. */
	failing = false;

	/** Resolves when the changes are on disk, all in one transaction. Call it in the same step in which memory changed. */
	record(changes: readonly Change[]): Promise<void> {
		if (this.#waitingChanges + changes.length > waiting_changes_max) {
			this.#fatal(`the journal has taken nothing for too long: ${this.#waitingChanges} changes wait for it`);
			return new Promise(() => undefined);
		}
		return new Promise((done, failed) => {
			this.#waiting.push({ changes, done, failed });
			this.#waitingChanges += changes.length;
			this.#running ??= this.#run();
		});
	}

	/**
	 * Ends the retries of a disk that does not come back; what is not on disk is redone after the restart. Who hands something
	 * over after the journal has closed is told nothing any more, so that nothing goes on from there.
	 */
	close(): void {
		this.#closed = true;
	}

	async #run(): Promise<void> {
		while (this.#waiting.length > 0) {
			const group = this.#waiting;
			this.#waiting = [];
			this.#waitingChanges = 0;
			await this.#commit(group);
		}
		this.#running = undefined;
	}

	async #commit(group: readonly Waiting[]): Promise<void> {
		const changes =
			group.length === 1 && group[0] !== undefined ? group[0].changes : group.flatMap((one) => one.changes);
		for (let wait_ms = retry_first_ms; ; wait_ms = Math.min(wait_ms * 2, retry_max_ms)) {
			try {
				await this.#journal.commit(changes);
				this.failing = false;
				for (const one of group) one.done();
				return;
			} catch (cause) {
				if (this.#closed && kindOf(cause) === "closed") return;
				if (isPermanent(cause)) {
					await this.#apart(group, cause);
					return;
				}
				this.failing = true;
				this.#log.error("the journal did not take a change; trying again", { cause: String(cause), wait_ms });
				if (this.#closed) {
					for (const one of group) one.failed(cause);
					return;
				}
			}
			await this.#clock.sleep(wait_ms);
		}
	}

	/** Something in the group can never be taken: each part goes by itself, so that only the one at fault fails. */
	async #apart(group: readonly Waiting[], cause: unknown): Promise<void> {
		const [only, ...others] = group;
		if (only !== undefined && others.length === 0) {
			this.#log.error("the journal can never take a change", { cause: String(cause) });
			only.failed(cause);
			return;
		}
		for (const one of group) await this.#commit([one]);
	}
}

function raise(reason: string): never {
	throw new Error(reason);
}

/** True where the journal says that trying again does not help. */
function isPermanent(cause: unknown): boolean {
	const kind = kindOf(cause);
	return kind === "invalid" || kind === "too_large" || kind === "closed";
}

/** What a JournalError says of itself. */
function kindOf(cause: unknown): unknown {
	return cause instanceof Error && "kind" in cause ? cause.kind : undefined;
}
