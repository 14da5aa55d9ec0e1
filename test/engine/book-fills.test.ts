/** Random fill sequences end equal to exact fractions, to the last unit; what the check says of books that are wrong. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import { type Faults, fillSequenceProblem } from "./fill-sequences.ts";

const sequences = 20_000;
const parts = 4;

describe("random fills: partial, late, told twice, through zero, of several strategies, over restarts", () => {
	for (let part = 0; part < parts; part++) {
		const from = 1 + (part * sequences) / parts;
		test(`${sequences / parts} sequences from seed ${from}`, () => {
			for (let seed = from; seed < from + sequences / parts; seed++) {
				const problem = fillSequenceProblem(seed);
				if (problem !== undefined) throw new Error(problem);
			}
		}, 60_000);
	}

	test("a seed is the same sequence each time", () => {
		const offByOne: Faults = { told: (fill) => ({ ...fill, quantity: decimal("0.5") }) };
		expect(fillSequenceProblem(7, offByOne)).toBe(fillSequenceProblem(7, offByOne));
	});
});

describe("the check finds", () => {
	const rows: readonly (readonly [string, Faults, RegExp])[] = [
		[
			"a trade that counts twice",
			{ told: (fill, index) => ({ ...fill, trade_id: `${fill.trade_id}-${index}` }) },
			/was counted twice/,
		],
		[
			"a fee of one unit too much",
			{ told: (fill) => ({ ...fill, fee: (fill.fee + 1n) as typeof fill.fee }) },
			/realised profit is/,
		],
		[
			"a price of one unit too much",
			{ told: (fill) => ({ ...fill, price: (fill.price + 1n) as typeof fill.price }) },
			/average price is|realised profit is/,
		],
		[
			"an exact sum that a restart loses, so that only the rounded average is left",
			{ position: ({ exact: _, ...position }) => position },
			/average price is|realised profit is|fees is/,
		],
		[
			"a sum rounded to 18 decimals at a restart",
			{
				position: (position) => {
					const { exact } = position;
					const [integer, fraction = ""] = (exact?.cost ?? "0").split(".");
					const cost = `${integer}.${fraction.slice(0, 18).padEnd(18, "0")}`;
					return exact === undefined ? position : { ...position, exact: { ...exact, cost } };
				},
			},
			/average price is|realised profit is|the sum of its fills/,
		],
	];
	for (const [name, faults, words] of rows) {
		test(name, () => {
			const problems: string[] = [];
			for (let seed = 1; seed <= 200 && problems.length === 0; seed++) {
				const problem = fillSequenceProblem(seed, faults);
				if (problem !== undefined) problems.push(problem);
			}
			expect(problems.join()).toMatch(words);
			expect(problems.join()).toStartWith("seed ");
		});
	}
});
