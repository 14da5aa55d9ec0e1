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
 * A stage that waits, or does something after the stages behind it: a named function that calls `next()` once to let the
 * context through, or does not and ends it there. What it returns is its verdict; returning nothing is `pass` where it
 * called `next()`, and a bug where it did not.
 */
export interface Stage<C extends Traced> {
	readonly name: string;
	run(context: C, next: Next): Promise<StageVerdict | undefined>;
}

/** A stage that decides at once. Nothing is `pass`; `refuse` and `skip` end the context here, everything else lets it through. */
export interface Check<C extends Traced> {
	readonly name: string;
	check(context: C): StageVerdict | undefined;
}

const pass: StageVerdict = { verdict: "pass" };
const microseconds = (ms: number): number => Math.round(ms * 1000) / 1000;

/** The stages as one function. Resolves to true where the last stage was passed, false where one ended it. */
export function compose<C extends Traced>(stages: readonly (Stage<C> | Check<C>)[]): (context: C) => Promise<boolean> {
	return async (context) => {
		const run = new Run(stages, context);
		await run.from(0, context.monotonic());
		return run.passedAll;
	};
}

/** One context's way through the stages. */
class Run<C extends Traced> {
	passedAll = false;
	readonly #stages: readonly (Stage<C> | Check<C>)[];
	readonly #context: C;

	constructor(stages: readonly (Stage<C> | Check<C>)[], context: C) {
		this.#stages = stages;
		this.#context = context;
	}

	/** The checks from `index` on without a pause, up to the first stage that may wait; undefined where there was none. */
	from(index: number, start: number): Promise<void> | undefined {
		const context = this.#context;
		let now = start;
		for (let i = index; ; i++) {
			const stage = this.#stages[i];
			if (stage === undefined) break;
			if ("run" in stage) return this.#wait(stage, i, now);
			const verdict = stage.check(context) ?? pass;
			const after = context.monotonic();
			context.trace.push({ stage: stage.name, ...verdict, ms: microseconds(after - now) });
			if (verdict.verdict === "refuse" || verdict.verdict === "skip") return undefined;
			now = after;
		}
		this.passedAll = true;
		return undefined;
	}

	async #wait(stage: Stage<C>, index: number, start: number): Promise<void> {
		const context = this.#context;
		const position = context.trace.length;
		let called = false;
		let downstream_ms = 0;
		const verdict = await stage.run(context, async () => {
			if (called) throw new Error(`stage ${stage.name} called next() twice`);
			called = true;
			const before = context.monotonic();
			await this.from(index + 1, before);
			downstream_ms = context.monotonic() - before;
		});
		if (verdict === undefined && !called) {
			throw new Error(`stage ${stage.name} neither called next() nor gave a verdict`);
		}
		const ms = microseconds(context.monotonic() - start - downstream_ms);
		const entry = { stage: stage.name, ...(verdict ?? pass), ms };
		if (position === context.trace.length) context.trace.push(entry);
		else context.trace.splice(position, 0, entry);
	}
}
