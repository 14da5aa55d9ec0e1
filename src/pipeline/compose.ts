/** Joins stages into one function, in the order of the list, and writes each one's verdict and own time into the trace. */
import type { TraceEntry, Verdict } from "../domain/records.ts";

/** What every context that goes through stages carries. */
export interface Traced {
	readonly trace: TraceEntry[];
	/** Milliseconds with fractions, never going back. */
	monotonic(): number;
}

/** What a stage says; `pass` needs no words. */
export interface StageVerdict {
	readonly verdict: Verdict;
	readonly code?: string;
	readonly detail?: string;
}

/** Goes on to the next stage. Calling it twice from one stage throws. */
export type Next = () => Promise<void>;

/**
 * A stage that does something around the stages behind it: a named function that calls `next()` once to let the context
 * through, or does not and ends it there. What it returns is its verdict; returning nothing is `pass` where it
 * called `next()`, and a bug where it did not.
 */
export interface Stage<C extends Traced> {
	readonly name: string;
	run(context: C, next: Next): Promise<StageVerdict | undefined>;
}

/**
 * A stage that decides before the stages behind it, at once or after waiting for something. Nothing is `pass`; `refuse` and
 * `skip` end the context here, everything else lets it through.
 */
export interface Check<C extends Traced> {
	readonly name: string;
	check(context: C): StageVerdict | undefined | Promise<StageVerdict | undefined>;
}

/** A stage that only looks at what came of the stages behind it, whichever of them ended the context. Nothing is `pass`. */
export interface Afterthought<C extends Traced> {
	readonly name: string;
	after(context: C): StageVerdict | undefined;
}

/** Any kind of stage. Checks and afterthoughts cost next to nothing; a {@link Stage} costs two promises. */
export type AnyStage<C extends Traced> = Stage<C> | Check<C> | Afterthought<C>;

/** True where the last stage was passed, false where one ended the context. */
type Passed = boolean | Promise<boolean>;

/** The stages as one function. It gives true where the last stage was passed, at once where no stage had to wait. */
export function compose<C extends Traced>(stages: readonly AnyStage<C>[]): (context: C) => Passed {
	return (context) => go(stages, context, 0, context.monotonic());
}

/** The stages from `index` on; `start` is when the first of them began. */
function go<C extends Traced>(stages: readonly AnyStage<C>[], context: C, index: number, start: number): Passed {
	let now = start;
	for (let i = index; ; i++) {
		const stage = stages[i];
		if (stage === undefined) return true;
		if ("run" in stage) return around(stage, stages, context, i, now);
		if ("after" in stage) return behind(stage, stages, context, i, now);
		const verdict = stage.check(context);
		if (verdict instanceof Promise) return waited(verdict, stage, stages, context, i, now);
		const after = context.monotonic();
		context.trace.push(entry(stage.name, verdict, after - now));
		if (ends(verdict)) return false;
		now = after;
	}
}

async function waited<C extends Traced>(
	deciding: Promise<StageVerdict | undefined>,
	stage: Check<C>,
	stages: readonly AnyStage<C>[],
	context: C,
	index: number,
	start: number,
): Promise<boolean> {
	const verdict = await deciding;
	const after = context.monotonic();
	context.trace.push(entry(stage.name, verdict, after - start));
	return ends(verdict) ? false : go(stages, context, index + 1, after);
}

/** The afterthought's place in the trace is where it stands in the list, though it speaks last. */
function behind<C extends Traced>(
	stage: Afterthought<C>,
	stages: readonly AnyStage<C>[],
	context: C,
	index: number,
	start: number,
): Passed {
	const position = context.trace.push(entry(stage.name, undefined, 0)) - 1;
	const speak = (passed: boolean): boolean => {
		const before = context.monotonic();
		const verdict = stage.after(context);
		context.trace[position] = entry(stage.name, verdict, context.monotonic() - before);
		return passed;
	};
	const passed = go(stages, context, index + 1, start);
	return passed instanceof Promise ? passed.then(speak) : speak(passed);
}

async function around<C extends Traced>(
	stage: Stage<C>,
	stages: readonly AnyStage<C>[],
	context: C,
	index: number,
	start: number,
): Promise<boolean> {
	const position = context.trace.length;
	let called = false;
	let passed = false;
	let downstream_ms = 0;
	const verdict = await stage.run(context, async () => {
		if (called) throw new Error(`stage ${stage.name} called next() twice`);
		called = true;
		const before = context.monotonic();
		passed = await go(stages, context, index + 1, before);
		downstream_ms = context.monotonic() - before;
	});
	if (verdict === undefined && !called) {
		throw new Error(`stage ${stage.name} neither called next() nor gave a verdict`);
	}
	const own = entry(stage.name, verdict, context.monotonic() - start - downstream_ms);
	if (position === context.trace.length) context.trace.push(own);
	else context.trace.splice(position, 0, own);
	return passed;
}

function ends(verdict: StageVerdict | undefined): boolean {
	return verdict !== undefined && (verdict.verdict === "refuse" || verdict.verdict === "skip");
}

/** Most stages say nothing, and copying what they said would cost more than the stages do. */
function entry(stage: string, said: StageVerdict | undefined, ms: number): TraceEntry {
	const rounded = Math.round(ms * 1000) / 1000;
	return said === undefined ? { stage, verdict: "pass", ms: rounded } : { stage, ...said, ms: rounded };
}
