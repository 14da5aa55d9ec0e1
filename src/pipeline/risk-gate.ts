/** Stage `risk`: while trading is halted for everything, this strategy or this symbol, nothing goes further. */
import type { TradingStateEntry } from "../domain/records.ts";
import type { ProcessingStage } from "./processing.ts";

/** @param strictest the strictest trading state for a strategy and symbol; undefined where trading is active */
export function riskGate(
	strictest: (strategy: string, symbol: string) => TradingStateEntry | undefined,
): ProcessingStage {
	return {
		name: "risk",
		async run(context, next) {
			const entry = strictest(context.matched().settings.name, context.alert.symbol);
			if (entry?.state === "halted") {
				const where = entry.scope === "all" ? "everything" : `${entry.scope} ${entry.name}`;
				const why = entry.reason === undefined ? "" : `: ${entry.reason}`;
				return context.end("halted", `${where} is halted since ${entry.since} by ${entry.actor}${why}`);
			}
			await next();
			return { verdict: "pass", detail: entry === undefined ? "trading is active" : "reducing: only exits go out" };
		},
	};
}
