/** The same plugins under the compiled binary: alone in a folder, with nothing on the PATH. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = await mkdtemp(join(tmpdir(), "nexus-compiled-"));
const home = join(root, "home");
const plugins = join(home, "plugins");

// What main.ts does, as small as it can be: one hidden argument, and a line per question on stdin.
const program = `
if (process.argv[2] === "__plugin") {
	const { pluginProcessMain } = await import("${join(import.meta.dir, "../../src/strategy/plugin-process.ts")}");
	await pluginProcessMain(process.argv);
} else {
	const { Workshop } = await import("${join(import.meta.dir, "workshop.ts")}");
	const shop = new Workshop("${home}");
	await shop.open({ limits: { deadline_ms: 700 } });
	console.log(JSON.stringify(shop.strategies.host.plugins()));
	for await (const line of console) {
		if (line === "") break;
		const [name = "", action = ""] = line.split(" ");
		if (name === "plugins") console.log(JSON.stringify(shop.strategies.host.plugins()));
		else console.log(JSON.stringify(await shop.ask(name, { action })));
	}
	await shop.close();
}
`;

const strategy = (name: string, body: string) =>
	`import { defineStrategy } from "nexus";\nimport { words } from "./lib/words.ts";\nexport default defineStrategy({ name: "${name}", onAlert(alert: { action: string }, { skip }) { ${body}; return skip(words); } });`;

async function build(): Promise<void> {
	await writeFile(join(root, "main.ts"), program);
	const built = Bun.spawn(
		[process.execPath, "build", "--compile", "--bytecode", "--format=esm", "main.ts", "--outfile", join(home, "nexus")],
		{ cwd: root, stdout: "pipe", stderr: "pipe" },
	);
	if ((await built.exited) !== 0) throw new Error(await new Response(built.stderr).text());
}

beforeAll(async () => {
	await mkdir(join(plugins, "lib"), { recursive: true });
	await build();
	await writeFile(join(plugins, "lib/words.ts"), "export const words: string = 'one';");
	await writeFile(join(plugins, "a.ts"), strategy("A", ""));
	await writeFile(join(plugins, "loops.ts"), strategy("Loops", "for (; alert.action === 'loop'; );"));
	await writeFile(join(plugins, "throws.ts"), strategy("Throws", "throw new Error('boom')"));
	await writeFile(join(plugins, "torn.ts"), "export default {");
	await writeFile(join(home, ".env"), "FROM_DOTENV=1");
}, 60_000);
afterAll(() => rm(root, { recursive: true, force: true }));

test("the compiled binary loads, isolates and reloads .ts plugins with an empty PATH", async () => {
	const nexus = Bun.spawn([join(home, "nexus")], {
		cwd: home,
		env: { PATH: "", NEXUS_SECRET_KEY: "secret" },
		stdin: "pipe",
		stdout: "pipe",
		stderr: "inherit",
	});
	const reader = nexus.stdout.getReader();
	let text = "";
	const line = async (): Promise<unknown> => {
		while (!text.includes("\n")) {
			const { value, done } = await reader.read();
			if (done) throw new Error(`nexus ended; it said ${text}`);
			text += new TextDecoder().decode(value);
		}
		const end = text.indexOf("\n");
		const first = text.slice(0, end);
		text = text.slice(end + 1);
		return JSON.parse(first);
	};
	const ask = async (question: string): Promise<unknown> => {
		await nexus.stdin.write(`${question}\n`);
		await nexus.stdin.flush();
		return line();
	};
	const says = (reason: string) => ({ ok: true, signals: [{ kind: "skip", reason }] });

	expect(await line()).toEqual([
		{ file: "plugins/a.ts", what: "strategy", name: "A", version: 1, error: null },
		{ file: "plugins/loops.ts", what: "strategy", name: "Loops", version: 1, error: null },
		{ file: "plugins/throws.ts", what: "strategy", name: "Throws", version: 1, error: null },
		{
			file: "plugins/torn.ts",
			what: null,
			name: null,
			version: 0,
			error: expect.stringMatching(/^plugins\/torn\.ts:1:\d+: /),
		},
	]);
	expect(await ask("A buy")).toEqual(says("one"));
	expect(await ask("Throws buy")).toMatchObject({
		ok: false,
		code: "strategy_error",
		detail: expect.stringMatching(/^plugins\/throws\.ts:3:\d+: boom$/),
	});
	expect(await ask("Loops loop")).toMatchObject({ ok: false, code: "strategy_timeout" });
	expect(await ask("Loops buy")).toEqual(says("one"));

	await writeFile(join(plugins, "lib/words.ts"), "export const words: string = 'two';");
	const end = performance.now() + 10_000;
	while (!Bun.deepEquals(await ask("A buy"), says("two")) && performance.now() < end) await Bun.sleep(50);
	expect(await ask("A buy")).toEqual(says("two"));
	await writeFile(join(plugins, "a.ts"), strategy("A", "return skip(JSON.stringify(process.env))"));
	while (!Bun.deepEquals(await ask("A buy"), says("{}")) && performance.now() < end) await Bun.sleep(50);
	expect(await ask("A buy")).toEqual(says("{}"));

	await nexus.stdin.end();
	expect(await nexus.exited).toBe(0);
}, 60_000);
