/** House rule: no error is swallowed, neither by an empty catch nor by a `.catch` that does nothing. */
import { expect, test } from "bun:test";
import {
	isArrowFunction,
	isBlock,
	isCallExpression,
	isCatchClause,
	isPropertyAccessExpression,
	type Node,
} from "typescript/unstable/ast";
import { place, type Rule, sample, sourcesUnder, walk } from "./source-tree.ts";

const isEmptyBlock = (node: Node): boolean => isBlock(node) && node.statements.length === 0;

function swallows(node: Node): boolean {
	if (isCatchClause(node)) return isEmptyBlock(node.block);
	if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return false;
	if (node.expression.name.text !== "catch") return false;
	const handler = node.arguments[0];
	return handler === undefined || (isArrowFunction(handler) && isEmptyBlock(handler.body));
}

const rule: Rule = (sources) =>
	sources.flatMap((source) => {
		const found: string[] = [];
		walk(source.tree, (node) => {
			if (swallows(node)) found.push(`${place(source, node)} swallows an error; handle it, or let it through`);
		});
		return found;
	});

test("no catch is empty", async () => {
	const folders = await Promise.all(["src", "scripts", "bench", "test", "plugins"].map(sourcesUnder));
	expect(rule(folders.flat())).toEqual([]);
});

test("the rule can fail, also where only a comment stands in the catch", async () => {
	const sources = await sample({
		"src/a.ts": "try { f(); } catch {}\n",
		"src/b.ts": "try { f(); } catch (error) {\n\t// never mind\n}\n",
		"src/c.ts": "f().catch(() => {});\n",
		"src/d.ts": "try { f(); } catch (error) { log(error); }\nf().catch((error) => log(error));\n",
	});
	expect(rule(sources).map((finding) => finding.split(" ")[0])).toEqual(["src/a.ts:1", "src/b.ts:1", "src/c.ts:1"]);
});
