/** A clock that stands still until a test moves it. */
import type { Clock } from "../../../src/domain/ports.ts";

export class ManualClock implements Clock {
	#ms: number;
	#timers: { at: number; act: () => void }[] = [];

	constructor(now = Date.UTC(2026, 0, 31, 13, 37)) {
		this.#ms = now;
	}

	now(): number {
		return Math.floor(this.#ms);
	}
	monotonic(): number {
		return this.#ms;
	}
	sleep(ms: number): Promise<void> {
		return new Promise((resolve) => {
			this.after(ms, resolve);
		});
	}
	after(ms: number, act: () => void): () => void {
		const timer = { at: this.#ms + ms, act };
		this.#timers.push(timer);
		return () => {
			this.#timers = this.#timers.filter((other) => other !== timer);
		};
	}

	get timers(): number {
		return this.#timers.length;
	}

	/** Moves on and fires what is due, then lets everything that waits for it run. */
	async advance(ms: number): Promise<void> {
		this.#ms += ms;
		const due = this.#timers.filter((timer) => timer.at <= this.#ms);
		this.#timers = this.#timers.filter((timer) => timer.at > this.#ms);
		for (const timer of due) timer.act();
		await settle();
	}
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
	await Bun.sleep(0);
	await Bun.sleep(0);
}
