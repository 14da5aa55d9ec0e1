/** The dispatcher: who waits for whom, what is held and what waits in the journal, restarts, and that no alert is ever worked on twice. */
import { describe, expect, test } from "bun:test";
import type { Alert } from "../../src/domain/records.ts";
import type { ProcessingStage } from "../../src/pipeline/processing.ts";
import { alertOf, engineWith, enter, flush, MemoryJournal, strategyOf, World } from "./support.ts";

/** A stage that holds each alert until it is let go, and tells in which order they came. */
function gatekeeper() {
	const begun: string[] = [];
	const gates = new Map<string, () => void>();
	const stage: ProcessingStage = {
		name: "gate",
		async run({ alert }, next) {
			begun.push(alert.id);
			await new Promise<void>((resolve) => gates.set(alert.id, resolve));
			await next();
			return undefined;
		},
	};
	const open = async (alert: Alert): Promise<void> => {
		gates.get(alert.id)?.();
		await flush();
	};
	return { begun, stage, open };
}

const endings = (world: World): string[] =>
	world.journal.alerts.map(({ id }) => (world.journal.hasEnded(id) ? world.journal.ended(id).status : "open"));

describe("order", () => {
	test("alerts of one strategy and symbol go one after the other, in the order they came", async () => {
		const gate = gatekeeper();
		const world = await engineWith({ stages: [gate.stage] });
		const alerts = [alertOf("buy"), alertOf("sell"), alertOf("buy")];
		for (const alert of alerts) world.hand(alert);
		await flush();
		for (const [index, alert] of alerts.entries()) {
			expect(gate.begun).toEqual(alerts.slice(0, index + 1).map(({ id }) => id));
			await gate.open(alert);
		}
		await world.idle();
		expect(endings(world)).toEqual(["executed", "executed", "executed"]);
	});

	test("another symbol and another strategy do not wait", async () => {
		const gate = gatekeeper();
		const world = await engineWith({ stages: [gate.stage], strategies: [strategyOf(), strategyOf({ name: "Other" })] });
		const alerts = [alertOf("buy"), alertOf("buy", { symbol: "ETH/USD" }), alertOf("buy", { strategy: "Other" })];
		for (const alert of alerts) world.hand(alert);
		await flush();
		expect(gate.begun).toEqual(alerts.map(({ id }) => id));
		const [first, ...others] = alerts;
		for (const alert of others) await gate.open(alert);
		expect(endings(world)).toEqual(["open", "rejected", "executed"]);
		if (first !== undefined) await gate.open(first);
		await world.idle();
	});

	test("the time an alert waited in its lane is in its trace", async () => {
		const gate = gatekeeper();
		const world = await engineWith({ stages: [gate.stage] });
		const [first, second] = [alertOf("buy"), alertOf("sell")];
		world.hand(first);
		world.hand(second);
		await world.clock.advance(120);
		await gate.open(first);
		await gate.open(second);
		await world.idle();
		expect(world.journal.ended(second.id).trace[0]).toEqual({ stage: "queue", verdict: "pass", ms: 120 });
	});
});

describe("failures", () => {
	test("a stage that throws fails its alert, and the next one works", async () => {
		let calls = 0;
		const stage: ProcessingStage = {
			name: "odd",
			async run(_, next) {
				calls += 1;
				if (calls === 1) throw new Error("stage bug");
				await next();
				return undefined;
			},
		};
		const world = await engineWith({ stages: [stage] });
		const ended = await world.send(alertOf("buy"));
		expect(ended).toMatchObject({ status: "failed", code: "engine_error", reason: "stage bug" });
		expect(world.journal.orders()).toEqual([]);
		expect(await world.send(alertOf("buy"))).toMatchObject({ status: "executed" });
		expect(world.log.troubles()).toEqual(["working on an alert failed"]);
	});

	test("a stage that ends it is told in the verdict, and nothing is traded", async () => {
		const stage: ProcessingStage = { name: "no", run: async (context) => context.end("stage_refused", "not today") };
		const world = await engineWith({ stages: [stage] });
		const ended = await world.send(alertOf("buy"));
		expect(ended).toMatchObject({ status: "rejected", code: "stage_refused", reason: "not today" });
		expect(ended.trace.map(({ stage: name, verdict }) => `${name} ${verdict}`)).toEqual(["queue pass", "no refuse"]);
		expect(world.journal.orders()).toEqual([]);
	});

	test("a reused id is a notice on what was processed all the same", async () => {
		const world = await engineWith();
		const alert = alertOf("buy", { alert_id: "7" });
		world.hand(alert, true);
		await world.idle();
		const ended = world.journal.ended(alert.id);
		expect(ended.status).toBe("executed");
		expect(ended.trace).toContainEqual(expect.objectContaining({ code: "id_reused", verdict: "notice" }));
	});
});

