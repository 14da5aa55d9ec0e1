/** The exchange itself: orders, fills, positions and money, exact, without any network in front. */
import {
	absolute,
	add,
	type Decimal,
	decimal,
	divide,
	floorToStep,
	formatDecimal,
	fromInteger,
	maximum,
	minimum,
	multiply,
	negate,
	sign,
	subtract,
	weightedAverage,
	zero,
} from "../../../src/domain/decimal.ts";
import type { Clock, Market } from "../../../src/domain/ports.ts";
import type { Chance } from "./chance.ts";
import type { Faults } from "./faults.ts";

export interface OrderRequest {
	readonly client_order_id: string;
	readonly symbol: string;
	readonly side: "buy" | "sell";
	readonly type: "market" | "limit" | "stop";
	readonly quantity: Decimal;
	readonly limit_price: Decimal | undefined;
	readonly stop_price: Decimal | undefined;
	readonly reduce_only: boolean;
}

export interface ExchangeFill {
	readonly trade_id: string;
	readonly client_order_id: string;
	readonly symbol: string;
	readonly side: "buy" | "sell";
	readonly quantity: Decimal;
	readonly price: Decimal;
	readonly fee: Decimal;
	/** True time, milliseconds since 1970. */
	readonly at: number;
}

export interface ExchangeOrder extends OrderRequest {
	/** 1, 2, 3 … in the order in which they were made. */
	readonly number: number;
	readonly made_at: number;
	status: "open" | "filled" | "canceled";
	readonly fills: ExchangeFill[];
	/** A stop that was reached, or a fill in parts that goes on. */
	working: boolean;
}

export interface MatchingOptions {
	readonly clock: Clock;
	readonly chance: Chance;
	readonly faults: () => Faults;
	readonly markets: readonly Market[];
	readonly balance: Decimal;
	/** Share of the notional. */
	readonly fee: Decimal;
	/** Called for every fill, in the order they happen. */
	readonly onFill: (fill: ExchangeFill) => void;
}

/** A refusal as the exchange words it. */
export interface Refused {
	readonly code: string;
	readonly detail: string;
}

/** Fills orders at the price that a test sets. */
export class Matching {
	readonly orders: ExchangeOrder[] = [];
	readonly fills: ExchangeFill[] = [];
	readonly #options: MatchingOptions;
	readonly #markets: ReadonlyMap<string, Market>;
	readonly #prices = new Map<string, { price: Decimal; at: number }>();
	readonly #held = new Map<string, { quantity: Decimal; average: Decimal }>();
	#balance: Decimal;

	constructor(options: MatchingOptions) {
		this.#options = options;
		this.#markets = new Map(options.markets.map((market) => [market.symbol, market]));
		this.#balance = options.balance;
	}

	get balance(): Decimal {
		return this.#balance;
	}

	/** Money from outside. */
	deposit(amount: Decimal): void {
		this.#balance = add(this.#balance, amount);
	}

	/** The balance and what closing everything at the last prices would bring, before fees. */
	get equity(): Decimal {
		let sum = this.#balance;
		for (const [symbol, { quantity, average }] of this.#held) {
			const price = this.#prices.get(symbol)?.price ?? average;
			sum = add(sum, multiply(subtract(price, average), quantity));
		}
		return sum;
	}

	price(symbol: string): { readonly price: Decimal; readonly at: number } | undefined {
		return this.#prices.get(symbol);
	}

	market(symbol: string): Market | undefined {
		return this.#markets.get(symbol);
	}

	/** Signed units of a symbol now. */
	position(symbol: string): Decimal {
		return this.#held.get(symbol)?.quantity ?? zero;
	}

	/** Sets a price and fills what it reaches. */
	setPrice(symbol: string, price: Decimal): void {
		this.#prices.set(symbol, { price, at: this.#options.clock.now() });
		for (const order of this.orders) {
			if (order.status === "open" && order.symbol === symbol && !order.working) this.#match(order);
		}
	}

	/** Takes an order. Whether its id and its deadline are in order has been looked at before. */
	make(request: OrderRequest): ExchangeOrder | Refused {
		const refused = this.#refusal(request);
		if (refused !== undefined) return refused;
		const made_at = this.#options.clock.now();
		const order: ExchangeOrder = {
			...request,
			number: this.orders.length + 1,
			made_at,
			status: "open",
			fills: [],
			working: false,
		};
		this.orders.push(order);
		this.#match(order);
		return order;
	}

	/** The newest order with this id. */
	find(client_order_id: string): ExchangeOrder | undefined {
		return this.orders.findLast((order) => order.client_order_id === client_order_id);
	}

	cancel(order: ExchangeOrder): void {
		if (order.status === "open") order.status = "canceled";
	}

