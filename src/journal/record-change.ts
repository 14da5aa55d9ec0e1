/** One Change as SQL: what each fact writes. Written twice, as after a failure that was none, it stays one fact; only an event shows twice. */
import type { Database } from "bun:sqlite";
import { sequenceOf } from "../domain/id.ts";
import { isFinal } from "../domain/order-life.ts";
import type { Change } from "../domain/ports.ts";
import type { Order } from "../domain/records.ts";
import { JournalError } from "./journal-error.ts";

/** Bound to one connection. */
export class ChangeRecorder {
	readonly #sql: ReturnType<typeof statements>;

	constructor(db: Database) {
		this.#sql = statements(db);
	}

	/** @throws JournalError `invalid` where the change speaks of an alert that was never recorded */
	record(change: Change): void {
		const sql = this.#sql;
		switch (change.kind) {
			case "alert_ended":
				this.#end(change);
				return;
			case "intent": {
				const { alert_id, account, signals, plan } = change.intent;
				sql.intent.run(rowOf(alert_id), account, JSON.stringify(signals), plan);
				return;
			}
			case "attempt":
				sql.attempt.run(rowOf(change.id), change.tried, change.survived);
				return;
			case "order":
				this.#order(change.order);
				return;
			case "fill": {
				const { account, trade_id, order_id, filled_at } = change.fill;
				sql.fill.run(account, trade_id, order_id, timeOf(filled_at), JSON.stringify(change.fill));
				return;
			}
			case "position": {
				const { account, strategy, symbol } = change.position;
				sql.position.run(account, strategy, symbol, JSON.stringify(change.position));
				return;
			}
			case "account":
				sql.account.run(change.account.name, JSON.stringify(change.account));
				return;
			case "strategy_state":
				sql.strategyState.run(change.strategy, change.account, JSON.stringify(change.state ?? null));
				return;
			case "stated": {
				const { strategy, symbol, timeframe } = change.chain;
				sql.stated.run(strategy, symbol, timeframe, JSON.stringify(change.chain));
				return;
			}
			case "silence":
				if (change.since === null) sql.noSilence.run(change.strategy);
				else sql.silence.run(change.strategy, change.since);
				return;
			case "trading_state": {
				const { scope, name, state } = change.entry;
				if (state === "active") sql.noTradingState.run(scope, name);
				else sql.tradingState.run(scope, name, JSON.stringify(change.entry));
				return;
			}
			case "event":
				sql.event.run(timeOf(change.event.at), JSON.stringify(change.event));
				return;
			default:
				throw new JournalError("invalid", `the journal knows no change of kind ${kindOf(change satisfies never)}`);
		}
	}

	#end(change: Extract<Change, { kind: "alert_ended" }>): void {
		const seq = rowOf(change.id);
		const { status, type, code, reason, ended_at, trace } = change;
		const open = this.#sql.close.run(seq).changes > 0;
		if (!open && this.#sql.isRecorded.values(seq).length === 0) {
			throw new JournalError("invalid", `alert ${change.id} cannot end: it was never recorded`);
		}
		this.#sql.noAttempt.run(seq);
		this.#sql.ending.run(seq, status, type, code, reason, timeOf(ended_at), JSON.stringify(trace));
	}

	#order(order: Order): void {
		const { id, alert_id, strategy, symbol, status, updated_at } = order;
		const seq = alert_id === null ? null : rowOf(alert_id);
		const open = isFinal(status) ? 0 : 1;
		this.#sql.order.run(id, seq, strategy, symbol, open, timeOf(updated_at), JSON.stringify(order));
	}
}

/**
 * The row number of an alert id.
 * @throws JournalError `invalid` where it is none
 */
export function rowOf(alertId: string): number {
	const seq = sequenceOf(alertId);
	if (seq === undefined) throw new JournalError("invalid", `"${alertId}" is not an alert id`);
	return seq;
}

/**
 * Milliseconds since 1970 of an ISO 8601 time.
 * @throws JournalError `invalid` where it is none
 */
export function timeOf(text: string): number {
	const ms = Date.parse(text);
	if (Number.isNaN(ms)) throw new JournalError("invalid", `"${text}" is not a time`);
	return ms;
}

function kindOf(change: { readonly kind?: unknown }): string {
	return String(change.kind);
}

function statements(db: Database) {
	const upsertOrder = `INSERT INTO orders (id, alert_seq, strategy, symbol, open, updated_at, record) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET open = excluded.open, updated_at = excluded.updated_at, record = excluded.record`;
	// Rows of removed fills are not used again: a position's baseline knows by them what is in it.
	const nextFill = `1 + max(coalesce((SELECT max(n) FROM fills), 0), coalesce((SELECT value FROM meta WHERE name = 'fills_to'), 0))`;
	const insertFill = `INSERT INTO fills (n, account, trade_id, order_id, filled_at, record) VALUES (${nextFill}, ?, ?, ?, ?, ?)
		ON CONFLICT (account, trade_id) DO NOTHING`;
	// What came late, after the alert had ended, leaves nothing behind.
	const upsertAttempt = `INSERT OR REPLACE INTO attempts SELECT ?1, ?2, ?3
		WHERE EXISTS (SELECT 1 FROM open_alerts WHERE seq = ?1)`;
	return {
		close: db.query("DELETE FROM open_alerts WHERE seq = ?"),
		isRecorded: db.query("SELECT 1 FROM alerts WHERE seq = ?"),
		ending: db.query("INSERT OR REPLACE INTO endings VALUES (?, ?, ?, ?, ?, ?, ?)"),
		intent: db.query("INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?)"),
		attempt: db.query(upsertAttempt),
		noAttempt: db.query("DELETE FROM attempts WHERE seq = ?"),
		order: db.query(upsertOrder),
		fill: db.query(insertFill),
		position: db.query("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)"),
		account: db.query("INSERT OR REPLACE INTO accounts VALUES (?, ?)"),
		strategyState: db.query("INSERT OR REPLACE INTO strategy_states VALUES (?, ?, ?)"),
		stated: db.query("INSERT OR REPLACE INTO stated VALUES (?, ?, ?, ?)"),
		silence: db.query("INSERT OR REPLACE INTO silences VALUES (?, ?)"),
		noSilence: db.query("DELETE FROM silences WHERE strategy = ?"),
		tradingState: db.query("INSERT OR REPLACE INTO trading_states VALUES (?, ?, ?)"),
		noTradingState: db.query("DELETE FROM trading_states WHERE scope = ? AND name = ?"),
		event: db.query("INSERT INTO events (at, record) VALUES (?, ?)"),
	};
}
