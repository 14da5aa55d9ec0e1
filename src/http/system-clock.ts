/** The machine's own clock and timers, for programs that bring none. */
import type { Clock } from "../domain/ports.ts";

export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	sleep: (ms) => Bun.sleep(ms),
	after(ms, act) {
		const timer = setTimeout(act, ms);
		return () => clearTimeout(timer);
	},
};
