/** Retention: removes what ended long ago, a small step at a time, and nothing that is open. */
import type { Database } from "bun:sqlite";
import { sequenceOf } from "../domain/id.ts";
import type { StatedChain } from "../domain/ports.ts";
import { foldFills, type PositionKey } from "./baseline.ts";
import { recordsOf } from "./snapshot.ts";

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
 * Keys are not touched: the duplicate check drops its own, replay keys stay for good. Fills go into their position's baseline;
 * alerts on which a stated position rests stay.
 * @param cutoff milliseconds since 1970; what ended or changed later is kept
 * @returns the row to go on from, undefined where nothing old is left
 */
export function prune(db: Database, cutoff: number, from: number): number | undefined {
	const rows = candidates(db, from);
	const old = rows.slice(0, firstYoung(rows, cutoff));
	const stated = old.length === 0 ? new Set<number>() : statedAlerts(db);
	const removable = old.filter((row) => isOver(row, cutoff) && !stated.has(row.seq)).map((row) => row.seq);
	const touched = new Touched(db);
	for (const seq of removable) {
		touched.ordersOf("alert_seq = ?", seq);
		removeAlert(db, seq);
	}
	const highest = removable.at(-1);
	// The highest row number ever used must be known even when its row is gone: ids never repeat.
	if (highest !== undefined) {
		const floor =
			"INSERT INTO meta VALUES ('pruned_to', ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)";
		db.query(floor).run(highest);
	}
	const last = old.at(-1);
	if (last !== undefined && old.length === step_rows_max) {
		touched.fold();
		return last.seq;
	}
	const loose = removeLooseOrders(db, cutoff, touched) + removeEvents(db, cutoff);
	touched.fold();
	return loose > 0 ? (last?.seq ?? from) : undefined;
}

/** The alerts on which what TradingView states rests: what they came to is asked for when a late one shows another order. */
function statedAlerts(db: Database): ReadonlySet<number> {
	const seqs = new Set<number>();
	for (const { alert_id, steps } of recordsOf<StatedChain>(db, "SELECT record FROM stated")) {
		for (const id of [alert_id, ...steps.map((step) => step.alert_id)]) {
			const seq = id === null ? undefined : sequenceOf(id);
			if (seq !== undefined) seqs.add(seq);
		}
	}
	return seqs;
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
	for (const [table, column] of [
		["orders", "alert_seq"],
		["intents", "alert_seq"],
		["endings", "seq"],
		["attempts", "seq"],
		["alert_records", "seq"],
		["alerts", "seq"],
	]) {
		db.query(`DELETE FROM ${table} WHERE ${column} = ?`).run(seq);
	}
}

/** The positions whose orders are removed in one step. */
class Touched {
	readonly #db: Database;
	readonly #keys = new Map<string, PositionKey>();

	constructor(db: Database) {
		this.#db = db;
	}

	/** Before orders are removed: their fills stay, as those of no order, until the baseline can take them in. */
	ordersOf(condition: "alert_seq = ?" | "n = ?", value: number): void {
		const fills = `order_id IN (SELECT id FROM orders WHERE ${condition})`;
		const sql = `SELECT DISTINCT account, record ->> 'strategy' AS strategy, record ->> 'symbol' AS symbol FROM fills WHERE ${fills}`;
		const keys = this.#db.query<PositionKey, [number]>(sql).all(value);
		if (keys.length === 0) return;
		for (const key of keys) this.#keys.set(JSON.stringify(key), key);
		this.#db.query(`UPDATE fills SET order_id = '' WHERE ${fills}`).run(value);
	}

	/** After orders were removed. */
	fold(): void {
		for (const key of this.#keys.values()) foldFills(this.#db, key);
	}
}

function removeLooseOrders(db: Database, cutoff: number, touched: Touched): number {
	const sql = "SELECT n FROM orders WHERE alert_seq IS NULL AND open = 0 AND updated_at < ? LIMIT ?";
	const rows = db.query<{ n: number }, [number, number]>(sql).all(cutoff, step_rows_max);
	for (const { n } of rows) {
		touched.ordersOf("n = ?", n);
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
