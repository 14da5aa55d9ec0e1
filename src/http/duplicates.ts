/** How often each alert came again after it was recorded: kept in memory only, so that a flood of copies writes nothing. */

/** What is known of one alert's copies. */
export interface Copies {
	readonly count: number;
	/** Of the last one; milliseconds since 1970. */
	readonly at: number;
	/** The last one's sender. */
	readonly source: string;
}

/** The newest push the oldest out. */
export class Duplicates {
	readonly #max: number;
	readonly #copies = new Map<string, Copies>();

	/** @param alerts_max alerts whose copies are counted, 1 or more; default 10,000 */
	constructor(alerts_max = 10_000) {
		if (!(alerts_max >= 1)) throw new RangeError("alerts_max must be 1 or more");
		this.#max = alerts_max;
	}

	/** One more copy of an alert came and was answered as a duplicate. */
	add(id: string, source: string, at: number): void {
		const count = (this.#copies.get(id)?.count ?? 0) + 1;
		this.#copies.delete(id);
		this.#copies.set(id, { count, at, source });
		if (this.#copies.size <= this.#max) return;
		const oldest = this.#copies.keys().next();
		if (!oldest.done) this.#copies.delete(oldest.value);
	}

	/** Undefined where none came since the start. */
	of(id: string): Copies | undefined {
		return this.#copies.get(id);
	}
}
