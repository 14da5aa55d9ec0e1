/** House rule: every source file is reached from a place where the program starts. */
import { expect, test } from "bun:test";
import { importsOf } from "./imports.ts";
import { type Rule, sample, sourcesUnder } from "./source-tree.ts";

/** Where the binary, an embedding program and the journal's worker start. */
const entries: readonly string[] = ["src/main.ts", "src/index.ts", "src/journal/worker.ts"];

const rule: Rule = (sources) => {
	const byPath = new Map(sources.map((source) => [source.path, source]));
	const reached = new Set<string>();
	const waiting = entries.filter((entry) => byPath.has(entry));
	for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
		if (reached.has(path)) continue;
		reached.add(path);
		const source = byPath.get(path);
		if (source === undefined) continue;
		for (const imported of importsOf(source)) if (imported.path !== undefined) waiting.push(imported.path);
	}
	return sources
		.filter(({ path }) => !reached.has(path) && !path.endsWith(".d.ts"))
		.map(
			({ path }) => `${path}:1 is reached from none of ${entries.join(", ")}; import it where it is used or delete it`,
		);
};

test("every file under src is reached", async () => {
	expect(rule(await sourcesUnder("src"))).toEqual([]);
});

test("the rule can fail, and follows dynamic imports and re-exports", async () => {
	const sources = await sample({
		"src/main.ts": 'export const load = () => import("./cli/run.ts");\n',
		"src/index.ts": 'export { a } from "./engine/a.ts";\n',
		"src/cli/run.ts": "export {};\n",
		"src/engine/a.ts": "export const a = 1;\n",
		"src/engine/dead.ts": 'import { a } from "./a.ts";\nexport const dead = a;\n',
	});
	expect(rule(sources).map((finding) => finding.split(" ")[0])).toEqual(["src/engine/dead.ts:1"]);
});
