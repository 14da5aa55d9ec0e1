/** Relations between a journal's tables: what must stand beside what. */
import type { Database } from "bun:sqlite";
import { idOf } from "../domain/id.ts";
import type { Finding } from "./finding.ts";

interface Relation {
	readonly check: Finding["check"];
	/** Finds the offenders: one column, an alert's row number or a name. */
	readonly sql: string;
	/** Is the column an alert's row number? */
	readonly by_alert: boolean;
	readonly detail: string;
}

const has = (table: string, on: string): string => `EXISTS (SELECT 1 FROM ${table} WHERE ${on})`;

const unlike = (...columns: readonly string[]): string =>
	columns.map((column) => `t.${column} IS NOT t.record ->> '${column}'`).join(" OR ");

/** Columns by which records are found beside what the records themselves say. */
const filedWrongly: readonly Relation[] = [
	{
		check: "alerts",
		sql: `SELECT a.seq FROM alerts a JOIN alert_records r ON r.seq = a.seq
			WHERE a.strategy IS NOT r.alert ->> 'strategy' OR a.symbol IS NOT r.alert ->> 'symbol'`,
		by_alert: true,
		detail: "its row names another strategy or symbol than its record: lists show it in the wrong place",
	},
	{
		check: "orders",
		sql: `SELECT id FROM orders t WHERE ${unlike("id", "strategy", "symbol")}`,
		by_alert: false,
		detail: "its row names another id, strategy or symbol than its record",
	},
	{
		check: "fills",
		sql: `SELECT account || ' ' || trade_id FROM fills t
			WHERE ${unlike("account", "trade_id")} OR (order_id <> '' AND (${unlike("order_id")}))`,
		by_alert: false,
		detail: "its row names another account, trade or order than its record",
	},
	{
		check: "positions",
		sql: `SELECT strategy || ' ' || symbol || ' on ' || account FROM positions t
			WHERE ${unlike("account", "strategy", "symbol")}`,
		by_alert: false,
		detail: "its row names another account, strategy or symbol than its record",
	},
	{
		check: "accounts",
		sql: `SELECT name FROM accounts t WHERE ${unlike("name")}`,
		by_alert: false,
		detail: "its row names another account than its record",
	},
];

const relations: readonly Relation[] = [
	{
		check: "alerts",
		sql: `SELECT seq FROM alerts a WHERE NOT ${has("alert_records r", "r.seq = a.seq")}`,
		by_alert: true,
		detail: "it has a row but no record: its body and trace are gone",
	},
	{
		check: "alerts",
		sql: `SELECT seq FROM alert_records r WHERE NOT ${has("alerts a", "a.seq = r.seq")}`,
		by_alert: true,
		detail: "it has a record but no row: lists do not show it",
	},
	{
		check: "alerts",
		sql: `SELECT seq FROM endings e WHERE NOT ${has("alert_records r", "r.seq = e.seq")}`,
		by_alert: true,
		detail: "it has ended, but was never recorded or its record is gone",
	},
	{
		check: "alerts",
		sql: `SELECT seq FROM open_alerts o WHERE NOT ${has("alert_records r", "r.seq = o.seq")}`,
		by_alert: true,
		detail: "it is open, but was never recorded or its record is gone: nothing can work on it",
	},
	{
		check: "alerts",
		sql: `SELECT seq FROM open_alerts o WHERE ${has("endings e", "e.seq = o.seq")}`,
		by_alert: true,
		detail: "it has ended and is open all the same: the next start would work on it again",
	},
	{
		check: "alerts",
		sql: `SELECT seq FROM alerts a WHERE NOT ${has("endings e", "e.seq = a.seq")} AND NOT ${has("open_alerts o", "o.seq = a.seq")}`,
		by_alert: true,
		detail: "it was accepted, has no end and is not open: it is lost, nothing will work on it",
	},
	{
		check: "alerts",
		sql: `SELECT seq FROM attempts t WHERE NOT ${has("open_alerts o", "o.seq = t.seq")}`,
		by_alert: true,
		detail: "it is not open, but how often it was tried is kept as if it were",
	},
	{
		check: "intents",
		sql: `SELECT alert_seq FROM intents i WHERE NOT ${has("alerts a", "a.seq = i.alert_seq")}`,
		by_alert: true,
		detail: "a plan is kept for it, but the alert is not",
	},
	{
		check: "intents",
		sql: `SELECT DISTINCT i.alert_seq FROM intents i JOIN endings e ON e.seq = i.alert_seq
			WHERE e.status = 'executed' AND json_array_length(i.plan, '$.legs') > 0
			AND NOT ${has("orders o", "o.alert_seq = i.alert_seq")}`,
		by_alert: true,
		detail: "it was executed by its plan, but none of its orders is kept",
	},
	{
		check: "orders",
		sql: `SELECT id FROM orders o WHERE o.alert_seq IS NOT NULL AND NOT ${has("alerts a", "a.seq = o.alert_seq")}`,
		by_alert: false,
		detail: "its alert is not kept",
	},
	{
		check: "orders",
		sql: `SELECT id FROM orders o WHERE o.alert_seq IS NOT NULL
			AND NOT ${has("intents i", "i.alert_seq = o.alert_seq AND i.account = o.record ->> 'account'")}`,
		by_alert: false,
		detail: "it was made without a plan of its alert on its account",
	},
	{
		check: "fills",
		sql: `SELECT account || ' ' || trade_id FROM fills f WHERE f.order_id <> '' AND NOT ${has("orders o", "o.id = f.order_id")}`,
		by_alert: false,
		detail: "its order is not kept",
	},
	{
		check: "fills",
		sql: `SELECT account || ' ' || trade_id FROM fills f WHERE NOT ${has(
			"positions p",
			"p.account = f.account AND p.strategy = f.record ->> 'strategy' AND p.symbol = f.record ->> 'symbol'",
		)}`,
		by_alert: false,
		detail: "there is no position that it counts in",
	},
	{
		check: "positions",
		sql: `SELECT strategy || ' ' || symbol || ' on ' || account FROM positions p
			WHERE p.record ->> 'side' <> 'flat' AND NOT ${has("accounts a", "a.name = p.account")}`,
		by_alert: false,
		detail: "it is open on an account that is not kept: nobody knows the money that it counts in",
	},
	...filedWrongly,
];

/** Every row that stands without what must stand beside it. */
export function* brokenRelations(db: Database): Generator<Finding> {
	for (const { check, sql, by_alert, detail } of relations) {
		for (const row of db.query<Record<string, string | number>, []>(sql).iterate()) {
			const [subject] = Object.values(row);
			yield { check, subject: by_alert ? `alert ${idOf(Number(subject))}` : String(subject), detail };
		}
	}
}
