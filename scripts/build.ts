/** Compiles everything into one binary, `dist/nexus`: the program, the journal's worker, the plugin host and the files it embeds. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Glob } from "bun";
import { installDependencies, root, run } from "./install.ts";

/** Each becomes a module of its own inside the binary; the first one is where it starts. */
const entryPoints = ["src/main.ts", "src/journal/worker.ts"];

/** What the binary is made of; a change in any of these files makes it stale. */
const sources = new Glob("{src,plugins}/**/*");
const singleSources = ["package.json", "bun.lock", "tsconfig.json", "nexus.yaml", "scripts/build.ts"];

const executableSuffix = process.platform === "win32" ? ".exe" : "";
export const binary = join(root, "dist", `nexus${executableSuffix}`);
const stampFile = join(root, "dist", ".built-from");

/** One number over the content of all sources: the same sources give the same number, whatever their dates. */
async function fingerprint(): Promise<string> {
	const files = [...sources.scanSync({ cwd: root }), ...singleSources].sort();
	let hash = Bun.hash(Bun.version);
	for (const file of files) {
		const source = Bun.file(join(root, file));
		if (!(await source.exists())) continue;
		hash = Bun.hash(file, hash);
		hash = Bun.hash(await source.bytes(), hash);
	}
	return hash.toString(16);
}

/** `0.1.0+2ee89c0`: the version of package.json and, in a git checkout, the commit. */
export async function buildVersion(): Promise<string> {
	const { version } = (await Bun.file(join(root, "package.json")).json()) as { readonly version: string };
	if (!existsSync(join(root, ".git")) || Bun.which("git") === null) return version;
	const { code, output } = await run(["git", "rev-parse", "--short=7", "HEAD"]);
	return code === 0 ? `${version}+${output}` : version;
}

/**
 * Compiles into `outfile`, replacing it in one step so that a running binary is not disturbed.
 * @param target one of Bun's compile targets such as `bun-linux-arm64`; this machine's own where absent
 * @throws with the compiler's own words
 */
export async function compile(outfile: string, target?: string): Promise<void> {
	// The binary remembers the name it was made with, so it gets its own name in a folder of its own.
	const making = join(dirname(outfile), `.making-${process.pid}`);
	const made = join(making, basename(outfile));
	mkdirSync(making, { recursive: true });
	try {
		const { code, output } = await run([
			process.execPath,
			"build",
			"--compile",
			"--bytecode",
			"--format=esm",
			// Stack traces name the lines of src/.
			"--sourcemap=linked",
			// The journal finds its worker by the path below this folder.
			`--root=${join(root, "src")}`,
			// A .env or bunfig.toml beside the binary must not change it, nor reach a plugin's empty environment.
			"--no-compile-autoload-dotenv",
			"--no-compile-autoload-bunfig",
			`--define=NEXUS_VERSION=${JSON.stringify(await buildVersion())}`,
			...(target === undefined ? [] : [`--target=${target}`]),
			...entryPoints,
			`--outfile=${made}`,
		]);
		if (code !== 0 || !existsSync(made)) throw new Error(`the build failed (exit ${code}):\n${output}`);
		renameSync(made, outfile);
	} finally {
		rmSync(making, { recursive: true, force: true });
	}
}

/** Compiles `dist/nexus` unless the one there was made from these very sources. Returns what was done. */
export async function build(options: { readonly always?: boolean } = {}): Promise<string | undefined> {
	const current = await fingerprint();
	const stamp = Bun.file(stampFile);
	if (options.always !== true && existsSync(binary) && (await stamp.exists()) && (await stamp.text()) === current) {
		return undefined;
	}
	rmSync(stampFile, { force: true });
	await compile(binary);
	await Bun.write(stampFile, current);
	return "compiled dist/nexus";
}

if (import.meta.main) {
	try {
		await installDependencies("production");
		await build({ always: true });
		const megabytes = (Bun.file(binary).size / 1024 / 1024).toFixed(0);
		console.log(`dist/nexus${executableSuffix} ${await buildVersion()}, ${megabytes} MB`);
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exit(1);
	}
}
