/** Why a text is no timeframe, and what to send instead. */
import { hasNoLength } from "../domain/timeframe.ts";
import { shown } from "./shown.ts";

/** For a field whose text is no timeframe; `detail` names the field and the text. */
export function noTimeframe(key: string, text: string): { readonly detail: string; readonly hint: string } {
	const detail = `${key} ${shown(text)} is no timeframe`;
	if (!hasNoLength(text)) {
		return { detail, hint: "Send {{interval}}, or a timeframe such as 15, 60, 1h or 1D, or leave the field out." };
	}
	const why = "the bars of a tick, range or Renko chart have no length in time";
	return {
		detail: `${detail}: ${why}`,
		hint: `Set the alert on a chart of seconds, minutes or longer, or take ${key} out of the message.`,
	};
}
