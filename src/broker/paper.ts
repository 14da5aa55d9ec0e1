/** The paper broker: fills orders at the last price seen, with fee and slippage; limit and stop orders rest until a price reaches them. */
import type { Approved } from "../domain/approved.ts";
import {
	add,
	type Decimal,
	decimal,
	maximum,
	minimum,
	multiply,
	negate,
	subtract,
	unit,
	zero,
} from "../domain/decimal.ts";
import type { Broker, BrokerAccount, BrokerFill, Clock, Lookup, Market, Submission } from "../domain/ports.ts";
import type { Order, Position } from "../domain/records.ts";
import type { AccountSettings } from "../domain/settings.ts";

const pairStep = decimal("0.00000001");
/** Outcomes remembered by client order id, so that asking again makes no second order. */
const answers_max = 10_000;

/** A market as the paper broker has it: pairs to eight decimals, stocks and futures in whole units. */
export function paperMarket(symbol: string, currency: string): Market {
	const [pair = symbol] = symbol.split(":");
	const [base = symbol, quote] = pair.split("/");
	return {
		symbol,
		base,
		quote: quote ?? currency,
		quantity_step: quote === undefined ? unit : pairStep,
		price_tick: zero,
		quantity_min: zero,
		notional_min: zero,
	};
}

/** Whether a price reaches a resting order. */
function reached(order: Order, price: Decimal): boolean {
	if (order.type === "limit") {
		const limit = decimal(order.limit_price ?? "0");
		return order.side === "buy" ? price <= limit : price >= limit;
	}
	const stop = decimal(order.stop_price ?? "0");
	return order.side === "buy" ? price >= stop : price <= stop;
}

/** One paper account. Prices come from {@link PaperBroker.observe}; nothing is kept on disk, the journal's positions and open orders bring it back. */
export class PaperBroker implements Broker {
	readonly account: string;
	readonly spot: boolean;
	readonly abilities = {
		request_expiry_ms: undefined,
		read_lag_ms: 0,
		lookup_by_client_id: true,
		forgets: true,
	} as const;
	readonly #settings: AccountSettings;
	readonly #clock: Clock;
	readonly #quotes = new Map<string, { price: Decimal; at: number }>();
	/** Units held net on each symbol, as an exchange would know it. */
	readonly #net = new Map<string, Decimal>();
	readonly #resting = new Map<string, Order>();
	readonly #answers = new Map<string, Submission>();
	/** Fills of orders that rested first, by client order id. */
	readonly #filledLater = new Map<string, BrokerFill>();
	#listener: ((fill: BrokerFill) => void) | undefined;

	/** @param positions what the journal says is held on this account */
	constructor(settings: AccountSettings, clock: Clock, positions: readonly Position[] = []) {
		this.account = settings.name;
		this.spot = settings.spot;
		this.#settings = settings;
		this.#clock = clock;
		for (const position of positions) {
			if (position.account !== settings.name) continue;
			const quantity = decimal(position.quantity);
			const signed = position.side === "short" ? negate(quantity) : quantity;
			this.#net.set(position.symbol, add(this.#net.get(position.symbol) ?? zero, signed));
			const at = Date.parse(position.updated_at);
			const known = this.#quotes.get(position.symbol);
			if (position.mark_price !== null && (known === undefined || known.at <= at)) {
				this.#quotes.set(position.symbol, { price: decimal(position.mark_price), at });
			}
		}
	}

