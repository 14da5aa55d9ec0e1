/** The recorder: order, groups, retries and their end. */
import { describe, expect, test } from "bun:test";
import type { Change } from "../../src/domain/ports.ts";
import { Recorder } from "../../src/engine/recorder.ts";
import { flush, ManualClock, MemoryJournal, MemoryLog } from "./support.ts";

const change = (number: number): Change => ({
	kind: "strategy_state",
	strategy: `s${number}`,
	account: "a",
	state: number,
});
const numbers = (changes: readonly Change[]): unknown[] =>
	changes.map((one) => (one.kind === "strategy_state" ? one.state : one.kind));

function recorderWith(): { recorder: Recorder; journal: MemoryJournal; clock: ManualClock; log: MemoryLog } {
	const journal = new MemoryJournal();
	const clock = new ManualClock();
	const log = new MemoryLog();
	return { recorder: new Recorder(journal, clock, log), journal, clock, log };
}

describe("Recorder", () => {
	test("one group is one commit, and what comes meanwhile is the next one", async () => {
		const { recorder, journal } = recorderWith();
		const gate = Promise.withResolvers<undefined>();
		journal.before = () => gate.promise;
		const done = [recorder.record([change(1), change(2)]), recorder.record([change(3)]), recorder.record([change(4)])];
		await flush();
		expect(journal.commits).toEqual([]);
		gate.resolve(undefined);
		await Promise.all(done);
		expect(journal.commits.map(numbers)).toEqual([
			[1, 2],
			[3, 4],
		]);
	});

	test("a record that failed goes first again, before what came after it", async () => {
		const { recorder, journal, clock, log } = recorderWith();
		journal.failures = 2;
		const told: number[] = [];
		const first = recorder.record([change(1)]).then(() => told.push(1));
		const second = recorder.record([change(2)]).then(() => told.push(2));
		await flush();
		expect([told, recorder.failing]).toEqual([[], true]);
		await clock.advance(49);
		expect(journal.failures).toBe(1);
		await clock.advance(1);
		expect(journal.failures).toBe(0);
		await clock.advance(100);
		await Promise.all([first, second]);
		expect(told).toEqual([1, 2]);
		expect(journal.commits.map(numbers)).toEqual([[1], [2]]);
		expect([recorder.failing, log.troubles().length]).toEqual([false, 2]);
	});

	test("the waits double up to five seconds", async () => {
		const { recorder, journal, clock, log } = recorderWith();
		journal.failures = 12;
		const done = recorder.record([change(1)]);
		await clock.advance(120_000);
		await done;
		const waits = log.lines.map(({ fields }) => fields.wait_ms);
		expect(waits).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000]);
	});

	test("closed, it gives up on a disk that fails and says so to whoever waits", async () => {
		const { recorder, journal } = recorderWith();
		journal.failures = 1;
		recorder.close();
		const told = await recorder.record([change(1)]).then(
			() => "recorded",
			(cause: unknown) => String(cause),
		);
		expect(told).toBe("Error: disk full");
		await recorder.record([change(2)]);
		expect(journal.commits.map(numbers)).toEqual([[2]]);
	});

	test("closed, it leaves whoever comes after the journal's end as it is: neither recorded, nor failed, nor an error in the log", async () => {
		const { recorder, journal, log } = recorderWith();
		const end = Object.assign(new Error("the journal is closed"), { kind: "closed" });
		journal.before = () => Promise.reject(end);
		const told: string[] = [];
		const tell = (number: number): void => {
			recorder.record([change(number)]).then(
				() => told.push("recorded"),
				() => told.push("failed"),
			);
		};
		tell(1);
		await flush();
		expect(told).toEqual(["failed"]);
		recorder.close();
		tell(2);
		tell(3);
		await flush();
		expect(told).toEqual(["failed"]);
		expect(journal.commits).toEqual([]);
		expect(log.troubles()).toHaveLength(1);
	});

	test("a disk gone for so long that memory fills up ends the program once, and nothing goes on from there", async () => {
		const { journal, clock, log } = recorderWith();
		const ends: string[] = [];
		const recorder = new Recorder(journal, clock, log, (reason) => ends.push(reason));
		journal.failures = Number.POSITIVE_INFINITY;
		const many = Array.from({ length: 100_000 }, (_, index) => change(index));
		const waiting = [recorder.record([change(1)]), recorder.record(many)];
		expect(ends).toEqual([]);
		let settled = 0;
		const over = recorder.record([change(2)]);
		for (const one of [...waiting, over]) {
			one.then(
				() => (settled += 1),
				() => (settled += 1),
			);
		}
		expect(ends).toEqual(["the journal has taken nothing for too long: 100000 changes wait for it"]);
		await flush();
		expect(settled).toBe(0);
	});
});
