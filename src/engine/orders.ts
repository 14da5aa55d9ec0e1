/** Orders as the engine makes them, what a fill does to one, and the register of those that are open or ended lately. */

import { clientOrderId } from "../domain/client-id.ts";
import { add, type Decimal, decimal, formatDecimal, subtract, zero } from "../domain/decimal.ts";
import { addExact, type Exact, formatExact, parseExact, perUnit, productOf } from "../domain/exact.ts";
import { isFinal, type Transition, transition } from "../domain/order-life.ts";
import type { BrokerFill } from "../domain/ports.ts";
import type { Order } from "../domain/records.ts";

/** What one leg asks for; the rest of an order follows from it. */
export interface OrderRequest {
	readonly id: string;
	readonly alert_id: string | null;
	readonly account: string;
	readonly strategy: string;
	readonly symbol: string;
	readonly side: Order["side"];
	readonly leg: Order["leg"];
	readonly quantity: Decimal;
	readonly reduce_only: boolean;
	readonly limit_price?: string | undefined;
	readonly stop_price?: string | undefined;
	/** On an entry: the stop and target to stand when it is filled. */
	readonly stop_loss?: string | undefined;
	readonly take_profit?: string | undefined;
	readonly at: string;
	/** 1 where absent; counted up where a person asks once more, which is a new intent with an id of its own. */
	readonly attempt?: number;
}

/** An order that is wanted and not yet sent. */
export function makeOrder(request: OrderRequest): Order {
	const { limit_price, stop_price, stop_loss, take_profit, at, quantity, attempt = 1, ...same } = request;
	const { id: order_id, account, strategy, symbol } = request;
	return {
		...same,
		client_order_id: clientOrderId({ order_id, account, strategy, symbol, attempt }),
		type: stop_price !== undefined ? "stop" : limit_price !== undefined ? "limit" : "market",
		quantity: formatDecimal(quantity),
		...(limit_price === undefined ? {} : { limit_price }),
		...(stop_price === undefined ? {} : { stop_price }),
		...(stop_loss === undefined ? {} : { stop_loss }),
		...(take_profit === undefined ? {} : { take_profit }),
		filled_quantity: "0",
		average_price: null,
		status: "intent",
		created_at: at,
		updated_at: at,
	};
}

/** Units still to be filled. */
export function remaining(order: Order): Decimal {
	return subtract(decimal(order.quantity), decimal(order.filled_quantity));
}

/** The order as it must be on disk before the first byte of it leaves; one that was sent before stays what it is. */
export function submitted(order: Order, at: string): Order {
	return order.status === "intent" ? transition(order, "submit", at).order : order;
}

/**
 * An order that a restart found on its way to a broker that forgets everything with the process: nothing of it is there, and
 * it is an intent again. Any other order stays what it is.
 */
export function forgotten(order: Order, at: string): Order {
	const lost = order.status === "submitting" ? transition(order, "lost", at).order : order;
	return lost.status === "unknown" ? transition(lost, "not_found", at).order : lost;
}

/**
 * The order after one more fill. `complete` says that the broker leaves nothing of it open, though less was filled than
 * ordered. More than ordered is counted as it came.
 */
export function withFill(order: Order, fill: BrokerFill, complete: boolean): Transition {
	const before = decimal(order.filled_quantity);
	const filled = add(before, fill.quantity);
	const cost = addExact(filledCost(order), productOf(fill.price, fill.quantity));
	const after: Order = {
		...order,
		filled_quantity: formatDecimal(filled),
		average_price: formatDecimal(perUnit(cost, filled)),
		filled_cost: formatExact(cost),
	};
	const rest = complete || filled >= decimal(order.quantity);
	return transition(after, rest ? "fill_rest" : "fill_part", new Date(fill.at).toISOString());
}

/** What the filled part cost. An order filled by a version that kept no sum is as exact as its average price. */
export function filledCost(order: Order): Exact {
	if (order.filled_cost !== undefined) return parseExact(order.filled_cost);
	const price = order.average_price === null ? zero : decimal(order.average_price);
	return productOf(price, decimal(order.filled_quantity));
}

/** Ended orders that are remembered, for fills that come after the end. */
const ended_max = 10_000;

/** The open orders, found by the broker's client order id and by the position they belong to, and those that ended lately. */
export class OpenOrders {
	readonly #byClientId = new Map<string, Order>();
	readonly #ended = new Map<string, Order>();

	/** Keeps an open order; one that is final is only remembered for late fills. */
	put(order: Order): void {
		const id = order.client_order_id;
		this.#ended.delete(id);
		if (!isFinal(order.status)) {
			this.#byClientId.set(id, order);
			return;
		}
		this.#byClientId.delete(id);
		this.#ended.set(id, order);
		if (this.#ended.size <= ended_max) return;
		const [oldest] = this.#ended.keys();
		if (oldest !== undefined) this.#ended.delete(oldest);
	}

	byClientId(id: string): Order | undefined {
		return this.#byClientId.get(id);
	}

	/** The order of a fill: an open one, or one of the last that ended. */
	ofFill(id: string): Order | undefined {
		return this.#byClientId.get(id) ?? this.#ended.get(id);
	}

	/** Those that ended lately, the oldest first. */
	ended(): readonly Order[] {
		return [...this.#ended.values()];
	}

	all(): readonly Order[] {
		return [...this.#byClientId.values()];
	}

	of(account: string, strategy: string, symbol: string): readonly Order[] {
		return this.all().filter(
			(order) => order.account === account && order.strategy === strategy && order.symbol === symbol,
		);
	}
}
