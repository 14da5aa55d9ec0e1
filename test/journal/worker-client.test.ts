/** The journal's thread: what happens to calls when it dies, and that the next call starts it again. */
import { expect, test } from "bun:test";
import type { OpenOptions } from "../../src/journal/messages.ts";
import { WorkerClient } from "../../src/journal/worker-client.ts";
import { atEnd, kindOf, tempFolder } from "./support/open.ts";

function clientIn(folder: string): { client: WorkerClient; workers: Worker[] } {
	const options: OpenOptions = { role: "writer", folder, size_max_bytes: 1e9, pages_max: null, opened_at: 0 };
	const workers: Worker[] = [];
	const client = new WorkerClient(options, () => {
		const worker = new Worker(new URL("../../src/journal/worker.ts", import.meta.url));
		workers.push(worker);
		return worker;
	});
	atEnd(() => client.close());
	return { client, workers };
}

test("the first call starts the thread and opens the file; answers find their calls", async () => {
	const { client, workers } = clientIn(tempFolder());
	const read = (name: string) => client.call("read", JSON.stringify({ name, args: [] }));
	const [snapshot, positions, counts] = await Promise.all([client.call("load", ""), read("positions"), read("counts")]);
	expect(JSON.parse(snapshot)).toMatchObject({ last_sequence: 0 });
	expect(positions).toBe("[]");
	expect(JSON.parse(counts)).toMatchObject({ orders: 0 });
	expect(workers).toHaveLength(1);
});

test("when the thread dies, calls under way are refused as io and the next one starts it again", async () => {
	const { client, workers } = clientIn(tempFolder());
	await client.call("load", "");
	const [first] = workers;
	// A message that is no call is the one thing that the thread does not answer.
	first?.postMessage(null);
	expect(await kindOf(client.call("load", ""))).toBe("io");
	expect(JSON.parse(await client.call("load", ""))).toMatchObject({ last_sequence: 0 });
	expect(workers).toHaveLength(2);
});

test("a call that the journal cannot answer is refused and the next one is answered", async () => {
	const { client, workers } = clientIn(tempFolder());
	expect(await kindOf(client.call("read", JSON.stringify({ name: "nothing of ours", args: [] })))).toBe("invalid");
	expect(await client.call("read", JSON.stringify({ name: "positions", args: [] }))).toBe("[]");
	expect(workers).toHaveLength(1);
});

test("closing a client that was never used starts nothing", async () => {
	const { client, workers } = clientIn(tempFolder());
	await client.close();
	expect(workers).toHaveLength(0);
});
