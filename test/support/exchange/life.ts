/** One life of a program in a simulation: its timers and its network end with it, while the exchange lives on. */
import type { Clock } from "../../../src/domain/ports.ts";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Hand `clock` and `fetch` to everything that dies together. After {@link Life.end} no timer fires, nothing new is sent, and
 * what was on its way to the exchange arrives there while its answer is heard by nobody.
 */
export class Life {
	readonly clock: Clock;
	readonly fetch: Fetch;
	readonly #timers = new Set<() => void>();
	#ended = false;

	constructor(clock: Clock, fetch: Fetch) {
		this.clock = {
			now: () => clock.now(),
			monotonic: () => clock.monotonic(),
			sleep: (ms) => new Promise((resolve) => this.#after(clock, ms, resolve)),
			after: (ms, act) => this.#after(clock, ms, act),
		};
		this.fetch = (url, init) => (this.#ended ? never() : this.#alive(fetch(url, init)));
	}

	get ended(): boolean {
		return this.#ended;
	}

	/** The program is killed now. */
	end(): void {
		this.#ended = true;
		for (const cancel of this.#timers) cancel();
		this.#timers.clear();
	}

	#after(clock: Clock, ms: number, act: () => void): () => void {
		if (this.#ended) return () => undefined;
		const cancel = clock.after(ms, () => {
			this.#timers.delete(cancel);
			act();
		});
		this.#timers.add(cancel);
		return () => {
			this.#timers.delete(cancel);
			cancel();
		};
	}

	async #alive(asking: Promise<Response>): Promise<Response> {
		try {
			const response = await asking;
			return this.#ended ? await never() : response;
		} catch (error) {
			if (this.#ended) return await never();
			throw error;
		}
	}
}

function never(): Promise<never> {
	return new Promise(() => undefined);
}
