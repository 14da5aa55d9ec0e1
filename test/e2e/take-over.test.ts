/** `nexus run --take-over` with the compiled binary: the port is never empty, nothing that was accepted is lost, nothing is ordered twice. */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../scripts/free-port.ts";
import type { AlertView } from "../../src/domain/records.ts";
import { postRequest, RawConnection } from "./support/raw-connection.ts";
import { RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const linux = process.platform === "linux";
const why = linux ? "" : "; skipped: needs Linux, where a port can be shared and steered";
/** Nothing of it exists elsewhere; the refusal there stands in test/take-over. */
const onLinux = describe.skipIf(!linux);

const strategies = ["One", "Two", "Three", "Four"];

const yaml = (port: number): string => `
webhook: { host: 127.0.0.1, port: ${port} }
accounts:
  paper: { broker: paper, currency: USD, balance: 1000000000, fee: 0.1%, slippage: 0.05% }
risk: { unlimited_position_size: true, unlimited_exposure: true, no_daily_loss_limit: true }
pipeline:
  - signature
  - dedupe
  - rate_limit: { rate: 10000/s, burst: 10000 }
  - freshness
  - sequence
  - risk
strategies:
${strategies.map((name) => `  - { name: ${name}, size: 10 USD, pyramiding: 100, max_positions: 100 }`).join("\n")}
`;

const symbols = 25;

/** Buys that may all be added to what is held: whatever the order of arrival, each leads to exactly one order. */
const alertOf = (number: number) => ({
	alert_id: `a-${number}`,
	action: "buy",
	symbol: `T${Math.floor(number / strategies.length) % symbols}/USD`,
	price: 100,
	strategy: strategies[number % strategies.length],
});

const bytesOf = (number: number) => postRequest("/webhook", Buffer.from(JSON.stringify(alertOf(number))));

/** The binary is copied: other tests may build it anew meanwhile. */
async function started(): Promise<{ readonly nexus: RunningNexus; readonly port: number }> {
	const port = await freePort();
	return { nexus: await RunningNexus.start({ yaml: yaml(port), alone: true }), port };
}

const pidOf = (nexus: RunningNexus): number => Number(nexus.read("data/nexus.pid"));

const posts_min = 2_000;
const senders = 8;
const take_overs = 3;
const pause_ms = 8;

interface Posted {
	readonly number: number;
	readonly status: number;
	readonly id: string;
}

/** Half of the senders keep their connection as long as the server does, the others open one for each alert. */
class Senders {
	readonly answers: Posted[] = [];
	/** Whatever a client could notice beside an answer: refused, reset, closed without an answer. */
	readonly failures: string[] = [];
	#next = 0;
	#more = true;

	constructor(readonly port: number) {}

	/** Ends them once enough was posted. */
	enough(): void {
		this.#more = false;
	}

	async run(): Promise<void> {
		await Promise.all(Array.from({ length: senders }, (_, index) => this.#send(index % 2 === 0)));
	}

	async #send(keeps: boolean): Promise<void> {
		let connection: RawConnection | undefined;
		while (this.#more || this.#next < posts_min) {
			const number = this.#next++;
			try {
				connection ??= await RawConnection.open(this.port);
				const { status, body, last } = await connection.ask(bytesOf(number));
				this.answers.push({ number, status, id: JSON.parse(body).id });
				if (!keeps || last) {
					connection[Symbol.dispose]();
					connection = undefined;
				}
			} catch (error) {
				this.failures.push(`alert ${number}: ${error}`);
				connection = undefined;
			}
			await Bun.sleep(pause_ms);
		}
		connection?.[Symbol.dispose]();
	}
}

onLinux(`taking over${why}`, () => {
	test("2,000 alerts from 8 senders through three take-overs: none refused or reset, each recorded, ended, ordered once", async () => {
		const { nexus, port } = await started();
		await using _ = nexus;
		const posting = new Senders(port);
		const pids = [pidOf(nexus)];
		const replace = async (): Promise<void> => {
			for (let count = 1; count <= take_overs; count += 1) {
				while (posting.answers.length + posting.failures.length < (posts_min / (take_overs + 1)) * count) {
					await Bun.sleep(5);
				}
				expect(await nexus.takeOver()).toBe(0);
				pids.push(pidOf(nexus));
			}
			posting.enough();
		};
		await Promise.all([replace(), posting.run()]);

		expect(new Set(pids).size).toBe(take_overs + 1);
		expect(posting.failures).toEqual([]);
		expect(posting.answers.filter(({ status }) => status !== 202)).toEqual([]);
		expect(posting.answers.length).toBeGreaterThanOrEqual(posts_min);

		await nexus.settled();
		const recorded = await nexus.list<AlertView>("alerts");
		expect(recorded.map(({ id }) => id).sort()).toEqual(posting.answers.map(({ id }) => id).sort());
		expect(recorded.filter(({ status }) => status !== "executed").map(({ id, reason }) => ({ id, reason }))).toEqual(
			[],
		);
		const orders = await nexus.orders();
		expect(orders.filter(({ status }) => status !== "filled")).toEqual([]);
		expect(orders.map(({ alert_id }) => alert_id ?? "").sort()).toEqual(recorded.map(({ id }) => id).sort());
		expect(await nexus.fills()).toHaveLength(orders.length);
		expect(nexus.log).not.toContain(" error ");
	}, 60_000);

	test("a connection that is open is answered by the one that leaves, told to close, and its next request reaches the newcomer", async () => {
		const { nexus, port } = await started();
		await using _ = nexus;
		using open = await RawConnection.open(port);
		expect(await open.ask(bytesOf(1))).toMatchObject({ status: 202, last: false });
		const taken = nexus.takeOver();
		let answer = await open.ask(bytesOf(2));
		for (let number = 3; !answer.last; number += 1) {
			expect(answer.status).toBe(202);
			await Bun.sleep(20);
			answer = await open.ask(bytesOf(number));
		}
		expect(answer.status).toBe(202);
		using next = await RawConnection.open(port);
		expect(await next.ask(bytesOf(1000))).toMatchObject({ status: 202, last: false });
		expect(await taken).toBe(0);
		expect((await nexus.ended(JSON.parse(answer.body).id)).status).toBe("executed");
		expect(await nexus.positions()).toHaveLength((await nexus.orders()).length);
	});

	test("a half-sent request does not keep the newcomer waiting, and whoever finishes it in time is recorded", async () => {
		const { nexus, port } = await started();
		await using _ = nexus;
		const whole = bytesOf(7);
		using slow = await RawConnection.open(port);
		using never = await RawConnection.open(port);
		slow.write(whole.subarray(0, whole.length - 10));
		never.write(whole.subarray(0, 40));
		const taken = nexus.takeOver();
		while (!nexus.log.includes("handing_over")) await Bun.sleep(5);
		const answer = await slow.ask(whole.subarray(whole.length - 10));
		expect(answer).toMatchObject({ status: 202, last: true });
		expect(await taken).toBe(0);
		expect((await nexus.ended(JSON.parse(answer.body).id)).status).toBe("executed");
		expect(await nexus.orders()).toHaveLength(1);
	});

	test("with nothing running it just starts, and it can be taken over in turn", async () => {
		const port = await freePort();
		await using nexus = await RunningNexus.prepare({ yaml: yaml(port), alone: true });
		await nexus.launch("--take-over");
		expect(await nexus.send(alertOf(1))).toMatchObject({ status: "executed" });
		expect(await nexus.takeOver()).toBe(0);
		await nexus.kill9();
		// A lock that nobody holds any more is no nexus.
		await nexus.launch("--take-over");
		expect(await nexus.positions()).toHaveLength(1);
	});

	test("without --take-over the folder and the port stay refused, before and after one, in one line each", async () => {
		const { nexus, port } = await started();
		await using _ = nexus;
		await using other = await RunningNexus.prepare({ yaml: yaml(port) });
		const refused = async (): Promise<void> => {
			const same = await nexus.command("run");
			expect({ exit: same.exit, lines: same.err.trim().split("\n").length }).toEqual({ exit: 1, lines: 1 });
			expect(same.err).toMatch(/^nexus: another nexus \(pid \d+\) already uses the data folder \S+: .*--take-over/);
			const foreign = await other.command("run");
			expect(foreign.exit).toBe(1);
			expect(foreign.err).toMatch(new RegExp(`^nexus: port ${port} on 127\\.0\\.0\\.1 is already in use`));
			const none = await other.command("run", "--take-over");
			expect(none.exit).toBe(1);
			expect(none.err).toMatch(new RegExp(`^nexus: port ${port} on 127\\.0\\.0\\.1 is already in use`));
		};
		await refused();
		expect(await nexus.takeOver()).toBe(0);
		await refused();
		for (let number = 0; number < 20; number += 1) expect((await nexus.post(alertOf(number))).status).toBe(202);
	});

	test("a newcomer that fails to get ready leaves the running one and its port untouched", async () => {
		const { nexus } = await started();
		await using _ = nexus;
		const pid = pidOf(nexus);
		const good = nexus.read("nexus.yaml");
		nexus.write("nexus.yaml", good.replace("max_positions", "max_positons"));
		expect((await nexus.command("run", "--take-over")).exit).toBe(78);
		nexus.write("nexus.yaml", good.replace("- dedupe", "- dedupe\n  - weekend"));
		const { exit, err } = await nexus.command("run", "--take-over");
		expect({ exit, err }).toMatchObject({ exit: 78, err: expect.stringContaining("weekend") });
		nexus.write("nexus.yaml", good);
		expect(pidOf(nexus)).toBe(pid);
		for (let number = 0; number < 20; number += 1) {
			expect(await nexus.send(alertOf(number))).toMatchObject({ status: "executed" });
		}
		expect(nexus.log).not.toContain("handing_over");
		expect(await nexus.takeOver()).toBe(0);
	});

	test("one that does not answer is given up after 15 s, keeps its place, and what was held meanwhile was told to send again", async () => {
		const { nexus, port } = await started();
		await using _ = nexus;
		nexus.signal("SIGSTOP");
		const newcomer = nexus.command("run", "--take-over");
		while (!existsSync(join(nexus.path, "data/nexus.next"))) await Bun.sleep(5);
		using waiting = await RawConnection.open(port);
		expect(await waiting.ask(bytesOf(1))).toMatchObject({ status: 503, body: expect.stringContaining("not_recorded") });
		const { exit, err } = await newcomer;
		expect({ exit, err }).toMatchObject({
			exit: 1,
			err: expect.stringMatching(
				/nexus: nexus \(pid \d+\) did not begin to leave within 15000 ms; it goes on serving\n/,
			),
		});
		nexus.signal("SIGCONT");
		for (let number = 0; number < 20; number += 1) expect((await nexus.post(alertOf(number))).status).toBe(202);
		await nexus.settled();
		expect(nexus.log).toContain("hand_over_not_wanted");
		expect(await nexus.orders()).toHaveLength(20);
		expect(await nexus.takeOver()).toBe(0);
	}, 60_000);

	test("a newcomer that is killed while it waits leaves the place to the running one, which does not leave for nobody", async () => {
		const { nexus } = await started();
		await using _ = nexus;
		nexus.signal("SIGSTOP");
		const newcomer = Bun.spawn([nexus.binary, "run", "--take-over"], {
			cwd: nexus.path,
			env: nexus.env,
			stdio: ["ignore", "ignore", "ignore"],
		});
		while (!existsSync(join(nexus.path, "data/nexus.next"))) await Bun.sleep(5);
		newcomer.kill("SIGKILL");
		await newcomer.exited;
		nexus.signal("SIGCONT");
		for (let number = 0; number < 20; number += 1) expect((await nexus.post(alertOf(number))).status).toBe(202);
		while (!nexus.log.includes("hand_over_not_wanted")) await Bun.sleep(5);
		await nexus.settled();
		expect(await nexus.orders()).toHaveLength(20);
		expect(await nexus.takeOver()).toBe(0);
	});

	test("SIGUSR2 from anybody else does nothing", async () => {
		const { nexus } = await started();
		await using _ = nexus;
		nexus.write("data/nexus.next", "1\n");
		nexus.signal("SIGUSR2");
		while (!nexus.log.includes("hand_over_not_wanted")) await Bun.sleep(5);
		expect(await nexus.send(alertOf(1))).toMatchObject({ status: "executed" });
		expect(existsSync(join(nexus.path, "data/nexus.next"))).toBe(false);
	});
});

describe("SIGTERM", () => {
	test("records what is finished meanwhile and ends within 10 s, half-sent requests or not", async () => {
		const { nexus, port } = await started();
		await using _ = nexus;
		const whole = bytesOf(5);
		const half = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(port)));
		for (const [index, connection] of half.entries()) {
			connection.write(whole.subarray(0, index % 2 === 0 ? 30 : whole.length - 5));
		}
		using finishing = await RawConnection.open(port);
		finishing.write(whole.subarray(0, whole.length - 5));
		// What was sent so far must have arrived before the signal does.
		expect((await nexus.post(alertOf(1))).status).toBe(202);
		const asked = performance.now();
		nexus.signal("SIGTERM");
		while (!nexus.log.includes("stopping")) await Bun.sleep(2);
		const answer = await finishing.ask(whole.subarray(whole.length - 5));
		expect(answer).toMatchObject({ status: 202, last: true });
		expect(await nexus.exited()).toBe(0);
		// The promise is a limit, not a speed: half-sent requests would otherwise hold it for good.
		expect(performance.now() - asked).toBeLessThan(10_000);
		for (const connection of half) {
			expect(connection.closed).toBe(true);
			connection[Symbol.dispose]();
		}
		await nexus.launch();
		expect((await nexus.ended(JSON.parse(answer.body).id)).status).toBe("executed");
		expect(await nexus.orders()).toHaveLength(2);
	}, 40_000);
});
