/** The journal's thread of the crash binary: the same, with the kill points around COMMIT. */
import { idOf } from "../../src/domain/id.ts";
import type { Change } from "../../src/domain/ports.ts";
import { answerCalls, type Port } from "../../src/journal/answer-calls.ts";
import { decodeCall, decodeGroup } from "../../src/journal/messages.ts";
import { type KillPoint, KillSwitch, killVariable, kindOf, stepsOf } from "./kill-switch.ts";

declare const self: Port;

const kill = new KillSwitch(process.env[killVariable] ?? "");
const fresh = new Set<string>();
/** What the transaction under way is about. */
let before: KillPoint[] = [];
let after: KillPoint[] = [];

function meet(changes: readonly Change[]): void {
	const { concluded, resolved } = stepsOf(changes, (alertId) => alertId !== null && fresh.has(alertId));
	for (const order of concluded) {
		before.push(`${kindOf(order)}:in_commit`);
		after.push(`${kindOf(order)}:committed`);
	}
	if (resolved.length > 0) before.push("start:in_commit");
}

/** Looks into a call before it is answered. */
function look(text: string): void {
	before = [];
	after = [];
	const { word, body } = decodeCall(text);
	if (word !== "group") return;
	for (const item of decodeGroup(body)) {
		if (item.kind === "accept") fresh.add(idOf(item.seq));
		else meet(JSON.parse(item.changes) as readonly Change[]);
	}
}

const port: Port = { onmessage: null, postMessage: (text) => self.postMessage(text) };
answerCalls(port, {
	beforeCommit() {
		for (const point of before) kill.pass(point);
	},
	afterCommit() {
		for (const point of after) kill.pass(point);
	},
});
self.onmessage = (event) => {
	look(event.data);
	port.onmessage?.(event);
};
