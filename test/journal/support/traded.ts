/** A journal as the engine leaves it: alerts with intents, orders, fills, and the positions and accounts that these come to. */
import { clientOrderId } from "../../../src/domain/client-id.ts";
import { add, type Decimal, decimal, formatDecimal, subtract, zero } from "../../../src/domain/decimal.ts";
import { external } from "../../../src/domain/external.ts";
import {
	applyToHolding,
	type Holding,
	holdingRecord,
	nothingHeld,
	unrealizedPnl,
} from "../../../src/domain/holding.ts";
import { legs_max } from "../../../src/domain/order-id.ts";
import type { Change, Journal } from "../../../src/domain/ports.ts";
import type { Fill, Order } from "../../../src/domain/records.ts";
import { withFill } from "../../../src/engine/orders.ts";
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
	/** Made by no alert and asked for by no strategy. */
	readonly external?: boolean;
}

const fee = decimal("0.01");
const mark = decimal("42000.5");
const funded = decimal("100000");

/** Keeps the books of a journal the way the engine does. */
export class Trader {
	#journal: Journal;
	readonly #holdings = new Map<string, Holding>();
	readonly #realized = new Map<string, Decimal>();
	readonly #orders = new Map<string, Order>();
	/** The orders of each alert and account, in the order of the plan's legs. */
	readonly #legs = new Map<string, Order["leg"][]>();
	readonly #accepted = new Set<number>();
	#trades = 0;

	constructor(journal: Journal) {
		this.#journal = journal;
	}

	/** Goes on in a journal that was opened again. */
	go(journal: Journal): this {
		this.#journal = journal;
		return this;
	}

	/** Records fills in this order, each with its alert and order where these are new. */
	async trade(...trades: readonly Trade[]): Promise<void> {
		for (const one of trades) {
			if (!isLoose(one)) await this.#accept(one.alert);
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
		const { alert, side, quantity, price } = one;
		const { account: name = "paper", symbol = "BTC/USD" } = one;
		const at = time(one.at ?? alert);
		const strategy = one.external === true ? external : "MyRSIStrategy";
		const key = `${name} ${strategy} ${symbol}`;
		const held = this.#holdings.get(key) ?? nothingHeld;
		const before = this.#orders.get(`${alert} ${key}`) ?? this.#made(one, strategy, held);
		const addition = before.leg === "entry" && before.filled_quantity === "0";
		const moved = applyToHolding(held, {
			side,
			quantity: decimal(quantity),
			price: decimal(price),
			fee,
			addition,
		});
		this.#holdings.set(key, moved.holding);
		const realized = add(
			this.#realized.get(name) ?? zero,
			strategy === external ? zero : subtract(moved.realized, fee),
		);
		this.#realized.set(name, realized);
		this.#trades += 1;
		const trade_id = `t${this.#trades}`;
		const told = { trade_id, client_order_id: before.client_order_id, fee, fee_currency: "USD", at: Date.parse(at) };
		const now = withFill(
			before,
			{ ...told, quantity: decimal(quantity), price: decimal(price) },
			one.resting !== true,
		).order;
		this.#orders.set(`${alert} ${key}`, now);
		const record = { account: name, strategy, symbol, side, quantity, price, order_id: now.id, filled_at: at };
		const unrealized_pnl = formatDecimal(unrealizedPnl(moved.holding, mark));
		const legs = this.#legs.get(`${alert} ${name}`)?.map((leg) => ({ leg }));
		const plan = JSON.stringify({ legs, notes: [] });
		return [
			...(isLoose(one)
				? []
				: [{ kind: "intent", intent: { alert_id: alertId(alert), account: name, signals: [], plan } } as const]),
			{ kind: "order", order: now },
			{
				kind: "fill",
				fill: fill(trade_id, { ...record, fee: formatDecimal(fee), realized_pnl: formatDecimal(moved.realized) }),
			},
			{
				kind: "position",
				position: position({ account: name, strategy, symbol, ...holdingRecord(moved.holding), unrealized_pnl }),
			},
			{
				kind: "account",
				account: account({
					name,
					realized_pnl: formatDecimal(realized),
					funded: formatDecimal(funded),
					balance: formatDecimal(add(funded, realized)),
				}),
			},
		];
	}

	/** An order that nothing is filled of: an exit where it goes against what is held, the next leg of its alert's plan. */
	#made(one: Trade, strategy: string, held: Holding): Order {
		const { alert, side, quantity, account: name = "paper", symbol = "BTC/USD" } = one;
		const leg = held.quantity === zero || held.quantity > zero === (side === "buy") ? "entry" : "exit";
		const legs = this.#legs.get(`${alert} ${name}`) ?? [];
		if (!isLoose(one)) this.#legs.set(`${alert} ${name}`, [...legs, leg]);
		const number = (name === "paper" ? 0 : legs_max) + legs.length + 1;
		const way = one.external === true ? "external" : "flatten";
		const id = isLoose(one) ? `${way}-${name}-${symbol}-${alert}` : `${alertId(alert)}-${number}`;
		const client_order_id = clientOrderId({ order_id: id, account: name, strategy, symbol, attempt: 1 });
		const alert_id = isLoose(one) ? null : alertId(alert);
		const asked = one.resting === true ? "1000" : quantity;
		return order(id, { client_order_id, alert_id, account: name, strategy, symbol, side, leg, quantity: asked });
	}
}

const isLoose = ({ loose, external: nobodys }: Trade): boolean => loose === true || nobodys === true;
