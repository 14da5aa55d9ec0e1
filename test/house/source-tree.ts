/** Reads the project's sources as syntax trees, so that a house rule is a walk over them and not a guess about lines. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type { Node, SourceFile } from "typescript/unstable/ast";
import { API } from "typescript/unstable/async";

export const root = join(import.meta.dir, "../..");

/** One file: its path from the project's folder with forward slashes, its text and its tree. */
export interface Source {
	readonly path: string;
	readonly text: string;
	readonly tree: SourceFile;
}

/** Something that breaks a rule: `src/engine/lanes.ts:12 what is wrong; what to do`. */
export type Finding = string;

/** A house rule: every place that breaks it, none where it is kept. */
export type Rule = (sources: readonly Source[]) => readonly Finding[];

async function parse(folder: string): Promise<readonly Source[]> {
	const api = new API({ cwd: folder });
	try {
		const snapshot = await api.updateSnapshot({ openProjects: [join(folder, "tsconfig.json")] });
		const project = snapshot.getProjects()[0];
		if (project === undefined) throw new Error(`TypeScript opened no project in ${folder}`);
		const sources: Source[] = [];
		for (const file of project.rootFiles) {
			const tree = await project.program.getSourceFile(file);
			if (tree === undefined) throw new Error(`TypeScript has no tree of ${file}`);
			sources.push({ path: relative(folder, file).replaceAll("\\", "/"), text: tree.text, tree });
		}
		return sources;
	} finally {
		await api.close();
	}
}

let project: Promise<readonly Source[]> | undefined;

/** The files of this project under a folder such as `src`; parsed once for all rules of a test file. */
export async function sourcesUnder(folder: string): Promise<readonly Source[]> {
	project ??= parse(root);
	return (await project).filter(({ path }) => path.startsWith(`${folder}/`));
}

/** Made-up files, to show that a rule can fail: path → text. */
export async function sample(files: Readonly<Record<string, string>>): Promise<readonly Source[]> {
	const folder = realpathSync(mkdtempSync(join(tmpdir(), "nexus-house-")));
	try {
		writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { noLib: true, types: [] } }));
		for (const [path, text] of Object.entries(files)) {
			mkdirSync(dirname(join(folder, path)), { recursive: true });
			writeFileSync(join(folder, path), text);
		}
		return await parse(folder);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Visits a node and everything below it. */
export function walk(node: Node, visit: (node: Node) => void): void {
	visit(node);
	node.forEachChild((child) => walk(child, visit));
}

/** `src/engine/lanes.ts:12` of a node's first character, comments before it left out. */
export function place({ path, tree }: Source, node: Node): string {
	return `${path}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
}
