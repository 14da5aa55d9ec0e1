/** The type of an alert: its position fields decide where it has them, its action where it has none. */
import type { Alert, AlertType } from "../domain/records.ts";
import { contradictsAction, meaningOfStated } from "../domain/stated-change.ts";
import type { Note, ReadItem, Reading } from "./dialect.ts";

/** What the action says, put right by the position fields. */
export function typeOf(reading: Pick<Reading, "type" | "closes" | "stated">): {
	readonly type: AlertType;
	readonly closes?: Alert["closes"];
} {
	const { type, closes, stated } = reading;
	const decided = stated === undefined ? undefined : meaningOfStated(stated, type);
	if (decided !== undefined) return decided;
	return closes === undefined ? { type } : { type, closes };
}

/** The reading with the type that its position fields decide, and a note where the action says otherwise. */
export function decideType(reading: Reading): { readonly reading: Reading; readonly notes: readonly Note[] } {
	if (reading.stated === undefined) return { reading, notes: [] };
	const decided = typeOf(reading);
	const contradiction = contradictsAction(reading.stated, reading);
	const { closes: _, ...rest } = reading;
	return {
		reading: { ...rest, ...decided },
		notes: contradiction === undefined ? [] : [{ code: "position_fields_contradict_action", detail: contradiction }],
	};
}

/** What its position fields make of a command. */
export function decided(item: ReadItem): ReadItem {
	if (!item.ok || item.reading.stated === undefined) return item;
	const { reading, notes } = decideType(item.reading);
	return { ok: true, reading, notes: notes.length === 0 ? item.notes : [...item.notes, ...notes] };
}

/** True for an alert that may open something. */
export function isEntry(type: AlertType): boolean {
	return type === "LONG_ENTRY" || type === "SHORT_ENTRY" || type === "CUSTOM";
}
