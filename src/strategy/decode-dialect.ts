/** What a plugin file declares about its dialect, read strictly: a shape that fits too much would take other formats' messages. */
import { dialectName, dialectNameWords, isBuiltInDialect } from "../domain/dialect-names.ts";
import type { Recognition } from "../domain/plugin-dialects.ts";

/** Keys that a shape may name. */
const keys_max = 20;
/** Characters of one key, or of a text's beginning. */
const length_max = 64;

type Problems = readonly { readonly path: string; readonly message: string }[];

/** A dialect's declaration, or everything that is wrong with it. */
export type DecodedDialect =
	| { readonly ok: true; readonly name: string; readonly recognises?: Recognition }
	| { readonly ok: false; readonly problems: Problems };

const known = ["name", "description", "recognises"];

/** Decodes everything that the file's object has but its functions. */
export function decodeDialect(written: Readonly<Record<string, unknown>>): DecodedDialect {
	const { name, description, recognises } = written;
	const problems = Object.keys(written)
		.filter((key) => !known.includes(key))
		.map((key) => ({ path: key, message: `is not a key of a dialect; it has ${known.join(", ")}` }));
	const called = String(name);
	if (!dialectName.test(called)) {
		problems.push({ path: "name", message: `${called} is not a dialect's name: ${dialectNameWords}` });
	} else if (isBuiltInDialect(called)) {
		problems.push({ path: "name", message: `the dialect ${called} is built in; give this one another name` });
	}
	if (description !== undefined && typeof description !== "string") {
		problems.push({ path: "description", message: "must be a text" });
	}
	const shape = recognises === undefined ? undefined : shapeOf(recognises);
	if (typeof shape === "string") problems.push({ path: "recognises", message: shape });
	if (problems.length > 0 || typeof shape === "string") return { ok: false, problems };
	return { ok: true, name: called, ...(shape === undefined ? {} : { recognises: shape }) };
}

/** The shape, or what is wrong with it. */
function shapeOf(written: unknown): Recognition | string {
	const form = `must be { keys: ["…"] } or { starts_with: "…" }`;
	if (typeof written !== "object" || written === null || Array.isArray(written)) return form;
	const [entry, ...more] = Object.entries(written as Readonly<Record<string, unknown>>);
	if (entry === undefined || more.length > 0) return form;
	const [key, value] = entry;
	const isWord = (text: unknown): text is string =>
		typeof text === "string" && text !== "" && text.length <= length_max;
	if (key === "keys") {
		const fits = Array.isArray(value) && value.length > 0 && value.length <= keys_max && value.every(isWord);
		return fits ? { keys: value } : `keys must be 1 to ${keys_max} texts of 1 to ${length_max} characters`;
	}
	if (key !== "starts_with") return form;
	if (!isWord(value)) return `starts_with must be a text of 1 to ${length_max} characters`;
	const first = value[0] ?? "";
	if (/[\s{[]/.test(first)) return "starts_with must not begin with a space, { or [: for JSON name the keys";
	return { starts_with: value };
}
