/** What must hold of every format in the table, whoever wrote it and whatever is added. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { JsonDialect, ReadItem, TextDialect } from "../../../src/alert/dialect.ts";
import { dialects } from "../../../src/alert/dialects.ts";
import { readJson } from "../../../src/alert/json.ts";
import { isJsonArray, isJsonObject, type JsonObject } from "../../../src/alert/json-value.ts";
import { readBody } from "../../../src/alert/read.ts";
import { isSecretField } from "../../../src/alert/secret-field.ts";
import { isEntry } from "../../../src/alert/type-of.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const jsonDialects = dialects.filter((dialect): dialect is JsonDialect => dialect.form === "json");
const textDialects = dialects.filter((dialect): dialect is TextDialect => dialect.form === "text");

/** Says plainly that something is asked for, whether the field is a price, a flag or a word. */
const telling: readonly Json[] = [7, "7", true];
/** Nothing is asked for. */
const silent: readonly Json[] = [null, "", false, 0, "0", "na", "NaN", "false"];

/** The example's first command with one field set, by the field's dotted path. */
function withField(dialect: JsonDialect, path: string, value: Json): Json {
	const parsed = JSON.parse(dialect.example) as Json;
	const command = (Array.isArray(parsed) ? parsed[0] : parsed) as { [key: string]: Json };
	const parts = path.split(".");
	let object = command;
	for (const part of parts.slice(0, -1)) {
		const inner = object[part];
		const next = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? inner : {};
		object[part] = next;
		object = next;
	}
	object[parts.at(-1) ?? path] = value;
	return command;
}

function only(dialect: JsonDialect | TextDialect, body: string): ReadItem {
	const result = readBody(body, { dialect: dialect.name });
	if (!result.ok) return result;
	const [item] = result.items;
	if (item === undefined) throw new Error("no command");
	return item;
}

function isEntryExample(dialect: JsonDialect): boolean {
	const item = only(dialect, dialect.example);
	return item.ok && isEntry(item.reading.type);
}

function typeOfExample(dialect: JsonDialect): string {
	const item = only(dialect, dialect.example);
	return item.ok ? item.reading.type : item.refusal.code;
}

function commandsIn(body: string): readonly JsonObject[] | undefined {
	const json = readJson(body, isSecretField);
	return json.ok
		? json.values.flatMap((value) => (isJsonArray(value) ? value : [value])).filter(isJsonObject)
		: undefined;
}

describe("a field that nexus cannot do", () => {
	for (const dialect of jsonDialects) {
		const entry = isEntryExample(dialect);
		for (const [field, { support }] of Object.entries(dialect.fields)) {
			if (support !== "refused" && !(support === "refused_on_entry" && entry)) continue;
			test(`${dialect.name}: ${field} is refused by its name`, () => {
				for (const value of telling) {
					const item = only(dialect, JSON.stringify(withField(dialect, field, value)));
					if (item.ok) throw new Error(`${field} = ${JSON.stringify(value)} was left out in silence`);
					expect(item.refusal.code).toBe("unsupported_field");
					expect(item.refusal.detail).toStartWith(`${field} is set to `);
				}
			});
			test(`${dialect.name}: ${field} that asks for nothing refuses nothing`, () => {
				for (const value of silent) {
					const item = only(dialect, JSON.stringify(withField(dialect, field, value)));
					if (!item.ok) throw new Error(`${JSON.stringify(value)}: ${item.refusal.detail}`);
					expect<string>(item.reading.type).toBe(typeOfExample(dialect));
				}
			});
		}
	}
	test("there are many, and most formats have some", () => {
		const refusing = jsonDialects.filter(({ fields }) =>
			Object.values(fields).some(({ support }) => support !== "read"),
		);
		expect(refusing.length).toBeGreaterThan(5);
	});
});

describe("an example is one format's and no other's", () => {
	for (const { name, example } of dialects) {
		test(name, () => {
			const commands = commandsIn(example);
			const takers = commands
				? commands.map((command) =>
						jsonDialects.filter((other) => other.recognises(command)).map((other) => other.name),
					)
				: [textDialects.filter((other) => other.recognises(example)).map((other) => other.name)];
			for (const taken of takers) {
				expect(taken.filter((other) => other !== "nexus")).toEqual(name === "nexus" ? [] : [name]);
			}
		});
	}
	test("the form is what the example is", () => {
		for (const { name, form, example } of dialects)
			expect(commandsIn(example) === undefined ? "text" : "json", name).toBe(form);
	});
});

describe("Nexus's own messages stay Nexus's own", () => {
	const path = join(import.meta.dir, "..", "cases.jsonl");
	test("no other format takes one of the corpus", async () => {
		const lines = (await Bun.file(path).text()).trimEnd().split("\n");
		expect(lines.length).toBeGreaterThan(200);
		let seen = 0;
		for (const line of lines) {
			const { name, body } = JSON.parse(line) as { name: string; body: string };
			for (const command of commandsIn(body) ?? []) {
				seen += 1;
				const takers = jsonDialects.filter((dialect) => dialect.recognises(command)).map((dialect) => dialect.name);
				expect(takers, name).toEqual(["nexus"]);
			}
			if (commandsIn(body) !== undefined) continue;
			const start = body.replace(/^[\s\ufeff]+/, "");
			expect(
				textDialects.filter((dialect) => dialect.recognises(start)).map((dialect) => dialect.name),
				name,
			).toEqual([]);
		}
		expect(seen).toBeGreaterThan(200);
	});
});

describe("what the documentation says of each format", () => {
	for (const { name, title, fields, remarks } of dialects as readonly (JsonDialect | TextDialect)[])
		test(name, () => {
			expect(name).toMatch(/^[a-z0-9-]+$/);
			expect(title).not.toBe("");
			expect(Object.keys(fields).length).toBeGreaterThan(3);
			for (const [field, { meaning }] of Object.entries(fields)) {
				expect(field.trim(), field).toBe(field);
				expect(meaning.trim(), field).toBe(meaning);
				expect(meaning, field).not.toBe("");
				expect(meaning, field).not.toMatch(/[\n|]/);
			}
			for (const remark of remarks ?? []) expect(remark).toMatch(/^\S[^\n]*\.$/);
		});
});
