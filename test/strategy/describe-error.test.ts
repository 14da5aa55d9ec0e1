/** One line about anything thrown, with the place in the user's own file. */
import { describe, expect, test } from "bun:test";
import { describeError, shownPath } from "../../src/strategy/describe-error.ts";

const folder = "/srv/bridge/plugins";
const isUserFile = (file: string): boolean => file.startsWith(`${folder}/`);

function withStack(error: Error, ...frames: string[]): Error {
	error.stack = [`${error.name}: ${error.message}`, ...frames].join("\n");
	return error;
}

describe("describeError", () => {
	const rows: { name: string; thrown: unknown; text: string }[] = [
		{
			name: "the first frame in the user's files is named, not nexus's own",
			thrown: withStack(
				new Error("boom"),
				"    at inner (/$bunfs/root/nexus:1:2)",
				`    at onAlert (${folder}/a.ts:6:25)`,
			),
			text: "plugins/a.ts:6:25: boom",
		},
		{
			name: "an async frame counts",
			thrown: withStack(new TypeError("bad"), `    at async ${folder}/lib/b.ts:3:1`),
			text: "plugins/lib/b.ts:3:1: TypeError: bad",
		},
		{ name: "without a frame the message stands alone", thrown: withStack(new Error("boom")), text: "boom" },
		{ name: "only the first line of a message is kept", thrown: withStack(new Error("one\ntwo")), text: "one" },
		{ name: "a message is not needed", thrown: withStack(new Error("")), text: "threw something without a message" },
		{ name: "a text", thrown: "boom", text: 'threw "boom"' },
		{ name: "nothing", thrown: undefined, text: "threw undefined" },
		{
			name: "a syntax error with its own position",
			thrown: { message: "Unexpected }", position: { file: `${folder}/a.ts`, line: 3, column: 9 } },
			text: "plugins/a.ts:3:9: Unexpected }",
		},
		{
			name: "several syntax errors: the first, and how many more",
			thrown: {
				message: "2 errors",
				errors: [
					{ message: "Unexpected }", position: { file: `${folder}/a.ts`, line: 3, column: 9 } },
					{ message: "x" },
				],
			},
			text: "plugins/a.ts:3:9: Unexpected } (and 1 more)",
		},
		{
			name: "paths in a message are shortened",
			thrown: withStack(new SyntaxError(`Export named 'x' not found in module '${folder}/lib/h.ts'.`)),
			text: "SyntaxError: Export named 'x' not found in module 'plugins/lib/h.ts'.",
		},
	];
	for (const { name, thrown, text } of rows) {
		test(name, () => {
			expect(describeError(thrown, folder, isUserFile)).toBe(text);
		});
	}

	test("a message of a megabyte is cut", () => {
		expect(describeError(new Error("x".repeat(1_000_000)), folder, isUserFile).length).toBeLessThan(600);
	});

	test("a path is shown from the plugin folder's own name on", () => {
		expect(shownPath(`${folder}/trend/index.ts`, folder)).toBe("plugins/trend/index.ts");
	});
});
