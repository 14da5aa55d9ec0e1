/** The programs of docs/embedding.md, as a reader copies them: they compile, run, and print what the page says. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const page = join(root, "docs/embedding.md");
const line_ms_max = 15_000;

interface Example {
	readonly file: string;
	readonly program: string;
	/** The bodies that the page posts with curl. */
	readonly posts: readonly string[];
	/** What the page says the program prints. */
	readonly prints: string;
}

/** Each section that begins with a file's name in backticks, a colon and its code. */
function examplesOf(text: string): readonly Example[] {
	return text.split(/^## /m).flatMap((section) => {
		const found = /^`([a-z]+\.ts)`:\n\n```ts\n(.*?)^```$/ms.exec(section);
		if (found === null) return [];
		const [, file = "", program = ""] = found;
		const posts = [...section.matchAll(/^curl -d '(.*?)' http:\/\/127\.0\.0\.1:8080\/webhook$/gm)];
		const prints = /^```text\n(.*?)^```$/ms.exec(section)?.[1] ?? "";
		return [{ file, program, posts: posts.map(([, body = ""]) => body), prints }];
	});
}

const examples = examplesOf(await Bun.file(page).text());
const folder = mkdtempSync(join(tmpdir(), "nexus-embedding-"));

beforeAll(() => {
	// What `bun link nexus` makes.
	mkdirSync(join(folder, "node_modules"));
	symlinkSync(root, join(folder, "node_modules/nexus"));
	for (const { file, program } of examples) writeFileSync(join(folder, file), program);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the page has the three programs, a page each at most", () => {
	expect(examples.map(({ file }) => file)).toEqual(["webhook.ts", "executor.ts", "bridge.ts"]);
	for (const { program, prints } of examples) {
		expect(program.split("\n").length).toBeLessThan(60);
		expect(prints).not.toBe("");
	}
});

/** A program that was started, and what it has printed so far. */
function started(file: string) {
	const child = Bun.spawn([process.execPath, file], {
		cwd: folder,
		env: { PATH: "", PORT: "0" },
		stdin: "ignore",
		stdout: "pipe",
		stderr: "pipe",
	});
	const said = { out: "" };
	const reading = (async () => {
		const decoder = new TextDecoder();
		for await (const chunk of child.stdout) said.out += decoder.decode(chunk, { stream: true });
	})();
	return { child, said, ended: Promise.all([reading, new Response(child.stderr).text(), child.exited]) };
}

/** Waits until the program has printed so many lines. */
async function untilLines(said: { readonly out: string }, count: number): Promise<void> {
	const late = performance.now() + line_ms_max;
	while (said.out.split("\n").length <= count && performance.now() < late) await Bun.sleep(5);
}

/** The lines that the page shows up to those of the next post: a line without indentation begins what one alert prints. */
function lineCounts(prints: string): readonly number[] {
	const lines = prints.trimEnd().split("\n");
	return lines
		.flatMap((line, index) => (line.startsWith(" ") ? [] : [index]))
		.slice(1)
		.concat(lines.length);
}

for (const { file, posts, prints } of examples) {
	test(`${file} prints what the page shows`, async () => {
		const { child, said, ended } = started(file);
		try {
			if (posts.length > 0) {
				await untilLines(said, 1);
				const url = /http:\S+/.exec(said.out)?.[0] ?? "";
				const counts = lineCounts(prints);
				for (const [index, body] of posts.entries()) {
					const response = await fetch(url, { method: "POST", body });
					expect(response.status).toBe(202);
					await untilLines(said, counts[index + 1] ?? 0);
					// Where the page says "twice".
					const again = await fetch(url, { method: "POST", body });
					expect({ status: again.status, said: await again.json() }).toMatchObject({
						status: 200,
						said: { status: "duplicate" },
					});
				}
				child.kill("SIGTERM");
			}
			const [, errors, code] = await ended;
			expect(errors).toBe("");
			expect(said.out.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:8080")).toBe(prints);
			if (posts.length === 0 || prints.endsWith("Stopped\n")) expect(code).toBe(0);
		} finally {
			child.kill("SIGKILL");
		}
	});
}

test("each program has no type errors under strict", async () => {
	const bunTypes = join(root, "node_modules/bun-types");
	const configuration = {
		extends: join(root, "tsconfig.json"),
		compilerOptions: { types: [bunTypes], paths: { nexus: [join(root, "src/index.ts")] } },
		include: ["*.ts"],
	};
	writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));
	const check = Bun.spawn(
		[process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false"],
		{
			stdout: "pipe",
			stderr: "pipe",
		},
	);
	const [out, , code] = await Promise.all([
		new Response(check.stdout).text(),
		new Response(check.stderr).text(),
		check.exited,
	]);
	expect({
		out: out
			.split("\n")
			.filter((line) => !line.startsWith(root))
			.join("\n"),
		code,
	}).toEqual({ out: "", code: 0 });
}, 60_000);
