/** The strategy without a file: it follows the alert as it is. */
import type { Alert, Position, Side, Signal } from "../domain/records.ts";
import { signalsOf, statedBefore, statedNow } from "../domain/stated-change.ts";

/**
 * The signals an alert stands for when no plugin decides: its stated change where it has one, else its type. CUSTOM is
 * skipped, because only a plugin could know it.
 *
 * @param position what the strategy holds of the alert's symbol; null when flat
 */
export function follow(alert: Alert, position: Position | null): readonly Signal[] {
	const signals = ownSignals(alert, position);
	if (alert.cancel !== true) return signals;
	const only = alert.type === "CUSTOM" && alert.relative === undefined;
	return only ? [{ kind: "cancel" }] : [{ kind: "cancel" }, ...signals];
}

function ownSignals(alert: Alert, position: Position | null): readonly Signal[] {
	const { stated } = alert;
	const before = stated === undefined ? undefined : statedBefore(stated);
	const change = stated === undefined || before === undefined ? undefined : signalsOf(before, statedNow(stated));
	if (change !== undefined)
		return change.map((signal) => (signal.kind === "enter" ? entry(alert, signal.side) : signal));
	const quantity = alert.quantity === undefined ? {} : { quantity: alert.quantity };
	switch (alert.type) {
		case "LONG_ENTRY":
			return [entry(alert, "long")];
		case "SHORT_ENTRY":
			return [entry(alert, "short")];
		case "LONG_EXIT":
			return [{ kind: "exit", side: alert.closes ?? "long", ...quantity }];
		case "SHORT_EXIT":
			return [{ kind: "exit", side: alert.closes ?? "short", ...quantity }];
		case "STOP_LOSS":
		case "TAKE_PROFIT":
			return [{ kind: "exit", side: alert.closes ?? "any", ...quantity }];
		case "CUSTOM":
			return [alert.relative === undefined ? needsPlugin(alert) : relative(alert, alert.relative, position)];
		default:
			return alert.type satisfies never;
	}
}

/** An entry with the limit, stop and target that the message asks for. */
function entry({ limit, stop_loss, take_profit }: Alert, side: Side): Signal {
	return {
		kind: "enter",
		side,
		...(limit === undefined ? {} : { limit }),
		...(stop_loss === undefined ? {} : { stop_loss }),
		...(take_profit === undefined ? {} : { take_profit }),
	};
}

function relative(alert: Alert, what: "add" | "reverse", position: Position | null): Signal {
	if (position === null || position.side === "flat") {
		const reason = `"${alert.action}" needs an open position, and ${alert.strategy} holds nothing of ${alert.symbol}`;
		return { kind: "skip", code: "nothing_to_close", reason };
	}
	const other = position.side === "long" ? "short" : "long";
	return entry(alert, what === "add" ? position.side : other);
}

function needsPlugin(alert: Alert): Signal {
	const { action, strategy } = alert;
	const reason = `"${action}" is not an action of nexus's own and ${strategy || "the strategy"} has no plugin`;
	return { kind: "skip", code: "custom_needs_plugin", reason };
}
