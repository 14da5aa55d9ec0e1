/** Ids of the orders that an alert leads to: the alert's id, a number that says which leg of which account it is, and `-sl` or `-tp`. */
import type { Order } from "./records.ts";

/** Numbers that each account of an alert has for the legs of its plan; more legs than this are a bug. */
export const legs_max = 100;

/** Which order of an alert it is. */
export interface OrderPlace {
	/** Which hundred of numbers it is from, and so whose account's; from 0. */
	readonly account_index: number;
	/** The leg of its account's plan that it is, or that it protects; from 0. */
	readonly leg: number;
	/** The stop or target of what that leg entered; undefined for the leg's own order. */
	readonly protects: Extract<Order["leg"], "stop_loss" | "take_profit"> | undefined;
}

/** Behind the alert's id: `-1`, `-102`, `-1-sl`, and `-1-sl2` once the stop was stood anew. */
const behind_alert = /^-([1-9]\d{0,8})(?:-(sl|tp)(?:[2-9]|[1-9]\d+)?)?$/;

/** The place that an order's id names among those of this alert; undefined where it is none of them. */
export function orderPlaceOf(id: string, alert_id: string): OrderPlace | undefined {
	const [, number, standing] = (id.startsWith(alert_id) ? behind_alert.exec(id.slice(alert_id.length)) : null) ?? [];
	if (number === undefined) return undefined;
	const place = Number.parseInt(number, 10) - 1;
	const account_index = Math.floor(place / legs_max);
	const leg = place % legs_max;
	return {
		account_index,
		leg,
		protects: standing === undefined ? undefined : standing === "sl" ? "stop_loss" : "take_profit",
	};
}

/**
 * The hundred of order numbers that each account of an alert has. Orders that a restart found say it themselves, because the
 * configuration may list the accounts in another order by then; an account without orders gets one that no other has.
 */
export function accountIndexes(
	alert_id: string,
	accounts: readonly string[],
	orders: readonly Pick<Order, "id" | "account">[],
): ReadonlyMap<string, number> {
	const indexes = new Map<string, number>();
	for (const { id, account } of orders) {
		const place = orderPlaceOf(id, alert_id);
		if (place !== undefined && !indexes.has(account)) indexes.set(account, place.account_index);
	}
	for (const [position, account] of accounts.entries()) {
		if (indexes.has(account)) continue;
		const taken = new Set(indexes.values());
		let index = position;
		while (taken.has(index)) index += 1;
		indexes.set(account, index);
	}
	return indexes;
}
