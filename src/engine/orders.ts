/** Orders as the engine makes them: ids that are a pure function of the cause, and the register of those that are open. */

import { add, type Decimal, decimal, formatDecimal, subtract, weightedAverage, zero } from "../domain/decimal.ts";
import { isFinal } from "../domain/order-life.ts";
import type { BrokerFill } from "../domain/ports.ts";
import type { Order } from "../domain/records.ts";

/** 32 hex characters from account and order id: the same order always asks with the same id. */
export function clientOrderId(account: string, orderId: string): string {
	return new Bun.CryptoHasher("sha256").update(`${account}\u0000${orderId}`).digest("hex").slice(0, 32);
}

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
}

/** An order that is about to be sent. */
export function makeOrder(request: OrderRequest): Order {
	const { limit_price, stop_price, stop_loss, take_profit, at, quantity, ...same } = request;
	return {
		...same,
		client_order_id: clientOrderId(request.account, request.id),
		type: stop_price !== undefined ? "stop" : limit_price !== undefined ? "limit" : "market",
		quantity: formatDecimal(quantity),
		...(limit_price === undefined ? {} : { limit_price }),
		...(stop_price === undefined ? {} : { stop_price }),
		...(stop_loss === undefined ? {} : { stop_loss }),
		...(take_profit === undefined ? {} : { take_profit }),
		filled_quantity: "0",
		average_price: null,
		status: "submitting",
		created_at: at,
		updated_at: at,
	};
}

/** Units still to be filled. */
export function remaining(order: Order): Decimal {
	return subtract(decimal(order.quantity), decimal(order.filled_quantity));
}

/** The order after one more fill. A reduce-only order that the broker cut short is told by `complete`. */
export function withFill(order: Order, fill: BrokerFill, complete: boolean): Order {
	const filledBefore = decimal(order.filled_quantity);
	const filled = add(filledBefore, fill.quantity);
	const averageBefore = order.average_price === null ? zero : decimal(order.average_price);
	const average = weightedAverage(averageBefore, filledBefore, fill.price, fill.quantity);
	const done = complete || filled >= decimal(order.quantity);
	return {
		...order,
		filled_quantity: formatDecimal(filled),
		average_price: formatDecimal(average),
		status: done ? "filled" : "partially_filled",
		updated_at: new Date(fill.at).toISOString(),
	};
}

/** The open orders, found by id, by the broker's client order id and by the position they belong to. */
export class OpenOrders {
	readonly #byClientId = new Map<string, Order>();

	/** Keeps an open order, forgets a final one. */
	put(order: Order): void {
		if (isFinal(order.status)) this.#byClientId.delete(order.client_order_id);
		else this.#byClientId.set(order.client_order_id, order);
	}

	byClientId(id: string): Order | undefined {
		return this.#byClientId.get(id);
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