	market(symbol: string): Market {
		return paperMarket(symbol, this.#settings.currency);
	}

	quote(symbol: string): { readonly price: Decimal; readonly at: number } | undefined {
		return this.#quotes.get(symbol);
	}

	observe(symbol: string, price: Decimal, at: number): void {
		const known = this.#quotes.get(symbol);
		if (known !== undefined && known.at > at) return;
		this.#quotes.set(symbol, { price, at });
		for (const [id, order] of this.#resting) {
			if (order.symbol !== symbol || !reached(order, price)) continue;
			const fill = this.#fill(order, price);
			// A reduce-only order with nothing to reduce goes on resting: only its owner ends it.
			if (fill === undefined) continue;
			this.#resting.delete(id);
			this.#filledLater.set(id, fill);
			this.#listener?.(fill);
		}
	}

	submit(order: Approved<Order>): Promise<Submission> {
		const known = this.#answers.get(order.client_order_id);
		if (known !== undefined) return Promise.resolve(known);
		const answer = this.#execute(order);
		this.#answers.set(order.client_order_id, answer);
		if (this.#answers.size > answers_max) {
			const [oldest] = this.#answers.keys();
			if (oldest !== undefined) {
				this.#answers.delete(oldest);
				this.#filledLater.delete(oldest);
			}
		}
		return Promise.resolve(answer);
	}

	cancel(client_order_id: string): Promise<boolean> {
		return Promise.resolve(this.#resting.delete(client_order_id));
	}

	lookup({ client_order_id }: Pick<Order, "client_order_id">): Promise<Lookup> {
		const answer = this.#answers.get(client_order_id);
		if (answer === undefined) return Promise.resolve({ outcome: "not_found" });
		if (answer.outcome === "rejected") {
			return Promise.resolve({ outcome: "found", state: "rejected", fills: [], reason: answer.reason });
		}
		const later = this.#filledLater.get(client_order_id);
		const fills = later !== undefined ? [later] : answer.outcome === "accepted" ? answer.fills : [];
		const state = this.#resting.has(client_order_id) ? "open" : fills.length > 0 ? "filled" : "canceled";
		return Promise.resolve({ outcome: "found", state, fills });
	}

	state(): Promise<BrokerAccount> {
		const open_orders = [...this.#resting.values()].map((order) => ({
			client_order_id: order.client_order_id,
			symbol: order.symbol,
			side: order.side,
			type: order.type,
			...(order.limit_price === undefined ? {} : { limit_price: order.limit_price }),
			...(order.stop_price === undefined ? {} : { stop_price: order.stop_price }),
			quantity: decimal(order.quantity),
			filled_quantity: decimal(order.filled_quantity),
		}));
		const positions = [...this.#net].map(([symbol, quantity]) => ({ symbol, quantity }));
		return Promise.resolve({ open_orders, positions, balance: this.#settings.balance });
	}

	onFill(listener: (fill: BrokerFill) => void): void {
		this.#listener = listener;
	}

	#execute(order: Order): Submission {
		const price = this.#quotes.get(order.symbol)?.price;
		if (order.type !== "market" && (price === undefined || !reached(order, price))) {
			this.#resting.set(order.client_order_id, order);
			return { outcome: "accepted", fills: [] };
		}
		if (price === undefined) {
			return { outcome: "rejected", reason: `no price is known for ${order.symbol}` };
		}
		const fill = this.#fill(order, price);
		if (fill === undefined) return { outcome: "rejected", reason: "a reduce-only order found nothing to reduce" };
		return { outcome: "accepted", fills: [fill] };
	}

	/** Undefined where a reduce-only order has nothing left to reduce. */
	#fill(order: Order, reference: Decimal): BrokerFill | undefined {
		const net = this.#net.get(order.symbol) ?? zero;
		const wanted = subtract(decimal(order.quantity), decimal(order.filled_quantity));
		const reducible = maximum(order.side === "sell" ? net : negate(net), zero);
		const quantity = order.reduce_only ? minimum(wanted, reducible) : wanted;
		if (quantity <= 0n) return undefined;
		const price = this.#price(order, reference);
		this.#net.set(order.symbol, add(net, order.side === "buy" ? quantity : negate(quantity)));
		return {
			trade_id: `${order.client_order_id}-1`,
			client_order_id: order.client_order_id,
			quantity,
			price,
			fee: multiply(multiply(quantity, price), this.#settings.fee, "up"),
			fee_currency: this.#settings.currency,
			at: this.#clock.now(),
		};
	}

	/** A limit order never fills at a worse price than its limit; every other order pays the slippage. */
	#price(order: Order, reference: Decimal): Decimal {
		const share = order.side === "buy" ? add(unit, this.#settings.slippage) : subtract(unit, this.#settings.slippage);
		const slipped = multiply(reference, share);
		if (order.type !== "limit" || order.limit_price === undefined) return slipped;
		const limit = decimal(order.limit_price);
		return order.side === "buy" ? minimum(slipped, limit) : maximum(slipped, limit);
	}
}
