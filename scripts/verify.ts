/** `bun run verify`: format, lint, types, build, every test and the binary's smoke test; ends with `N passed, N failed`. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.ts";
import { installDependencies, root, run } from "./install.ts";

/** What one step came to; a step without tests of its own counts as one. */
interface Outcome {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
	/** Stands on the step's line. */
	readonly note?: string;
	/** Shown in full where something failed. */
	readonly output: string;
}

interface Step {
	readonly name: string;
	act(): Promise<Outcome>;
}

const once = (ok: boolean, output: string, note?: string): Outcome => ({
	passed: ok ? 1 : 0,
	failed: ok ? 0 : 1,
	skipped: 0,
	output,
	...(note === undefined ? {} : { note }),
});

/** The command line of a tool from node_modules, run by this very Bun: neither node nor bun need be on the PATH. */
function tool(file: string, ...words: readonly string[]): readonly string[] {
	return [process.execPath, join(root, "node_modules", file), ...words];
}

/** A step that is one command, which succeeds with exit code 0. */
function command(name: string, words: () => readonly string[], env: () => Record<string, string> = () => ({})): Step {
	return {
		name,
		act: async () => {
			const { code, output } = await run(words(), { env: { ...process.env, ...env() } });
			return once(code === 0, output);
		},
	};
}

/** The type-aware linter is a program of its own, which oxlint otherwise starts by way of node. */
function typeAwareLinter(): Record<string, string> {
	const suffix = process.platform === "win32" ? ".exe" : "";
	const file = join(root, `node_modules/@oxlint-tsgolint/${process.platform}-${process.arch}/tsgolint${suffix}`);
	return existsSync(file) ? { OXLINT_TSGOLINT_PATH: file } : {};
}

const attribute = (element: string, name: string): number =>
	Number(new RegExp(`\\b${name}="(\\d+)"`).exec(element)?.[1] ?? 0);

/** Runs `bun test` and counts what its JUnit report says. */
async function tests(): Promise<Outcome> {
	const folder = mkdtempSync(join(tmpdir(), "nexus-verify-"));
	try {
		const report = join(folder, "junit.xml");
		const { code, output } = await run(
			[process.execPath, "test", "--only-failures", "--reporter=junit", `--reporter-outfile=${report}`],
			{
				env: { ...process.env, FORCE_COLOR: "0" },
			},
		);
		const written = Bun.file(report);
		const total = (await written.exists()) ? (/<testsuites\b[^>]*>/.exec(await written.text())?.[0] ?? "") : "";
		const skipped = attribute(total, "skipped");
		const failed = attribute(total, "failures") + attribute(total, "errors");
		const passed = attribute(total, "tests") - failed - skipped;
		// A file that cannot be loaded, or an error between tests, is no test of its own and fails the run all the same.
		const unseen = failed === 0 && (code !== 0 || passed === 0) ? 1 : 0;
		return { passed, failed: failed + unseen, skipped, output, note: `${passed} tests` };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

const steps: readonly Step[] = [
	{
		name: "install",
		act: async () => once(true, "", (await installDependencies("all")) ?? "nothing to do"),
	},
	command("format", () => tool("@biomejs/biome/bin/biome", "format", ".")),
	command("lint", () =>
		tool("@biomejs/biome/bin/biome", "check", "--formatter-enabled=false", "--error-on-warnings", "."),
	),
	command(
		"promises",
		() => tool("oxlint/bin/oxlint", "--type-aware", "--deny-warnings", "src", "test", "scripts", "bench", "plugins"),
		typeAwareLinter,
	),
	command("types", () => tool("typescript/bin/tsc", "-p", ".", "--pretty", "false")),
	{ name: "build", act: async () => once(true, "", (await build()) ?? "dist/nexus is current") },
	{ name: "test", act: tests },
	command("smoke", () => [process.execPath, join(root, "scripts/smoke.ts")]),
];

async function attempt(step: Step): Promise<Outcome> {
	try {
		return await step.act();
	} catch (error) {
		return once(false, error instanceof Error ? error.message : String(error));
	}
}

const sum = { passed: 0, failed: 0, skipped: 0 };
for (const step of steps) {
	const start = performance.now();
	const outcome = await attempt(step);
	sum.passed += outcome.passed;
	sum.failed += outcome.failed;
	sum.skipped += outcome.skipped;
	const word = outcome.failed === 0 ? "ok" : "FAILED";
	const seconds = ((performance.now() - start) / 1000).toFixed(1);
	console.log(`${word.padEnd(7)} ${step.name.padEnd(9)} ${seconds.padStart(5)} s  ${outcome.note ?? ""}`.trimEnd());
	if (outcome.failed > 0) console.log(`\n${outcome.output}\n`);
	// Without the dependencies nothing below means anything.
	if (outcome.failed > 0 && step.name === "install") break;
}
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ""}`);
process.exit(sum.failed === 0 ? 0 : 1);
