/** Where the journal's file is and how it is opened: the only place that knows SQLite's settings. */
import { Database } from "bun:sqlite";
import { closeSync, existsSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { JournalError } from "./journal-error.ts";
import { checkVersion, migrate } from "./migrations.ts";
import { journalErrorOf } from "./sqlite-error.ts";

const cache_kib = 8192;
/** What the write-ahead log's file keeps of its size after a flood. */
const log_kept_bytes = 16 * 1024 * 1024;
/**
 * Statements kept by a connection: more than there are. Only kept ones are let go of by close(), and a connection with one
 * statement left stays half open, its locks held and its write-ahead log not moved.
 */
const statements_max = 500;
/** How long a statement waits for another process, such as a backup, to let go of the file. */
const busy_ms_max = 1000;

/** The journal's file in a data folder. */
export function journalFile(folder: string): string {
	return join(folder, "journal.sqlite");
}

/** Bytes on disk, the write-ahead log included; 0 where there is no journal. */
export function journalBytes(folder: string): number {
	const file = journalFile(folder);
	return [file, `${file}-wal`].reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/**
 * Opens for writing and brings the schema up to date, a copy of the old file kept; without a folder, in memory.
 * @param now milliseconds since 1970, for the copy's name
 * @throws JournalError `unusable`, `full`, `busy` or `io`
 */
export function openForWriting(folder: string | undefined, now: number): Database {
	const file = folder === undefined ? ":memory:" : journalFile(folder);
	if (folder !== undefined) makePrivate(file);
	return opened(file, { create: true, readwrite: true }, (db) => {
		checkVersion(db, file);
		db.run("PRAGMA journal_mode = WAL");
		db.run("PRAGMA synchronous = FULL");
		// The writer checkpoints by itself, after it has answered (journal-writer.ts).
		db.run("PRAGMA wal_autocheckpoint = 0");
		db.run(`PRAGMA journal_size_limit = ${log_kept_bytes}`);
		migrate(db, file, { now });
	});
}

/** It holds every alert's body. SQLite gives the files beside it the same rights; one that is there keeps its own. */
function makePrivate(file: string): void {
	try {
		closeSync(openSync(file, "a", 0o600));
	} catch (cause) {
		throw openingError(file, cause);
	}
}

/**
 * Opens for reading, beside a running nexus or without one.
 * @throws JournalError `unusable`, also where there is no journal yet; `busy`, `io`
 */
export function openForReading(folder: string): Database {
	const file = journalFile(folder);
	if (!existsSync(file)) {
		throw new JournalError("unusable", `there is no journal in ${folder}: nexus has not run there yet`);
	}
	return openFileForReading(file);
}

/**
 * Opens a journal's file for reading, wherever it lies.
 * @throws JournalError `unusable` where it is not there, not ours, of a newer nexus, or empty; `busy`, `io`
 */
export function openFileForReading(file: string): Database {
	if (!existsSync(file)) throw new JournalError("unusable", `there is no ${file}: check the name`);
	return opened(file, { readonly: true }, (db) => {
		if (checkVersion(db, file) > 0) return;
		throw new JournalError("unusable", `${file} is empty: nexus has not run there yet`);
	});
}

function opened(
	file: string,
	mode: { readonly?: true; create?: true; readwrite?: true },
	setUp: (db: Database) => void,
) {
	Database.MAX_QUERY_CACHE_SIZE = statements_max;
	let db: Database | undefined;
	try {
		db = new Database(file, mode);
		db.run(`PRAGMA busy_timeout = ${busy_ms_max}`);
		db.run(`PRAGMA cache_size = -${cache_kib}`);
		setUp(db);
		return db;
	} catch (cause) {
		db?.close();
		throw openingError(file, cause);
	}
}

function openingError(file: string, cause: unknown): JournalError {
	if (cause instanceof JournalError) return cause;
	if (cause instanceof Error && "code" in cause && cause.code === "SQLITE_NOTADB") {
		const line = `${file} is not a journal: move it away or choose another data folder`;
		return new JournalError("unusable", line, { cause });
	}
	const { kind, message } = journalErrorOf(cause);
	return new JournalError(kind === "invalid" ? "unusable" : kind, `${file} could not be opened: ${message}`, { cause });
}
