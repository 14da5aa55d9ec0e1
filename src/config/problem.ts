/** One thing that is wrong (or doubtful) in a configuration: where it stands and what to do, in one line. */

/** The way from the top of the file to a key: `["strategies", 0, "size"]`. */
export type Path = readonly (string | number)[];

/** A problem or a warning with its place. */
export interface Problem {
	/** The file as it was named by whoever asked. */
	readonly file: string;
	/** From 1; 0 where the problem is the file itself or the environment. */
	readonly line: number;
	/** From 1; 0 where the problem is the file itself or the environment. */
	readonly column: number;
	/** `strategies[0].risk_multiplier`; "" for the file as a whole. */
	readonly path: string;
	/** The cause and the cure, never a secret. */
	readonly message: string;
}

/** `nexus.yaml:12:5 strategies[0].risk_multiplier: 7 is above 3.0` */
export function formatProblem(problem: Problem): string {
	const place = problem.line === 0 ? `${problem.file}:` : `${problem.file}:${problem.line}:${problem.column}`;
	return problem.path === "" ? `${place} ${problem.message}` : `${place} ${problem.path}: ${problem.message}`;
}

const plainKey = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** `strategies[0].size`; a key that is not a plain word is quoted: `symbols_map["BTCUSDT.P"]`. */
export function formatPath(path: Path): string {
	let text = "";
	for (const step of path) {
		if (typeof step === "number") text += `[${step}]`;
		else if (!plainKey.test(step)) text += `[${JSON.stringify(step)}]`;
		else text += text === "" ? step : `.${step}`;
	}
	return text;
}
