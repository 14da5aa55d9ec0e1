/** Plugins that misbehave: each fails its own call, with the right code, and nothing else. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { aPosition, isAlive, strategySource, until, Workshop } from "./workshop.ts";

let shop: Workshop;
beforeEach(async () => {
	shop = await Workshop.make();
});
afterEach(() => shop.close());

/** A plugin that misbehaves for one action and answers "fine" for every other. */
const bad = (body: string) =>
	strategySource("Bad", `if (alert.action === "misbehave") { ${body} }\nreturn call.skip("fine");`);
const good = strategySource("Good", 'return call.skip("good");');

describe("a plugin that misbehaves fails its own call only, and answers the next one", () => {
	const rows: {
		name: string;
		body: string;
		code: string;
		detail: RegExp;
		limits?: { deadline_ms?: number; memory_bytes?: number };
		isRestarted: boolean;
	}[] = [
		{
			name: "throws",
			body: 'throw new Error("boom");',
			code: "strategy_error",
			detail: /^plugins\/bad\.ts:4:\d+: boom$/,
			isRestarted: false,
		},
		{
			name: "throws a text",
			body: 'throw "boom";',
			code: "strategy_error",
			detail: /^plugins\/bad\.ts: threw "boom"$/,
			isRestarted: false,
		},
		{
			name: "throws null",
			body: "throw null;",
			code: "strategy_error",
			detail: /^plugins\/bad\.ts: threw null$/,
			isRestarted: false,
		},
		{
			name: "uses what is not there",
			body: "alert.nothing.here;",
			code: "strategy_error",
			detail: /^plugins\/bad\.ts:4:\d+: TypeError: undefined is not an object/,
			isRestarted: false,
		},
		{
			name: "loops for ever",
			body: "for (;;);",
			code: "strategy_timeout",
			detail: /no answer within 400 ms/,
			limits: { deadline_ms: 400 },
			isRestarted: true,
		},
		{
			name: "waits for ever",
			body: "await new Promise(() => {});",
			code: "strategy_timeout",
			detail: /no answer within 400 ms/,
			limits: { deadline_ms: 400 },
			isRestarted: true,
		},
		{
			name: "eats memory in a loop",
			body: "const all = []; for (;;) all.push(new Uint8Array(1_000_000).fill(1));",
			code: "strategy_out_of_memory",
			detail: /\d+ MB in use, 150 MB allowed/,
			limits: { memory_bytes: 150 * 1024 * 1024 },
			isRestarted: true,
		},
		{
			name: "ends its process",
			body: "process.exit(0);",
			code: "strategy_error",
			detail: /^plugins\/bad\.ts: its process ended with exit code 0$/,
			isRestarted: true,
		},
		{
			name: "kills its process",
			body: 'process.kill(process.pid, "SIGKILL"); await Bun.sleep(1000);',
			code: "strategy_error",
			detail: /its process was ended by SIGKILL/,
			isRestarted: true,
		},
		{
			name: "aborts",
			body: "process.abort();",
			code: "strategy_error",
			detail: /its process was ended by SIG/,
			isRestarted: true,
		},
		{
			name: "leaves a rejection unhandled",
			body: 'Promise.reject(new Error("lost")); await Bun.sleep(1000);',
			code: "strategy_error",
			detail: /an unhandled rejection: plugins\/bad\.ts:4:\d+: lost/,
			isRestarted: true,
		},
		{
			name: "throws in a timer",
			body: 'setTimeout(() => { throw new Error("late"); }, 1); await Bun.sleep(1000);',
			code: "strategy_error",
			detail: /an error outside of a call: plugins\/bad\.ts:4:\d+: late/,
			isRestarted: true,
		},
		{
			name: "closes its channel",
			body: "process.disconnect(); await Bun.sleep(1000);",
			code: "strategy_error",
			detail: /its process ended/,
			isRestarted: true,
		},
	];
	for (const { name, body, code, detail, limits, isRestarted } of rows) {
		test(`one that ${name}`, async () => {
			await shop.write("bad.ts", bad(body));
			await shop.write("good.ts", good);
			const { host } = await shop.open(limits === undefined ? {} : { limits });
			const before = new Set(host.pids);
			const [answer, other] = await Promise.all([shop.ask("Bad", { action: "misbehave" }), shop.reason("Good")]);
			expect(answer).toEqual({ ok: false, code, detail: expect.stringMatching(detail) } as never);
			expect(other).toBe("good");
			expect(await shop.reason("Bad")).toBe("fine");
			expect(host.pids.filter((pid) => !before.has(pid)).length).toBe(isRestarted ? 1 : 0);
			expect(host.strategy("Bad")).toMatchObject({ version: 1, error: null });
		});
	}

	test("calls that wait behind one that loops are answered by the next process", async () => {
		await shop.write("bad.ts", bad("for (;;);"));
		await shop.open({ limits: { deadline_ms: 600 } });
		const answers = await Promise.all([
			shop.ask("Bad", { action: "misbehave" }),
			shop.reason("Bad"),
			shop.ask("Bad", { action: "misbehave" }),
			shop.reason("Bad"),
		]);
		expect(answers[0]).toMatchObject({ code: "strategy_timeout" });
		expect(answers[1]).toBe("fine");
		expect(answers[2]).toMatchObject({ code: "strategy_timeout" });
		expect(answers[3]).toBe("fine");
	});

	test("other strategies answer while one loops", async () => {
		await shop.write("bad.ts", bad("for (;;);"));
		await shop.write("good.ts", good);
		await shop.open({ limits: { deadline_ms: 1500 } });
		let isOver = false;
		const looping = shop.ask("Bad", { action: "misbehave" }).then((answer) => {
			isOver = true;
			return answer;
		});
		let answered = 0;
		while (!isOver) {
			expect(await shop.reason("Good")).toBe("good");
			answered += 1;
			await Bun.sleep(5);
		}
		expect(await looping).toMatchObject({ code: "strategy_timeout" });
		expect(answered).toBeGreaterThan(10);
	});

	test("memory eaten between calls is noticed too, and the plugin comes back", async () => {
		await shop.write(
			"bad.ts",
			bad(
				"const all: any[] = (globalThis as any).all = []; setInterval(() => all.push(new Uint8Array(20_000_000).fill(1)), 20);",
			),
		);
		const { host } = await shop.open({ limits: { memory_bytes: 200_000_000 } });
		const before = host.pids[0];
		expect(await shop.reason("Bad")).toBe("fine");
		await shop.ask("Bad", { action: "misbehave" });
		await until("a new process runs", () => host.pids.length === 1 && host.pids[0] !== before);
		await until("the loss is in the log", () => shop.logged.some((line) => line.includes("used too much memory")));
		expect(await shop.reason("Bad")).toBe("fine");
	});

	test("one that dies again and again is started again ever later, and its calls fail within the deadline", async () => {
		await shop.write("bad.ts", strategySource("Bad", "process.exit(1);"));
		const { host } = await shop.open({ limits: { deadline_ms: 300 } });
		const details: string[] = [];
		for (let i = 0; i < 5; i++) {
			const answer = await shop.ask("Bad");
			if (!answer.ok) details.push(answer.detail);
		}
		expect(details.length).toBe(5);
		expect(details).toContain("plugins/bad.ts: its process ended with exit code 1");
		expect(details).toContain("plugins/bad.ts: it is being restarted, because its process ended with exit code 1");
		const delays = shop.logged.flatMap((line) => /started again in (\d+) ms/.exec(line)?.[1] ?? []);
		expect(delays.slice(0, 3)).toEqual(["100", "200", "400"]);
		expect(host.pids.length).toBeLessThanOrEqual(1);
	});
});

