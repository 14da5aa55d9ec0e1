/** Tries of alerts after restarts: what they say, when they count, and that suspects are tried one after the other. */
import { describe, expect, test } from "bun:test";
import type { Attempts, Change } from "../../src/domain/ports.ts";
import { AttemptWatch, judge, outlived_ms, poisonedWords } from "../../src/engine/attempt-watch.ts";
import { alertOf, flush, ManualClock, MemoryLog } from "./support.ts";

const counts = (text: string): Attempts | undefined => {
	if (text === "") return undefined;
	const [tried = 0, survived = 0] = text.split("/").map(Number);
	return { tried, survived };
};

test.each([
	["never begun after a restart", "", "free"],
	["begun, and the program stopped", "1/0", "suspect"],
	["stopped it both times", "2/0", "poisoned"],
	["outlived its only try", "1/1", "free"],
	["outlived two, then the program stopped", "3/2", "suspect"],
	["outlived two, then stopped it twice", "4/2", "poisoned"],
	["outlived four", "4/4", "free"],
	["outlived five, and the program stopped with it in work each time", "5/5", "poisoned"],
] as const)("an alert that was %s (%s) is %s", (_, text, expected) => {
	expect(judge(counts(text))).toBe(expected);
});

test.each([
	["2/0", "nexus stopped 2 times while it worked on this alert after a restart, each time that it took it up again: "],
	["4/2", "nexus stopped 4 times while it worked on this alert after a restart, the last 2 times: "],
	["5/5", "nexus stopped 5 times while it worked on this alert after a restart: "],
] as const)("the reason after %s says how often", (text, words) => {
	const reason = poisonedWords(alertOf("buy"), counts(text));
	expect(reason).toBe(`${words}it is not worked on again, and MyRSIStrategy is halted until \`nexus resume\``);
});

/** A watch whose records reach the disk when they are let through. */
function watching() {
	const clock = new ManualClock();
	const log = new MemoryLog();
	const recorded: string[] = [];
	const disk = { hold: undefined as Promise<void> | undefined, fails: false };
	const record = async (changes: readonly Change[]): Promise<void> => {
		await disk.hold;
		if (disk.fails) throw new Error("closed");
		for (const change of changes) {
			if (change.kind === "attempt") recorded.push(`${change.id} ${change.tried}/${change.survived}`);
		}
	};
	const watch = new AttemptWatch({ clock, log, record });
	const begun: string[] = [];
	const begin = (id: string, before = ""): void => {
		watch.begin(id, counts(before)).then(
			(may) => may && begun.push(id),
			() => undefined,
		);
	};
	return { clock, log, recorded, disk, watch, begun, begin };
}

describe("a try", () => {
	test("is on disk before the work begins", async () => {
		const { watch: _, recorded, disk, begun, begin } = watching();
		const hold = Promise.withResolvers<void>();
		disk.hold = hold.promise;
		begin("a");
		await flush();
		expect(begun).toEqual([]);
		hold.resolve();
		await flush();
		expect([begun, recorded]).toEqual([["a"], ["a 1/0"]]);
	});

	test("is not held against an alert that outlives 2 s, and is where it does not", async () => {
		const { clock, recorded, begin } = watching();
		begin("a", "1/1");
		await clock.advance(outlived_ms - 1);
		expect(recorded).toEqual(["a 2/1"]);
		await clock.advance(1);
		expect(recorded).toEqual(["a 2/1", "a 2/2"]);
	});

	test("ends with the alert, and no timer stays", async () => {
		const { clock, recorded, watch, begin } = watching();
		begin("a");
		await flush();
		watch.ended("a");
		expect(clock.waiting).toBe(0);
		await clock.advance(outlived_ms);
		expect(recorded).toEqual(["a 1/0"]);
	});

	test("is taken back while the alert waits for something, and counts again after it", async () => {
		const { clock, recorded, watch, begin } = watching();
		begin("a");
		await flush();
		const wait = Promise.withResolvers<void>();
		let on = false;
		const paused = watch.pause("a", wait.promise).then(() => {
			on = true;
		});
		await clock.advance(10 * outlived_ms);
		expect([recorded, on]).toEqual([["a 1/0", "a 0/0"], false]);
		wait.resolve();
		await paused;
		expect(recorded.slice(2)).toEqual(["a 1/0"]);
		await clock.advance(outlived_ms);
		expect(recorded.slice(3)).toEqual(["a 1/1"]);
	});

	test("counts once where two accounts wait", async () => {
		const { recorded, watch, begin } = watching();
		begin("a");
		await flush();
		const waits = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
		const paused = waits.map((wait) => watch.pause("a", wait.promise));
		for (const wait of waits) wait.resolve();
		await Promise.all(paused);
		expect(recorded).toEqual(["a 1/0", "a 0/0", "a 1/0"]);
	});

	test("waits of an alert that is not watched are only waits", async () => {
		const { recorded, watch } = watching();
		await watch.pause("other", Promise.resolve());
		expect(recorded).toEqual([]);
	});
});

