/** From the words after `nexus` to the right command, and from whatever goes wrong in it to one line and an exit code. */
import { nearest } from "../config/nearest.ts";
import { readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { CommandFailure, type ExitCode, exitCode } from "./exit-code.ts";
import { commandHelp, overview } from "./help.ts";
import { harmless, type Terminal } from "./terminal.ts";

/** Each command by its name, loaded when it is called. */
export type CommandTable = Readonly<Record<string, () => Promise<{ readonly command: Command }>>>;

const helpWords: readonly (string | undefined)[] = ["help", "--help", "-h"];
const versionWords: readonly (string | undefined)[] = ["version", "--version", "-V"];

function all(table: CommandTable): Promise<readonly Command[]> {
	return Promise.all(Object.values(table).map(async (load) => (await load()).command));
}

async function find(table: CommandTable, name: string): Promise<Command> {
	const load = Object.hasOwn(table, name) ? table[name] : undefined;
	if (load !== undefined) return (await load()).command;
	const near = nearest(name, [...Object.keys(table), "help"]);
	throw new CommandFailure(
		exitCode.usage,
		`there is no command '${harmless(name)}'`,
		near === undefined ? "`nexus help` lists them" : `did you mean \`nexus ${near}\`?`,
	);
}

async function dispatch(
	words: readonly string[],
	table: CommandTable,
	terminal: Terminal,
	version: string,
): Promise<ExitCode> {
	const [first, second] = words;
	if (versionWords.includes(first)) {
		terminal.out(`nexus ${version}`);
		return exitCode.ok;
	}
	if (helpWords.includes(first)) {
		const topic = second === undefined || second.startsWith("-") ? undefined : await find(table, second);
		terminal.out(
			topic === undefined
				? overview(await all(table), version, terminal.columns)
				: commandHelp(topic, terminal.columns),
		);
		return exitCode.ok;
	}
	// `nexus` and `nexus --port 9000` are `nexus run`.
	const named = first !== undefined && !first.startsWith("-");
	const command = await find(table, named ? first : "run");
	const { values, positionals } = readArguments(command, named ? words.slice(1) : words);
	if (values["help"] === true) {
		terminal.out(commandHelp(command, terminal.columns));
		return exitCode.ok;
	}
	return await command.run({ values, positionals, terminal, version });
}

/** Runs one command line. Never throws: a CommandFailure is its own line, anything else is told as a bug, its stack below. */
export async function runCommandLine(
	words: readonly string[],
	table: CommandTable,
	terminal: Terminal,
	version: string,
): Promise<ExitCode> {
	try {
		return await dispatch(words, table, terminal, version);
	} catch (error) {
		if (error instanceof CommandFailure) {
			terminal.err(error.lines);
			return error.exit;
		}
		const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
		terminal.err(`nexus: an error of nexus itself: ${message.split("\n")[0]}; please report it with the lines below`);
		terminal.err(stack);
		return exitCode.bug;
	}
}