describe("what a plugin is given and what it can see", () => {
	test("its environment is empty, it cannot speak for itself, and no .env beside it is read", async () => {
		process.env.NEXUS_TEST_SECRET = "parent-secret";
		await shop.write(".env", "FROM_DOTENV=1\n");
		await shop.write(
			"bad.ts",
			strategySource(
				"A",
				"return call.skip(JSON.stringify([process.env, Bun.env, typeof process.send, process.argv.length]));",
			),
		);
		await shop.open();
		const seen = await shop.reason("A");
		delete process.env.NEXUS_TEST_SECRET;
		expect(seen).not.toContain("parent-secret");
		expect(seen).not.toContain("FROM_DOTENV");
		expect(seen.startsWith('[{},{},"undefined"')).toBe(true);
	});

	test("it sees alert, position, account, now; a flat position is null", async () => {
		await shop.write(
			"a.ts",
			strategySource(
				"A",
				"return call.skip([alert.symbol, call.position?.quantity ?? null, call.account.equity, call.now].join(' '));",
			),
		);
		await shop.open();
		expect(await shop.reason("A")).toBe("BTC/USD  100000 2026-01-31T12:00:00.000Z");
		expect(await shop.reason("A", { position: aPosition() })).toBe("BTC/USD 0.5 100000 2026-01-31T12:00:00.000Z");
		expect(await shop.reason("A", { position: aPosition({ side: "flat", quantity: "0" }) })).toContain(
			"BTC/USD  100000",
		);
	});

	test("its state comes back with the answer where it changed, and is handed in again", async () => {
		await shop.write(
			"a.ts",
			strategySource(
				"A",
				"if (alert.action === 'buy') { call.state.count += 1; call.state.seen.push(alert.symbol); }\nreturn call.skip(String(call.state.count));",
				"state: { count: 0, seen: [] },",
			),
		);
		await shop.open();
		const first = await shop.ask("A");
		expect(first).toMatchObject({ ok: true, state: { count: 1, seen: ["BTC/USD"] } });
		const second = await shop.ask("A", {}, { state: first.ok ? first.state : undefined });
		expect(second).toMatchObject({ ok: true, state: { count: 2, seen: ["BTC/USD", "BTC/USD"] } });
		const third = await shop.ask("A", { action: "look" }, { state: second.ok ? second.state : undefined });
		expect(third).toEqual({ ok: true, signals: [{ kind: "skip", reason: "2" }] });
	});

	test("what it prints is in the log as its own, cut and limited, and printing without end harms nobody", async () => {
		await shop.write(
			"a.ts",
			strategySource(
				"A",
				"call.log('hello', { a: 1 });\nconsole.error('oh');\nconsole.log('x'.repeat(5000));\nreturn call.skip('fine');",
			),
		);
		await shop.write("bad.ts", bad("for (;;) console.log('y'.repeat(200));"));
		await shop.open({ limits: { deadline_ms: 1500 } });
		const before = process.memoryUsage.rss();
		expect(await shop.ask("Bad", { action: "misbehave" })).toMatchObject({ code: "strategy_timeout" });
		expect(process.memoryUsage.rss() - before).toBeLessThan(80_000_000);
		expect(shop.logged.filter((line) => line.includes("yyyy")).length).toBeLessThan(400);
		expect(await shop.reason("A")).toBe("fine");
		await until("the lines are there", () => shop.logged.some((line) => line.includes("xxx")));
		expect(shop.logged.some((line) => line.startsWith("info plugins/a.ts hello {"))).toBe(true);
		expect(shop.logged).toContain("warn plugins/a.ts oh");
		expect(shop.logged.find((line) => line.includes("xxx"))?.length).toBeLessThan(1100);
	});
});

