/** Finds the dialect that `--dialect` names. */
import type { Dialect } from "../alert/dialect.ts";
import { dialects } from "../alert/dialects.ts";
import { nearest } from "../config/nearest.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";
import { harmless } from "./terminal.ts";

/** @throws CommandFailure (usage) where no dialect has the name, with the nearest one or with all */
export function dialectNamed(name: string): Dialect {
	const wanted = name.trim().toLowerCase();
	const found = dialects.find((one) => one.name === wanted);
	if (found !== undefined) return found;
	const names = dialects.map((one) => one.name).toSorted();
	const near = nearest(wanted, names);
	const cure = near === undefined ? `there are ${names.join(", ")}` : `did you mean '${near}'?`;
	throw new CommandFailure(exitCode.usage, `there is no dialect '${harmless(name)}'`, cure);
}
