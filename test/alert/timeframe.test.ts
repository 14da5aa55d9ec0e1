/** Timeframes: every spelling that TradingView, MetaTrader and people use, and the texts that are none. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { canonicalTimeframe, hasNoLength, timeframeMs } from "../../src/domain/timeframe.ts";

const spellings: readonly (readonly [canonical: string, ...texts: string[]])[] = [
	["1s", "1S", "s", "1 sec", "1second"],
	["15s", "15S", "15s", "15 seconds"],
	["90s", "90S", "90s"],
	["1m", "1", "1m", "m", "01", "60S", "1min", "1 minute", "M1"],
	["5m", "5", "5m", "5 mins", "M5"],
	["15m", "15", "15m", "15min", "15MIN", "15 minutes", " 15 "],
	["90m", "90", "90m", "90min"],
	["1h", "60", "60m", "1h", "1H", "h", "1hour", "1 Hr", "hourly", "H1"],
	["4h", "240", "4h", "4H", "4 h", "4hours", "240m", "H4"],
	["36h", "2160", "36h"],
	["1d", "D", "1D", "d", "1d", "1440", "24h", "daily", "1 day", "D1"],
	["3d", "3D", "4320"],
	["1w", "W", "1W", "w", "1 week", "weekly", "7D", "10080", "W1"],
	["1M", "M", "1M", "1mo", "1 month", "monthly", "MN", "MN1"],
	["3M", "3M", "3 months"],
	["12M", "12M", "1y", "1 year", "yearly"],
	// What TradingView's own list of intervals has, and the longest ones that can be typed there.
	...["5s", "10s", "30s", "45s"].map((text) => [text, text.toUpperCase()] as const),
	["3m", "3"],
	["30m", "30"],
	["45m", "45"],
	["2h", "120", "2H"],
	["3h", "180", "3h"],
	["6M", "6M", "6 mo"],
	["365d", "365D", "525600"],
	["52w", "52W"],
];

describe("canonicalTimeframe", () => {
	for (const [canonical, ...texts] of spellings) {
		for (const text of [canonical, ...texts]) {
			test(`${JSON.stringify(text)} is ${canonical}`, () => expect(canonicalTimeframe(text)).toBe(canonical));
		}
	}

	const none = [
		"",
		" ",
		"0",
		"0m",
		"00",
		"-5",
		"+5",
		"1.5h",
		"5 5",
		"m5m",
		"1T",
		"10T",
		"100T",
		"1000T",
		"1R",
		"10R",
		"1 tick",
		"renko",
		"100R",
		"soon",
		"1q",
		"h4h",
		"1 M 1",
	];
	for (const text of [...none, "13M", "2y", "53w", "9999999", "1000000", "1e3", "５", "{{interval}}", "null", "D D"]) {
		test(`${JSON.stringify(text)} is no timeframe`, () => expect(canonicalTimeframe(text)).toBeUndefined());
	}

	test("a capital M is a month and a small one a minute, with and without a number", () => {
		expect(canonicalTimeframe("M")).not.toBe(canonicalTimeframe("m"));
		expect(canonicalTimeframe("3M")).not.toBe(canonicalTimeframe("3m"));
	});

	test("a canonical timeframe is its own canonical spelling, and lasts as long as what it was read from", () => {
		const unit = fc.constantFrom("s", "m", "h", "d", "w", "M");
		const ms = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, M: 2_592_000_000 } as Record<
			string,
			number
		>;
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 600 }), unit, (count, of) => {
				const canonical = canonicalTimeframe(`${count}${of}`);
				if (canonical === undefined) return count * (ms[of] ?? 0) > 365 * 86_400_000;
				return canonicalTimeframe(canonical) === canonical && timeframeMs(canonical) === count * (ms[of] ?? 0);
			}),
			{ numRuns: 2000 },
		);
	});

	test("any text gives a canonical timeframe or nothing, never an exception", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 12 }), (text) => {
				const canonical = canonicalTimeframe(text);
				return canonical === undefined || timeframeMs(canonical) > 0;
			}),
			{ numRuns: 5000 },
		);
	});
});

describe("hasNoLength", () => {
	test.each(["1T", "10t", "1000T", "1R", "100 R", "ticks", "range", "Renko"])(
		"%s is a chart without a clock",
		(text) => {
			expect(hasNoLength(text)).toBe(true);
			expect(canonicalTimeframe(text)).toBeUndefined();
		},
	);
	test.each(["15S", "1", "D", "12M", "", "T1", "soon", "13M", "1".repeat(100), `${" ".repeat(100)}1T`])(
		"%j is none of them",
		(text) => expect(hasNoLength(text)).toBe(false),
	);
});

describe("timeframeMs", () => {
	const lengths: readonly (readonly [string, number])[] = [
		["15s", 15_000],
		["1m", 60_000],
		["90m", 5_400_000],
		["1h", 3_600_000],
		["1d", 86_400_000],
		["1w", 604_800_000],
		["1M", 30 * 86_400_000],
	];
	for (const [text, ms] of lengths) test(`${text} lasts ${ms} ms`, () => expect(timeframeMs(text)).toBe(ms));

	for (const text of ["", "60", "h", "0m", "1.5h", "toString", "1x", "-1h"]) {
		test(`${JSON.stringify(text)} is not canonical and throws`, () =>
			expect(() => timeframeMs(text)).toThrow(RangeError));
	}
});
