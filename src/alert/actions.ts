/** The action table: what `buy`, `close_long` or `sl` asks for, without regard to case and separators. */
import type { Alert, AlertType } from "../domain/records.ts";

/** What an action asks for, as far as the word alone can say. */
export interface ActionMeaning {
	readonly type: AlertType;
	/** Which side an exit closes. */
	readonly closes?: Alert["closes"];
}

const table: ReadonlyMap<string, ActionMeaning> = new Map(
	(
		[
			["buy long enterlong openlong longentry", { type: "LONG_ENTRY" }],
			["sell short entershort openshort shortentry", { type: "SHORT_ENTRY" }],
			["closelong exitlong longexit", { type: "LONG_EXIT", closes: "long" }],
			["closeshort exitshort shortexit", { type: "SHORT_EXIT", closes: "short" }],
			["stoploss sl", { type: "STOP_LOSS", closes: "any" }],
			["takeprofit tp", { type: "TAKE_PROFIT", closes: "any" }],
			// The closed list of types has no exit without a side: LONG_EXIT with `closes: any` closes whichever is open.
			["exit close flat flatten closeposition exitposition", { type: "LONG_EXIT", closes: "any" }],
		] as const
	).flatMap(([words, meaning]) => words.split(" ").map((word) => [word, meaning] as const)),
);
const custom: ActionMeaning = { type: "CUSTOM" };

/** The meaning of an action word; `CUSTOM` for every word that is not in the table. */
export function actionMeaning(action: string): ActionMeaning {
	return table.get(action) ?? table.get(squeezed(action)) ?? custom;
}

/** True where two words ask for the same: `buy` and `LONG`, `close_long` and `Close Long`. */
export function sameAction(a: string, b: string): boolean {
	const first = actionMeaning(a);
	const second = actionMeaning(b);
	if (first.type === "CUSTOM" && second.type === "CUSTOM") return squeezed(a) === squeezed(b);
	return first.type === second.type && first.closes === second.closes;
}

function squeezed(action: string): string {
	return action.toLowerCase().replace(/[\s_-]/g, "");
}
