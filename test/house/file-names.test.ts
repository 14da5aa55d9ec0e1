/** House rule: a file's name says its one idea; drawers for odds and ends have no place. */
import { expect, test } from "bun:test";
import { type Rule, sample, sourcesUnder } from "./source-tree.ts";

const drawers =
	/(^|\/)(utils?|helpers?|constants?|types|interfaces?|services?|managers?|misc|common|shared|lib)(\.ts$|\/)/i;
const kebab = /^([a-z0-9-]+\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d|\.generated)?\.tsx?$/;

const rule: Rule = (sources) =>
	sources.flatMap(({ path }) => {
		if (drawers.test(path)) return [`${path}:1 is a drawer; move what is in it to files named after their ideas`];
		if (!kebab.test(path)) return [`${path}:1 is not in lower case with hyphens; rename it`];
		return [];
	});

test("no file or folder is a drawer", async () => {
	const folders = await Promise.all(["src", "scripts", "bench", "test"].map(sourcesUnder));
	expect(rule(folders.flat())).toEqual([]);
});

test("the rule can fail", async () => {
	const sources = await sample({
		"src/engine/utils.ts": "export {};\n",
		"src/helpers/text.ts": "export {};\n",
		"src/engine/PaperBroker.ts": "export {};\n",
		"src/engine/plugin-types.ts": "export {};\n",
		"src/domain/id.ts": "export {};\n",
	});
	expect(rule(sources).map((finding) => finding.split(":")[0])).toEqual([
		"src/engine/PaperBroker.ts",
		"src/engine/utils.ts",
		"src/helpers/text.ts",
	]);
});
