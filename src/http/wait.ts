/** `?wait=2s`: a sender that wants the outcome in the answer, for a short time and only a few at once. */
import type { Clock } from "../domain/ports.ts";

/** The longest wait, in milliseconds: TradingView itself gives up after three seconds. */
export const wait_ms_max = 2000;

/** `2s`, `500ms`, `1.5` (seconds); at most 2 s. 0 where it is absent or unreadable: a good alert is not refused for a bad wish. */
export function waitMs(text: string | null): number {
	const match = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s)?$/.exec(text?.trim() ?? "");
	if (match === null) return 0;
	const ms = Math.round(Number(match[1]) * (match[2] === "ms" ? 1 : 1000));
	return Math.min(ms, wait_ms_max);
}

/** Lets so many wait at a time. */
export class WaitingRoom {
	readonly #max: number;
	readonly #clock: Pick<Clock, "after">;
	readonly #closed = Promise.withResolvers<void>();
	#waiting = 0;

	/** @param waiters_max default 64 */
	constructor(clock: Pick<Clock, "after">, waiters_max = 64) {
		this.#clock = clock;
		this.#max = waiters_max;
	}

	/** Lets all go that wait, and those to come at once. */
	close(): void {
		this.#closed.resolve();
	}

	/** Waits for `event`, at most `ms`; at once where the room is full. What the event rejects with counts as having happened. */
	async until(event: () => Promise<unknown>, ms: number): Promise<void> {
		if (this.#waiting >= this.#max || ms <= 0) return;
		this.#waiting += 1;
		const late = Promise.withResolvers<void>();
		const cancel = this.#clock.after(ms, late.resolve);
		try {
			await Promise.race([event(), late.promise, this.#closed.promise]);
		} finally {
			cancel();
			this.#waiting -= 1;
		}
	}
}
