/** May a strategy act on an alert: is it switched on, and are the symbol and the timeframe among its own. */
import type { Ending } from "../domain/codes.ts";
import type { Alert } from "../domain/records.ts";
import type { StrategySettings } from "../domain/settings.ts";

/**
 * The reason why not, or undefined. Empty lists allow everything; an alert without a timeframe fits every list.
 * @param index the strategy's place in `strategies`, for the cure
 */
export function notAllowed(alert: Alert, settings: StrategySettings, index: number): Ending | undefined {
	const { name, enabled, symbols, timeframes } = settings;
	const key = `strategies[${index}]`;
	if (!enabled) {
		return { code: "strategy_disabled", detail: `${name} is switched off; set enabled: true under ${key}` };
	}
	if (symbols.length > 0 && !symbols.includes(alert.symbol)) {
		return {
			code: "symbol_not_allowed",
			detail: `${alert.symbol_sent} is not among ${name}'s symbols ${symbols.join(", ")}; add it under ${key}.symbols`,
		};
	}
	if (alert.timeframe !== undefined && timeframes.length > 0 && !timeframes.includes(alert.timeframe)) {
		return {
			code: "timeframe_not_allowed",
			detail: `${alert.timeframe} is not among ${name}'s timeframes ${timeframes.join(", ")}; add it under ${key}.timeframes`,
		};
	}
	return undefined;
}
