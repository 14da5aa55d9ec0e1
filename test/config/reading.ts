/** What the tests of the configuration share: text in, formatted lines or settings out. */

import { formatProblem, parseSettings } from "../../src/config/load.ts";
import type { Settings } from "../../src/domain/settings.ts";

type Environment = Readonly<Record<string, string>>;

/** Every problem as the line a user sees; an empty list where the text is accepted. */
export function problemLines(text: string, env: Environment = {}): readonly string[] {
	const result = parseSettings(text, { file: "nexus.yaml", env });
	return result.ok ? [] : result.problems.map(formatProblem);
}

/** Every warning as the line a user sees. Throws where there are problems. */
export function warningLines(text: string, env: Environment = {}): readonly string[] {
	const result = parseSettings(text, { file: "nexus.yaml", env });
	if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
	return result.warnings.map(formatProblem);
}

/** The settings of a text that must be accepted. Throws with its problems where it is not. */
export function settingsOf(text: string, env: Environment = {}, file = "/etc/nexus/nexus.yaml"): Settings {
	const result = parseSettings(text, { file, env });
	if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
	return result.settings;
}

/** Lines without the indentation that a template string in a test has. */
export function yaml(text: string): string {
	const lines = text
		.replace(/^\n/, "")
		.replace(/\n\t*$/, "\n")
		.split("\n");
	const indent = Math.min(
		...lines.filter((line) => line.trim() !== "").map((line) => /^\t*/.exec(line)?.[0].length ?? 0),
	);
	return lines.map((line) => line.slice(indent)).join("\n");
}
