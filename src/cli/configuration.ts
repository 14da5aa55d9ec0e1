/** Loads the configuration that a command was told to use. */
import { existsSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { type LoadResult, loadSettings } from "../config/load.ts";
import { formatProblem, type Problem } from "../config/problem.ts";
import type { Settings } from "../domain/settings.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";
import { count } from "./format.ts";
import type { Terminal } from "./terminal.ts";

const fileDefault = "nexus.yaml";

/** What a command needs to know to find its configuration. */
export interface ConfigurationCall {
	readonly values: { readonly config: string | undefined };
	readonly terminal: Pick<Terminal, "folder" | "environment">;
}

/** The path of the configuration, absolute. */
export function configurationFile({ values, terminal }: ConfigurationCall): string {
	return resolve(terminal.folder, values.config ?? fileDefault);
}

/** A path as it is shown: relative to the current folder where it lies below it. */
export function shownPath(path: string, folder: string): string {
	const short = relative(folder, path);
	return short === "" ? "." : short.startsWith("..") || isAbsolute(short) ? path : short;
}

/** Reads and checks the configuration. Throws a CommandFailure (configuration) where there is none. */
export function tryConfiguration(call: ConfigurationCall): LoadResult {
	const file = configurationFile(call);
	if (!existsSync(file)) {
		const shown = shownPath(file, call.terminal.folder);
		throw new CommandFailure(
			exitCode.configuration,
			`there is no ${shown}`,
			"write one with `nexus init`, or say where it is with --config FILE",
		);
	}
	return loadSettings(file, call.terminal.environment);
}

/** The settings with their warnings, one line each. Throws a CommandFailure (configuration) that lists every problem. */
export function loadedConfiguration(call: ConfigurationCall): {
	readonly settings: Settings;
	readonly warnings: readonly string[];
} {
	const result = tryConfiguration(call);
	const shown = shownPath(configurationFile(call), call.terminal.folder);
	const lines = (problems: readonly Problem[]) => problems.map((problem) => formatProblem({ ...problem, file: shown }));
	if (result.ok) return { settings: result.settings, warnings: lines(result.warnings) };
	throw new CommandFailure(
		exitCode.configuration,
		`${shown} cannot be used, it has ${count(result.problems.length, "problem")}`,
		"correct what follows",
		lines(result.problems),
	);
}

/** The settings alone, for commands that do not run anything. */
export function configuration(call: ConfigurationCall): Settings {
	return loadedConfiguration(call).settings;
}
