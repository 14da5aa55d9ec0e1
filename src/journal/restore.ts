/** Puts a backup in the place of a data folder's journal, which is kept aside, while no nexus runs there. */
import { Database } from "bun:sqlite";
import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { type JournalSummary, summaryOf } from "./backup.ts";
import { copyJournal, forceFolderToDisk, forceToDisk } from "./copy-file.ts";
import { JournalError } from "./journal-error.ts";
import { journalFile, openFileForReading } from "./journal-file.ts";
import { type FolderLock, lockDataFolder, lockSuccession } from "./lock.ts";
import { asideName } from "./migrations.ts";

/** What SQLite keeps beside a journal while it is open. */
const companions = ["-wal", "-shm"] as const;
/** How long a statement waits for a program that reads the journal. */
const busy_ms_max = 1000;

export interface Restored {
	/** What is in the data folder now. */
	readonly restored: JournalSummary;
	/** The journal that was there, under its new name, and what is in it where it can be read; null where there was none. */
	readonly replaced: { readonly file: string; readonly summary: JournalSummary | null } | null;
}

/**
 * Checks `file`, copies it into the folder, and gives the copy the journal's name in one step. Killed at any moment, the
 * folder has the old journal or the new one, whole.
 * @param now milliseconds since 1970, for the name of the journal that is kept aside
 * @throws JournalError `locked` where a nexus runs there; `unusable` where the file is not ours, of a newer nexus or damaged;
 * `full`, `io`
 */
export function restoreJournal(folder: string, file: string, now: number): Restored {
	const source = resolve(file);
	// Neither one that runs nor one that is about to take over.
	const succession = lockSuccession(folder);
	let lock: FolderLock | undefined;
	try {
		lock = lockDataFolder(folder);
		const journal = journalFile(resolve(folder));
		if (source === journal) throw new JournalError("unusable", `${source} is the journal itself: name a backup`);
		const ready = `${journal}.restored`;
		copyChecked(source, ready);
		const replaced = existsSync(journal) ? keepAside(journal, asideName(journal, "replaced", now)) : null;
		removeLeftovers(journal);
		renameSync(ready, journal);
		forceFolderToDisk(resolve(folder));
		return { restored: summaryOf(journal, { checked: true }), replaced };
	} catch (cause) {
		if (cause instanceof JournalError) throw cause;
		const why = cause instanceof Error ? cause.message : String(cause);
		const line = `${source} could not be restored (${why}): check the rights and the room of the data folder ${folder}`;
		throw new JournalError("io", line, { cause });
	} finally {
		lock?.release();
		succession.release();
	}
}

/** The backup is checked, and the copy too, because that is what will be used. */
function copyChecked(source: string, ready: string): void {
	summaryOf(source);
	const db = openFileForReading(source);
	try {
		copyJournal(db, ready, { overwrite: true, check: (part) => summaryOf(part) });
	} finally {
		db.close();
	}
}

/**
 * A second name for the old file, with everything in it that its write-ahead log still held. A journal too damaged to be
 * opened keeps its log beside it.
 */
function keepAside(journal: string, aside: string): NonNullable<Restored["replaced"]> {
	const summary = summaryIfReadable(journal);
	moveLogIn(journal);
	rmSync(aside, { force: true });
	linkOrCopy(journal, aside);
	for (const end of companions) {
		if (existsSync(journal + end)) renameSync(journal + end, aside + end);
	}
	return { file: aside, summary: summary === null ? null : { ...summary, file: aside } };
}

function moveLogIn(journal: string): void {
	let db: Database | undefined;
	try {
		db = new Database(journal, { readwrite: true, create: false });
		db.run(`PRAGMA busy_timeout = ${busy_ms_max}`);
		db.run("PRAGMA wal_checkpoint(TRUNCATE)");
	} catch (cause) {
		// Damage is a good reason to restore, so it must not stand in the way; a log that cannot be moved in stays a file.
		if (!(cause instanceof Error)) throw cause;
	} finally {
		db?.close();
	}
}

/** The journal keeps its own name until the rename that replaces it. */
function linkOrCopy(journal: string, aside: string): void {
	try {
		linkSync(journal, aside);
	} catch (cause) {
		if (!existsSync(journal)) throw cause;
		// A file system without hard links.
		copyFileSync(journal, aside);
		forceToDisk(aside);
	}
}

/** A log without its journal would be played into the next file of that name. */
function removeLeftovers(journal: string): void {
	for (const end of companions) rmSync(journal + end, { force: true });
}

function summaryIfReadable(file: string): JournalSummary | null {
	try {
		return summaryOf(file, { checked: true });
	} catch (cause) {
		if (!(cause instanceof Error)) throw cause;
		return null;
	}
}
