/** What an error thrown by SQLite means for the journal. */
import { JournalError, type JournalErrorKind } from "./journal-error.ts";

/** An error as it is; SQLite's by the family of its code; anything else is a bug in one record and `invalid`. */
export function journalErrorOf(cause: unknown): JournalError {
	if (cause instanceof JournalError) return cause;
	const text = cause instanceof Error ? cause.message : String(cause);
	const kind = kindOf(codeOf(cause));
	return new JournalError(kind, lines[kind](text), { cause });
}

/** True where the fault lies with one record and not with the disk, so that the other records of its group can go on. */
export function isItemFault(error: JournalError): boolean {
	return error.kind === "invalid" || error.kind === "too_large";
}

function codeOf(cause: unknown): string {
	return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
}

type SqliteKind = Extract<JournalErrorKind, "full" | "io" | "busy" | "invalid">;

function kindOf(code: string): SqliteKind {
	if (code === "SQLITE_FULL") return "full";
	if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return "busy";
	const ofOneRecord = ["SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE", "SQLITE_MISUSE"];
	if (code === "" || ofOneRecord.some((start) => code.startsWith(start))) return "invalid";
	return "io";
}

const lines = {
	full: (text: string) => `there is no room left for the journal (${text}): free space on its disk`,
	busy: (text: string) => `another process holds the journal (${text}): it is tried again with the next record`,
	io: (text: string) => `the journal's disk failed (${text}): check the disk and the data folder's rights`,
	invalid: (text: string) => `the journal cannot take this record: ${text}`,
} satisfies Record<SqliteKind, (text: string) => string>;
