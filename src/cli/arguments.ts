/** Reads a command's arguments: unknown options are refused with the nearest known one. */
import { parseArgs } from "node:util";
import { nearest } from "../config/nearest.ts";
import { type Call, type Command, commonOptions, type OptionTable } from "./command.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";

type ReadArguments = Pick<Call<OptionTable>, "values" | "positionals">;

function usage(command: Command, cause: string, suggestion?: string): CommandFailure {
	const cure = suggestion === undefined ? `see \`nexus ${command.name} --help\`` : `did you mean ${suggestion}?`;
	return new CommandFailure(exitCode.usage, cause, cure);
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
	const extra = positionals[command.positionals.length];
	if (extra !== undefined) throw usage(command, `\`nexus ${command.name}\` has no place for '${extra}'`);
	const missing = command.positionals[positionals.length];
	if (missing !== undefined && !missing.startsWith("[")) {
		throw usage(command, `\`nexus ${command.name}\` needs ${missing}`);
	}
}

/** Every option of a command, the common ones last. */
export function optionsOf(command: Command): OptionTable {
	return { ...command.options, ...commonOptions };
}

/** Throws a CommandFailure (usage) for anything the command does not know. With --help nothing else is checked. */
export function readArguments(command: Command, words: readonly string[]): ReadArguments {
	const options = optionsOf(command);
	const { tokens } = parseArgs({
		args: [...words],
		options: Object.fromEntries(
			Object.entries(options).map(([name, { type, short }]) => [
				name,
				short === undefined ? { type } : { type, short },
			]),
		),
		strict: false,
		allowPositionals: true,
		tokens: true,
	});
	const values: Record<string, string | boolean | undefined> = {};
	for (const [name, { type }] of Object.entries(options)) values[name] = type === "boolean" ? false : undefined;
	const positionals: string[] = [];
	for (const token of tokens) {
		if (token.kind === "positional") positionals.push(token.value);
		if (token.kind !== "option") continue;
		const { name, rawName, value } = token;
		const known = Object.hasOwn(options, name) ? options[name] : undefined;
		if (known === undefined) {
			const near = nearest(name, Object.keys(options));
			throw usage(
				command,
				`\`nexus ${command.name}\` has no option ${rawName}`,
				near === undefined ? near : `--${near}`,
			);
		}
		if (known.type === "boolean") {
			if (value !== undefined) throw usage(command, `${rawName} takes no value`);
			values[name] = true;
			continue;
		}
		// A dash after the option is more likely a forgotten value than a value; `--reason=-x` says it is one.
		const forgotten = value === undefined || value === "" || (!token.inlineValue && /^-./.test(value));
		if (forgotten) throw usage(command, `${rawName} needs a value, ${rawName} ${known.value ?? "VALUE"}`);
		values[name] = value;
	}
	if (values["help"] !== true) checkPositionals(command, positionals);
	return { values: values as ReadArguments["values"], positionals };
}
