/** The deliberate bugs still fit the source they are put into, and the simulation catches those that it sees soon; `bun run mutants` tries all. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");
const folder = join(import.meta.dir, "mutants");
const patches = readdirSync(folder).filter((file) => file.endsWith(".patch"));

test("there are ten and more, each says what it does wrong and changes only what ships", () => {
	expect(patches.length).toBeGreaterThanOrEqual(10);
	for (const patch of patches) {
		const text = readFileSync(join(folder, patch), "utf8");
		expect(text).toMatch(/^[A-Z"][^\n]{20,}\.\n\ndiff --git a\/src\//);
		const files = [...text.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file]) => file ?? "");
		expect(files.filter((file) => !file.startsWith("src/"))).toEqual([]);
	}
});

test.each(patches)("%s fits the source as it is", (patch) => {
	const { exitCode, stderr } = Bun.spawnSync(["git", "apply", "--check", join(folder, patch)], { cwd: root });
	expect({ exitCode, said: stderr.toString() }).toEqual({ exitCode: 0, said: "" });
});

test("those that are seen soon are caught by the command, and one that needs thousands of seeds is missed in one", () => {
	const soon = ["no-quarantine", "no-write-ahead", "only-open-orders"];
	const run = (...words: string[]) =>
		Bun.spawnSync([process.execPath, join(root, "scripts", "mutants.ts"), ...words], { cwd: root });
	const caught = run(...soon, "--seeds", "60");
	expect({ exitCode: caught.exitCode, said: caught.stdout.toString() }).toMatchObject({
		exitCode: 0,
		said: expect.stringContaining("3 of 3 caught within 60 seeds"),
	});
	const missed = run("entries-not-asked-again", "--seeds", "1");
	expect({ exitCode: missed.exitCode, said: missed.stdout.toString() }).toMatchObject({
		exitCode: 1,
		said: expect.stringMatching(/^MISSED {2}entries-not-asked-again, 1 seeds and nothing wrong/),
	});
}, 120_000);
