/** Compiles the crash binary from the same sources as the shipped one, with the entries of this folder. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "../../scripts/install.ts";

let made: Promise<string> | undefined;

/** Its path below `dist/`; made anew for each run. */
export function crashBinary(): Promise<string> {
	made ??= compile();
	return made;
}

async function compile(): Promise<string> {
	const making = join(root, "dist", `.making-crash-${process.pid}`);
	const file = join(root, "dist", "nexus-crash");
	const here = (name: string): string => join(root, "test/crash", name);
	mkdirSync(making, { recursive: true });
	try {
		const { code, output } = await run([
			process.execPath,
			"build",
			"--compile",
			"--bytecode",
			"--format=esm",
			// The entry finds its worker by the path below this folder.
			`--root=${join(root, "test/crash")}`,
			'--define=NEXUS_VERSION="0.0.0+crash"',
			here("crashing-nexus.ts"),
			here("crashing-worker.ts"),
			`--outfile=${join(making, "nexus-crash")}`,
		]);
		if (code !== 0) throw new Error(`the crash binary cannot be built (exit ${code}):\n${output}`);
		if (!existsSync(join(making, "nexus-crash"))) throw new Error(`the compiler left no crash binary:\n${output}`);
		renameSync(join(making, "nexus-crash"), file);
		return file;
	} finally {
		rmSync(making, { recursive: true, force: true });
	}
}
