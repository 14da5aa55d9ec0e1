/** Plugins beside the lone binary: decided by, reloaded, broken in every way, and remembered, with nothing on the PATH. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import type { Order, StrategyView } from "../../src/domain/records.ts";
import { RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const reload_ms_max = 10_000;

const yaml = (rest: string): string => `
webhook: { host: 127.0.0.1, port: 0 }
accounts:
  paper: { broker: paper, currency: USD, balance: 1000000, fee: 0%, slippage: 0% }
risk: { unlimited_position_size: true, unlimited_exposure: true, no_daily_loss_limit: true }
${rest}`;
const limits = "plugin_limits: { deadline: 1s, memory: 128MB }\n";
const stages = "  - signature\n  - dedupe\n  - rate_limit: { rate: 10000/s, burst: 10000 }\n  - freshness\n";

let count = 0;
const alert = (strategy: string, fields: object = {}) => ({
	alert_id: `p-${++count}`,
	action: "buy",
	symbol: "BTC/USD",
	price: 40_000,
	strategy,
	timeframe: "1h",
	...fields,
});

const strategy = (name: string, body: string): string =>
	`import { defineStrategy } from "nexus";
export default defineStrategy({
	name: "${name}",
	onAlert(alert, { enterLong, exit, skip, state }) {
		${body}
	},
});
`;

const decider = `import { defineStrategy } from "nexus";
import { words } from "./rules/words.ts";

export default defineStrategy({
	name: "Decider",
	symbols: ["BTC/USD"],
	onAlert: (alert, { enterLong, skip }) => (alert.message === "enter" ? enterLong({ size: "0.25 BTC" }) : skip(words)),
});
`;
const words = (text: string): string => `export const words: string = ${JSON.stringify(text)};\n`;

/** Asks with new alerts until the answer is the wanted one. */
async function untilReason(nexus: RunningNexus, name: string, reason: string): Promise<string> {
	const late = performance.now() + reload_ms_max;
	for (;;) {
		const said = (await nexus.send(alert(name))).reason ?? "";
		if (said === reason || performance.now() > late) return said;
		await Bun.sleep(50);
	}
}

/** Waits until the plugin of a strategy is said to be broken, or no longer. */
async function untilBroken(nexus: RunningNexus, name: string, broken: boolean): Promise<StrategyView | undefined> {
	const late = performance.now() + reload_ms_max;
	for (;;) {
		const view = (await nexus.list<StrategyView>("strategies")).find((one) => one.name === name);
		if ((view?.plugin_error != null) === broken || performance.now() > late) return view;
		await Bun.sleep(50);
	}
}

/** The orders that rest at the broker, once there are so many. */
async function untilStanding(nexus: RunningNexus, wanted: number): Promise<readonly Order[]> {
	const late = performance.now() + reload_ms_max;
	for (;;) {
		const standing = (await nexus.orders()).filter(({ status }) => status === "accepted");
		if (standing.length === wanted || performance.now() > late) return standing;
		await Bun.sleep(20);
	}
}

describe("a plugin file beside the binary", () => {
	let nexus: RunningNexus;
	beforeAll(async () => {
		nexus = await RunningNexus.start({
			alone: true,
			yaml: yaml(`${limits}pipeline:\n${stages}  - sequence\n  - risk\n`),
			plugins: { "decider.ts": decider, "rules/words.ts": words("first words") },
		});
	});

	test("a .ts file that imports nexus and a relative file decides", async () => {
		expect(await nexus.send(alert("Decider"))).toMatchObject({ status: "skipped", reason: "first words" });
		const entered = await nexus.send(alert("Decider", { message: "enter" }));
		expect(entered).toMatchObject({ status: "executed", orders: [{ side: "buy", quantity: "0.25" }] });
	});

	test("saving the relative file reloads it, without a restart", async () => {
		nexus.write("plugins/rules/words.ts", words("second words"));
		expect(await untilReason(nexus, "Decider", "second words")).toBe("second words");
	});

	test("a save that does not parse keeps the last good version deciding, and says where and why", async () => {
		nexus.write("plugins/rules/words.ts", "export const words: string = 'no end\n");
		const view = await untilBroken(nexus, "Decider", true);
		expect(view?.plugin_error).toMatch(/^plugins\/rules\/words\.ts:1:\d+: /);
		expect(await nexus.send(alert("Decider"))).toMatchObject({ status: "skipped", reason: "second words" });
		expect((await nexus.ask("status")).out).toContain("plugins/rules/words.ts:1:");
		nexus.write("plugins/rules/words.ts", words("third words"));
		expect(await untilReason(nexus, "Decider", "third words")).toBe("third words");
		expect((await untilBroken(nexus, "Decider", false))?.plugin_error).toBeNull();
	});

	test("a file that is new is taken up, one that is gone is not asked any more", async () => {
		nexus.write("plugins/late.js", strategy("Late", "return skip('here since just now')"));
		expect(await untilReason(nexus, "Late", "here since just now")).toBe("here since just now");
		await Bun.file(join(nexus.path, "plugins/late.js")).delete();
		const late = performance.now() + reload_ms_max;
		let ended = await nexus.send(alert("Late"));
		while (ended.code !== "unknown_strategy" && performance.now() < late) ended = await nexus.send(alert("Late"));
		expect(ended).toMatchObject({ status: "rejected", code: "unknown_strategy" });
	});
});

