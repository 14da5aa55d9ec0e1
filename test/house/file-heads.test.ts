/** House rule: a file opens with one sentence on what it is for. */
import { expect, test } from "bun:test";
import { type Rule, sample, sourcesUnder } from "./source-tree.ts";

/** `/** Sentence.` or `// Sentence.`, at least four words; after a `#!` line it is the second line. */
const sentence = /^(\/\*\*? ?|\/\/ )\S+( \S+){3,}/;

const rule: Rule = (sources) =>
	sources.flatMap(({ path, text }) => {
		const lines = text.split("\n");
		const at = lines[0]?.startsWith("#!") === true ? 1 : 0;
		// A sentence that is too long for the first line may begin below the comment's opening.
		const head = /^\/\*\*?$/.test(lines[at] ?? "")
			? `/** ${(lines[at + 1] ?? "").replace(/^\s*\*\s?/, "")}`
			: lines[at];
		if (sentence.test(head ?? "")) return [];
		return [`${path}:${at + 1} does not open with a comment; write one sentence on what the file is for`];
	});

test("every file of src, scripts, bench, test and plugins says first what it is for", async () => {
	const folders = await Promise.all(["src", "scripts", "bench", "test", "plugins"].map(sourcesUnder));
	expect(rule(folders.flat())).toEqual([]);
});

test("the rule can fail", async () => {
	const sources = await sample({
		"src/a.ts": "/** One sentence on what it is for. */\nexport {};\n",
		"src/b.ts": 'import "./a.ts";\n/** One sentence, too late. */\n',
		"src/c.ts": "#!/usr/bin/env bun\n/** One sentence on what it is for. */\nexport {};\n",
		"src/d.ts": "/** Types. */\nexport {};\n",
		"src/e.ts": "/**\n * One sentence that needed a line of its own.\n */\nexport {};\n",
	});
	expect(rule(sources).map((finding) => finding.split(" ")[0])).toEqual(["src/b.ts:1", "src/d.ts:1"]);
});
