/** The alert that is sent where none is given: the mission's payload for a strategy of this configuration. */

/** What the sample needs to know about a strategy. */
export interface SampleStrategy {
	readonly name: string;
	readonly symbols?: readonly string[];
	readonly timeframes?: readonly string[];
}

const symbol_default = "BTC/USD";
const timeframe_default = "1h";
/** Near enough to a real price for a paper account. */
const price = 42000.5;

/** The payload; without an id a second one within the duplicate window is a duplicate. */
export function samplePayload(
	strategy: SampleStrategy | undefined,
	alertId?: string,
): Readonly<Record<string, unknown>> {
	return {
		action: "buy",
		symbol: strategy?.symbols?.[0] ?? symbol_default,
		price,
		...(strategy === undefined ? {} : { strategy: strategy.name }),
		timeframe: strategy?.timeframes?.[0] ?? timeframe_default,
		...(alertId === undefined ? {} : { alert_id: alertId }),
		message: "a sample from nexus",
	};
}
