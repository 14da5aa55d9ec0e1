/** The sequencer: whose turn it is, who waits and how long, what a gap leads to, and what stays known over a restart. */
import { describe, expect, test } from "bun:test";
import type { Change, Park, Sequenced, StatedChain } from "../../src/domain/ports.ts";
import type { Alert, Stated } from "../../src/domain/records.ts";
import { Sequencer, type SequencerOptions } from "../../src/sequence/sequencer.ts";
import { alertOf, flush, ManualClock } from "../engine/support.ts";

const side = (position: number) => (position > 0 ? "long" : position < 0 ? "short" : "flat") as Stated["side"];

/** An alert that states a change; its own time where given. */
function change(from: number | undefined, to: number, more: Partial<Alert> = {}): Alert {
	const before = from === undefined ? {} : { previous_side: side(from), previous_size: String(Math.abs(from)) };
	const stated: Stated = { side: side(to), size: String(Math.abs(to)), ...before };
	return alertOf(to > (from ?? 0) ? "buy" : "sell", { stated, timeframe: "1h", ...more });
}

class Desk {
	readonly clock = new ManualClock();
	readonly recorded: Change[] = [];
	readonly halted: string[] = [];
	readonly ended: string[] = [];
	readonly results = new Map<string, Sequenced>();
	sequencer: Sequencer;
	parks = 0;

	constructor(readonly options: Partial<SequencerOptions> = {}) {
		this.sequencer = this.#open([]);
	}

	#open(chains: readonly StatedChain[]): Sequencer {
		return new Sequencer({
			clock: this.clock,
			hold_ms: 3_000,
			on_gap: "follow",
			chains,
			record: (changes) => void this.recorded.push(...structuredClone(changes)),
			halt: (strategy) => {
				this.halted.push(strategy);
				return [];
			},
			...this.options,
		});
	}

	/** What a restart finds: the chains as they were recorded. */
	restart(): void {
		this.sequencer.close();
		const chains = new Map<string, StatedChain>();
		for (const one of this.recorded) if (one.kind === "stated") chains.set(one.chain.timeframe, one.chain);
		this.sequencer = this.#open([...chains.values()]);
	}

	readonly park: Park = async (wait) => {
		this.parks += 1;
		await wait;
	};

	/** Hands an alert over; the result is there at once unless it waits. */
	async give(alert: Alert): Promise<Sequenced | undefined> {
		const taken = this.sequencer.take(alert, this.park);
		const settle = (one: Sequenced): void => {
			this.results.set(alert.id, one);
			this.ended.push(alert.id);
		};
		if (taken instanceof Promise) taken.then(settle).catch((cause: unknown) => this.ended.push(String(cause)));
		else settle(taken);
		await flush();
		return this.results.get(alert.id);
	}

	result(alert: Alert): Sequenced | undefined {
		return this.results.get(alert.id);
	}

	gaps(): string[] {
		return this.recorded.flatMap((one) =>
			one.kind === "event" && one.event.kind === "GapFound" ? [one.event.detail] : [],
		);
	}

	stated(): string[] {
		return this.sequencer.chains().map(({ timeframe, position }) => `${timeframe} ${position.side} ${position.size}`);
	}
}

describe("whose turn it is", () => {
	test("an alert that fits runs at once, without being parked, and moves the chain on", async () => {
		const desk = new Desk();
		expect(await desk.give(change(0, 1))).toMatchObject({ verdict: "pass" });
		const next = await desk.give(change(1, 2));
		expect(next).toMatchObject({ verdict: "pass", detail: "long 1 → long 2, in its turn" });
		expect(next?.ending).toBeUndefined();
		expect(next?.way).toBeUndefined();
		expect(desk.parks).toBe(0);
		expect(desk.stated()).toEqual(["1h long 2"]);
	});

	test("the first alert ever is taken as it is, whatever it says was before, and reports no gap", async () => {
		const desk = new Desk();
		expect(await desk.give(change(5, 7))).toMatchObject({ verdict: "pass" });
		expect(desk.stated()).toEqual(["1h long 7"]);
		expect(desk.gaps()).toEqual([]);
		expect(desk.parks).toBe(0);
	});

	test("one that came early waits for its predecessor and runs right after it", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		const late = change(0, -1);
		expect(await desk.give(late)).toBeUndefined();
		await desk.clock.advance(500);
		const exit = change(1, 0);
		expect(await desk.give(exit)).toMatchObject({ verdict: "pass" });
		expect(desk.result(late)).toMatchObject({ verdict: "hold" });
		expect(desk.result(late)?.detail).toContain("waited 500 ms");
		expect(desk.ended.slice(-2)).toEqual([exit.id, late.id]);
		expect(desk.gaps()).toEqual([]);
		expect(desk.clock.waiting).toBe(0);
	});

	test("a whole bar in reverse order runs in its true order", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		const bar = [change(1, 2), change(2, -3), change(-3, 0), change(0, 4)];
		for (const alert of bar.toReversed()) await desk.give(alert);
		expect(desk.ended.slice(1)).toEqual(bar.map(({ id }) => id));
		expect(desk.stated()).toEqual(["1h long 4"]);
	});

	test("timeframes, symbols and strategies have chains of their own", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		await desk.give(change(0, 2, { timeframe: "4h" }));
		await desk.give(change(1, 0));
		expect(desk.stated()).toEqual(["1h flat 0", "4h long 2"]);
		expect(desk.parks).toBe(0);
	});

	test("a message that states no position before gets the one known, and its type is decided by it", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		const taken = await desk.give(change(undefined, 0.4, { type: "SHORT_ENTRY", action: "sell" }));
		expect(taken?.alert.stated).toEqual({ side: "long", size: "0.4", previous_side: "long", previous_size: "1" });
		expect(taken?.alert).toMatchObject({ type: "LONG_EXIT", closes: "long" });
		expect(desk.parks).toBe(0);
	});

	test("a side without a size fits every size of that side", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1.5));
		const stated: Stated = { side: "flat", size: "0", previous_side: "long" };
		expect(await desk.give(alertOf("sell", { stated, timeframe: "1h" }))).toMatchObject({ verdict: "pass" });
		expect(desk.parks).toBe(0);
	});
});

