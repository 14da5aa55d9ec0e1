/** Deadlines for many short waits: one coarse timer for all of them, so that a deadline that is not reached costs next to nothing. */
import type { Clock } from "../domain/ports.ts";

/** A deadline may come this much late, in milliseconds. */
export const late_ms_max = 50;

/**
 * Calls `act` at the earliest `ms` after {@link Deadlines.after} and at most 50 ms later, unless it is cancelled. All its deadlines have
 * the same length, so they come in the order they were set.
 */
export class Deadlines {
	/** Length of every deadline, milliseconds. */
	readonly ms: number;
	readonly #clock: Pick<Clock, "after" | "monotonic">;
	/** Insertion order is the order of their times. */
	readonly #waiting = new Map<object, { readonly at: number; readonly act: () => void }>();
	#stop: (() => void) | undefined;

	/** @param ms length of every deadline, 1 or more. Throws RangeError otherwise */
	constructor(ms: number, clock: Pick<Clock, "after" | "monotonic">) {
		if (!(ms >= 1)) throw new RangeError("a deadline must be 1 ms or more");
		this.ms = ms;
		this.#clock = clock;
	}

	/** @returns cancels it */
	after(act: () => void): () => void {
		const key = {};
		this.#waiting.set(key, { at: this.#clock.monotonic() + this.ms, act });
		this.#stop ??= this.#clock.after(this.ms, () => this.#due());
		return () => this.#cancel(key);
	}

	#cancel(key: object): void {
		this.#waiting.delete(key);
		if (this.#waiting.size > 0) return;
		this.#stop?.();
		this.#stop = undefined;
	}

	#due(): void {
		this.#stop = undefined;
		const now = this.#clock.monotonic();
		for (const [key, { at, act }] of this.#waiting) {
			if (at > now) {
				this.#stop = this.#clock.after(Math.max(at - now, late_ms_max), () => this.#due());
				return;
			}
			this.#waiting.delete(key);
			act();
		}
	}
}
