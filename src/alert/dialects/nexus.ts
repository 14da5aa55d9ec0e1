/** Nexus's own payload: `action` and `symbol`, and whatever else the message says, in the usual spellings. */
import { actionMeaning } from "../actions.ts";
import { CommandFields } from "../command-fields.ts";
import type { FieldRules, JsonDialect, Reading } from "../dialect.ts";
import { type Field, nexusSpellings, placesOf } from "../spellings.ts";
import { isEntry, typeOf } from "../type-of.ts";

const places = placesOf(nexusSpellings);

const meanings = {
	alert_id: "the sender's own id: the same one with the same meaning is a duplicate",
	action:
		"`buy long sell short close_long close_short stop_loss take_profit exit close flat`; any other is for a plugin",
	symbol: "the market, as `{{ticker}}` gives it or as `BTC/USD`",
	exchange: "shown; decides nothing",
	price: "the price the alert fired at",
	strategy: "the strategy's name or one of its aliases",
	timeframe: "as `{{interval}}` gives it, or `1h`, `4h`, `1d`",
	message: "shown in the trace",
	time: "the moment of firing, for `freshness`",
	bar_time: "the bar's open; its end counts, for `freshness`",
	quantity: "units, or a share such as `50%` of the position for an exit; for an entry it counts with `size: alert`",
	limit: "an entry's limit price; a market order without it",
	stop_loss: "an entry's stop, as a price or a distance such as `2%`",
	take_profit: "an entry's target, as a price or a distance such as `4%`",
	market_position: "`long short flat`, after the order",
	market_position_size: "units after the order",
	prev_market_position: "`long short flat`, before the order",
	prev_market_position_size: "units before the order",
	position_size: "units after the order, below zero for short",
} as const satisfies Record<Field, string>;

/** One row for each field, its spellings beside each other. */
const fields: FieldRules = Object.fromEntries(
	Object.entries(nexusSpellings).map(([field, keys]) => [
		keys.join(" "),
		{ support: "read", meaning: meanings[field as Field] } as const,
	]),
);

export const nexus = {
	form: "json",
	name: "nexus",
	title: "Nexus's own",
	recognised: "every JSON object that no other format takes",
	fields,
	remarks: [
		"Case, `_` and `-` in a key do not matter: `alertId` is `alert_id`.",
		"Two spellings of one field must agree, otherwise the message is refused (`contradictory_fields`).",
		"Every other field goes to plugins as it is.",
	],
	example:
		'{"alert_id": "BTCUSD 60 Long 2026-01-31T13:37:00Z", "action": "buy", "symbol": "BTCUSD", "price": 42000.5, "strategy": "MyRSIStrategy", "timeframe": "60"}',
	// The position sizes in the id: two orders of one name can come in one second. No quantity: the sizes say it better.
	template: `{
  "alert_id": "{{ticker}} {{interval}} {{strategy.order.id}} {{timenow}} {{strategy.prev_market_position_size}} {{strategy.market_position_size}}",
  "action": "{{strategy.order.action}}",
  "symbol": "{{ticker}}",
  "exchange": "{{exchange}}",
  "price": {{strategy.order.price}},
  "strategy": "<strategy>",
  "timeframe": "{{interval}}",
  "timenow": "{{timenow}}",
  "market_position": "{{strategy.market_position}}",
  "market_position_size": {{strategy.market_position_size}},
  "prev_market_position": "{{strategy.prev_market_position}}",
  "prev_market_position_size": {{strategy.prev_market_position_size}}
}`,
	/** Every object that no other dialect recognised. */
	recognises: () => true,
	read(command, { received_at }) {
		const message = new CommandFields(command, nexusSpellings, places);
		const action = message.action();
		const symbol_sent = message.symbol();
		const timeframe = message.timeframe();
		// Set one by one, because only a field that the message has may stand in the reading.
		const { type, closes } = actionMeaning(action);
		const reading: Open<Reading> = {
			type,
			action,
			symbol_sent,
			dialect: "nexus",
			fields: message.extras,
			secrets: message.secrets,
		};
		if (closes !== undefined) reading.closes = closes;
		const alert_id = message.alertId();
		if (alert_id !== undefined) reading.alert_id = alert_id;
		const exchange = message.exchange();
		if (exchange !== undefined) reading.exchange = exchange;
		const price = message.price();
		if (price !== undefined) reading.price = price;
		const strategy = message.strategy();
		if (strategy !== undefined) reading.strategy = strategy;
		if (timeframe !== undefined) reading.timeframe = timeframe;
		const text = message.message();
		if (text !== undefined) reading.message = text;
		const time = message.time(timeframe, received_at);
		if (time !== undefined) reading.time = time;
		const quantity = message.quantity();
		if (quantity !== undefined) reading.quantity = quantity;
		const stated = message.stated();
		if (stated !== undefined) reading.stated = stated;
		// An exit must not be refused because of a stop that would not stand anyway.
		if (isEntry(typeOf(reading).type)) readProtection(message, reading);
		return message.refusal === undefined
			? { ok: true, reading, notes: message.notes }
			: { ok: false, refusal: message.refusal };
	},
} as const satisfies JsonDialect;

type Open<T> = { -readonly [K in keyof T]: T[K] };

function readProtection(message: CommandFields, reading: Open<Reading>): void {
	const limit = message.limit();
	if (limit !== undefined) reading.limit = limit;
	const stop_loss = message.priceOrDistance("stop_loss");
	if (stop_loss !== undefined) reading.stop_loss = stop_loss;
	const take_profit = message.priceOrDistance("take_profit");
	if (take_profit !== undefined) reading.take_profit = take_profit;
}
