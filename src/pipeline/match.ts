/** Stage `match`: the alert's strategy exists, is enabled and takes this symbol and timeframe. */
import type { Strategy } from "../domain/ports.ts";
import type { ProcessingStage } from "./processing.ts";

export interface MatchOptions {
	/** By name or alias. */
	readonly strategy: (name: string) => Strategy | undefined;
	readonly names: () => readonly string[];
	readonly resolveSymbol: (
		sent: string,
		allowed: readonly string[],
	) => { readonly ok: true; readonly symbol: string } | { readonly ok: false; readonly candidates: readonly string[] };
}

const list = (items: readonly string[]): string => (items.length === 0 ? "none" : items.join(", "));

/** Ends alerts of unknown or disabled strategies and those on symbols or timeframes that the strategy does not take. */
export function match(options: MatchOptions): ProcessingStage {
	return {
		name: "match",
		async run(context, next) {
			const { alert } = context;
			const strategy = options.strategy(alert.strategy);
			if (strategy === undefined) {
				const said =
					alert.strategy === "" ? "the alert names no strategy" : `no strategy is called "${alert.strategy}"`;
				return context.end("unknown_strategy", `${said}; there are ${list(options.names())}`);
			}
			context.strategy = strategy;
			const { name, enabled, symbols, timeframes } = strategy.settings;
			if (!enabled) return context.end("strategy_disabled", `${name} has enabled: false`);
			const resolved = options.resolveSymbol(alert.symbol_sent, symbols);
			if (!resolved.ok) {
				return context.end("ambiguous_symbol", `${alert.symbol_sent} could be ${resolved.candidates.join(" or ")}`);
			}
			if (symbols.length > 0 && !symbols.includes(alert.symbol)) {
				const detail = `${alert.symbol_sent} is not among ${name}'s symbols ${list(symbols)}; add it under the strategy's symbols`;
				return context.end("symbol_not_allowed", detail);
			}
			if (timeframes.length > 0 && alert.timeframe !== undefined && !timeframes.includes(alert.timeframe)) {
				const detail = `${alert.timeframe} is not among ${name}'s timeframes ${list(timeframes)}; add it under the strategy's timeframes`;
				return context.end("timeframe_not_allowed", detail);
			}
			await next();
			return {
				verdict: "pass",
				detail: `${name}, ${alert.symbol}${alert.timeframe === undefined ? "" : ` ${alert.timeframe}`}`,
			};
		},
	};
}
