/** What a command is: its words for the help, its options, and what it does with them. */
import type { ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** `string` takes a value, `boolean` does not. */
export interface OptionSpec {
	readonly type: "string" | "boolean";
	/** What stands for the value in the help: `NAME`. Only with `string`. */
	readonly value?: string;
	/** One line, without a full stop. */
	readonly help: string;
	/** One letter. */
	readonly short?: string;
}
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** The options that every command has. */
export const commonOptions = {
	config: { type: "string", value: "FILE", help: "the configuration (default: nexus.yaml in the current folder)" },
	json: { type: "boolean", help: "print the answer as JSON" },
	help: { type: "boolean", short: "h", help: "print this text" },
} as const satisfies OptionTable;

/** The option of every command that talks to a running nexus. */
export const urlOption = {
	url: { type: "string", value: "URL", help: "where nexus runs (default: as the configuration says)" },
} as const satisfies OptionTable;

export type Values<O extends OptionTable> = {
	readonly [K in keyof O]: O[K]["type"] extends "boolean" ? boolean : string | undefined;
};

/** One call of a command. */
export interface Call<O extends OptionTable> {
	readonly values: Values<O & typeof commonOptions>;
	readonly positionals: readonly string[];
	readonly terminal: Terminal;
	/** Of this program. */
	readonly version: string;
}

export interface CommandWords<O extends OptionTable> {
	readonly name: string;
	/** What it does, a few words without a full stop. */
	readonly summary: string;
	/** Further lines for its help. */
	readonly about?: readonly string[];
	/** What may follow the name, one entry each; square brackets mark what may be left out: `[FILE]`. */
	readonly positionals?: readonly string[];
	readonly options: O;
	/** One whole command line. */
	readonly example: string;
}

export interface Command extends CommandWords<OptionTable> {
	readonly positionals: readonly string[];
	run(call: Call<OptionTable>): Promise<ExitCode>;
}

/** Joins a command's words to its deed; inside the deed the options have their exact types. */
export function defineCommand<const O extends OptionTable>(
	words: CommandWords<O> & { run(call: Call<O>): Promise<ExitCode> },
): Command {
	return {
		...words,
		positionals: words.positionals ?? [],
		// `readArguments` makes the values from this very table, so they have the types that O says.
		run: (call) => words.run(call as Call<O>),
	};
}
