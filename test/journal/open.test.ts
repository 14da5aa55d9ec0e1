/** A data folder that cannot be used says why in one line, and nothing in it is touched. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JournalError } from "../../src/journal/journal-error.ts";
import { journalFile } from "../../src/journal/journal-file.ts";
import { schemaVersion } from "../../src/journal/migrations.ts";
import { openReader } from "../../src/journal/reader.ts";
import { openJournal } from "../../src/journal/sqlite-journal.ts";
import { startChild } from "./support/child.ts";
import { FakeClock } from "./support/fake-clock.ts";
import { atEnd, open, tempFolder } from "./support/open.ts";
import { alertId, reception } from "./support/samples.ts";

async function errorOf(act: () => Promise<unknown> | unknown): Promise<JournalError> {
	try {
		await act();
	} catch (error) {
		if (error instanceof JournalError) return error;
		throw error;
	}
	throw new Error("it was opened");
}

function openAt(folder: string) {
	return openJournal({ folder, size_max_bytes: 1e9, keep_ms: 1e9, clock: new FakeClock() });
}

test("a folder that is not there is made, with the folders above it", async () => {
	const folder = join(tempFolder(), "a", "b");
	await open(folder);
	expect(existsSync(journalFile(folder))).toBe(true);
});

const unusable: readonly (readonly [string, (folder: string) => string, RegExp])[] = [
	[
		"a folder that is a file",
		(folder) => {
			writeFileSync(join(folder, "file"), "");
			return join(folder, "file");
		},
		/^the data folder .+\/file cannot be written \(.+\): change its rights or .+$/,
	],
	[
		"a file that is no database",
		(folder) => {
			writeFileSync(journalFile(folder), "this is not a database, ".repeat(100));
			return folder;
		},
		/^.+\/journal\.sqlite is not a journal: move it away or .+$/,
	],
	[
		"another program's database",
		(folder) => {
			const db = new Database(journalFile(folder), { create: true });
			db.run("CREATE TABLE theirs (a)");
			db.close();
			return folder;
		},
		/^.+\/journal\.sqlite is another program's database: move it away or .+$/,
	],
];

test.each(unusable)("%s is refused in one line and left as it is", async (_, prepare, line) => {
	const folder = prepare(tempFolder());
	const file = existsSync(journalFile(folder)) ? journalFile(folder) : undefined;
	const content = () => (file === undefined ? "" : readFileSync(file, "hex"));
	const before = content();
	const error = await errorOf(() => openAt(folder));
	expect(error.kind).toBe("unusable");
	expect(error.message).toMatch(line);
	expect(content()).toBe(before);
});

test("a journal of a newer nexus is refused by writer and reader, and its version stays", async () => {
	const folder = tempFolder();
	await (await open(folder)).journal.close();
	const db = new Database(journalFile(folder));
	db.run(`PRAGMA user_version = ${schemaVersion + 1}`);
	db.close();
	for (const act of [() => openAt(folder), () => openReader(folder)]) {
		const error = await errorOf(act);
		expect(error.kind).toBe("unusable");
		expect(error.message).toContain(
			`was written by a newer nexus (version ${schemaVersion + 1}, this nexus knows ${schemaVersion})`,
		);
	}
	const after = new Database(journalFile(folder), { readonly: true });
	expect(after.query("PRAGMA user_version").values()).toEqual([[schemaVersion + 1]]);
	after.close();
});

test("a journal that could not be opened is opened by the next try once its cause is gone", async () => {
	const folder = tempFolder();
	writeFileSync(journalFile(folder), "this is not a database, ".repeat(100));
	await errorOf(() => openAt(folder));
	writeFileSync(journalFile(folder), "");
	const { journal } = await open(folder);
	expect(await journal.accept(reception(0))).toMatchObject({ outcome: "accepted" });
});

test("the reader without nexus says where there is no journal, and makes none", async () => {
	const folder = tempFolder();
	const error = await errorOf(() => openReader(folder));
	expect(error.message).toBe(`there is no journal in ${folder}: nexus has not run there yet`);
	expect(existsSync(journalFile(folder))).toBe(false);
});

test("the reader without nexus reads beside a running journal, after its end, and after a kill -9", async () => {
	const folder = tempFolder();
	const { journal } = await open(folder);
	await journal.accept(reception(0, {}, { alert_id: "tv-1" }));
	const beside = openReader(folder);
	atEnd(() => beside.close());
	expect((await beside.alert("tv-1"))?.id).toBe(alertId(0));
	await journal.accept(reception(1));
	expect((await beside.alerts({})).items.map(({ id }) => id)).toEqual([alertId(1), alertId(0)]);
	await journal.close();
	expect(await beside.counts()).toEqual({ alerts: { accepted: 2 }, orders: 0, fills: 0 });

	const afterwards = openReader(folder);
	expect((await afterwards.alerts({})).items).toHaveLength(2);
	afterwards.close();

	const child = startChild("post-until-killed.ts", folder, "10");
	for (let lines = 0; lines < 50; lines++) await child.line();
	await child.kill();
	const afterKill = openReader(folder);
	atEnd(() => afterKill.close());
	expect((await afterKill.counts()).alerts["accepted"]).toBeGreaterThan(20);
});

test("the reader answers every question as the journal's own does", async () => {
	const folder = tempFolder();
	const { journal } = await open(folder);
	await Promise.all([0, 1, 2].map((n) => journal.accept(reception(n))));
	const reader = openReader(folder);
	atEnd(() => reader.close());
	expect(await reader.alerts({ limit: 2 })).toEqual(await journal.reader.alerts({ limit: 2 }));
	expect(await reader.alert(alertId(1))).toEqual(await journal.reader.alert(alertId(1)));
	expect(await reader.orders({})).toEqual({ items: [], next: null });
	expect(await reader.fills({})).toEqual({ items: [], next: null });
	expect(
		await Promise.all([reader.positions(), reader.accounts(), reader.trading_states(), reader.events(0, 5)]),
	).toEqual([[], [], [], []]);
});
