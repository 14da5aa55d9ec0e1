/** The webhook on a real journal whose disk is full, read-only, dying, lying, hanging or slow: 503, and everything once in the end. */
import { expect, test } from "bun:test";
import type { Intake, Journal, OpenAlert } from "../../src/domain/ports.ts";
import { Recorder } from "../../src/engine/recorder.ts";
import { WebhookServer } from "../../src/http/webhook-server.ts";
import { openJournal } from "../../src/journal/sqlite-journal.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { systemClock } from "../../src/system-clock.ts";
import { reader } from "../http/support/bench.ts";
import { directory, strategy } from "../http/support/fakes.ts";
import { type DiskCode, FaultyDisk } from "./support/faulty-disk.ts";
import { atEnd, tempFolder } from "./support/open.ts";

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Ends each alert once, as the engine does: what the journal does not take is tried again, what it may hold is looked for. */
class Ending implements Intake {
	readonly taken: string[] = [];
	readonly #journal: Journal;
	readonly #recorder: Recorder;
	#work: Promise<unknown> = Promise.resolve();

	constructor(journal: Journal) {
		this.#journal = journal;
		this.#recorder = new Recorder(journal, systemClock, silent);
		atEnd(() => this.#recorder.close());
	}

	hasRoom(): boolean {
		return true;
	}

	accepted({ alert }: OpenAlert): void {
		if (this.taken.includes(alert.id)) return;
		this.taken.push(alert.id);
		const ended_at = new Date().toISOString();
		const end = { kind: "alert_ended", id: alert.id, type: alert.type, trace: [], ended_at } as const;
		const done = this.#recorder.record([{ ...end, status: "executed", code: null, reason: null }]);
		this.#work = Promise.all([this.#work, done]);
	}

	recheck(): void {
		const looked = this.#journal.openAlerts(0, 1000).then((open) => {
			for (const one of open) this.accepted(one);
		});
		this.#work = Promise.all([this.#work, looked]);
	}

	async ended(): Promise<void> {
		await this.idle();
	}

	/** Everything taken so far is on disk. */
	async idle(): Promise<void> {
		for (let before: Promise<unknown> | undefined; before !== this.#work; ) {
			before = this.#work;
			await before;
		}
	}
}

async function nexusOn(disk: FaultyDisk) {
	const folder = tempFolder();
	const journal = await openJournal({
		folder,
		size_max_bytes: 1e9,
		keep_ms: 1e12,
		clock: systemClock,
		writer: disk.thread,
	});
	atEnd(async () => {
		disk.heal();
		await journal.close();
	});
	const intake = new Ending(journal);
	const strategies = directory(strategy("MyRSIStrategy"));
	const server = new WebhookServer({ clock: systemClock, reader, journal, intake, strategies, log: () => undefined });
	const post = async (
		n: number,
	): Promise<{ status: number; said: { id?: string; status?: string; code?: string } }> => {
		const body = JSON.stringify({
			alert_id: `m${n}`,
			action: "buy",
			symbol: "BTC/USD",
			price: 42000,
			strategy: "MyRSIStrategy",
		});
		const response = await server.handle(new Request("http://localhost/webhook", { method: "POST", body }));
		return { status: response.status, said: (await response.json()) as { id?: string } };
	};
	/** Sends as TradingView does: again after each 503. */
	const deliver = async (n: number): Promise<string> => {
		for (;;) {
			const { status, said } = await post(n);
			if (status !== 503) return said.id ?? `${status}`;
			await Bun.sleep(5);
		}
	};
	return { folder, journal, intake, post, deliver };
}

/** Each alert is there once, was worked on once, and has ended; the journal's facts and state agree. */
async function expectOnce(nexus: Awaited<ReturnType<typeof nexusOn>>, ids: readonly string[]): Promise<void> {
	await nexus.intake.idle();
	expect(new Set(ids).size).toBe(ids.length);
	expect(nexus.intake.taken.toSorted()).toEqual(ids.toSorted());
	expect(await nexus.journal.reader.counts()).toEqual({ alerts: { executed: ids.length }, orders: 0, fills: 0 });
	await nexus.journal.close();
	expect(verifyJournal(`${nexus.folder}/journal.sqlite`).findings).toEqual([]);
}

