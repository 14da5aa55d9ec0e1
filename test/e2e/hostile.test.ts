/** Whatever is sent, and however it is sent: never a 5xx, never a hang, and a good alert is traded all the same. */
import { afterAll, expect, test } from "bun:test";
import { generatedBodies } from "./support/generated-bodies.ts";
import { postRequest, RawConnection } from "./support/raw-connection.ts";
import { RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const bodies_count = 100_000;
const batch = 1000;
const connections = 32;

const yaml = `
webhook: { host: 127.0.0.1, port: 0 }
accounts:
  paper: { broker: paper, currency: USD, balance: 1000000, fee: 0%, slippage: 0% }
risk: { unlimited_position_size: true, unlimited_exposure: true, no_daily_loss_limit: true }
strategies:
  - { name: Hostile, symbols: [BTC/USD], size: 0.01 BTC }
  - { name: Good, symbols: [BTC/USD], size: 0.01 BTC }
pipeline:
  - signature
  - dedupe
  - rate_limit: { rate: 10000/s, burst: 100000 }
  - freshness
  - sequence
  - risk
`;

let count = 0;
const good = (action = "buy") => ({
	alert_id: `good-${++count}`,
	action,
	symbol: "BTCUSD",
	price: 42_000.5,
	strategy: "Good",
});

async function expectAlive(nexus: RunningNexus): Promise<void> {
	const healthz = await fetch(`${nexus.url}/healthz`);
	expect({ status: healthz.status, text: await healthz.text() }).toMatchObject({ status: 200 });
	expect((await fetch(`${nexus.url}/readyz`)).status).toBe(200);
	expect(await nexus.send(good("buy"))).toMatchObject({ status: "executed", orders: [{ status: "filled" }] });
	expect(await nexus.send(good("close_long"))).toMatchObject({ status: "executed" });
}

/** A body as it can be read in a failed test. */
function shown(body: Uint8Array): string {
	const text = Buffer.from(body).toString("utf8");
	return text.length > 500 ? `${text.slice(0, 500)}… (${body.length} bytes)` : text;
}

/** Sends the bodies over kept-alive connections; counts the answers by status and keeps what must not happen. */
async function sendAll(port: number, seed: number): Promise<{ statuses: Record<string, number>; wrong: string[] }> {
	const statuses: Record<string, number> = {};
	const wrong: string[] = [];
	let bodies: readonly Uint8Array[] = [];
	let drawn = 0;
	const next = (): Uint8Array | undefined => {
		if (drawn === bodies_count || wrong.length > 20) return undefined;
		if (drawn % batch === 0) bodies = generatedBodies(batch, seed + drawn);
		return bodies[drawn++ % batch];
	};
	const worker = async (): Promise<void> => {
		let connection = await RawConnection.open(port);
		for (let body = next(); body !== undefined; body = next()) {
			try {
				if (connection.closed) connection = await RawConnection.open(port);
				const { status, body: said } = await connection.ask(postRequest("/webhook", body));
				statuses[status] = (statuses[status] ?? 0) + 1;
				const explained = status < 300 || JSON.parse(said).code !== undefined;
				if (status >= 500 || status < 200 || !explained) wrong.push(`${status} ${said} for ${shown(body)}`);
			} catch (error) {
				wrong.push(`${String(error)} for ${shown(body)}`);
			}
		}
		connection[Symbol.dispose]();
	};
	await Promise.all(Array.from({ length: connections }, worker));
	return { statuses, wrong };
}

test("100,000 generated bodies: each is answered, none with a 5xx, and nothing breaks", async () => {
	const seed = Number(process.env["NEXUS_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
	console.log(`seed ${seed}`);
	await using nexus = await RunningNexus.start({ yaml });
	const { statuses, wrong } = await sendAll(Number(new URL(nexus.url).port), seed);
	expect(nexus.ending).toBeUndefined();
	expect(wrong).toEqual([]);
	expect(Object.values(statuses).reduce((sum, one) => sum + one, 0)).toBe(bodies_count);
	// The bodies were of every kind, or this test would show nothing.
	console.log(JSON.stringify(statuses));
	expect(["200", "202", "400", "422"].filter((status) => (statuses[status] ?? 0) < 100)).toEqual([]);
	await nexus.settled();
	await expectAlive(nexus);
	const failed = (await nexus.api<{ items: object[] }>("alerts?status=failed")).json.items;
	expect(failed).toEqual([]);
	expect(nexus.log.split("\n").filter((line) => / (warn|error) /.test(line))).toEqual([]);
	await nexus.restart();
	await expectAlive(nexus);
}, 120_000);

test("500 half-sent requests: a good alert is answered 202 all the same", async () => {
	await using nexus = await RunningNexus.start({ yaml });
	const port = Number(new URL(nexus.url).port);
	const whole = Buffer.from(
		postRequest("/webhook", Buffer.from(JSON.stringify({ ...good(), message: "x".repeat(5000) }))),
	);
	const cuts = [
		4,
		40,
		whole.indexOf("\r\n\r\n") + 2,
		whole.indexOf("\r\n\r\n") + 4,
		whole.length - 3000,
		whole.length - 1,
	];
	const sockets = await Promise.all(Array.from({ length: 500 }, () => RawConnection.open(port)));
	try {
		for (const [index, socket] of sockets.entries()) socket.write(whole.subarray(0, cuts[index % cuts.length]));
		await Bun.sleep(200);
		expect(sockets.filter(({ closed }) => closed)).toHaveLength(0);
		for (let number = 0; number < 5; number += 1) {
			const answer = await nexus.post(good("stop_loss"));
			expect({ status: answer.status, said: answer.json.status }).toEqual({ status: 202, said: "accepted" });
		}
		// They hung on all the while.
		expect(sockets.filter(({ closed }) => closed)).toHaveLength(0);
		await expectAlive(nexus);
	} finally {
		for (const socket of sockets) socket[Symbol.dispose]();
	}
	await expectAlive(nexus);
	// Not one of the halves has become an alert.
	const recorded = await nexus.list<{ alert_id: string }>("alerts");
	expect(recorded.map(({ alert_id }) => alert_id)).not.toContain("good-1");
});
