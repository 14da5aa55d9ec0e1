/** Waits for a promise, but not for ever. */
import type { Clock } from "./ports.ts";

/** Resolves when `work` has settled or after `ms`, whichever is first; no timer stays behind. `work` goes on by itself. */
export async function within(work: Promise<unknown>, ms: number, clock: Pick<Clock, "after">): Promise<void> {
	const late = Promise.withResolvers<void>();
	const cancel = clock.after(ms, late.resolve);
	try {
		await Promise.race([work, late.promise]);
	} finally {
		cancel();
	}
}
