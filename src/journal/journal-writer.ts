/** The one connection that writes: groups as transactions, recovery after a failed disk, checkpoints between groups. */
import type { Database } from "bun:sqlite";
import type { Change } from "../domain/ports.ts";
import { JournalError } from "./journal-error.ts";
import { openForWriting } from "./journal-file.ts";
import type { Item, OpenOptions, Outcome, PruneStep } from "./messages.ts";
import { prune } from "./prune.ts";
import { RecentKeys } from "./recent-keys.ts";
import { ChangeRecorder } from "./record-change.ts";
import { ReceptionRecorder } from "./record-reception.ts";
import { isItemFault, journalErrorOf } from "./sqlite-error.ts";

/**
 * Pages of the write-ahead log that wait for a checkpoint. Small, because a checkpoint holds the next group up: 250 pages take
 * about 3 ms, 1000 about 10, 4000 about 40, at the same throughput.
 */
const checkpoint_pages = 250;
/** From this share of `size_max` on, what ended is removed sooner than its age asks for. */
const crowded_share = 0.9;

/** Where a test makes the disk fail. */
export interface DiskFault {
	/** Called before each COMMIT; what it throws is the disk's answer. */
	beforeCommit(): void;
	/** Called after each COMMIT: the data is on disk, but the disk says it failed. */
	afterCommit(): void;
}

interface Connection {
	readonly db: Database;
	readonly keys: RecentKeys;
	/** Changes with every commit of another connection. */
	readonly version: () => number;
	seenVersion: number;
	readonly receptions: ReceptionRecorder;
	readonly changes: ChangeRecorder;
	readonly begin: () => void;
	readonly commit: () => void;
	readonly rollback: () => void;
	readonly savepoint: () => void;
	readonly release: () => void;
	readonly rollbackTo: () => void;
	/** Pages in use, free ones taken off. */
	readonly usedBytes: () => number;
	/** SQLite's answer: busy, pages in the log, of them moved into the file. */
	readonly logPages: () => [number, number, number];
	readonly checkpoint: () => void;
}

/** Synchronous; lives in a worker, in front of which the groups are made. */
export class JournalWriter {
	readonly #options: OpenOptions;
	readonly #fault: DiskFault | undefined;
	#open: Connection | undefined;

	/** Opens at the first use, and again after a disk failure. */
	constructor(options: OpenOptions, fault?: DiskFault) {
		this.#options = options;
		this.#fault = fault;
	}

	/**
	 * The open connection.
	 * @throws JournalError where it cannot be opened
	 */
	get db(): Database {
		return this.#connection().db;
	}

	/**
	 * Records a group in one transaction. Where one item fails by its own fault, only that one is left out; where the disk
	 * fails, all are. One outcome for each item, in their order.
	 */
	group(items: readonly Item[]): readonly Outcome[] {
		try {
			return this.#transaction(items, (connection) => this.#all(connection, items));
		} catch (cause) {
			const error = journalErrorOf(cause);
			if (!isItemFault(error)) return items.map(() => failure(error));
			if (items.length === 1) return [failure(error)];
		}
		try {
			return this.#transaction(items, (connection) => this.#oneByOne(connection, items));
		} catch (cause) {
			const error = journalErrorOf(cause);
			return items.map(() => failure(error));
		}
	}

