/** The JSON reader: JSON.parse's values for valid JSON, the meant values for what people write, and a place for every mistake. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { depth_max, keys_max, readJson, values_max } from "../../src/alert/json.ts";
import {
	Contradiction,
	isJsonArray,
	isJsonObject,
	JsonNumber,
	type JsonValue,
	NotANumber,
} from "../../src/alert/json-value.ts";
import { parseDecimal } from "../../src/domain/decimal.ts";

const nothingHidden = () => false;

function values(text: string, isHidden: (key: string) => boolean = nothingHidden): readonly JsonValue[] {
	const read = readJson(text, isHidden);
	if (!read.ok) throw new Error(read.problem);
	return read.values;
}

/** The one value behind the key `v`. */
function readValue(written: string): JsonValue | undefined {
	const [object] = values(`{"v":${written}}`);
	return isJsonObject(object) ? object["v"] : undefined;
}

/** With numbers as floats and markers as null, as JSON.parse would have it. */
function asParsed(value: JsonValue): unknown {
	if (value instanceof JsonNumber) return Number(value.text);
	if (value instanceof NotANumber) return null;
	if (value instanceof Contradiction) return "contradiction";
	if (isJsonArray(value)) return value.map(asParsed);
	if (!isJsonObject(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asParsed(item)]));
}

describe("valid JSON", () => {
	test("gives what JSON.parse gives, compact and indented", () => {
		const json = fc.oneof(
			fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary", maxDepth: 4 })),
			fc.array(fc.jsonValue()),
		);
		fc.assert(
			fc.property(json, fc.constantFrom("", "\t", "  "), (value, indent) => {
				const text = JSON.stringify(value, null, indent);
				const [read, ...others] = values(text);
				expect(others.length).toBe(0);
				expect(asParsed(read ?? null)).toEqual(JSON.parse(text));
			}),
			{ numRuns: 3000 },
		);
	});

	test("keeps every digit of a number", () => {
		const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$/);
		fc.assert(
			fc.property(digits, (written) => {
				const read = readValue(written);
				expect(read).toBeInstanceOf(JsonNumber);
				const text = read instanceof JsonNumber ? read.text : "";
				expect(text).toBe(written);
				expect(parseDecimal(text)).toBe(parseDecimal(written));
			}),
			{ numRuns: 2000 },
		);
	});

	test("an object has no prototype, and a prototype's keys are only keys", () => {
		const [object] = values('{"__proto__":{"admin":true},"constructor":1,"hasOwnProperty":2}');
		if (!isJsonObject(object)) throw new Error("not an object");
		expect(Object.getPrototypeOf(object)).toBeNull();
		expect(Object.keys(object)).toEqual(["__proto__", "constructor", "hasOwnProperty"]);
		expect("admin" in object).toBe(false);
		expect(Reflect.get({}, "admin")).toBeUndefined();
	});

	const numbers = ["0", "-0", "1", "-1.5", "1e5", "1E+5", "1.25e-7", "123456789012345678901234567890"];
	for (const written of numbers) {
		test(`${written} is a number and keeps its text`, () =>
			expect(readValue(written)).toEqual(new JsonNumber(written)));
	}
});

