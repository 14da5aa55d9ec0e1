/** What a source file imports: static, dynamic, re-exported, as a type, and by `new URL(…, import.meta.url)`. */
import { dirname, join } from "node:path";
import {
	isCallExpression,
	isExportDeclaration,
	isImportDeclaration,
	isImportTypeNode,
	isLiteralTypeNode,
	isNewExpression,
	isStringLiteral,
	type Node,
	SyntaxKind,
} from "typescript/unstable/ast";
import { place, type Source, walk } from "./source-tree.ts";

export interface Import {
	/** As written: `../domain/id.ts`, `yaml`. */
	readonly specifier: string;
	/** From the project's folder, for a relative import. */
	readonly path?: string;
	/** `file:line`. */
	readonly at: string;
}

function specifierOf(node: Node): Node | undefined {
	if (isImportDeclaration(node) || isExportDeclaration(node)) return node.moduleSpecifier;
	if (isImportTypeNode(node)) return isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
	if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) return node.arguments[0];
	if (isNewExpression(node) && /^(URL|Worker)$/.test(node.expression.getText())) return node.arguments?.[0];
	return undefined;
}

/** Every import of a file, in the order written. */
export function importsOf(source: Source): readonly Import[] {
	const found: Import[] = [];
	walk(source.tree, (node) => {
		const named = specifierOf(node);
		if (named === undefined || !isStringLiteral(named)) return;
		const specifier = named.text;
		const at = place(source, node);
		found.push(
			specifier.startsWith(".") ? { specifier, at, path: join(dirname(source.path), specifier) } : { specifier, at },
		);
	});
	return found;
}
