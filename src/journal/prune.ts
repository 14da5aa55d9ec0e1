/** Retention: removes what ended long ago, a small step at a time, and nothing that is open. */
import type { Database } from "bun:sqlite";

/** Rows looked at, and so at most removed, in one step: a few milliseconds. */
const step_rows_max = 200;

interface Candidate {
	readonly seq: number;
	readonly received_at: number;
	readonly ended_at: number | null;
	/** The newest change of its orders; null without orders. */
	readonly ordered_at: number | null;
	readonly open_orders: number | null;
}

/**
 * One step inside the caller's transaction: alerts above row `from`, oldest first, then orders without an alert, then events.
 * Keys are not touched: the duplicate check drops its own, replay keys stay for good.
 * @param cutoff milliseconds since 1970; what ended or changed later is kept
 * @returns the row to go on from, undefined where nothing old is left
 */
export function prune(db: Database, cutoff: number, from: number): number | undefined {
	const rows = candidates(db, from);
	const old = rows.slice(0, firstYoung(rows, cutoff));
	const removable = old.filter((row) => isOver(row, cutoff)).map((row) => row.seq);
	for (const seq of removable) removeAlert(db, seq);
	const highest = removable.at(-1);
	// The highest row number ever used must be known even when its row is gone: ids never repeat.
	if (highest !== undefined) {
		const floor =
			"INSERT INTO meta VALUES ('pruned_to', ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)";
		db.query(floor).run(highest);
	}
	const last = old.at(-1);
	if (last !== undefined && old.length === step_rows_max) return last.seq;
	const loose = removeLooseOrders(db, cutoff) + removeEvents(db, cutoff);
	return loose > 0 ? (last?.seq ?? from) : undefined;
}

function candidates(db: Database, from: number): readonly Candidate[] {
	const sql = `SELECT a.seq, a.received_at, e.ended_at,
			(SELECT max(o.updated_at) FROM orders o WHERE o.alert_seq = a.seq) AS ordered_at,
			(SELECT sum(o.open) FROM orders o WHERE o.alert_seq = a.seq) AS open_orders
		FROM alerts a LEFT JOIN endings e ON e.seq = a.seq WHERE a.seq > ? ORDER BY a.seq LIMIT ?`;
	return db.query<Candidate, [number, number]>(sql).all(from, step_rows_max);
}

/** Alerts lie in order of arrival, so the first young one ends the search. */
function firstYoung(rows: readonly Candidate[], cutoff: number): number {
	const index = rows.findIndex((row) => row.received_at >= cutoff);
	return index < 0 ? rows.length : index;
}

function isOver({ ended_at, ordered_at, open_orders }: Candidate, cutoff: number): boolean {
	return ended_at !== null && ended_at < cutoff && (ordered_at ?? 0) < cutoff && (open_orders ?? 0) === 0;
}

function removeAlert(db: Database, seq: number): void {
	db.query("DELETE FROM fills WHERE order_id IN (SELECT id FROM orders WHERE alert_seq = ?)").run(seq);
	for (const [table, column] of [
		["orders", "alert_seq"],
		["intents", "alert_seq"],
		["endings", "seq"],
		["alert_records", "seq"],
		["alerts", "seq"],
	]) {
		db.query(`DELETE FROM ${table} WHERE ${column} = ?`).run(seq);
	}
}

function removeLooseOrders(db: Database, cutoff: number): number {
	const sql = "SELECT n, id FROM orders WHERE alert_seq IS NULL AND open = 0 AND updated_at < ? LIMIT ?";
	const rows = db.query<{ n: number; id: string }, [number, number]>(sql).all(cutoff, step_rows_max);
	for (const { n, id } of rows) {
		db.query("DELETE FROM fills WHERE order_id = ?").run(id);
		db.query("DELETE FROM orders WHERE n = ?").run(n);
	}
	return rows.length;
}

/** The newest event always stays, because the next one's sequence is counted from it. */
function removeEvents(db: Database, cutoff: number): number {
	const sql = `DELETE FROM events WHERE sequence IN (
		SELECT sequence FROM events WHERE sequence < (SELECT max(sequence) FROM events) ORDER BY sequence LIMIT ?) AND at < ?`;
	return db.query(sql).run(step_rows_max, cutoff).changes;
}
