/** On a real socket: half-sent requests, large and broken ones, a taken port, and how the server leaves. */
import { afterEach, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { WebhookServer, type WebhookServerOptions } from "../../src/http/webhook-server.ts";
import { systemClock } from "../../src/system-clock.ts";
import { adminTokenOfTests, apiBench } from "./support/api-bench.ts";
import { payload, reader, rejection } from "./support/bench.ts";
import { FakeIntake, FakeJournal } from "./support/fakes.ts";

const running: WebhookServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
	for (const socket of sockets.splice(0)) socket.destroy();
	for (const server of running.splice(0)) await server.stop(0);
});

async function serve(options: Partial<WebhookServerOptions> = {}) {
	const journal = new FakeJournal(systemClock);
	const server = new WebhookServer({
		clock: systemClock,
		reader,
		journal,
		intake: new FakeIntake(journal),
		host: "127.0.0.1",
		port: 0,
		log: () => undefined,
		...options,
	});
	running.push(server);
	return { server, journal, ...(await server.start()) };
}

/** A connection that has sent this much and keeps what comes back. */
async function half(port: number, text: string) {
	const socket = connect(port, "127.0.0.1");
	sockets.push(socket);
	const seen = { text: "", closed: false };
	socket.on("data", (data) => {
		seen.text += data.toString();
	});
	socket.on("error", () => {
		seen.closed = true;
	});
	socket.on("close", () => {
		seen.closed = true;
	});
	await new Promise<void>((resolve) => {
		socket.once("connect", resolve);
	});
	socket.write(text);
	return { socket, seen };
}

const post = (url: string, body: string, path = "/webhook") => fetch(`${url}${path}`, { method: "POST", body });
const head = (length: number) => `POST /webhook HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n\r\n`;

async function until(what: () => boolean): Promise<void> {
	while (!what()) await Bun.sleep(2);
}

describe("on a socket", () => {
	test("500 half-sent requests do not keep a good alert waiting, and each can still be finished", async () => {
		const { url, port, journal } = await serve();
		const body = payload();
		const begun = [
			...Array.from({ length: 250 }, () => "POST /webhook HTTP/1.1\r\nhost: local"),
			...Array.from({ length: 250 }, () => head(body.length) + body.slice(0, 20)),
		];
		const waiting = await Promise.all(begun.map((text) => half(port, text)));
		const answer = await post(url, payload({ alert_id: "good" }));
		expect(answer.status).toBe(202);
		expect(waiting.filter(({ seen }) => seen.text !== "" || seen.closed)).toEqual([]);
		expect(journal.receptions).toHaveLength(1);
		const last = waiting.at(-1);
		last?.socket.write(body.slice(20));
		await until(() => last?.seen.text !== "");
		expect(last?.seen.text).toStartWith("HTTP/1.1 202");
	});

	test("a body that never comes is given up after its time", async () => {
		const { port, journal } = await serve({ body_ms_max: 50 });
		const { seen } = await half(port, `${head(100)}{`);
		await until(() => seen.text !== "");
		expect(seen.text).toStartWith("HTTP/1.1 400");
		expect(journal.receptions).toHaveLength(0);
	});

	test("a sender that hangs up in the middle leaves nothing behind", async () => {
		const { port, url, journal, server } = await serve();
		const { socket } = await half(port, `${head(100)}{`);
		socket.destroy();
		await until(() => server.refusals.counts()["unreadable_body"] === 1);
		expect((await post(url, payload())).status).toBe(202);
		expect(journal.receptions).toHaveLength(1);
	});

	test("a body over the limit gets 413 before it is sent, with and without its length", async () => {
		const { port, url } = await serve({ body_max_bytes: 1000 });
		const said = await half(port, head(5_000_000_000));
		await until(() => said.seen.text !== "");
		expect(said.seen.text).toStartWith("HTTP/1.1 413");
		expect(said.seen.text).toContain("body_too_large");
		const chunk = `3e8\r\n${"a".repeat(1000)}\r\n`;
		const unsaid = await half(
			port,
			`POST /webhook HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n${chunk}${chunk}`,
		);
		await until(() => unsaid.seen.text !== "");
		expect(unsaid.seen.text).toStartWith("HTTP/1.1 413");
		expect((await post(url, payload())).status).toBe(202);
	});

	test("chunked bodies are read", async () => {
		const { url } = await serve();
		const text = payload();
		const body = new ReadableStream({
			start(controller) {
				controller.enqueue(text.slice(0, 10));
				controller.enqueue(text.slice(10));
				controller.close();
			},
		});
		expect((await fetch(`${url}/webhook`, { method: "POST", body })).status).toBe(202);
	});

	test.each(["127.0.0.1", "0.0.0.0"])("the address of the connection is the alert's source on %s", async (host) => {
		const { url, journal } = await serve({ host });
		await post(url, payload());
		expect(journal.receptions[0]?.alert.source).toBe("127.0.0.1");
	});

	test("answers carry no name and no version of the server", async () => {
		const { url } = await serve();
		const { headers } = await fetch(`${url}/healthz`);
		expect([...headers.keys()].toSorted()).toEqual(["cache-control", "content-length", "content-type", "date"]);
	});

	test("start tells where it listens", async () => {
		const { url, webhook_url, port } = await serve({ path: "/hook" });
		expect(url).toBe(`http://127.0.0.1:${port}`);
		expect(webhook_url).toBe(`${url}/hook`);
		const proxied = await serve({ public_url: "https://hooks.example.com" });
		expect(proxied.webhook_url).toBe("https://hooks.example.com/webhook");
	});
});

