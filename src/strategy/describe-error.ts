/** One line about anything thrown: where in the user's own file it happened, and what. Never a stack. */
import { dirname, relative } from "node:path";

/** Characters of the whole description. */
const description_characters_max = 500;

interface Thrown {
	readonly message?: unknown;
	readonly stack?: unknown;
	readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null;
	readonly errors?: readonly unknown[];
}

function cut(text: string): string {
	const line = text.trim().split("\n", 1)[0] ?? "";
	return line.length > description_characters_max ? `${line.slice(0, description_characters_max)}…` : line;
}

/** The path as a user says it: `plugins/my-rsi-strategy.ts`. */
export function shownPath(file: string, folder: string): string {
	return relative(dirname(folder), file).replaceAll("\\", "/");
}

/** `file:line:column` of the first frame that lies in one of the user's files. */
function frameIn(stack: string, isUserFile: (file: string) => boolean): { file: string; at: string } | undefined {
	for (const line of stack.split("\n").slice(0, 50)) {
		const match = /(?:\(|at (?:async )?)((?:[A-Za-z]:)?[^():]+):(\d+):(\d+)\)?$/.exec(line.trim());
		const file = match?.[1];
		if (file !== undefined && isUserFile(file)) return { file, at: `${match?.[2]}:${match?.[3]}` };
	}
	return undefined;
}

/**
 * @param thrown what was caught, of any type
 * @param folder the plugin folder; paths are shown relative to its parent
 * @param isUserFile true for files that belong to the plugin, not to nexus
 */
export function describeError(thrown: unknown, folder: string, isUserFile: (file: string) => boolean): string {
	if (typeof thrown !== "object" || thrown === null) return cut(`threw ${JSON.stringify(thrown) ?? String(thrown)}`);
	const { message, stack, position, errors } = thrown as Thrown;
	const first = errors?.[0];
	if (first !== undefined) {
		const more = errors !== undefined && errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
		return `${describeError(first, folder, isUserFile)}${more}`;
	}
	const name = thrown instanceof Error && thrown.name !== "Error" ? `${thrown.name}: ` : "";
	const text = typeof message === "string" && message !== "" ? message : "threw something without a message";
	if (position) return cut(`${shownPath(position.file, folder)}:${position.line}:${position.column}: ${text}`);
	const frame = typeof stack === "string" ? frameIn(stack, isUserFile) : undefined;
	const plain = text.startsWith("Cannot find") ? text : `${name}${text}`;
	const short = plain.replaceAll(`${dirname(folder)}/`, "");
	return cut(frame === undefined ? short : `${shownPath(frame.file, folder)}:${frame.at}: ${short}`);
}
