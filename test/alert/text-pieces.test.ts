/** Cutting other vendors' text: separators, quotes, keys, and the places of credentials. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { blocksOf } from "../../src/alert/alertatron-script.ts";
import { hiddenSpan, inOrder, linesOf, piecesOf, textFields } from "../../src/alert/text-pieces.ts";

const texts = (text: string, separators = ","): string[] => piecesOf(text, separators).map((piece) => piece.text);

describe("pieces", () => {
	const rows: readonly (readonly [name: string, text: string, pieces: readonly string[]])[] = [
		["blanks around and empty pieces are left out", " a , ,b,, c ", ["a", "b", "c"]],
		["a separator in quotes behind = does not cut", 'x="1, 2",y=3', ['x="1, 2"', "y=3"]],
		["typographic and single quotes likewise", "x=“1, 2”,y='3,4'", ["x=“1, 2”", "y='3,4'"]],
		["an opening quote without a closing one hides nothing", 'x="1, sl=2', ['x="1', "sl=2"]],
		["a quote that does not end the value hides nothing", 'x="1" and, sl=2, z="3"', ['x="1" and', "sl=2", 'z="3"']],
		["an apostrophe inside a value hides nothing", "x=it's, sl=2, y='z'", ["x=it's", "sl=2", "y='z'"]],
		["nothing is no piece", "  ", []],
	];
	for (const [name, text, pieces] of rows) test(name, () => expect(texts(text)).toEqual([...pieces]));
	test("an empty value before a blank stays empty", () => {
		expect(texts('e= s="A B"', " ")).toEqual(["e=", 's="A B"']);
	});
	test("each says where it stands, and none is lost or made up", () => {
		const body = fc.string({ unit: fc.constantFrom("a", "=", '"', "'", "“", "”", ",", " ", "\n"), maxLength: 60 });
		fc.assert(
			fc.property(body, (text) => {
				const pieces = piecesOf(text, ",\n", 7);
				for (const piece of pieces) expect(text.slice(piece.start - 7)).toStartWith(piece.text);
				expect(
					pieces
						.map((piece) => piece.text)
						.join("")
						.replace(/[\s,]/g, ""),
				).toBe(text.replace(/[\s,]/g, ""));
			}),
		);
	});
});

test("a closing quote a thousand characters away closes nothing: what stands between stays readable", () => {
	expect(texts(`x="${"a,".repeat(600)}b"`)).toHaveLength(601);
});

describe("fields", () => {
	const rules = {
		reduceOnly: { support: "read", meaning: "" },
		"limit.offset": { support: "read", meaning: "" },
	} as const;
	test("take the table's spelling, and the sender's own where it has none", () => {
		expect({ ...textFields(piecesOf("REDUCE_ONLY=true,Magic=7", ","), rules).command }).toEqual({
			reduceOnly: "true",
			Magic: "7",
		});
	});
	test("a field inside another is not meant by a key that resembles it", () => {
		expect({ ...textFields(piecesOf("limitOffset=1", ","), rules).command }).toEqual({ limitOffset: "1" });
	});
	test("one key twice with one value is fine, with two it is refused", () => {
		expect(textFields(piecesOf("a=1,a=1", ","), rules).refusal).toBeUndefined();
		expect(textFields(piecesOf("a=1,a=2", ","), rules).refusal?.code).toBe("contradictory_fields");
	});
	test("the values of secret keys are to be hidden, with their quotes", () => {
		expect(textFields(piecesOf('a=1, token = "t 1"', ","), rules).hidden).toEqual([hiddenSpan(13, 18)]);
	});
	test("a stray piece with many digits is not repeated", () => {
		expect(textFields(piecesOf("60123456789", ","), rules).refusal?.detail).not.toContain("60123");
	});
	test("__proto__ is a key like any other", () => {
		expect(Object.keys(textFields(piecesOf("__proto__=1", ","), rules).command)).toEqual(["__proto__"]);
	});
});

test("spans that overlap become one, in the order of the text", () => {
	expect(inOrder([hiddenSpan(9, 12), hiddenSpan(1, 5), hiddenSpan(3, 7)])).toEqual([
		hiddenSpan(1, 7),
		hiddenSpan(9, 12),
	]);
});

test("lines stand where they stand, whatever breaks them", () => {
	expect(linesOf("a\r\nb\n\rc")).toEqual([
		{ text: "a", start: 0 },
		{ text: "b", start: 3 },
		{ text: "", start: 5 },
		{ text: "c", start: 6 },
	]);
});

test("a placeholder's braces do not end a block", () => {
	expect(blocksOf("k(S) { market(position={{x}}); wait(1s); }")[0]?.commands.map(({ name }) => name)).toEqual([
		"market",
		"wait",
	]);
});