describe("plugins that misbehave", () => {
	let nexus: RunningNexus;
	/** In and out again, so that each alert of this strategy has something to do. */
	let inside = false;
	const steady = async (): Promise<string> => {
		inside = !inside;
		const { status, reason } = await nexus.send(alert("Steady", { action: inside ? "buy" : "close_long" }));
		return status === "executed" ? status : `${status}: ${reason}`;
	};
	beforeAll(async () => {
		nexus = await RunningNexus.start({
			alone: true,
			yaml: yaml(`${limits}pipeline:\n${stages}  - gate: { closed: shut }\n  - sequence\n  - risk
strategies:
  - { name: Steady, size: 0.01 BTC }
  - { name: Torn, size: 0.01 BTC }
`),
			plugins: {
				"throws.ts": strategy("Throws", `if (alert.message === "go") throw new Error("boom"); return skip("well");`),
				"rejects.ts": strategy(
					"Rejects",
					`void Promise.reject(new Error("left behind")); return new Promise(() => {});`,
				),
				"leaves.ts": strategy("Leaves", "process.exit(0)"),
				"loops.ts": strategy("Loops", `for (; alert.message === "go"; ); return skip("well");`),
				"hungry.ts": strategy(
					"Hungry",
					`const kept = []; while (alert.message === "go") kept.push(new Uint8Array(4e6).fill(1)); return skip("well");`,
				),
				"nonsense.ts": strategy("Nonsense", `return { kind: "enter", side: "up" };`),
				"environment.ts": strategy("Environment", "return skip(JSON.stringify(process.env));"),
				"torn.ts": `export default { name: "Torn", onAlert(`,
				"gate.ts": `import { defineStage } from "nexus";
export default defineStage({
	name: "gate",
	settings: { closed: "" },
	onAlert: (alert, { settings, pass, refuse }) => (alert.message === settings.closed ? refuse("the gate is shut") : pass()),
});
`,
			},
			env: { NEXUS_ADMIN_TOKEN: "not-for-plugins" },
		});
	});

	const faults = [
		["throws", "Throws", "strategy_error", /plugins\/throws\.ts:5:\d+: boom/],
		["leaves a rejected promise behind", "Rejects", "strategy_error", /left behind/],
		["ends its own process", "Leaves", "strategy_error", /ended/],
		["loops for ever", "Loops", "strategy_timeout", /1 s|1000 ms/],
		["eats memory", "Hungry", "strategy_out_of_memory", /128 MB/],
		["answers nonsense", "Nonsense", "strategy_error", /side/],
		["does not parse", "Torn", "strategy_error", /plugins\/torn\.ts:1:\d+/],
	] as const;
	for (const [what, name, code, reason] of faults) {
		test(`one that ${what} fails its own alert with ${code}; another strategy's alerts meanwhile all execute`, async () => {
			const { json } = await nexus.post(alert(name, { message: "go" }));
			for (let others = 0; others < 20; others += 1) expect(await steady()).toBe("executed");
			const failed = await nexus.ended(json.id ?? "");
			expect(failed).toMatchObject({ status: "failed", code, orders: [] });
			expect(failed.reason).toMatch(reason);
			expect(await steady()).toBe("executed");
		});
	}

	test("a looping plugin holds nobody up: another strategy's alert on the same symbol ends while it is still waited for", async () => {
		const { json } = await nexus.post(alert("Loops", { message: "go" }));
		expect(await steady()).toBe("executed");
		expect((await nexus.alert(json.id ?? "")).status).toBe("accepted");
		expect(await nexus.ended(json.id ?? "")).toMatchObject({ status: "failed", code: "strategy_timeout" });
	});

	test("each is asked again with the next alert, and answers", async () => {
		for (const name of ["Throws", "Loops", "Hungry"]) {
			expect(await nexus.send(alert(name))).toMatchObject({ status: "skipped", reason: "well" });
		}
	});

	test("a plugin sees no environment variable of nexus", async () => {
		expect((await nexus.send(alert("Environment"))).reason).toBe("{}");
	});

	test("a stage named in pipeline: refuses with its own words, with the settings of nexus.yaml", async () => {
		if (inside) await steady();
		const orders = (await nexus.orders()).length;
		const refused = await nexus.send(alert("Steady", { message: "shut" }));
		expect(refused).toMatchObject({
			status: "rejected",
			code: "stage_refused",
			reason: "the gate is shut",
			orders: [],
		});
		expect(refused.trace?.at(-1)).toMatchObject({ stage: "gate", verdict: "refuse", code: "stage_refused" });
		expect(await nexus.orders()).toHaveLength(orders);
		const passed = await nexus.send(alert("Steady", { message: "open" }));
		expect(passed.status).toBe("executed");
		expect(passed.trace).toContainEqual(expect.objectContaining({ stage: "gate", verdict: "pass" }));
	});
});

