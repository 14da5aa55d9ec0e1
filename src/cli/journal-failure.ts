/** What the journal refuses, as a command's failure. */
import { CommandFailure, type ExitCode, exitCode } from "./exit-code.ts";

/** Runs `act`; a JournalError, whose line names cause and cure, ends the command with `exit`. */
export function withJournal<T>(act: () => T, exit: ExitCode = exitCode.no): T {
	try {
		return act();
	} catch (error) {
		if (!(error instanceof Error) || error.name !== "JournalError") throw error;
		throw new CommandFailure(exit, error.message);
	}
}
