/** Decimals against whole-number arithmetic: what is read, written and rounded, to the last digit. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
	type Decimal,
	decimal,
	divide,
	floorToStep,
	formatDecimal,
	fromInteger,
	isPlainDecimal,
	maximum,
	minimum,
	multiply,
	multiplyDivide,
	parseDecimal,
	type Rounding,
	sign,
	unit,
	weightedAverage,
} from "../../src/domain/decimal.ts";

const one = 10n ** 18n;

describe("parseDecimal", () => {
	const read: readonly (readonly [string, string, string])[] = [
		["a plain number", "42000.5", "42000.5"],
		["a whole number", "7", "7"],
		["leading zeros", "007.50", "7.5"],
		["no digit before the point", ".5", "0.5"],
		["no digit after the point", "5.", "5"],
		["a sign", "-1", "-1"],
		["a plus sign", "+1", "1"],
		["minus nothing", "-0", "0"],
		["a small number with an exponent", "1e-8", "0.00000001"],
		["a large number with an exponent", "1.5E+3", "1500"],
		["zero with an exponent that means nothing", "0e999", "0"],
		["the smallest step", "0.000000000000000001", "0.000000000000000001"],
		["trailing zeros beyond 18 decimals", "1.0000000000000000000000", "1"],
		["the largest number of digits", "999999999999999999.999999999999999999", "999999999999999999.999999999999999999"],
		["an exponent that brings many digits back into range", "1234567890123456789e-18", "1.234567890123456789"],
	];
	for (const [name, text, value] of read) {
		test(`reads ${name}: ${text}`, () => {
			const parsed = parseDecimal(text);
			expect(parsed === undefined ? undefined : formatDecimal(parsed)).toBe(value);
		});
	}

	const refused: readonly (readonly [string, string])[] = [
		["nothing", ""],
		["a point alone", "."],
		["a sign alone", "-"],
		["two points", "1.2.3"],
		["a comma", "1,5"],
		["spaces", " 1"],
		["a line break at the end", "1\n"],
		["words", "NaN"],
		["infinity", "Infinity"],
		["hexadecimal", "0x10"],
		["digits of another script", "١"],
		["an exponent without a number", "e5"],
		["an exponent with a point", "1e1.5"],
		["a 19th decimal that is not zero", "0.0000000000000000001"],
		["a 19th digit before the point", "1000000000000000000"],
		["a 19th digit by exponent", "1e18"],
		["a small exponent", "1e-19"],
		["a huge exponent", "1e999"],
		["an exponent of four digits", "1e1000"],
	];
	for (const [name, text] of refused) {
		test(`refuses ${name}: ${JSON.stringify(text)}`, () => {
			expect(parseDecimal(text)).toBeUndefined();
			expect(() => decimal(text)).toThrow(RangeError);
		});
	}

	test("a number of a million digits is refused and not worked on for seconds", () => {
		// Quadratic work on this text would take a quarter of an hour and end the test by its timeout.
		expect(parseDecimal(`1${"0".repeat(1_000_000)}1`)).toBeUndefined();
		expect(parseDecimal(`0.${"0".repeat(1_000_000)}1`)).toBeUndefined();
		expect(parseDecimal("0".repeat(1_000_000))).toBeUndefined();
	});
});

const anyDecimal = fc
	.tuple(fc.bigInt({ min: -(10n ** 36n) + 1n, max: 10n ** 36n - 1n }), fc.integer({ min: 0, max: 30 }))
	.map(([value, shift]) => (value / 10n ** BigInt(shift)) as Decimal);
const roundings: readonly Rounding[] = ["half_even", "down", "up"];

/** True where `result` is `numerator ÷ denominator` brought to a whole number by `rounding`: told from the exact distance. */
function isRounded(result: bigint, numerator: bigint, denominator: bigint, rounding: Rounding): boolean {
	// distance × denominator = result × denominator − numerator, in units of 1/denominator.
	const distance = result * denominator - numerator;
	const far = (value: bigint): bigint => (value < 0n ? -value : value);
	if (distance === 0n) return true;
	const width = far(denominator);
	if (far(distance) >= width) return false;
	const away = far(result * denominator) > far(numerator);
	switch (rounding) {
		case "up":
			return away;
		case "down":
			return !away;
		case "half_even":
			return far(distance) * 2n < width || (far(distance) * 2n === width && result % 2n === 0n);
	}
}

