/** Works the state out again from a journal's facts and compares it with the state that is stored; writes nothing. */
import type { Database } from "bun:sqlite";
import { damageOf } from "./backup.ts";
import type { Finding } from "./finding.ts";
import { JournalError } from "./journal-error.ts";
import { openFileForReading } from "./journal-file.ts";
import { checkVersion, schemaVersion } from "./migrations.ts";
import { journalErrorOf } from "./sqlite-error.ts";
import { wrongOrders } from "./verify-orders.ts";
import { wrongPositions } from "./verify-positions.ts";
import { brokenRelations } from "./verify-relations.ts";
import { wrongChains } from "./verify-stated.ts";

/** Findings that are told one by one; beyond it they are only counted. */
export const findings_max = 1000;
/** Lines of SQLite's own check. */
const damage_lines_max = 100;

const counted = [
	"alerts",
	"open_alerts",
	"endings",
	"intents",
	"orders",
	"fills",
	"positions",
	"accounts",
	"baselines",
	"stated",
] as const;

export interface Verification {
	readonly file: string;
	readonly version: number;
	/** Rows that were looked at, by table. */
	readonly counts: Readonly<Record<(typeof counted)[number], number>>;
	/** At most {@link findings_max}; none where stored and recomputed state are the same. */
	readonly findings: readonly Finding[];
	/** Of all findings. */
	readonly found: number;
}

/**
 * Looks at one moment of the file, also while nexus writes on.
 * @throws JournalError `unusable` where the file is not there, not ours, or of another version than this nexus writes
 */
export function verifyJournal(file: string): Verification {
	const db = openFileForReading(file);
	try {
		const version = checkVersion(db, file);
		if (version < schemaVersion) {
			const line = `${file} is of version ${version}, this nexus verifies version ${schemaVersion}: start nexus on it once, or verify it with the nexus that wrote it`;
			throw new JournalError("unusable", line);
		}
		// One transaction, so that all questions see the same moment.
		db.run("BEGIN");
		const findings: Finding[] = [];
		let found = 0;
		for (const finding of all(db)) {
			found += 1;
			if (findings.length < findings_max) findings.push(finding);
		}
		const counts = Object.fromEntries(counted.map((table) => [table, countOf(db, table)])) as Verification["counts"];
		return { file, version, counts, findings, found };
	} finally {
		db.close();
	}
}

function* all(db: Database): Generator<Finding> {
	for (const line of damageOf(db, damage_lines_max)) {
		yield { check: "file", subject: "pages and indexes", detail: `${line}: the file is damaged, restore a backup` };
	}
	for (const check of [brokenRelations, wrongOrders, wrongPositions, wrongChains]) {
		try {
			yield* check(db);
		} catch (cause) {
			const why =
				cause instanceof RangeError || cause instanceof SyntaxError ? cause.message : journalErrorOf(cause).message;
			const detail = `a record cannot be read (${why}): the file is damaged, restore a backup`;
			yield { check: "file", subject: "records", detail };
		}
	}
}

/** 0 for a table too damaged to be counted, which is among the findings then. */
function countOf(db: Database, table: string): number {
	try {
		return Number(db.query(`SELECT count(*) FROM ${table}`).values()[0]?.[0] ?? 0);
	} catch (cause) {
		if (journalErrorOf(cause).kind !== "io") throw cause;
		return 0;
	}
}
