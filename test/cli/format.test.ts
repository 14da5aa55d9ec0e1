/** Numbers, times and spans as people read them. */
import { describe, expect, test } from "bun:test";
import { bytes, count, figure, milliseconds, moment, money, readSpan, span, timeColumn } from "../../src/cli/format.ts";
import { now } from "./support/fake-terminal.ts";

describe("money has two decimals and is exact", () => {
	test.each([
		["100000", false, "100,000.00"],
		["-10.750125", true, "-10.75"],
		["0.005", true, "+0.01"],
		["-0.005", true, "-0.01"],
		["0.004", true, "0.00"],
		["-0.004", true, "0.00"],
		["0", true, "0.00"],
		["999.995", false, "1,000.00"],
		["123456789012345678.129", false, "123,456,789,012,345,678.13"],
		["not a number", false, "not a number"],
	])("%s, signed %p: %s", (text, signed, expected) => {
		expect(money(text, signed)).toBe(expected);
	});
});

describe("figures keep their digits, and say where some are left out", () => {
	test.each([
		["42021.50025", "42021.50025"],
		["0.12345678", "0.12345678"],
		["0.123456789", "0.1234567…"],
		["100", "100"],
		[null, "-"],
		[undefined, "-"],
	])("%p: %s", (text, expected) => {
		expect(figure(text)).toBe(expected);
	});
});

describe("spans of time", () => {
	test.each([
		[0, "0 ms"],
		[999, "999 ms"],
		[3250, "3.2 s"],
		[59_999, "59.9 s"],
		[60_000, "1m 00s"],
		[3_725_000, "1h 02m"],
		[11_520_000, "3h 12m"],
		[190_000_000, "2d 4h"],
	])("%d ms are %s", (ms, expected) => {
		expect(span(ms)).toBe(expected);
	});

	test.each([
		["90s", 90_000],
		["1.5h", 5_400_000],
		["7d", 604_800_000],
		["250ms", 250],
		["1h30m", undefined],
		["h", undefined],
		["-1h", undefined],
		["1 h", undefined],
		["", undefined],
		["1y", undefined],
	])("%p is read as %p", (text, expected) => {
		expect(readSpan(text)).toBe(expected);
	});
});

describe("a column of times", () => {
	const one = "2026-01-31T13:37:00.123Z";
	test.each([
		["only the time where all are of today", [one, "2026-01-31T00:00:00.000Z"], "13:37:00"],
		["month and day where one is of another day", [one, "2026-01-30T23:59:59.999Z"], "01-31 13:37"],
		["the year where one is of another year", [one, "2025-12-31T23:59:59.999Z"], "2026-01-31 13:37"],
	])("shows %s", (_, times, expected) => {
		expect(timeColumn(times, now)(one)).toBe(expected);
	});
});

test("bytes, milliseconds, moments and counts", () => {
	expect([bytes(812), bytes(1536), bytes(3 * 1024 * 1024), bytes(0)]).toEqual(["812 B", "1.5 KB", "3.0 MB", "0 B"]);
	expect(milliseconds(0.0124)).toBe("0.012");
	expect(moment("2026-01-31T13:37:00.123Z")).toBe("2026-01-31 13:37:00.123 UTC");
	expect([count(1, "fill"), count(0, "fill"), count(2, "reply", "replies")]).toEqual([
		"1 fill",
		"0 fills",
		"2 replies",
	]);
});
