/** Does something again and again until it is stopped; after a failure it waits longer each time. */
import type { Clock } from "../domain/ports.ts";

export interface RepeatOptions {
	readonly clock: Clock;
	/** Between the end of one run and the next. */
	readonly every_ms: number;
	/** The longest wait after failures. */
	readonly wait_ms_max: number;
	/** Why it failed; undefined where it did not. */
	readonly act: () => Promise<string | undefined>;
	/** At the first failure in a row, and with undefined at the first success after it. */
	readonly tell: (failure: string | undefined) => void;
}

/** A repeated act; the first run comes after `every_ms`. */
export class Repeat {
	readonly #options: RepeatOptions;
	#failures = 0;
	#stopped = false;
	#running: Promise<void> = Promise.resolve();
	#disarm: () => void = () => undefined;

	constructor(options: RepeatOptions) {
		this.#options = options;
		this.#arm();
	}

	/** Resolves when a run that is under way has ended; none begins any more. */
	async stop(): Promise<void> {
		this.#stopped = true;
		this.#disarm();
		await this.#running;
	}

	#arm(): void {
		const { clock, every_ms, wait_ms_max } = this.#options;
		const wait = Math.min(every_ms * 2 ** Math.min(this.#failures, 16), Math.max(every_ms, wait_ms_max));
		this.#disarm = clock.after(wait, () => {
			this.#running = this.#run();
		});
	}

	async #run(): Promise<void> {
		const failure = await this.#options.act().catch((cause: unknown) => String(cause));
		// A question that was given up because of the stop is no failure.
		if (this.#stopped) return;
		if (failure === undefined ? this.#failures > 0 : this.#failures === 0) this.#options.tell(failure);
		this.#failures = failure === undefined ? 0 : this.#failures + 1;
		this.#arm();
	}
}
