/** The journal's schema as a list of steps: step N takes a file from version N-1 to N, and a file is never taken back. */
import type { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import { copyJournal } from "./copy-file.ts";
import { JournalError } from "./journal-error.ts";

/** Marks the file as ours ("NXUS"), so that another program's database is refused and not filled with our tables. */
const application_id = 0x4e585553;

/**
 * Two habits keep a commit cheap. What is written for every alert is written once and only appended: `alerts` (narrow, for
 * scans), `alert_records` (the bulk), `endings` (what came of it), so no page is read again to be changed. Random keys go to
 * `recent_keys` first, in order of arrival, and from there in sorted runs into `dedupe` and `replay_keys` (recent-keys.ts).
 */
const first = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE alerts (
	seq INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, strategy TEXT NOT NULL, symbol TEXT NOT NULL, sender_id TEXT
) STRICT;
CREATE TABLE alert_records (seq INTEGER PRIMARY KEY, alert TEXT NOT NULL, raw TEXT NOT NULL, trace TEXT NOT NULL) STRICT;
CREATE TABLE open_alerts (seq INTEGER PRIMARY KEY) STRICT;
CREATE TABLE endings (
	seq INTEGER PRIMARY KEY, status TEXT NOT NULL, type TEXT NOT NULL, code TEXT, reason TEXT,
	ended_at INTEGER NOT NULL, trace TEXT NOT NULL
) STRICT;
CREATE INDEX endings_by_status ON endings (status);

CREATE TABLE recent_keys (
	n INTEGER PRIMARY KEY, key BLOB NOT NULL CHECK (length(key) = 16), meaning BLOB NOT NULL CHECK (length(meaning) = 16),
	seq INTEGER NOT NULL, expires_at INTEGER NOT NULL, replay BLOB CHECK (replay IS NULL OR length(replay) = 16)
) STRICT;
CREATE TABLE runs (run INTEGER PRIMARY KEY, expires_at INTEGER NOT NULL, keys BLOB, replays BLOB) STRICT;
CREATE TABLE dedupe (
	run INTEGER NOT NULL, key BLOB NOT NULL, meaning BLOB NOT NULL, seq INTEGER NOT NULL, expires_at INTEGER NOT NULL,
	PRIMARY KEY (run, key, meaning)
) STRICT, WITHOUT ROWID;
CREATE TABLE replay_keys (
	run INTEGER NOT NULL, key BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE intents (
	alert_seq INTEGER NOT NULL, account TEXT NOT NULL, signals TEXT NOT NULL, plan TEXT NOT NULL, PRIMARY KEY (alert_seq, account)
) STRICT, WITHOUT ROWID;
CREATE TABLE orders (
	n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, alert_seq INTEGER, strategy TEXT NOT NULL, symbol TEXT NOT NULL,
	open INTEGER NOT NULL, updated_at INTEGER NOT NULL, record TEXT NOT NULL
) STRICT;
CREATE INDEX orders_by_alert ON orders (alert_seq) WHERE alert_seq IS NOT NULL;
CREATE INDEX orders_by_strategy ON orders (strategy);
CREATE INDEX orders_by_symbol ON orders (symbol);
CREATE INDEX open_orders ON orders (open) WHERE open = 1;
CREATE INDEX loose_orders ON orders (updated_at) WHERE alert_seq IS NULL AND open = 0;
CREATE TABLE fills (
	n INTEGER PRIMARY KEY, account TEXT NOT NULL, trade_id TEXT NOT NULL, order_id TEXT NOT NULL, filled_at INTEGER NOT NULL,
	record TEXT NOT NULL, UNIQUE (account, trade_id)
) STRICT;
CREATE INDEX fills_by_order ON fills (order_id);
CREATE TABLE positions (
	account TEXT NOT NULL, strategy TEXT NOT NULL, symbol TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (account, strategy, symbol)
) STRICT, WITHOUT ROWID;
CREATE TABLE accounts (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE strategy_states (
	strategy TEXT NOT NULL, account TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (strategy, account)
) STRICT, WITHOUT ROWID;
CREATE TABLE trading_states (
	scope TEXT NOT NULL, name TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE events (sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
`;

/** What TradingView states beside what we hold. */
const second = `
CREATE TABLE stated (
	strategy TEXT NOT NULL, symbol TEXT NOT NULL, timeframe TEXT NOT NULL, record TEXT NOT NULL,
	PRIMARY KEY (strategy, symbol, timeframe)
) STRICT, WITHOUT ROWID;
`;

/** Strategies whose alerts stay away, so that a restart does not tell it again. */
const third = `
CREATE TABLE silences (strategy TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

/**
 * What the fills of a position that were removed, or that an older nexus worked out less exactly, came to: the position as it
 * was after fill `fills`. The index finds a position's fills in the order in which they came (baseline.ts).
 */
const fourth = `
CREATE TABLE baselines (
	account TEXT NOT NULL, strategy TEXT NOT NULL, symbol TEXT NOT NULL, fills INTEGER NOT NULL, record TEXT NOT NULL,
	PRIMARY KEY (account, strategy, symbol)
) STRICT, WITHOUT ROWID;
INSERT INTO baselines SELECT account, strategy, symbol, (SELECT coalesce(max(n), 0) FROM fills), record FROM positions;
CREATE INDEX fills_by_position ON fills (account, record ->> 'strategy', record ->> 'symbol', n);
`;

/** How often an open alert was begun after a restart, so that one that stops the program each time is found. */
const fifth = `
CREATE TABLE attempts (
	seq INTEGER PRIMARY KEY, tried INTEGER NOT NULL, survived INTEGER NOT NULL, CHECK (survived BETWEEN 0 AND tried)
) STRICT;
`;

/** Every step that there ever was, oldest first. */
export const migrations: readonly string[] = [first, second, third, fourth, fifth];

/** The version that this program writes. */
export const schemaVersion = migrations.length;

/** How a file is brought up to date. */
export interface MigrationOptions {
	/** Milliseconds since 1970, for the copy's name. */
	readonly now: number;
	/** The steps up to the version that is wanted, for tests; all of them where undefined. */
	readonly steps?: readonly string[];
}

/**
 * Brings an open database to this program's version, in one transaction. A file that holds something is first copied to
 * `FILE.vN-TIME` beside it, N being the version it had.
 * @throws JournalError `unusable` where a newer nexus wrote it, another program owns it or a step failed (then the file is as
 * it was); `full` where there is no room for the copy
 */
export function migrate(db: Database, file: string, { now, steps = migrations }: MigrationOptions): void {
	const version = checkVersion(db, file);
	if (version >= steps.length) return;
	const copy = version === 0 ? undefined : copyOf(db, file, version, now);
	try {
		db.transaction(() => {
			for (const sql of steps.slice(version)) db.run(sql);
			db.run(`PRAGMA application_id = ${application_id}`);
			db.run(`PRAGMA user_version = ${steps.length}`);
		}).immediate();
	} catch (cause) {
		// The file is as it was, and a start that fails again and again must not fill the disk with copies.
		if (copy !== undefined) rmSync(copy, { force: true });
		if (version === 0) throw cause;
		const why = cause instanceof Error ? cause.message : String(cause);
		const line = `${file} could not be brought from version ${version} to ${steps.length} (${why}); it is as it was: run the nexus that wrote it, or free space on its disk and start again`;
		throw new JournalError("unusable", line, { cause });
	}
}

/** The name of a file that is kept aside, such as `journal.sqlite.v3-20260131T133700Z`. */
export function asideName(file: string, word: string, now: number): string {
	return `${file}.${word}-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, "")}`;
}

/** Undefined for a journal in memory. */
function copyOf(db: Database, file: string, version: number, now: number): string | undefined {
	if (db.filename === ":memory:") return undefined;
	const copy = asideName(file, `v${version}`, now);
	copyJournal(db, copy, { overwrite: true });
	return copy;
}

/**
 * The version of the file; 0 where it is new.
 * @throws JournalError `unusable` where a newer nexus wrote it or another program owns it
 */
export function checkVersion(db: Database, file: string): number {
	const version = numberOf(db, "PRAGMA user_version");
	const owner = numberOf(db, "PRAGMA application_id");
	const tables = numberOf(db, "SELECT count(*) FROM sqlite_schema");
	if (owner !== application_id && (tables > 0 || version > 0)) {
		throw new JournalError(
			"unusable",
			`${file} is another program's database: move it away or choose another data folder`,
		);
	}
	if (version > schemaVersion) {
		const versions = `version ${version}, this nexus knows ${schemaVersion}`;
		throw new JournalError("unusable", `${file} was written by a newer nexus (${versions}): run that nexus`);
	}
	return version;
}

function numberOf(db: Database, sql: string): number {
	return Number(db.query(sql).values()[0]?.[0] ?? 0);
}
