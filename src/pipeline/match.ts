/** Stage `match`: the alert's strategy exists, is enabled and takes this symbol and timeframe. */
import type { Ending } from "../domain/codes.ts";
import type { Strategy } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";
import type { StrategySettings } from "../domain/settings.ts";
import type { ProcessingStage } from "./processing.ts";

export interface MatchOptions {
	/** By name or alias. */
	readonly find: (name: string) => Strategy | undefined;
	/** Every strategy, in the order of nexus.yaml. */
	readonly list: () => readonly Strategy[];
	/** Why the strategy may not act on the alert: switched off, symbol, timeframe; `index` is its place in the list. */
	readonly notAllowed: (alert: Alert, settings: StrategySettings, index: number) => Ending | undefined;
	/** What the symbol could mean among the strategy's own. */
	readonly resolveSymbol: (
		sent: string,
		allowed: readonly string[],
	) => { readonly ok: true; readonly symbol: string } | { readonly ok: false; readonly candidates: readonly string[] };
}

/** Ends alerts of unknown or disabled strategies and those on symbols or timeframes that the strategy does not take. */
export function match(options: MatchOptions): ProcessingStage {
	return {
		name: "match",
		async run(context, next) {
			const { alert } = context;
			const strategy = options.find(alert.strategy);
			if (strategy === undefined) {
				const said =
					alert.strategy === "" ? "the alert names no strategy" : `no strategy is called "${alert.strategy}"`;
				const names = options.list().map(({ settings }) => settings.name);
				return context.end("unknown_strategy", `${said}; there is ${names.join(", ") || "none"}`);
			}
			context.strategy = strategy;
			const { settings } = strategy;
			const resolved = options.resolveSymbol(alert.symbol_sent, settings.symbols);
			if (!resolved.ok) {
				return context.end("ambiguous_symbol", `${alert.symbol_sent} could be ${resolved.candidates.join(" or ")}`);
			}
			const refusal = options.notAllowed(alert, settings, options.list().indexOf(strategy));
			if (refusal !== undefined) return context.end(refusal.code, refusal.detail);
			await next();
			const timeframe = alert.timeframe === undefined ? "" : ` ${alert.timeframe}`;
			return { verdict: "pass", detail: `${settings.name}, ${alert.symbol}${timeframe}` };
		},
	};
}
