/** Sees a flood of alerts: while it lasts, recording them goes before working on them, so that none has to be sent again. */
import type { Clock } from "../domain/ports.ts";

const window_ms = 10;
/** One look every so often while the flood lasts. */
const pause_ms = 10;
/** An alert is held back this long at most. */
const held_back_ms_max = 250;

/** Counts in windows of 10 ms. */
export class Flood {
	readonly #per_window: number;
	readonly #clock: Pick<Clock, "monotonic" | "sleep">;
	#start = Number.NEGATIVE_INFINITY;
	#count = 0;
	#before = 0;

	/** @param per_second alerts a second from which on it is a flood; infinite: never */
	constructor(per_second: number, clock: Pick<Clock, "monotonic" | "sleep">) {
		this.#per_window = (per_second * window_ms) / 1000;
		this.#clock = clock;
	}

	/** One more alert was recorded. */
	arrived(): void {
		this.#turn();
		this.#count += 1;
	}

	/** Undefined without a flood; else resolves when it is over or after 250 ms. */
	over(): Promise<void> | undefined {
		return this.#isOn() ? this.#wait() : undefined;
	}

	async #wait(): Promise<void> {
		for (let held_ms = 0; this.#isOn() && held_ms < held_back_ms_max; held_ms += pause_ms) {
			await this.#clock.sleep(pause_ms);
		}
	}

	#isOn(): boolean {
		this.#turn();
		return Math.max(this.#before, this.#count) > this.#per_window;
	}

	#turn(): void {
		const now = this.#clock.monotonic();
		const passed = now - this.#start;
		if (passed < window_ms) return;
		this.#before = passed < 2 * window_ms ? this.#count : 0;
		this.#count = 0;
		this.#start = now;
	}
}