describe("suspects", () => {
	test("are tried one after the other, others beside them", async () => {
		const { clock, watch, begun, begin } = watching();
		for (const id of ["a", "b", "c"]) begin(id, "1/0");
		begin("free", "1/1");
		await flush();
		expect(begun.toSorted()).toEqual(["a", "free"]);
		watch.ended("a");
		await flush();
		expect(begun.slice(2)).toEqual(["b"]);
		await clock.advance(outlived_ms);
		expect(begun.slice(3)).toEqual(["c"]);
	});

	test("one that waits gives its turn away, and takes one again after it", async () => {
		const { recorded, watch, begun, begin } = watching();
		begin("a", "1/0");
		begin("b", "1/0");
		await flush();
		const wait = Promise.withResolvers<void>();
		const paused = watch.pause("a", wait.promise).then(() => begun.push("a again"));
		await flush();
		expect(begun).toEqual(["a", "b"]);
		wait.resolve();
		await flush();
		expect(begun).toEqual(["a", "b"]);
		watch.ended("b");
		await paused;
		expect(begun).toEqual(["a", "b", "a again"]);
		expect(recorded).toEqual(["a 2/0", "a 1/0", "b 2/0", "a 2/0"]);
	});

	test("who waits for one to pass goes on when it has ended, waits or has outlived its time", async () => {
		const { clock, watch, begin } = watching();
		const passed: string[] = [];
		for (const id of ["a", "b", "c"]) {
			watch.passed(id).then(
				() => passed.push(id),
				() => undefined,
			);
		}
		begin("a", "1/0");
		await flush();
		expect(passed).toEqual([]);
		watch.ended("a");
		begin("b", "1/0");
		await flush();
		expect(passed).toEqual(["a"]);
		const paused = watch.pause("b", new Promise<never>(() => undefined));
		paused.catch(() => undefined);
		begin("c", "1/0");
		await flush();
		expect(passed).toEqual(["a", "b"]);
		await clock.advance(outlived_ms);
		expect(passed).toEqual(["a", "b", "c"]);
	});
});

describe("a clean stop", () => {
	test("takes every try back, lets go of everybody and leaves no timer", async () => {
		const { clock, recorded, watch, begun, begin } = watching();
		begin("long", "3/3");
		begin("new");
		await clock.advance(outlived_ms / 2);
		begin("suspect", "1/0");
		begin("next", "1/0");
		begin("late");
		await clock.advance(outlived_ms / 2 + 1);
		recorded.length = 0;
		await watch.takeBack();
		expect(recorded.toSorted()).toEqual(["late 0/0", "long 3/3", "new 0/0", "next 1/0", "suspect 1/0"]);
		await flush();
		expect([clock.waiting, begun.toSorted()]).toEqual([0, ["late", "long", "new", "suspect"]]);
		recorded.length = 0;
		await watch.takeBack();
		await clock.advance(outlived_ms);
		expect(recorded).toEqual([]);
	});

	test("does not fail where the disk does not take it", async () => {
		const { disk, log, watch, begin } = watching();
		begin("a");
		await flush();
		disk.fails = true;
		await watch.takeBack();
		expect(log.troubles()).toEqual(["it could not be recorded that an alert was outlived"]);
	});
});
