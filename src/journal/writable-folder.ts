/** The data folder: made where it is missing, and tried before SQLite says it less clearly. */
import { accessSync, constants, mkdirSync } from "node:fs";
import { JournalError } from "./journal-error.ts";

/** @throws JournalError `unusable` where the folder cannot be made or written */
export function makeWritable(folder: string): void {
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
	} catch (cause) {
		const why = cause instanceof Error ? cause.message : String(cause);
		const line = `the data folder ${folder} cannot be written (${why}): change its rights or set another folder as data`;
		throw new JournalError("unusable", line, { cause });
	}
}
