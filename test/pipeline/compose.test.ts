/** Stages in their order: what each is given, who ends it, what the trace says and how the time is shared. */
import { describe, expect, test } from "bun:test";
import type { TraceEntry } from "../../src/domain/records.ts";
import {
	type Afterthought,
	type AnyStage,
	type Check,
	compose,
	type Stage,
	type StageVerdict,
	type Traced,
} from "../../src/pipeline/compose.ts";
import { failureOf } from "../engine/support.ts";

class Context implements Traced {
	readonly trace: TraceEntry[] = [];
	readonly seen: string[] = [];
	now = 0;
	monotonic(): number {
		return this.now;
	}
}

const passes = (name: string, ms = 0): Stage<Context> => ({
	name,
	async run(context, next) {
		context.seen.push(`${name} before`);
		context.now += ms;
		await next();
		context.seen.push(`${name} after`);
		return undefined;
	},
});

const says = (name: string, verdict: StageVerdict): Stage<Context> => ({
	name,
	async run(context) {
		context.seen.push(name);
		return verdict;
	},
});

const checks = (name: string, verdict?: StageVerdict, ms = 0): Check<Context> => ({
	name,
	check(context) {
		context.seen.push(name);
		context.now += ms;
		return verdict;
	},
});

/** A check that decides only after others had their turn. */
const waits = (name: string, verdict?: StageVerdict, ms = 0): Check<Context> => ({
	name,
	async check(context) {
		context.seen.push(`${name} begins`);
		await Bun.sleep(0);
		context.seen.push(`${name} ends`);
		context.now += ms;
		return verdict;
	},
});

const afterwards = (name: string, verdict?: StageVerdict, ms = 0): Afterthought<Context> => ({
	name,
	after(context) {
		context.seen.push(`${name} after`);
		context.now += ms;
		return verdict;
	},
});

async function run(...stages: readonly AnyStage<Context>[]) {
	const context = new Context();
	const passed = await compose(stages)(context);
	return {
		passed,
		seen: context.seen,
		trace: context.trace.map(({ stage, verdict, ms }) => `${stage} ${verdict} ${ms}`),
		context,
	};
}

