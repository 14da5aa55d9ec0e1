/** The key `dialect:` of a strategy: a built-in format's name, or that of one which a plugin adds. */
import { dialectName, dialectNames, dialectNameWords, isBuiltInDialect } from "../domain/dialect-names.ts";
import { type Leaf, type Notes, scalarLeaf } from "./leaf.ts";
import { nearest } from "./nearest.ts";

/**
 * A dialect's name. Whether there is such a dialect can only be judged where the plugins are known: {@link unknownDialect}.
 */
export function dialect(notes: Notes): Leaf<string> {
	const json = { anyOf: [{ enum: [...dialectNames] }, { type: "string", pattern: dialectName.source }] };
	const allowed = `${dialectNames.map((name) => `\`${name}\``).join(", ")}, or a plugin's`;
	return scalarLeaf<string>(json, { ...notes, unit: "dialect", allowed }, (written, shown) => {
		const value = written.trim();
		if (dialectName.test(value)) return { value };
		return { message: `${shown} is not a dialect's name: ${dialectNameWords}` };
	});
}

/**
 * What is wrong with a dialect's name, with the cure; undefined where there is such a dialect.
 * @param fromPlugins the names of those that plugins add
 */
export function unknownDialect(name: string, fromPlugins: readonly string[]): string | undefined {
	if (isBuiltInDialect(name) || fromPlugins.includes(name)) return undefined;
	const known = [...dialectNames, ...fromPlugins];
	const meant = nearest(name, known);
	const cure = meant === undefined ? `there is ${known.join(", ")}` : `did you mean "${meant}"?`;
	return `nothing defines the dialect ${name}; ${cure}`;
}