describe("what a plugin answers is checked", () => {
	const rows: { name: string; body: string; detail: string }[] = [
		{ name: "a text", body: 'return "buy";', detail: '"buy" is not a signal' },
		{
			name: "an unknown kind",
			body: 'return { kind: "buy" };',
			detail: 'kind is "buy", not enter or exit or cancel or skip',
		},
		{
			name: "an unknown side",
			body: 'return { kind: "enter", side: "up" };',
			detail: 'side is "up", not long or short',
		},
		{
			name: "an unknown field",
			body: 'return { kind: "enter", side: "long", stopLoss: "2%" };',
			detail: "stopLoss is not a field of a signal of kind enter",
		},
		{
			name: "a stop that is a float",
			body: 'return { kind: "enter", side: "long", stop_loss: 1.5 };',
			detail: "stop_loss is 1.5, not a text",
		},
		{
			name: "a limit of zero",
			body: 'return { kind: "enter", side: "long", limit: "0.0" };',
			detail: 'limit is "0.0", not above zero',
		},
		{
			name: "17 signals",
			body: "return Array.from({ length: 17 }, () => call.exit());",
			detail: "holds 17 signals; at most 16",
		},
		{
			name: "an answer of a megabyte",
			body: 'return call.skip("x".repeat(1_000_000));',
			detail: "larger than 65536 bytes",
		},
		{
			name: "a reason of 2000 characters",
			body: 'return call.skip("x".repeat(2000));',
			detail: "reason is longer than 1000",
		},
		{
			name: "a stop that is not a number",
			body: "return call.enterLong({ stopLoss: Number.NaN });",
			detail: "enterLong: stopLoss is NaN",
		},
		{
			name: "a number with an exponent",
			body: "return call.enterLong({ limit: 1e-9 });",
			detail: "limit is 1e-9: write so large or small a number as a text",
		},
		{
			name: "a misspelt option",
			body: 'return call.enterLong({ stoploss: "2%" });',
			detail: "enterLong has no option stoploss; it has size, limit, stopLoss",
		},
		{
			name: "a signal that is not returned",
			body: "call.enterLong();",
			detail: "did not return it: write `return enterLong()`",
		},
		{
			name: "a state with a date in it",
			body: 'call.state.at = new Date(); return call.skip("x");',
			detail: "state.at is a Date",
		},
		{
			name: "a state that contains itself",
			body: 'call.state.me = call.state; return call.skip("x");',
			detail: "nested deeper than 64 levels, or contains itself",
		},
		{
			name: "a state of 70 KB",
			body: 'call.state.all = "x".repeat(70_000); return call.skip("x");',
			detail: "state is larger than 65536 bytes",
		},
	];
	test("each bad answer is strategy_error and names what is wrong; the plugin goes on", async () => {
		const cases = rows.map(({ body }, index) => `if (alert.action === "case ${index}") { ${body} return undefined; }`);
		await shop.write("a.ts", strategySource("A", `${cases.join("\n")}\nreturn call.skip("fine");`));
		const { host } = await shop.open();
		const before = host.pids;
		for (const [index, { name, detail }] of rows.entries()) {
			const answer = await shop.ask("A", { action: `case ${index}` });
			const said = answer.ok ? "no error" : `${answer.code} ${answer.detail}`;
			expect(said, name).toStartWith("strategy_error plugins/a.ts");
			expect(said, name).toContain(detail);
		}
		expect(await shop.reason("A")).toBe("fine");
		expect(host.pids).toEqual(before);
	});

	test("good answers arrive as they were meant", async () => {
		await shop.write(
			"a.ts",
			strategySource(
				"A",
				`switch (alert.action) {
	case "enter": return call.enterLong({ size: "risk 1%", limit: 41999.5, stopLoss: "2%", takeProfit: 50000, reason: "go" });
	case "both": return [call.exit({ side: "long", quantity: "50%" }), call.enterShort()];
	case "none": return;
	case "empty": return [];
	case "null": return null;
}`,
			),
		);
		await shop.open();
		const signals = async (action: string) => {
			const answer = await shop.ask("A", { action });
			return answer.ok ? answer.signals : answer;
		};
		const nothing = [{ kind: "skip", reason: "the strategy returned nothing" }];
		expect(await signals("enter")).toEqual([
			{
				kind: "enter",
				side: "long",
				size: "risk 1%",
				limit: "41999.5",
				stop_loss: "2%",
				take_profit: "50000",
				reason: "go",
			},
		]);
		expect(await signals("both")).toEqual([
			{ kind: "exit", side: "long", quantity: "50%" },
			{ kind: "enter", side: "short" },
		]);
		for (const action of ["none", "empty", "null", "other"]) expect(await signals(action)).toEqual(nothing as never);
	});
});

