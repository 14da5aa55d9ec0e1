/** `nexus init`: what it writes can be used at once, and nothing that is there is touched. */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadSettings } from "../../src/config/load.ts";
import { call, temporaryFolder } from "./support/call-command.ts";

const files = [
	"nexus.yaml",
	"plugins/my-rsi-strategy.ts",
	"plugins/nexus.d.ts",
	"plugins/tsconfig.json",
	"nexus.schema.json",
];

describe("nexus init", () => {
	test("writes a configuration that nexus takes, an example and what editors need", async () => {
		using folder = temporaryFolder();
		const { exit, out, err } = await call(folder.path, ["init"]);
		expect({ exit, err }).toEqual({ exit: 0, err: "" });
		for (const file of files) {
			expect(out).toContain(`  wrote  ${file} `);
			expect(existsSync(join(folder.path, file))).toBe(true);
		}
		expect(out).toEndWith("\nNext: nexus run\n");
		expect(loadSettings(join(folder.path, "nexus.yaml"), {})).toMatchObject({ ok: true });
	});

	test("the example, checked with its own types and tsconfig, has no error", async () => {
		using folder = temporaryFolder();
		await call(folder.path, ["init"]);
		const compiler = join(import.meta.dir, "../../node_modules/.bin/tsc");
		const checked = Bun.spawnSync([compiler, "-p", join(folder.path, "plugins")]);
		expect(checked.stdout.toString()).toBe("");
		expect(checked.exitCode).toBe(0);
	});

	test("writes into a folder that it makes, and says how to go on", async () => {
		using folder = temporaryFolder();
		const { out } = await call(folder.path, ["init", "deep/bridge"]);
		expect(out).toStartWith("In deep/bridge\n");
		expect(out).toEndWith("\nNext: cd deep/bridge && nexus run\n");
		expect(readdirSync(join(folder.path, "deep/bridge")).toSorted()).toEqual([
			"nexus.schema.json",
			"nexus.yaml",
			"plugins",
		]);
	});

	test("keeps what is there, byte for byte, and says so", async () => {
		using folder = temporaryFolder();
		folder.write("nexus.yaml", "mine: true\n");
		folder.write("plugins/nexus.d.ts", "");
		const { exit, out } = await call(folder.path, ["init"]);
		expect(exit).toBe(0);
		expect(out).toContain("  kept   nexus.yaml ");
		expect(out).toContain("  kept   plugins/nexus.d.ts ");
		expect(out).toContain("  wrote  plugins/tsconfig.json ");
		expect(readFileSync(join(folder.path, "nexus.yaml"), "utf8")).toBe("mine: true\n");
		expect(readFileSync(join(folder.path, "plugins/nexus.d.ts"), "utf8")).toBe("");
	});

	test("--json lists both", async () => {
		using folder = temporaryFolder();
		folder.write("nexus.yaml", "");
		const { out } = await call(folder.path, ["init", "--json"]);
		expect(JSON.parse(out)).toEqual({ folder: folder.path, written: files.slice(1), kept: ["nexus.yaml"] });
	});

	test("a place that cannot be written is one line and no half-made folder's stack", async () => {
		using folder = temporaryFolder();
		folder.write("a-file", "");
		const { exit, out, err } = await call(folder.path, ["init", "a-file"]);
		expect({ exit, out }).toEqual({ exit: 1, out: "" });
		expect(err).toMatch(/^nexus: .*a-file cannot be written \(\w+\); choose another folder: nexus init DIR\n$/);
	});
});
