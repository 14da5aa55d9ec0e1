/** Sizing: how many units an entry buys or sells, exact and rounded down to the market's step; pure. */
import type { EndCode } from "../domain/codes.ts";
import {
	absolute,
	type Decimal,
	divide,
	floorToStep,
	formatDecimal,
	multiply,
	multiplyDivide,
	parseDecimal,
	subtract,
	unit,
} from "../domain/decimal.ts";
import type { Market } from "../domain/ports.ts";
import type { Size } from "../domain/settings.ts";

export interface SizingInput {
	readonly size: Size;
	readonly risk_multiplier: Decimal;
	readonly equity: Decimal;
	/** The account's currency. */
	readonly currency: string;
	readonly market: Market;
	/** The reference price; undefined where none is known. */
	readonly price: Decimal | undefined;
	/** Where the stop will stand, for `risk N%`. */
	readonly stop: Decimal | undefined;
	/** The message's quantity, for `alert`. */
	readonly alert_quantity: string | undefined;
}

export type Sized =
	| { readonly ok: true; readonly quantity: Decimal }
	| { readonly ok: false; readonly code: EndCode; readonly detail: string };

const no = (detail: string, code: EndCode = "size_not_applicable"): Sized => ({ ok: false, code, detail });

function units(input: SizingInput): Sized {
	const { size, price, market, equity } = input;
	const needsPrice = no(`a size in ${size.kind === "money" ? "money" : "equity"} needs a price`, "price_needed");
	switch (size.kind) {
		case "units":
			if (size.currency.toUpperCase() !== market.base.toUpperCase()) {
				return no(`the size is in ${size.currency}, but one unit of ${market.symbol} is ${market.base}`);
			}
			return { ok: true, quantity: size.quantity };
		case "money":
			if (![market.quote, input.currency].includes(size.currency)) {
				return no(`the size is in ${size.currency}, but ${market.symbol} is paid in ${market.quote}`);
			}
			return price === undefined ? needsPrice : { ok: true, quantity: divide(size.amount, price, "down") };
		case "equity_share":
			return price === undefined
				? needsPrice
				: { ok: true, quantity: multiplyDivide(equity, size.share, price, "down") };
		case "risk_share": {
			if (input.stop === undefined) return no("size: risk needs a stop_loss from the strategy");
			if (price === undefined) return needsPrice;
			const distance = absolute(subtract(price, input.stop));
			if (distance === 0n) return no(`the stop stands at the entry price ${formatDecimal(price)}`);
			return { ok: true, quantity: multiplyDivide(equity, size.share, distance, "down") };
		}
		case "alert": {
			const text = input.alert_quantity;
			const quantity = text === undefined || text.endsWith("%") ? undefined : parseDecimal(text);
			if (quantity === undefined) {
				return no(`size: alert needs a quantity in units in the message, which has ${text ?? "none"}`);
			}
			return { ok: true, quantity };
		}
	}
}

/** size × risk_multiplier, rounded down to the market's step; zero is possible and left to the risk rule `below_minimum`. */
export function sizeEntry(input: SizingInput): Sized {
	const sized = units(input);
	if (!sized.ok) return sized;
	const quantity = multiply(sized.quantity, input.risk_multiplier, "down");
	return { ok: true, quantity: floorToStep(quantity, input.market.quantity_step) };
}

/**
 * Units an exit closes: all of `held`, a share of it (`50%`) or so many units, never more than there is; a share is rounded down to the step.
 */
export function sizeExit(held: Decimal, quantity: string | undefined, step: Decimal): Decimal {
	const open = absolute(held);
	if (quantity === undefined) return open;
	const hundred = (unit * 100n) as Decimal;
	const amount = quantity.endsWith("%")
		? multiplyDivide(open, parseDecimal(quantity.slice(0, -1)) ?? hundred, hundred, "down")
		: (parseDecimal(quantity) ?? open);
	return amount >= open ? open : floorToStep(amount, step);
}

/** The price of a stop or target: absolute text, or a distance such as `2%` from `entry`; `worse` is against the position. */
export function protectivePrice(
	text: string,
	entry: Decimal,
	side: "long" | "short",
	worse: boolean,
): Decimal | undefined {
	if (!text.endsWith("%")) return parseDecimal(text);
	const percent = parseDecimal(text.slice(0, -1));
	if (percent === undefined) return undefined;
	const below = (side === "long") === worse;
	const distance = multiplyDivide(entry, percent, (unit * 100n) as Decimal);
	return below ? subtract(entry, distance) : ((entry + distance) as Decimal);
}
