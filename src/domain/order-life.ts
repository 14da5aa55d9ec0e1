/** Where an order's life ends. */
import type { OrderStatus } from "./records.ts";

const finalStatuses: ReadonlySet<OrderStatus> = new Set([
	"denied",
	"filled",
	"rejected",
	"canceled",
	"expired",
	"abandoned",
]);

/** True where nothing more is expected to happen to the order. */
export function isFinal(status: OrderStatus): boolean {
	return finalStatuses.has(status);
}