	#refusal({ symbol, quantity, type, limit_price, stop_price, side, reduce_only }: OrderRequest): Refused | undefined {
		const market = this.#markets.get(symbol);
		if (market === undefined) return { code: "unknown_symbol", detail: `there is no market ${symbol}` };
		if (quantity <= 0n || quantity < market.quantity_min || floorToStep(quantity, market.quantity_step) !== quantity) {
			const steps = `${formatDecimal(market.quantity_step)}, at least ${formatDecimal(market.quantity_min)}`;
			return { code: "bad_quantity", detail: `${formatDecimal(quantity)} is not in steps of ${steps}` };
		}
		if ((type === "limit" && limit_price === undefined) || (type === "stop" && stop_price === undefined)) {
			return { code: "missing_price", detail: `a ${type} order needs its price` };
		}
		if (type === "market" && this.#prices.get(symbol) === undefined) {
			return { code: "no_price", detail: `there is no price of ${symbol}` };
		}
		if (reduce_only && this.#reducible(symbol, side) === 0n) {
			return { code: "nothing_to_reduce", detail: "a reduce-only order found nothing to reduce" };
		}
		return undefined;
	}

	#reducible(symbol: string, side: "buy" | "sell"): Decimal {
		const held = this.position(symbol);
		return maximum(side === "sell" ? held : negate(held), zero);
	}

	#match(order: ExchangeOrder): void {
		const price = this.#prices.get(order.symbol)?.price;
		if (price === undefined || !isReached(order, price)) return;
		const market = this.#markets.get(order.symbol);
		const { chance, faults } = this.#options;
		const parts = chance.happens(faults().partial) ? chance.whole(2, 4) : 1;
		const part = floorToStep(divide(order.quantity, fromInteger(parts), "down"), market?.quantity_step ?? zero);
		order.working = true;
		this.#fillPart(order, part === 0n ? order.quantity : part);
	}

	/** One part now and the next one later, until nothing is left. */
	#fillPart(order: ExchangeOrder, part: Decimal): void {
		if (order.status !== "open") return;
		const price = this.#prices.get(order.symbol)?.price;
		const left = subtract(order.quantity, filledOf(order));
		const room = order.reduce_only ? minimum(left, this.#reducible(order.symbol, order.side)) : left;
		if (price === undefined || room === 0n) {
			order.status = "canceled";
			return;
		}
		const wanted = minimum(part, room);
		// What would be left over is taken along: no part is smaller than the others.
		const quantity = subtract(room, wanted) < part ? room : wanted;
		this.#trade(order, quantity, price);
		if (quantity === left) order.status = "filled";
		else if (quantity === room) order.status = "canceled";
		else {
			const [least, most] = this.#options.faults().part_ms;
			this.#options.clock.after(this.#options.chance.whole(least, most), () => this.#fillPart(order, part));
		}
	}

	#trade(order: ExchangeOrder, quantity: Decimal, market: Decimal): void {
		const price = order.type === "limit" && order.limit_price !== undefined ? better(order, market) : market;
		const fee = multiply(multiply(quantity, price), this.#options.fee, "up");
		const fill: ExchangeFill = {
			trade_id: `T${this.fills.length + 1}`,
			client_order_id: order.client_order_id,
			symbol: order.symbol,
			side: order.side,
			quantity,
			price,
			fee,
			at: this.#options.clock.now(),
		};
		order.fills.push(fill);
		this.fills.push(fill);
		this.#settle(fill);
		this.#options.onFill(fill);
	}

	/** Position and money after a fill: profit counts when it is closed. */
	#settle({ symbol, side, quantity, price, fee }: ExchangeFill): void {
		const held = this.#held.get(symbol) ?? { quantity: zero, average: zero };
		const signed = side === "buy" ? quantity : negate(quantity);
		const after = add(held.quantity, signed);
		const closes = sign(held.quantity) === -sign(signed);
		const closed = closes ? minimum(absolute(held.quantity), quantity) : zero;
		const gained = multiply(subtract(price, held.average), held.quantity > 0n ? closed : negate(closed));
		const average = closes
			? sign(after) === sign(held.quantity)
				? held.average
				: price
			: weightedAverage(held.average, absolute(held.quantity), price, quantity);
		this.#held.set(symbol, { quantity: after, average });
		this.#balance = subtract(add(this.#balance, gained), fee);
	}
}

/** Units filled so far. */
export function filledOf(order: Pick<ExchangeOrder, "fills">): Decimal {
	return order.fills.reduce((sum, { quantity }) => add(sum, quantity), zero);
}

function better({ side, limit_price }: OrderRequest, market: Decimal): Decimal {
	const limit = limit_price ?? market;
	return side === "buy" ? minimum(limit, market) : maximum(limit, market);
}

function isReached({ type, side, limit_price, stop_price }: OrderRequest, price: Decimal): boolean {
	switch (type) {
		case "market":
			return true;
		case "limit":
			return side === "buy" ? price <= (limit_price ?? zero) : price >= (limit_price ?? zero);
		case "stop":
			return side === "buy" ? price >= (stop_price ?? zero) : price <= (stop_price ?? zero);
		default:
			return type satisfies never;
	}
}

/** A pair of a usual kind, such as `BTC/USD`. */
export function marketOf(symbol: string): Market {
	const [base = symbol, quote = "USD"] = symbol.split("/");
	return {
		symbol,
		base,
		quote,
		quantity_step: decimal("0.0001"),
		price_tick: decimal("0.01"),
		quantity_min: decimal("0.0001"),
		notional_min: zero,
	};
}

/** What there is where a test names no other. */
export const usualMarkets: readonly Market[] = ["BTC/USD", "ETH/USD"].map(marketOf);
