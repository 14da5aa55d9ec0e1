/** From words to commands: what is unknown is refused with the nearest known word, and errors are one line. */
import { describe, expect, test } from "bun:test";
import { defineCommand } from "../../src/cli/command.ts";
import { CommandFailure, exitCode } from "../../src/cli/exit-code.ts";
import { runCommandLine } from "../../src/cli/front-door.ts";
import { commands } from "../../src/main.ts";
import { call, temporaryFolder } from "./support/call-command.ts";
import { fakeTerminal } from "./support/fake-terminal.ts";

const contract =
	"run init check template read send explain status positions orders alerts halt reduce flatten resume settle backup restore verify-journal".split(
		" ",
	);

describe("words that are refused with exit 64 and one line", () => {
	const rows: readonly (readonly [string, readonly string[], string])[] = [
		["a misspelt command", ["alrts"], "nexus: there is no command 'alrts'; did you mean `nexus alerts`?\n"],
		["a command that means nothing", ["xyzzy"], "nexus: there is no command 'xyzzy'; `nexus help` lists them\n"],
		[
			"help on a misspelt command",
			["help", "explian"],
			"nexus: there is no command 'explian'; did you mean `nexus explain`?\n",
		],
		["a word of every object", ["constructor"], "nexus: there is no command 'constructor'; `nexus help` lists them\n"],
		[
			"a misspelt option",
			["alerts", "--strateg", "x"],
			"nexus: `nexus alerts` has no option --strateg; did you mean --strategy?\n",
		],
		[
			"an option of no command",
			["alerts", "--zzzzzz"],
			"nexus: `nexus alerts` has no option --zzzzzz; see `nexus alerts --help`\n",
		],
		[
			"an option of another command",
			["alerts", "--freeze"],
			"nexus: `nexus alerts` has no option --freeze; see `nexus alerts --help`\n",
		],
		[
			"an option of every object",
			["alerts", "--constructor"],
			"nexus: `nexus alerts` has no option --constructor; see `nexus alerts --help`\n",
		],
		["an unknown letter", ["alerts", "-z"], "nexus: `nexus alerts` has no option -z; see `nexus alerts --help`\n"],
		["a value for a switch", ["alerts", "--json=yes"], "nexus: --json takes no value; see `nexus alerts --help`\n"],
		[
			"a value that is missing at the end",
			["alerts", "--since"],
			"nexus: --since needs a value, --since SPAN; see `nexus alerts --help`\n",
		],
		[
			"an option where a value belongs",
			["alerts", "--since", "--json"],
			"nexus: --since needs a value, --since SPAN; see `nexus alerts --help`\n",
		],
		[
			"an empty value",
			["alerts", "--since="],
			"nexus: --since needs a value, --since SPAN; see `nexus alerts --help`\n",
		],
		["a word too many", ["status", "now"], "nexus: `nexus status` has no place for 'now'; see `nexus status --help`\n"],
		["a word too few", ["explain"], "nexus: `nexus explain` needs ALERT_ID; see `nexus explain --help`\n"],
		[
			"a port that is no number",
			["run", "--port", "http"],
			"nexus: --port 'http' is not a whole number from 0 to 65535\n",
		],
		[
			"a port beyond the last one, without the word run",
			["--port", "65536"],
			"nexus: --port '65536' is not a whole number from 0 to 65535\n",
		],
	];
	test.each(rows)("%s", async (_, words, line) => {
		using folder = temporaryFolder();
		folder.write("nexus.yaml", "strategies: [{ name: A, symbols: [BTC/USD] }]\n");
		const { exit, out, err } = await call(folder.path, words);
		expect(err).toBe(line);
		expect(exit).toBe(64);
		expect(out).toBe("");
	});

	test("control characters in a wrong word do not reach the screen", async () => {
		const { err } = await call("/nowhere", ["al\u001b[31mrts\u0007\nnexus: fine"]);
		expect(err).not.toContain("\u001b");
		expect(err).not.toContain("\u0007");
		expect(err.trimEnd().split("\n")).toHaveLength(1);
	});
});

