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
 * One stage: a named function. It calls `next()` once to let the context through, or does not and ends it there.
 * What it returns is its verdict; returning nothing is `pass` where it called `next()`, and a bug where it did not.
 */
export interface Stage<C extends Traced> {
	readonly name: string;
	run(context: C, next: Next): Promise<StageVerdict | undefined>;
}

/** The stages as one function. Resolves to true where the last stage was passed, false where one ended it. */
export function compose<C extends Traced>(stages: readonly Stage<C>[]): (context: C) => Promise<boolean> {
	return async (context) => {
		let passedAll = false;
		const dispatch = async (index: number): Promise<void> => {
			const stage = stages[index];
			if (stage === undefined) {
				passedAll = true;
				return;
			}
			const position = context.trace.length;
			const start = context.monotonic();
			let calls = 0;
			let downstream = 0;
			const verdict = await stage.run(context, async () => {
				calls += 1;
				if (calls > 1) throw new Error(`stage ${stage.name} called next() twice`);
				const before = context.monotonic();
				await dispatch(index + 1);
				downstream = context.monotonic() - before;
			});
			if (verdict === undefined && calls === 0) {
				throw new Error(`stage ${stage.name} neither called next() nor gave a verdict`);
			}
			const ms = Math.round((context.monotonic() - start - downstream) * 1000) / 1000;
			context.trace.splice(position, 0, { stage: stage.name, ...(verdict ?? { verdict: "pass" }), ms });
		};
		await dispatch(0);
		return passedAll;
	};
}
