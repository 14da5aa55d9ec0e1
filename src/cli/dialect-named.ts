/** Finds the dialect that `--dialect` names. */
import type { Dialect } from "../alert/dialect.ts";
import { dialects } from "../alert/dialects.ts";
import { nearest } from "../config/nearest.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";
import { harmless } from "./terminal.ts";

/**
 * Undefined for one that a plugin defines.
 * @param fromPlugins the names of those
 * @throws CommandFailure (usage) where no dialect has the name, with the nearest one or with all
 */
export function dialectNamed(name: string, fromPlugins: readonly string[]): Dialect | undefined {
	const wanted = name.trim().toLowerCase();
	const found = dialects.find((one) => one.name === wanted);
	if (found !== undefined || fromPlugins.includes(wanted)) return found;
	const names = [...dialects.map((one) => one.name), ...fromPlugins].toSorted();
	const near = nearest(wanted, names);
	const cure = near === undefined ? `there are ${names.join(", ")}` : `did you mean '${near}'?`;
	throw new CommandFailure(exitCode.usage, `there is no dialect '${harmless(name)}'`, cure);
}
