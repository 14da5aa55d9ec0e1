/** House rule: time, timers and chance come in from outside, so that a simulation can own them. */
import { expect, test } from "bun:test";
import {
	isCallExpression,
	isIdentifier,
	isNewExpression,
	isPropertyAccessExpression,
	type Node,
} from "typescript/unstable/ast";
import { place, type Rule, sample, sourcesUnder, walk } from "./source-tree.ts";

/** Where the real clock is made, and whole parts that stand outside the simulation. */
const allowed: readonly string[] = ["src/system-clock.ts", "src/cli/", "src/main.ts"];

const members =
	/^(Date\.now|Math\.random|performance\.now|Bun\.sleep|Bun\.sleepSync|Bun\.nanoseconds|crypto\.randomUUID)$/;
const timers = /^(setTimeout|setInterval)$/;

function forbidden(node: Node): string | undefined {
	if (isPropertyAccessExpression(node)) return members.exec(node.getText())?.[0];
	if (isNewExpression(node) && node.expression.getText() === "Date" && (node.arguments?.length ?? 0) === 0) {
		return "new Date()";
	}
	if (isCallExpression(node) && isIdentifier(node.expression)) return timers.exec(node.expression.text)?.[0];
	return undefined;
}

const rule: Rule = (sources) =>
	sources
		.filter(({ path }) => !allowed.some((prefix) => path.startsWith(prefix)))
		.flatMap((source) => {
			const found: string[] = [];
			walk(source.tree, (node) => {
				const name = forbidden(node);
				if (name !== undefined)
					found.push(`${place(source, node)} uses ${name}; take a Clock (domain/ports.ts) instead`);
			});
			return found;
		});

test("time and chance are passed in", async () => {
	expect(rule(await sourcesUnder("src"))).toEqual([]);
});

test("the rule can fail, and leaves the clock, the command line and a date made from a number alone", async () => {
	const sources = await sample({
		"src/engine/a.ts":
			"export const a = Date.now() + Math.random();\nsetTimeout(() => a, 1);\nexport const b = new Date();\n",
		"src/engine/b.ts":
			"export const a = new Date(0).toISOString();\nexport const setTimeoutOf = 'setTimeout Date.now()';\n",
		"src/system-clock.ts": "export const now = () => Date.now();\n",
		"src/cli/send.ts": "export const wait = () => Bun.sleep(100);\n",
	});
	expect(rule(sources).map((finding) => finding.split(";")[0])).toEqual([
		"src/engine/a.ts:1 uses Date.now",
		"src/engine/a.ts:1 uses Math.random",
		"src/engine/a.ts:2 uses setTimeout",
		"src/engine/a.ts:3 uses new Date()",
	]);
});
