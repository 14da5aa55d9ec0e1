/** Says why a body is no alert message, without repeating what stands in it. */
import { codes, type Refusal } from "../domain/codes.ts";

const cure = codes.unreadable_body.cure;

/** The refusal of a body that is neither JSON nor a known format; `problem` is where the JSON reader stopped. */
export function unreadable(text: string, problem: string): Refusal {
	const start = text.replace(/^[\s\ufeff]+/, "");
	const detail = start === "" ? "the body is empty" : `the body ${look(start, problem)}`;
	const hint = start.includes("{{") && /\{\{\s*plot\s*\(\s*"/.test(start) ? plotHint : cure;
	return { code: "unreadable_body", detail, hint };
}

const plotHint =
	'A {{plot("…")}} that TradingView did not fill is left in the message and its quotes break the JSON: correct the plot\'s title, or write {{plot_0}}.';

function look(start: string, problem: string): string {
	const first = start[0] ?? "";
	if (first === "{" || first === "[") return `looks like JSON but is not: ${problem}`;
	if (first === "<") return "starts like HTML or XML, not with {";
	if (first === '"') return "is one JSON text; send the object itself, without quotes around it";
	if (/^-?\d+(\.\d+)?\s*$/.test(start.slice(0, 40))) return "is a bare number, not an object";
	if (/^(null|true|false)\s*$/.test(start.slice(0, 40))) return "is a bare word, not an object";
	if (/^[\w.-]{1,64}=/.test(start)) return "looks like key=value text or a form, not like JSON";
	return "does not start with { or [ and is no format that nexus knows";
}