describe("what people write", () => {
	const written: readonly (readonly [name: string, text: string, value: unknown])[] = [
		["a word", "buy", "buy"],
		["a word with a colon", "13:37:00", "13:37:00"],
		["an interval", "1D", "1D"],
		["a number with underscores", "1_000", "1_000"],
		["a number with a leading zero", "007", "007"],
		["a number with a plus", "+1", "+1"],
		["a number without an integer part", ".5", ".5"],
		["a date", "2026-01-31", "2026-01-31"],
		["a web address", "https://example.org/a", "https://example.org/a"],
		["a placeholder", "{{close}}", "{{close}}"],
		["a placeholder with quotes inside", '{{plot("RSI 14")}}', '{{plot("RSI 14")}}'],
		["words around a placeholder", "x{{close}}y", "x{{close}}y"],
		["single quotes", "'a \"b\" c'", 'a "b" c'],
		["an escaped single quote", "'don\\'t'", "don't"],
		["an apostrophe", "'don't'", "don't"],
		["English quotes", "“a”", "a"],
		["English quotes the wrong way round", "”a“", "a"],
		["a quote inside English quotes", "“say “hi” now”", "say “hi” now"],
		["French quotes", "«a»", "a"],
		["single English quotes", "‘a’", "a"],
		["typographic quotes inside plain ones", '"“a”"', "“a”"],
		["a line break inside a text", '"a\r\nb"', "a\r\nb"],
		["a trailing comma in a list", "[1,2,]", [1, 2]],
		["a comment after a value", "1 // one\n", 1],
		["a comment right after a number", "1# one\n", 1],
		["a comment that looks like an end", '/* "}" */ 1', 1],
		["a very short comment", "/**/1", 1],
		["True", "True", true],
		["FALSE", "FALSE", false],
		["None", "None", null],
	];
	for (const [name, text, value] of written) {
		test(`${name}: ${text}`, () => {
			const read = readValue(text);
			expect(read).not.toBeInstanceOf(NotANumber);
			expect(asParsed(read ?? null)).toEqual(value);
		});
	}

	for (const word of ["NaN", "nan", "NAN", "na", "NA", "n/a", "N/A", "Infinity", "-Infinity", "undefined", ""]) {
		test(`a bare ${JSON.stringify(word)} is a number that is none`, () =>
			expect(readValue(word)).toEqual(new NotANumber(word)));
	}

	test("the same words in quotes are texts", () => {
		for (const word of ["NaN", "na", "null", "true"]) expect(readValue(`"${word}"`)).toBe(word);
	});

	const several: readonly (readonly [name: string, text: string])[] = [
		["a line each", '{"a":1}\n{"a":2}\r\n{"a":3}\n'],
		["with nothing between", '{"a":1}{"a":2}{"a":3}'],
		["with commas between", '{"a":1},{"a":2}, {"a":3},'],
		["with comments between", '{"a":1} // one\n/* two */ {"a":2}\n# three\n{"a":3}'],
		["behind a byte order mark", '\ufeff{"a":1} {"a":2} {"a":3}'],
	];
	for (const [name, text] of several) {
		test(`several values, ${name}`, () => expect(values(text).map(asParsed)).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]));
	}
});

describe("the same key twice", () => {
	const same = ['"a"', "1", "null", '[1,{"b":2}]', "NaN"];
	for (const written of same) {
		test(`${written} and ${written} are no contradiction`, () => {
			const read = readJson(`{"k":${written},"k":${written}}`, nothingHidden);
			expect(read.ok && !read.contradictory).toBe(true);
		});
	}
	const equal: readonly (readonly [string, string])[] = [
		["42000.5", '"42000.50"'],
		["1e2", "100"],
		['{"a":1,"b":2}', '{"b":2,"a":1.0}'],
	];
	for (const [a, b] of equal) {
		test(`${a} and ${b} mean the same`, () =>
			expect(readJson(`{"k":${a},"k":${b}}`, nothingHidden)).toMatchObject({ contradictory: false }));
	}
	const different: readonly (readonly [string, string])[] = [
		['"buy"', '"sell"'],
		["1", "2"],
		["1", "null"],
		["1", "NaN"],
		["[1]", "[1,2]"],
		['{"a":1}', '{"b":1}'],
		["true", '"true"'],
		["100000000000000000000001", "100000000000000000000002"],
	];
	for (const [a, b] of different) {
		test(`${a} and ${b} contradict each other`, () => {
			const read = readJson(`{"x":[{"k":${a},"k":${b}}]}`, nothingHidden);
			if (!read.ok) throw new Error(read.problem);
			expect(read.contradictory).toBe(true);
			expect(JSON.stringify(read.values)).toContain('{"k":{"key":"k"}}');
		});
	}
	test("a third value that agrees with the second does not mend it", () => {
		expect(readJson('{"k":1,"k":2,"k":2}', nothingHidden)).toMatchObject({ contradictory: true });
	});
	test("__proto__ twice is a key twice", () => {
		expect(readJson('{"__proto__":1,"__proto__":2}', nothingHidden)).toMatchObject({ contradictory: true });
		expect(readJson('{"toString":1}', nothingHidden)).toMatchObject({ contradictory: false });
	});
});

