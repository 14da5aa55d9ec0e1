/** What a restarted engine reads back from the writing connection, so that it sees everything committed before. */
import type { Database } from "bun:sqlite";
import { idOf } from "../domain/id.ts";
import type { Intent, OpenAlert, Silence, Snapshot, StatedChain } from "../domain/ports.ts";
import type { Account, Alert, Order, Position, Signal, TraceEntry, TradingStateEntry } from "../domain/records.ts";
import { rowOf } from "./record-change.ts";

/** Everything that must be in memory before the lanes open. */
export function snapshotOf(db: Database): Snapshot {
	const highest = `SELECT max(coalesce((SELECT max(seq) FROM alerts), 0), coalesce((SELECT value FROM meta WHERE name = 'pruned_to'), 0))`;
	return {
		last_sequence: numberOf(db, highest),
		positions: recordsOf<Position>(db, "SELECT record FROM positions"),
		accounts: recordsOf<Account>(db, "SELECT record FROM accounts"),
		open_orders: recordsOf<Order>(db, "SELECT record FROM orders WHERE open = 1 ORDER BY n"),
		ended_orders: recordsOf<Order>(
			db,
			`SELECT record FROM (SELECT n, record FROM orders WHERE open = 0 ORDER BY n DESC LIMIT ${ended_max}) ORDER BY n`,
		),
		ended_alerts: endedAlertsOf(db),
		trades: tradesOf(db),
		trading_states: recordsOf<TradingStateEntry>(db, "SELECT record FROM trading_states"),
		stated: recordsOf<StatedChain>(db, "SELECT record FROM stated"),
		silences: db.query<Silence, []>("SELECT strategy, since FROM silences").all(),
		open_alerts: numberOf(db, "SELECT count(*) FROM open_alerts"),
	};
}

function endedAlertsOf(db: Database): readonly string[] {
	const sql = `SELECT DISTINCT o.alert_seq FROM orders o JOIN endings e ON e.seq = o.alert_seq WHERE o.open = 1`;
	return (db.query(sql).values() as [number][]).map(([seq]) => idOf(seq));
}

/** Ended orders that a restarted engine is told of. */
const ended_max = 2_000;

/** Trades that a restarted engine is told of, beside those of open orders. */
const trades_max = 50_000;

/** The newest trades, oldest first; those of open orders come last, so that they are forgotten last. */
function tradesOf(db: Database): Snapshot["trades"] {
	const open = "order_id IN (SELECT id FROM orders WHERE open = 1)";
	const last = `SELECT n FROM fills ORDER BY n DESC LIMIT ${trades_max}`;
	const sql = `SELECT account, trade_id, ${open} AS open, n FROM fills WHERE n IN (${last})
		UNION SELECT account, trade_id, 1, n FROM fills WHERE ${open} ORDER BY open, n`;
	const rows = db.query(sql).values() as [string, string, number, number][];
	return rows.map(([account, trade_id]) => ({ account, trade_id }));
}

/** Alerts recorded and not ended, oldest first, above row `after`. */
export function openAlertsOf(db: Database, after: number, limit: number): readonly OpenAlert[] {
	const sql = `SELECT r.alert, r.trace, t.tried, t.survived FROM open_alerts o JOIN alert_records r ON r.seq = o.seq
		LEFT JOIN attempts t ON t.seq = o.seq WHERE o.seq > ? ORDER BY o.seq LIMIT ?`;
	const rows = db.query(sql).values(after, limit) as [string, string, number | null, number | null][];
	return rows.map(([alert, trace, tried, survived]) => ({
		alert: JSON.parse(alert) as Alert,
		trace: JSON.parse(trace) as TraceEntry[],
		recovered: true,
		...(tried === null || survived === null ? {} : { attempts: { tried, survived } }),
	}));
}

/** The intents and orders of one alert, in the order they were made. */
export function workOf(db: Database, alertId: string): { intents: readonly Intent[]; orders: readonly Order[] } {
	const seq = rowOf(alertId);
	const rows = db.query("SELECT account, signals, plan FROM intents WHERE alert_seq = ? ORDER BY account").values(seq);
	const intents = (rows as [string, string, string][]).map(([account, signals, plan]) => ({
		alert_id: idOf(seq),
		account,
		signals: JSON.parse(signals) as Signal[],
		plan,
	}));
	return { intents, orders: recordsOf<Order>(db, "SELECT record FROM orders WHERE alert_seq = ? ORDER BY n", seq) };
}

/** A strategy's own state on an account as JSON text; undefined where it has none. */
export function strategyStateOf(db: Database, strategy: string, account: string): string | undefined {
	const row = db
		.query("SELECT state FROM strategy_states WHERE strategy = ? AND account = ?")
		.values(strategy, account)[0];
	return row === undefined ? undefined : String(row[0]);
}

/** The JSON column `record` of a question, parsed. */
export function recordsOf<T>(db: Database, sql: string, ...values: readonly (string | number)[]): T[] {
	const rows = db.query(sql).values(...values) as [string][];
	return rows.map(([record]) => JSON.parse(record) as T);
}

function numberOf(db: Database, sql: string): number {
	return Number(db.query(sql).values()[0]?.[0] ?? 0);
}