const counter = `import { defineStrategy } from "nexus";
export default defineStrategy({
	name: "Counter",
	state: { seen: 0 },
	onAlert(alert, { state, skip }) {
		state.seen += 1;
		if (alert.message === "fail") throw new Error("forget this one");
		return skip(\`seen \${state.seen}\`);
	},
});
`;

test("a plugin's memory survives kill -9 and restart", async () => {
	await using nexus = await RunningNexus.start({ alone: true, yaml: yaml(""), plugins: { "counter.ts": counter } });
	expect((await nexus.send(alert("Counter"))).reason).toBe("seen 1");
	expect((await nexus.send(alert("Counter"))).reason).toBe("seen 2");
	expect((await nexus.send(alert("Counter", { message: "fail" }))).code).toBe("strategy_error");
	await nexus.restart();
	expect((await nexus.send(alert("Counter"))).reason).toBe("seen 3");
});

test("a plugin's memory loses nothing when alerts on several symbols come at once", async () => {
	const open = yaml("pipeline: [signature, dedupe, rate_limit: { rate: 10000/s, burst: 10000 }, risk]\n");
	await using nexus = await RunningNexus.start({ yaml: open, plugins: { "counter.ts": counter } });
	const symbols = ["BTC/USD", "ETH/USD", "SOL/USD", "LTC/USD"];
	const sent = Array.from({ length: 40 }, (_, index) => alert("Counter", { symbol: symbols[index % symbols.length] }));
	const seen = (await Promise.all(sent.map((one) => nexus.send(one)))).map(({ reason }) => reason ?? "");
	const all = sent.map((_, index) => `seen ${index + 1}`);
	expect(seen.sort()).toEqual(all.sort());
});

describe("the two examples in plugins/", () => {
	let nexus: RunningNexus;
	beforeAll(async () => {
		const folder = join(import.meta.dir, "../../plugins");
		const files = [...new Glob("**/*.ts").scanSync({ cwd: folder })];
		const texts = await Promise.all(files.map(async (file) => [file, await Bun.file(join(folder, file)).text()]));
		nexus = await RunningNexus.start({ alone: true, yaml: yaml(""), plugins: Object.fromEntries(texts) });
	});

	test("nexus check knows both", async () => {
		const { exit, out } = await nexus.command("check", "--json");
		expect(exit).toBe(0);
		expect(out).toContain("plugins/my-rsi-strategy.ts");
		expect(out).toContain("plugins/trend-rider/index.ts");
	});

	test("my-rsi-strategy enters with a stop 2% away, and a sell takes both away", async () => {
		const entered = await nexus.send(alert("MyRSIStrategy"));
		expect(entered).toMatchObject({ status: "executed", strategy: "MyRSIStrategy" });
		expect(entered.orders).toMatchObject([{ leg: "entry", side: "buy", quantity: "0.25", status: "filled" }, {}]);
		const stop = { leg: "stop_loss", side: "sell", quantity: "0.25", status: "accepted", stop_price: "39200" };
		// The stop goes out right after the alert has ended.
		expect(await untilStanding(nexus, 1)).toMatchObject([stop]);
		const left = await nexus.send(alert("MyRSIStrategy", { action: "sell", price: 41_000 }));
		expect(left).toMatchObject({ status: "executed", orders: [{ leg: "exit", side: "sell", quantity: "0.25" }] });
		expect(await nexus.positions()).toEqual([]);
		expect(await untilStanding(nexus, 0)).toEqual([]);
	});

	test("its stop closes the position when a price reaches it, after a restart as well", async () => {
		await nexus.send(alert("MyRSIStrategy"));
		expect(await untilStanding(nexus, 1)).toHaveLength(1);
		await nexus.restart();
		await nexus.send(alert("MyRSIStrategy", { price: 39_000, action: "look" }));
		await nexus.settled();
		expect(await nexus.positions()).toEqual([]);
	});

	test("trend-rider adds in profit only, and rests after two stop-losses in a row, even across kill -9", async () => {
		const send = (action: string, price: number) => nexus.send(alert("TrendRider", { action, price }));
		expect(await send("buy", 40_000)).toMatchObject({ status: "executed" });
		expect((await send("buy", 39_900)).reason).toContain("not in profit");
		expect(await send("buy", 40_500)).toMatchObject({ status: "executed" });
		expect(await send("stop_loss", 39_500)).toMatchObject({ status: "executed" });
		expect(await send("buy", 40_000)).toMatchObject({ status: "executed" });
		expect(await send("stop_loss", 39_500)).toMatchObject({ status: "executed" });
		await nexus.restart();
		expect(await send("buy", 40_000)).toMatchObject({ status: "skipped", code: "strategy_skip" });
		expect((await send("buy", 40_001)).reason).toContain("resting until");
		expect(await nexus.positions()).toEqual([]);
	});
});
