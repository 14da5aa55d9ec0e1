/** Sharing and steering a port: what /proc says, who may open it beside us, and who gets the connections. */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { HeldPort } from "../../src/http/held-port.ts";
import { listen } from "../../src/http/listen.ts";
import { allowSuccessor, listenersIn, listenersOf, listenersOn, steer } from "../../src/http/reuse-port.ts";
import { systemClock } from "../../src/system-clock.ts";
import { answers, dataFolder, removeFolders, runBeside } from "../take-over/support/beside.ts";

afterAll(removeFolders);

const onLinux = describe.skipIf(process.platform !== "linux");
const because = "(needs Linux: SO_ATTACH_REUSEPORT_CBPF and /proc)";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 51234 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 51235 1 0000000000000000 100 0 0 10 0
   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1 0000000000000000 100 0 0 10 0
   3: 0100007F:1F90 00000000:0000 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0000000000000000
`;
const table6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 60001 1 0000000000000000 100 0 0 10 0
`;

test.each([
	[
		"a listening socket, not its connections nor what waits to be forgotten",
		table,
		8080,
		[{ address: "0100007F", inode: "51234" }],
	],
	["another port", table, 80, [{ address: "00000000", inode: "777" }]],
	["a port that nobody has", table, 8081, []],
	["IPv6", table6, 8080, [{ address: "0".repeat(32), inode: "60001" }]],
	["an empty table", "", 8080, []],
] as const)("the table of sockets: %s", (_name, text, port, expected) => {
	expect(listenersIn(text, port)).toEqual([...expected]);
});

/** A machine without IPv6 has no such table. */
const hosts = ["127.0.0.1", "0.0.0.0", ...(existsSync("/proc/self/net/tcp6") ? ["::1", "::"] : [])];

const answering = (text: string) => async () => new Response(text);

onLinux(`a shared port ${because}`, () => {
	test("our own listening socket is found by its port, and nobody else's", async () => {
		const server = listen({ host: "127.0.0.1", port: 0, fetch: answering("one") });
		const port = server.port ?? 0;
		expect(listenersOf("self", port)).toMatchObject([{ address: "0100007F", fd: expect.any(Number) }]);
		expect(listenersOf(process.pid, port)).toHaveLength(1);
		expect(listenersOf(process.ppid, port)).toEqual([]);
		expect(listenersOn(port)).toHaveLength(1);
		await server.stop(true);
		expect(listenersOn(port)).toEqual([]);
		expect(allowSuccessor(port)).toBe(false);
	});

	test.each(hosts)("on %s the later one gets everything, then the first one again", async (host) => {
		const first = listen({ host, port: 0, fetch: answering("first"), replaceable: true });
		const port = first.port ?? 0;
		const second = listen({ host, port, fetch: answering("second"), beside: true });
		const ask = async (): Promise<ReadonlySet<string>> => {
			const name = host.includes(":") ? "[::1]" : "127.0.0.1";
			const texts = new Set<string>();
			for (let count = 0; count < 40; count += 1) {
				texts.add(await (await fetch(`http://${name}:${port}`, { headers: { connection: "close" } })).text());
			}
			return texts;
		};
		const [socket] = listenersOf("self", port);
		expect(listenersOn(port)).toHaveLength(2);
		steer(socket?.fd ?? -1, 1);
		expect(await ask()).toEqual(new Set(["second"]));
		steer(socket?.fd ?? -1, 0);
		expect(await ask()).toEqual(new Set(["first"]));
		// A place in the row that there is not is no dead end.
		steer(socket?.fd ?? -1, 1);
		await second.stop(true);
		expect(await ask()).toEqual(new Set(["first"]));
		await first.stop(true);
	});

	test("nobody may open it alone, and beside it only where it was made replaceable", async () => {
		const shared = listen({ host: "127.0.0.1", port: 0, fetch: answering("a"), replaceable: true });
		const alone = listen({ host: "127.0.0.1", port: 0, fetch: answering("b") });
		const open = (port: number | undefined, beside: boolean) => () =>
			listen({ host: "127.0.0.1", port: port ?? 0, fetch: answering("c"), beside });
		expect(open(shared.port, false)).toThrow(/is already in use by another program/);
		expect(open(alone.port, false)).toThrow(/is already in use by another program/);
		expect(open(alone.port, true)).toThrow(/could not share it; stop it, then start this one/);
		expect(() => steer(listenersOf("self", alone.port ?? 0)[0]?.fd ?? -1, 0)).toThrow("socket option 51");
		await Promise.all([shared.stop(true), alone.stop(true)]);
	});
});

onLinux(`a port that holds its requests ${because}`, () => {
	const held = (beside: { readonly pid: number; readonly port: number }, more = {}) =>
		HeldPort.open({
			host: "127.0.0.1",
			port: beside.port,
			beside: beside.pid,
			clock: systemClock,
			body_bytes_max: 100,
			...more,
		});
	const post = (port: number, body: string) => fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
	const until = async (what: () => boolean): Promise<void> => {
		while (!what()) await Bun.sleep(2);
	};

	test("they are answered in the order in which they came, by whoever it is handed to", async () => {
		await using old = await runBeside(dataFolder());
		const port = await held(old);
		const waiting: Promise<string>[] = [];
		for (let number = 0; number < 10; number += 1) {
			waiting.push(post(old.port, `${number}`).then((one) => one.text()));
			await until(() => port.held === number + 1);
		}
		const order: string[] = [];
		port.handTo(async (request, peer) => {
			order.push(await request.text());
			return new Response(peer);
		});
		expect(new Set(await Promise.all(waiting))).toEqual(new Set(["127.0.0.1"]));
		expect(order).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
		expect(port.held).toBe(0);
		await port.giveBack();
		expect(await (await post(old.port, "late")).text()).toBe("127.0.0.1");
		await port.server.stop(true);
	});

	test("not too long, not too many, not too large: each is told to send again", async () => {
		await using old = await runBeside(dataFolder());
		const port = await held(old, { hold_ms_max: 300, held_max: 2 });
		const two = [post(old.port, "1"), post(old.port, "2")];
		await until(() => port.held === 2);
		const third = await post(old.port, "3");
		expect(port.held).toBe(2);
		expect({ status: third.status, retry: third.headers.get("retry-after") }).toEqual({ status: 503, retry: "1" });
		expect(await third.json()).toMatchObject({ code: "not_recorded", hint: expect.stringContaining("Send it again") });
		expect((await Promise.all(two)).map(({ status }) => status)).toEqual([503, 503]);
		expect(port.held).toBe(0);
		expect((await post(old.port, "x".repeat(101))).status).toBe(503);
		const question = await fetch(`http://127.0.0.1:${old.port}/readyz`);
		expect(await question.json()).toMatchObject({ status: 503, code: "journal_unavailable" });
		await port.giveBack();
		expect(await answers(old.port)).toEqual(new Set(["old"]));
	});

	test("a port that a third one shares is refused before anything is touched", async () => {
		await using old = await runBeside(dataFolder());
		const third = listen({ host: "127.0.0.1", port: old.port, fetch: answering("third"), beside: true });
		const said = await held(old).then(() => "", String);
		expect(said).toContain(`port ${old.port} is shared by 2 sockets`);
		expect(listenersOn(old.port)).toHaveLength(2);
		await third.stop(true);
		expect(await answers(old.port, 5)).toEqual(new Set(["old"]));
	});
});
