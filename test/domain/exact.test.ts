/** Exact sums: written and read without loss, shared, and rounded once at the end. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Decimal, decimal, formatDecimal, zero } from "../../src/domain/decimal.ts";
import {
	addExact,
	type Exact,
	exactDecimals,
	exactOf,
	exactZero,
	formatExact,
	parseExact,
	perUnit,
	productOf,
	roundExact,
	shareOf,
	subtractExact,
} from "../../src/domain/exact.ts";

const largest = decimal("999999999999999999.999999999999999999");
const smallest = decimal("0.000000000000000001");

describe("text", () => {
	const rows: readonly (readonly [string, Exact, string])[] = [
		["nothing", exactZero, "0"],
		["a price times a quantity", productOf(decimal("42000.5"), decimal("0.5")), "21000.25"],
		["below zero", productOf(decimal("100"), decimal("-0.25")), "-25"],
		["the smallest product", productOf(smallest, smallest), `0.${"0".repeat(35)}1`],
		["a third", shareOf(exactOf(decimal("1")), decimal("1"), decimal("3")), `0.${"3".repeat(exactDecimals)}`],
		["minus two thirds", shareOf(exactOf(decimal("-2")), decimal("1"), decimal("3")), `-0.${"6".repeat(71)}7`],
		[
			"the largest product",
			productOf(largest, largest),
			"999999999999999999999999999999999998.000000000000000000000000000000000001",
		],
	];
	for (const [name, value, text] of rows) {
		test(`${name} is ${text.slice(0, 40)}, there and back`, () => {
			expect(formatExact(value)).toBe(text);
			expect(parseExact(text)).toBe(value);
		});
	}

	test("what was written is read, for any value", () => {
		fc.assert(
			fc.property(fc.bigInt({ min: -(10n ** 110n), max: 10n ** 110n }), (value) => {
				expect(parseExact(formatExact(value as Exact))).toBe(value as Exact);
			}),
			{ seed: 5 },
		);
	});

	test("damaged text is not read as something else", () => {
		const damaged = ["", "-", "1e5", ".5", "5.", "+1", "1,5", " 1", `0.${"1".repeat(73)}`, "1".repeat(49), "NaN"];
		for (const text of damaged) expect(() => parseExact(text)).toThrow(RangeError);
	});
});

describe("rounding to 18 decimals", () => {
	const half = (units: bigint) => (units * 10n ** 53n * 5n) as Exact;
	const rows: readonly (readonly [string, Exact, string])[] = [
		["half a unit goes to the even one, here down", half(1n), "0"],
		["half a unit goes to the even one, here up", half(3n), "0.000000000000000002"],
		["and below zero alike", half(-3n), "-0.000000000000000002"],
		["a little more than half goes up", (half(1n) + 10n ** 30n) as Exact, "0.000000000000000001"],
		["a little less than half goes down", (half(3n) - 10n ** 30n) as Exact, "0.000000000000000001"],
		[
			"what only an error of the 72nd decimal made less than half is half",
			(half(3n) - 1n) as Exact,
			"0.000000000000000002",
		],
		["what only an error of the 72nd decimal made more than half is half", (half(1n) + 1n) as Exact, "0"],
	];
	for (const [name, value, text] of rows) {
		test(name, () => {
			expect(formatDecimal(roundExact(value))).toBe(text);
		});
	}

	test("a sum of decimals is that decimal", () => {
		fc.assert(
			fc.property(fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n }), (value) => {
				expect(roundExact(exactOf(value as Decimal))).toBe(value as Decimal);
			}),
			{ seed: 5 },
		);
	});
});

describe("sums and shares", () => {
	test("shares of all units are all of it, to the last digit of what is shown", () => {
		fc.assert(
			fc.property(
				fc.bigInt({ min: 1n, max: 10n ** 24n }),
				fc.array(fc.bigInt({ min: 1n, max: 10n ** 20n }), { minLength: 1, maxLength: 50 }),
				(price, parts) => {
					const whole = parts.reduce((sum, part) => sum + part, 0n) as Decimal;
					const cost = productOf(price as Decimal, whole);
					let [left, units, taken] = [cost, whole as bigint, exactZero];
					for (const part of parts) {
						const after = part === units ? exactZero : shareOf(left, (units - part) as Decimal, units as Decimal);
						taken = addExact(taken, subtractExact(left, after));
						left = after;
						units -= part;
						if (units > 0n) expect(perUnit(left, units as Decimal)).toBe(price as Decimal);
					}
					expect(taken).toBe(cost);
				},
			),
			{ seed: 6 },
		);
	});

	test("the price of one unit is exact where it has 18 decimals, on both sides of zero", () => {
		expect(formatDecimal(perUnit(productOf(decimal("42000.5"), decimal("-0.3")), decimal("-0.3")))).toBe("42000.5");
		expect(perUnit(productOf(largest, smallest), smallest)).toBe(largest);
		expect(formatDecimal(perUnit(exactOf(decimal("2")), decimal("3")))).toBe("0.666666666666666667");
	});

	test("nothing has no price for one unit and no share", () => {
		expect(() => perUnit(exactZero, zero)).toThrow(RangeError);
		expect(() => shareOf(exactZero, zero, zero)).toThrow(RangeError);
	});
});
