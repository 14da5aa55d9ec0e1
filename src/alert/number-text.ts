/** Numbers as people write them in messages: `42000.5`, `"42,000.50"`, `1_000`, exactly or not at all. */
import { type Decimal, formatDecimal, isPlainDecimal, parseDecimal } from "../domain/decimal.ts";

/** More characters than any price or quantity has. */
const length_max = 64;
/** Groups of three behind a first group that is no zero: `0,123` would be a decimal comma. */
const grouped = /^[+-]?[1-9]\d{0,2}(?:([,_'’ \u00a0\u2009\u202f])\d{3})(?:\1\d{3})*(?:\.\d+)?$/;
const groupMarks = /[,_'’ \u00a0\u2009\u202f]/g;

/**
 * The exact value of a number's text; undefined for anything else. A comma only ever groups thousands, as TradingView
 * writes them: `1,0850` and `42.000,50` are not guessed at.
 */
export function decimalOf(text: string): Decimal | undefined {
	const trimmed = text.trim();
	if (trimmed.length > length_max) return undefined;
	return parseDecimal(trimmed) ?? (grouped.test(trimmed) ? parseDecimal(trimmed.replace(groupMarks, "")) : undefined);
}

/** The exact value spelt as plain decimal text; undefined where {@link decimalOf} reads none. */
export function plainNumber(text: string): string | undefined {
	if (isPlainDecimal(text)) return text;
	const value = decimalOf(text);
	return value === undefined ? undefined : formatDecimal(value);
}

/** Like {@link plainNumber}, for values above zero only. */
export function plainPositive(text: string): string | undefined {
	const plain = plainNumber(text);
	return plain === "0" || plain?.startsWith("-") === true ? undefined : plain;
}
