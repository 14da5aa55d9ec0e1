/** Nexus's own payload: `action` and `symbol`, and whatever else the message says, in the usual spellings. */
import { actionMeaning } from "../actions.ts";
import { CommandFields } from "../command-fields.ts";
import type { Dialect, Reading } from "../dialect.ts";
import { nexusSpellings, placesOf } from "../spellings.ts";
import { readStated } from "../stated.ts";

const places = placesOf(nexusSpellings);

export const nexus = {
	name: "nexus",
	/** Every object that no other dialect recognised. */
	recognises: () => true,
	read(command, { received_at }) {
		const fields = new CommandFields(command, nexusSpellings, places);
		const action = fields.action();
		const symbol_sent = fields.symbol();
		const timeframe = fields.timeframe();
		const { type, closes } = actionMeaning(action);
		// Set one by one, because only a field that the message has may stand in the reading.
		const reading: Open<Reading> = {
			type,
			action,
			symbol_sent,
			dialect: "nexus",
			fields: fields.extras,
			secrets: fields.secrets,
		};
		if (closes !== undefined) reading.closes = closes;
		const alert_id = fields.alertId();
		if (alert_id !== undefined) reading.alert_id = alert_id;
		const exchange = fields.exchange();
		if (exchange !== undefined) reading.exchange = exchange;
		const price = fields.price();
		if (price !== undefined) reading.price = price;
		const strategy = fields.strategy();
		if (strategy !== undefined) reading.strategy = strategy;
		if (timeframe !== undefined) reading.timeframe = timeframe;
		const message = fields.message();
		if (message !== undefined) reading.message = message;
		const time = fields.time(timeframe, received_at);
		if (time !== undefined) reading.time = time;
		const quantity = fields.quantity();
		if (quantity !== undefined) reading.quantity = quantity;
		const stated = readStated(fields);
		if (stated !== undefined) reading.stated = stated;
		return fields.refusal === undefined
			? { ok: true, reading, notes: fields.notes }
			: { ok: false, refusal: fields.refusal };
	},
} as const satisfies Dialect;

type Open<T> = { -readonly [K in keyof T]: T[K] };
