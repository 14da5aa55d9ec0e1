/** The last refused requests and how many there were of each code: kept in memory only, never a row in the journal. */
import { type Static, Type } from "@sinclair/typebox";
import { Time } from "../domain/records.ts";

export const RefusedRequest = Type.Object(
	{
		at: Time,
		/** The sender's address. */
		source: Type.String(),
		stage: Type.String(),
		code: Type.String(),
		/** Never the body, never a secret. */
		detail: Type.String(),
	},
	{ additionalProperties: false },
);
export type RefusedRequest = Static<typeof RefusedRequest>;

/** A ring: the newest push the oldest out. */
export class Refusals {
	readonly #max: number;
	readonly #ring: RefusedRequest[] = [];
	readonly #counts = new Map<string, number>();
	#next = 0;

	/** @param refusals_max lines kept, 1 or more; default 1,000 */
	constructor(refusals_max = 1000) {
		if (!(refusals_max >= 1)) throw new RangeError("refusals_max must be 1 or more");
		this.#max = refusals_max;
	}

	add(refused: RefusedRequest): void {
		this.#ring[this.#next] = refused;
		this.#next = (this.#next + 1) % this.#max;
		this.#counts.set(refused.code, (this.#counts.get(refused.code) ?? 0) + 1);
	}

	/** Newest first. */
	list(limit = this.#max): readonly RefusedRequest[] {
		const oldestFirst = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
		return oldestFirst.reverse().slice(0, limit);
	}

	/** Refusals since the start, by code. */
	counts(): Readonly<Record<string, number>> {
		return Object.fromEntries(this.#counts);
	}
}
