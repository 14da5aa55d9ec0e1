/** A journal as the engine leaves it: alerts with intents, orders, fills, and the positions and accounts that these come to. */
import { add, decimal, formatDecimal, zero } from "../../../src/domain/decimal.ts";
import { applyToHolding, type Holding, holdingRecord, nothingHeld } from "../../../src/domain/holding.ts";
import type { Change, Journal } from "../../../src/domain/ports.ts";
import type { Fill, Order } from "../../../src/domain/records.ts";
import { account, alertId, ended, fill, order, position, reception, time } from "./samples.ts";

/** One fill: whose, which way, how much, at what price, and of which alert's order. */
export interface Trade {
	/** The alert; its order on this account and symbol. */
	readonly alert: number;
	readonly side: Fill["side"];
	readonly quantity: string;
	readonly price: string;
	readonly account?: string;
	readonly symbol?: string;
	/** Milliseconds after the start; the alert's number where undefined. */
	readonly at?: number;
	/** The order stays open. */
	readonly resting?: boolean;
	/** Made by no alert, as flatten does. */
	readonly loose?: boolean;
}

/** Keeps the books of a journal the way the engine does. */
export class Trader {
	readonly #journal: Journal;
	readonly #holdings = new Map<string, Holding>();
	readonly #realized = new Map<string, bigint>();
	readonly #orders = new Map<string, Order>();
	readonly #accepted = new Set<number>();
	#trades = 0;

	constructor(journal: Journal) {
		this.#journal = journal;
	}

	/** Records fills in this order, each with its alert and order where these are new. */
	async trade(...trades: readonly Trade[]): Promise<void> {
		for (const one of trades) {
			if (one.loose !== true) await this.#accept(one.alert);
			await this.#journal.commit(this.#changes(one));
		}
	}

	/** Ends alerts. */
	end(...alerts: readonly number[]): Promise<void> {
		return this.#journal.commit(alerts.map((n) => ended(n)));
	}

	async #accept(n: number): Promise<void> {
		if (this.#accepted.has(n)) return;
		this.#accepted.add(n);
		await this.#journal.accept(reception(n));
	}

	#changes(one: Trade): readonly Change[] {
		const { alert, side, quantity, price, loose = false } = one;
		const { account: name = "paper", symbol = "BTC/USD" } = one;
		const at = time(one.at ?? alert);
		const id = `${loose ? "flatten" : alertId(alert)}-${name}-${symbol}-${alert}`;
		const key = `${name} ${symbol}`;
		const moved = applyToHolding(this.#holdings.get(key) ?? nothingHeld, {
			side,
			quantity: decimal(quantity),
			price: decimal(price),
			fee: decimal("0.01"),
			addition: false,
		});
		this.#holdings.set(key, moved.holding);
		const realized = (this.#realized.get(name) ?? 0n) + moved.realized - decimal("0.01");
		this.#realized.set(name, realized);
		this.#trades += 1;
		const before = this.#orders.get(id);
		const filled = formatDecimal(add(before === undefined ? zero : decimal(before.filled_quantity), decimal(quantity)));
		const status = one.resting === true ? "partially_filled" : "filled";
		const alert_id = loose ? null : alertId(alert);
		const now: Order = {
			...order(id, { alert_id, account: name, symbol, side, status, updated_at: at }),
			filled_quantity: filled,
		};
		this.#orders.set(id, now);
		const told = { account: name, symbol, side, quantity, price, order_id: id, fee: "0.01", filled_at: at };
		const text = formatDecimal(realized as Parameters<typeof formatDecimal>[0]);
		return [
			...(loose
				? []
				: [
						{
							kind: "intent",
							intent: { alert_id: alertId(alert), account: name, signals: [], plan: '{"legs":[{}]}' },
						} as const,
					]),
			{ kind: "order", order: now },
			{ kind: "fill", fill: fill(`t${this.#trades}`, { ...told, realized_pnl: formatDecimal(moved.realized) }) },
			{ kind: "position", position: position({ account: name, symbol, ...holdingRecord(moved.holding) }) },
			{ kind: "account", account: account({ name, realized_pnl: text }) },
		];
	}
}
