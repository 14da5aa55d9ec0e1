/** A restore: only a whole journal of ours takes the place, the old one is kept, and a killed one leaves either of them whole. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backUpJournal } from "../../src/journal/backup.ts";
import { JournalError } from "../../src/journal/journal-error.ts";
import { journalFile } from "../../src/journal/journal-file.ts";
import { lockDataFolder, lockSuccession } from "../../src/journal/lock.ts";
import { schemaVersion } from "../../src/journal/migrations.ts";
import { restoreJournal } from "../../src/journal/restore.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { startChild } from "./support/child.ts";
import { atEnd, open, tempFolder } from "./support/open.ts";
import { alertId, ended, reception } from "./support/samples.ts";

const now = Date.parse("2026-01-31T13:37:00.123Z");
const aside = "journal.sqlite.replaced-20260131T133700Z";

function failure(act: () => unknown): JournalError {
	try {
		act();
	} catch (error) {
		if (error instanceof JournalError) return error;
		throw error;
	}
	throw new Error("it did not fail");
}

/** A folder whose backup has alert 0, open, and whose journal has gone on to alert 1. */
async function goneOn(): Promise<{ folder: string; backup: string }> {
	const folder = tempFolder();
	const { journal } = await open(folder);
	await journal.accept(reception(0));
	const backup = join(tempFolder(), "backup");
	backUpJournal(folder, backup, false);
	await journal.accept(reception(1));
	await journal.commit([ended(0)]);
	await journal.close();
	return { folder, backup };
}

async function alertsIn(folder: string): Promise<readonly (readonly [string, string])[]> {
	const { journal } = await open(folder);
	const page = await journal.reader.alerts({});
	await journal.close();
	return page.items.map(({ id, status }) => [id, status]);
}

describe("a restored journal", () => {
	test("is the backup's, goes on working, and the one that was there is kept aside, whole", async () => {
		const { folder, backup } = await goneOn();
		const result = restoreJournal(folder, backup, now);
		expect(result.restored).toMatchObject({ file: journalFile(folder), alerts: 1, open_alerts: 1 });
		expect(result.replaced).toMatchObject({ file: join(folder, aside), summary: { alerts: 2, open_alerts: 1 } });
		expect(readdirSync(folder).sort()).toEqual(["journal.sqlite", aside, "nexus.lock", "nexus.next.lock"]);
		expect(statSync(journalFile(folder)).mode & 0o777).toBe(0o600);
		expect(await alertsIn(folder)).toEqual([[alertId(0), "accepted"]]);
		const { journal } = await open(folder);
		expect(await journal.accept(reception(9, { dedupe: reception(0).dedupe }))).toEqual({
			outcome: "duplicate",
			id: alertId(0),
		});
		expect(await journal.accept(reception(1))).toMatchObject({ outcome: "accepted" });
		await journal.close();
		const other = tempFolder();
		copyFileSync(join(folder, aside), journalFile(other));
		expect(await alertsIn(other)).toEqual([
			[alertId(1), "accepted"],
			[alertId(0), "executed"],
		]);
		expect(existsSync(backup)).toBe(true);
	});

	test("has nothing of a write-ahead log that a killed nexus left; the journal kept aside has all of it", async () => {
		const { folder, backup } = await goneOn();
		const child = startChild("post-until-killed.ts", folder, "100");
		const said: string[] = [];
		for (let lines = 0; lines < 30; lines++) said.push(await child.line());
		await child.kill();
		expect(statSync(`${journalFile(folder)}-wal`).size).toBeGreaterThan(0);
		restoreJournal(folder, backup, now);
		expect(readdirSync(folder).filter((name) => name.endsWith("-wal"))).toEqual([]);
		expect(await alertsIn(folder)).toEqual([[alertId(0), "accepted"]]);
		const kept = new Database(join(folder, aside), { readonly: true });
		atEnd(() => kept.close());
		const accepted = said.filter((line) => line.startsWith("accepted ")).length;
		expect(kept.query("SELECT count(*) >= ? FROM alerts").values(accepted + 2)).toEqual([[1]]);
	});

	test("comes into an empty folder, and into one that is not there", async () => {
		const { backup } = await goneOn();
		for (const folder of [tempFolder(), join(tempFolder(), "new")]) {
			expect(restoreJournal(folder, backup, now).replaced).toBeNull();
			expect(await alertsIn(folder)).toEqual([[alertId(0), "accepted"]]);
		}
	});

	test("takes the place of a journal that is damaged beyond reading, which is kept too", async () => {
		const { folder, backup } = await goneOn();
		writeFileSync(journalFile(folder), "rubbish, ".repeat(500));
		writeFileSync(`${journalFile(folder)}-wal`, "rubbish of its log");
		expect(restoreJournal(folder, backup, now).replaced).toEqual({ file: join(folder, aside), summary: null });
		expect(readFileSync(join(folder, aside), "utf8")).toStartWith("rubbish, ");
		expect(readdirSync(folder)).not.toContain("journal.sqlite-wal");
		expect(await alertsIn(folder)).toEqual([[alertId(0), "accepted"]]);
	});

	test("a reader that still has the old journal open neither sees nor harms the new one", async () => {
		const { folder, backup } = await goneOn();
		const reader = new Database(journalFile(folder), { readonly: true });
		atEnd(() => reader.close());
		const count = () => reader.query("SELECT count(*) FROM alerts").values();
		expect(count()).toEqual([[2]]);
		restoreJournal(folder, backup, now);
		const { journal } = await open(folder);
		await journal.accept(reception(5));
		expect(count()).toEqual([[2]]);
		expect((await journal.reader.alerts({})).items.map(({ id }) => id)).toEqual([alertId(5), alertId(0)]);
	});
});

