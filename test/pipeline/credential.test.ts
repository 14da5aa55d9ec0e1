/** Signatures are compared digit by digit, all of them. */
import { describe, expect, test } from "bun:test";
import { sameHex } from "../../src/pipeline/credential.ts";

const digest = "0123456789abcdef".repeat(4);

describe("sameHex", () => {
	test("the same digits in either case are the same", () => {
		expect(sameHex(digest, digest)).toBe(true);
		expect(sameHex(digest.toUpperCase(), digest)).toBe(true);
	});

	test("one wrong digit anywhere is another", () => {
		for (let i = 0; i < digest.length; i++) {
			const wrong = digest[i] === "0" ? "1" : "0";
			expect(sameHex(digest.slice(0, i) + wrong + digest.slice(i + 1), digest)).toBe(false);
		}
	});

	for (const [name, text] of [
		["empty", ""],
		["a digit short", digest.slice(1)],
		["a digit long", `${digest}0`],
	] as const) {
		test(`${name} is another`, () => {
			expect(sameHex(text, digest)).toBe(false);
			expect(sameHex(text, text)).toBe(false);
		});
	}
});
