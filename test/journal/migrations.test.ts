/** An older journal is brought up to date with a copy of it kept; a step that fails leaves everything as it was. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { clientOrderId } from "../../src/domain/client-id.ts";
import { JournalError } from "../../src/journal/journal-error.ts";
import { journalFile } from "../../src/journal/journal-file.ts";
import { migrate, migrations, schemaVersion } from "../../src/journal/migrations.ts";
import { openReader } from "../../src/journal/reader.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { atEnd, kindOf, open, tempFolder } from "./support/open.ts";
import { account, alert, alertId, fill, order, position, reception, time } from "./support/samples.ts";

const now = Date.parse("2026-01-31T13:37:00.123Z");

/** The journal of a nexus that knew only the first steps, with an alert, an order, a fill and what they came to. */
function oldJournal(version: number): string {
	const folder = tempFolder();
	const db = new Database(journalFile(folder), { create: true });
	db.run("PRAGMA journal_mode = WAL");
	migrate(db, journalFile(folder), { now, steps: migrations.slice(0, version) });
	const seq = Date.parse(time(0)) * 4096;
	const json = (value: unknown) => JSON.stringify(value);
	db.query("INSERT INTO alerts VALUES (?, ?, 'MyRSIStrategy', 'BTC/USD', NULL)").run(seq, Date.parse(time(0)));
	db.query("INSERT INTO alert_records VALUES (?, ?, '{}', '[]')").run(seq, json(alert(0)));
	db.query("INSERT INTO open_alerts VALUES (?)").run(seq);
	db.query("INSERT INTO intents VALUES (?, 'paper', '[]', ?)").run(seq, json({ legs: [{ leg: "entry" }], notes: [] }));
	const id = `${alertId(0)}-1`;
	const cause = { order_id: id, account: "paper", strategy: "MyRSIStrategy", symbol: "BTC/USD", attempt: 1 };
	const client_order_id = clientOrderId(cause);
	// Such versions kept no `filled_cost`.
	const filled = { status: "filled", filled_quantity: "0.1", average_price: "42000.5" } as const;
	const made = order(id, { client_order_id, ...filled });
	db.query("INSERT INTO orders VALUES (1, ?, ?, 'MyRSIStrategy', 'BTC/USD', 0, 0, ?)").run(id, seq, json(made));
	db.query("INSERT INTO fills VALUES (1, 'paper', 't1', ?, 0, ?)").run(id, json(fill("t1", { order_id: id })));
	// An average that was rounded on its way, as older versions did.
	const held = position({ average_price: "42000.500000000000000001" });
	db.query("INSERT INTO positions VALUES ('paper', 'MyRSIStrategy', 'BTC/USD', ?)").run(json(held));
	db.query("INSERT INTO accounts VALUES ('paper', ?)").run(json(account()));
	db.close();
	return folder;
}

const copies = (folder: string) => readdirSync(folder).filter((name) => /\.v\d+-/.test(name));

describe("an older journal", () => {
	test.each([1, 2, 3, 4])(
		"of version %d is brought up to date; its copy is the old file, private, and complete",
		async (version) => {
			const folder = oldJournal(version);
			const { journal } = await open(folder);
			expect((await journal.load()).open_alerts).toBe(1);
			await journal.commit([{ kind: "attempt", id: alertId(0), tried: 1, survived: 0 }]);
			expect((await journal.openAlerts(0, 10)).map(({ attempts }) => attempts)).toEqual([{ tried: 1, survived: 0 }]);
			expect(await journal.accept(reception(1))).toMatchObject({ outcome: "accepted" });
			expect(copies(folder)).toEqual([`journal.sqlite.v${version}-20260131T120000Z`]);
			const copy = join(folder, copies(folder)[0] ?? "");
			expect(statSync(copy).mode & 0o777).toBe(0o600);
			const db = new Database(copy, { readonly: true });
			atEnd(() => db.close());
			expect(db.query("PRAGMA user_version").values()).toEqual([[version]]);
			expect(db.query("PRAGMA integrity_check").values()).toEqual([["ok"]]);
			expect(db.query("SELECT (SELECT count(*) FROM alerts), (SELECT count(*) FROM fills)").values()).toEqual([[1, 1]]);
		},
	);

	test("is verified from its state at that time on, however an older nexus rounded it", async () => {
		const folder = oldJournal(3);
		const { journal } = await open(folder);
		await journal.close();
		expect(verifyJournal(journalFile(folder)).findings).toEqual([]);
	});

	test("can be read before it was brought up to date, and is not changed by that", async () => {
		const folder = oldJournal(1);
		const reader = openReader(folder);
		expect((await reader.alerts({})).items.map(({ id }) => id)).toEqual([alertId(0)]);
		reader.close();
		expect(copies(folder)).toEqual([]);
	});

	test("is copied once: the next start finds nothing to do, and a new journal has no copy", async () => {
		const folder = oldJournal(2);
		await (await open(folder)).journal.close();
		await (await open(folder)).journal.close();
		expect(copies(folder)).toHaveLength(1);
		const fresh = tempFolder();
		await (await open(fresh)).journal.close();
		expect(copies(fresh)).toEqual([]);
	});
});

describe("a step that fails", () => {
	const broken = [...migrations.slice(0, 2), "CREATE TABLE half (a) STRICT, WITHOUT ROWID; this is no SQL"];

	test("leaves version and tables as they were, keeps no copy, and says what to do", () => {
		const folder = oldJournal(1);
		const file = journalFile(folder);
		const db = new Database(file);
		atEnd(() => db.close());
		const tables = () => db.query("SELECT name FROM sqlite_schema ORDER BY name").values();
		const before = tables();
		for (let start = 0; start < 3; start++) {
			const error = failure(() => migrate(db, file, { now: now + start * 1000, steps: broken }));
			expect(error.kind).toBe("unusable");
			expect(error.message).toMatch(
				/could not be brought from version 1 to 3 \(.+\); it is as it was: run the nexus that wrote it, or .+/,
			);
		}
		expect(db.query("PRAGMA user_version").values()).toEqual([[1]]);
		expect(tables()).toEqual(before);
		expect(copies(folder)).toEqual([]);
		migrate(db, file, { now });
		expect(db.query("PRAGMA user_version").values()).toEqual([[schemaVersion]]);
	});

	test("and so does a copy for which there is no place: nothing is changed without one", () => {
		const folder = oldJournal(1);
		const file = journalFile(folder);
		const db = new Database(file);
		atEnd(() => db.close());
		const nowhere = join(folder, "not-there", "journal.sqlite");
		const error = failure(() => migrate(db, nowhere, { now }));
		expect(error.message).toContain(`the copy ${nowhere}.v1-20260131T133700Z could not be made`);
		expect(db.query("PRAGMA user_version").values()).toEqual([[1]]);
	});
});

test("a newer journal is refused before anything is copied", async () => {
	const folder = oldJournal(2);
	const db = new Database(journalFile(folder));
	db.run(`PRAGMA user_version = ${schemaVersion + 1}`);
	db.close();
	expect(await kindOf(open(folder))).toBe("unusable");
	expect(copies(folder)).toEqual([]);
});

function failure(act: () => void): JournalError {
	try {
		act();
	} catch (error) {
		if (error instanceof JournalError) return error;
		throw error;
	}
	throw new Error("it did not fail");
}
