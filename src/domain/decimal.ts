/** Exact decimal arithmetic: a fixed-point bigint of 18 decimals inside, plain decimal text at every edge. */

declare const decimalBrand: unique symbol;

/** A number times 10^18. Made only by the functions of this file; add and compare it with them, never with a float. */
export type Decimal = bigint & { readonly [decimalBrand]: true };

/** Digits kept after the point. */
export const decimals = 18;
/** Digits allowed before the point; more is not a price or a quantity but a mistake. */
export const integerDigitsMax = 18;

/** Longer text is not read: 18 digits, a point, 18 decimals and some zeros fit easily. */
export const text_characters_max = 100;

const one = 10n ** 18n;
const decimalText = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

export const zero = 0n as Decimal;
export const unit = one as Decimal;

/** How a result with more than 18 decimals is brought back to 18. `down` is towards zero. */
export type Rounding = "half_even" | "down" | "up";

/**
 * Reads `42000.5`, `-1`, `.5`, `1e-8`. Undefined for anything else, for more than 18 significant decimals
 * and for more than 18 digits before the point: nothing is rounded in silence.
 */
export function parseDecimal(text: string): Decimal | undefined {
	if (text.length > text_characters_max) return undefined;
	const match = decimalText.exec(text);
	if (match === null) return undefined;
	const [, sign, integer = "", fraction = "", exponentText] = match;
	if (integer === "" && fraction === "") return undefined;
	const exponent = exponentText === undefined ? 0 : Number.parseInt(exponentText, 10);
	const digits = (integer + fraction).replace(/^0+/, "");
	if (digits === "") return zero;
	const significant = withoutTrailingZeros(digits);
	// The value is significant × 10^power.
	const power = exponent - fraction.length + (digits.length - significant.length);
	if (power < -decimals || significant.length + power > integerDigitsMax) return undefined;
	const value = BigInt(significant) * 10n ** BigInt(power + decimals);
	return (sign === "-" ? -value : value) as Decimal;
}

const plainText = /^(?:0|[1-9]\d{0,17})(?:\.\d{0,17}[1-9])?$/;

/** True where the text is what {@link formatDecimal} writes for a value of zero or more: it then needs no reading to be spelt well. */
export function isPlainDecimal(text: string): boolean {
	return plainText.test(text);
}

/** A loop, because `/0+$/` takes quadratic time on long runs of zeros that a sender chooses. */
function withoutTrailingZeros(digits: string): string {
	let end = digits.length;
	while (digits[end - 1] === "0") end -= 1;
	return digits.slice(0, end);
}

/** Like {@link parseDecimal}, for text that is already known to be a decimal. Throws RangeError otherwise. */
export function decimal(text: string): Decimal {
	const value = parseDecimal(text);
	if (value === undefined) throw new RangeError(`not an exact decimal: ${JSON.stringify(text)}`);
	return value;
}

/** A whole number as a Decimal. Throws RangeError for a fraction. */
export function fromInteger(value: number): Decimal {
	return (BigInt(value) * one) as Decimal;
}

/** The shortest exact text: no exponent, no trailing zeros, `-` only where the value is below zero. */
export function formatDecimal(value: Decimal): string {
	const negative = value < 0n;
	const magnitude = negative ? -value : value;
	const integer = (magnitude / one).toString();
	const rest = magnitude % one;
	const fraction = rest === 0n ? "" : `.${rest.toString().padStart(decimals, "0").replace(/0+$/, "")}`;
	return `${negative ? "-" : ""}${integer}${fraction}`;
}

export const add = (a: Decimal, b: Decimal): Decimal => (a + b) as Decimal;
export const subtract = (a: Decimal, b: Decimal): Decimal => (a - b) as Decimal;
export const negate = (a: Decimal): Decimal => -a as Decimal;
export const absolute = (a: Decimal): Decimal => (a < 0n ? -a : a) as Decimal;
export const minimum = (a: Decimal, b: Decimal): Decimal => (a < b ? a : b);
export const maximum = (a: Decimal, b: Decimal): Decimal => (a > b ? a : b);
export const sign = (a: Decimal): -1 | 0 | 1 => (a > 0n ? 1 : a < 0n ? -1 : 0);

/** A quotient of whole numbers, rounded to a whole number. Throws RangeError when the denominator is zero. */
export function divideRounded(numerator: bigint, denominator: bigint, rounding: Rounding): Decimal {
	if (denominator === 0n) throw new RangeError("division by zero");
	const negative = numerator < 0n !== denominator < 0n;
	const n = numerator < 0n ? -numerator : numerator;
	const d = denominator < 0n ? -denominator : denominator;
	let quotient = n / d;
	const rest = n % d;
	if (rest !== 0n) {
		const twice = rest * 2n;
		const roundsUp =
			rounding === "up" || (rounding === "half_even" && (twice > d || (twice === d && (quotient & 1n) === 1n)));
		if (roundsUp) quotient += 1n;
	}
	return (negative ? -quotient : quotient) as Decimal;
}

/** a × b, brought back to 18 decimals by `rounding`. */
export function multiply(a: Decimal, b: Decimal, rounding: Rounding = "half_even"): Decimal {
	return divideRounded(a * b, one, rounding);
}

/** a ÷ b, brought to 18 decimals by `rounding`. Throws RangeError when b is zero. */
export function divide(a: Decimal, b: Decimal, rounding: Rounding = "half_even"): Decimal {
	return divideRounded(a * one, b, rounding);
}

/** a × b ÷ c with one rounding at the end, so that shares and percentages lose nothing on the way. */
export function multiplyDivide(a: Decimal, b: Decimal, c: Decimal, rounding: Rounding = "half_even"): Decimal {
	return divideRounded(a * b, c, rounding);
}

/** The average of `a` and `b`, each weighed, with one rounding at the end: small weights lose nothing. Throws RangeError when the weights sum to zero. */
export function weightedAverage(a: Decimal, weightOfA: Decimal, b: Decimal, weightOfB: Decimal): Decimal {
	return divideRounded(a * weightOfA + b * weightOfB, weightOfA + weightOfB, "half_even");
}

/** The largest multiple of `step` that is not further from zero than `value`. A step of zero changes nothing. */
export function floorToStep(value: Decimal, step: Decimal): Decimal {
	return step === 0n ? value : ((value - (value % step)) as Decimal);
}
