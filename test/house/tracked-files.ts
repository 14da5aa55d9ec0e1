/** The text files that git tracks or would track: what others get to see. */
import { join } from "node:path";
import { Glob } from "bun";
import { root } from "./source-tree.ts";

export interface TextFile {
	readonly path: string;
	readonly text: string;
}

const binary = /\.(png|jpg|ico|woff2?|gz|db)$/;

/** What git leaves out, for a copy without git. */
const ignored = /^(node_modules|dist|data|\.git)\//;

function paths(): readonly string[] {
	if (Bun.which("git") !== null) {
		const words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"];
		const listed = Bun.spawnSync(words, { cwd: root });
		if (listed.exitCode === 0) return listed.stdout.toString().split("\0");
	}
	return [...new Glob("**/*").scanSync({ cwd: root, dot: true })].filter((path) => !ignored.test(path));
}

/** Every tracked or new, not ignored text file. */
export async function trackedFiles(): Promise<readonly TextFile[]> {
	const files: TextFile[] = [];
	for (const path of paths()) {
		if (path === "" || binary.test(path)) continue;
		const file = Bun.file(join(root, path));
		// Tracked and deleted, the deletion not yet committed.
		if (await file.exists()) files.push({ path, text: await file.text() });
	}
	return files;
}

/** `file:line` for every line that the test says yes to. */
export function linesWhere(files: readonly TextFile[], test: (line: string) => boolean): string[] {
	return files.flatMap(({ path, text }) =>
		text.split("\n").flatMap((line, index) => (test(line) ? [`${path}:${index + 1}`] : [])),
	);
}
