/** What may be kept as state: JSON and nothing that JSON would change in silence. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { strictJson } from "../../src/strategy/strict-json.ts";

class Point {
	x = 1;
}

describe("strictJson", () => {
	const rows: { name: string; value: unknown; reason: string }[] = [
		{ name: "NaN", value: { a: Number.NaN }, reason: "state.a is NaN" },
		{ name: "infinity, deep inside", value: { a: [{ b: -Infinity }] }, reason: "state.a[0].b is -Infinity" },
		{ name: "a bigint", value: { a: 1n }, reason: "state.a is a bigint" },
		{ name: "a function", value: { f: () => 1 }, reason: "state.f is a function" },
		{ name: "a map", value: { m: new Map() }, reason: "state.m is a Map; only plain objects" },
		{ name: "a date", value: { d: new Date(0) }, reason: "state.d is a Date" },
		{ name: "an object of a class", value: { p: new Point() }, reason: "state.p is a Point" },
		{ name: "a hole in an array", value: { a: [1, undefined] }, reason: "state.a[1] is undefined" },
		{ name: "an array instead of an object", value: [1], reason: "state is not an object" },
		{ name: "a text instead of an object", value: "x", reason: "state is not an object" },
		{ name: "null instead of an object", value: null, reason: "state is not an object" },
	];
	for (const { name, value, reason } of rows) {
		test(`${name} is refused, with its path`, () => {
			const result = strictJson(value, "state");
			expect(result.ok ? "accepted" : result.reason).toContain(reason);
		});
	}

	test("a cycle is refused instead of looping", () => {
		const value: Record<string, unknown> = {};
		value.me = value;
		expect(strictJson(value, "state").ok).toBe(false);
	});

	test("what is accepted comes back the same", () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5, noUnicodeString: false })), (value) => {
				const result = strictJson(value, "state");
				expect(result.ok).toBe(true);
				if (result.ok) expect(result.text).toBe(JSON.stringify(value));
			}),
		);
	});

	test("an undefined property is left out", () => {
		expect(strictJson({ a: 1, b: undefined }, "state")).toEqual({ ok: true, text: '{"a":1}' });
	});
});
