/** Settlement: what a person says became of an order in review, read and checked against what is known of the order. */
import type { Refusal } from "../domain/codes.ts";
import { type Decimal, decimal, formatDecimal, parseDecimal, subtract } from "../domain/decimal.ts";
import { perUnit, productOf, subtractExact } from "../domain/exact.ts";
import type { Settlement } from "../domain/ports.ts";
import type { Order } from "../domain/records.ts";
import { filledCost } from "./orders.ts";

/** What is to be done about it. */
export type ReadSettlement =
	/** Nothing beyond what is counted already. */
	| { readonly outcome: "nothing" }
	/** So much more is to be counted, at a price by which the whole has the average that was said. */
	| { readonly outcome: "filled"; readonly quantity: Decimal; readonly price: Decimal }
	| { readonly refusal: Refusal };

/** Reads what was said of this order as it is now; the refusal names what is wrong with it and how it is right. */
export function readSettlement(order: Order, { filled: said, price: saidPrice }: Settlement): ReadSettlement {
	if (order.status !== "review") return no("not_in_review", `order ${order.id} is ${order.status}, not in review`);
	const filled = parseDecimal(said);
	const counted = decimal(order.filled_quantity);
	if (filled === undefined || filled < 0n) {
		const hint = "Write it as in 0.5; 0 says that nothing of the order was filled.";
		return no("bad_field", `filled: ${quoted(said)} is not a decimal number of 0 or more`, hint);
	}
	if (filled > decimal(order.quantity)) {
		const detail = `filled: ${said} is more than the ${order.quantity} ${order.symbol} that order ${order.id} asks for`;
		return no("bad_field", detail, "Say how much of this order was filled, not what is held.");
	}
	if (filled < counted) {
		const detail = `filled: ${said} is less than the ${order.filled_quantity} that its broker has told of already`;
		return no("bad_field", detail, "Say how much of it was filled in all.");
	}
	if (filled === 0n && saidPrice !== undefined) {
		return no("contradictory_fields", "filled is 0, and there is a price", "Leave the price out, or say how much.");
	}
	return filled === counted ? { outcome: "nothing" } : priced(order, filled, saidPrice);
}

/** The part that is not counted yet, at what it must have cost. */
function priced(order: Order, filled: Decimal, said: string | undefined): ReadSettlement {
	const hint = "Give the average price that the exchange shows for the order.";
	if (said === undefined) {
		return no("missing_field", `price: it is not said at what price ${formatDecimal(filled)} was filled`, hint);
	}
	const average = parseDecimal(said);
	if (average === undefined || average <= 0n) {
		return no("bad_price", `price: ${quoted(said)} is not a decimal number above 0`, hint);
	}
	const counted = decimal(order.filled_quantity);
	const quantity = subtract(filled, counted);
	const price = perUnit(subtractExact(productOf(average, filled), filledCost(order)), quantity);
	if (price > 0n) return { outcome: "filled", quantity, price };
	const known = `${order.filled_quantity} was filled at ${order.average_price} already`;
	return no("bad_price", `price: ${said} cannot be the average of all, because ${known}`, hint);
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 64));

function no(code: Refusal["code"], detail: string, hint?: string): { readonly refusal: Refusal } {
	return { refusal: hint === undefined ? { code, detail } : { code, detail, hint } };
}
