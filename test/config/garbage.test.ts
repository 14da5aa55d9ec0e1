/** Whatever stands in the file, reading it is an answer: settings, or problems that each fit on one line. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { formatProblem, parseSettings } from "../../src/config/load.ts";

const env = { SET: "value", NUMBER: "42" };

function check(text: string): void {
	const result = parseSettings(text, { file: "nexus.yaml", env });
	const problems = result.ok ? result.warnings : result.problems;
	if (!result.ok) expect(problems.length).toBeGreaterThan(0);
	const lines = text.split(/\r\n?|\n/).length;
	for (const problem of problems) {
		expect(formatProblem(problem)).not.toMatch(/[\r\n]/);
		expect(problem.message).not.toBe("");
		expect(problem.line).toBeLessThanOrEqual(lines);
	}
}

const word = fc.constantFrom(
	..."webhook data plugins accounts strategies risk pipeline symbols_map journal admin log name size symbols".split(
		" ",
	),
	..."timeframes token secrets settings account port path sources failures rate burst signature dedupe".split(" "),
	..."30s 1% 10/s 64KB true null ~ -1 BTC/USD 1h alert paper ${SET} ${NUMBER} ${NOT_SET} $${ ${ __proto__ <<".split(
		" ",
	),
);
const punctuation = fc.constantFrom(
	": ",
	":",
	"- ",
	"\n",
	"\n  ",
	"\n    ",
	"{",
	"}",
	"[",
	"]",
	", ",
	"&a ",
	"*a",
	'"',
	"'",
	"\t",
	"#",
	"|\n",
	"!x ",
);
const value = fc.letrec<{ node: unknown }>((tie) => ({
	node: fc.oneof(
		{ maxDepth: 4 },
		word,
		fc.integer(),
		fc.double(),
		fc.boolean(),
		fc.constant(null),
		fc.string(),
		fc.array(tie("node"), { maxLength: 4 }),
		fc.dictionary(word, tie("node"), { maxKeys: 5 }),
	),
})).node;

describe("garbage", () => {
	test("any text", () => {
		fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), check), { numRuns: 500 });
	});

	test("our own words and YAML's signs in any order", () => {
		fc.assert(
			fc.property(
				fc.array(fc.oneof(word, punctuation), { maxLength: 60 }).map((parts) => parts.join("")),
				check,
			),
			{
				numRuns: 1500,
			},
		);
	});

	test("well-formed YAML of any shape under known keys", () => {
		fc.assert(
			fc.property(
				fc.dictionary(word, value, { maxKeys: 6 }).map((tree) => stringify(tree)),
				check,
			),
			{
				numRuns: 700,
			},
		);
	});

	test("a good file with one character lost, doubled or replaced", async () => {
		const good = await Bun.file(new URL("../../nexus.yaml", import.meta.url)).text();
		fc.assert(
			fc.property(fc.nat(good.length - 1), fc.constantFrom("", "x", "\t", "\n", "{", '"', ":", "\0"), (at, by) => {
				check(good.slice(0, at) + by + good.slice(at + 1));
			}),
			{ numRuns: 300 },
		);
	});
});
