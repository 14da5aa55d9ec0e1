/** Chance from a seed: the same seed makes the same choices, so that a failure can be had again. */

/** Numbers from a seed (mulberry32). */
export class Chance {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** From 0 up to, not including, 1. */
	number(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	}

	/** A whole number from `least` to `most`. */
	whole(least: number, most: number): number {
		return least + Math.floor(this.number() * (most - least + 1));
	}

	/** True in this share of the cases. Without a rate no number is taken, so that other choices stay as they were. */
	happens(rate = 0): boolean {
		return rate > 0 && this.number() < rate;
	}
}
