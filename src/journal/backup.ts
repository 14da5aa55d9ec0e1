/** A backup: a whole journal as one file, made while nexus runs or without one. */
import type { Database } from "bun:sqlite";
import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { idOf } from "../domain/id.ts";
import { copyJournal } from "./copy-file.ts";
import { JournalError } from "./journal-error.ts";
import { journalFile, openFileForReading, openForReading } from "./journal-file.ts";
import { checkVersion } from "./migrations.ts";

/** What is in a journal's file, in figures. */
export interface JournalSummary {
	/** Absolute. */
	readonly file: string;
	readonly bytes: number;
	/** The schema's. */
	readonly version: number;
	readonly alerts: number;
	/** Alerts recorded and not ended. */
	readonly open_alerts: number;
	readonly orders: number;
	readonly fills: number;
	readonly events: number;
	/** Null in a journal without alerts. */
	readonly newest_alert: { readonly id: string; readonly received_at: string } | null;
}

/**
 * Copies the journal of a data folder into `file` (mode 0600) and looks through the copy before it gets its name.
 * @param overwrite true: a file that is there is replaced, in one step
 * @throws JournalError `unusable` where there is no journal, `file` is there already or cannot be made; `full`, `busy`, `io`
 */
export function backUpJournal(folder: string, file: string, overwrite: boolean): JournalSummary {
	const target = resolve(file);
	refuseOwnFiles(folder, target);
	const db = openForReading(folder);
	try {
		copyJournal(db, target, { overwrite, check: (part) => summaryOf(part) });
	} finally {
		db.close();
	}
	return summaryOf(target, { checked: true });
}

/**
 * Looks through a journal's file without changing it.
 * @param checked true: its pages were checked a moment ago
 * @throws JournalError `unusable` where it is not there, not ours, of a newer nexus, or damaged
 */
export function summaryOf(file: string, { checked = false } = {}): JournalSummary {
	const db = openFileForReading(file);
	try {
		if (!checked) refuseDamaged(db, file);
		return { file, bytes: statSync(file).size, version: checkVersion(db, file), ...figuresOf(db) };
	} finally {
		db.close();
	}
}

/** What SQLite's own check of all pages and indexes finds, at most `max` lines; empty where all is well. */
export function damageOf(db: Database, max: number): readonly string[] {
	try {
		const lines = db.query(`PRAGMA integrity_check(${max})`).values() as [string][];
		return lines.flatMap(([text]) => (text === "ok" ? [] : text.split("\n")));
	} catch (cause) {
		// So damaged that not even the check comes to its end.
		if (!(cause instanceof Error)) throw cause;
		return [cause.message];
	}
}

function refuseDamaged(db: Database, file: string): void {
	const [first] = damageOf(db, 1);
	if (first === undefined) return;
	throw new JournalError("unusable", `${file} is damaged (${first}): use another copy`);
}

function figuresOf(db: Database): Omit<JournalSummary, "file" | "bytes" | "version"> {
	const count = (table: string) => Number(db.query(`SELECT count(*) FROM ${table}`).values()[0]?.[0] ?? 0);
	const newest = db.query("SELECT seq, received_at FROM alerts ORDER BY seq DESC LIMIT 1").values()[0];
	const [seq, received_at] = (newest ?? []) as [number?, number?];
	return {
		alerts: count("alerts"),
		open_alerts: count("open_alerts"),
		orders: count("orders"),
		fills: count("fills"),
		events: count("events"),
		newest_alert:
			seq === undefined || received_at === undefined
				? null
				: { id: idOf(seq), received_at: new Date(received_at).toISOString() },
	};
}

/** The journal itself is never its own backup, not even where a file may be replaced. */
function refuseOwnFiles(folder: string, target: string): void {
	const journal = journalFile(whereItIs(resolve(folder)));
	const own = [journal, `${journal}-wal`, `${journal}-shm`];
	if (!own.includes(join(whereItIs(dirname(target)), basename(target)))) return;
	throw new JournalError("unusable", `${target} is the journal itself: name another file`);
}

function whereItIs(folder: string): string {
	try {
		return realpathSync(folder);
	} catch {
		return folder;
	}
}
