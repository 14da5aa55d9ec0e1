/** What the engine says in traces and results, in words that a stranger understands. */
import type { EndCode } from "../domain/codes.ts";
import type { RuleResult } from "../domain/ports.ts";
import type { Order, Signal, TraceEntry } from "../domain/records.ts";

/** `bought 0.5 BTC/USD at 42000`, or that it rests. */
export function describeDone(order: Order): string {
	if (order.average_price === null) {
		return `${order.side} ${order.quantity} ${order.symbol} ${order.type} rests at the broker`;
	}
	const verb = order.side === "buy" ? "bought" : "sold";
	return `${verb} ${order.filled_quantity} ${order.symbol} at ${order.average_price}`;
}

/**
 * Why an order did nothing; undefined where it is filled, rests, or ended with a part of it filled. What it did is then in
 * {@link describeDone}.
 */
export function troubleOf(order: Order): { readonly code: EndCode; readonly detail: string } | undefined {
	const detail = order.reason ?? "";
	const idle = order.filled_quantity === "0";
	switch (order.status) {
		case "rejected":
			return { code: "broker_rejected", detail };
		case "unknown":
			return { code: "broker_rejected", detail: `no answer from the broker: ${detail}` };
		case "review":
			return { code: "order_in_review", detail };
		case "expired":
			return idle ? { code: "broker_rejected", detail } : undefined;
		case "abandoned":
			return idle ? { code: "stale_alert", detail } : undefined;
		case "canceled":
			return idle ? { code: order.leg === "entry" ? "broker_rejected" : "nothing_to_close", detail } : undefined;
		default:
			return undefined;
	}
}

/** The trace entry of an order's outcome. */
export function brokerEntry(order: Order, ms: number): TraceEntry {
	const trouble = troubleOf(order);
	if (trouble === undefined) {
		return { stage: "broker", verdict: "pass", detail: `${describeDone(order)} (order ${order.id})`, ms };
	}
	const verdict = trouble.code === "nothing_to_close" ? "skip" : "refuse";
	return { stage: "broker", verdict, ...trouble, ms };
}

/** Every rule that had something to say, with its numbers; a denial stands out. */
export function describeResults(results: readonly RuleResult[]): string {
	return results
		.filter((result) => result.result !== "not_applicable")
		.map((result) => `${result.rule}${result.result === "deny" ? " DENIES" : ""}: ${result.detail}`)
		.join("; ");
}

/** `exit any, then enter long (RSI crossed)`. */
export function describeSignals(signals: readonly Signal[]): string {
	const words = signals.map((signal) => {
		if (signal.kind === "skip") return `skip: ${signal.reason}`;
		if (signal.kind === "cancel") return "take back what rests";
		const what = signal.kind === "enter" ? `enter ${signal.side}` : `exit ${signal.side}`;
		return signal.reason === undefined ? what : `${what} (${signal.reason})`;
	});
	return words.length === 0 ? "no signal" : words.join(", then ");
}