describe("isPlainDecimal", () => {
	const digits = fc.constantFrom("0", "1", "2", "9");
	const characters = fc.constantFrom(..."0123456789.-+eE ".split(""));
	const texts = fc.oneof(
		fc.string({ unit: characters, maxLength: 8 }),
		fc
			.tuple(fc.string({ unit: digits, maxLength: 20 }), fc.string({ unit: digits, maxLength: 20 }))
			.map((parts) => parts.join(".")),
	);

	test("is true exactly for what formatDecimal writes for a value of zero or more", () => {
		fc.assert(
			fc.property(texts, (text) => {
				const value = parseDecimal(text);
				expect(isPlainDecimal(text)).toBe(value !== undefined && value >= 0n && formatDecimal(value) === text);
			}),
			{ seed: 11, numRuns: 3000 },
		);
	});

	for (const [text, plain] of [
		["0", true],
		["42000.5", true],
		["0.000000000000000001", true],
		["999999999999999999", true],
		["42000.50", false],
		["007", false],
		["0.0", false],
		["1.", false],
		[".5", false],
		["-1", false],
		["1e3", false],
		["0.0000000000000000001", false],
		["1000000000000000000", false],
		["1\n", false],
		["", false],
	] as const) {
		test(`${JSON.stringify(text)} is ${plain ? "" : "not "}plain`, () => expect(isPlainDecimal(text)).toBe(plain));
	}
});

describe("against exact fractions", () => {
	test("a decimal that is written and read again is the same", () => {
		fc.assert(
			fc.property(anyDecimal, (value) => {
				expect(parseDecimal(formatDecimal(value))).toBe(value);
			}),
			{ seed: 1, numRuns: 1000 },
		);
	});

	test("what is written has no exponent, no trailing zero and no minus before nothing", () => {
		fc.assert(
			fc.property(anyDecimal, (value) => {
				expect(formatDecimal(value)).toMatch(/^(?:0|-?(?:[1-9]\d*|0\.\d*[1-9]|[1-9]\d*\.\d*[1-9]))$/);
			}),
			{ seed: 2, numRuns: 1000 },
		);
	});

	for (const rounding of roundings) {
		test(`multiply, divide and multiplyDivide round ${rounding} to the last digit`, () => {
			fc.assert(
				fc.property(anyDecimal, anyDecimal, anyDecimal, (a, b, c) => {
					expect(isRounded(multiply(a, b, rounding), a * b, one, rounding)).toBe(true);
					if (b !== 0n) expect(isRounded(divide(a, b, rounding), a * one, b, rounding)).toBe(true);
					if (c !== 0n) expect(isRounded(multiplyDivide(a, b, c, rounding), a * b, c, rounding)).toBe(true);
				}),
				{ seed: 3, numRuns: 1000 },
			);
		});
	}

	test("a step floors towards zero, to a multiple, and never by a whole step", () => {
		fc.assert(
			fc.property(anyDecimal, fc.bigInt({ min: 1n, max: 10n ** 20n }), (value, step) => {
				const floored = floorToStep(value, step as Decimal);
				expect(floored % step).toBe(0n);
				const lost = value - floored;
				expect(lost === 0n || sign(lost as Decimal) === sign(value)).toBe(true);
				expect((lost < 0n ? -lost : lost) < step).toBe(true);
			}),
			{ seed: 4, numRuns: 1000 },
		);
	});
});

describe("rounding, case by case", () => {
	const half = decimal("0.5");
	const last = 1n as Decimal;
	const rows: readonly (readonly [string, Decimal, Rounding, bigint])[] = [
		["half of the last digit goes to the even neighbour below", multiply(last, half), "half_even", 0n],
		["half of three last digits goes to the even neighbour above", multiply(3n as Decimal, half), "half_even", 2n],
		["half of the last digit, up", multiply(last, half, "up"), "up", 1n],
		["half of three last digits, down", multiply(3n as Decimal, half, "down"), "down", 1n],
		["minus half of the last digit, up, goes away from zero", multiply(-1n as Decimal, half, "up"), "up", -1n],
		["minus half of three last digits, down, goes to zero", multiply(-3n as Decimal, half, "down"), "down", -1n],
	];
	for (const [name, result, , value] of rows) test(name, () => expect<bigint>(result).toBe(value));

	test("division by zero throws", () => {
		expect(() => divide(unit, 0n as Decimal)).toThrow(RangeError);
		expect(() => multiplyDivide(unit, unit, 0n as Decimal)).toThrow("division by zero");
	});

	test("a step of zero changes nothing", () => {
		expect(floorToStep(decimal("1.23"), 0n as Decimal)).toBe(decimal("1.23"));
	});

	test("whole numbers become decimals and fractions do not", () => {
		expect(fromInteger(3)).toBe(decimal("3"));
		expect(() => fromInteger(0.5)).toThrow(RangeError);
	});

	test("minimum and maximum keep their sides", () => {
		expect(minimum(decimal("-2"), decimal("1"))).toBe(decimal("-2"));
		expect(maximum(decimal("-2"), decimal("1"))).toBe(decimal("1"));
	});
});

describe("weightedAverage", () => {
	test("rounds once, also where the weights are as small as they can be", () => {
		fc.assert(
			fc.property(
				anyDecimal,
				anyDecimal,
				fc.bigInt({ min: 1n, max: 10n ** 30n }),
				fc.bigInt({ min: 1n, max: 9n }),
				(a, b, many, few) => {
					const average = weightedAverage(a, many as Decimal, b, few as Decimal);
					expect(isRounded(average, a * many + b * few, many + few, "half_even")).toBe(true);
				},
			),
			{ seed: 6, numRuns: 500 },
		);
	});
});
