/** A server that leaves for a successor: it goes on recording, but every answer is the last one on its connection. */
import { afterEach, expect, test } from "bun:test";
import { WaitingRoom } from "../../src/http/wait.ts";
import { WebhookServer } from "../../src/http/webhook-server.ts";
import { systemClock } from "../../src/system-clock.ts";
import { payload, reader } from "./support/bench.ts";
import { FakeIntake, FakeJournal } from "./support/fakes.ts";
import { ManualClock } from "./support/manual-clock.ts";

const running: WebhookServer[] = [];
afterEach(async () => {
	for (const server of running.splice(0)) await server.stop(0);
});

async function serve() {
	const journal = new FakeJournal(systemClock);
	const intake = new FakeIntake(journal);
	const server = new WebhookServer({
		clock: systemClock,
		reader,
		journal,
		intake,
		host: "127.0.0.1",
		port: 0,
		log: () => undefined,
	});
	running.push(server);
	return { server, journal, ...(await server.start()) };
}

const post = (url: string, body: string, tail = "") => fetch(`${url}/webhook${tail}`, { method: "POST", body });

test("alerts are still recorded, and each answer, also a refusal, says that it is the last one", async () => {
	const { server, journal, url } = await serve();
	const before = await post(url, payload({ alert_id: "before" }));
	expect({ status: before.status, connection: before.headers.get("connection") }).toEqual({
		status: 202,
		connection: null,
	});
	server.leave();
	const rows = [
		{ status: 202, answer: await post(url, payload({ alert_id: "after" })) },
		{ status: 404, answer: await fetch(`${url}/nothing`) },
		{ status: 200, answer: await fetch(`${url}/healthz`) },
	];
	for (const { status, answer } of rows) {
		expect(answer.status).toBe(status);
		expect(answer.headers.get("connection")).toBe("close");
	}
	expect(journal.receptions.map(({ alert }) => alert.alert_id)).toEqual(["before", "after"]);
});

test("nobody waits for an outcome any more: whoever did gets the answer that the alert is recorded", async () => {
	const clock = new ManualClock();
	const room = new WaitingRoom(clock);
	let gone = 0;
	const wait = async (): Promise<void> => {
		await room.until(() => new Promise(() => undefined), 2_000);
		gone += 1;
	};
	const waiting = [wait(), wait()];
	await clock.advance(100);
	expect(gone).toBe(0);
	room.close();
	await Promise.all([...waiting, wait()]);
	expect(gone).toBe(3);
	expect(clock.timers).toBe(0);
});
