/** The compiled binary on a disk that takes nothing for a while, or is held up: 503, it lives on, and in the end everything is there once. */
import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { type NexusFolder, RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

/** The first one may compile the binary. */
const test_ms_max = 60_000;

const yaml = `
webhook: { host: 127.0.0.1, port: 0 }
accounts:
  paper: { broker: paper, currency: USD, balance: 1000000, fee: 0.1%, slippage: 0.05% }
risk: { unlimited_position_size: true, unlimited_exposure: true, no_daily_loss_limit: true }
pipeline: [signature, dedupe, { rate_limit: { rate: 10000/s, burst: 10000 } }, freshness, sequence, risk]
strategies:
  - { name: One, size: 0.01 BTC, pyramiding: 100 }
  - { name: Two, size: 0.01 BTC, pyramiding: 100 }
`;

const alertOf = (n: number) => ({
	alert_id: `a-${n}`,
	action: n % 5 === 4 ? "close_long" : "buy",
	symbol: "BTCUSD",
	price: 40_000 + n,
	strategy: n % 2 === 0 ? "One" : "Two",
});

const prlimit = Bun.which("prlimit");
const pidOf = (nexus: NexusFolder): number => Number(nexus.read("data/nexus.pid"));

/** From now on no file of nexus's may reach beyond its first byte, as on a disk that takes nothing; or it may again. */
function fileLimit(nexus: NexusFolder, limit: "1" | "unlimited"): void {
	const { exitCode } = Bun.spawnSync([prlimit ?? "", "--pid", `${pidOf(nexus)}`, `--fsize=${limit}:`]);
	if (exitCode !== 0) throw new Error("prlimit failed");
}

/** Sends as TradingView does: again after each 503. The id, and whether a record came through although its sender was told no. */
async function deliver(nexus: RunningNexus, n: number): Promise<string> {
	for (;;) {
		const { status, json } = await nexus.post(alertOf(n));
		if (status === 202 || status === 200) return json.id ?? "";
		if (status !== 503) throw new Error(`alert ${n}: ${status} ${json.detail}`);
		await Bun.sleep(20);
	}
}

/** Every alert is there once and has ended, no order was made twice, and the facts come to the state that is stored. */
async function expectOnce(nexus: RunningNexus, ids: readonly string[]): Promise<void> {
	await nexus.settled();
	expect(nexus.ending).toBeUndefined();
	expect(new Set(ids).size).toBe(ids.length);
	const alerts = await nexus.list<{ id: string; status: string }>("alerts");
	expect(alerts.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
	expect(alerts.filter(({ status }) => status !== "executed" && status !== "skipped")).toEqual([]);
	const orders = await nexus.orders();
	expect(new Set(orders.map(({ alert_id }) => alert_id)).size).toBe(orders.length);
	expect(orders.length).toBe(alerts.filter(({ status }) => status === "executed").length);
	const { exit, out } = await nexus.command("verify-journal");
	expect({ exit, out }).toEqual({ exit: 0, out: expect.stringContaining(`is right: ${ids.length} alerts (0 open)`) });
}

test.if(prlimit !== null && process.platform === "linux")(
	"while its disk takes nothing every alert gets 503, reading goes on, and when it is back the same process goes on by itself",
	async () => {
		await using nexus = await RunningNexus.start({ yaml });
		const ids = [await deliver(nexus, 0)];
		await nexus.settled();
		const pid = pidOf(nexus);
		fileLimit(nexus, "1");
		for (let round = 0; round < 3; round++) {
			const answers = await Promise.all([1, 2, 3, 4].map((n) => nexus.post(alertOf(n))));
			expect(answers.map(({ status, json }) => [status, json.code])).toEqual(answers.map(() => [503, "not_recorded"]));
			for (const { headers } of answers) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
		}
		expect((await nexus.alert(ids[0] ?? "")).status).toBe("executed");
		expect((await fetch(`${nexus.url}/healthz`)).status).toBe(200);
		fileLimit(nexus, "unlimited");
		for (const n of [1, 2, 3, 4]) ids.push(await deliver(nexus, n));
		await expectOnce(nexus, ids);
		expect(pidOf(nexus)).toBe(pid);
		expect(nexus.log).toContain("the journal's disk failed");
		expect(await nexus.stop()).toBe(0);
	},
	test_ms_max,
);

test.if(prlimit !== null && process.platform === "linux")(
	"under a stream of alerts and a disk that fails again and again nothing is lost and nothing is traded twice",
	async () => {
		await using nexus = await RunningNexus.start({ yaml });
		let next = 0;
		const ids: string[] = [];
		let sending = true;
		const sender = async (): Promise<void> => {
			while (sending) ids.push(await deliver(nexus, next++));
		};
		const senders = Promise.all(Array.from({ length: 6 }, sender));
		for (let failures = 0; failures < 5; failures++) {
			await Bun.sleep(60 + 40 * failures);
			fileLimit(nexus, "1");
			await Bun.sleep(80);
			fileLimit(nexus, "unlimited");
		}
		sending = false;
		await senders;
		expect(ids.length).toBeGreaterThan(20);
		await expectOnce(nexus, ids);
	},
	test_ms_max,
);

test(
	"while another program holds the journal: 503 before it lets go; then the record comes through, is worked on, and its resend is a duplicate",
	async () => {
		await using nexus = await RunningNexus.start({ yaml });
		const first = await deliver(nexus, 0);
		await nexus.settled();
		const holder = new Database(join(nexus.path, "data/journal.sqlite"));
		holder.run("BEGIN IMMEDIATE");
		const { status, json } = await nexus.post(alertOf(1));
		expect({ status, code: json.code }).toEqual({ status: 503, code: "not_recorded" });
		holder.run("ROLLBACK");
		holder.close();
		await nexus.settled();
		const resend = await nexus.post(alertOf(1));
		expect([200, 202]).toContain(resend.status);
		await expectOnce(nexus, [first, resend.json.id ?? ""]);
	},
	test_ms_max,
);

test(
	"backup while it runs, restore while it does not: the commands of the binary, from one start to the next",
	async () => {
		await using nexus = await RunningNexus.start({ yaml });
		const before = [await deliver(nexus, 0), await deliver(nexus, 1)];
		await nexus.settled();
		const backup = await nexus.command("backup", "backup.sqlite");
		expect({ exit: backup.exit, out: backup.out }).toEqual({
			exit: 0,
			out: expect.stringMatching(/^backup\.sqlite: 2 alerts, 2 orders, 2 fills, up to .+ UTC; .+\n$/),
		});
		await deliver(nexus, 2);
		await nexus.settled();
		const refused = await nexus.command("restore", "backup.sqlite");
		expect(refused.exit).toBe(1);
		expect(refused.err).toContain(`another nexus (pid ${pidOf(nexus)}) already uses the data folder`);
		expect((await nexus.list("alerts")).length).toBe(3);
		await nexus.stop();
		const restored = await nexus.command("restore", "backup.sqlite");
		expect(restored.exit).toBe(0);
		expect(restored.out).toContain("Alerts accepted after the backup (after ");
		await nexus.launch();
		await expectOnce(nexus, before);
	},
	test_ms_max,
);
