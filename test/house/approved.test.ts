/** House rule: only `risk/` marks an order as approved, so that nothing reaches a broker past it. */
import { expect, test } from "bun:test";
import { isAsExpression, isTypeAssertion, isTypeReferenceNode, type Node } from "typescript/unstable/ast";
import { place, type Rule, sample, sourcesUnder, walk } from "./source-tree.ts";

const home = "src/risk/";

function mentionsApproved(node: Node): boolean {
	let found = false;
	walk(node, (inner) => {
		if (isTypeReferenceNode(inner) && inner.typeName.getText() === "Approved") found = true;
	});
	return found;
}

/** A type assertion that names Approved, or hides it: `as never` and `as any` fit a broker's parameter too. */
const rule: Rule = (sources) =>
	sources
		.filter(({ path }) => !path.startsWith(home))
		.flatMap((source) => {
			const found: string[] = [];
			walk(source.tree, (node) => {
				if (!isAsExpression(node) && !isTypeAssertion(node)) return;
				const type = node.type.getText();
				if (mentionsApproved(node.type) || type === "never" || type === "any") {
					found.push(`${place(source, node)} asserts '${type}'; let src/risk approve the order and pass its result on`);
				}
			});
			return found;
		});

test("an order is approved only in src/risk", async () => {
	const sources = await sourcesUnder("src");
	expect(rule(sources)).toEqual([]);
	expect(sources.some(({ path, text }) => path.startsWith(home) && /\bas\b[^;]*Approved</.test(text))).toBe(true);
});

test("the rule can fail, and leaves src/risk and the mere type alone", async () => {
	const sources = await sample({
		"src/broker/a.ts": "export const a = (o: Order) => submit(o as Approved<Order>);\n",
		"src/engine/b.ts": "export const b = (o: Order) => submit(o as never);\nexport const c = <Approved<Order>>o;\n",
		"src/engine/c.ts": "export const submit = (o: Approved<Order>) => o as unknown;\n",
		"src/risk/approve.ts": "export const approve = (o: Order) => o as Approved<Order>;\n",
	});
	expect(rule(sources).map((finding) => finding.split(";")[0])).toEqual([
		"src/broker/a.ts:1 asserts 'Approved<Order>'",
		"src/engine/b.ts:1 asserts 'never'",
		"src/engine/b.ts:2 asserts 'Approved<Order>'",
	]);
});
