/**
 * `bun run mutants [NAME …] [--seeds 2000]`: puts each deliberate bug of test/simulation/mutants into a copy of the source and
 * runs the simulation until it notices; exit code 1 where it does not.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dir, "..");
const folder = join(root, "test", "simulation", "mutants");

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { seeds: { type: "string", default: "2000" } },
});
const seeds = Number(values.seeds);
const files = readdirSync(folder).filter((file) => file.endsWith(".patch"));
const names = files.map((file) => file.replace(/\.patch$/, "")).sort();
let taken = 0;
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined || !Number.isSafeInteger(seeds) || seeds < 1) {
	console.error(
		unknown === undefined ? "--seeds is a whole number" : `no mutant ${unknown}; there are ${names.join(", ")}`,
	);
	process.exit(64);
}

const wanted = positionals.length > 0 ? positionals : names;
const missed: string[] = [];
await Promise.all(Array.from({ length: availableParallelism() }, () => work()));
console.log(`${wanted.length - missed.length} of ${wanted.length} caught within ${seeds} seeds`);
process.exit(missed.length === 0 ? 0 : 1);

/** Takes one after the other from the list that all workers share. */
async function work(): Promise<void> {
	for (let name = next(); name !== undefined; name = next()) {
		const start = performance.now();
		const caught = await caughtBy(name);
		const seconds = Math.round((performance.now() - start) / 1000);
		if (caught === undefined) missed.push(name);
		const told = caught === undefined ? `${seeds} seeds and nothing wrong` : `seed ${caught.seed}: ${caught.violation}`;
		console.log(`${caught === undefined ? "MISSED" : "caught"}  ${name}, ${told}; ${seconds} s`);
	}
}

function next(): string | undefined {
	taken += 1;
	return wanted[taken - 1];
}

/** The first seed that fails with the bug, and what is wrong; undefined where none does. */
async function caughtBy(name: string): Promise<{ readonly seed: number; readonly violation: string } | undefined> {
	const copy = mkdtempSync(join(tmpdir(), "nexus-mutant-"));
	try {
		for (const part of ["src", "test", "package.json", "tsconfig.json", "bunfig.toml"]) {
			cpSync(join(root, part), join(copy, part), { recursive: true });
		}
		symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
		await run(["git", "apply", join(folder, `${name}.patch`)], copy);
		const script = join("test", "simulation", "first-failure.ts");
		const line = await run([process.execPath, script, "1", String(seeds)], copy);
		return line === "" ? undefined : (JSON.parse(line) as { seed: number; violation: string });
	} finally {
		rmSync(copy, { recursive: true, force: true });
	}
}

/**
 * What the command wrote.
 * @throws Error with what it said, where it failed
 */
async function run(words: string[], cwd: string): Promise<string> {
	const child = Bun.spawn(words, { cwd, stdout: "pipe", stderr: "pipe" });
	const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
	if ((await child.exited) !== 0) throw new Error(`${words.join(" ")}: ${err.slice(-2000)}`);
	return out.trim();
}
