/** Stages in their order: what each is given, who ends it, what the trace says and how the time is shared. */
import { describe, expect, test } from "bun:test";
import type { TraceEntry } from "../../src/domain/records.ts";
import { type Check, compose, type Stage, type StageVerdict, type Traced } from "../../src/pipeline/compose.ts";
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

async function run(...stages: readonly (Stage<Context> | Check<Context>)[]) {
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
		expect(await Promise.all(contexts.map(composed))).toEqual(contexts.map(() => true));
		for (const context of contexts) expect(context.trace.map(({ stage }) => stage)).toEqual(["wait", "check"]);
	});
});