describe("room", () => {
	test("entries have room up to the bound, exits always, and room comes back", async () => {
		const gate = gatekeeper();
		const world = await engineWith({ stages: [gate.stage], queue_max: 2 });
		const { dispatcher } = world;
		const alerts = [alertOf("buy"), alertOf("sell"), alertOf("close_long")];
		const [first] = alerts;
		const room = () => dispatcher.hasRoom("MyRSIStrategy", "LONG_ENTRY");
		for (const alert of alerts) {
			expect(room()).toBe(dispatcher.waiting("MyRSIStrategy") < 2);
			world.hand(alert);
		}
		await flush();
		expect(room()).toBe(false);
		expect(dispatcher.hasRoom("MyRSIStrategy", "SHORT_ENTRY")).toBe(false);
		expect(dispatcher.hasRoom("MyRSIStrategy", "CUSTOM")).toBe(false);
		expect(dispatcher.hasRoom("Other", "LONG_ENTRY")).toBe(true);
		for (const type of ["LONG_EXIT", "SHORT_EXIT", "STOP_LOSS", "TAKE_PROFIT"] as const) {
			expect(dispatcher.hasRoom("MyRSIStrategy", type)).toBe(true);
		}
		if (first !== undefined) await gate.open(first);
		expect([room(), dispatcher.waiting("MyRSIStrategy")]).toEqual([true, 1]);
		for (const alert of alerts) await gate.open(alert);
		await world.idle();
		expect(dispatcher.waiting("MyRSIStrategy")).toBe(0);
	});
});

describe("ended", () => {
	test("resolves when the alert has ended, not before, and leaves no timer", async () => {
		const gate = gatekeeper();
		const world = await engineWith({ stages: [gate.stage] });
		const alert = alertOf("buy");
		world.hand(alert);
		await flush();
		let told = 0;
		const waits = [world.dispatcher.ended(alert.id, 2000), world.dispatcher.ended(alert.id, 2000)].map((wait) =>
			wait.then(() => {
				told += 1;
				expect(world.journal.hasEnded(alert.id)).toBe(true);
			}),
		);
		await world.clock.advance(1999);
		expect(told).toBe(0);
		await gate.open(alert);
		await Promise.all(waits);
		expect([told, world.clock.waiting]).toEqual([2, 0]);
	});

	test("gives up after its time while the alert goes on", async () => {
		const gate = gatekeeper();
		const world = await engineWith({ stages: [gate.stage] });
		const alert = alertOf("buy");
		world.hand(alert);
		const wait = world.dispatcher.ended(alert.id, 2000);
		await world.clock.advance(2000);
		await wait;
		expect(world.journal.hasEnded(alert.id)).toBe(false);
		await gate.open(alert);
		await world.idle();
		expect(world.journal.ended(alert.id).status).toBe("executed");
	});

	test("does not wait for what has ended", async () => {
		const world = await engineWith();
		const alert = alertOf("buy");
		await world.send(alert);
		await world.dispatcher.ended(alert.id, 2000);
		expect(world.clock.waiting).toBe(0);
	});
});

describe("more than is held in memory", () => {
	test("waits in the journal and is worked on in order, each once", async () => {
		const gate = gatekeeper();
		const world = await engineWith({ stages: [gate.stage], held_max: 2 });
		const reads = world.journal.reads;
		const alerts = Array.from({ length: 9 }, (_, index) => alertOf(index % 2 === 0 ? "buy" : "sell"));
		for (const alert of alerts) world.hand(alert);
		for (const alert of alerts) await gate.open(alert);
		await world.idle();
		expect(world.journal.reads).toBeGreaterThan(reads);
		expect(gate.begun).toEqual(alerts.map(({ id }) => id));
		expect(endings(world)).toEqual(alerts.map(() => "executed"));
		expect(world.journal.fills()).toHaveLength(17);
		expect(world.dispatcher.waiting("MyRSIStrategy")).toBe(0);
	});

	test("what comes while the journal is being read is not forgotten", async () => {
		const world = await engineWith({ held_max: 1 });
		const alerts = Array.from({ length: 6 }, (_, index) => alertOf(index % 2 === 0 ? "buy" : "sell"));
		world.journal.before = () => new Promise((resolve) => setImmediate(resolve));
		for (const alert of alerts) {
			world.hand(alert);
			await new Promise((resolve) => setImmediate(resolve));
		}
		for (let turn = 0; turn < 20; turn++) await flush();
		await world.idle();
		expect(endings(world)).toEqual(alerts.map(() => "executed"));
	});
});

