/** Every hand-over in the journal has a bound, and at it the answer is "busy" at once: memory never grows without end. */
import { describe, expect, test } from "bun:test";
import {
	GroupQueue,
	reception_chars_max,
	waiting_chars_max,
	waiting_chars_with_commits_max,
	waiting_max,
	waiting_with_commits_max,
} from "../../src/journal/group-queue.ts";
import type { Item } from "../../src/journal/messages.ts";
import { calls_max, WorkerClient } from "../../src/journal/worker-client.ts";
import { FaultyDisk } from "./support/faulty-disk.ts";
import { atEnd, kindOf, open, tempFolder } from "./support/open.ts";
import { event, key, reception } from "./support/samples.ts";

/** A queue in front of a disk that never answers until it is let go. */
function stuck() {
	let answer: () => void = () => undefined;
	const released = new Promise<void>((resolve) => {
		answer = resolve;
	});
	const queue = new GroupQueue(async (body) => {
		await released;
		const items = JSON.parse(body.slice(0, body.indexOf("\n"))) as unknown[];
		return JSON.stringify(items.map(() => ({ kind: "committed" })));
	});
	return { queue, release: () => answer() };
}

function received(chars: number): Item {
	const keys = { key: key(1), meaning: key(2), by_id: true, expires_at: 0, replay_key: null };
	const columns = { seq: 1, received_at: 0, strategy: "", symbol: "", sender_id: null, now: 0 };
	return { kind: "accept", ...columns, keys, alert: "", raw: "x".repeat(chars), trace: "" };
}

const commit = (chars = 2): Item => ({ kind: "commit", changes: "x".repeat(chars) });
const waits = (promise: Promise<unknown>) => Promise.race([kindOf(promise), Bun.sleep(1).then(() => "waits")]);

describe("behind a disk that hangs", () => {
	test("receptions are refused from waiting_max on, commits from waiting_with_commits_max on; all others go in at the end", async () => {
		const { queue, release } = stuck();
		const taken = Array.from({ length: waiting_max }, () => kindOf(queue.add(received(1))));
		expect(await waits(queue.add(received(1)))).toBe("busy");
		for (let n = waiting_max; n < waiting_with_commits_max; n++) taken.push(kindOf(queue.add(commit())));
		expect(await waits(queue.add(commit()))).toBe("busy");
		release();
		expect(new Set((await Promise.all(taken)).map((one) => JSON.stringify(one)))).toEqual(
			new Set([JSON.stringify({ resolved: { kind: "committed" } })]),
		);
		await queue.idle();
		expect(await kindOf(queue.add(received(1)))).toMatchObject({ resolved: {} });
	});

	test("large receptions are refused by their characters, long before they are waiting_max", async () => {
		const { queue, release } = stuck();
		const chars = reception_chars_max - 1000;
		const taken: Promise<unknown>[] = [];
		while ((taken.length + 1) * (chars + 200) <= waiting_chars_max) taken.push(kindOf(queue.add(received(chars))));
		expect(await waits(queue.add(received(chars)))).toBe("busy");
		expect(taken.length).toBeLessThan(20);
		expect(await waits(queue.add(commit()))).toBe("waits");
		release();
		await Promise.all(taken);
		await queue.idle();
		expect(await kindOf(queue.add(received(chars)))).toMatchObject({ resolved: {} });
	});

	test("large commits are refused by their characters too, and a lone one never", async () => {
		const { queue, release } = stuck();
		const chars = waiting_chars_max - 1;
		const taken: Promise<unknown>[] = [];
		while ((taken.length + 1) * chars <= waiting_chars_with_commits_max) taken.push(kindOf(queue.add(commit(chars))));
		expect(taken.length).toBe(4);
		expect(await waits(queue.add(commit(chars)))).toBe("busy");
		release();
		await Promise.all(taken);
		await queue.idle();
		expect(await kindOf(queue.add(commit(chars)))).toMatchObject({ resolved: {} });
	});
});

describe("questions to a thread that is held up", () => {
	test("are refused from calls_max on, and those before are answered", async () => {
		const disk = new FaultyDisk();
		const options = {
			role: "writer",
			folder: tempFolder(),
			size_max_bytes: 1e9,
			pages_max: null,
			opened_at: 0,
		} as const;
		const client = new WorkerClient(options, disk.thread);
		atEnd(() => {
			disk.heal();
			return client.close();
		});
		await client.call("load", "");
		disk.hold();
		const held = client.call("prune", JSON.stringify({ cutoff: 0, crowded: 0, from: 0 }));
		const asked = Array.from({ length: calls_max - 1 }, () => client.call("load", ""));
		expect(await kindOf(client.call("load", ""))).toBe("busy");
		disk.release();
		await Promise.all([held, ...asked]);
		expect(await client.call("load", "")).toContain("last_sequence");
	});

	test("a journal that is held up refuses the crowd as busy, and nothing of it is recorded twice or lost", async () => {
		const disk = new FaultyDisk();
		const { journal } = await open(tempFolder(), { writer: disk.thread });
		atEnd(() => disk.heal());
		disk.hold();
		const all = Array.from({ length: waiting_max + 200 }, (_, n) => kindOf(journal.accept(reception(n))));
		const commits = kindOf(journal.commit([event("what came of an earlier alert")]));
		expect(await Promise.all(all.slice(waiting_max))).toEqual(Array.from({ length: 200 }, () => "busy"));
		disk.release();
		await Promise.all(all);
		expect(await commits).toEqual({ resolved: undefined });
		expect((await journal.reader.counts()).alerts).toEqual({ accepted: waiting_max });
	});
});
