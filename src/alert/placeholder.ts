/** Placeholders that TradingView did not fill: it leaves a misspelt one in the text as it is. */
import type { Refusal } from "../domain/codes.ts";
import { refused } from "./dialect.ts";

/** Longer text between double braces is not a placeholder's name. */
const name_length_max = 64;

const names = [
	...["ticker", "exchange", "interval", "open", "high", "low", "close", "volume", "time", "timenow"],
	...["syminfo.currency", "syminfo.basecurrency"],
	...["action", "contracts", "price", "id", "comment", "alert_message"].map((name) => `strategy.order.${name}`),
	...[
		"market_position",
		"market_position_size",
		"prev_market_position",
		"prev_market_position_size",
		"position_size",
	].map((name) => `strategy.${name}`),
];

/** The first `{{…}}` in a text, with its braces; undefined where there is none. */
export function placeholderIn(text: string): string | undefined {
	const start = text.indexOf("{{");
	if (start < 0) return undefined;
	const end = text.indexOf("}}", start + 2);
	return end < 0 || end - start > name_length_max ? undefined : text.slice(start, end + 2);
}

/** The refusal of a field that still holds a placeholder, with the spelling that was probably meant. */
export function unfilled(field: string, placeholder: string): { readonly ok: false; readonly refusal: Refusal } {
	const name = placeholder.slice(2, -2).trim();
	const detail = `${field.slice(0, name_length_max)} still holds ${placeholder}: TradingView did not fill it`;
	if (names.includes(name)) {
		const cure = name.startsWith("strategy.")
			? "TradingView fills it only in the alert of a strategy, not in that of an indicator."
			: "TradingView fills it only in an alert's message; check that it went through TradingView.";
		return refused("unfilled_placeholder", detail, `{{${name}}} is spelt rightly. ${cure}`);
	}
	const [near] = names
		.map((known) => ({ known, far: distance(known, name.toLowerCase()) }))
		.filter(({ far }) => far <= 2)
		.sort((first, second) => first.far - second.far);
	return refused("unfilled_placeholder", detail, near === undefined ? undefined : `Did you mean {{${near.known}}}?`);
}

/** How many letters must be put in, taken out or changed to get from one word to the other. */
function distance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
		}
		row = next;
	}
	return row[b.length] ?? 0;
}
