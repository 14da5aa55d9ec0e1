/** A consistent copy of an open journal as a file of its own: made beside its place, forced to disk, then given its name. */
import type { Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { JournalError } from "./journal-error.ts";
import { journalErrorOf } from "./sqlite-error.ts";

/** Only its owner may read a journal: it holds every alert's body. */
const owner_only = 0o600;
/** What a file system answers that knows no hard links. */
const without_links: readonly string[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/**
 * Writes what the connection sees at this moment, compacted, into `target`; others go on writing meanwhile. The file is
 * complete and on disk when it appears under its name; where that fails, nothing is left of it.
 * @param check looks at the finished file before it gets its name; what it throws ends the copy
 * @throws JournalError `unusable` where `target` is there already and `overwrite` is false, or cannot be made; `full`, `io`
 */
export function copyJournal(
	db: Database,
	target: string,
	{ overwrite, check }: { readonly overwrite: boolean; readonly check?: (part: string) => void },
): void {
	if (!overwrite && existsSync(target)) throw isThere(target);
	const part = `${target}.part`;
	try {
		rmSync(part, { force: true });
		writeFileSync(part, "", { flag: "wx", mode: owner_only });
		db.query("VACUUM INTO ?").run(part);
		forceToDisk(part);
		check?.(part);
		if (overwrite) renameSync(part, target);
		else giveName(part, target);
		forceFolderToDisk(dirname(target));
	} catch (cause) {
		for (const file of [part, `${part}-journal`]) rmSync(file, { force: true });
		throw copyError(target, cause);
	}
}

/** Renames without replacing, also where another process makes `target` meanwhile. */
export function giveName(part: string, target: string): void {
	try {
		linkSync(part, target);
		rmSync(part);
	} catch (cause) {
		const code = codeOf(cause);
		if (!without_links.includes(code) || existsSync(target)) throw code === "EEXIST" ? isThere(target) : cause;
		renameSync(part, target);
	}
}

/** Waits until the file's content is on its disk. */
export function forceToDisk(file: string): void {
	const handle = openSync(file, "r+");
	try {
		fsyncSync(handle);
	} finally {
		closeSync(handle);
	}
}

/** Waits until the names in the folder are on its disk; Windows keeps them by itself. */
export function forceFolderToDisk(folder: string): void {
	if (process.platform === "win32") return;
	const handle = openSync(folder, "r");
	try {
		fsyncSync(handle);
	} finally {
		closeSync(handle);
	}
}

function isThere(target: string): JournalError {
	return new JournalError("unusable", `${target} is there already: name another file, or replace it with --force`);
}

function copyError(target: string, cause: unknown): JournalError {
	if (cause instanceof JournalError) return cause;
	const text = cause instanceof Error ? cause.message : String(cause);
	if (codeOf(cause) === "ENOSPC" || journalErrorOf(cause).kind === "full") {
		const line = `there is no room for the copy ${target} (${text}): free space on its disk or name a file on another one`;
		return new JournalError("full", line, { cause });
	}
	if (codeOf(cause).startsWith("SQLITE_CORRUPT")) {
		const line = `the journal is damaged (${text}), so that it could not be copied to ${target}: run \`nexus verify-journal\``;
		return new JournalError("unusable", line, { cause });
	}
	const line = `the copy ${target} could not be made (${text}): check that its folder is there and may be written`;
	return new JournalError("unusable", line, { cause });
}

function codeOf(cause: unknown): string {
	return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
