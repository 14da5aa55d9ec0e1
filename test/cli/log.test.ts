/** The log: one line per event, the level respected, no secret in it. */
import { describe, expect, test } from "bun:test";
import { createLog, type LogOptions, redactor, secretsOf } from "../../src/cli/log.ts";
import { parseSettings } from "../../src/config/load.ts";
import { configurationText } from "./support/call-command.ts";
import { now } from "./support/fake-terminal.ts";

function lines(options: Partial<LogOptions>, write: (log: ReturnType<typeof createLog>) => void): readonly string[] {
	const written: string[] = [];
	write(
		createLog({
			level: "debug",
			format: "text",
			secrets: [],
			now: () => now,
			...options,
			write: (line) => void written.push(line),
		}),
	);
	return written;
}

describe("text", () => {
	test("a line is time, level, event and fields; words with blanks are quoted", () => {
		expect(
			lines({}, (log) =>
				log.info("alert.accepted", { id: "01K", detail: "two words", ms: 1.5, none: undefined, list: ["a", 1] }),
			),
		).toEqual(['2026-01-31T14:00:00.000Z info  alert.accepted id=01K detail="two words" ms=1.5 list=["a",1]']);
	});

	test("a line end inside a value cannot make a second line", () => {
		const [line = ""] = lines({}, (log) => log.error("x", { detail: "a\nerror fake" }));
		expect(line).not.toContain("\n");
		expect(line).toEndWith('x detail="a\\nerror fake"');
	});

	test("an error is its message and its cause, not its stack", () => {
		const error = new Error("outer", { cause: new Error("inner") });
		expect(lines({}, (log) => log.warn("x", { error }))).toEqual([
			'2026-01-31T14:00:00.000Z warn  x error="outer (inner)"',
		]);
	});

	test("a giant value is cut", () => {
		const [line = ""] = lines({}, (log) => log.info("x", { detail: "y".repeat(100_000) }));
		expect(line.length).toBeLessThan(9000);
		expect(line).toEndWith("…");
	});
});

test("JSON lines are objects with the same words", () => {
	const [line = ""] = lines({ format: "json" }, (log) => log.warn("a.b", { n: 1, big: 10n, error: new Error("boom") }));
	expect(JSON.parse(line)).toEqual({
		time: "2026-01-31T14:00:00.000Z",
		level: "warn",
		event: "a.b",
		n: 1,
		big: "10",
		error: "boom",
	});
});

describe("levels", () => {
	const all = (log: ReturnType<typeof createLog>): void => {
		log.debug("d");
		log.info("i");
		log.warn("w");
		log.error("e");
	};
	test.each([
		["debug", 4],
		["info", 3],
		["warn", 2],
		["error", 1],
	] as const)("%s lets %d of four through", (level, expected) => {
		expect(lines({ level }, all)).toHaveLength(expected);
	});
});

describe("secrets", () => {
	test.each(["text", "json"] as const)(
		"are taken out of every part of a %s line, also where they are escaped",
		(format) => {
			const secrets = ["tok_1234567890", 'quo"ted\\secret'];
			const [line = ""] = lines({ format, secrets }, (log) =>
				log.info("tok_1234567890", {
					tok_1234567890: "a tok_1234567890 b",
					deep: { list: ['x quo"ted\\secret y'] },
					error: new Error("tok_1234567890"),
				}),
			);
			expect(line).not.toContain("1234567890");
			expect(line).not.toContain("ted\\");
			expect(line).toContain("[secret]");
		},
	);

	test("the longer of two that overlap is taken out whole", () => {
		expect(redactor(["abcd", "abcdefgh"])("x abcdefgh y abcd")).toBe("x [secret] y [secret]");
	});

	test("every secret of a configuration is known", () => {
		const text = configurationText({
			port: 8080,
			webhook: "  secret_key: key-0123456789abcdef0123456789abcdef\n  token: webhooktoken0123456789abcdef0123",
			strategy:
				"    token: [strategytokenA0123456789abcdef, strategytokenB0123456789abcdef]\n    secrets: [body-secret-0123456789abcdef]",
		});
		const loaded = parseSettings(text, { file: "nexus.yaml", env: { NEXUS_ADMIN_TOKEN: "admin-0123456789abcdef" } });
		if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
		expect(secretsOf(loaded.settings).toSorted()).toEqual([
			"admin-0123456789abcdef",
			"body-secret-0123456789abcdef",
			"key-0123456789abcdef0123456789abcdef",
			"strategytokenA0123456789abcdef",
			"strategytokenB0123456789abcdef",
			"webhooktoken0123456789abcdef0123",
		]);
	});
});