describe("values", () => {
	test("`--reason=-x` and words after `--` are taken as they are", async () => {
		const seen: unknown[] = [];
		const table = {
			probe: async () => ({
				command: defineCommand({
					name: "probe",
					summary: "probe",
					positionals: ["A", "[B]"],
					options: { reason: { type: "string", help: "why" }, yes: { type: "boolean", short: "y", help: "yes" } },
					example: "nexus probe a",
					async run({ values, positionals }) {
						seen.push(values, positionals);
						return exitCode.ok;
					},
				}),
			}),
		};
		const exit = await runCommandLine(["probe", "--reason=-x", "-y", "-", "--", "--b"], table, fakeTerminal(), "1.2.3");
		expect(exit).toBe(0);
		expect(seen).toEqual([{ reason: "-x", yes: true, config: undefined, json: false, help: false }, ["-", "--b"]]);
	});
});

describe("help and version", () => {
	test.each([["--version"], ["-V"], ["version"]])("%s prints the version and nothing else", async (word) => {
		expect(await call("/nowhere", [word])).toMatchObject({ exit: 0, out: "nexus 0.1.0\n", err: "" });
	});

	test.each([["--help"], ["-h"], ["help"]])("%s lists every command of the contract", async (word) => {
		const { exit, out } = await call("/nowhere", [word]);
		expect(exit).toBe(0);
		for (const name of contract) expect(out).toMatch(new RegExp(`^  ${name}\\b`, "m"));
		expect(out).toContain("69 nexus not reachable");
	});

	test("the table has exactly the commands of the contract", () => {
		expect(Object.keys(commands).toSorted()).toEqual(contract.toSorted());
	});

	describe.each(contract)("nexus %s", (name) => {
		test("--help, -h and `help` print the same text, which fits in 80 columns", async () => {
			const long = await call("/nowhere", [name, "--help"]);
			expect(long).toMatchObject({ exit: 0, err: "" });
			expect(await call("/nowhere", [name, "-h"])).toEqual(long);
			expect(await call("/nowhere", ["help", name])).toEqual(long);
			expect(long.out).toStartWith(`nexus ${name}: `);
			for (const option of ["--config FILE", "--json", "--help"]) expect(long.out).toContain(option);
			for (const line of long.out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
		});

		test("its example is a line that the command takes", async () => {
			const { out } = await call("/nowhere", [name, "--help"]);
			const example = /\nExample\n {2}(.+)\n/.exec(out)?.[1] ?? "";
			const words = [...example.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
			expect(words.slice(0, 2)).toEqual(["nexus", name]);
			// With --help added only the words are checked, nothing is done.
			expect(await call("/nowhere", [...words.slice(1), "--help"])).toMatchObject({ exit: 0, err: "" });
		});

		test("help is printed even where other words are missing", async () => {
			expect((await call("/nowhere", [name, "--json", "--help"])).exit).toBe(0);
		});
	});
});

describe("what goes wrong inside a command", () => {
	const failing = (error: unknown) => ({
		probe: async () => ({
			command: defineCommand({
				name: "probe",
				summary: "probe",
				options: {},
				example: "nexus probe",
				run: async () => {
					throw error;
				},
			}),
		}),
	});

	test("an expected failure is its cause, its cure and its details, with its exit code", async () => {
		const terminal = fakeTerminal();
		const failure = new CommandFailure(exitCode.configuration, "it is broken", "mend it", ["here", "and there"]);
		expect(await runCommandLine(["probe"], failing(failure), terminal, "1")).toBe(78);
		expect(terminal.errText()).toBe("nexus: it is broken; mend it\nhere\nand there\n");
	});

	test("a bug is one line first, and the stack only below it", async () => {
		const terminal = fakeTerminal();
		expect(await runCommandLine(["probe"], failing(new TypeError("x is not y\nsecond line")), terminal, "1")).toBe(70);
		const [first = "", ...below] = terminal.errText().split("\n");
		expect(first).toBe("nexus: an error of nexus itself: x is not y; please report it with the lines below");
		expect(below.join("\n")).toContain("at ");
	});

	test("something thrown that is no error does not break the front door", async () => {
		const terminal = fakeTerminal();
		expect(await runCommandLine(["probe"], failing("plain text"), terminal, "1")).toBe(70);
		expect(terminal.errText()).toStartWith("nexus: an error of nexus itself: plain text;");
	});
});