describe("the port", () => {
	test("one that is taken is one line with its cure, and the first server goes on alone", async () => {
		const first = await serve();
		const second = serve({ port: first.port });
		expect(await rejection(second)).toContain(
			`port ${first.port} on 127.0.0.1 is already in use by another program; stop it, or choose another with --port N or webhook.port`,
		);
		running.splice(1);
		for (let i = 0; i < 5; i++) expect((await post(first.url, payload({ alert_id: String(i) }))).status).toBe(202);
		expect(first.journal.receptions).toHaveLength(5);
	});

	test("a host that is not this machine's is one line with its cure", async () => {
		expect(await rejection(serve({ host: "203.0.113.9" }))).toContain("203.0.113.9 is not an address of this machine");
	});

	test("a server is started once, and again after it was stopped", async () => {
		const { server } = await serve();
		expect(await rejection(server.start())).toContain("runs already");
		await server.stop(100);
		const { url } = await server.start();
		expect((await post(url, payload())).status).toBe(202);
	});
});

describe("leaving", () => {
	test("an alert that is being recorded gets its answer before the server is gone", async () => {
		const { server, url, journal } = await serve();
		journal.trouble = "hangs";
		const answering = post(url, payload());
		await until(() => journal.held === 1);
		const stopping = server.stop(5000);
		journal.trouble = "none";
		journal.release();
		expect((await answering).status).toBe(202);
		await stopping;
		expect(await rejection(post(url, payload()))).not.toBe("");
	});

	test("a half-sent request does not hold the server beyond its deadline", async () => {
		const { server, port } = await serve();
		const { seen } = await half(port, `${head(100)}{`);
		await server.stop(30);
		await until(() => seen.closed);
		expect(seen.text).not.toContain("202");
	});

	test("event streams are ended, so that their clients come back elsewhere", async () => {
		const { desk, reader: records } = apiBench();
		const api = { token: adminTokenOfTests, reader: records, desk, version: "1", started_at: 0 };
		const { server, url } = await serve({ api });
		const response = await fetch(`${url}/api/v1/events?after=0`, {
			headers: { authorization: `Bearer ${adminTokenOfTests}` },
		});
		expect(response.status).toBe(200);
		const text = response.text();
		await server.stop(2000);
		expect(await text).toStartWith(": nexus events");
	});

	test("stopping one that never started does nothing", async () => {
		const server = new WebhookServer({ clock: systemClock, reader });
		await server.stop(10);
		expect((await server.handle(new Request("http://localhost/healthz"))).status).toBe(200);
	});
});
