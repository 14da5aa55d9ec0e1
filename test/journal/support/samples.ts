/** Records as they come from the rest of nexus, each with what a test cares about put in. */
import { idOf } from "../../../src/domain/id.ts";
import type { Change, Reception } from "../../../src/domain/ports.ts";
import type { Account, Alert, Fill, Order, Position, TradingStateEntry } from "../../../src/domain/records.ts";

const start = Date.parse("2026-01-31T12:00:00.000Z");

/** The id of the n-th alert, n from 0. */
export function alertId(n: number): string {
	return idOf(start * 4096 + n);
}

/** 32 hex characters out of a number or a word. */
export function key(of: number | string): string {
	return new Bun.CryptoHasher("sha256").update(String(of)).digest("hex").slice(0, 32);
}

export function time(ms: number): string {
	return new Date(start + ms).toISOString();
}

export function alert(n: number, over: Partial<Alert> = {}): Alert {
	return {
		id: alertId(n),
		type: "LONG_ENTRY",
		action: "buy",
		symbol: "BTC/USD",
		symbol_sent: "BTCUSD",
		price: "42000.5",
		strategy: "MyRSIStrategy",
		timeframe: "1h",
		received_at: time(n),
		dialect: "nexus",
		source: "127.0.0.1",
		fields: {},
		...over,
	};
}

/** The n-th reception, with a key and a meaning of its own. */
export function reception(n: number, over: Partial<Reception> = {}, alertOver: Partial<Alert> = {}): Reception {
	return {
		alert: alert(n, alertOver),
		raw: `{"action":"buy","n":${n}}`,
		trace: [{ stage: "signature", verdict: "pass", ms: 0.012 }],
		dedupe: { key: key(`key ${n}`), meaning: key(`meaning ${n}`), window_ms: 30_000, by_id: true },
		...over,
	};
}

export function ended(n: number, over: Partial<Extract<Change, { kind: "alert_ended" }>> = {}): Change {
	return {
		kind: "alert_ended",
		id: alertId(n),
		status: "executed",
		type: "LONG_ENTRY",
		code: null,
		reason: "bought 0.1 BTC",
		trace: [{ stage: "broker", verdict: "pass", ms: 1.5 }],
		ended_at: time(n + 10),
		...over,
	};
}

export function attempt(n: number, tried: number, survived: number): Change {
	return { kind: "attempt", id: alertId(n), tried, survived };
}

export function order(id: string, over: Partial<Order> = {}): Order {
	return {
		id,
		client_order_id: key(id),
		alert_id: alertId(0),
		account: "paper",
		strategy: "MyRSIStrategy",
		symbol: "BTC/USD",
		side: "buy",
		type: "market",
		leg: "entry",
		quantity: "0.1",
		filled_quantity: "0",
		average_price: null,
		status: "submitting",
		reduce_only: false,
		created_at: time(0),
		updated_at: time(0),
		...over,
	};
}

export function fill(trade_id: string, over: Partial<Fill> = {}): Fill {
	return {
		trade_id,
		order_id: "o1",
		account: "paper",
		strategy: "MyRSIStrategy",
		symbol: "BTC/USD",
		side: "buy",
		quantity: "0.1",
		price: "42000.5",
		fee: "4.20005",
		fee_currency: "USD",
		realized_pnl: "0",
		filled_at: time(5),
		...over,
	};
}

export function position(over: Partial<Position> = {}): Position {
	return {
		account: "paper",
		strategy: "MyRSIStrategy",
		symbol: "BTC/USD",
		side: "long",
		quantity: "0.1",
		average_price: "42000.5",
		unrealized_pnl: "0",
		realized_pnl: "-4.20005",
		additions: 0,
		mark_price: "42000.5",
		updated_at: time(5),
		...over,
	};
}

export function account(over: Partial<Account> = {}): Account {
	return {
		name: "paper",
		broker: "paper",
		currency: "USD",
		balance: "99995.79995",
		equity: "99995.79995",
		realized_pnl: "-4.20005",
		day: "2026-01-31",
		day_start_equity: "100000",
		updated_at: time(5),
		...over,
	};
}

export function tradingState(over: Partial<TradingStateEntry> = {}): TradingStateEntry {
	return {
		scope: "strategy",
		name: "MyRSIStrategy",
		state: "halted",
		freeze: false,
		actor: "cli",
		since: time(0),
		...over,
	};
}

export function event(detail: string, at = time(0)): Change {
	return { kind: "event", event: { kind: "OrderFilled", at, detail } };
}
