/** The reader's questions as SQL on one connection, whichever thread it is in. */
import type { Database } from "bun:sqlite";
import { idOf, sequenceOf } from "../domain/id.ts";
import type { AlertFilter, JournalReader, Page, PageRequest } from "../domain/ports.ts";
import type {
	Account,
	Alert,
	AlertStatus,
	AlertType,
	AlertView,
	Event,
	Fill,
	Order,
	Position,
	TraceEntry,
	TradingStateEntry,
} from "../domain/records.ts";
import { pageOf, placeOf } from "./cursor.ts";
import { recordsOf } from "./snapshot.ts";

/** The reader's questions, answered at once. */
export type Questions = {
	readonly [Name in keyof JournalReader]: (
		...args: Parameters<JournalReader[Name]>
	) => Awaited<ReturnType<JournalReader[Name]>>;
};

interface AlertRow {
	readonly seq: number;
	readonly alert: string;
	readonly status: AlertStatus | null;
	readonly type: AlertType | null;
	readonly code: string | null;
	readonly reason: string | null;
	readonly ended_at: number | null;
}

interface RecordRow {
	readonly n: number;
	readonly record: string;
}

const events_max = 1000;

/** Bound to one connection; statements are kept by it. */
export class ReadModel implements Questions {
	readonly #db: Database;

	constructor(db: Database) {
		this.#db = db;
	}

	/**
	 * Newest first by row number. Without a status it walks the narrow table, with one the list of that status; a filter that
	 * matches little walks to the end of it: 0.1 s for a million alerts.
	 */
	alerts(filter: AlertFilter): Page<AlertView> {
		const { before, limit } = placeOf(filter);
		const { from, values } = sourceOf(filter.status);
		const where = ["a.seq < ?"];
		values.push(before);
		for (const [column, value] of [
			["strategy = ?", filter.strategy] as const,
			["symbol = ?", filter.symbol] as const,
		]) {
			if (value === undefined) continue;
			where.push(`a.${column}`);
			values.push(value);
		}
		if (filter.since !== undefined) {
			where.push("a.received_at >= ?");
			values.push(Date.parse(filter.since) || 0);
		}
		const sql = `SELECT a.seq, r.alert, e.status, e.type, e.code, e.reason, e.ended_at FROM ${from}
			CROSS JOIN alert_records r ON r.seq = a.seq LEFT JOIN endings e ON e.seq = a.seq
			WHERE ${where.join(" AND ")} ORDER BY a.seq DESC LIMIT ?`;
		const rows = this.#db.query<AlertRow, (string | number)[]>(sql).all(...values, limit + 1);
		return pageOf(
			rows,
			limit,
			(row) => row.seq,
			(row) => viewOf(row),
		);
	}

	alert(id: string): AlertView | undefined {
		const seq = this.#rowNumber(id);
		if (seq === undefined) return undefined;
		const sql = `SELECT r.seq, r.alert, r.raw, r.trace AS before, e.status, e.type, e.code, e.reason, e.ended_at, e.trace AS after
			FROM alert_records r LEFT JOIN endings e ON e.seq = r.seq WHERE r.seq = ?`;
		type Whole = AlertRow & { readonly raw: string; readonly before: string; readonly after: string | null };
		const row = this.#db.query<Whole, [number]>(sql).get(seq);
		if (row === null) return undefined;
		const fills = `SELECT f.record FROM orders o JOIN fills f ON f.order_id = o.id WHERE o.alert_seq = ? ORDER BY f.n`;
		return {
			...viewOf(row),
			raw: row.raw,
			trace: [...(JSON.parse(row.before) as TraceEntry[]), ...(JSON.parse(row.after ?? "[]") as TraceEntry[])],
			orders: recordsOf<Order>(this.#db, "SELECT record FROM orders WHERE alert_seq = ? ORDER BY n", seq),
			fills: recordsOf<Fill>(this.#db, fills, seq),
		};
	}

	orders(filter: PageRequest & { strategy?: string; symbol?: string; open?: boolean }): Page<Order> {
		const { strategy, symbol, open } = filter;
		return this.#records<Order>("orders", filter, {
			strategy,
			symbol,
			open: open === undefined ? undefined : Number(open),
		});
	}

	fills(filter: PageRequest & { order_id?: string }): Page<Fill> {
		return this.#records<Fill>("fills", filter, { order_id: filter.order_id });
	}

