/** A backup while the journal is written on: consistent, private, never over another file, nothing left where it fails. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backUpJournal, summaryOf } from "../../src/journal/backup.ts";
import { giveName } from "../../src/journal/copy-file.ts";
import { JournalError } from "../../src/journal/journal-error.ts";
import { journalFile } from "../../src/journal/journal-file.ts";
import { schemaVersion } from "../../src/journal/migrations.ts";
import { openReader } from "../../src/journal/reader.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { startChild } from "./support/child.ts";
import { open, tempFolder } from "./support/open.ts";
import { alertId, ended, reception, time } from "./support/samples.ts";
import { Trader } from "./support/traded.ts";

function failure(act: () => unknown): JournalError {
	try {
		act();
	} catch (error) {
		if (error instanceof JournalError) return error;
		throw error;
	}
	throw new Error("it did not fail");
}

/** A folder with a journal of three alerts, closed. */
async function recorded(alerts = 3): Promise<string> {
	const folder = tempFolder();
	const { journal } = await open(folder);
	for (let n = 0; n < alerts; n++) await journal.accept(reception(n));
	if (alerts > 0) await journal.commit([ended(0)]);
	await journal.close();
	return folder;
}

describe("a backup", () => {
	test("holds what the journal holds, is one private file, and says what is in it", async () => {
		const folder = await recorded();
		const file = join(tempFolder(), "backup");
		const summary = backUpJournal(folder, file, false);
		expect(summary).toEqual({
			file,
			bytes: statSync(file).size,
			version: schemaVersion,
			alerts: 3,
			open_alerts: 2,
			orders: 0,
			fills: 0,
			events: 0,
			newest_alert: { id: alertId(2), received_at: time(2) },
		});
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(readdirSync(join(file, ".."))).toEqual(["backup"]);
		expect(summaryOf(file)).toEqual(summary);
	});

	test("of an empty journal is one too", async () => {
		const file = join(tempFolder(), "backup");
		expect(backUpJournal(await recorded(0), file, false)).toMatchObject({ alerts: 0, newest_alert: null });
	});

	test("while another process records: every copy is a whole state, with all that was confirmed before it", async () => {
		const folder = tempFolder();
		const child = startChild("post-until-killed.ts", folder);
		const said: string[] = [];
		for (let round = 0; round < 5; round++) {
			for (let lines = 0; lines < 40; lines++) said.push(await child.line());
			const file = join(folder, `backup-${round}`);
			backUpJournal(folder, file, false);
			expect(verifyJournal(file).findings).toEqual([]);
			const reader = openReader(folder);
			const copy = new Database(file, { readonly: true });
			const has = copy.query("SELECT 1 FROM alerts WHERE seq = ?");
			for (const line of said.filter((one) => one.startsWith("accepted "))) {
				const seq = Date.parse(time(0)) * 4096 + Number(line.slice("accepted ".length));
				expect(has.values(seq)).toEqual([[1]]);
			}
			copy.close();
			reader.close();
		}
		await child.kill();
	});

	test("holds nobody up: what is recorded while it is made is confirmed and not in it", async () => {
		const folder = tempFolder();
		const { journal } = await open(folder);
		const trader = new Trader(journal);
		await trader.trade({ alert: 0, side: "buy", quantity: "1", price: "10" });
		const file = join(folder, "backup");
		backUpJournal(folder, file, false);
		await trader.trade({ alert: 1, side: "sell", quantity: "1", price: "11" });
		expect(summaryOf(file)).toMatchObject({ alerts: 1, fills: 1 });
		expect((await journal.reader.counts()).fills).toBe(2);
	});
});

describe("a file that is there", () => {
	test("is refused and stays as it is; with overwrite it is replaced, and is private then", async () => {
		const folder = await recorded();
		const file = join(tempFolder(), "backup");
		writeFileSync(file, "somebody's letter", { mode: 0o644 });
		expect(failure(() => backUpJournal(folder, file, false)).message).toBe(
			`${file} is there already: name another file, or replace it with --force`,
		);
		expect(readFileSync(file, "utf8")).toBe("somebody's letter");
		expect(readdirSync(join(file, ".."))).toEqual(["backup"]);
		expect(backUpJournal(folder, file, true).alerts).toBe(3);
		expect(statSync(file).mode & 0o777).toBe(0o600);
	});

	test("that appears while the copy is made is not replaced either", () => {
		const folder = tempFolder();
		const [part, target] = [join(folder, "part"), join(folder, "target")];
		writeFileSync(part, "new");
		writeFileSync(target, "old");
		expect(failure(() => giveName(part, target)).message).toContain("is there already");
		expect(readFileSync(target, "utf8")).toBe("old");
	});

	test.each(["", "-wal", "-shm"])(
		"the journal's own file%s is never a target, not even with overwrite or through a link",
		async (end) => {
			const folder = await recorded();
			const before = readFileSync(journalFile(folder), "hex");
			const link = join(tempFolder(), "link");
			symlinkSync(folder, link);
			for (const path of [journalFile(folder), journalFile(link)]) {
				expect(failure(() => backUpJournal(folder, path + end, true)).message).toContain("is the journal itself");
			}
			expect(readFileSync(journalFile(folder), "hex")).toBe(before);
		},
	);
});

describe("a backup that cannot be made leaves nothing", () => {
	test("where the folder is not there", async () => {
		const folder = await recorded();
		const error = failure(() => backUpJournal(folder, join(folder, "none", "backup"), false));
		expect(error.message).toMatch(/could not be made \(.+\): check that its folder is there and may be written$/);
	});

	test("where the target is a folder", async () => {
		const folder = await recorded();
		const target = join(tempFolder(), "backup");
		mkdirSync(target);
		for (const overwrite of [false, true])
			expect(failure(() => backUpJournal(folder, target, overwrite)).kind).toBe("unusable");
		expect(readdirSync(join(target, ".."))).toEqual(["backup"]);
	});

	test("where there is no journal, and none is made", () => {
		const folder = tempFolder();
		expect(failure(() => backUpJournal(folder, join(folder, "backup"), false)).message).toContain(
			"there is no journal in",
		);
		expect(readdirSync(folder)).toEqual([]);
	});

	test("where the journal is damaged", async () => {
		const folder = await recorded();
		const bytes = readFileSync(journalFile(folder));
		bytes.fill(0xff, 3 * 4096, 9 * 4096);
		writeFileSync(journalFile(folder), bytes);
		const file = join(tempFolder(), "backup");
		expect(failure(() => backUpJournal(folder, file, false)).message).toMatch(/damaged|malformed/);
		expect(existsSync(file)).toBe(false);
		expect(readdirSync(join(file, ".."))).toEqual([]);
	});
});
