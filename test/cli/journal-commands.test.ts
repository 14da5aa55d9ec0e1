/** `nexus backup`, `restore` and `verify-journal` as a user calls them: words, JSON, exit codes, and what they refuse. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { lockDataFolder } from "../../src/journal/lock.ts";
import { openJournal } from "../../src/journal/sqlite-journal.ts";
import { systemClock } from "../../src/system-clock.ts";
import { call, type Folder, nexusFolder } from "./support/call-command.ts";
import { executedInFull } from "./support/records.ts";

/** A folder whose journal holds `alerts` open alerts. */
async function folderWith(alerts: number): Promise<Folder> {
	const folder = nexusFolder({ port: 1 });
	const data = join(folder.path, "data");
	const journal = await openJournal({ folder: data, size_max_bytes: 1e9, keep_ms: 1e15, clock: systemClock });
	for (let n = 0; n < alerts; n++) {
		const id = `${executedInFull.id.slice(0, -1)}${n}`;
		const alert = { id, type: "LONG_ENTRY", action: "buy", symbol: "BTC/USD", symbol_sent: "BTCUSD" } as const;
		const rest = {
			strategy: "MyRSIStrategy",
			received_at: executedInFull.received_at,
			dialect: "nexus",
			source: "x",
			fields: {},
		};
		const key = `${n}`.repeat(32);
		await journal.accept({
			alert: { ...alert, ...rest },
			raw: "{}",
			trace: [],
			dedupe: { key, meaning: key, window_ms: 1, by_id: true },
		});
	}
	await journal.close();
	return folder;
}

const received = executedInFull.received_at.replace("T", " ").replace("Z", " UTC");

describe("nexus backup", () => {
	test("copies the journal beside a running nexus and says what is in the copy", async () => {
		using folder = await folderWith(2);
		const lock = lockDataFolder(join(folder.path, "data"));
		const { exit, out, err } = await call(folder.path, ["backup", "monday.sqlite"]);
		lock.release();
		expect({ exit, err }).toEqual({ exit: 0, err: "" });
		expect(out).toMatch(
			new RegExp(`^monday\\.sqlite: 2 alerts \\(2 open\\), 0 orders, 0 fills, up to ${received}; [\\d.]+ KB\\n$`),
		);
		expect(statSync(join(folder.path, "monday.sqlite")).mode & 0o777).toBe(0o600);
	});

	test("answers in JSON", async () => {
		using folder = await folderWith(1);
		const { out } = await call(folder.path, ["backup", "b", "--json"]);
		expect(JSON.parse(out)).toMatchObject({ file: join(folder.path, "b"), alerts: 1, open_alerts: 1 });
	});

	test("never replaces a file unless it is told to", async () => {
		using folder = await folderWith(1);
		folder.write("b", "a letter");
		const refused = await call(folder.path, ["backup", "b"]);
		expect([refused.exit, refused.out]).toEqual([1, ""]);
		expect(refused.err).toContain("b is there already: name another file, or replace it with --force");
		expect(await Bun.file(join(folder.path, "b")).text()).toBe("a letter");
		expect((await call(folder.path, ["backup", "--force", "b"])).exit).toBe(0);
	});

	test.each([
		[["backup"], 64, "needs FILE"],
		[["backup", "data/journal.sqlite", "--force"], 1, "is the journal itself"],
		[["backup", "none/b"], 1, "check that its folder is there"],
	])("%j exits with %d: %s", async (words, exit, says) => {
		using folder = await folderWith(1);
		const called = await call(folder.path, words);
		expect([called.exit, called.out]).toEqual([exit, ""]);
		expect(called.err).toContain(says);
	});

	test("says that nexus has not run yet", async () => {
		using folder = nexusFolder({ port: 1 });
		const { exit, err } = await call(folder.path, ["backup", "b"]);
		expect(exit).toBe(1);
		expect(err).toContain("nexus has not run there yet");
		expect(existsSync(join(folder.path, "b"))).toBe(false);
	});
});

