/** The record in memory of an embedding program: duplicates, replays, ends, and its bound. */
import { describe, expect, test } from "bun:test";
import type { Reception } from "../../src/domain/ports.ts";
import { MemoryRecord } from "../../src/http/memory-record.ts";
import { ManualClock } from "./support/manual-clock.ts";

const reception = (id: string, changes: Partial<Reception["dedupe"]> & { replay_key?: string } = {}): Reception => {
	const { replay_key, ...dedupe } = changes;
	return {
		alert: {
			id,
			type: "LONG_ENTRY",
			action: "buy",
			symbol: "BTC/USD",
			symbol_sent: "BTCUSD",
			strategy: "A",
			received_at: "2026-01-31T13:37:00.000Z",
			dialect: "nexus",
			source: "127.0.0.1",
			fields: { note: "not shown" },
		},
		raw: "{}",
		trace: [{ stage: "dedupe", verdict: "pass", ms: 0 }],
		dedupe: { key: "k", meaning: "m", window_ms: 1000, by_id: true, ...dedupe },
		...(replay_key === undefined ? {} : { replay_key }),
	};
};

describe("MemoryRecord", () => {
	test("the same key is a duplicate of the first within its window and new after it", async () => {
		const clock = new ManualClock();
		const record = new MemoryRecord(clock);
		expect(await record.accept(reception("1"))).toEqual({ outcome: "accepted", id_reused: false });
		await clock.advance(999);
		expect(await record.accept(reception("2"))).toEqual({ outcome: "duplicate", id: "1" });
		await clock.advance(1);
		expect(await record.accept(reception("3"))).toEqual({ outcome: "accepted", id_reused: false });
	});

	test("the same id with another meaning is taken and reported; the same body never has another meaning", async () => {
		const record = new MemoryRecord(new ManualClock());
		await record.accept(reception("1"));
		expect(await record.accept(reception("2", { meaning: "n" }))).toEqual({ outcome: "accepted", id_reused: true });
		await record.accept(reception("3", { key: "body", by_id: false }));
		expect(await record.accept(reception("4", { key: "body", by_id: false, meaning: "n" }))).toEqual({
			outcome: "duplicate",
			id: "3",
		});
	});

	test("a signed body is replayed once its window is over, whatever its key", async () => {
		const clock = new ManualClock();
		const record = new MemoryRecord(clock);
		await record.accept(reception("1", { replay_key: "r" }));
		expect(await record.accept(reception("2", { replay_key: "r" }))).toEqual({ outcome: "duplicate", id: "1" });
		expect(await record.accept(reception("3", { key: "other", replay_key: "r" }))).toEqual({
			outcome: "replayed",
			id: "1",
		});
		await clock.advance(10_000);
		expect(await record.accept(reception("4", { replay_key: "r" }))).toEqual({ outcome: "replayed", id: "1" });
		expect(await record.reader.alert("4")).toBeUndefined();
	});

	test("an alert is shown as accepted, then as it ended, with both halves of its trace", async () => {
		const record = new MemoryRecord(new ManualClock());
		await record.accept(reception("1"));
		expect(await record.reader.alert("1")).toMatchObject({
			status: "accepted",
			timeframe: null,
			price: null,
			ended_at: null,
		});
		const ended_at = "2026-01-31T13:37:01.000Z";
		const trace = [{ stage: "on_alert", verdict: "pass", ms: 1 }] as const;
		await record.commit([
			{
				kind: "alert_ended",
				id: "1",
				status: "executed",
				type: "LONG_ENTRY",
				code: null,
				reason: "done",
				trace,
				ended_at,
			},
			{
				kind: "alert_ended",
				id: "unknown",
				status: "failed",
				type: "LONG_ENTRY",
				code: null,
				reason: null,
				trace: [],
				ended_at,
			},
			{ kind: "event", event: { kind: "AlertEnded", at: ended_at, detail: "" } },
		]);
		const view = await record.reader.alert("1");
		expect(view).toMatchObject({ status: "executed", reason: "done", ended_at });
		expect(view?.trace?.map(({ stage }) => stage)).toEqual(["dedupe", "on_alert"]);
		expect(view).not.toHaveProperty("fields");
		expect(await record.reader.alert("unknown")).toBeUndefined();
	});

	test("it keeps so many and forgets the oldest", async () => {
		const record = new MemoryRecord(new ManualClock(), 2);
		for (const id of ["1", "2", "3"]) await record.accept(reception(id, { key: id }));
		expect(await record.reader.alert("1")).toBeUndefined();
		expect(await record.reader.alert("3")).toBeDefined();
		expect(await record.accept(reception("4", { key: "3" }))).toEqual({ outcome: "duplicate", id: "3" });
	});
});
