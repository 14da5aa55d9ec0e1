/** What an answer of the bridge proves about an order: accepted, definitely rejected, a duplicate, or nothing. */
import type { Lookup, Submission } from "../domain/ports.ts";
import type { Order } from "../domain/records.ts";
import { BadAnswer, type BridgeOrder, orderOf, refusalOf } from "./rest-protocol.ts";
import type { Answer } from "./rest-transport.ts";

/** `duplicate`: the bridge has an order under this id, but did not say which; it must be looked up. */
export type Proof = Submission | { readonly outcome: "duplicate" };

type Asked = Pick<Order, "client_order_id" | "symbol">;

/**
 * Judges the answer to `POST /orders`. Only the bridge's own 4xx with code and detail is a rejection; a proxy's page, a 5xx,
 * a time-out or an answer about something else proves nothing. 408 is a time-out by another name.
 * @param expires true where the bridge keeps to `expires_at` and finds orders, so that one that never left is sent again
 */
export function proofOf(answer: Answer, order: Asked & Pick<Order, "side">, expires: boolean): Proof {
	if (answer.kind === "none") {
		if (!answer.sent && !expires) return { outcome: "rejected", reason: `nothing was sent: ${answer.reason}` };
		return { outcome: "unknown", reason: answer.reason };
	}
	const { status, body } = answer;
	if (status === 200 || status === 201) return adopted(body, order, `${status}`);
	if (status === 409) {
		const proof = adopted(body, order, "409");
		return proof.outcome === "unknown" ? { outcome: "duplicate" } : proof;
	}
	const refusal = status >= 400 && status < 500 && status !== 408 ? refusalOf(body) : undefined;
	if (refusal !== undefined) return { outcome: "rejected", reason: `${refusal.code}: ${refusal.detail}` };
	return { outcome: "unknown", reason: `the bridge answered with ${status}` };
}

function adopted(body: unknown, order: Asked & Pick<Order, "side">, shown: string): Submission {
	const read = readOrder(body, order);
	if (typeof read === "string") return { outcome: "unknown", reason: `${shown}: ${read}` };
	if (read.side !== order.side) {
		return { outcome: "unknown", reason: `${shown}: the order under this id is a ${read.side} of ${read.symbol}` };
	}
	return submissionOf(read);
}

/** An order that ended without a fill did nothing, and never will. */
export function submissionOf(order: Pick<BridgeOrder, "status" | "fills" | "reason">): Submission {
	const open = order.status === "open";
	if (open || order.fills.length > 0) return { outcome: "accepted", fills: order.fills, open };
	if (order.status === "filled") return { outcome: "unknown", reason: "it is filled, but the bridge named no fill" };
	return { outcome: "rejected", reason: order.reason ?? `${order.status} by the exchange without a fill` };
}

/** Judges the answer to `GET /orders/ID`. Only the bridge's own `not_found` means that there is no such order. */
export function lookupOf(answer: Answer, order: Asked): Lookup {
	if (answer.kind === "none") return { outcome: "unreachable", reason: answer.reason };
	const { status, body } = answer;
	if (status === 404 && refusalOf(body)?.code === "not_found") return { outcome: "not_found" };
	if (status !== 200) return { outcome: "unreachable", reason: `the bridge answered with ${status}${saidOf(body)}` };
	const read = readOrder(body, order);
	if (typeof read === "string") return { outcome: "unreachable", reason: read };
	const { status: state, fills, reason } = read;
	return { outcome: "found", state, fills, ...(reason === undefined ? {} : { reason }) };
}

/** ` (code: detail)` where the bridge said why. */
export function saidOf(body: unknown): string {
	const refusal = refusalOf(body);
	return refusal === undefined ? "" : ` (${refusal.code}: ${refusal.detail})`;
}

/** The order, or why the answer is not about the one that was meant. */
function readOrder(body: unknown, { client_order_id, symbol }: Asked): BridgeOrder | string {
	try {
		const order = orderOf(body);
		if (order.client_order_id !== client_order_id) return `the answer is about order ${order.client_order_id}`;
		return order.symbol === symbol ? order : `the order under this id is on ${order.symbol}`;
	} catch (error) {
		if (error instanceof BadAnswer) return error.message;
		throw error;
	}
}
