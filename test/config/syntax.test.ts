/** Text that is not YAML, or more YAML than a configuration needs: one readable line for each mistake, nothing quoted. */
import { describe, expect, test } from "bun:test";
import { problemLines, settingsOf, yaml } from "./reading.ts";

const rows: readonly (readonly [name: string, text: string, lines: readonly string[]])[] = [
	["a tab as indentation", "log:\n\tlevel: info\n", ["nexus.yaml:2:1 a tab indents this line; YAML wants spaces"]],
	[
		"a line indented too far",
		"log:\n  level: info\n   format: text\n",
		["nexus.yaml:2:10 a second key on one line, or a line indented too far; one key a line, or quote the value"],
	],
	[
		"two keys on one line",
		"log: level: info\n",
		["nexus.yaml:1:6 a second key on one line, or a line indented too far; one key a line, or quote the value"],
	],
	[
		"a key without its colon",
		"log\ndata: x\n",
		["nexus.yaml:1:1 a key without its ': ', or a value that runs on over the next line"],
	],
	[
		"a bracket that is not closed",
		"webhook: { port: 1\n",
		["nexus.yaml:2:1 this line's indentation does not fit the lines above it, or a bracket is not closed"],
	],
	[
		"a quote that is not closed",
		'data: "x\nplugins: y\n',
		["nexus.yaml:3:1 a closing quote, a bracket, a comma or the ': ' after a key is missing"],
	],
	[
		"a backslash that means nothing",
		'data: "C:\\data"\n',
		['nexus.yaml:1:10 inside "…" this backslash means nothing; use single quotes, or double the backslash'],
	],
	[
		"a value that begins with a reserved character",
		"data: @home\n",
		["nexus.yaml:1:7 a value cannot begin with this character; put the value in quotes"],
	],
	[
		"a stray bracket",
		"data: }\n",
		["nexus.yaml:1:7 this does not belong here; put a value with special characters in quotes"],
	],
	[
		"an unquoted reference inside a flow map",
		"webhook: { secret_key: ${KEY:-} }\n",
		['nexus.yaml:1:25 inside { } or [ ] a reference must be quoted: "${NAME}"'],
	],
	[
		"an unquoted reference inside a flow list",
		"webhook:\n  token: [${KEY}]\n",
		['nexus.yaml:2:12 inside { } or [ ] a reference must be quoted: "${NAME}"'],
	],
	[
		"two documents",
		"data: a\n---\ndata: b\n",
		["nexus.yaml:2:1 a second document begins here (---); nexus reads one document a file"],
	],
	[
		"a directive",
		"%FOO bar\n---\ndata: a\n",
		["nexus.yaml:1:1 a line that begins with % is a YAML directive; remove it"],
	],
	["a tag of one's own", "data: !secret x\n", ["nexus.yaml:1:7 this tag (!…) is not used here; remove it"]],
	["a binary value", "data: !!binary aGk=\n", ["nexus.yaml:1:1 data: this tag (!…) is not used here; remove it"]],
	[
		"an alias without its anchor",
		"data: *here\n",
		["nexus.yaml:1:1 data: this alias (*name) has no anchor (&name) above it"],
	],
	[
		"an alias inside its own anchor",
		"strategies: &all [*all]\n",
		["nexus.yaml:1:19 strategies[0]: this alias (*name) stands inside its own anchor"],
	],
	[
		"<< with something that is no map",
		"strategies:\n  - name: A\n    <<: [1]\n",
		["nexus.yaml:3:10 strategies[0]: << takes the alias of a map (<<: *name)"],
	],
	["only text", "hello\n", ["nexus.yaml:1:1 this must be a map (key: value), not a single value"]],
	[
		"two mistakes on two lines",
		"data: @a\nplugins: @b\n",
		[
			"nexus.yaml:1:7 a value cannot begin with this character; put the value in quotes",
			"nexus.yaml:2:10 a value cannot begin with this character; put the value in quotes",
		],
	],
];