describe("compose", () => {
	test("runs the stages in the order of the list and comes back through them", async () => {
		const { passed, seen, trace } = await run(passes("a"), checks("b"), passes("c"));
		expect(passed).toBe(true);
		expect(seen).toEqual(["a before", "b", "c before", "c after", "a after"]);
		expect(trace).toEqual(["a pass 0", "b pass 0", "c pass 0"]);
	});

	test("no stage at all is passed", async () => expect((await run()).passed).toBe(true));

	for (const [kind, ending] of [
		["a stage that does not call next", says("no", { verdict: "refuse", code: "halted", detail: "x" })],
		["a check that refuses", checks("no", { verdict: "refuse", code: "halted", detail: "x" })],
		["a check that skips", checks("no", { verdict: "skip", code: "halted", detail: "x" })],
	] as const) {
		test(`${kind} ends it: nothing behind it runs`, async () => {
			const { passed, seen, context } = await run(passes("a"), ending, passes("never"), checks("never"));
			expect(passed).toBe(false);
			expect(seen).toEqual(["a before", "no", "a after"]);
			expect(context.trace.map(({ stage }) => stage)).toEqual(["a", "no"]);
			expect(context.trace[1]).toMatchObject({ code: "halted", detail: "x" });
		});
	}

	test("a check with a notice or a hold lets it through", async () => {
		const { passed, trace } = await run(checks("a", { verdict: "notice" }), checks("b", { verdict: "hold" }));
		expect([passed, ...trace]).toEqual([true, "a notice 0", "b hold 0"]);
	});

	for (const [kind, verdict, seen, goesOn] of [
		["passes", undefined, ["slow begins", "slow ends", "behind"], true],
		["gives a notice", { verdict: "notice" }, ["slow begins", "slow ends", "behind"], true],
		["refuses", { verdict: "refuse", code: "halted" }, ["slow begins", "slow ends"], false],
		["skips", { verdict: "skip" }, ["slow begins", "slow ends"], false],
	] as const) {
		test(`a check that waits and ${kind} ${goesOn ? "lets it through" : "ends it"}`, async () => {
			const result = await run(
				checks("first", undefined, 1),
				waits("slow", verdict, 2),
				checks("behind", undefined, 4),
			);
			expect(result.passed).toBe(goesOn);
			expect(result.seen).toEqual(["first", ...seen]);
			expect(result.trace[1]).toBe(`slow ${verdict?.verdict ?? "pass"} 2`);
			expect(result.trace).toHaveLength(goesOn ? 3 : 2);
		});
	}

	test("checks that need not wait are passed at once, without a promise", () => {
		const context = new Context();
		expect(compose([checks("a"), afterwards("b"), checks("c")])(context)).toBe(true);
		expect(context.seen).toEqual(["a", "c", "b after"]);
	});

	for (const [kind, behind] of [
		["at once", checks("behind", undefined, 5)],
		["after waiting", waits("behind", undefined, 5)],
		["around others", passes("behind", 5)],
	] as const) {
		test(`an afterthought speaks last, stands in its place and counts its own time where the stage behind decides ${kind}`, async () => {
			const result = await run(checks("first"), afterwards("after", { verdict: "notice", detail: "x" }, 3), behind);
			expect(result.passed).toBe(true);
			expect(result.seen.at(-1)).toBe("after after");
			expect(result.trace).toEqual(["first pass 0", "after notice 3", "behind pass 5"]);
		});
	}

	test("an afterthought also sees what was ended behind it, and its own refusal changes nothing about who passed", async () => {
		const refusing = checks("no", { verdict: "refuse", code: "halted" });
		const ended = await run(afterwards("after"), refusing, checks("never"));
		expect([ended.passed, ...ended.seen]).toEqual([false, "no", "after after"]);
		expect(ended.trace).toEqual(["after pass 0", "no refuse 0"]);
		expect((await run(afterwards("after", { verdict: "refuse" }), checks("b"))).passed).toBe(true);
	});

	test("what a waiting check throws comes out, and no afterthought hides it", async () => {
		const broken: Check<Context> = { name: "broken", check: () => Promise.reject(new Error("bug")) };
		expect(await failureOf(run(afterwards("after"), broken))).toBe("bug");
	});

	test("each stage's time is its own, without that of the stages behind it", async () => {
		const slowAfter: Stage<Context> = {
			name: "slow",
			async run(context, next) {
				context.now += 1;
				await next();
				context.now += 2;
				return undefined;
			},
		};
		const { trace } = await run(slowAfter, checks("check", undefined, 4), passes("inner", 8));
		expect(trace).toEqual(["slow pass 3", "check pass 4", "inner pass 8"]);
	});

	test("times are told to the microsecond", async () => {
		const { trace } = await run(checks("a", undefined, 0.0004999), checks("b", undefined, 1.23456));
		expect(trace).toEqual(["a pass 0", "b pass 1.235"]);
	});

	test("entries that a stage writes itself stay behind its own", async () => {
		const writes: Stage<Context> = {
			name: "writes",
			async run(context, next) {
				context.trace.push({ stage: "own", verdict: "notice", ms: 0 });
				await next();
				return undefined;
			},
		};
		expect((await run(writes, passes("behind"))).trace).toEqual(["writes pass 0", "own notice 0", "behind pass 0"]);
	});

	test("next called twice throws", async () => {
		const twice: Stage<Context> = {
			name: "twice",
			async run(_, next) {
				await next();
				await next();
				return undefined;
			},
		};
		expect(await failureOf(run(twice))).toBe("stage twice called next() twice");
	});

	test("neither next nor a verdict throws", async () => {
		const silent: Stage<Context> = { name: "silent", run: async () => undefined };
		expect(await failureOf(run(silent))).toBe("stage silent neither called next() nor gave a verdict");
	});

	test("what a stage throws comes out", async () => {
		const broken: Stage<Context> = { name: "broken", run: () => Promise.reject(new Error("bug")) };
		expect(await failureOf(run(passes("a"), broken))).toBe("bug");
	});

	test("one composition serves many contexts at once", async () => {
		const wait: Stage<Context> = {
			name: "wait",
			async run(_, next) {
				await Promise.resolve();
				await next();
				return undefined;
			},
		};
		const composed = compose([wait, checks("check")]);
		const contexts = Array.from({ length: 20 }, () => new Context());
		expect(await Promise.all(contexts.map(async (context) => composed(context)))).toEqual(contexts.map(() => true));
		for (const context of contexts) expect(context.trace.map(({ stage }) => stage)).toEqual(["wait", "check"]);
	});
});
