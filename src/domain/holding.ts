/** One fill applied to one holding: quantity, cost, profit and fees by average cost, exact whatever the number of fills. */
import {
	absolute,
	add,
	type Decimal,
	decimal,
	formatDecimal,
	minimum,
	negate,
	sign,
	subtract,
	zero,
} from "./decimal.ts";
import {
	addExact,
	type Exact,
	exactOf,
	exactZero,
	formatExact,
	parseExact,
	perUnit,
	productOf,
	roundExact,
	shareOf,
	subtractExact,
} from "./exact.ts";
import type { Order, Position } from "./records.ts";

/** What a strategy holds of a symbol on an account. The average price is not kept: it is the cost of one unit. */
export interface Holding {
	/** Signed: below zero is short. */
	readonly quantity: Decimal;
	/** What the units held were bought for; below zero, what they were sold short for. */
	readonly cost: Exact;
	/** Profit of everything closed so far, before fees. */
	readonly gross: Exact;
	/** All fees so far. */
	readonly fees: Decimal;
	/** Additions made since the position was opened. */
	readonly additions: number;
}

/** Nothing held, nothing ever traded. */
export const nothingHeld: Holding = { quantity: zero, cost: exactZero, gross: exactZero, fees: zero, additions: 0 };

/** The part of a fill that counts here. */
export interface HoldingFill {
	readonly side: Order["side"];
	/** Units, above zero. */
	readonly quantity: Decimal;
	readonly price: Decimal;
	/** In the account's currency; below zero is a rebate. */
	readonly fee: Decimal;
	/** True for the first fill of an entry: it counts as an addition where a position is open. */
	readonly addition: boolean;
}

/**
 * The holding after one more fill. What closes is taken out at average cost; what goes through zero opens a new position at
 * the fill's price. `realized` is what this fill adds to the profit shown, before its fee: over all fills of a holding it
 * sums to exactly that profit.
 */
export function applyToHolding(holding: Holding, fill: HoldingFill): { holding: Holding; realized: Decimal } {
	const before = holding.quantity;
	const change = fill.side === "buy" ? fill.quantity : negate(fill.quantity);
	const fees = add(holding.fees, fill.fee);
	const quantity = add(before, change);
	if (before === 0n || sign(before) === sign(change)) {
		const cost = addExact(holding.cost, productOf(change, fill.price));
		const additions = before === 0n ? 0 : holding.additions + (fill.addition ? 1 : 0);
		return { holding: { ...holding, quantity, cost, fees, additions }, realized: zero };
	}
	const closed = minimum(absolute(before), absolute(change));
	const closing = sign(change) > 0 ? closed : negate(closed);
	const left = absolute(before) === closed ? exactZero : shareOf(holding.cost, absolute(quantity), absolute(before));
	const spent = addExact(subtractExact(holding.cost, left), productOf(closing, fill.price));
	const gross = subtractExact(holding.gross, spent);
	const realized = subtract(roundExact(gross), roundExact(holding.gross));
	const opened = subtract(change, closing);
	const after = { quantity, gross, fees };
	if (opened !== 0n) return { holding: { ...after, cost: productOf(opened, fill.price), additions: 0 }, realized };
	return { holding: { ...after, cost: left, additions: quantity === 0n ? 0 : holding.additions }, realized };
}

/** The average price of what is held, rounded to 18 decimals; undefined where nothing is. */
export function averagePrice({ cost, quantity }: Holding): Decimal | undefined {
	return quantity === 0n ? undefined : perUnit(cost, quantity);
}

/** The profit of everything closed so far, after fees, rounded to 18 decimals. */
export function realizedPnl({ gross, fees }: Holding): Decimal {
	return subtract(roundExact(gross), fees);
}

/** What closing everything at this price would realise, before fees, rounded to 18 decimals. */
export function unrealizedPnl({ cost, quantity }: Holding, price: Decimal): Decimal {
	return roundExact(subtractExact(productOf(quantity, price), cost));
}

/** The fields of a position's record that follow from the holding alone. */
export function holdingRecord(
	holding: Holding,
): Pick<Position, "side" | "quantity" | "average_price" | "realized_pnl" | "additions" | "exact"> {
	const { quantity, cost, gross, fees, additions } = holding;
	const average = averagePrice(holding);
	return {
		side: quantity === 0n ? "flat" : quantity > 0n ? "long" : "short",
		quantity: formatDecimal(absolute(quantity)),
		average_price: average === undefined ? null : formatDecimal(average),
		realized_pnl: formatDecimal(realizedPnl(holding)),
		additions,
		exact: { cost: formatExact(cost), gross: formatExact(gross), fees: formatDecimal(fees) },
	};
}

/**
 * The holding that a position's record stands for. A record from before the exact sums were kept is as exact as its average
 * price. Throws RangeError where a number is damaged.
 */
export function holdingOf(position: Position): Holding {
	const units = decimal(position.quantity);
	const quantity = position.side === "short" ? negate(units) : units;
	const { exact, additions } = position;
	if (exact !== undefined) {
		const { cost, gross, fees } = exact;
		return { quantity, cost: parseExact(cost), gross: parseExact(gross), fees: decimal(fees), additions };
	}
	const cost = position.average_price === null ? exactZero : productOf(quantity, decimal(position.average_price));
	return { quantity, cost, gross: exactOf(decimal(position.realized_pnl)), fees: zero, additions };
}
