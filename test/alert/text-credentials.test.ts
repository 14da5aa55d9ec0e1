/** Credentials in a text that only a plugin can read: found by their names, whatever stands around them. */
import { describe, expect, test } from "bun:test";
import { redacted, togetherHidden } from "../../src/alert/hidden-spans.ts";
import { withoutCredentials } from "../../src/alert/text-credentials.ts";

describe("a text without its credentials", () => {
	test.each([
		["nothing is a credential", "buy BTCUSD price=1, tp: 2", "buy BTCUSD price=1, tp: 2", []],
		["after an equals sign", "buy secret=abc123 now", "buy secret=*** now", ["abc123"]],
		["after a colon, at the end", "buy\nToken: abc123", "buy\nToken: ***", ["abc123"]],
		["in quotes, with spaces in it", 'secret="a b c" x', "secret=*** x", ["a b c"]],
		["in quotes that never end", 'secret="a b c', "secret=***", ["a b c"]],
		["with a quoted name, as in JSON", '"passphrase": "abc"', '"passphrase": ***', ["abc"]],
		["in a form", "a=1&webhook_secret=abc&b=2", "a=1&webhook_secret=***&b=2", ["abc"]],
		["that is hidden but proves nothing", "api_key=abc;x", "api_key=***;x", []],
		["twice", "secret=a secret=b", "secret=*** secret=***", ["a", "b"]],
		["without a value", "secret= buy", "secret= ***", ["buy"]],
	] as const)("%s", (_name, text, kept, secrets) => {
		const found = withoutCredentials(text);
		expect([found.text, [...found.secrets]]).toEqual([kept, [...secrets]]);
		expect(redacted(text, found.hidden)).toBe(kept);
	});

	test("is made of a hostile text too", () => {
		for (const part of ["a", "secret", "=", '"', "secret=", 'a"\t', "secret : '"]) {
			const text = part.repeat(20_000);
			expect(withoutCredentials(text).text.length).toBeGreaterThan(0);
		}
	});
});

describe("what several readings hide", () => {
	const span = (start: number, end: number) => ({ start, end, replacement: "***" });

	test("is hidden together: in order, and no character of any is kept", () => {
		const spans = togetherHidden([span(6, 8), span(0, 2), span(1, 4), span(6, 7), span(8, 9)]);
		expect(spans).toEqual([span(0, 4), span(6, 8), span(8, 9)]);
		expect(redacted("0123456789", spans)).toBe("***45******9");
	});

	test("of nothing is nothing", () => {
		expect(redacted("text", togetherHidden([]))).toBe("text");
	});
});