describe("nexus restore", () => {
	test("puts the backup in place, names the journal it replaced, and says what is lost and what to compare", async () => {
		using folder = await folderWith(2);
		await call(folder.path, ["backup", "b"]);
		const { exit, out } = await call(folder.path, ["restore", "b"]);
		expect(exit).toBe(0);
		expect(out).toMatch(/^data\/journal\.sqlite: 2 alerts \(2 open\)/);
		expect(out).toMatch(/\nreplaced: data\/journal\.sqlite\.replaced-20260131T140000Z: 2 alerts/);
		expect(out).toContain(`Alerts accepted after the backup (after ${received}) are lost here`);
		expect(out).toContain("At a live broker, compare positions and open orders");
		expect(out).toContain("2 alerts had not ended when the backup was made; nexus takes them up again");
	});

	test("answers in JSON, the warnings with it", async () => {
		using folder = await folderWith(1);
		await call(folder.path, ["backup", "b"]);
		const { out } = await call(folder.path, ["restore", "b", "--json"]);
		const said = JSON.parse(out) as { restored: object; replaced: object; warnings: string[] };
		expect(said).toMatchObject({ restored: { alerts: 1 }, replaced: { summary: { alerts: 1 } } });
		expect(said.warnings).toHaveLength(3);
	});

	test("is refused while a nexus runs there, and while the file is not a journal", async () => {
		using folder = await folderWith(1);
		await call(folder.path, ["backup", "b"]);
		const lock = lockDataFolder(join(folder.path, "data"));
		const running = await call(folder.path, ["restore", "b"]);
		lock.release();
		expect([running.exit, running.out]).toEqual([1, ""]);
		expect(running.err).toContain("another nexus (pid");
		folder.write("letter", "dear sir, ".repeat(1000));
		const letter = await call(folder.path, ["restore", "letter"]);
		expect(letter.exit).toBe(1);
		expect(letter.err).toContain("letter is not a journal");
	});
});

describe("nexus verify-journal", () => {
	test("is content with a journal that is right, and with a backup of it", async () => {
		using folder = await folderWith(2);
		await call(folder.path, ["backup", "b"]);
		expect(await call(folder.path, ["verify-journal"])).toMatchObject({
			exit: 0,
			out: "data/journal.sqlite is right: 2 alerts (2 open), 0 orders, 0 fills, 0 positions\n",
		});
		expect((await call(folder.path, ["verify-journal", "b"])).out).toStartWith("b is right: ");
		const { out } = await call(folder.path, ["verify-journal", "--json"]);
		expect(JSON.parse(out)).toMatchObject({ ok: true, found: 0, findings: [], counts: { alerts: 2 } });
	});

	test("prints every difference with its cause and exits with 1", async () => {
		using folder = await folderWith(2);
		const db = new Database(join(folder.path, "data/journal.sqlite"));
		db.run("DELETE FROM open_alerts");
		db.run("DELETE FROM alert_records");
		db.close();
		const { exit, out } = await call(folder.path, ["verify-journal"]);
		expect(exit).toBe(1);
		expect(out.match(/^alerts: alert \S+: it has a row but no record/gm)).toHaveLength(2);
		expect(out.match(/^alerts: alert \S+: .+ it is lost, nothing will work on it$/gm)).toHaveLength(2);
		expect(out).toEndWith("data/journal.sqlite: 4 differences in 2 alerts (0 open), 0 orders, 0 fills, 0 positions\n");
		const json = await call(folder.path, ["verify-journal", "--json"]);
		expect([json.exit, (JSON.parse(json.out) as { ok: boolean }).ok]).toEqual([1, false]);
	});

	test("exits with 65 where there is nothing to verify", async () => {
		using folder = await folderWith(0);
		folder.write("letter", "dear sir, ".repeat(1000));
		for (const file of ["letter", "not-there"]) {
			const { exit, out } = await call(folder.path, ["verify-journal", file]);
			expect([exit, out]).toEqual([65, ""]);
		}
	});
});
