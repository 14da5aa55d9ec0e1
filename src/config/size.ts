/** How large an entry is, as written: `1%`, `250 USD`, `0.01 BTC`, `risk 1%`, `alert`. */
import { parseDecimal } from "../domain/decimal.ts";
import type { Size } from "../domain/settings.ts";
import { parseShare } from "./amounts.ts";
import { type Leaf, type Notes, type Parsed, scalarLeaf } from "./leaf.ts";

/** `100 1INCH` needs its space, `250USD` does not. */
const written = /^(\d*\.?\d+)(?:\s(?=\d*[A-Za-z])([A-Za-z0-9]{1,15})|([A-Za-z][A-Za-z0-9]{0,14}))$/;
const forms = "write it like 1%, 250 USD, 0.01 BTC, risk 1% or alert";

/**
 * Reads a size. An amount of the account's currency is money, of any other currency units of the symbol's base;
 * without `accountCurrency` it is taken for units until {@link settleSize} knows better.
 */
export function parseSize(text: string, accountCurrency?: string): Size | undefined {
	const parsed = readSize(text, text);
	return "value" in parsed ? settleSize(parsed.value, accountCurrency) : undefined;
}

/** Makes `250 USD` money where USD is the account's currency, and units where it is not. */
export function settleSize(size: Size, accountCurrency: string | undefined): Size {
	if (size.kind !== "units" && size.kind !== "money") return size;
	const amount = size.kind === "units" ? size.quantity : size.amount;
	if (size.currency === accountCurrency) return { kind: "money", amount, currency: size.currency };
	return { kind: "units", quantity: amount, currency: size.currency };
}

function readSize(text: string, shown: string): Parsed<Size> {
	const trimmed = text.trim();
	if (trimmed.toLowerCase() === "alert") return { value: { kind: "alert" } };
	const risk = /^risk\s+(.*)$/i.exec(trimmed)?.[1];
	if (risk !== undefined || trimmed.endsWith("%")) {
		const parsed = parseShare(risk ?? trimmed);
		if (!("value" in parsed)) return { message: `${shown} is not a size; ${forms}` };
		if (parsed.value === 0n) return { message: `${shown} is nothing; a size must be above 0` };
		const most = risk === undefined ? "1000%" : "100%";
		if (parsed.value > shareMax[most]) return { message: `${shown} is above ${most}` };
		return { value: { kind: risk === undefined ? "equity_share" : "risk_share", share: parsed.value } };
	}
	const match = written.exec(trimmed);
	const quantity = match?.[1] === undefined ? undefined : parseDecimal(match[1]);
	const currency = match?.[2] ?? match?.[3];
	if (quantity === undefined || currency === undefined) {
		const unit = parseDecimal(trimmed) === undefined ? "is not a size" : "has no unit";
		return { message: `${shown} ${unit}; ${forms}` };
	}
	if (quantity === 0n) return { message: `${shown} is nothing; a size must be above 0` };
	return { value: { kind: "units", quantity, currency: currency.toUpperCase() } };
}

const shareMax = { "1000%": 10n ** 19n, "100%": 10n ** 18n } as const;

/** A size; `250 USD` is units until the account is known. */
export const size = (notes: Notes): Leaf<Size> =>
	scalarLeaf(
		{
			type: "string",
			pattern: "^ *(alert|(risk +)?[0-9]*\\.?[0-9]+ ?%|[0-9]*\\.?[0-9]+( [0-9]+)? ?[A-Za-z][A-Za-z0-9]*) *$",
		},
		{ ...notes, unit: "size" },
		readSize,
	);
