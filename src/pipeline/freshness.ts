/** Stage `freshness`: an entry that is too old is not sent late; exits are never too old. */
import type { Clock } from "../domain/ports.ts";
import type { Alert, Side } from "../domain/records.ts";
import type { StrategySettings } from "../domain/settings.ts";
import type { ProcessingStage } from "./processing.ts";

export interface FreshnessOptions {
	readonly max_age_ms: number;
	readonly clock: Clock;
	/** The sides the strategy holds of the symbol now, over its accounts. */
	readonly holds: (strategy: string, symbol: string) => readonly Side[];
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** `own_ms` is the sender's own limit. Why the alert is too old, by its own time at receipt or by the time of receipt now; undefined where it is not. */
function staleness(alert: Alert, max_age_ms: number, own_ms: number, now: number): string | undefined {
	const received = Date.parse(alert.received_at);
	if (alert.time !== undefined) {
		const age_ms = received - Date.parse(alert.time);
		if (age_ms > own_ms && own_ms < max_age_ms) {
			return `its own time ${alert.time} was ${seconds(age_ms)} old when it came; the message itself allows ${seconds(own_ms)}`;
		}
		if (age_ms > max_age_ms) {
			return `its own time ${alert.time} was ${seconds(age_ms)} old when it came; max_age is ${seconds(max_age_ms)}`;
		}
	}
	const waited_ms = now - received;
	if (waited_ms > max_age_ms) {
		return `it came ${seconds(waited_ms)} ago and is only worked on now; max_age is ${seconds(max_age_ms)}`;
	}
	return undefined;
}

/** True where the alert may open a position and does nothing else: not an exit, nor an entry that first closes the other side. */
function onlyOpens(alert: Alert, settings: StrategySettings, held: readonly Side[]): boolean {
	if (alert.type !== "LONG_ENTRY" && alert.type !== "SHORT_ENTRY") return false;
	const side: Side = alert.type === "LONG_ENTRY" ? "long" : "short";
	if (settings.direction !== "both" && settings.direction !== side) return false;
	return held.every((other) => other === side);
}

/** Ends an entry that is too old; lets everything that may close go on, with its entries barred by the risk rules. */
export function freshness(options: FreshnessOptions): ProcessingStage {
	if (!(options.max_age_ms > 0)) throw new RangeError("freshness needs a max_age above 0");
	return {
		name: "freshness",
		async run(context, next) {
			const { alert } = context;
			const own_ms = alert.max_age_s === undefined ? options.max_age_ms : alert.max_age_s * 1000;
			context.stale = staleness(alert, options.max_age_ms, own_ms, options.clock.now());
			if (context.stale === undefined) {
				await next();
				return undefined;
			}
			const { settings, plugin } = context.matched();
			// A plugin may read an exit into any alert.
			if (plugin === null && onlyOpens(alert, settings, options.holds(settings.name, alert.symbol))) {
				return context.end("stale_alert", context.stale);
			}
			await next();
			return { verdict: "notice", detail: `${context.stale}; exits are never too old, entries are not sent` };
		},
	};
}