const refused: readonly (readonly [string, (backup: string, folder: string) => string, RegExp])[] = [
	["a file that is not there", (backup) => `${backup}-not`, /^there is no .+: check the name$/],
	[
		"a file that is no database",
		(backup) => {
			writeFileSync(backup, "a letter, ".repeat(500));
			return backup;
		},
		/is not a journal/,
	],
	[
		"another program's database",
		(backup) => {
			const db = new Database(`${backup}-other`, { create: true });
			db.run("CREATE TABLE theirs (a)");
			db.close();
			return `${backup}-other`;
		},
		/is another program's database/,
	],
	[
		"a newer nexus's",
		(backup) => {
			const db = new Database(backup);
			db.run(`PRAGMA user_version = ${schemaVersion + 1}`);
			db.close();
			return backup;
		},
		/was written by a newer nexus/,
	],
	[
		"an empty file",
		(backup) => {
			writeFileSync(backup, "");
			return backup;
		},
		/is empty/,
	],
	[
		"a damaged backup",
		(backup) => {
			const bytes = readFileSync(backup);
			bytes.fill(0xff, 3 * 4096, 9 * 4096);
			writeFileSync(backup, bytes);
			return backup;
		},
		/damaged|malformed/,
	],
	[
		"half a backup",
		(backup) => {
			writeFileSync(backup, readFileSync(backup).subarray(0, 30_000));
			return backup;
		},
		/damaged|malformed/,
	],
	["the journal itself", (_, folder) => journalFile(folder), /is the journal itself: name a backup$/],
];

describe("what is refused leaves the folder as it was", () => {
	test.each(refused)("%s", async (_, prepare, line) => {
		const { folder, backup } = await goneOn();
		const file = prepare(backup, folder);
		const before = readFileSync(journalFile(folder), "hex");
		expect(failure(() => restoreJournal(folder, file, now)).message).toMatch(line);
		expect(readFileSync(journalFile(folder), "hex")).toBe(before);
		expect(readdirSync(folder).filter((name) => !name.endsWith(".lock"))).toEqual(["journal.sqlite"]);
		lockDataFolder(folder).release();
	});

	test("a folder that another nexus is just taking over", async () => {
		const { folder, backup } = await goneOn();
		const newcomer = lockSuccession(folder);
		atEnd(() => newcomer.release());
		expect(failure(() => restoreJournal(folder, backup, now)).message).toContain("another nexus is just taking over");
		expect(await alertsIn(folder)).toHaveLength(2);
	});

	test("a folder on which a nexus runs", async () => {
		const { folder, backup } = await goneOn();
		const lock = lockDataFolder(folder);
		atEnd(() => lock.release());
		const error = failure(() => restoreJournal(folder, backup, now));
		expect([error.kind, error.message]).toEqual([
			"locked",
			expect.stringContaining(`another nexus (pid ${process.pid})`),
		]);
		expect(readdirSync(folder)).not.toContain(aside);
	});
});

test("what a restore that was killed left behind is in nobody's way", async () => {
	const { folder, backup } = await goneOn();
	for (const name of ["journal.sqlite.restored", "journal.sqlite.restored.part", aside]) {
		writeFileSync(join(folder, name), "left behind");
	}
	expect(await alertsIn(folder)).toHaveLength(2);
	restoreJournal(folder, backup, now);
	expect(await alertsIn(folder)).toHaveLength(1);
	expect(readdirSync(folder).sort()).toEqual(["journal.sqlite", aside, "nexus.lock", "nexus.next.lock"]);
});

test("killed at any moment, the folder has the old journal or the new one, whole", async () => {
	const { folder, backup } = await goneOn();
	const other = join(tempFolder(), "other");
	backUpJournal(folder, other, false);
	for (let round = 0; round < 8; round++) {
		const child = startChild("restore-until-killed.ts", folder, backup, other);
		// From the second line on, both have been in place.
		for (let lines = 0; lines < 2 + (round % 2); lines++) expect(await child.line()).toBe(`restored ${lines}`);
		await Bun.sleep(round * 3);
		await child.kill();
		expect(verifyJournal(journalFile(folder)).findings).toEqual([]);
		const alerts = await alertsIn(folder);
		expect([1, 2]).toContain(alerts.length);
	}
});
