/** The help texts: of one command, and of all of them. */
import { optionsOf } from "./arguments.ts";
import type { Command, OptionSpec } from "./command.ts";
import { wrap } from "./table.ts";

function flagOf(name: string, { short, value }: OptionSpec): string {
	const long = value === undefined ? `--${name}` : `--${name} ${value}`;
	return short === undefined ? long : `-${short}, ${long}`;
}

/** Two columns, the right one wrapped. */
function listed(rows: readonly (readonly [string, string])[], columns: number): string[] {
	const left = Math.max(...rows.map(([name]) => name.length));
	return rows.flatMap(([name, text]) =>
		wrap(text, columns - left - 4).map((line, index) => `  ${(index === 0 ? name : "").padEnd(left)}  ${line}`),
	);
}

/** What `nexus COMMAND --help` prints. */
export function commandHelp(command: Command, columns: number): string {
	const options = Object.entries(optionsOf(command)).map(([name, spec]) => [flagOf(name, spec), spec.help] as const);
	return [
		`nexus ${command.name}: ${command.summary}`,
		"",
		`Usage: ${["nexus", command.name, ...command.positionals, "[options]"].join(" ")}`,
		...(command.about === undefined ? [] : ["", ...command.about.flatMap((line) => wrap(line, columns))]),
		"",
		"Options",
		...listed(options, columns),
		"",
		"Example",
		`  ${command.example}`,
	].join("\n");
}

/** What `nexus --help` prints. */
export function overview(commands: readonly Command[], version: string, columns: number): string {
	const rows = commands.map((command) => [[command.name, ...command.positionals].join(" "), command.summary] as const);
	return [
		`nexus ${version}: from TradingView alerts to orders, on a machine of your own`,
		"",
		"Usage: nexus COMMAND [options]",
		"",
		"Commands",
		...listed(rows, columns),
		"",
		"Every command has --help with an example, --json and --config FILE.",
		"Exit codes: 0 yes, 1 no or not found, 64 wrong usage, 65 a message that would be",
		"refused, 69 nexus not reachable, 78 wrong configuration.",
		"",
		"New here?  nexus init  &&  nexus run",
	].join("\n");
}
