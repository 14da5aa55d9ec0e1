/** Relations between a journal's tables: what must stand beside what. */
import type { Database } from "bun:sqlite";
import { add, decimal, formatDecimal, zero } from "../domain/decimal.ts";
import { idOf } from "../domain/id.ts";
import { isFinal } from "../domain/order-life.ts";
import type { Fill, Order } from "../domain/records.ts";
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

interface OrderRow {
	readonly id: string;
	readonly open: number;
	readonly record: string;
}

/** Orders whose filled quantity is not the sum of their fills, or whose state contradicts the list of open ones. */
export function* wrongOrders(db: Database): Generator<Finding> {
	const fills = db.query("SELECT record FROM fills WHERE order_id = ?");
	for (const row of db.query<OrderRow, []>("SELECT id, open, record FROM orders ORDER BY n").iterate()) {
		const { filled_quantity, status } = JSON.parse(row.record) as Order;
		const told = fills.values(row.id) as [string][];
		const sum = told.reduce((all, [record]) => add(all, decimal((JSON.parse(record) as Fill).quantity)), zero);
		if (sum !== decimal(filled_quantity)) {
			const detail = `filled_quantity ${filled_quantity} is stored, its ${told.length} fills come to ${formatDecimal(sum)}: a fill is missing, or was counted twice`;
			yield { check: "orders", subject: row.id, detail };
		}
		if ((row.open === 1) === isFinal(status)) {
			const detail = `it is ${status}, but kept as ${row.open === 1 ? "open" : "closed"}: a restart would take it wrongly`;
			yield { check: "orders", subject: row.id, detail };
		}
	}
}