describe("syntax", () => {
	for (const [name, text, lines] of rows) {
		test(`${name} is told in one line`, () => {
			expect(problemLines(text)).toEqual(lines);
		});
	}

	test("an empty file, a blank one and one of comments say what to do", () => {
		for (const text of ["", " \n\n", "\uFEFF"]) {
			expect(problemLines(text)).toEqual(["nexus.yaml: this file is empty; write one with `nexus init`"]);
		}
		expect(problemLines("# nothing yet\n")).toEqual([
			"nexus.yaml: this file has only comments; write one with `nexus init`",
		]);
	});
});

describe("YAML as people write it", () => {
	test("anchors, aliases and << carry what several strategies have in common", () => {
		const text = yaml(`
			strategies:
			  - &common
			    name: A
			    symbols: &pairs [BTC/USD]
			    size: 2%
			  - <<: *common
			    name: B
			    pyramiding: 3
			  - { name: C, symbols: *pairs }
		`);
		expect(settingsOf(text).strategies).toMatchObject([
			{ name: "A", symbols: ["BTC/USD"] },
			{ name: "B", symbols: ["BTC/USD"], pyramiding: 3, size: { kind: "equity_share" } },
			{ name: "C", symbols: ["BTC/USD"] },
		]);
		expect(settingsOf(text).strategies[2]?.size).toBeUndefined();
	});

	test("a mistake in a shared part is told where it stands, for each that shares it", () => {
		const text = "strategies:\n  - &common\n    name: A\n    size: 5\n  - <<: *common\n    name: B\n";
		const cure = "5 has no unit; write it like 1%, 250 USD, 0.01 BTC, risk 1% or alert";
		expect(problemLines(text)).toEqual([
			`nexus.yaml:4:5 strategies[0].size: ${cure}`,
			`nexus.yaml:4:5 strategies[1].size: ${cure}`,
		]);
	});

	test("aliases of aliases of aliases stop at a bound, with one line", () => {
		const levels = Array.from({ length: 9 }, (_, level) => {
			const inner = level === 0 ? "x" : `*l${level - 1}`;
			return `l${level}: &l${level} [${Array.from({ length: 9 }, () => inner).join(", ")}]`;
		});
		const lines = problemLines(`${levels.join("\n")}\n`).filter((line) => line.includes("aliases"));
		expect(lines).toHaveLength(1);
		expect(lines[0]).toContain("more than 100000 values, counting what aliases repeat");
	});

	for (const [name, text] of [
		["brackets", "[".repeat(200_000)],
		["closed brackets", "[".repeat(3000) + "]".repeat(3000)],
		["dashes", "- ".repeat(50_000)],
		["braces", "{a: ".repeat(50_000)],
		["100 levels", `data: ${"[".repeat(100)}${"]".repeat(100)}`],
	] as const) {
		test(`${name} without end are refused, not followed`, () => {
			const lines = problemLines(text);
			expect(lines.length).toBeGreaterThan(0);
			expect(lines.length).toBeLessThanOrEqual(101);
		});
	}

	test("digits stay as written: no float, no octal, no lost zero", () => {
		const text = yaml(`
			accounts: { paper: { balance: 0.10000000000000000001e0 } }
		`);
		expect(problemLines(text)).toHaveLength(1);
		const settings = settingsOf(
			"accounts: { paper: { balance: 123456789.123456789123456789 } }\nstrategies: [{ name: 0123 }]\n",
		);
		expect(settings.accounts[0]?.balance).toBe(123456789123456789123456789n as never);
		expect(settings.strategies[0]?.name).toBe("0123");
	});

	test("Windows line ends and a byte order mark do no harm", () => {
		const settings = settingsOf("\uFEFFlog:\r\n  level: warn\r\nstrategies:\r\n  - name: A\r\n");
		expect(settings.log.level).toBe("warn");
		expect(settings.strategies[0]?.name).toBe("A");
	});

	test("a section without content has its defaults", () => {
		const settings = settingsOf("webhook:\nrisk:\nstrategies:\naccounts:\npipeline:\nlog: ~\n");
		expect(settings).toEqual({ ...settingsOf("data: ./data\n") });
	});
});
