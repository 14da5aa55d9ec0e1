/** Which keys of Nexus's own payload mean the same field, the first one being the field's name and the one preferred. */
import { squeezedKey } from "./secret-field.ts";

export type Field = keyof typeof nexusSpellings;
/** For each field its keys; case, `_` and `-` do not matter (`alertId` is `alert_id`). */
export type Spellings = Readonly<Record<Field, readonly string[]>>;

export const nexusSpellings = {
	// Not order_id: {{strategy.order.id}} repeats with every order of the same name.
	alert_id: ["alert_id", "id", "uuid"],
	action: ["action", "order_action", "side", "signal"],
	symbol: ["symbol", "ticker", "instrument", "pair", "market"],
	exchange: ["exchange"],
	price: ["price", "order_price", "trigger_price", "close"],
	strategy: ["strategy", "strategy_name", "bot"],
	timeframe: ["timeframe", "interval", "tf", "resolution"],
	message: ["message", "comment", "text", "note"],
	// The moment it fired before the one that may be a bar's open.
	time: ["timenow", "timestamp", "time", "date"],
	bar_time: ["bar_time", "time_open"],
	quantity: ["quantity", "qty", "contracts", "size", "amount", "order_contracts"],
	limit: ["limit", "limit_price"],
	stop_loss: ["stop_loss", "sl"],
	take_profit: ["take_profit", "tp"],
	market_position: ["market_position"],
	market_position_size: ["market_position_size"],
	prev_market_position: ["prev_market_position"],
	prev_market_position_size: ["prev_market_position_size"],
	position_size: ["position_size"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Where a key belongs, and how far behind the preferred spelling it stands (0 is the preferred one). */
export interface Place {
	readonly field: Field;
	readonly rank: number;
}

/** The spellings by key, for one look-up per key of a message. */
export function placesOf(spellings: Spellings): ReadonlyMap<string, Place> {
	const places = new Map<string, Place>();
	for (const [field, keys] of Object.entries(spellings) as [Field, readonly string[]][]) {
		keys.forEach((key, rank) => {
			places.set(key, { field, rank }).set(squeezedKey(key), { field, rank });
		});
	}
	return places;
}