describe("the journal and the handover tell of the same alert", () => {
	test("read back first, handed over later: worked on once", async () => {
		const alert = alertOf("buy");
		const world = new World();
		// The record is on disk, the answer to whoever recorded it is still on its way, and the lanes open.
		world.journal.alerts.push(alert);
		await world.start();
		expect(world.journal.ended(alert.id).status).toBe("executed");
		world.dispatcher.accepted({ alert, trace: [], recovered: false }, false);
		await world.idle();
		expect(world.journal.commits.flat().filter(({ kind }) => kind === "alert_ended")).toHaveLength(1);
		expect(world.journal.fills()).toHaveLength(1);
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
		expect(world.dispatcher.waiting("MyRSIStrategy")).toBe(0);
	});

	test("ended between the reading of a page and its arrival: not worked on again", async () => {
		const gate = gatekeeper();
		const world = new World({ stages: [gate.stage], held_max: 1, strategies: [strategyOf({ pyramiding: 9 })] });
		await world.start();
		const [first, second] = [alertOf("buy"), alertOf("buy")];
		world.hand(first);
		await flush();
		// A second one goes over the bound: the journal is read once the first lets go, and that reading is slow.
		world.hand(second);
		const slow = Promise.withResolvers<undefined>();
		world.journal.before = () => slow.promise;
		await gate.open(first);
		slow.resolve(undefined);
		await flush();
		await gate.open(second);
		await world.idle();
		expect(gate.begun).toEqual([first.id, second.id]);
		expect(world.journal.fills()).toHaveLength(2);
	});

	test("handed over before the start: worked on after it, once", async () => {
		const world = new World();
		const alert = alertOf("buy");
		world.hand(alert);
		await flush();
		expect(world.journal.commits).toEqual([]);
		await world.start();
		expect(endings(world)).toEqual(["executed"]);
		expect(world.journal.fills()).toHaveLength(1);
		expect(world.dispatcher.waiting("MyRSIStrategy")).toBe(0);
	});
});

describe("restart", () => {
	test("what an earlier run left is worked on first, oldest first, and says so", async () => {
		const left = [alertOf("buy"), alertOf("sell")];
		const world = await engineWith({ journal: MemoryJournal.from(left, []) });
		const next = alertOf("buy");
		await world.send(next);
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
		expect(world.journal.orders().map(({ id }) => id.slice(0, 11))).toEqual(
			[...left, next].flatMap(({ id }, index) => (index === 0 ? [id] : [id, id])),
		);
		for (const { id } of left)
			expect(world.journal.ended(id).trace).toContainEqual(expect.objectContaining({ code: "recovered" }));
		expect(world.journal.ended(next.id).trace.some(({ code }) => code === "recovered")).toBe(false);
	});

	test("hundreds that were left are all worked on, in pages", async () => {
		const left = Array.from({ length: 1300 }, (_, index) => alertOf(index % 2 === 0 ? "buy" : "close_long"));
		const world = await engineWith({ journal: MemoryJournal.from(left, []) });
		expect(new Set(endings(world))).toEqual(new Set(["executed"]));
		expect(world.journal.fills()).toHaveLength(1300);
		expect(world.held()).toEqual([]);
	});

	test("entries left over fill the room until they are done", async () => {
		const gate = gatekeeper();
		const left = [alertOf("buy"), alertOf("sell")];
		const world = new World({ stages: [gate.stage], journal: MemoryJournal.from(left, []), queue_max: 2 });
		await world.engine.recover();
		world.dispatcher.start();
		await flush();
		expect(world.dispatcher.hasRoom("MyRSIStrategy", "LONG_ENTRY")).toBe(false);
		for (const alert of left) await gate.open(alert);
		await world.idle();
		expect(world.dispatcher.hasRoom("MyRSIStrategy", "LONG_ENTRY")).toBe(true);
	});

	test("a journal that cannot be read is read again", async () => {
		const left = alertOf("buy");
		const journal = MemoryJournal.from([left], []);
		journal.readFailures = 2;
		const world = await engineWith({ journal });
		expect(journal.hasEnded(left.id)).toBe(false);
		await world.clock.advance(2000);
		await world.idle();
		expect(journal.ended(left.id).status).toBe("executed");
		expect(world.log.troubles()).toEqual(Array(2).fill("open alerts could not be read from the journal"));
	});

	test("a strategy that was asked before is not asked again, a strategy that was not is asked", async () => {
		const asked: string[] = [];
		const strategies = [
			strategyOf({}, ({ id }) => {
				asked.push(id);
				return [enter("long")];
			}),
		];
		const left = alertOf("buy");
		await engineWith({ journal: MemoryJournal.from([left], []), strategies });
		expect(asked).toEqual([left.id]);
	});
});

describe("stop", () => {
	test("ends what is under way, begins nothing new and leaves the rest in the journal", async () => {
		const gate = gatekeeper();
		const world = await engineWith({ stages: [gate.stage] });
		const [first, second, third] = [alertOf("buy"), alertOf("sell"), alertOf("buy")];
		world.hand(first);
		world.hand(second);
		await flush();
		const stopped = world.dispatcher.stop(10_000);
		world.hand(third);
		await gate.open(first);
		await stopped;
		expect(endings(world)).toEqual(["executed", "open", "open"]);
		expect(gate.begun).toEqual([first.id]);
		const { journal } = world;
		const again = await engineWith({ journal: MemoryJournal.from(journal.alerts, journal.commits) });
		expect(endings(again)).toEqual(["executed", "executed", "executed"]);
		expect(again.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
	});

	test("does not wait longer than it was told", async () => {
		const gate = gatekeeper();
		const world = await engineWith({ stages: [gate.stage] });
		const alert = alertOf("buy");
		world.hand(alert);
		const stopped = world.dispatcher.stop(10_000);
		await world.clock.advance(10_000);
		await stopped;
		expect(endings(world)).toEqual(["open"]);
		await gate.open(alert);
	});
});
