/** Ids: order, round trip and what is no id. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { idOf, SequenceMaker, sequenceOf } from "../../src/domain/id.ts";

const sequence = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe("alert ids", () => {
	test("an id leads back to its number", () => {
		fc.assert(
			fc.property(sequence, (number) => {
				expect(idOf(number)).toHaveLength(11);
				expect(sequenceOf(idOf(number))).toBe(number);
				expect(sequenceOf(idOf(number).toLowerCase())).toBe(number);
			}),
			{ seed: 1, numRuns: 1000 },
		);
	});

	for (const [number, id] of [
		[0, "00000000000"],
		[31, "0000000000Z"],
		[32, "00000000010"],
		[2 ** 30 - 1, "00000ZZZZZZ"],
		[2 ** 30, "00001000000"],
		[Number.MAX_SAFE_INTEGER, "7ZZZZZZZZZZ"],
	] as const) {
		test(`${number} is written ${id}`, () => expect(idOf(number)).toBe(id));
	}

	test("ids sort as their numbers do", () => {
		fc.assert(
			fc.property(sequence, sequence, (a, b) => {
				expect(idOf(a) < idOf(b)).toBe(a < b);
			}),
			{ seed: 2, numRuns: 1000 },
		);
	});

	for (const [name, text] of [
		["too short", "0000000000"],
		["too long", "000000000000"],
		["a letter that Crockford leaves out", "0000000000U"],
		["a letter O", "0000000000O"],
		["a number beyond the safe ones", "ZZZZZZZZZZZ"],
		["empty", ""],
		["a space", "0000000000 "],
	] as const) {
		test(`${name} is no id`, () => expect(sequenceOf(text)).toBeUndefined());
	}
});

describe("SequenceMaker", () => {
	test("numbers rise while the clock stands still, goes on and goes back", () => {
		const maker = new SequenceMaker();
		const made = [5, 5, 5, 9, 3, 3, 10].map((now) => maker.next(now));
		expect(made).toEqual([...new Set(made)].sort((a, b) => a - b));
		expect(made[0]).toBe(5 * 4096);
		expect(made[3]).toBe(9 * 4096);
	});

	test("it goes on above the highest number of an earlier run, whatever the clock says", () => {
		const maker = new SequenceMaker(1_000_000);
		expect(maker.next(1)).toBe(1_000_001);
	});

	test("the milliseconds of today are far from the end of the safe numbers", () => {
		expect(Number.isSafeInteger(new SequenceMaker().next(Date.UTC(2038, 0, 1)))).toBe(true);
	});
});
