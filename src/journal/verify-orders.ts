/** Orders worked out again from their fills, their alert's plan and what caused them, beside what is stored. */
import type { Database } from "bun:sqlite";
import { clientOrderId } from "../domain/client-id.ts";
import { add, type Decimal, decimal, formatDecimal, maximum, minimum, zero } from "../domain/decimal.ts";
import { addExact, exactZero, formatExact, parseExact, perUnit, productOf } from "../domain/exact.ts";
import { external } from "../domain/external.ts";
import { idOf } from "../domain/id.ts";
import { orderPlaceOf } from "../domain/order-id.ts";
import { isFinal } from "../domain/order-life.ts";
import type { Fill, Order } from "../domain/records.ts";
import type { Finding } from "./finding.ts";

interface OrderRow {
	readonly id: string;
	readonly alert_seq: number | null;
	readonly open: number;
	readonly record: string;
}

interface FillOfOrder {
	readonly record: string;
	/** 1 where a version may have counted it that kept an order's average instead of its sum. */
	readonly early: 0 | 1;
}

/** What of a plan is compared; the engine's own plan has more. */
interface PlanShape {
	readonly legs: readonly { readonly leg: string }[];
}

/** Every order that is not what its fills, its plan and its cause say, or whose state contradicts the list of open ones. */
export function* wrongOrders(db: Database): Generator<Finding> {
	const fills = db.query<FillOfOrder, [string]>(`SELECT f.record, f.n <= coalesce((SELECT b.fills FROM baselines b
		WHERE b.account = f.account AND b.strategy = f.record ->> 'strategy' AND b.symbol = f.record ->> 'symbol'), 0) AS early
		FROM fills f WHERE f.order_id = ?`);
	const plans = db.query("SELECT plan FROM intents WHERE alert_seq = ? AND account = ?");
	const sql = "SELECT id, alert_seq, open, record FROM orders ORDER BY n";
	for (const row of db.query<OrderRow, []>(sql).iterate()) {
		const order = JSON.parse(row.record) as Order;
		const [plan] = plans.values(row.alert_seq, order.account) as [string][];
		const wrong = [
			wrongFills(order, fills.all(row.id)),
			wrongState(order, row.open === 1),
			wrongClientId(order),
			wrongPlace(order, row.alert_seq, plan?.[0]),
		];
		for (const detail of wrong) if (detail !== undefined) yield { check: "orders", subject: row.id, detail };
	}
}

function wrongFills(order: Order, rows: readonly FillOfOrder[]): string | undefined {
	const fills = rows.map(({ record }) => {
		const { quantity, price } = JSON.parse(record) as Fill;
		return { quantity: decimal(quantity), price: decimal(price) };
	});
	const sum = fills.reduce((all, { quantity }) => add(all, quantity), zero);
	if (sum !== decimal(order.filled_quantity)) {
		return `filled_quantity ${order.filled_quantity} is stored, its ${fills.length} fills come to ${formatDecimal(sum)}: a fill is missing, or was counted twice`;
	}
	if (order.filled_cost === undefined || sum === 0n || rows.some(({ early }) => early === 1)) {
		return wrongAverage(order, sum, fills);
	}
	const cost = fills.reduce((all, { price, quantity }) => addExact(all, productOf(price, quantity)), exactZero);
	const comes = { filled_cost: formatExact(cost), average_price: formatDecimal(perUnit(cost, sum)) };
	const told = (["filled_cost", "average_price"] as const)
		.filter((name) => order[name] !== comes[name])
		.map((name) => `${name} ${order[name] ?? "none"} is stored, its fills come to ${comes[name]}`);
	return told.length === 0 ? undefined : `${told.join("; ")}: what was paid was changed without a fill`;
}

/** An average of fills lies between them, however an earlier version rounded it; one of a kept sum is that sum's. */
function wrongAverage(
	{ average_price, filled_cost }: Order,
	filled: Decimal,
	fills: readonly { readonly price: Decimal }[],
): string | undefined {
	const shown = average_price ?? "none";
	const [first, ...others] = fills.map(({ price }) => price);
	if (first === undefined || filled === 0n) {
		const isNothing = average_price === null && filled_cost === undefined;
		return isNothing ? undefined : `average_price ${shown} is stored, and nothing of it is filled`;
	}
	const [lowest, highest] = [others.reduce(minimum, first), others.reduce(maximum, first)];
	const average = average_price === null ? undefined : decimal(average_price);
	if (average === undefined || average < lowest || average > highest) {
		return `average_price ${shown} is stored, its fills are at ${formatDecimal(lowest)} to ${formatDecimal(highest)}`;
	}
	const kept = filled_cost === undefined ? average : perUnit(parseExact(filled_cost), filled);
	return kept === average
		? undefined
		: `average_price ${shown} is stored, its filled_cost comes to ${formatDecimal(kept)}: one was changed without the other`;
}

function wrongState({ status, pending }: Order, isOpen: boolean): string | undefined {
	if (isOpen === isFinal(status)) {
		return `it is ${status}, but kept as ${isOpen ? "open" : "closed"}: a restart would take it wrongly`;
	}
	if (!isFinal(status) || typeof pending !== "string") return undefined;
	return `it is ${status}, and a ${pending} of it is pending all the same: nothing is left to be answered`;
}

/** An order that somebody else sent keeps the id that its exchange has for it. */
function wrongClientId({ id, client_order_id, account, strategy, symbol }: Order): string | undefined {
	const theirs = [`external-${account}-${client_order_id}`, `external-${client_order_id}`];
	if (strategy === external && theirs.includes(id)) return undefined;
	const comes = clientOrderId({ order_id: id, account, strategy, symbol, attempt: 1 });
	if (client_order_id === comes) return undefined;
	return `client_order_id ${client_order_id} is stored, its cause comes to ${comes}: asked for again, it would be a second order`;
}

/** @param plan undefined where none is kept, which is told as such (verify-relations.ts) */
function wrongPlace(order: Order, alert_seq: number | null, plan: string | undefined): string | undefined {
	const { id, alert_id, leg } = order;
	const filed = alert_seq === null ? null : idOf(alert_seq);
	if (alert_id !== filed) return `its record names ${of(alert_id)}, but it is kept with ${of(filed)}`;
	if (alert_id === null) return undefined;
	const place = orderPlaceOf(id, alert_id);
	if (place === undefined) return `its id is none of an order of alert ${alert_id}: a restart would make it again`;
	if (plan === undefined) return undefined;
	const { legs } = JSON.parse(plan) as PlanShape;
	const planned = legs[place.leg]?.leg;
	if (planned === undefined) return `it is for leg ${place.leg + 1} of a plan that has ${legs.length}`;
	const due = place.protects === undefined ? planned : planned === "entry" ? place.protects : undefined;
	return leg === due ? undefined : `it is ${leg}, its id and its plan come to ${due ?? "nothing"}`;
}

const of = (alert_id: string | null): string => (alert_id === null ? "no alert" : `alert ${alert_id}`);
