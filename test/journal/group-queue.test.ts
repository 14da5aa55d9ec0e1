/** Groups in front of the writer: a lone record goes by itself, a crowd does not wait for the group before it, and all keep their order. */
import { describe, expect, test } from "bun:test";
import { GroupQueue } from "../../src/journal/group-queue.ts";
import { decodeGroup } from "../../src/journal/messages.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

function queue() {
	const sent: { readonly names: readonly string[]; readonly answer: () => void }[] = [];
	const groups = new GroupQueue((body) => {
		const items = decodeGroup(body);
		const names = items.map((item) => (item.kind === "commit" ? item.changes : "reception"));
		return new Promise((resolve) => {
			sent.push({ names, answer: () => resolve(JSON.stringify(items.map(() => ({ kind: "committed" })))) });
		});
	});
	const add = (name: string) => groups.add({ kind: "commit", changes: name });
	return { groups, sent, add };
}

const names = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `"${from + index}"`);

describe("the queue in front of the writer", () => {
	test("a lone record is sent in the next turn of the event loop, with what else came in this one", async () => {
		const { sent, add } = queue();
		const all = [add('"a"'), add('"b"')];
		expect(sent).toHaveLength(0);
		await turn();
		expect(sent.map((group) => group.names)).toEqual([['"a"', '"b"']]);
		sent[0]?.answer();
		await Promise.all(all);
	});

	test("what comes while a group is under way shares the next one", async () => {
		const { sent, add } = queue();
		const all = [add('"a"')];
		await turn();
		all.push(add('"b"'), add('"c"'));
		await turn();
		expect(sent).toHaveLength(1);
		sent[0]?.answer();
		await turn();
		expect(sent.map((group) => group.names)).toEqual([['"a"'], ['"b"', '"c"']]);
		sent[1]?.answer();
		await Promise.all(all);
	});

	test("a crowd is sent at once, beside at most two others, in the order it came", async () => {
		const { sent, add } = queue();
		const all = names(0, 100).map(add);
		expect(sent.map((group) => group.names)).toEqual([names(0, 16), names(16, 32), names(32, 48)]);
		expect(sent).toHaveLength(3);
		sent[0]?.answer();
		await turn();
		expect(sent).toHaveLength(4);
		sent[1]?.answer();
		sent[2]?.answer();
		expect(sent.flatMap((group) => group.names)).toEqual(names(0, 100));
		sent[3]?.answer();
		await Promise.all(all);
	});

	test("is idle only when the last group is back", async () => {
		const { groups, sent, add } = queue();
		await groups.idle();
		const all = names(0, 20).map(add);
		let idle = false;
		const waiting = groups.idle().then(() => {
			idle = true;
		});
		sent[0]?.answer();
		await turn();
		expect(idle).toBe(false);
		sent[1]?.answer();
		await Promise.all([...all, waiting]);
		expect(idle).toBe(true);
	});
});
