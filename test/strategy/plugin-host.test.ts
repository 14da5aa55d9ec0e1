/** Plugins with real processes: loading, reloading on save, broken files, names, stages. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { anAlert, strategySource, until, Workshop } from "./workshop.ts";

let shop: Workshop;
beforeEach(async () => {
	shop = await Workshop.make();
});
afterEach(() => shop.close());

const says = (text: string) => `return call.skip(${JSON.stringify(text)});`;

describe("loading", () => {
	test("a .ts plugin that imports nexus and a relative .ts file is a strategy", async () => {
		await shop.write("lib/words.ts", "export const words: string = 'from the relative file';");
		await shop.write(
			"a.ts",
			`import { words } from "./lib/words.ts";\n${strategySource("A", "return call.skip(words);", 'symbols: ["BTC/USD"], risk_multiplier: 2,')}`,
		);
		const { executor, host } = await shop.open();
		expect(await shop.reason("A")).toBe("from the relative file");
		expect(executor.find("A")?.symbols).toEqual(["BTC/USD"]);
		expect(executor.get("A")?.plugin).toEqual({ file: "plugins/a.ts", version: 1, error: null });
		expect(host.plugins()).toEqual([{ file: "plugins/a.ts", what: "strategy", name: "A", version: 1, error: null }]);
	});

	test("a .js plugin, a folder's index, and JSON beside it load; helpers, tests, types and node_modules do not", async () => {
		await shop.write("plain.js", strategySource("Plain", says("js")).replaceAll(": any", ""));
		await shop.write(
			"deep/index.ts",
			`import data from "./data.json";\n${strategySource("Deep", "return call.skip(data.text);")}`,
		);
		await shop.write("deep/data.json", '{ "text": "from json" }');
		for (const ignored of [
			"_helper.ts",
			".hidden.ts",
			"nexus.d.ts",
			"a.test.ts",
			"node_modules/x/index.ts",
			"_off/index.ts",
		]) {
			await shop.write(ignored, "throw new Error('must not be loaded')");
		}
		const { host } = await shop.open();
		expect(host.plugins().map(({ file }) => file)).toEqual(["plugins/deep/index.ts", "plugins/plain.js"]);
		expect(await shop.reason("Plain")).toBe("js");
		expect(await shop.reason("Deep")).toBe("from json");
	});

	test("a missing folder is no error, and plugins are found once it is there", async () => {
		const { host } = await shop.open();
		expect(host.plugins()).toEqual([]);
		await shop.write("a.ts", strategySource("A", says("late")));
		await until("the plugin is found", () => host.strategy("A") !== undefined);
		expect(await shop.reason("A")).toBe("late");
	});

	test("YAML overrides what the file declares, its settings key by key", async () => {
		await shop.write(
			"a.ts",
			strategySource(
				"A",
				"return call.skip(JSON.stringify(call.settings));",
				"max_positions: 7, pyramiding: 3, settings: { fast: 5, slow: 20 },",
			),
		);
		const { executor } = await shop.open({ declarations: [{ name: "A", pyramiding: 1, settings: { slow: 30 } }] });
		expect(await shop.reason("A")).toBe('{"fast":5,"slow":30}');
		expect(executor.find("A")).toMatchObject({ max_positions: 7, pyramiding: 1, settings: { fast: 5, slow: 30 } });
		expect(executor.all().length).toBe(1);
	});

	test("a strategy without a file follows the alert, also where other plugins are", async () => {
		await shop.write("a.ts", strategySource("A", says("a")));
		await shop.open({ declarations: [{ name: "Follower" }] });
		expect(await shop.ask("Follower", { type: "SHORT_ENTRY" })).toEqual({
			ok: true,
			signals: [{ kind: "enter", side: "short" }],
		});
		expect(shop.strategies.executor.get("Follower")?.plugin).toBeNull();
	});
});

describe("a broken file is told with its cause, and no stack", () => {
	const rows: { name: string; text: string; error: RegExp; limits?: { start_ms: number } }[] = [
		{
			name: "does not parse",
			text: "export default {\n  name: 'A\n",
			error: /^plugins\/a\.ts:2:9: Unterminated string/,
		},
		{
			name: "throws while loading",
			text: "const x: any = 1;\n\nx.y.z();",
			error: /^plugins\/a\.ts:3:3: TypeError: undefined is not/,
		},
		{
			name: "imports a file that is not there",
			text: 'import "./gone.ts";',
			error: /^plugins\/a\.ts: Cannot find module '\.\/gone\.ts'/,
		},
		{
			name: "imports a package that is not there",
			text: 'import "left-pad-99";',
			error: /^plugins\/a\.ts: Cannot find package/,
		},
		{
			name: "exports nothing",
			text: "export const a = 1;",
			error: /^plugins\/a\.ts: it has no default export made by defineStrategy/,
		},
		{
			name: "exports a bare object",
			text: "export default { name: 'A', onAlert() {} };",
			error: /no default export made by defineStrategy/,
		},
		{
			name: "has no onAlert",
			text: 'import { defineStrategy } from "nexus";\nexport default defineStrategy({ name: "A" } as any);',
			error: /^plugins\/a\.ts:2:\d+: TypeError: defineStrategy\(\): onAlert must be a function/,
		},
		{
			name: "has an unknown key",
			text: strategySource("A", says("x"), "symbol: ['BTC/USD'],"),
			error: /^plugins\/a\.ts: .*symbol/,
		},
		{
			name: "has a value out of range",
			text: strategySource("A", says("x"), "risk_multiplier: 7,"),
			error: /^plugins\/a\.ts: risk_multiplier: .*7/,
		},
		{
			name: "has a date among its settings",
			text: strategySource("A", says("x"), "settings: { d: new Date() },"),
			error: /settings\.d is a Date/,
		},
		{
			name: "finds its own settings wrong",
			text: strategySource(
				"A",
				says("x"),
				'settings: { n: 1 }, validate: (s) => s.n < 2 ? "n must be 2 or more" : undefined,',
			),
			error: /its settings: n must be 2 or more/,
		},
		{
			name: "hangs in an endless loop while loading",
			text: "for (;;);",
			error: /it was not ready 700 ms after its start/,
			limits: { start_ms: 700 },
		},
		{
			name: "waits for ever while loading",
			text: "await new Promise(() => {});",
			error: /it was not ready 700 ms after its start/,
			limits: { start_ms: 700 },
		},
		{
			name: "ends its process while loading",
			text: "process.exit(3);",
			error: /its process ended with exit code 3 while loading/,
		},
		{
			name: "rejects a promise while loading",
			text: "Promise.reject(new Error('lost'));\nawait new Promise(() => {});",
			error: /an unhandled rejection: plugins\/a\.ts:1:\d+: lost/,
		},
	];
	for (const { name, text, error, limits } of rows) {
		test(`one that ${name}`, async () => {
			await shop.write("a.ts", text);
			await shop.write("good.ts", strategySource("Good", says("good")));
			const { host } = await shop.open(limits === undefined ? {} : { limits });
			const view = host.plugins().find(({ file }) => file === "plugins/a.ts");
			expect(view?.error).toMatch(error);
			expect(view?.error).not.toContain("\n");
			expect(view?.version).toBe(0);
			expect(await shop.reason("Good")).toBe("good");
			expect(shop.changes.filter(({ kind }) => kind === "broken").length).toBe(1);
			expect(host.pids.length).toBe(1);
		});
	}

	test("settings of nexus.yaml that the plugin does not have, or of another kind, break it", async () => {
		await shop.write("a.ts", strategySource("A", says("x"), "settings: { fast: 5 },"));
		await shop.write("b.ts", strategySource("B", says("x"), "settings: { fast: 5 },"));
		await shop.open({
			declarations: [
				{ name: "A", settings: { fats: 6 } },
				{ name: "B", settings: { fast: "6" } },
			],
		});
		expect(shop.error("a.ts")).toContain("settings.fats, which the plugin does not have; it has fast");
		expect(shop.error("b.ts")).toContain("settings.fast to a string; the plugin wants a number");
	});

	test("a YAML strategy whose file never worked fails its alerts instead of following them", async () => {
		await shop.write("a.ts", 'export default { name: "A"');
		await shop.open({ declarations: [{ name: "A" }, { name: "Other" }] });
		expect(await shop.ask("A")).toMatchObject({ ok: false, code: "strategy_error" });
		expect(shop.strategies.executor.get("A")?.plugin).toMatchObject({ file: "plugins/a.ts", version: 0 });
		expect(await shop.ask("Other")).toEqual({ ok: true, signals: [{ kind: "enter", side: "long" }] });
	});
});

describe("reload on save", () => {
	test("the new text decides, the version counts up, and a relative file's save reloads too", async () => {
		await shop.write("lib/words.ts", "export const words = 'one';");
		const source = (prefix: string) =>
			`import { words } from "./lib/words.ts";\n${strategySource("A", `return call.skip("${prefix} " + words);`)}`;
		await shop.write("a.ts", source("first"));
		const { host } = await shop.open();
		expect(await shop.reason("A")).toBe("first one");
		await shop.write("a.ts", source("second"));
		await until("version 2", () => host.strategy("A")?.version === 2);
		expect(await shop.reason("A")).toBe("second one");
		await shop.write("lib/words.ts", "export const words = 'two';");
		await until("version 3", () => host.strategy("A")?.version === 3);
		expect(await shop.reason("A")).toBe("second two");
		await until("only one process is left", () => host.pids.length === 1);
	});

	test("an editor that writes beside and renames is noticed; other plugins are left alone", async () => {
		const file = await shop.write("a.ts", strategySource("A", says("old")));
		await shop.write("b.ts", strategySource("B", says("b")));
		const { host } = await shop.open();
		const beside = join(shop.root, "a.tmp");
		await writeFile(beside, strategySource("A", says("renamed")));
		await rename(beside, file);
		await until("version 2", () => host.strategy("A")?.version === 2);
		expect(await shop.reason("A")).toBe("renamed");
		expect(host.strategy("B")?.version).toBe(1);
	});

	test("a broken save keeps the last good version and says why; the cure or the old text clears it", async () => {
		const good = strategySource("A", says("good"));
		await shop.write("a.ts", good);
		const { host, executor } = await shop.open();
		await shop.write("a.ts", "this is (not TypeScript");
		await until("the error is shown", () => host.strategy("A")?.error !== null);
		expect(executor.get("A")?.plugin).toMatchObject({
			version: 1,
			error: expect.stringMatching(/^plugins\/a\.ts:1:\d+: /),
		});
		expect(await shop.reason("A")).toBe("good");
		await shop.write("a.ts", good);
		await until("the error is gone", () => host.strategy("A")?.error === null);
		expect(host.strategy("A")?.version).toBe(1);
		await shop.write("a.ts", strategySource("A", says("better")));
		await until("version 2", () => host.strategy("A")?.version === 2);
		expect(await shop.reason("A")).toBe("better");
		expect(shop.changes.map(({ kind }) => kind)).toEqual(["loaded", "broken", "loaded", "loaded"]);
	});

	test("a process lost while its file is broken comes back with the last good text", async () => {
		await shop.write(
			"a.ts",
			strategySource("A", "if (alert.action === 'die') process.exit(1);\nreturn call.skip('good');"),
		);
		const { host } = await shop.open();
		await shop.write("a.ts", "broken (");
		await until("the error is shown", () => host.strategy("A")?.error !== null);
		expect(await shop.ask("A", { action: "die" })).toMatchObject({ ok: false, code: "strategy_error" });
		expect(await shop.reason("A")).toBe("good");
	});

	test("a call in flight is finished by the old version", async () => {
		await shop.write(
			"a.ts",
			strategySource("A", "if (alert.action === 'slow') await Bun.sleep(1500);\nreturn call.skip('old');"),
		);
		const { host } = await shop.open();
		const slow = shop.ask("A", { action: "slow" });
		await shop.write("a.ts", strategySource("A", says("new")));
		await until("version 2", () => host.strategy("A")?.version === 2);
		expect(await shop.reason("A")).toBe("new");
		expect(await slow).toMatchObject({ ok: true, signals: [{ kind: "skip", reason: "old" }] });
		await until("the old process is gone", () => host.pids.length === 1);
	});

	test("a new file is a new strategy; a deleted one is unregistered, or follows where YAML declares it", async () => {
		await shop.write("a.ts", strategySource("A", says("a")));
		const { host, executor } = await shop.open({ declarations: [{ name: "A" }] });
		await shop.write("b.ts", strategySource("B", says("b")));
		await until("B is there", () => executor.get("B") !== undefined);
		expect(await shop.reason("B")).toBe("b");
		await shop.remove("a.ts");
		await shop.remove("b.ts");
		await until("B is gone", () => executor.get("B") === undefined && host.plugins().length === 0);
		expect(await shop.ask("A")).toEqual({ ok: true, signals: [{ kind: "enter", side: "long" }] });
		await until("no process is left", () => host.pids.length === 0);
		expect(
			shop.changes
				.filter(({ kind }) => kind === "removed")
				.map(({ name }) => name ?? "")
				.sort((a, b) => a.localeCompare(b)),
		).toEqual(["A", "B"]);
	});

	test("of two plugins with one name the second is broken, until the first is gone", async () => {
		await shop.write("a.ts", strategySource("Same", says("first")));
		await shop.write("b.ts", strategySource("Same", says("second")));
		const { host } = await shop.open();
		expect(await shop.reason("Same")).toBe("first");
		expect(shop.error("b.ts")).toBe(
			"plugins/b.ts: the strategy Same is defined in plugins/a.ts already; give one of them another name",
		);
		await shop.remove("a.ts");
		await until("the second took over", () => host.strategy("Same")?.file === "plugins/b.ts");
		expect(await shop.reason("Same")).toBe("second");
	});
});

describe("a pipeline stage from a plugin", () => {
	const stage = `import { defineStage } from "nexus";
export default defineStage({ name: "weekend", settings: { days: [6, 0], mode: "refuse" },
	onAlert(alert, { settings, refuse, skip, pass }) {
		if (alert.action === "odd") return { verdict: "maybe" } as any;
		if (alert.action === "bare") return undefined as any;
		if (settings.mode === "refuse") return refuse("closed at the weekend");
		return settings.mode === "skip" ? skip("not now") : settings.mode === "note" ? pass("late") : pass();
	} });`;
	const rows = [
		{ name: "refuses with its reason", mode: "refuse", answer: { verdict: "refuse", detail: "closed at the weekend" } },
		{ name: "skips with its reason", mode: "skip", answer: { verdict: "skip", detail: "not now" } },
		{ name: "passes", mode: "pass", answer: { verdict: "pass" } },
		{ name: "passes with a notice", mode: "note", answer: { verdict: "notice", detail: "late" } },
	];
	test("answers by its settings, is no strategy, and an answer that is none is an error", async () => {
		await shop.write("weekend.ts", stage);
		const { host, executor } = await shop.open({ stages: [{ name: "weekend", settings: { mode: "skip" } }] });
		for (const { mode, answer } of rows) {
			expect(await host.stage("weekend")?.run(anAlert(), { mode })).toEqual(answer as never);
		}
		expect(executor.list()).toEqual([]);
		expect(host.stage("other")).toBeUndefined();
		expect(await host.stage("weekend")?.run(anAlert({ action: "odd" }), {})).toMatchObject({
			verdict: "failed",
			detail: 'plugins/weekend.ts: verdict is "maybe", not pass, refuse or skip',
		});
		expect(await host.stage("weekend")?.run(anAlert({ action: "bare" }), {})).toMatchObject({
			verdict: "failed",
			code: "strategy_error",
		});
		expect(await host.stage("weekend")?.run(anAlert(), { mod: "x" })).toMatchObject({
			verdict: "failed",
			detail: expect.stringContaining("settings.mod"),
		});
	});

	test("a stage that throws or loops fails its alert and never lets it pass; a deleted one likewise", async () => {
		await shop.write(
			"gate.ts",
			'import { defineStage } from "nexus";\nexport default defineStage({ name: "gate", onAlert(alert, { pass }) { if (alert.action === "loop") for (;;); if (alert.action === "throw") throw new Error("boom"); return pass(); } });',
		);
		const { host } = await shop.open({ limits: { deadline_ms: 300 } });
		const gate = host.stage("gate");
		expect(await gate?.run(anAlert({ action: "throw" }), {})).toMatchObject({
			verdict: "failed",
			code: "strategy_error",
			detail: expect.stringMatching(/^plugins\/gate\.ts:2:\d+: boom$/),
		});
		expect(await gate?.run(anAlert({ action: "loop" }), {})).toMatchObject({
			verdict: "failed",
			code: "strategy_timeout",
		});
		expect(await gate?.run(anAlert(), {})).toEqual({ verdict: "pass" });
		await shop.remove("gate.ts");
		await until("the stage is gone", () => host.stage("gate") === undefined);
		expect(await gate?.run(anAlert(), {})).toMatchObject({
			verdict: "failed",
			detail: expect.stringContaining("gate"),
		});
	});

	test("a name that nexus.yaml could not write, and a key that a stage does not have, break it", async () => {
		await shop.write(
			"odd.ts",
			'import { defineStage } from "nexus";\nexport default defineStage({ name: "my stage", symbols: [], onAlert: (_, { pass }) => pass() } as any);',
		);
		await shop.open();
		expect(shop.error("odd.ts")).toContain("name: my stage is not a stage's name");
		expect(shop.error("odd.ts")).toContain("symbols: is not a key of a stage; it has name, description, settings");
	});

	test("settings of the pipeline that do not fit break it at the start", async () => {
		await shop.write("weekend.ts", stage);
		const { host } = await shop.open({ stages: [{ name: "weekend", settings: { mode: 7 } }] });
		expect(host.stage("weekend")).toBeUndefined();
		expect(shop.error("weekend.ts")).toContain("settings.mode to a number; the plugin wants a string");
	});
});
