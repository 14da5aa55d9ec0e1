/** Credentials in a text of a format that only a plugin knows: found by their names, taken out before the plugin sees it. */
import type { HiddenSpan } from "./json.ts";
import { isCredentialField, isSecretField } from "./secret-field.ts";

/** `name=value`, `name: value`, `"name": "value"`; the value ends at its quote, or at a space, `,`, `;`, `&` or `|`. */
const assignment = /([\w.-]{1,64})["']?[ \t]{0,8}[=:][ \t]{0,8}("[^"\n]*"?|'[^'\n]*'?|[^\s,;&|]+)/g;

export interface TextWithoutCredentials {
	/** The text with `***` in place of every credential. */
	readonly text: string;
	/** What stood in the fields by which a sender proves who he is. Secret. */
	readonly secrets: readonly string[];
	readonly hidden: readonly HiddenSpan[];
}

/** Takes out every value whose name is a credential's (`secret=…`, `token: …`); what has no name is not seen as one. */
export function withoutCredentials(text: string): TextWithoutCredentials {
	const secrets: string[] = [];
	const hidden: HiddenSpan[] = [];
	let kept = "";
	let from = 0;
	for (const match of text.matchAll(assignment)) {
		const [whole, key = "", written = ""] = match;
		if (!isSecretField(key)) continue;
		const end = match.index + whole.length;
		const start = end - written.length;
		const value = written.replace(/^(["'])(.*?)\1?$/s, "$2");
		if (isCredentialField(key) && value !== "") secrets.push(value);
		hidden.push({ start, end, replacement: "***" });
		kept += `${text.slice(from, start)}***`;
		from = end;
	}
	return { text: kept + text.slice(from), secrets, hidden };
}
