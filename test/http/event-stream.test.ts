/** GET /api/v1/events: from where the client left off, then live, with heartbeats, and only so many at a time. */
import { describe, expect, test } from "bun:test";
import type { Event } from "../../src/domain/records.ts";
import { EventStreams } from "../../src/http/event-stream.ts";
import { adminTokenOfTests, apiBench } from "./support/api-bench.ts";
import { rejection } from "./support/bench.ts";
import { FakeReader } from "./support/fakes.ts";
import { ManualClock, settle } from "./support/manual-clock.ts";

const event = (sequence: number): Event => ({
	sequence,
	kind: "AlertEnded",
	at: "2026-01-31T13:37:00.000Z",
	detail: `number ${sequence}`,
});

function streams(count: number, options: { streams_max?: number } = {}) {
	const reader = new FakeReader();
	for (let sequence = 1; sequence <= count; sequence++) reader.events_kept.push(event(sequence));
	const clock = new ManualClock();
	return { reader, clock, streams: new EventStreams({ reader, clock, poll_ms: 100, heartbeat_ms: 1000, ...options }) };
}

/** Reads a stream bit by bit; `next` is undefined while nothing comes. */
function follow(stream: ReadableStream<Uint8Array>) {
	const reader = stream.getReader();
	const parts: string[] = [];
	let done = false;
	const pump = (async () => {
		for (;;) {
			const part = await reader.read();
			if (part.done) break;
			parts.push(new TextDecoder().decode(part.value));
		}
		done = true;
	})();
	const ids = () => [...parts.join("").matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
	return { parts, ids, isDone: () => done, cancel: () => reader.cancel(), pump };
}

describe("event streams", () => {
	test("from a sequence on: every event after it, then those that come", async () => {
		const { streams: open, reader, clock } = streams(3);
		const seen = follow(await open.open(1));
		await settle();
		expect(seen.ids()).toEqual([2, 3]);
		reader.events_kept.push(event(4));
		await clock.advance(100);
		expect(seen.ids()).toEqual([2, 3, 4]);
		await seen.cancel();
	});

	test("without a place only new ones, however many there were", async () => {
		for (const count of [0, 1, 2, 7, 1000]) {
			const { streams: open, reader, clock } = streams(count);
			const seen = follow(await open.open(undefined));
			await settle();
			expect(seen.ids()).toEqual([]);
			reader.events_kept.push(event(count + 1));
			await clock.advance(100);
			expect(seen.ids()).toEqual([count + 1]);
			await seen.cancel();
		}
	});

	test("more than fit into one look come in order and once", async () => {
		const { streams: open } = streams(950);
		const seen = follow(await open.open(0));
		while (seen.ids().length < 950) await settle();
		expect(seen.ids()).toEqual(Array.from({ length: 950 }, (_, index) => index + 1));
		await seen.cancel();
	});

	test("each is one message: id, kind, JSON on one line", async () => {
		const { streams: open, reader } = streams(0);
		reader.events_kept.push({ ...event(1), detail: "two\nlines" });
		const seen = follow(await open.open(0));
		await settle();
		const [, message = ""] = seen.parts;
		expect(message).toMatch(/^id: 1\nevent: AlertEnded\ndata: \{[^\n]*\}\n\n$/);
		expect(JSON.parse(message.split("data: ")[1] ?? "")).toMatchObject({ sequence: 1, detail: "two\nlines" });
		await seen.cancel();
	});

	test("a comment where nothing happens for the heartbeat's time", async () => {
		const { streams: open, clock } = streams(0);
		const seen = follow(await open.open(0));
		await settle();
		for (let i = 0; i < 9; i++) await clock.advance(100);
		expect(seen.parts).toHaveLength(1);
		for (let i = 0; i < 2; i++) await clock.advance(100);
		expect(seen.parts[1]).toMatch(/^: .*\n\n$/);
		await seen.cancel();
	});

	test("a client that goes makes room, and the journal is asked no more", async () => {
		const { streams: open, clock, reader } = streams(0, { streams_max: 1 });
		const seen = follow(await open.open(0));
		await settle();
		expect(open.full).toBe(true);
		await seen.cancel();
		expect(open.full).toBe(false);
		await clock.advance(100);
		let asked = 0;
		reader.events = async () => {
			asked += 1;
			return [];
		};
		await clock.advance(1000);
		expect(asked).toBe(0);
	});

	test("closing ends every stream", async () => {
		const { streams: open, clock } = streams(0);
		const seen = follow(await open.open(0));
		await settle();
		open.close();
		await clock.advance(100);
		await seen.pump;
		expect(seen.isDone()).toBe(true);
		expect(open.full).toBe(false);
	});

	test("a journal that fails ends the stream and makes room", async () => {
		const { streams: open, reader } = streams(0, { streams_max: 1 });
		reader.broken = true;
		expect(await rejection(open.open(undefined))).toContain("internals");
		await settle();
		expect(open.full).toBe(false);
		const seen = follow(await open.open(0));
		expect(await rejection(seen.pump)).not.toBe("");
		await settle();
		expect(open.full).toBe(false);
	});
});

describe("GET /api/v1/events", () => {
	test("Last-Event-ID goes before ?after=, and the answer is an event stream that nobody buffers", async () => {
		const { raw, reader } = apiBench();
		for (const sequence of [1, 2, 3]) reader.events_kept.push(event(sequence));
		const headers = { authorization: `Bearer ${adminTokenOfTests}`, "last-event-id": "2" };
		const response = await raw("GET", "/api/v1/events?after=0", { headers });
		expect(response.headers.get("content-type")).toBe("text/event-stream");
		expect(response.headers.get("cache-control")).toBe("no-store");
		const seen = follow(response.body as ReadableStream<Uint8Array>);
		await settle();
		expect(seen.ids()).toEqual([3]);
		await seen.cancel();
	});

	test("a Last-Event-ID that is no number is refused", async () => {
		const { ask } = apiBench();
		const headers = { authorization: `Bearer ${adminTokenOfTests}`, "last-event-id": "x" };
		expect((await ask("GET", "/api/v1/events", { headers })).status).toBe(422);
	});

	test("one stream too many gets 429 with Retry-After", async () => {
		const { raw, get } = apiBench();
		const open = await Promise.all(Array.from({ length: 32 }, () => raw("GET", "/api/v1/events?after=0")));
		const refused = await get("events");
		expect([refused.status, refused.json["code"]]).toEqual([429, "too_many"]);
		expect(refused.headers.get("retry-after")).toBe("10");
		await open[0]?.body?.cancel();
		const next = await raw("GET", "/api/v1/events?after=0");
		expect(next.status).toBe(200);
		for (const response of [...open.slice(1), next]) await response.body?.cancel();
	});
});
