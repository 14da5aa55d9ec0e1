/** The body of an alert as a command is given it: a file, or standard input. */
import { resolve } from "node:path";
import { shownPath } from "./configuration.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

const body_bytes_max = 1024 * 1024;

/**
 * All bytes of a file, or of standard input where `file` is `-`; at most 1 MiB.
 * @throws CommandFailure (usage) where they cannot be read or are more
 */
export async function bodyBytes(file: string, terminal: Terminal): Promise<Uint8Array> {
	const path = resolve(terminal.folder, file);
	try {
		if (file === "-") return await terminal.input(body_bytes_max);
		const handle = Bun.file(path);
		if (handle.size > body_bytes_max) throw new RangeError(`more than ${body_bytes_max} bytes`);
		return await handle.bytes();
	} catch (error) {
		const why = error instanceof Error && "code" in error ? String(error.code) : String((error as Error).message);
		const shown = file === "-" ? "standard input" : shownPath(path, terminal.folder);
		throw new CommandFailure(exitCode.usage, `${shown} cannot be read (${why})`);
	}
}