describe("a gap", () => {
	const rows = [
		{ on_gap: "follow", code: "gap", ending: undefined, way: 2, halted: [] },
		{ on_gap: "ignore", code: "gap", ending: "gap_ignored", way: 0, halted: [] },
		{ on_gap: "halt", code: "gap", ending: "halted", way: 0, halted: ["MyRSIStrategy"] },
	] as const;
	for (const { on_gap, code, ending, way, halted } of rows) {
		test(`on_gap: ${on_gap}, after the whole hold and not before`, async () => {
			const desk = new Desk({ on_gap });
			await desk.give(change(0, 1));
			const alert = change(3, 4);
			await desk.give(alert);
			await desk.clock.advance(2_999);
			expect(desk.result(alert)).toBeUndefined();
			expect(desk.gaps()).toEqual([]);
			await desk.clock.advance(1);
			expect(desk.result(alert)?.code).toBe(code);
			expect(desk.result(alert)?.ending?.code).toBe(ending as never);
			expect(desk.result(alert)?.way?.length ?? 0).toBe(way);
			expect(desk.halted).toEqual([...halted]);
			expect(desk.gaps().length).toBe(1);
			expect(desk.gaps()[0]).toContain("from long 1 to long 3 never came");
			expect(desk.stated()).toEqual(["1h long 4"]);
		});
	}

	test("several that wait are one gap: the first of them follows, the others are in their turn", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		const [third, second] = [change(4, -1), change(3, 4)];
		await desk.give(third);
		await desk.clock.advance(100);
		await desk.give(second);
		await desk.clock.advance(3_000);
		expect(desk.ended.slice(1)).toEqual([second.id, third.id]);
		expect(desk.result(third)?.verdict).toBe("hold");
		expect(desk.gaps().length).toBe(1);
	});

	test("the missing one coming after its successor was followed changes nothing", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		await desk.give(change(3, 4));
		await desk.clock.advance(3_000);
		const missing = await desk.give(change(1, 3));
		expect(missing?.ending?.code).toBe("superseded");
		expect(missing?.correction).toBeUndefined();
		expect(desk.stated()).toEqual(["1h long 4"]);
		expect(desk.gaps().length).toBe(1);
	});

	test("two that were missing may come late in any order", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		await desk.give(change(3, 4));
		await desk.clock.advance(3_000);
		expect((await desk.give(change(2, 3)))?.ending?.code).toBe("superseded");
		expect((await desk.give(change(1, 2)))?.ending?.code).toBe("superseded");
		expect(desk.stated()).toEqual(["1h long 4"]);
	});

	test("the same change again, newer by its own time, is a new one and runs", async () => {
		const desk = new Desk();
		const at = (second: number) => ({ time: new Date(desk.clock.now() + second * 1000).toISOString() });
		await desk.give(change(1, 0, at(0)));
		await desk.give(change(1, 0, at(1)));
		await desk.clock.advance(3_000);
		expect(desk.gaps().length).toBe(1);
		expect(await desk.give(change(0, 1, at(15)))).toMatchObject({ verdict: "pass" });
		expect(desk.stated()).toEqual(["1h long 1"]);
	});

	test("the same change, older by its own time than what was followed, is the missing one", async () => {
		const desk = new Desk();
		const at = (second: number) => ({ time: new Date(desk.clock.now() + second * 1000).toISOString() });
		await desk.give(change(1, 0, at(0)));
		await desk.give(change(1, 0, at(5)));
		await desk.clock.advance(3_000);
		const late = change(0, 1, { time: new Date(desk.clock.now() + 1_000).toISOString() });
		expect((await desk.give(late))?.ending?.code).toBe("superseded");
		expect(desk.stated()).toEqual(["1h flat 0"]);
	});

	test("long after it, without times to tell, the same change is a new one", async () => {
		const desk = new Desk();
		await desk.give(change(1, 0));
		await desk.give(change(1, 0));
		await desk.clock.advance(3_000 + 10_001);
		expect(await desk.give(change(0, 1))).toMatchObject({ verdict: "pass" });
		expect(desk.stated()).toEqual(["1h long 1"]);
	});

	test("where a position was passed twice, the trace says that it may be the wrong guess", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		await desk.give(change(1, 0));
		const alert = change(1, 2);
		await desk.give(alert);
		await desk.clock.advance(3_000);
		expect(desk.result(alert)?.detail).toContain("fits two stories");
	});

	test("without a hold nothing waits: a gap is one at once", async () => {
		const desk = new Desk({ hold_ms: 0 });
		await desk.give(change(0, 1));
		expect(await desk.give(change(3, 4))).toMatchObject({ code: "gap" });
		expect(desk.parks).toBe(0);
	});
});

