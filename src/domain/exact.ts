/** Sums of price × quantity with 72 decimals, so that shares of them can be taken again and again and still round to the true 18th. */
import { type Decimal, decimals, divideRounded } from "./decimal.ts";

declare const exactBrand: unique symbol;

/** A number times 10^72. Made only by the functions of this file; add and compare it with them, never with a Decimal. */
export type Exact = bigint & { readonly [exactBrand]: true };

/**
 * Digits kept after the point. A product of two Decimals has 36 and is held without loss. A share is rounded at the 72nd, and
 * a million of such errors, divided by the smallest quantity, still stay below the 48th.
 */
export const exactDecimals = 72;
/** What is further back than this is taken for such an error, so that a value which is half a unit in truth rounds as one. */
const trueDecimals = 48;
/** A product of two Decimals has at most 36 digits before the point; the rest is room for sums. */
const integerDigitsMax = 48;

const one = 10n ** BigInt(exactDecimals);
const product = 10n ** BigInt(exactDecimals - 2 * decimals);
const single = 10n ** BigInt(exactDecimals - decimals);
const noise = 10n ** BigInt(exactDecimals - trueDecimals);
const shown = 10n ** BigInt(trueDecimals - decimals);
const exactText = /^(-?)(\d+)(?:\.(\d+))?$/;

export const exactZero = 0n as Exact;

/** Price × quantity without rounding. */
export const productOf = (a: Decimal, b: Decimal): Exact => (a * b * product) as Exact;
export const exactOf = (value: Decimal): Exact => (value * single) as Exact;
export const addExact = (a: Exact, b: Exact): Exact => (a + b) as Exact;
export const subtractExact = (a: Exact, b: Exact): Exact => (a - b) as Exact;

/** `part` of `whole` units of the value, rounded at the 72nd decimal. Throws RangeError where `whole` is zero. */
export function shareOf(value: Exact, part: Decimal, whole: Decimal): Exact {
	return divideRounded(value * part, whole, "half_even") as bigint as Exact;
}

/** The value as it is shown and paid: rounded to 18 decimals, an exact half to the even one. */
export function roundExact(value: Exact): Decimal {
	return divideRounded(divideRounded(value, noise, "half_even"), shown, "half_even");
}

/** The value for one unit, rounded as by {@link roundExact}. Throws RangeError where `quantity` is zero. */
export function perUnit(value: Exact, quantity: Decimal): Decimal {
	return divideRounded(
		divideRounded(value * 10n ** BigInt(decimals), quantity * noise, "half_even"),
		shown,
		"half_even",
	);
}

/** The shortest text without loss: no exponent, no trailing zeros. */
export function formatExact(value: Exact): string {
	const magnitude = value < 0n ? -value : value;
	const rest = magnitude % one;
	const fraction = rest === 0n ? "" : `.${rest.toString().padStart(exactDecimals, "0").replace(/0+$/, "")}`;
	return `${value < 0n ? "-" : ""}${magnitude / one}${fraction}`;
}

/** Reads what {@link formatExact} wrote. Throws RangeError for anything else: the record it stands in is damaged. */
export function parseExact(text: string): Exact {
	const [, sign, integer = "", fraction = ""] = exactText.exec(text) ?? [];
	if (sign === undefined || integer.length > integerDigitsMax || fraction.length > exactDecimals) {
		throw new RangeError(`not an exact sum: ${JSON.stringify(text.slice(0, 120))}`);
	}
	const magnitude = BigInt(integer) * one + BigInt(fraction.padEnd(exactDecimals, "0"));
	return (sign === "-" ? -magnitude : magnitude) as Exact;
}
