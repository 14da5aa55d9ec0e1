/** A text body cut into lines and words, each with its place, so that what may not be stored can be cut out of it. */
import type { HiddenSpan } from "./json.ts";
import { isSecretField } from "./secret-field.ts";

/**
 * More commands than a body may hold (`commands_max` in read.ts): reading may stop there, for such a body is refused as a
 * whole and nothing of it is stored.
 */
export const commands_enough = 51;
/** Characters of a placeholder with spaces in it. */
const placeholder_length_max = 64;

/** A piece of a body without the space around it. */
export interface TextPart {
	readonly text: string;
	/** Where it stands in the body. */
	readonly start: number;
}

/** The parts between separators, in order, empty ones left out. The expression must be global. */
export function partsOf(body: string, separator: RegExp): readonly TextPart[] {
	const parts: TextPart[] = [];
	let from = 0;
	const add = (end: number): void => {
		const piece = body.slice(from, end);
		const text = piece.trim();
		if (text !== "") parts.push({ text, start: from + piece.length - piece.trimStart().length });
	};
	for (const match of body.matchAll(separator)) {
		add(match.index);
		from = match.index + match[0].length;
	}
	add(body.length);
	return parts;
}

/** The words of a line; a `{{placeholder}}` stays one word though it holds spaces. */
export function wordsOf(line: TextPart): readonly TextPart[] {
	const words: TextPart[] = [];
	for (const { text, start } of partsOf(line.text, /\s+/g)) {
		const last = words.at(-1);
		if (last !== undefined && isOpen(last.text))
			words[words.length - 1] = { text: `${last.text} ${text}`, start: last.start };
		else words.push({ text, start: line.start + start });
	}
	return words;
}

function isOpen(text: string): boolean {
	return text.length <= placeholder_length_max && text.lastIndexOf("{{") > text.lastIndexOf("}}");
}

/** A `key=value` whose key names a credential, and where its value stands; undefined for every other part. */
export function credentialIn(
	part: TextPart,
): { readonly key: string; readonly value: string; readonly hidden: HiddenSpan } | undefined {
	const equals = part.text.indexOf("=");
	const key = equals < 0 ? "" : part.text.slice(0, equals).trim();
	if (key === "" || !isSecretField(key)) return undefined;
	const hidden = { start: part.start + equals + 1, end: part.start + part.text.length, replacement: "***" };
	return { key, value: part.text.slice(equals + 1).trim(), hidden };
}

/** A comment, which may hold anything, taken out of the stored body. */
export function commentSpan(part: TextPart): HiddenSpan {
	return { start: part.start, end: part.start + part.text.length, replacement: "" };
}
