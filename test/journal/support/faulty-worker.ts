/** The journal's thread on a disk that does as a shared array says (faulty-disk.ts); the first message is that array. */
import { answerCalls, type Port } from "../../../src/journal/answer-calls.ts";
import { codes, slot } from "./faulty-disk.ts";

declare const self: Omit<Port, "onmessage"> & { onmessage: ((event: MessageEvent) => void) | null };

self.onmessage = (event: MessageEvent<Int32Array>) => {
	const shared = event.data;
	const act = (moment: number): void => {
		const held = Atomics.load(shared, slot.held);
		if (moment === slot.before && held === 1) {
			Atomics.add(shared, slot.waiting, 1);
			Atomics.notify(shared, slot.waiting);
			Atomics.wait(shared, slot.held, 1);
		}
		if (moment === slot.before) Bun.sleepSync(Atomics.load(shared, slot.delay_ms));
		const code = codes[Atomics.load(shared, moment)];
		if (code !== undefined) throw Object.assign(new Error("disk I/O error"), { code });
	};
	answerCalls(self as Port, { beforeCommit: () => act(slot.before), afterCommit: () => act(slot.after) });
};
