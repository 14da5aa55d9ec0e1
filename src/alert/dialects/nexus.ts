/** Nexus's own payload: `action` and `symbol`, and whatever else the message says, in the usual spellings. */
import { actionMeaning } from "../actions.ts";
import { CommandFields } from "../command-fields.ts";
import type { Dialect } from "../dialect.ts";
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
		const meaning = actionMeaning(action);
		const optional = {
			alert_id: fields.alertId(),
			closes: meaning.closes,
			exchange: fields.exchange(),
			price: fields.price(),
			strategy: fields.strategy(),
			timeframe,
			message: fields.message(),
			time: fields.time(timeframe, received_at),
			quantity: fields.quantity(),
			stated: readStated(fields),
		};
		if (fields.refusal !== undefined) return { ok: false, refusal: fields.refusal };
		const { secrets, notes, extras } = fields;
		const given = present(optional);
		const reading = { type: meaning.type, action, symbol_sent, ...given, dialect: "nexus", fields: extras, secrets };
		return { ok: true, reading, notes };
	},
} as const satisfies Dialect;

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that the message does not have. */
function present<T extends object>(record: T): Present<T> {
	const kept: Present<T> = {};
	for (const key in record) {
		const value = record[key];
		if (value !== undefined) kept[key] = value as Exclude<T[typeof key], undefined>;
	}
	return kept;
}