const failing: readonly (readonly [string, DiskCode])[] = [
	["a full disk", "SQLITE_FULL"],
	["a disk gone read-only", "SQLITE_READONLY"],
	["a disk that cannot sync", "SQLITE_IOERR_FSYNC"],
	["a disk that cannot write", "SQLITE_IOERR_WRITE"],
];

test.each(failing)(
	"on %s every alert gets 503 and nothing is worked on; when it is well again the resends are 202",
	async (_, code) => {
		const disk = new FaultyDisk();
		const nexus = await nexusOn(disk);
		const before = await nexus.deliver(0);
		disk.fail(code);
		for (let round = 0; round < 3; round++) {
			const refused = await Promise.all([1, 2, 3].map((n) => nexus.post(n)));
			expect(refused.map(({ status, said }) => [status, said.code])).toEqual(refused.map(() => [503, "not_recorded"]));
		}
		expect(nexus.intake.taken).toEqual([before]);
		disk.heal();
		const again = await Promise.all([1, 2, 3].map((n) => nexus.post(n)));
		expect(again.map(({ status }) => status)).toEqual([202, 202, 202]);
		await expectOnce(nexus, [before, ...again.map(({ said }) => said.id ?? "")]);
	},
);

test.each(failing)(
	"on %s the end of an earlier alert is kept and written when the disk is well again",
	async (_, code) => {
		const disk = new FaultyDisk();
		const nexus = await nexusOn(disk);
		disk.hold();
		const posted = nexus.post(0);
		while (disk.waited === 0) await Bun.sleep(1);
		disk.fail(code, "after");
		disk.release();
		// Recorded, but said to have failed: the sender hears 503, the journal is looked into, and the end finds the same disk.
		expect((await posted).status).toBe(503);
		while (nexus.intake.taken.length === 0) await Bun.sleep(1);
		disk.fail(code);
		await Bun.sleep(60);
		expect(await nexus.journal.reader.counts()).toMatchObject({ orders: 0 });
		disk.heal();
		const resend = await nexus.post(0);
		expect([resend.status, resend.said.status]).toEqual([200, "duplicate"]);
		await expectOnce(nexus, [resend.said.id ?? ""]);
	},
);

test("a disk that hangs: 503 while it still hangs; what it wrote in the end is worked on, and its resend is a duplicate", async () => {
	const disk = new FaultyDisk();
	const nexus = await nexusOn(disk);
	const first = await nexus.deliver(0);
	disk.hold();
	const answers = await Promise.all([1, 2, 3].map((n) => nexus.post(n)));
	expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
	expect(disk.waited).toBe(1);
	expect(nexus.intake.taken).toEqual([first]);
	disk.release();
	while (nexus.intake.taken.length < 4) await Bun.sleep(1);
	const resends = await Promise.all([1, 2, 3].map((n) => nexus.post(n)));
	expect(resends.map(({ status, said }) => [status, said.status])).toEqual(resends.map(() => [200, "duplicate"]));
	await expectOnce(nexus, [first, ...resends.map(({ said }) => said.id ?? "")]);
});

test.each([5, 50])("with %d ms for each sync everything is answered, recorded and worked on once", async (ms) => {
	const disk = new FaultyDisk();
	const nexus = await nexusOn(disk);
	disk.slow(ms);
	const ids: string[] = [];
	let next = 0;
	const sender = async (): Promise<void> => {
		while (next < 48) ids.push(await nexus.deliver(next++));
	};
	await Promise.all(Array.from({ length: 8 }, sender));
	disk.heal();
	await expectOnce(nexus, ids);
});
