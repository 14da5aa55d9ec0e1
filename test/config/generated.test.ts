/** The generated pages on disk are those that the source makes; what each must hold whatever the source. */
import { describe, expect, test } from "bun:test";
import { codesDocument } from "../../scripts/docs/codes-document.ts";
import { configurationDocument } from "../../scripts/docs/configuration-document.ts";
import { generatedFiles } from "../../scripts/docs/generated.ts";
import { codes } from "../../src/domain/codes.ts";

const project = new URL("../../", import.meta.url);

describe("generated files", () => {
	for (const { path, text } of generatedFiles()) {
		test(`${path} is fresh`, async () => {
			const file = Bun.file(new URL(path, project));
			const onDisk = (await file.exists()) ? await file.text() : "";
			if (onDisk !== text) throw new Error(`${path} is stale; write it anew with: bun run docs`);
			expect(onDisk).toBe(text);
		});
	}

	test("they are the same each time", () => {
		expect(generatedFiles()).toEqual(generatedFiles());
	});
});

describe("the table of keys", () => {
	const rows = configurationDocument()
		.split("\n")
		.filter((line) => line.startsWith("| `"));

	test("has unit and meaning for every key", () => {
		expect(rows.length).toBeGreaterThan(60);
		for (const row of rows) {
			const [, key, unit, , , meaning, end] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
			expect(end, row).toBe("");
			expect(key, row).toMatch(/^`[a-z_.]+`$/);
			expect(unit, row).not.toBe("");
			expect(meaning, row).toMatch(/^\S.*\.$/);
		}
	});

	test("shows range and default as they are written", () => {
		const text = rows.join("\n");
		expect(text).toContain("| `risk_multiplier` | factor | 0.1 to 3.0 | `1` |");
		expect(text).toContain("| `webhook.body_max` | bytes | 1KB to 16MB | `64KB` |");
		expect(text).toContain("| `name` | text | 1 to 64 characters | must be written |");
		expect(text).not.toContain("undefined");
		expect(text).not.toContain("[object");
	});
});

describe("the table of codes", () => {
	const text = codesDocument();

	test("has every code once, with its sentence and its cure", () => {
		for (const [code, { title, cure }] of Object.entries(codes)) {
			const rows = text.split("\n").filter((line) => line.startsWith(`| \`${code}\` |`));
			expect(rows, code).toHaveLength(1);
			expect(rows[0]).toContain(title.replaceAll("|", "\\|"));
			expect(rows[0]).toContain(cure.replaceAll("|", "\\|"));
		}
	});

	test("shows the status of a refusal and of nothing else", () => {
		expect(text).toContain("| `not_authentic` | 401 |");
		expect(text).not.toMatch(/\| `max_exposure` \| \d{3} \|/);
	});
});
