/** Lines, words and credentials of a text body, each with its place. */
import { describe, expect, test } from "bun:test";
import { commands_max, readBody } from "../../src/alert/read.ts";
import { commands_enough, commentSpan, credentialIn, partsOf, wordsOf } from "../../src/alert/text-parts.ts";

describe("parts", () => {
	const rows: readonly (readonly [name: string, body: string, separator: RegExp, texts: readonly string[]])[] = [
		["lines of every system", "a\r\nb\nc\rd", /\r\n|[\n\r]/g, ["a", "b", "c", "d"]],
		["empty ones and space around are left out", " a ;; ; b\t;", /;/g, ["a", "b"]],
		["a byte order mark is space", "\ufeffa\nb", /\n/g, ["a", "b"]],
		["a body without a separator is one part", "a b", /;/g, ["a b"]],
		["nothing has no parts", " \n ", /\n/g, []],
	];
	for (const [name, body, separator, texts] of rows)
		test(name, () => {
			const parts = partsOf(body, separator);
			expect(parts.map(({ text }) => text)).toEqual([...texts]);
			for (const { text, start } of parts) expect(body.slice(start, start + text.length)).toBe(text);
		});
});

describe("words", () => {
	const words = (text: string) => wordsOf({ text, start: 7 }).map((word) => word.text);
	test("stand between spaces and tabs", () => expect(words("a  b\tc")).toEqual(["a", "b", "c"]));
	test("hold a placeholder as a whole", () => {
		expect(words("pos {{ strategy.position_size }}$ x3")).toEqual(["pos", "{{ strategy.position_size }}$", "x3"]);
	});
	test("have their place in the body", () => {
		expect(wordsOf({ text: "ab cd", start: 7 }).map(({ start }) => start)).toEqual([7, 10]);
	});
	test("an unclosed placeholder takes the rest, and nothing is lost", () => {
		expect(words("a {{b c d")).toEqual(["a", "{{b c d"]);
	});
	test("an unclosed placeholder ends where none is so long", () => {
		expect(words(`{{${"b".repeat(70)} c d`)).toEqual([`{{${"b".repeat(70)}`, "c", "d"]);
	});
});

describe("credentials", () => {
	test("are found by their key, and the span covers the value alone", () => {
		const body = "x TOKEN = hunter2";
		const found = credentialIn({ text: "TOKEN = hunter2", start: 2 });
		expect(found).toMatchObject({ key: "TOKEN", value: "hunter2", hidden: { replacement: "***" } });
		expect(found && body.slice(found.hidden.start, found.hidden.end)).toBe(" hunter2");
	});
	test("may hold an equals sign", () => {
		expect(credentialIn({ text: "secret=a=b", start: 0 })?.value).toBe("a=b");
	});
	for (const text of ["SYMBOL=BTCUSDT", "hunter2", "=hunter2", ""])
		test(`none is in ${JSON.stringify(text)}`, () => expect(credentialIn({ text, start: 0 })).toBeUndefined());
	test("a comment goes as a whole", () => {
		expect(commentSpan({ text: "// abc", start: 3 })).toEqual({ start: 3, end: 9, replacement: "" });
	});
});

describe("more commands than a body may hold", () => {
	test("reading stops only where the body is refused as a whole", () => {
		expect(commands_enough).toBe(commands_max + 1);
		for (const [dialect, line] of [
			["whook", "acct BTCUSDT buy 1"],
			["signalstack", "BUY 1 AAPL"],
		] as const) {
			const body = (count: number) => Array.from({ length: count }, () => line).join("\n");
			const most = readBody(body(commands_max), { dialect });
			expect(most.ok && most.items.length).toBe(commands_max);
			for (const count of [commands_max + 1, 10 * commands_max])
				expect(readBody(body(count), { dialect })).toMatchObject({ ok: false, refusal: { code: "body_too_large" } });
		}
	});
});
