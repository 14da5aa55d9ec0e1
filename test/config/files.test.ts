/** Files as they are on a disk: missing, a folder, not text, too large. One line each, never a stack. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { file_bytes_max, formatProblem, loadSettings } from "../../src/config/load.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "nexus-config-"));
	mkdirSync(join(folder, "folder.yaml"));
	writeFileSync(join(folder, "good.yaml"), "data: ./here\nwebhook: { port: '${PORT}' }\n");
	writeFileSync(join(folder, "bad.yaml"), "log: { level: loud }\n");
	writeFileSync(join(folder, "latin1.yaml"), Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0x20, 0xe4, 0x0a]));
	writeFileSync(join(folder, "huge.yaml"), "# x\n".repeat(file_bytes_max / 4 + 1));
	writeFileSync(join(folder, "empty.yaml"), "");
});
afterAll(() => {
	rmSync(folder, { recursive: true });
});

const rows: readonly (readonly [file: string, message: string])[] = [
	["none.yaml", "there is no such file; write one with `nexus init`, or name another with --config FILE"],
	["good.yaml/nexus.yaml", "there is no such file; a part of its path is not a folder"],
	["folder.yaml", "this is a folder; name the file in it, such as nexus.yaml"],
	["latin1.yaml", "this file is not UTF-8 text"],
	["huge.yaml", "this file is larger than 1048576 bytes"],
	["empty.yaml", "this file is empty; write one with `nexus init`"],
];

describe("a file", () => {
	for (const [name, message] of rows) {
		test(`${name} is refused in one line`, () => {
			const file = join(folder, name);
			const result = loadSettings(file, {});
			expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([`${file}: ${message}`]);
			expect(result.ok ? [] : result.problems).toEqual([{ file, line: 0, column: 0, path: "", message }]);
		});
	}

	test("that may not be read is refused in one line", () => {
		const file = join(folder, "locked.yaml");
		writeFileSync(file, "data: x\n");
		chmodSync(file, 0);
		const result = loadSettings(file, {});
		// Root reads everything.
		if (process.getuid?.() === 0) expect(result.ok).toBe(true);
		else {
			const message = "this file may not be read; allow it with chmod, or run nexus as its owner";
			expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([`${file}: ${message}`]);
		}
	});

	test("whose name holds a zero byte is refused, not thrown over", () => {
		expect(loadSettings("a\0b", {}).ok).toBe(false);
	});

	test("that is good gives settings, with folders beside it and the environment in it", () => {
		const result = loadSettings(join(folder, "good.yaml"), { PORT: "8123" });
		if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
		expect(result.settings.data).toBe(join(folder, "here"));
		expect(result.settings.webhook.port).toBe(8123);
		expect(result.settings.file).toBe(join(folder, "good.yaml"));
	});

	test("that is bad is named in its problems as it was asked for", () => {
		const file = join(folder, "bad.yaml");
		const result = loadSettings(file, {});
		expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([
			`${file}:1:8 log.level: "loud" is not one of debug, info, warn, error`,
		]);
	});
});
