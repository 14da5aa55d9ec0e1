/** The suggestion for a misspelt word: near ones only. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { nearest } from "../../src/config/nearest.ts";

const known = ["risk_multiplier", "max_positions", "symbols", "size", "name", "on_opposite"];

const rows: readonly (readonly [written: string, meant: string | undefined])[] = [
	["risk_multipler", "risk_multiplier"],
	["riskMultiplier", "risk_multiplier"],
	["risk-multiplier", "risk_multiplier"],
	["Symbols", "symbols"],
	["symbol", "symbols"],
	["sybmols", "symbols"],
	["szie", "size"],
	["nmae", "name"],
	["max_position", "max_positions"],
	["on_oposite", "on_opposite"],
	["colour", undefined],
	["x", undefined],
	["", undefined],
	["risk", undefined],
	["risk_multiplier".repeat(100), undefined],
];

describe("nearest", () => {
	for (const [written, meant] of rows) {
		test(`${written.slice(0, 30) || "nothing"} ${meant === undefined ? "is near to none" : `means ${meant}`}`, () => {
			expect(nearest(written, known)).toBe(meant as never);
		});
	}

	test("a known word is its own nearest", () => {
		for (const word of known) expect(nearest(word, known)).toBe(word);
	});

	test("any text gets an answer from the list or none", () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				const answer = nearest(text, known);
				expect(answer === undefined || known.includes(answer)).toBe(true);
			}),
		);
	});
});
