/** The clock of one simulated process: what it waits for comes in simulated time, and never once the process is dead. */
import type { Clock } from "../../src/domain/ports.ts";
import type { ManualClock } from "../engine/support.ts";

/** Time as one process has it; `ahead_ms` is how far its machine's clock is off. */
export class ProcessClock implements Clock {
	readonly #world: ManualClock;
	readonly #ahead_ms: number;
	readonly #step: () => void;
	readonly #timers = new Set<() => void>();
	#dead = false;

	/** @param step called before each timer fires; the process may die in it */
	constructor(world: ManualClock, ahead_ms: number, step: () => void) {
		this.#world = world;
		this.#ahead_ms = ahead_ms;
		this.#step = step;
	}

	now(): number {
		return this.#world.now() + this.#ahead_ms;
	}

	monotonic(): number {
		return this.#world.monotonic();
	}

	sleep(ms: number): Promise<void> {
		return new Promise((resolve) => {
			this.after(ms, resolve);
		});
	}

	after(ms: number, act: () => void): () => void {
		if (this.#dead) return () => undefined;
		const cancel = this.#world.after(ms, () => {
			this.#timers.delete(cancel);
			this.#step();
			if (!this.#dead) act();
		});
		this.#timers.add(cancel);
		return () => {
			this.#timers.delete(cancel);
			cancel();
		};
	}

	/** Nothing that waits goes on. */
	kill(): void {
		this.#dead = true;
		for (const cancel of this.#timers) cancel();
		this.#timers.clear();
	}
}
