/** SignalStack's actions, in its text and its JSON alike. */
import type { Draft } from "./vendor-message.ts";

const actions = {
	buy: { type: "LONG_ENTRY" },
	sell: { type: "SHORT_ENTRY" },
	sell_short: { type: "SHORT_ENTRY" },
	short: { type: "SHORT_ENTRY" },
	buy_to_cover: { type: "SHORT_EXIT", closes: "short" },
	cover: { type: "SHORT_EXIT", closes: "short" },
	close: { type: "LONG_EXIT", closes: "any" },
	exit: { type: "LONG_EXIT", closes: "any" },
	flat: { type: "LONG_EXIT", closes: "any" },
	cancel: { type: "CUSTOM", cancel: true },
} as const satisfies Record<string, Pick<Draft, "type" | "closes" | "cancel">>;

export type SignalStackAction = keyof typeof actions;

/** In lower case; spaces and hyphens are `_`. */
export const signalStackActions: ReadonlySet<string> = new Set(Object.keys(actions));

/** CUSTOM for a word that is none, which was refused before. */
export function meaningOfAction(action: string): Pick<Draft, "type" | "closes" | "cancel"> {
	return Object.hasOwn(actions, action) ? actions[action as SignalStackAction] : { type: "CUSTOM" };
}
