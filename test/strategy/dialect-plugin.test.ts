/** Plugins that define a dialect: real processes that read messages, refuse them, break, and come back. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { DialectAnswer } from "../../src/domain/plugin-dialects.ts";
import { strategySource, until, Workshop } from "./workshop.ts";

let shop: Workshop;
beforeEach(async () => {
	shop = await Workshop.make();
});
afterEach(() => shop.close());

/** The source of a plugin: a dialect with this body of read(message). */
const dialectSource = (name: string, body: string, more = "") =>
	`import { defineDialect } from "nexus";\nexport default defineDialect({ name: "${name}", ${more}\nasync read(message: any) {\n${body}\n} } as any);\n`;

const works = "return { action: message.do, symbol: message.what };";
const ask = (message: unknown, name = "ninja"): Promise<DialectAnswer> =>
	shop.strategies.host.readDialect(name, message);
const said = (answer: DialectAnswer): string =>
	answer.ok ? answer.payloads : `${answer.refusal.code}: ${answer.refusal.detail}`;

describe("a dialect", () => {
	test("is loaded, listed with its shape, and reads", async () => {
		await shop.write("b.ts", dialectSource("ninja", works, 'recognises: { keys: ["do", "what"] },'));
		await shop.write("a.ts", dialectSource("stars", works, 'description: "x", recognises: { starts_with: "***" },'));
		await shop.write("c.ts", dialectSource("quiet", "return [{ action: message }, { action: 1.5 }];"));
		const { host, executor } = await shop.open();
		expect(host.dialects()).toEqual([
			{ name: "stars", recognises: { starts_with: "***" } },
			{ name: "ninja", recognises: { keys: ["do", "what"] } },
			{ name: "quiet" },
		]);
		expect(host.plugins()[1]).toEqual({
			file: "plugins/b.ts",
			what: "dialect",
			name: "ninja",
			version: 1,
			error: null,
		});
		expect(said(await ask({ do: "buy", what: "BTCUSD" }))).toBe('[{"action":"buy","symbol":"BTCUSD"}]');
		expect(said(await ask("text", "quiet"))).toBe('[{"action":"text"},{"action":1.5}]');
		expect(executor.all()).toEqual([]);
		expect(host.stage("ninja")).toBeUndefined();
	});

	test("may have the name of a strategy, whose settings are not its own", async () => {
		await shop.write("a.ts", dialectSource("ninja", works));
		await shop.write("b.ts", strategySource("ninja", 'return call.skip("s");', "settings: { x: 1 },"));
		await shop.open({
			declarations: [{ name: "ninja", settings: { x: 2 } }],
			stages: [{ name: "ninja", settings: {} }],
		});
		expect(shop.error("a.ts")).toBeNull();
		expect(await shop.reason("ninja")).toBe("s");
	});

	test("follows a save, keeps its last good version over a broken one, and is gone with its file", async () => {
		await shop.write("a.ts", dialectSource("ninja", works));
		const { host } = await shop.open();
		expect(host.dialects()).toEqual([{ name: "ninja" }]);
		await shop.write("a.ts", dialectSource("ninja", "return { v: 2 };", 'recognises: { keys: ["v"] },'));
		await until("the second version runs", () => host.dialects()[0]?.recognises !== undefined);
		expect(said(await ask({}))).toBe('[{"v":2}]');
		await shop.write("a.ts", "export default {");
		await until("the third is broken", () => shop.error("a.ts") !== null);
		expect(said(await ask({}))).toBe('[{"v":2}]');
		await shop.remove("a.ts");
		await until("it is gone", () => host.dialects().length === 0);
		expect(said(await ask({}))).toBe("dialect_failed: no plugin defines the dialect ninja any more");
	});

	test("that never worked is known by the name that its file speaks of", async () => {
		await shop.write("a.ts", `${dialectSource("ninja", works)}\nthrow new Error("boom");`);
		const { host } = await shop.open();
		expect(host.brokenFor("ninja")?.error).toBe("plugins/a.ts:7:11: boom");
		expect(host.brokenFor("other")).toBeUndefined();
	});
});

