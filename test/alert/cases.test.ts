/** Our own corpus of bodies: each line of cases.jsonl is read, its symbol resolved, and the outcome compared. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { readBody } from "../../src/alert/read.ts";
import { codes } from "../../src/domain/codes.ts";
import { resolveSymbol } from "../../src/domain/symbol.ts";

interface Case {
	readonly name: string;
	readonly body: string;
	/** The strategy's symbols. */
	readonly allowed?: readonly string[];
	readonly received_at?: string;
	/** Fields that the reading must have; `symbol` is the resolved one. */
	readonly alert?: Readonly<Record<string, unknown>>;
	/** Fields that the reading must not have. */
	readonly absent?: readonly string[];
	readonly secrets?: readonly string[];
	readonly notes?: readonly string[];
	/** `says` must stand in the detail or the hint. */
	readonly refuse?: { readonly status: number; readonly code: string; readonly says?: readonly string[] };
	/** Must stand nowhere in what may be stored or shown. */
	readonly never?: readonly string[];
}

const text = await Bun.file(join(import.meta.dir, "cases.jsonl")).text();
const cases = text
	.trimEnd()
	.split("\n")
	.map((line) => JSON.parse(line) as Case);

test("the corpus has all its cases, each under a name of its own", () => {
	expect(cases.length).toBeGreaterThan(200);
	expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
	for (const { name, alert, refuse } of cases) {
		expect((alert === undefined) !== (refuse === undefined), name).toBe(true);
	}
});

const receivedAt = (time: string | undefined) => (time === undefined ? {} : { received_at: Date.parse(time) });

for (const row of cases.filter(({ alert }) => alert !== undefined)) {
	test(`understood: ${row.name}`, () => {
		const result = readBody(row.body, receivedAt(row.received_at));
		if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.refusal)}`);
		expect(result.items.length).toBe(1);
		const [item] = result.items;
		if (item?.ok !== true) throw new Error(`refused: ${JSON.stringify(item?.refusal)}`);
		const resolved = resolveSymbol(item.reading.symbol_sent, row.allowed ?? [], {});
		const symbol = resolved.ok ? resolved.symbol : undefined;
		const reading: Readonly<Record<string, unknown>> = { ...item.reading, symbol };
		for (const [field, value] of Object.entries(row.alert ?? {})) expect(plain(reading[field]), field).toEqual(value);
		for (const field of row.absent ?? []) expect(Object.hasOwn(reading, field), field).toBe(false);
		if (row.secrets !== undefined) expect(item.reading.secrets).toEqual(row.secrets);
		expect(item.notes.length).toBe(row.notes?.length ?? 0);
		for (const [index, note] of (row.notes ?? []).entries()) expect(item.notes[index]?.detail).toContain(note);
		const { secrets: _, ...kept } = item.reading;
		for (const secret of row.never ?? []) expect(JSON.stringify([kept, result.raw, item.notes])).not.toContain(secret);
		expect(item.reading.dialect).toBe("nexus");
	});
}

for (const row of cases) {
	const { refuse } = row;
	if (refuse === undefined) continue;
	test(`refused: ${row.name}`, () => {
		const result = readBody(row.body, receivedAt(row.received_at));
		const first = result.ok ? result.items[0] : result;
		if (first === undefined || first.ok) throw new Error("it was understood");
		const { code, detail, hint } = first.refusal;
		expect(code as string).toBe(refuse.code);
		expect(codes[code].status).toBe(refuse.status as never);
		const words = `${detail} ${hint ?? ""}`;
		for (const word of refuse.says ?? []) expect(words).toContain(word);
		const shown = words + (result.ok ? result.raw : "");
		for (const secret of row.never ?? []) expect(shown).not.toContain(secret);
		expect(detail.length).toBeLessThan(300);
	});
}

/** Null-prototype objects as ordinary ones, so that they compare by their content. */
function plain(value: unknown): unknown {
	return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
