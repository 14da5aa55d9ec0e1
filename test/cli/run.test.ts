/** `nexus run` as a process of its own: what it prints, that it serves, that it stops, and what it says where it cannot start. */
import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { call, configurationText, type Folder, temporaryFolder } from "./support/call-command.ts";

const main = join(import.meta.dir, "../../src/main.ts");
const webhookToken = "webhooktoken0123456789abcdef0123456789";
const secretKey = "hmac-key-0123456789abcdef0123456789abcdef";

type Child = Subprocess<"ignore", "pipe", "pipe">;
const running = new Set<Child>();

afterEach(async () => {
	for (const child of running) child.kill("SIGKILL");
	await Promise.all([...running].map((child) => child.exited));
	running.clear();
});

function spawn(folder: Folder, words: readonly string[]): Child {
	const child = Bun.spawn([process.execPath, main, ...words], {
		cwd: folder.path,
		env: { PATH: process.env["PATH"] ?? "", HOME: folder.path },
		stdin: "ignore",
		stdout: "pipe",
		stderr: "pipe",
	});
	running.add(child);
	return child;
}

interface Started {
	readonly child: Child;
	readonly url: string;
	readonly report: Readonly<Record<string, unknown>>;
	/** All of stderr, when it has ended. */
	readonly log: Promise<string>;
}

/** Starts `nexus run --json` on a free port and waits until it has printed where it is. */
async function start(folder: Folder, words: readonly string[] = []): Promise<Started> {
	const child = spawn(folder, ["run", "--port", "0", "--json", ...words]);
	const log = new Response(child.stderr).text();
	let text = "";
	for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
		text += part;
		if (!text.endsWith("\n}\n")) continue;
		const report = JSON.parse(text) as Record<string, unknown>;
		return { child, url: String(report["url"]), report, log };
	}
	throw new Error(`nexus run ended: ${await log}`);
}

function folderWith(text: Partial<Parameters<typeof configurationText>[0]> = {}): Folder {
	const folder = temporaryFolder();
	folder.write("nexus.yaml", configurationText({ port: 0, ...text }));
	return folder;
}

