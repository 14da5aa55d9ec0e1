/** One nexus per data folder: a lock that the system lets go of when its holder dies, by whatever death. */
import { Database } from "bun:sqlite";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JournalError } from "./journal-error.ts";
import { journalErrorOf } from "./sqlite-error.ts";
import { makeWritable } from "./writable-folder.ts";

/** How long a dying predecessor is waited for. */
const wait_ms_max = 200;

/** What its holder has alone until it lets go, or dies. */
export interface FolderLock {
	release(): void;
}

/** The file in the data folder whose lock says who executes what is in the journal. */
export const lockFile = "nexus.lock";
/** The file beside it with the holder's process id. */
export const pidFile = "nexus.pid";

/**
 * Takes the folder, which is made where it is missing. The lock is SQLite's own lock on an empty database of its own: kept by
 * the system for the process, so kill -9 frees it, on every platform; the journal beside it stays readable for others.
 * @param wait_ms how long it is waited for, in which nothing else runs; default 200
 * @throws JournalError `locked` with the holder's pid, `unusable` where the folder cannot be written
 */
export function lockDataFolder(folder: string, wait_ms = wait_ms_max): FolderLock {
	makeWritable(folder);
	const pids = join(folder, pidFile);
	const db = takeLock(
		folder,
		lockFile,
		wait_ms,
		() => `another nexus${holder(pids)} already uses the data folder ${folder}: stop it or set another folder as data`,
	);
	writeFileSync(pids, `${process.pid}\n`);
	let held = true;
	return {
		release() {
			if (!held) return;
			held = false;
			rmSync(pids, { force: true });
			db.close();
		},
	};
}

/**
 * Takes the right to be the folder's next nexus, beside the one that runs: one newcomer at a time.
 * @param wait_ms as for {@link lockDataFolder}
 * @throws JournalError `locked` where another newcomer has it, `unusable` where the folder cannot be written
 */
export function lockSuccession(folder: string, wait_ms = wait_ms_max): FolderLock {
	makeWritable(folder);
	const line = `another nexus is just taking over the data folder ${folder}: wait until it has, then try again`;
	const db = takeLock(folder, "nexus.next.lock", wait_ms, () => line);
	return { release: () => db.close() };
}

function takeLock(folder: string, file: string, wait_ms: number, taken: () => string): Database {
	let db: Database | undefined;
	try {
		db = new Database(join(folder, file), { create: true, readwrite: true });
		db.run(`PRAGMA busy_timeout = ${wait_ms}`);
		db.run("BEGIN EXCLUSIVE");
		return db;
	} catch (cause) {
		db?.close();
		const { kind, message } = journalErrorOf(cause);
		if (kind !== "busy") {
			throw new JournalError("unusable", `the data folder ${folder} could not be locked: ${message}`, { cause });
		}
		throw new JournalError("locked", taken(), { cause });
	}
}

/** " (pid 123)", or nothing where its file is not there yet. */
function holder(file: string): string {
	try {
		return ` (pid ${readFileSync(file, "utf8").trim()})`;
	} catch {
		return "";
	}
}