test("a parent killed by SIGKILL leaves no plugin process behind, not even one that loops", async () => {
	await shop.write("idle.ts", good);
	await shop.write("bad.ts", bad("for (;;);"));
	const program = join(shop.root, "parent.ts");
	const source = join(import.meta.dir, "workshop.ts");
	await Bun.write(
		program,
		`import { anAlert, Workshop } from ${JSON.stringify(source)};
const shop = new Workshop(${JSON.stringify(shop.root)});
const { host } = await shop.open({ limits: { deadline_ms: 60_000 } });
void shop.ask("Bad", { action: "misbehave" });
await Bun.sleep(200);
console.log(JSON.stringify(host.pids));
setInterval(() => undefined, 1000);`,
	);
	const parent = Bun.spawn([process.execPath, program], { stdout: "pipe", stderr: "inherit" });
	const { value } = await parent.stdout.getReader().read();
	const pids = JSON.parse(new TextDecoder().decode(value)) as number[];
	expect(pids.length).toBe(2);
	for (const pid of pids) expect(await isAlive(pid)).toBe(true);
	parent.kill("SIGKILL");
	await parent.exited;
	const end = performance.now() + 5000;
	const alive = async () => (await Promise.all(pids.map(isAlive))).includes(true);
	while ((await alive()) && performance.now() < end) await Bun.sleep(20);
	expect(await alive()).toBe(false);
});

test("stop() ends every process, also those with a call in flight", async () => {
	await shop.write("bad.ts", bad("for (;;);"));
	await shop.write("good.ts", good);
	const opened = await shop.open();
	const pids = opened.host.pids;
	expect(pids.length).toBe(2);
	const looping = shop.ask("Bad", { action: "misbehave" });
	const waiting = shop.ask("Bad");
	await Bun.sleep(50);
	await opened.stop();
	expect(await looping).toMatchObject({ ok: false, code: "strategy_error" });
	expect(await waiting).toMatchObject({ ok: false, code: "strategy_error" });
	for (const pid of pids) expect(await isAlive(pid)).toBe(false);
	expect(opened.host.pids).toEqual([]);
});