describe("a running nexus", () => {
	test("takes an alert of `nexus send`, and every command tells of it", async () => {
		using folder = folderWith();
		const { child, url, report, log } = await start(folder);
		expect(report).toMatchObject({
			version: expect.any(String),
			api: `${url}/api/v1`,
			data: join(folder.path, "data"),
		});
		const here = ["--url", url];

		const sent = await call(folder.path, ["send", "--wait", "--json", ...here]);
		expect(sent.exit).toBe(0);
		const { id, status, orders } = JSON.parse(sent.out) as { id: string; status: string; orders: readonly unknown[] };
		expect({ status, orders: orders.length }).toEqual({ status: "executed", orders: 1 });

		const explained = await call(folder.path, ["explain", id, ...here]);
		expect(explained.out).toStartWith(`Alert ${id}: LONG_ENTRY BTC/USD for MyRSIStrategy\nExecuted: bought `);
		expect(explained.out).toContain("What each stage decided");
		expect(explained.out).toContain("Fills");

		expect((await call(folder.path, ["alerts", ...here])).out).toContain(id);
		expect((await call(folder.path, ["orders", ...here])).out).toContain("filled");
		expect((await call(folder.path, ["positions", ...here])).out).toContain("long");
		const seen = await call(folder.path, ["status", ...here]);
		expect(seen).toMatchObject({ exit: 0, err: "" });
		expect(seen.out).toContain("1 executed");

		child.kill("SIGTERM");
		expect(await child.exited).toBe(0);
		expect(await log).toContain("stopped");
		// And without it, from the journal it left.
		expect((await call(folder.path, ["explain", id])).out).toStartWith(`Alert ${id}: LONG_ENTRY`);
	});

	test("is halted, reduced, resumed and flattened", async () => {
		using folder = folderWith();
		const { url } = await start(folder);
		const here = ["--url", url];
		const send = async () =>
			JSON.parse((await call(folder.path, ["send", "--wait", "--json", ...here])).out) as {
				status: string;
				code: string;
			};

		expect((await call(folder.path, ["halt", "--reason", "lunch", ...here])).out).toMatch(
			/halted for everything since .* by cli: lunch/,
		);
		expect(await send()).toMatchObject({ status: "rejected", code: "halted" });
		expect((await call(folder.path, ["reduce", ...here])).out).toContain("reducing for everything");
		expect(await send()).toMatchObject({ status: "rejected", code: "reducing" });
		expect((await call(folder.path, ["resume", ...here])).out).toContain("active for everything");
		expect(await send()).toMatchObject({ status: "executed" });
		const flattened = await call(folder.path, ["flatten", ...here]);
		expect(flattened.out).toStartWith("Flattened and halted everything: 1 order sent.\n");
		expect((await call(folder.path, ["positions", ...here])).out).toBe("No open positions.\n");
		expect((await call(folder.path, ["halt", "--strategy", "Nobody", ...here])).exit).toBe(1);
	});

	test("stops at once at a second signal", async () => {
		using folder = folderWith();
		const { child, url } = await start(folder);
		// A request that never ends keeps the first signal waiting.
		const endless = fetch(`${url}/webhook`, {
			method: "POST",
			body: new ReadableStream({ start: (sink) => sink.enqueue(new Uint8Array(1)) }),
		});
		const gone = endless.then(
			() => "answered",
			() => "cut",
		);
		await Bun.sleep(400);
		child.kill("SIGINT");
		await Bun.sleep(100);
		child.kill("SIGINT");
		expect(await child.exited).toBe(1);
		expect(await gone).toBe("cut");
	});

	test("with credentials prints none of them, neither to the screen nor to the log", async () => {
		using folder = folderWith({
			webhook: `  secret_key: ${secretKey}\n  token: ${webhookToken}`,
			rest: "log: { level: debug }",
		});
		const child = spawn(folder, ["run", "--port", "0"]);
		const out = child.stdout.pipeThrough(new TextDecoderStream());
		let text = "";
		for await (const part of out) {
			text += part;
			if (text.includes("Try it:\n  nexus send --wait\n")) break;
		}
		expect(text).toContain("<token of webhook>");
		const [, api = ""] = /(http:\S+)\/api\/v1/.exec(text) ?? [];
		expect((await fetch(`${api}/webhook/wrong-${webhookToken}`, { method: "POST", body: "{}" })).status).toBe(401);
		child.kill("SIGTERM");
		const log = await new Response(child.stderr).text();
		const token = await Bun.file(join(folder.path, "data/admin.token")).text();
		for (const secret of [secretKey, webhookToken, token.trim()]) expect(text + log).not.toContain(secret);
	});
});

describe("where it cannot start it says so in one line", () => {
	const lineOf = async (child: Child): Promise<{ exit: number; err: string; out: string }> => {
		const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
		return { exit: await child.exited, err, out };
	};

	test("a port in use", async () => {
		const other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
		const { port } = other;
		using folder = folderWith();
		const { exit, err, out } = await lineOf(spawn(folder, ["run", "--port", String(port)]));
		await other.stop(true);
		expect({ exit, out }).toEqual({ exit: 1, out: "" });
		expect(err.trimEnd().split("\n")).toHaveLength(1);
		expect(err).toStartWith(`nexus: port ${port} on 127.0.0.1 is already in use`);
	});

	test("a second nexus on the same data folder", async () => {
		using folder = folderWith();
		const { child } = await start(folder);
		const { exit, err } = await lineOf(spawn(folder, ["run", "--port", "0"]));
		expect(exit).toBe(1);
		expect(err.trimEnd().split("\n")).toHaveLength(1);
		expect(err).toStartWith("nexus: ");
		expect(child.exitCode).toBeNull();
	});

	test("a data folder that is a file", async () => {
		using folder = folderWith();
		folder.write("data", "");
		const { exit, err } = await lineOf(spawn(folder, ["run", "--port", "0"]));
		expect(exit).toBe(1);
		expect(err.trimEnd().split("\n")).toHaveLength(1);
		expect(err).toContain("data");
	});

	test("a configuration that is wrong", async () => {
		using folder = folderWith({ strategy: "    risk_multiplier: 7" });
		const { exit, err } = await lineOf(spawn(folder, []));
		expect(exit).toBe(78);
		expect(err).toMatch(
			/^nexus: nexus\.yaml cannot be used, it has 1 problem; correct what follows\nnexus\.yaml:15:5 strategies\[0\]\.risk_multiplier: /,
		);
	});
});
