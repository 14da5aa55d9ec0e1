/** Tables: aligned, fitted to the width, harmless whatever the cells hold. */
import { describe, expect, test } from "bun:test";
import { type Column, cut, table, wrap } from "../../src/cli/table.ts";
import { harmless, paint } from "../../src/cli/terminal.ts";
import { fakeTerminal } from "./support/fake-terminal.ts";

interface Row {
	readonly name: string;
	readonly price: string;
	readonly note: string;
}

const columns: readonly Column<Row>[] = [
	{ title: "NAME", text: ({ name }) => name, min: 6 },
	{ title: "PRICE", text: ({ price }) => price, align: "right", min: 5 },
	{ title: "NOTE", text: ({ note }) => note, optional: true, paint: () => "red" },
];
const rows: readonly Row[] = [
	{ name: "short", price: "1", note: "a" },
	{ name: "a name that is long", price: "42000.50", note: "bb" },
];
const draw = (width: number, colors = false) => table(fakeTerminal({ columns: width, colors }), columns, rows);

describe("a table", () => {
	test("aligns words left and numbers right", () => {
		expect(draw(80)).toEqual([
			"NAME                    PRICE  NOTE",
			"short                       1  a",
			"a name that is long  42000.50  bb",
		]);
	});

	test("leaves optional columns out before it cuts anything", () => {
		expect(draw(30)).toEqual([
			"NAME                    PRICE",
			"short                       1",
			"a name that is long  42000.50",
		]);
	});

	test("cuts words before numbers, and marks the cut", () => {
		expect(draw(18)).toEqual(["NAME         PRICE", "short            1", "a name …  42000.50"]);
	});

	test("cuts numbers last, and never below the least width", () => {
		expect(draw(14)).toEqual(
			["NAME     PRICE", "short        1", "a nam…  4200…"].map((line, i) => (i === 2 ? "a nam…  42000…" : line)),
		);
		expect(draw(5)).toEqual(["NAME    PRICE", "short       1", "a nam…  4200…"]);
	});

	test("paints without changing the alignment", () => {
		const [, first = ""] = draw(80, true);
		expect(first).toContain("\u001b[31ma\u001b[0m");
		expect(Bun.stripANSI(first).trimEnd()).toBe("short                       1  a");
	});

	test("takes control characters and line ends out of cells", () => {
		const evil = [{ name: "a\u001b[2Jb\nc\u202ed", price: "1", note: "" }];
		expect(table(fakeTerminal(), columns, evil)[1]).toBe("ab c d      1");
	});
});

describe("cut", () => {
	test.each([
		["a text that fits stays", "abc", 3, "abc"],
		["a longer one ends in …", "abcd", 3, "ab…"],
		["wide characters count as two columns", "日本語", 5, "日本…"],
		["a character of several parts is not torn", "👩‍👩‍👧‍👦x", 2, "…"],
	])("%s", (_, text, width, expected) => {
		expect(cut(text, width)).toBe(expected);
		expect(Bun.stringWidth(cut(text, width))).toBeLessThanOrEqual(width);
	});
});

describe("wrap", () => {
	test.each([
		["breaks between words", "one two three four", 10, ["one two", "three four"]],
		["breaks a word longer than the line", "abcdefghijklmnop xy", 10, ["abcdefghij", "klmnop xy"]],
		["breaks a word one longer than the line", "abcdefghijk", 10, ["abcdefghij", "k"]],
		["of nothing is one empty line", "", 10, [""]],
	])("%s", (_, text, width, expected) => {
		expect(wrap(text, width)).toEqual(expected);
	});

	test("loses nothing", () => {
		const text = "the quick brown fox jumpsoverthelazydogandaway again and again";
		expect(wrap(text, 12).join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
	});
});

describe("text from outside", () => {
	test.each([
		["escape sequences go", "a\u001b[31mb\u001b]0;title\u0007c", "abc"],
		[
			"a line end becomes a blank, so that no second line can be faked",
			"ok\r\nnexus: all is well",
			"ok nexus: all is well",
		],
		["direction marks go", "a\u202eb", "a b"],
		["other languages stay", "größer 日本語 👍", "größer 日本語 👍"],
	])("%s", (_, text, expected) => {
		expect(harmless(text)).toBe(expected);
	});

	test("no colour is written where there are none", () => {
		expect(paint({ colors: false }, "red", "x")).toBe("x");
		expect(paint({ colors: true }, "red", "x")).toBe("\u001b[31mx\u001b[0m");
		expect(paint({ colors: true }, "red", "")).toBe("");
	});
});