describe("hidden values", () => {
	const hidden = (text: string) => {
		const read = readJson(text, (key) => key === "secret");
		if (!read.ok) throw new Error(read.problem);
		return read.hidden.map(({ start, end }) => text.slice(start, end));
	};
	test("are found at any depth, with their quotes, each once", () => {
		expect(hidden('{"a":1,"secret":"x","b":[{"secret" : 12 }],"secret":{"secret":"y"}}')).toEqual([
			'"x"',
			"12",
			'{"secret":"y"}',
		]);
	});
	test("are found in every form a value can have", () => {
		expect(hidden("{secret: abc, 'secret': 'x', “secret”:“y”}")).toEqual(["abc", "'x'", "“y”"]);
	});
	test("are found under an escaped key", () => expect(hidden('{"s\\u0065cret":"x"}')).toEqual(['"x"']));
	test("take comments with them, but a comment inside one only once", () => {
		expect(hidden('{"a":1, // secret\n"secret":[1,/* x */2]}')).toEqual(["// secret", "[1,/* x */2]"]);
	});
});

describe("mistakes have a place", () => {
	const mistakes: readonly (readonly [name: string, text: string, problem: string])[] = [
		["nothing at all", "", "it is empty"],
		["only a comment", "// hello", "it is empty"],
		["a word", "hello", "line 1, column 1: expected { or ["],
		["a value after the object", '{"a":1} 2', "line 1, column 9: expected { or ["],
		["a missing brace", '{"a":1', "line 1, column 7: a } is missing"],
		["a missing bracket", '{"a":[1,2', "column 10: a ] is missing"],
		["a missing colon", '{"a" 1}', 'column 6: expected : after the key but found "1"'],
		["a missing comma, on the third line", '{\n"a":1,\n"b":2 "c":3}', "line 3, column 7: expected a comma or }"],
		["the wrong closing bracket", '{"a":[1}', "column 8: expected a comma or ]"],
		["a comma too many in a list", "[1,,2]", "column 4: a value is missing"],
		["a text without an end", '{"a":"b', "column 6: the text that starts here never ends"],
		["a key without an end", '{"a', "column 2: the text that starts here never ends"],
		["no value at the end", '{"a":', "a value is missing at the end"],
		["a half unicode escape", '{"a":"\\u12"}', "a backslash"],
		["a space inside a word", '{"a":buy now}', 'expected a comma or } but found "n"'],
		["an unclosed placeholder", '{"a":{{close}', "expected a value"],
		["a comment without an end", '{"a":1 /* b}', "comment"],
	];
	for (const [name, text, problem] of mistakes) {
		test(`${name}: ${JSON.stringify(text)}`, () => {
			const read = readJson(text, nothingHidden);
			if (read.ok) throw new Error("it was read");
			expect(read.problem).toContain(problem);
		});
	}
});

describe("bounds", () => {
	const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
	test(`${depth_max} levels are read, one more is not`, () => {
		expect(readJson(nested(depth_max), nothingHidden).ok).toBe(true);
		expect(readJson(nested(depth_max + 1), nothingHidden)).toMatchObject({ ok: false });
	});
	test("a hundred thousand open brackets are refused, not a full stack", () => {
		expect(readJson("[".repeat(100_000), nothingHidden).ok).toBe(false);
		expect(readJson('{"a":'.repeat(100_000), nothingHidden).ok).toBe(false);
	});
	test(`${keys_max} keys are read, one more is not`, () => {
		const object = (keys: number) => `{${Array.from({ length: keys }, (_, index) => `"k${index}":1`).join(",")}}`;
		expect(readJson(object(keys_max), nothingHidden).ok).toBe(true);
		expect(readJson(object(keys_max + 1), nothingHidden)).toMatchObject({ ok: false });
	});
	test(`${values_max} values are read, one more is not`, () => {
		const list = (items: number) => `[${"1,".repeat(items)}]`;
		expect(readJson(list(values_max - 1), nothingHidden).ok).toBe(true);
		expect(readJson(list(values_max), nothingHidden)).toMatchObject({ ok: false });
	});
});
