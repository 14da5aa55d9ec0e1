/** Installs the locked dependencies where they are missing or older than bun.lock; uses only what Bun brings along. */
import { rmSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dir, "..");

/** `production` leaves out the tools that only `verify` needs. */
export type Extent = "production" | "all";

const stampFile = join(root, "node_modules", ".nexus-installed");

/** Runs a command in the project's folder and keeps what it printed. */
export async function run(
	command: readonly string[],
	options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string | undefined>> } = {},
): Promise<{ readonly code: number; readonly output: string }> {
	const child = Bun.spawn([...command], {
		cwd: options.cwd ?? root,
		env: options.env ?? process.env,
		stdin: "ignore",
		stdout: "pipe",
		stderr: "pipe",
	});
	const [out, err, code] = await Promise.all([
		new Response(child.stdout).text(),
		new Response(child.stderr).text(),
		child.exited,
	]);
	return { code, output: `${out}${err}`.trimEnd() };
}

/**
 * Installs where needed and returns what was done; `undefined` means that everything stood already.
 * Throws with the installer's own words where it failed.
 */
export async function installDependencies(extent: Extent): Promise<string | undefined> {
	const lock = Bun.hash(await Bun.file(join(root, "bun.lock")).text()).toString(16);
	const stamp = Bun.file(stampFile);
	const [standing, standingLock] = (await stamp.exists()) ? (await stamp.text()).trim().split(" ") : [];
	if (standingLock === lock && (standing === "all" || standing === extent)) return undefined;

	// What was complete stays complete: a production install over it would take the tools away.
	const wanted: Extent = standing === "all" ? "all" : extent;
	rmSync(stampFile, { force: true });
	const { code, output } = await run([
		process.execPath,
		"install",
		"--frozen-lockfile",
		...(wanted === "production" ? ["--production"] : []),
	]);
	if (code !== 0) throw new Error(`bun install --frozen-lockfile failed (exit ${code}):\n${output}`);
	await Bun.write(stampFile, `${wanted} ${lock}\n`);
	return "installed the locked dependencies";
}