	positions(): readonly Position[] {
		return recordsOf<Position>(this.#db, "SELECT record FROM positions ORDER BY account, strategy, symbol");
	}

	accounts(): readonly Account[] {
		return recordsOf<Account>(this.#db, "SELECT record FROM accounts");
	}

	trading_states(): readonly TradingStateEntry[] {
		return recordsOf<TradingStateEntry>(this.#db, "SELECT record FROM trading_states");
	}

	events(after: number, limit: number): readonly Event[] {
		const sql = "SELECT sequence, record FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?";
		const rows = this.#db.query(sql).values(after, Math.min(limit, events_max)) as [number, string][];
		return rows.map(([sequence, record]) => ({ ...(JSON.parse(record) as Omit<Event, "sequence">), sequence }));
	}

	counts() {
		const byStatus = this.#db.query("SELECT status, count(*) FROM endings GROUP BY status").values() as [
			string,
			number,
		][];
		const open = this.#count("open_alerts");
		return {
			alerts: Object.fromEntries(open > 0 ? [["accepted", open], ...byStatus] : byStatus),
			orders: this.#count("orders"),
			fills: this.#count("fills"),
		};
	}

	/** Ours, or the newest with this id of the sender's: a walk back through the narrow table, 0.1 s for a million alerts. */
	#rowNumber(id: string): number | undefined {
		const seq = sequenceOf(id);
		if (seq !== undefined && this.#db.query("SELECT 1 FROM alerts WHERE seq = ?").get(seq) !== null) return seq;
		const sql = "SELECT seq FROM alerts WHERE sender_id = ? ORDER BY seq DESC LIMIT 1";
		return (this.#db.query(sql).values(id)[0] as [number] | undefined)?.[0];
	}

	#records<T>(
		table: "orders" | "fills",
		request: PageRequest,
		equal: Readonly<Record<string, string | number | undefined>>,
	): Page<T> {
		const { before, limit } = placeOf(request);
		const asked = Object.entries(equal).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
		const where = ["n < ?", ...asked.map(([column]) => `${column} = ?`)].join(" AND ");
		const sql = `SELECT n, record FROM ${table} WHERE ${where} ORDER BY n DESC LIMIT ?`;
		const rows = this.#db
			.query<RecordRow, (string | number)[]>(sql)
			.all(before, ...asked.map(([, value]) => value), limit + 1);
		return pageOf(
			rows,
			limit,
			(row) => row.n,
			(row) => JSON.parse(row.record) as T,
		);
	}

	#count(table: "open_alerts" | "orders" | "fills"): number {
		return Number(this.#db.query(`SELECT count(*) FROM ${table}`).values()[0]?.[0] ?? 0);
	}
}

/** The table to walk for a status, and its values; CROSS JOIN keeps SQLite to that order. */
function sourceOf(status: AlertStatus | undefined): { from: string; values: (string | number)[] } {
	if (status === undefined) return { from: "alerts a", values: [] };
	if (status === "accepted") return { from: "open_alerts o CROSS JOIN alerts a ON a.seq = o.seq", values: [] };
	return {
		from: "(SELECT seq FROM endings WHERE status = ? ORDER BY seq DESC) s CROSS JOIN alerts a ON a.seq = s.seq",
		values: [status],
	};
}

function viewOf(row: AlertRow): AlertView {
	const alert = JSON.parse(row.alert) as Alert;
	const { alert_id, message } = alert;
	const { closes, quantity, size, limit, stop_loss, take_profit, stated } = alert;
	return {
		id: idOf(row.seq),
		...(alert_id === undefined ? {} : { alert_id }),
		status: row.status ?? "accepted",
		type: row.type ?? alert.type,
		action: alert.action,
		strategy: alert.strategy,
		symbol: alert.symbol,
		timeframe: alert.timeframe ?? null,
		price: alert.price ?? null,
		received_at: alert.received_at,
		ended_at: row.ended_at === null ? null : new Date(row.ended_at).toISOString(),
		code: row.code,
		reason: row.reason,
		...(message === undefined ? {} : { message }),
		...(closes === undefined ? {} : { closes }),
		...(quantity === undefined ? {} : { quantity }),
		...(size === undefined ? {} : { size }),
		...(limit === undefined ? {} : { limit }),
		...(stop_loss === undefined ? {} : { stop_loss }),
		...(take_profit === undefined ? {} : { take_profit }),
		...(stated === undefined ? {} : { stated }),
		source: alert.source,
		dialect: alert.dialect,
	};
}
