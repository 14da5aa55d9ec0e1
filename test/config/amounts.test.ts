/** Durations, bytes, percentages, rates, numbers: each exact, each with its unit, each "no" with the cure. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
	formatShare,
	parseBytes,
	parseDuration,
	parseInteger,
	parseNumber,
	parseRate,
	parseShare,
} from "../../src/config/amounts.ts";
import { decimal } from "../../src/domain/decimal.ts";

const readers = {
	duration: parseDuration,
	bytes: parseBytes,
	share: parseShare,
	rate: parseRate,
	number: parseNumber,
	integer: parseInteger,
} as const;

type Row = readonly [reader: keyof typeof readers, text: string, value: number | bigint];

const good: readonly Row[] = [
	["duration", "250ms", 250],
	["duration", "30s", 30_000],
	["duration", "5m", 300_000],
	["duration", "1h", 3_600_000],
	["duration", "7d", 604_800_000],
	["duration", "1.5h", 5_400_000],
	["duration", ".5s", 500],
	["duration", "0s", 0],
	["duration", "30 s", 30_000],
	["bytes", "500B", 500],
	["bytes", "64KB", 65_536],
	["bytes", "64kb", 65_536],
	["bytes", "1.5MB", 1_572_864],
	["bytes", "10GB", 10_737_418_240],
	["bytes", "1TB", 1_099_511_627_776],
	["share", "0.1%", decimal("0.001")],
	["share", "10%", decimal("0.1")],
	["share", "100 %", decimal("1")],
	["share", ".05%", decimal("0.0005")],
	["share", "0%", decimal("0")],
	["rate", "10/s", 10],
	["rate", "600/m", 10],
	["rate", "36/h", 0.01],
	["rate", "2.5 / s", 2.5],
	["number", "1.0", decimal("1")],
	["number", "0.1", decimal("0.1")],
	["number", "-3", decimal("-3")],
	["integer", "8080", 8080],
	["integer", "-1", -1],
];

const bad: readonly (readonly [reader: keyof typeof readers, text: string, message: string])[] = [
	["duration", "30", "30 has no unit; write a duration like 30s"],
	["duration", "30x", "30x is not a duration; its unit must be ms, s, m, h or d"],
	["duration", "1M", "1M is not a duration; its unit must be ms, s, m, h or d"],
	["duration", "1constructor", "1constructor is not a duration; its unit must be ms, s, m, h or d"],
	["duration", "soon", "soon is not a duration; write it like 30s"],
	["duration", "", " is not a duration; write it like 30s"],
	["duration", "-5s", "-5s is not a duration; write it like 30s"],
	["duration", "5s 3m", "5s 3m is not a duration; write it like 30s"],
	["duration", "0.5ms", "0.5ms is finer than the smallest unit"],
	["duration", "1e3s", "1e3s is not a duration; write it like 30s"],
	["bytes", "64", "64 has no unit; write a size in bytes like 64KB"],
	["bytes", "64XB", "64XB is not a size in bytes; its unit must be B, KB, MB, GB or TB"],
	["bytes", "0.3B", "0.3B is finer than the smallest unit"],
	["share", "0.1", "0.1 has no unit; write a percentage such as 0.1%"],
	["share", "much", "much is not a percentage; write it like 0.1%"],
	["share", "-1%", "-1% is not a percentage; write it like 0.1%"],
	["share", "1%%", "1%% is not a percentage; write it like 0.1%"],
	["share", "0.00000000000000000001%", "0.00000000000000000001% is not a percentage; write it like 0.1%"],
	["rate", "10", "10 is not a rate; write it like 10/s, 600/m or 100/h"],
	["rate", "10/d", "10/d is not a rate; write it like 10/s, 600/m or 100/h"],
	["rate", "/s", "/s is not a rate; write it like 10/s, 600/m or 100/h"],
	["number", "1,5", "1,5 is not a number; write it like 1.5"],
	["number", "1e3", "1e3 is not a number; write it like 1.5"],
	["number", "NaN", "NaN is not a number; write it like 1.5"],
	["integer", "1.5", "1.5 is not a whole number"],
	["integer", "0x10", "0x10 is not a whole number"],
	["integer", "99999999999999999999", "99999999999999999999 is not a whole number"],
];

describe("amounts", () => {
	for (const [reader, text, value] of good) {
		test(`${reader} ${JSON.stringify(text)} is read exactly`, () => {
			expect(readers[reader](text)).toEqual({ value } as never);
		});
	}

	for (const [reader, text, message] of bad) {
		test(`${reader} ${JSON.stringify(text)} is refused with the cure`, () => {
			expect(readers[reader](text)).toEqual({ message });
		});
	}

	test("a message shows the words it is given, not the text it judged", () => {
		expect(parseDuration("hunter2", '"${WINDOW}"')).toEqual({
			message: '"${WINDOW}" is not a duration; write it like 30s',
		});
	});

	test("a percentage that was formatted is read back as the same share", () => {
		fc.assert(
			fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), (hundredths) => {
				const share = decimal(`${hundredths}e-18`);
				const text = formatShare(share);
				expect(parseShare(text)).toEqual({ value: share });
			}),
		);
	});

	test("whole milliseconds survive in every unit", () => {
		const factors = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
		fc.assert(
			fc.property(fc.nat(10_000), fc.constantFrom("ms", "s", "m", "h", "d"), (count, unit) => {
				expect(parseDuration(`${count}${unit}`)).toEqual({ value: count * factors[unit] });
			}),
		);
	});
});