	/**
	 * Removes one step of what ended before `cutoff`; before `crowded` where the journal is nearly as large as it may be.
	 * @returns the place to go on from, undefined where nothing old is left
	 * @throws JournalError
	 */
	prune({ cutoff, crowded, from }: PruneStep): number | undefined {
		return this.#transaction([], ({ db, usedBytes }) => {
			const isCrowded = usedBytes() >= this.#options.size_max_bytes * crowded_share;
			return prune(db, isCrowded ? Math.max(cutoff, crowded) : cutoff, from);
		});
	}

	/**
	 * Moves the write-ahead log into the file where it has grown; call it when nobody waits for an answer. Where that fails, the
	 * log is still complete: the connection is given up, and the next record finds out whether the disk is well again.
	 */
	checkpoint(): void {
		const connection = this.#open;
		if (connection === undefined || this.#options.folder === null) return;
		try {
			const [, pages, done] = connection.logPages();
			if (pages - done >= checkpoint_pages) connection.checkpoint();
		} catch (cause) {
			this.#takeBack(connection, journalErrorOf(cause));
		}
	}

	close(): void {
		this.#open?.db.close();
		this.#open = undefined;
	}

	#all(connection: Connection, items: readonly Item[]): readonly Outcome[] {
		const hasRoom = connection.usedBytes() < this.#options.size_max_bytes;
		return items.map((item) => this.#one(connection, item, hasRoom));
	}

	/** Each item within a savepoint of its own, so that one that fails leaves no trace; keys come last in an item and cannot fail it. */
	#oneByOne(connection: Connection, items: readonly Item[]): readonly Outcome[] {
		const hasRoom = connection.usedBytes() < this.#options.size_max_bytes;
		return items.map((item) => {
			connection.savepoint();
			try {
				const outcome = this.#one(connection, item, hasRoom);
				connection.release();
				return outcome;
			} catch (cause) {
				const error = journalErrorOf(cause);
				if (!isItemFault(error)) throw error;
				connection.rollbackTo();
				connection.release();
				return failure(error);
			}
		});
	}

	#one(connection: Connection, item: Item, hasRoom: boolean): Outcome {
		if (item.kind === "accept") {
			return connection.receptions.record(item, hasRoom, this.#options.size_max_bytes);
		}
		for (const change of JSON.parse(item.changes) as readonly Change[]) connection.changes.record(change);
		return { kind: "committed" };
	}

	/** What `act` did is on disk when this returns, and nowhere when it throws. */
	#transaction<T>(items: readonly Item[], act: (connection: Connection) => T): T {
		const connection = this.#connection();
		const { keys } = connection;
		let begun = false;
		try {
			connection.begin();
			begun = true;
			this.#meetOthers(connection);
			const result = act(connection);
			keys.pay();
			this.#fault?.beforeCommit();
			connection.commit();
			this.#fault?.afterCommit();
			keys.settle(items.findLast((item) => item.kind === "accept")?.now ?? 0);
			return result;
		} catch (cause) {
			keys.undo();
			this.#takeBack(connection, journalErrorOf(cause), begun);
			throw cause;
		}
	}

	/** Another process has recorded something: its keys count as much as ours. */
	#meetOthers(connection: Connection): void {
		const version = connection.version();
		if (version === connection.seenVersion) return;
		connection.keys.reload();
		connection.seenVersion = version;
	}

	/**
	 * After a fault of the disk the connection is not believed any more: closed here and opened again by the next use, so that
	 * what is in memory is again what is on disk. So is one whose transaction has ended although it failed: it may be on disk.
	 */
	#takeBack(connection: Connection, error: JournalError, begun = false): void {
		const ended = begun && !connection.db.inTransaction;
		try {
			if (connection.db.inTransaction) connection.rollback();
		} catch (cause) {
			if (this.#options.folder !== null) this.#giveUp(connection);
			throw new JournalError("io", `${error.message}; nor could it be taken back`, { cause });
		}
		if ((error.kind === "io" || ended) && this.#options.folder !== null) this.#giveUp(connection);
	}

	#giveUp(connection: Connection): void {
		this.#open = undefined;
		connection.db.close();
	}

	#connection(): Connection {
		if (this.#open === undefined) {
			const db = openForWriting(this.#options.folder ?? undefined, this.#options.opened_at);
			if (this.#options.pages_max !== null) db.run(`PRAGMA max_page_count = ${this.#options.pages_max}`);
			this.#open = connect(db);
		}
		return this.#open;
	}
}

function connect(db: Database): Connection {
	const dataVersion = db.query("PRAGMA data_version");
	const version = () => Number(dataVersion.values()[0]?.[0]);
	// Before the keys are read, so that what another process records meanwhile is noticed.
	const seenVersion = version();
	const keys = new RecentKeys(db);
	const run = (sql: string) => {
		const statement = db.query(sql);
		return () => {
			statement.run();
		};
	};
	const pages = db.query(
		"SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
	);
	const log = db.query("PRAGMA wal_checkpoint(NOOP)");
	return {
		db,
		keys,
		version,
		seenVersion,
		receptions: new ReceptionRecorder(db, keys),
		changes: new ChangeRecorder(db),
		begin: run("BEGIN IMMEDIATE"),
		commit: run("COMMIT"),
		rollback: run("ROLLBACK"),
		savepoint: run("SAVEPOINT item"),
		release: run("RELEASE item"),
		rollbackTo: run("ROLLBACK TO item"),
		logPages: () => log.values()[0] as [number, number, number],
		checkpoint: run("PRAGMA wal_checkpoint(PASSIVE)"),
		usedBytes: () => Number(pages.values()[0]?.[0] ?? 0),
	};
}

function failure(error: JournalError): Outcome {
	return { kind: "error", error: error.kind, message: error.message };
}
