/** Collects what is wrong while a configuration is read, so that all of it can be told at once. */
import { formatPath, type Path, type Problem } from "./problem.ts";

interface Finding {
	readonly level: "problem" | "warning";
	readonly path: Path;
	readonly message: string;
	/** Where it is reported: a path, or an offset into the text; `path` itself where absent. */
	readonly at?: Path | number;
}

/** More problems than this are only counted. */
export const problems_max = 100;

/** Problems stop a start, warnings do not. */
export class Findings {
	readonly #found: Finding[] = [];

	problem(path: Path, message: string, at?: Path | number): void {
		this.#found.push({ level: "problem", path, message, ...(at === undefined ? {} : { at }) });
	}

	warning(path: Path, message: string, at?: Path | number): void {
		this.#found.push({ level: "warning", path, message, ...(at === undefined ? {} : { at }) });
	}

	get anyProblem(): boolean {
		return this.#found.some((finding) => finding.level === "problem");
	}

	/** The problems without a place, for what was not written in a file. */
	unplaced(): { readonly path: string; readonly message: string }[] {
		return this.#of("problem").map(({ path, message }) => ({ path: formatPath(path), message }));
	}

	/** In the order of the file; the last one counts those left out. */
	placed(
		level: Finding["level"],
		file: string,
		locate: (at: Path | number) => { readonly line: number; readonly column: number },
	): Problem[] {
		const all = this.#of(level)
			.map(({ path, message, at }) => ({ file, ...locate(at ?? path), path: formatPath(path), message }))
			.sort((a, b) => a.line - b.line || a.column - b.column);
		const last = all[problems_max];
		if (last === undefined) return all;
		const rest = all.length - problems_max;
		return [...all.slice(0, problems_max), { ...last, path: "", message: `and ${rest} more from here on` }];
	}

	#of(level: Finding["level"]): Finding[] {
		return this.#found.filter((finding) => finding.level === level);
	}
}
