/** The generated pages on disk are those that the source makes; what each must hold whatever the source. */
import { describe, expect, test } from "bun:test";
import { codesDocument } from "../../scripts/docs/codes-document.ts";
import { configurationDocument } from "../../scripts/docs/configuration-document.ts";
import { dialectsDocument } from "../../scripts/docs/dialects-document.ts";
import { generatedFiles } from "../../scripts/docs/generated.ts";
import { ordersDocument } from "../../scripts/docs/orders-document.ts";
import { dialects } from "../../src/alert/dialects.ts";
import { clientIdFormats } from "../../src/domain/client-id.ts";
import { codes } from "../../src/domain/codes.ts";
import { orderEvents, orderLife, orderStates } from "../../src/domain/order-life.ts";

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

describe("the page of dialects", () => {
	const text = dialectsDocument();
	const lines = text.split("\n");
	const sectionOf = (name: string) => {
		const start = lines.indexOf(`## ${name}`);
		const length = lines.slice(start + 1).findIndex((line) => line.startsWith("## "));
		return lines.slice(start, length < 0 ? undefined : start + 1 + length);
	};

	test("has every format once in the table, with its name, form and how it is recognised", () => {
		for (const { name, title, form, recognised } of dialects) {
			const rows = lines.filter((line) => line.startsWith(`| [\`${name}\`](#${name}) |`));
			expect(rows, name).toHaveLength(1);
			expect(rows[0]).toContain(`| ${title} | ${form === "json" ? "JSON" : "text"} |`);
			expect(recognised, name).toMatch(/\S/);
			expect(rows[0]).toContain(recognised ?? "");
		}
	});

	test("has every field of every format in the format's own table, with what nexus does with it", () => {
		const words = { read: "read", refused: "refused", refused_on_entry: "refused on entries", ignored: "ignored" };
		for (const { name, fields, example, remarks = [] } of dialects) {
			const section = sectionOf(name);
			const rows = section.filter((line) => line.startsWith("| `"));
			expect(rows.length, name).toBe(Object.keys(fields).length);
			for (const [field, { support, meaning }] of Object.entries(fields))
				expect(rows).toContain(`| \`${field}\` | ${words[support]} | ${meaning.replaceAll("|", "\\|")} |`);
			for (const remark of remarks) expect(section).toContain(`- ${remark}`);
			expect(section.join("\n")).toContain(example);
			expect(section.join("\n")).toContain(`?dialect=${name}`);
		}
	});

	test("says that one comma groups thousands", () => {
		expect(text).toContain('`"1,085"` is one thousand and eighty-five');
	});
});

describe("the page of orders", () => {
	const text = ordersDocument();
	const lines = text.split("\n");
	const sectionOf = (title: string) => {
		const start = lines.indexOf(title);
		const length = lines.slice(start + 1).findIndex((line) => line.startsWith("#"));
		return lines.slice(start, length < 0 ? undefined : start + 1 + length).join("\n");
	};

	test("has every state and every event once, with its sentence", () => {
		for (const [state, { final, meaning }] of Object.entries(orderStates)) {
			expect(sectionOf("## States")).toContain(`| \`${state}\` | ${final ? "yes" : ""} | ${meaning} |`);
		}
		for (const [event, meaning] of Object.entries(orderEvents)) {
			expect(sectionOf("## Events")).toContain(`| \`${event}\` | ${meaning} |`);
		}
	});

	test("has every pair that leads somewhere under its state, and no other", () => {
		for (const [state, ends] of Object.entries(orderLife)) {
			const rows = sectionOf(`### ${state}`)
				.split("\n")
				.filter((line) => line.startsWith("| `"));
			const pairs = rows.flatMap((row) => {
				const [, events = "", end = ""] = row.split("|");
				return [...events.matchAll(/`(\w+)`/g)].map(([, event]) => `${event} ${/`(\w+)`/.exec(end)?.[1]}`);
			});
			const expected = Object.entries(ends).map(([event, end]) => `${event} ${end}`);
			expect(pairs.sort(), state).toEqual(expected.sort());
		}
	});

	test("marks as late what is filled after an end, and nothing else", () => {
		expect(sectionOf("### canceled")).toContain("| `fill_part` | stays `canceled`, late |");
		expect(sectionOf("### filled")).toContain("| `fill_part`, `fill_rest` | stays `filled`, late |");
		expect(sectionOf("### unknown")).not.toContain("late");
		expect(sectionOf("### accepted")).not.toContain("late");
	});

	test("shows every spelling of an id with its rule", () => {
		for (const [name, { prefix, rule }] of Object.entries(clientIdFormats)) {
			expect(sectionOf("## Ids")).toContain(`| \`${name}\` | ${rule} | \`${prefix}`);
		}
	});
});
