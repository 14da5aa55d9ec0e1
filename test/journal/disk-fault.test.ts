/** A disk that is full, fails, or lies: what is reported, what is kept, and that the journal goes on by itself. */
import { expect, test } from "bun:test";
import { type DiskFault, JournalWriter } from "../../src/journal/journal-writer.ts";
import type { Item, Outcome } from "../../src/journal/messages.ts";
import { atEnd, kindOf, open, tempFolder } from "./support/open.ts";
import { alertId, ended, key, reception } from "./support/samples.ts";

const accepted = { outcome: "accepted", id_reused: false } as const;

test("a full disk refuses as full, takes nothing half, and takes again when there is room", async () => {
	const folder = tempFolder();
	const small = await open(folder, { pages_max: 60 });
	const raw = "x".repeat(10_000);
	const results: unknown[] = [];
	for (let n = 0; n < 40; n++) results.push(await kindOf(small.journal.accept(reception(n, { raw }))));
	const full = results.indexOf("full");
	expect(full).toBeGreaterThan(1);
	expect(results.slice(0, full)).toEqual(results.slice(0, full).map(() => ({ resolved: accepted })));
	expect((await small.journal.load()).open_alerts).toBe(results.filter((result) => result !== "full").length);
	expect(await kindOf(small.journal.accept(reception(100, { raw: raw.repeat(20) })))).toBe("full");
	expect(await small.journal.accept(reception(101, reception(0)))).toEqual({ outcome: "duplicate", id: alertId(0) });
	await small.journal.close();
	const roomy = await open(folder);
	expect(await roomy.journal.accept(reception(full, { raw }))).toEqual(accepted);
	expect(await roomy.journal.accept(reception(100, { raw: raw.repeat(20) }))).toEqual(accepted);
});

test("a group that finds the disk full is refused whole, receptions and commits", async () => {
	const { journal } = await open(tempFolder(), { pages_max: 60 });
	await journal.accept(reception(0));
	const raw = "x".repeat(400_000);
	const results = await Promise.all([
		kindOf(journal.accept(reception(1))),
		kindOf(journal.accept(reception(2, { raw }))),
		kindOf(journal.commit([ended(0)])),
	]);
	expect(results).toEqual(["full", "full", "full"]);
	expect((await journal.load()).open_alerts).toBe(1);
	await journal.commit([ended(0)]);
	expect(await journal.accept(reception(1))).toEqual(accepted);
});

/** A disk that fails when it is told to. */
class Fault implements DiskFault {
	before: string | undefined;
	after: string | undefined;

	beforeCommit(): void {
		if (this.before !== undefined) throw diskError(this.before);
	}

	afterCommit(): void {
		if (this.after !== undefined) throw diskError(this.after);
	}
}

function diskError(code: string): Error {
	return Object.assign(new Error("disk I/O error"), { code });
}

function faulty(): { writer: JournalWriter; fault: Fault } {
	const fault = new Fault();
	const writer = new JournalWriter(
		{ role: "writer", folder: tempFolder(), size_max_bytes: 1e9, pages_max: null, opened_at: 0 },
		fault,
	);
	atEnd(() => writer.close());
	return { writer, fault };
}

function item(n: number, same = n): Item {
	const keys = {
		key: key(`k${same}`),
		meaning: key(`m${same}`),
		by_id: true,
		expires_at: 1000,
		replay_key: key(`r${same}`),
	};
	const columns = { received_at: 0, strategy: "S", symbol: "BTC/USD", sender_id: null, now: 0 };
	return { kind: "accept", seq: n + 1, ...columns, keys, alert: "{}", raw: "", trace: "[]" };
}

function kindsOf(outcomes: readonly Outcome[]): readonly string[] {
	return outcomes.map((outcome) => (outcome.kind === "error" ? outcome.error : outcome.kind));
}

test.each([
	["an I/O error", "SQLITE_IOERR_FSYNC", "io"],
	["a disk gone read-only", "SQLITE_READONLY", "io"],
	["a full disk", "SQLITE_FULL", "full"],
	["a file held by another process", "SQLITE_BUSY", "busy"],
])("%s at the commit refuses the whole group, and a resend is recorded as new", (_, code, kind) => {
	const { writer, fault } = faulty();
	expect(kindsOf(writer.group([item(0)]))).toEqual(["accepted"]);
	fault.before = code;
	expect(kindsOf(writer.group([item(1), item(2), item(0)]))).toEqual([kind, kind, kind]);
	fault.before = undefined;
	expect(kindsOf(writer.group([item(1), item(2), item(0)]))).toEqual(["accepted", "accepted", "duplicate"]);
	expect(kindsOf(writer.group([item(3, 1)]))).toEqual(["duplicate"]);
});

test("a record that is on disk although the disk said no makes the resend a duplicate, not a second record", () => {
	const { writer, fault } = faulty();
	fault.after = "SQLITE_IOERR_FSYNC";
	expect(kindsOf(writer.group([item(0), item(1)]))).toEqual(["io", "io"]);
	fault.after = undefined;
	const again = writer.group([item(2, 0), item(3, 1), item(4)]);
	expect(kindsOf(again)).toEqual(["duplicate", "duplicate", "accepted"]);
	expect(again[0]).toEqual({ kind: "duplicate", seq: 1 });
});

test("a group refused again and again leaves no keys, however often it is tried", () => {
	const { writer, fault } = faulty();
	fault.before = "SQLITE_IOERR_WRITE";
	for (let times = 0; times < 5; times++) expect(kindsOf(writer.group([item(0)]))).toEqual(["io"]);
	fault.before = undefined;
	expect(kindsOf(writer.group([item(0)]))).toEqual(["accepted"]);
});

test("the message of a failure is one line that names the cause", () => {
	const { writer, fault } = faulty();
	fault.before = "SQLITE_IOERR_WRITE";
	const [outcome] = writer.group([item(0)]);
	expect(outcome).toMatchObject({
		kind: "error",
		message: expect.stringMatching(/^the journal's disk failed \(.+\): .+$/),
	});
});
