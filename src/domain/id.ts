/** Ids: time-ordered alert ids that are also the journal's row number, and order ids that are a pure function of the alert. */

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const idLength = 11;
const perMillisecond = 4096;

/** The row number of an alert id: milliseconds × 4096 + a counter, always a safe integer. Undefined if it is no alert id. */
export function sequenceOf(id: string): number | undefined {
	if (id.length !== idLength) return undefined;
	let value = 0;
	for (const character of id.toUpperCase()) {
		const digit = alphabet.indexOf(character);
		if (digit < 0) return undefined;
		value = value * 32 + digit;
	}
	return Number.isSafeInteger(value) ? value : undefined;
}

/** Two characters for each ten bits. */
const pairs = Array.from({ length: 1024 }, (_, bits) => `${alphabet[bits >> 5]}${alphabet[bits & 31]}`);
const lower_bits = 2 ** 30;

/** The alert id of a row number: 11 characters of Crockford's base 32, in the same order as the numbers. */
export function idOf(sequence: number): string {
	// In two parts that fit the processor's whole numbers: 25 bits above, 30 bits below.
	const upper = Math.floor(sequence / lower_bits);
	const lower = sequence % lower_bits;
	return `${alphabet[upper >> 20]}${pair(upper >> 10)}${pair(upper)}${pair(lower >> 20)}${pair(lower >> 10)}${pair(lower)}`;
}

function pair(bits: number): string {
	return pairs[bits & 1023] ?? "";
}

/** Makes strictly rising sequences, also when the clock stands still or goes back; `last` is the highest one used before. */
export class SequenceMaker {
	#last: number;

	constructor(last = 0) {
		this.#last = last;
	}

	/** @param now milliseconds since 1970 */
	next(now: number): number {
		this.#last = Math.max(this.#last + 1, now * perMillisecond);
		return this.#last;
	}
}
