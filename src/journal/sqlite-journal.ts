/** The Journal port on SQLite: commits in a worker, reads in another, retention by the clock. */
import { sequenceOf } from "../domain/id.ts";
import type {
	Acceptance,
	Change,
	Clock,
	Journal,
	JournalReader,
	OpenAlert,
	Reception,
	Snapshot,
} from "../domain/ports.ts";
import { GroupQueue, idIn } from "./group-queue.ts";
import { JournalError } from "./journal-error.ts";
import type { OpenOptions, PruneStep, ReceptionItem } from "./messages.ts";
import { remoteReader } from "./reader.ts";
import { WorkerClient } from "./worker-client.ts";
import { makeWritable } from "./writable-folder.ts";

export interface JournalOptions {
	/** The data folder, made where it is missing; undefined for a journal in memory. */
	readonly folder: string | undefined;
	/**
	 * At this many bytes in use new alerts are refused (`full`); what came of earlier ones still goes in. From nine tenths of it on,
	 * the oldest of what ended more than a day ago is removed.
	 */
	readonly size_max_bytes: number;
	/** What ended longer ago than this is removed. */
	readonly keep_ms: number;
	readonly clock: Clock;
	/** The file's 4 KiB pages, for tests of a full disk. */
	readonly pages_max?: number;
	/** The writing thread, for tests of a failing disk. */
	readonly writer?: () => Worker;
}

/** The first look for what is too old, after the busy time of a start. */
const prune_first_ms = 60_000;
const prune_every_ms = 600_000;
/** What ended longer ago than this may go before its time where the journal is nearly as large as it may be. */
export const crowded_keep_ms = 86_400_000;
/** Between two steps of one clearing, so that commits go first. */
const prune_step_ms = 50;

/**
 * Opens the journal of a data folder; without a folder, one that is gone when it is closed. Who executes what is in it takes
 * the folder's lock first (lock.ts).
 * @throws JournalError `unusable`, `busy` or `io`, its message one line
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
	if (options.folder !== undefined) makeWritable(options.folder);
	const journal = new SqliteJournal(options);
	try {
		await journal.open();
	} catch (cause) {
		await journal.close();
		throw cause;
	}
	return journal;
}

type Work = Awaited<ReturnType<Journal["work"]>>;

class SqliteJournal implements Journal {
	readonly reader: JournalReader;
	readonly #clock: Clock;
	readonly #keep_ms: number;
	readonly #writer: WorkerClient;
	readonly #reading: WorkerClient;
	readonly #queue: GroupQueue;
	#stopPruning: (() => void) | undefined;
	#closing: Promise<void> | undefined;

	constructor(options: JournalOptions) {
		const { folder = null, size_max_bytes, pages_max = null } = options;
		const opened_at = options.clock.now();
		const open: OpenOptions = { role: "writer", folder, size_max_bytes, pages_max, opened_at };
		this.#clock = options.clock;
		this.#keep_ms = options.keep_ms;
		this.#writer = new WorkerClient(open, options.writer);
		this.#reading = folder === null ? this.#writer : new WorkerClient({ ...open, role: "reader" });
		this.#queue = new GroupQueue((body) => this.#writer.call("group", body));
		this.reader = remoteReader(() => {
			this.#refuseClosed();
			return this.#reading;
		});
	}

	async open(): Promise<void> {
		await this.#writer.open();
		this.#pruneAfter(prune_first_ms, 0);
	}

	async accept(reception: Reception): Promise<Acceptance> {
		this.#refuseClosed();
		const outcome = await this.#queue.add(receptionItem(reception, this.#clock.now()));
		switch (outcome.kind) {
			case "accepted":
				return { outcome: "accepted", id_reused: outcome.id_reused };
			case "duplicate":
			case "replayed":
				return { outcome: outcome.kind, id: idIn(outcome) };
			case "committed":
				throw new Error("a reception was answered like a commit");
			default:
				return outcome satisfies never;
		}
	}

	async commit(changes: readonly Change[]): Promise<void> {
		this.#refuseClosed();
		if (changes.length > 0) await this.#queue.add({ kind: "commit", changes: JSON.stringify(changes) });
	}

	async load(): Promise<Snapshot> {
		return JSON.parse(await this.#ask("load", "")) as Snapshot;
	}

	async openAlerts(after: number, limit: number): Promise<readonly OpenAlert[]> {
		return JSON.parse(await this.#ask("open_alerts", JSON.stringify([after, limit]))) as OpenAlert[];
	}

	async work(alertId: string): Promise<Work> {
		return JSON.parse(await this.#ask("work", alertId)) as Work;
	}

	async strategyState(strategy: string, account: string): Promise<unknown> {
		const state = await this.#ask("strategy_state", JSON.stringify([strategy, account]));
		return state === "" ? undefined : JSON.parse(state);
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		this.#stopPruning?.();
		await this.#queue.idle();
		await this.#reading.close();
		await this.#writer.close();
	}

	#ask(method: "load" | "open_alerts" | "work" | "strategy_state", body: string): Promise<string> {
		this.#refuseClosed();
		return this.#writer.call(method, body);
	}

	#pruneAfter(ms: number, from: number): void {
		this.#stopPruning = this.#clock.after(ms, () => {
			this.#prune(from).then(
				(next) => {
					if (this.#closing === undefined) this.#pruneAfter(next === null ? prune_every_ms : prune_step_ms, next ?? 0);
				},
				// A disk that fails is told by the next record; old alerts can wait.
				() => {
					if (this.#closing === undefined) this.#pruneAfter(prune_every_ms, 0);
				},
			);
		});
	}

	async #prune(from: number): Promise<number | null> {
		const now = this.#clock.now();
		const step: PruneStep = { cutoff: now - this.#keep_ms, crowded: now - crowded_keep_ms, from };
		return JSON.parse(await this.#writer.call("prune", JSON.stringify(step))) as number | null;
	}

	#refuseClosed(): void {
		if (this.#closing !== undefined) throw new JournalError("closed", "the journal is closed: nexus is stopping");
	}
}

/** @throws JournalError `invalid` where the alert has no usable id or time */
function receptionItem({ alert, raw, trace, dedupe, replay_key }: Reception, now: number): ReceptionItem {
	const seq = sequenceOf(alert.id);
	if (seq === undefined) throw new JournalError("invalid", `"${alert.id}" is not an alert id`);
	const received_at = Date.parse(alert.received_at);
	if (Number.isNaN(received_at)) throw new JournalError("invalid", `"${alert.received_at}" is not a time`);
	return {
		kind: "accept",
		seq,
		received_at,
		strategy: alert.strategy,
		symbol: alert.symbol,
		sender_id: alert.alert_id ?? null,
		keys: {
			key: dedupe.key.toLowerCase(),
			meaning: dedupe.meaning.toLowerCase(),
			by_id: dedupe.by_id,
			expires_at: now + dedupe.window_ms,
			replay_key: replay_key?.toLowerCase() ?? null,
		},
		now,
		alert: JSON.stringify(alert),
		raw,
		trace: JSON.stringify(trace),
	};
}
