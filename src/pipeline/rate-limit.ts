/** Stage `rate_limit`: paces alerts per source and per strategy; one too many waits its turn and is never dropped. */
import type { Clock } from "../domain/ports.ts";
import type { Rate } from "../domain/settings.ts";
import type { ProcessingStage } from "./processing.ts";

/** Buckets remembered; the one used longest ago is forgotten first. */
const buckets_max = 10_000;

/**
 * Token buckets by name, as the time at which each would be full again (generic cell rate algorithm):
 * every taker gets its own slot, so that waiting ones leave in the order they came.
 */
export class Pacer {
	readonly #rate: Rate;
	readonly #fullAt = new Map<string, number>();

	/** Throws RangeError for a rate or burst that lets nothing through. */
	constructor(rate: Rate) {
		if (!(rate.per_second > 0) || rate.burst < 1)
			throw new RangeError("rate_limit needs a rate above 0 and a burst of 1 or more");
		this.#rate = rate;
	}

	/** Takes a token from each bucket. @returns milliseconds to wait before going on, 0 when there was one in each */
	take(names: readonly string[], now: number): number {
		let wait_ms = 0;
		for (const name of names) wait_ms = Math.max(wait_ms, this.#takeOne(name, now));
		return wait_ms;
	}

	#takeOne(name: string, now: number): number {
		const each_ms = 1000 / this.#rate.per_second;
		const fullAt = Math.max(this.#fullAt.get(name) ?? now, now) + each_ms;
		this.#fullAt.delete(name);
		this.#fullAt.set(name, fullAt);
		if (this.#fullAt.size > buckets_max) {
			const [oldest] = this.#fullAt.keys();
			if (oldest !== undefined) this.#fullAt.delete(oldest);
		}
		return Math.max(0, Math.ceil(fullAt - now - this.#rate.burst * each_ms));
	}
}

/** @param rate tokens per second and bucket size, the same for every source and every strategy */
export function rateLimit(rate: Rate, clock: Clock): ProcessingStage {
	const pacer = new Pacer(rate);
	return {
		name: "rate_limit",
		async run(context, next) {
			const { source, strategy } = context.alert;
			const wait_ms = pacer.take([`source ${source}`, `strategy ${strategy}`], clock.now());
			if (wait_ms > 0) await clock.sleep(wait_ms);
			await next();
			if (wait_ms === 0) return { verdict: "pass" };
			const allowed = `${rate.per_second}/s after a burst of ${rate.burst}`;
			return { verdict: "hold", code: "paced", detail: `waited ${wait_ms} ms for its turn at ${allowed}` };
		},
	};
}