describe("a declaration is refused", () => {
	const rows: readonly (readonly [name: string, source: string, error: RegExp])[] = [
		["with a built-in's name", dialectSource("traderspost", works), /name: the dialect traderspost is built in/],
		["with capital letters", dialectSource("Ninja", works), /name: Ninja is not a dialect's name: 1 to 64 small/],
		[
			"with an unknown key",
			dialectSource("ninja", works, "keys: [1],"),
			/keys: is not a key of a dialect; it has name/,
		],
		["with a shape of no form", dialectSource("ninja", works, "recognises: [],"), /recognises: must be \{ keys/],
		[
			"with two shapes",
			dialectSource("ninja", works, 'recognises: { keys: ["a"], starts_with: "b" },'),
			/must be \{ keys/,
		],
		["with no keys", dialectSource("ninja", works, "recognises: { keys: [] },"), /keys must be 1 to 20 texts/],
		["with JSON's start", dialectSource("ninja", works, 'recognises: { starts_with: "{" },'), /must not begin with/],
		["with an empty start", dialectSource("ninja", works, 'recognises: { starts_with: "" },'), /a text of 1 to 64/],
		[
			"without read",
			'import { defineDialect } from "nexus";\nexport default defineDialect({ name: "ninja" } as any);',
			/defineDialect\(\): read must be a function/,
		],
	];
	test.each(rows)("%s", async (_name, source, error) => {
		await shop.write("a.ts", source);
		const { host } = await shop.open();
		expect(shop.error("a.ts")).toMatch(error);
		expect(host.dialects()).toEqual([]);
	});

	test("with the name of another file's dialect", async () => {
		await shop.write("a.ts", dialectSource("ninja", works));
		await shop.write("b.ts", dialectSource("ninja", works));
		await shop.open();
		expect(shop.error("b.ts")).toContain("the dialect ninja is defined in plugins/a.ts already");
	});
});

describe("a dialect that fails refuses that message only, and sending it again is asked for only where it can help", () => {
	const rows: readonly (readonly [name: string, body: string, said: RegExp])[] = [
		["refuses", 'return { refuse: "no lots here" };', /^dialect_refused: plugins\/a\.ts: no lots here$/],
		["throws", 'throw new Error("boom");', /^dialect_failed: plugins\/a\.ts:5:\d+: boom$/],
		["returns nothing", "return;", /^dialect_failed: plugins\/a\.ts: read must return an object, a list/],
		["returns an empty list", "return [];", /^dialect_failed: .*read must return an object/],
		["returns texts", 'return ["buy"];', /^dialect_failed: .*read must return an object/],
		["refuses without words", "return { refuse: 1 };", /^dialect_failed: .*refuse must be the reason as a text/],
		["returns a date", "return { time: new Date() };", /^dialect_failed: .*time is a Date/],
		["returns NaN", "return { price: NaN };", /^dialect_failed: .*price is NaN/],
		["answers too much", 'return { x: "x".repeat(70000) };', /^dialect_failed: .*larger than 65536 bytes/],
		["loops for ever", "for (;;);", /^dialect_failed: plugins\/a\.ts: no answer within 300 ms/],
		["waits for ever", "await new Promise(() => {});", /^dialect_failed: plugins\/a\.ts: no answer within 300 ms/],
		["ends its process", "process.exit(3);", /^not_recorded: .*plugins\/a\.ts: its process ended with exit code 3$/],
	];
	test.each(rows)("one that %s", async (_name, body, wanted) => {
		await shop.write("a.ts", dialectSource("ninja", `if (message.do === "fail") {\n${body}\n}\n${works}`));
		await shop.open({ limits: { deadline_ms: 300 } });
		expect(said(await ask({ do: "fail" }))).toMatch(wanted);
		expect(said(await ask({ do: "buy", what: "X" }))).toBe('[{"action":"buy","symbol":"X"}]');
	});

	test("one that eats memory", async () => {
		const body = `if (message.do === "fail") {\nconst all = [];\nfor (;;) { all.push(new Uint8Array(1e6).fill(1)); await Bun.sleep(0); }\n}\n${works}`;
		await shop.write("a.ts", dialectSource("ninja", body));
		await shop.open({ limits: { memory_bytes: 160_000_000 } });
		expect(said(await ask({ do: "fail" }))).toMatch(/^dialect_failed: plugins\/a\.ts: \d+ MB in use, 153 MB allowed/);
		expect(said(await ask({ do: "buy", what: "X" }))).toBe('[{"action":"buy","symbol":"X"}]');
	});

	test("a message that waits behind one that loops is told to come again, not left to wait, and is read then", async () => {
		await shop.write("a.ts", dialectSource("ninja", `if (message.do === "loop") for (;;);\n${works}`));
		await shop.open();
		const [looped, ...waited] = await Promise.all([{ do: "loop" }, { do: "a" }, { do: "b" }].map((m) => ask(m)));
		expect(looped && said(looped)).toContain("no answer within 1000 ms");
		for (const answer of waited) {
			expect(said(answer)).toMatch(
				/^not_recorded: .*plugins\/a\.ts: its process was busy with other messages for 500 ms$/,
			);
			expect(answer.ok ? 0 : answer.refusal.retry_after_s).toBe(1);
		}
		await until("it reads again", () => shop.logged.some((line) => line.includes("started again")));
		expect(said(await ask({ do: "buy", what: "X" }))).toBe('[{"action":"buy","symbol":"X"}]');
	});

	test("one that dies at every start is not waited for", async () => {
		const source = `import { existsSync, writeFileSync } from "node:fs";\nconst mark = "${shop.root}/started";\nif (existsSync(mark)) process.exit(1);\nwriteFileSync(mark, "");\n${dialectSource("ninja", "process.exit(2);")}`;
		await shop.write("a.ts", source);
		await shop.open();
		expect(said(await ask({}))).toContain("not_recorded: ");
		expect(said(await ask({}))).toMatch(/^not_recorded: .*it is being restarted, because /);
	});
});
