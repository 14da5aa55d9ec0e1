/** What an alert's orders came to on one account: how much of its entry and of its exit was filled. */
import { add, type Decimal, decimal, multiplyDivide, negate, subtract, zero } from "../domain/decimal.ts";
import type { Intent } from "../domain/ports.ts";
import type { Order } from "../domain/records.ts";
import type { Plan } from "./plan.ts";

/** Units wanted and filled; nothing wanted where the order was never made. */
export interface Filled {
	readonly wanted: Decimal;
	readonly filled: Decimal;
}

/** One alert's orders on one account. */
export interface WorkedOrders {
	/** Undefined where its plan had none, or where it was never tried. */
	readonly entry: Filled | undefined;
	readonly exit: Filled | undefined;
	/** What they did to the position, signed. */
	readonly signed: Decimal;
	/** True where something was entered. */
	readonly entered: boolean;
}

/** @param account only its orders and plan count */
export function workedOrders(orders: readonly Order[], intents: readonly Intent[], account: string): WorkedOrders {
	const mine = orders.filter((order) => order.account === account);
	const plan = intents.find((intent) => intent.account === account)?.plan;
	const legs = plan === undefined ? [] : (JSON.parse(plan) as Plan).legs;
	const sum = (leg: "entry" | "exit"): Filled | undefined => {
		if (!legs.some((one) => one.leg === leg)) return undefined;
		let [wanted, filled] = [zero, zero];
		for (const order of mine) {
			if (order.leg !== leg) continue;
			wanted = add(wanted, decimal(order.quantity));
			filled = add(filled, decimal(order.filled_quantity));
		}
		return { wanted, filled };
	};
	let signed = zero;
	for (const { leg, side, filled_quantity } of mine) {
		if (leg !== "entry" && leg !== "exit") continue;
		const filled = decimal(filled_quantity);
		signed = side === "buy" ? add(signed, filled) : subtract(signed, filled);
	}
	const exit = sum("exit");
	const planned = sum("entry");
	// Behind an exit that was refused or cut short the entry was never tried: what it would have come to is not known.
	const untried = planned?.wanted === zero && exit !== undefined && exit.filled < exit.wanted;
	const entry = untried ? undefined : planned;
	return { entry, exit, signed, entered: entry !== undefined && entry.filled > zero };
}

/** The part of these units that would have been filled, had the order been filled as before; all where no order was made. */
export function filledPart(units: Decimal, before: Filled | undefined): Decimal {
	if (before === undefined || before.wanted === zero) return units;
	const part = multiplyDivide(units < 0n ? negate(units) : units, before.filled, before.wanted, "down");
	return units < 0n ? negate(part) : part;
}
