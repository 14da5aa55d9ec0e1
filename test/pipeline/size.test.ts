/** How much of a body is read, and what happens to one that is too large, too slow or cut off. */
import { describe, expect, test } from "bun:test";
import { Deadlines } from "../../src/pipeline/deadlines.ts";
import { readBytes, size } from "../../src/pipeline/size.ts";
import { bench, payload } from "../http/support/bench.ts";
import { ManualClock, settle } from "../http/support/manual-clock.ts";

const limits = { bytes_max: 10, ms_max: 1000 };

/** A body of so many bytes in chunks, which counts how many of them were taken. */
function chunked(bytes: number, chunk = 4) {
	let sent = 0;
	const seen = { pulled: 0, canceled: false };
	const stream = new ReadableStream<Uint8Array>(
		{
			pull(controller) {
				if (sent >= bytes) return controller.close();
				const length = Math.min(chunk, bytes - sent);
				sent += length;
				seen.pulled += length;
				controller.enqueue(new Uint8Array(length).fill(97));
			},
			cancel() {
				seen.canceled = true;
			},
		},
		{ highWaterMark: 0 },
	);
	return { stream, seen };
}

const request = (body: string | ReadableStream<Uint8Array> | null, headers: Record<string, string> = {}) =>
	new Request("http://localhost/webhook", { method: "POST", body, headers });

describe("readBytes", () => {
	test.each([
		["empty", "", 0],
		["shorter than the limit", "abc", 3],
		["as long as the limit", "a".repeat(10), 10],
	])("a body that is %s is read whole", async (_name, body, length) => {
		const bytes = await readBytes(request(body), limits.bytes_max, new Deadlines(limits.ms_max, new ManualClock()));
		expect(bytes).toBeInstanceOf(Uint8Array);
		expect((bytes as Uint8Array).length).toBe(length);
	});

	test("no body is an empty one", async () => {
		expect(await readBytes(request(null), limits.bytes_max, new Deadlines(limits.ms_max, new ManualClock()))).toEqual(
			new Uint8Array(0),
		);
	});

	test("chunks come together in their order", async () => {
		const body = new ReadableStream({
			start(controller) {
				for (const part of ["ab", "", "cd", "é"]) controller.enqueue(new TextEncoder().encode(part));
				controller.close();
			},
		});
		const bytes = await readBytes(request(body), limits.bytes_max, new Deadlines(limits.ms_max, new ManualClock()));
		expect(new TextDecoder().decode(bytes as Uint8Array)).toBe("abcdé");
	});

	test("a body that says it is too large is not read at all", async () => {
		const { stream, seen } = chunked(11);
		const refusal = await readBytes(
			request(stream, { "content-length": "11" }),
			limits.bytes_max,
			new Deadlines(limits.ms_max, new ManualClock()),
		);
		expect(refusal).toMatchObject({ code: "body_too_large" });
		expect(seen.pulled).toBe(0);
	});

	test("a body that does not say its size is read no further than the limit", async () => {
		const { stream, seen } = chunked(1_000_000);
		const refusal = await readBytes(request(stream), limits.bytes_max, new Deadlines(limits.ms_max, new ManualClock()));
		expect(refusal).toMatchObject({ code: "body_too_large" });
		expect(seen.pulled).toBeLessThan(32);
		expect(seen.canceled).toBe(true);
	});

	test("a body that says less than it is, is too large all the same", async () => {
		const refusal = await readBytes(
			request("a".repeat(11), { "content-length": "3" }),
			limits.bytes_max,
			new Deadlines(limits.ms_max, new ManualClock()),
		);
		expect(refusal).toMatchObject({ code: "body_too_large" });
	});

	test("a body that does not arrive in time is given up, and no timer stays", async () => {
		const clock = new ManualClock();
		const reading = readBytes(request(new ReadableStream({})), limits.bytes_max, new Deadlines(limits.ms_max, clock));
		await settle();
		await clock.advance(999);
		expect(await Promise.race([reading, Promise.resolve("waits")])).toBe("waits");
		await clock.advance(1);
		expect(await reading).toMatchObject({ code: "unreadable_body", detail: expect.stringContaining("1000 ms") });
		expect(clock.timers).toBe(0);
	});

	test("a connection that breaks in the middle is a refusal and no exception", async () => {
		const body = new ReadableStream({
			start(controller) {
				controller.enqueue(new Uint8Array(2));
				controller.error(new Error("reset by peer"));
			},
		});
		const refusal = await readBytes(request(body), limits.bytes_max, new Deadlines(limits.ms_max, new ManualClock()));
		expect(refusal).toMatchObject({ code: "unreadable_body", detail: expect.stringContaining("connection ended") });
	});
});

describe("stage size", () => {
	test("a body of exactly webhook.body_max is taken and one byte more is not", async () => {
		const body = payload();
		const exact = bench({ body_max_bytes: body.length });
		expect((await exact.post(body)).status).toBe(202);
		const short = bench({ body_max_bytes: body.length - 1 });
		const answer = await short.post(body);
		expect(answer.status).toBe(413);
		expect(answer.json["code"]).toBe("body_too_large");
		expect(short.journal.receptions).toHaveLength(0);
	});

	test("a limit of nothing is refused at once", () => {
		expect(() => size({ body_bytes_max: 0, clock: new ManualClock() })).toThrow(RangeError);
		expect(() => size({ body_bytes_max: 1, body_ms_max: 0, clock: new ManualClock() })).toThrow(RangeError);
	});
});
