/** How every command prints its answer: JSON where asked for, words otherwise. */
import type { Terminal } from "./terminal.ts";

/** Prints `data` as JSON with --json, otherwise the lines that `words` makes. */
export function answer(
	{ terminal, values }: { readonly terminal: Terminal; readonly values: { readonly json: boolean } },
	data: unknown,
	words: () => readonly string[],
): void {
	terminal.out(values.json ? JSON.stringify(data, null, 2) : words().join("\n"));
}
