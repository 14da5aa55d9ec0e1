/** House rule: the functions and classes that a file gives to others are explained where they stand. */
import { expect, test } from "bun:test";
import {
	isArrowFunction,
	isClassDeclaration,
	isFunctionDeclaration,
	isFunctionExpression,
	isVariableStatement,
	type Node,
	SyntaxKind,
} from "typescript/unstable/ast";
import { place, type Rule, type Source, sample, sourcesUnder } from "./source-tree.ts";

const has = (node: { readonly modifiers?: readonly Node[] | undefined }, kind: SyntaxKind): boolean =>
	node.modifiers?.some((modifier) => modifier.kind === kind) ?? false;

/** A function that is one short expression says itself what it does. */
const plain_characters_max = 120;

interface Export {
	readonly name: string;
	readonly node: Node;
}

/** Names of functions and classes that a file exports without a doc comment, and where. */
function undocumented(source: Source): readonly Export[] {
	return source.tree.statements.flatMap((node): readonly Export[] => {
		if (isFunctionDeclaration(node) || isClassDeclaration(node)) {
			if (!has(node, SyntaxKind.ExportKeyword) || node.jsDoc !== undefined) return [];
			return [{ name: node.name?.getText() ?? "default", node }];
		}
		if (!isVariableStatement(node) || !has(node, SyntaxKind.ExportKeyword) || node.jsDoc !== undefined) return [];
		return node.declarationList.declarations.flatMap((declaration) => {
			const value = declaration.initializer;
			const isFunction = value !== undefined && (isArrowFunction(value) || isFunctionExpression(value));
			if (!isFunction || node.getText().length <= plain_characters_max) return [];
			return [{ name: declaration.name.getText(), node }];
		});
	});
}

/** Overloads are explained at their first line only. */
function withoutOverloads(found: readonly Export[], source: Source): readonly Export[] {
	const documented = new Set(
		source.tree.statements.flatMap((node) =>
			isFunctionDeclaration(node) && node.jsDoc !== undefined ? [node.name?.getText()] : [],
		),
	);
	return found.filter(({ name }) => !documented.has(name));
}

const rule: Rule = (sources) =>
	sources.flatMap((source) =>
		withoutOverloads(undocumented(source), source).map(
			({ name, node }) =>
				`${place(source, node)} exports ${name} without a doc comment; say what it does, its units, range, default and errors`,
		),
	);

test("exported functions and classes have a doc comment", async () => {
	expect(rule(await sourcesUnder("src"))).toEqual([]);
});

test("the rule can fail", async () => {
	const long = `${"1 + ".repeat(40)}1`;
	const sources = await sample({
		"src/a.ts":
			"export function bare(): void {}\n/** Says what. */\nexport function said(): void {}\nfunction own() {}\n",
		"src/b.ts": "export class Bare {}\n/** Says what. */\nexport class Said {}\n",
		"src/c.ts": `export const short = (a: number) => a + 1;\nexport const long = () => ${long};\n`,
		"src/d.ts":
			"/** Says what. */\nexport function many(a: string): void;\nexport function many(a: unknown): void {}\n",
	});
	expect(rule(sources).map((finding) => finding.split(" without")[0])).toEqual([
		"src/a.ts:1 exports bare",
		"src/b.ts:1 exports Bare",
		"src/c.ts:2 exports long",
	]);
});