describe("late loops", () => {
	test("an exit and an entry before what has run already are passed, and the true way is given for putting right", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		await desk.give(change(1, 3));
		const [add, reduce] = [change(1, 4), change(4, 1)];
		await desk.give(reduce);
		await desk.give(add);
		expect(desk.result(add)).toBeUndefined();
		await desk.clock.advance(3_000);
		expect(desk.result(add)?.ending?.code).toBe("superseded");
		expect(desk.result(reduce)?.ending?.code).toBe("superseded");
		const correction = [add, reduce].flatMap((alert) => desk.result(alert)?.correction ?? []);
		expect(correction.map(({ to, outcome }) => `${outcome} ${to.size}`)).toEqual(["late 4", "late 1", "run 3"]);
		expect(desk.gaps()).toEqual([]);
		expect(desk.stated()).toEqual(["1h long 3"]);
	});
});

describe("bounds and restarts", () => {
	test("a chain keeps at most 32 steps", async () => {
		const desk = new Desk();
		for (let size = 0; size < 100; size++) await desk.give(change(size, size + 1));
		expect(desk.sequencer.chains()[0]?.steps.length).toBe(32);
	});

	test("steps that nothing late can belong to any more leave the chain, but for the last four", async () => {
		const desk = new Desk();
		for (let size = 0; size < 10; size++) await desk.give(change(size, size + 1));
		await desk.clock.advance(30_001);
		await desk.give(change(10, 11));
		expect(desk.sequencer.chains()[0]?.steps.map(({ to }) => to.size)).toEqual(["8", "9", "10", "11"]);
	});

	test("more than 16 that wait: the oldest waits no longer", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		const waiting = Array.from({ length: 17 }, (_, index) => change(100 + index * 2, 101 + index * 2));
		for (const alert of waiting) await desk.give(alert);
		expect(desk.ended.length).toBe(2);
		expect(desk.gaps().length).toBe(1);
	});

	test("what was decided before a restart and not worked on keeps its place", async () => {
		const desk = new Desk();
		const [first, gap] = [change(0, 1), change(3, 4)];
		await desk.give(first);
		await desk.give(gap);
		await desk.clock.advance(3_000);
		const missing = change(1, 3);
		await desk.give(missing);
		desk.restart();
		expect(await desk.give(first)).toMatchObject({ verdict: "pass" });
		expect(await desk.give(gap)).toMatchObject({ code: "gap" });
		expect(desk.result(gap)?.way?.map(({ outcome }) => outcome)).toEqual(["followed"]);
		expect((await desk.give(missing))?.ending?.code).toBe("superseded");
		expect(desk.stated()).toEqual(["1h long 4"]);
		expect(desk.gaps().length).toBe(1);
	});

	test("what waits at a stop decides nothing, and waits anew after the restart", async () => {
		const desk = new Desk();
		await desk.give(change(0, 1));
		const alert = change(2, 3);
		await desk.give(alert);
		desk.restart();
		await desk.clock.advance(10_000);
		expect(desk.result(alert)).toBeUndefined();
		expect(desk.gaps()).toEqual([]);
		expect(await desk.give(alert)).toBeUndefined();
		await desk.give(change(1, 2));
		expect(desk.result(alert)).toMatchObject({ verdict: "hold" });
		expect(desk.stated()).toEqual(["1h long 3"]);
	});
});
