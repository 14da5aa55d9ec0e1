/** The suite that every dialect passes: its own table of messages, and what must hold of each format whatever it says. */
import { describe, expect, test } from "bun:test";
import type { Dialect, ReadItem } from "../../../../src/alert/dialect.ts";
import { dialects } from "../../../../src/alert/dialects.ts";
import { type ReadResult, readBody } from "../../../../src/alert/read.ts";
import { codes } from "../../../../src/domain/codes.ts";

/** One message and what it must mean. */
export interface DialectCase {
	/** A sentence. */
	readonly name: string;
	/** As it is sent; an object is sent as JSON. */
	readonly body: string | Readonly<Record<string, unknown>> | readonly unknown[];
	/** Fields that the readings must have, one object for each command, in order. */
	readonly alerts?: readonly Readonly<Record<string, unknown>>[];
	/** Fields that no reading may have. */
	readonly absent?: readonly string[];
	/** The credentials that are tried against the strategy's secrets. */
	readonly secrets?: readonly string[];
	/** Each must stand in one of the notes of the trace. */
	readonly notes?: readonly string[];
	/** The first command's refusal; every word of `says` stands in its detail or hint. */
	readonly refuse?: { readonly code: string; readonly says: readonly string[] };
	/** Must stand nowhere in what is stored or shown. */
	readonly never?: readonly string[];
	readonly received_at?: string;
}

const cases_min = 8;
const refused_min = 2;

/** Runs the rows, and the rules that hold for every format. Bodies are recognised by their shape, not by name. */
export function dialectCases(dialect: Dialect, rows: readonly DialectCase[]): void {
	describe(dialect.name, () => {
		test("has enough cases of its own, each under its own name", () => {
			expect(rows.length).toBeGreaterThanOrEqual(cases_min);
			expect(rows.filter(({ refuse }) => refuse !== undefined).length).toBeGreaterThanOrEqual(refused_min);
			expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
			for (const { name, alerts, refuse } of rows)
				expect((alerts === undefined) !== (refuse === undefined), name).toBe(true);
		});
		test("is in the table, and no other format takes its example for its own", () => {
			expect(dialects).toContain(dialect);
			for (const item of itemsOf(readBody(dialect.example))) {
				if (!item.ok) throw new Error(`the example is refused: ${JSON.stringify(item.refusal)}`);
				expect(item.reading.dialect).toBe(dialect.name);
			}
		});
		test("reads its own example by name as by shape", () => {
			expect(readBody(dialect.example, { dialect: dialect.name })).toEqual(readBody(dialect.example));
		});
		for (const row of rows) test(row.name, () => checkRow(dialect, row));
	});
}

function checkRow(dialect: Dialect, row: DialectCase): void {
	const body = typeof row.body === "string" ? row.body : JSON.stringify(row.body);
	const result = readBody(body, row.received_at === undefined ? {} : { received_at: Date.parse(row.received_at) });
	const shown = JSON.stringify(result.ok ? [result.raw, result.items.map(withoutSecrets)] : result.refusal);
	for (const secret of row.never ?? []) expect(shown).not.toContain(secret);
	const items = itemsOf(result);
	if (row.refuse !== undefined) {
		const first = items[0];
		if (first === undefined || first.ok) throw new Error(`it was understood: ${JSON.stringify(first)}`);
		const { code, detail, hint } = first.refusal;
		expect(code as string).toBe(row.refuse.code);
		expect(codes[code].kind).toBe("refused");
		for (const word of row.refuse.says) expect(`${detail} ${hint ?? ""}`).toContain(word);
		return;
	}
	expect(items.length).toBe(row.alerts?.length ?? 0);
	for (const [index, item] of items.entries()) {
		if (!item.ok) throw new Error(`command ${index} is refused: ${JSON.stringify(item.refusal)}`);
		expect(item.reading.dialect).toBe(dialect.name);
		expect(item.reading as unknown).toMatchObject(row.alerts?.[index] ?? {});
		for (const field of row.absent ?? []) expect(Object.hasOwn(item.reading, field), field).toBe(false);
		if (row.secrets !== undefined) expect(item.reading.secrets).toEqual(row.secrets);
	}
	const notes = items.flatMap((item) => (item.ok ? item.notes.map(({ detail }) => detail) : [])).join("\n");
	for (const note of row.notes ?? []) expect(notes).toContain(note);
	if (row.notes === undefined) expect(notes).toBe("");
}

function itemsOf(result: ReadResult): readonly ReadItem[] {
	return result.ok ? result.items : [{ ok: false, refusal: result.refusal }];
}

function withoutSecrets(item: ReadItem): unknown {
	return item.ok ? { ...item, reading: { ...item.reading, secrets: [] } } : item;
}
