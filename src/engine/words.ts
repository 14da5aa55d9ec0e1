/** What the engine says in traces and results, in words that a stranger understands. */
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

/** The trace entry of an order's outcome. */
export function brokerEntry(order: Order, ms: number): TraceEntry {
	if (order.status === "rejected" || order.status === "unknown") {
		return { stage: "broker", verdict: "refuse", code: "broker_rejected", detail: order.reason ?? "", ms };
	}
	if (order.status === "canceled") {
		return { stage: "broker", verdict: "skip", code: "nothing_to_close", detail: order.reason ?? "", ms };
	}
	return { stage: "broker", verdict: "pass", detail: `${describeDone(order)} (order ${order.id})`, ms };
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
