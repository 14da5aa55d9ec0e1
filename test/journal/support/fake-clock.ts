/** A clock that stands still until a test moves it. */
import type { Clock } from "../../../src/domain/ports.ts";

export class FakeClock implements Clock {
	#now = Date.parse("2026-01-31T12:00:00.000Z");
	#timers: { readonly at: number; readonly act: () => void }[] = [];

	now(): number {
		return this.#now;
	}

	monotonic(): number {
		return this.#now;
	}

	sleep(ms: number): Promise<void> {
		return new Promise((resolve) => {
			this.after(ms, resolve);
		});
	}

	after(ms: number, act: () => void): () => void {
		const timer = { at: this.#now + ms, act };
		this.#timers.push(timer);
		return () => {
			this.#timers = this.#timers.filter((other) => other !== timer);
		};
	}

	/** How many timers wait. */
	get waiting(): number {
		return this.#timers.length;
	}

	/** Moves on and runs what is due. */
	advance(ms: number): void {
		this.#now += ms;
		const due = this.#timers.filter(({ at }) => at <= this.#now);
		this.#timers = this.#timers.filter(({ at }) => at > this.#now);
		for (const { act } of due) act();
	}
}
