/** One nexus per data folder: a lock that the system lets go of when its holder dies, by whatever death. */
import { Database } from "bun:sqlite";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JournalError } from "./journal-error.ts";
import { journalErrorOf } from "./sqlite-error.ts";
import { makeWritable } from "./writable-folder.ts";

/** How long a dying predecessor is waited for. */
const wait_ms_max = 200;

/**
 * Takes the folder, which is made where it is missing. The lock is SQLite's own lock on an empty database of its own: kept by
 * the system for the process, so kill -9 frees it, on every platform; the journal beside it stays readable for others.
 * @throws JournalError `locked` with the holder's pid, `unusable` where the folder cannot be written
 */
export function lockDataFolder(folder: string): { release(): void } {
	makeWritable(folder);
	const pidFile = join(folder, "nexus.pid");
	const db = takeLock(folder, pidFile);
	writeFileSync(pidFile, `${process.pid}\n`);
	let held = true;
	return {
		release() {
			if (!held) return;
			held = false;
			rmSync(pidFile, { force: true });
			db.close();
		},
	};
}

function takeLock(folder: string, pidFile: string): Database {
	let db: Database | undefined;
	try {
		db = new Database(join(folder, "nexus.lock"), { create: true, readwrite: true });
		db.run(`PRAGMA busy_timeout = ${wait_ms_max}`);
		db.run("BEGIN EXCLUSIVE");
		return db;
	} catch (cause) {
		db?.close();
		const { kind, message } = journalErrorOf(cause);
		if (kind !== "busy") {
			throw new JournalError("unusable", `the data folder ${folder} could not be locked: ${message}`, { cause });
		}
		const line = `another nexus${holder(pidFile)} already uses the data folder ${folder}: stop it or set another folder as data`;
		throw new JournalError("locked", line, { cause });
	}
}

/** " (pid 123)", or nothing where its file is not there yet. */
function holder(pidFile: string): string {
	try {
		return ` (pid ${readFileSync(pidFile, "utf8").trim()})`;
	} catch {
		return "";
	}
}
