/** The strategy without a file: it follows the alert as it is. */
import type { Alert, Signal } from "../domain/records.ts";

/** The signal an alert stands for when no plugin decides; CUSTOM is skipped, because only a plugin could know it. */
export function follow(alert: Alert): readonly Signal[] {
	const quantity = alert.quantity === undefined ? {} : { quantity: alert.quantity };
	switch (alert.type) {
		case "LONG_ENTRY":
			return [{ kind: "enter", side: "long" }];
		case "SHORT_ENTRY":
			return [{ kind: "enter", side: "short" }];
		case "LONG_EXIT":
			return [{ kind: "exit", side: alert.closes ?? "long", ...quantity }];
		case "SHORT_EXIT":
			return [{ kind: "exit", side: alert.closes ?? "short", ...quantity }];
		case "STOP_LOSS":
		case "TAKE_PROFIT":
			return [{ kind: "exit", side: alert.closes ?? "any", ...quantity }];
		case "CUSTOM":
			return [
				{
					kind: "skip",
					code: "custom_needs_plugin",
					reason: `"${alert.action}" is not an action of nexus's own and ${alert.strategy || "the strategy"} has no plugin`,
				},
			];
		default:
			return alert.type satisfies never;
	}
}
