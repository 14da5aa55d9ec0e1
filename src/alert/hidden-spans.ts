/** The stored body: the text as it came, without what may not be stored. */
import type { HiddenSpan } from "./json.ts";

/** The text with each span replaced; they must be in order, none inside another. */
export function redacted(text: string, hidden: readonly HiddenSpan[]): string {
	let kept = "";
	let from = 0;
	for (const { start, end, replacement } of hidden) {
		kept += text.slice(from, start) + replacement;
		from = end;
	}
	return from === 0 ? text : kept + text.slice(from);
}

/** What several readings of one text hide, in order; spans that overlap become one that covers both. */
export function togetherHidden(spans: readonly HiddenSpan[]): readonly HiddenSpan[] {
	const together: HiddenSpan[] = [];
	for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
		const last = together.at(-1);
		if (last === undefined || span.start >= last.end) together.push(span);
		else if (span.end > last.end) together[together.length - 1] = { ...last, end: span.end };
	}
	return together;
}
