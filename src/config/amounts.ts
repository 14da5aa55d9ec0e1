/** Amounts as people write them: `30s`, `64KB`, `0.1%`, `10/s`, `1.5`, each read exactly. */
import { type Decimal, formatDecimal, parseDecimal } from "../domain/decimal.ts";
import { type Leaf, type LeafNotes, type Notes, type Parsed, rangedLeaf } from "./leaf.ts";

const duration_ms = { ms: 1n, s: 1000n, m: 60_000n, h: 3_600_000n, d: 86_400_000n } as const;
const bytes_of = { b: 1n, kb: 1024n, mb: 1024n ** 2n, gb: 1024n ** 3n, tb: 1024n ** 4n } as const;
const one = 10n ** 18n;

/** Reads `30s`, `1.5h`, `250ms` into milliseconds. Only in small letters: `1M` would be a month to many. */
export function parseDuration(text: string, shown = text): Parsed<number> {
	return amount(text, shown, duration_ms, "a duration", "30s", "ms, s, m, h or d");
}

/** Reads `64KB` (65536) into bytes; one KB is 1024 bytes. */
export function parseBytes(text: string, shown = text): Parsed<number> {
	return amount(text.toLowerCase(), shown, bytes_of, "a size in bytes", "64KB", "B, KB, MB, GB or TB");
}

/** Reads `0.1%` into 0.001. */
export function parseShare(text: string, shown = text): Parsed<Decimal> {
	const match = /^(\d*\.?\d+)\s?%$/.exec(text);
	const value = match?.[1] === undefined ? undefined : parseDecimal(`${match[1]}e-2`);
	if (value !== undefined) return { value };
	if (/^\d*\.?\d+$/.test(text)) return { message: `${shown} has no unit; write a percentage such as 0.1%` };
	return { message: `${shown} is not a percentage; write it like 0.1%` };
}

/** Reads `10/s`, `600/m`, `100/h` into a number per second. */
export function parseRate(text: string, shown = text): Parsed<number> {
	const match = /^(\d+(?:\.\d+)?)\s?\/\s?(s|m|h)$/.exec(text);
	if (match?.[1] === undefined) return { message: `${shown} is not a rate; write it like 10/s, 600/m or 100/h` };
	const seconds = match[2] === "s" ? 1 : match[2] === "m" ? 60 : 3600;
	return { value: Number(match[1]) / seconds };
}

/** Reads `1.5` exactly. */
export function parseNumber(text: string, shown = text): Parsed<Decimal> {
	const value = /^-?\d*\.?\d+$/.test(text) ? parseDecimal(text) : undefined;
	return value === undefined ? { message: `${shown} is not a number; write it like 1.5` } : { value };
}

/** Reads a whole number. */
export function parseInteger(text: string, shown = text): Parsed<number> {
	if (/^-?\d{1,15}$/.test(text)) return { value: Number(text) };
	return { message: `${shown} is not a whole number` };
}

/** Writes a share as a percentage: 0.001 is `0.1%`. */
export function formatShare(share: Decimal): string {
	return `${formatDecimal((share * 100n) as Decimal)}%`;
}

function amount<U extends string>(
	text: string,
	shown: string,
	units: Readonly<Record<U, bigint>>,
	what: string,
	example: string,
	unitWords: string,
): Parsed<number> {
	const match = /^(\d*\.?\d+)\s?([A-Za-z]*)$/.exec(text);
	const unit = match?.[2] ?? "";
	const number = match?.[1] === undefined ? undefined : parseDecimal(match[1]);
	if (number === undefined) return { message: `${shown} is not ${what}; write it like ${example}` };
	if (unit === "") return { message: `${shown} has no unit; write ${what} like ${example}` };
	const factor = Object.hasOwn(units, unit) ? units[unit as U] : undefined;
	if (factor === undefined) return { message: `${shown} is not ${what}; its unit must be ${unitWords}` };
	const value = number * factor;
	if (value % one !== 0n) return { message: `${shown} is finer than the smallest unit` };
	return { value: Number(value / one) };
}

const text = (pattern: string) => ({ type: "string", pattern });

/** Milliseconds, written `30s`. */
export const duration = (notes: Notes): Leaf<number> =>
	rangedLeaf(text("^[0-9]*\\.?[0-9]+ ?(ms|s|m|h|d)$"), { ...notes, unit: "duration" }, parseDuration);

/** Bytes, written `64KB`. */
export const bytes = (notes: Notes): Leaf<number> =>
	rangedLeaf(text("^[0-9]*\\.?[0-9]+ ?([kKmMgGtT]?[bB])$"), { ...notes, unit: "bytes" }, parseBytes);

/** A share, written `0.1%`; 0.001 inside. */
export const share = (notes: Notes): Leaf<Decimal> =>
	rangedLeaf(text("^[0-9]*\\.?[0-9]+ ?%$"), { ...notes, unit: "percentage" }, parseShare);

/** A number per second, written `10/s`. */
export const rate = (notes: Notes): Leaf<number> =>
	rangedLeaf(text("^[0-9]+(\\.[0-9]+)? ?/ ?(s|m|h)$"), { ...notes, unit: "rate" }, parseRate);

/** An exact decimal number; `unit` says of what. */
export const exact = (notes: LeafNotes): Leaf<Decimal> =>
	rangedLeaf({ anyOf: [{ type: "number" }, text("^-?[0-9]*\\.?[0-9]+$")] }, notes, parseNumber);

/** A whole number; `unit` says of what. */
export const integer = (notes: LeafNotes): Leaf<number> => rangedLeaf({ type: "integer" }, notes, parseInteger);
