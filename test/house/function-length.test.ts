/** House rule: a function fits on a screen, 70 lines at most. */
import { expect, test } from "bun:test";
import { isFunctionLikeDeclaration } from "typescript/unstable/ast";
import { place, type Rule, sample, sourcesUnder, walk } from "./source-tree.ts";

const lines_max = 70;

const rule: Rule = (sources) =>
	sources.flatMap((source) => {
		const found: string[] = [];
		walk(source.tree, (node) => {
			if (!isFunctionLikeDeclaration(node)) return;
			const line = (position: number): number => source.tree.getLineAndCharacterOfPosition(position).line;
			const lines = line(node.getEnd()) - line(node.getStart(source.tree)) + 1;
			if (lines > lines_max) {
				found.push(
					`${place(source, node)} has ${lines} lines, more than ${lines_max}; give its parts names of their own`,
				);
			}
		});
		return found;
	});

test("no function is longer than 70 lines", async () => {
	const folders = await Promise.all(["src", "scripts", "bench", "plugins"].map(sourcesUnder));
	expect(rule(folders.flat())).toEqual([]);
});

test("the rule can fail: 71 lines are too many, 70 are not", async () => {
	const body = (lines: number): string => `{\n${"\t1;\n".repeat(lines - 2)}}`;
	const sources = await sample({
		"src/a.ts": `export function long() ${body(71)}\n`,
		"src/b.ts": `export function fits() ${body(70)}\n`,
		"src/c.ts": `export class C {\n\tm() ${body(80)}\n}\n`,
	});
	expect(rule(sources).map((finding) => finding.split(",")[0])).toEqual([
		"src/a.ts:1 has 71 lines",
		"src/c.ts:2 has 80 lines",
	]);
});
