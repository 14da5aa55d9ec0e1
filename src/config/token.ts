/** Tokens that stand in a URL: long enough that nobody guesses them. */
import { type Leaf, type Notes, scalarLeaf } from "./leaf.ts";

/** What is wrong with a token, never showing it; undefined where it has at least 128 bits and fits into a URL. */
export function tokenFault(token: string): string | undefined {
	const cure = "make one with `openssl rand -hex 16`";
	if (!/^[A-Za-z0-9_-]*$/.test(token)) return `a token consists of letters, digits, - and _ only; ${cure}`;
	const hex = /^[0-9a-fA-F]*$/.test(token);
	const characters = hex ? 32 : 22;
	if (token.length >= characters) return undefined;
	return `this token is too short to be safe (${token.length} characters; ${characters}${hex ? " hex digits" : ""} are 128 bits); ${cure}`;
}

/** A token for the URL; empty counts as none. */
export const token = (notes: Notes): Leaf<string> =>
	scalarLeaf<string>({ type: "string" }, { ...notes, unit: "secret" }, (text) => {
		const fault = text === "" ? undefined : tokenFault(text);
		return fault === undefined ? { value: text } : { message: fault };
	});
