/** Leaves that are words: text, secrets, one word of several, true or false. */
import { type Leaf, type LeafNotes, type Notes, scalarLeaf } from "./leaf.ts";
import { nearest } from "./nearest.ts";

/** What a text must look like. */
export interface TextRule {
	readonly pattern: RegExp;
	/** Completes "… is not": `a name of 1 to 64 characters`. */
	readonly what: string;
}

/** Text, trimmed; with a rule, text that follows it. */
export function text(notes: LeafNotes, rule?: TextRule): Leaf<string> {
	const json = rule === undefined ? { type: "string" } : { type: "string", pattern: rule.pattern.source };
	return scalarLeaf<string>(json, notes, (written, shown) => {
		const value = written.trim();
		if (rule === undefined || rule.pattern.test(value)) return { value };
		return { message: `${shown} is not ${rule.what}` };
	});
}

/** Text that no message ever shows. */
export function secret(notes: Notes): Leaf<string> {
	return scalarLeaf({ type: "string" }, { ...notes, unit: "secret" }, (value) => ({ value }));
}

/** One of a few words. */
export function choice<const W extends readonly string[]>(words: W, notes: Notes): Leaf<W[number]> {
	const unit = words.map((word) => `\`${word}\``).join(", ");
	return scalarLeaf<W[number]>({ enum: [...words] }, { ...notes, unit }, (written, shown) => {
		const word = words.find((candidate) => candidate === written);
		if (word !== undefined) return { value: word };
		const meant = nearest(written, words);
		return { message: `${shown} is not one of ${words.join(", ")}${meant ? `; did you mean ${meant}?` : ""}` };
	});
}

/** `true` or `false`. */
export function yesOrNo(notes: Notes): Leaf<boolean> {
	return scalarLeaf<boolean>({ type: "boolean" }, { ...notes, unit: "true or false" }, (written, shown) => {
		if (written === "true" || written === "false") return { value: written === "true" };
		return { message: `${shown} is not true or false` };
	});
}
