/** A newcomer and the nexus whose place it takes, in two processes: who has the port, the lock and the wish at each end. */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../src/domain/ports.ts";
import { lockDataFolder, lockSuccession } from "../../src/journal/lock.ts";
import { systemClock } from "../../src/system-clock.ts";
import { type TakeOverOptions, takeOver } from "../../src/take-over/take-over.ts";
import { answers, dataFolder, removeFolders, runBeside } from "./support/beside.ts";

afterAll(removeFolders);

const onLinux = describe.skipIf(process.platform !== "linux");
const because = "(needs Linux: a port can be shared and steered there alone)";

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const optionsOf = (folder: string, port: number, more: Partial<TakeOverOptions> = {}): TakeOverOptions => ({
	folder,
	host: "127.0.0.1",
	port,
	body_bytes_max: 65_536,
	clock: systemClock,
	log: silent,
	prepare: async () => undefined,
	...more,
});

const failure = async (work: Promise<unknown>): Promise<string> => {
	try {
		await work;
		return "";
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
};

const wish = (folder: string): boolean => existsSync(join(folder, "nexus.next"));

onLinux(`taking a place ${because}`, () => {
	test("the newcomer gets the lock and every connection, and answers what it held with its own voice", async () => {
		const folder = dataFolder();
		await using old = await runBeside(folder);
		expect(await answers(old.port)).toEqual(new Set(["old"]));
		let held: Promise<string> | undefined;
		const place = await takeOver(
			optionsOf(folder, old.port, {
				log: {
					...silent,
					// Asked, and not gone yet.
					info: () => {
						held = fetch(`http://127.0.0.1:${old.port}/`, { method: "POST", body: "x" }).then((one) => one.text());
					},
				},
			}),
		);
		expect(await old.exited).toBe(0);
		place.port?.handTo(async () => new Response("new"));
		expect(await held).toBe("new");
		expect(await answers(old.port)).toEqual(new Set(["new"]));
		expect(await failure(Promise.try(() => lockDataFolder(folder)))).toContain(`pid ${process.pid}`);
		expect(wish(folder)).toBe(false);
		place.lock.release();
		await place.port?.server.stop(true);
	});

	test("where none runs there is only the lock, nothing is prepared early and no port is opened", async () => {
		let prepared = false;
		const prepare = async (): Promise<void> => {
			prepared = true;
		};
		const place = await takeOver(optionsOf(dataFolder(), 1, { prepare }));
		expect({ port: place.port, prepared }).toEqual({ port: undefined, prepared: false });
		place.lock.release();
	});

	test("what fails while it gets ready is told as it is, and the running one is not asked", async () => {
		const folder = dataFolder();
		await using old = await runBeside(folder);
		const prepare = () => Promise.reject(new Error("a plugin is missing"));
		expect(await failure(takeOver(optionsOf(folder, old.port, { prepare })))).toBe("a plugin is missing");
		expect(await answers(old.port)).toEqual(new Set(["old"]));
		expect(wish(folder)).toBe(false);
		lockSuccession(folder).release();
	});

	test("one that does not begin to leave keeps its port; who waited is told to send again", async () => {
		const folder = dataFolder();
		await using old = await runBeside(folder, "deaf");
		let held: Promise<Response> | undefined;
		const info = () => {
			held = fetch(`http://127.0.0.1:${old.port}/`, { method: "POST", body: "x" });
		};
		const said = await failure(takeOver(optionsOf(folder, old.port, { asked_ms_max: 100, log: { ...silent, info } })));
		expect(said).toBe(`nexus (pid ${old.pid}) did not begin to leave within 100 ms; it goes on serving`);
		expect((await held)?.status).toBe(503);
		expect(await answers(old.port)).toEqual(new Set(["old"]));
		expect(wish(folder)).toBe(false);
	});

	test("one that has taken the wish is waited for longer, since it no longer can stay", async () => {
		const folder = dataFolder();
		await using old = await runBeside(folder, "stuck");
		const quick = { ...systemClock, monotonic: () => performance.now() * 100 };
		const said = await failure(takeOver(optionsOf(folder, old.port, { clock: quick })));
		expect(said).toBe(`nexus (pid ${old.pid}) began to leave and has not ended; end it, then start`);
	});

	test("one that is killed instead of leaving leaves its place all the same", async () => {
		const folder = dataFolder();
		await using old = await runBeside(folder, "deaf");
		const info = (): void => process.kill(old.pid, "SIGKILL") && undefined;
		const place = await takeOver(optionsOf(folder, old.port, { log: { ...silent, info } }));
		place.port?.handTo(async () => new Response("new"));
		expect(await answers(old.port)).toEqual(new Set(["new"]));
		expect(wish(folder)).toBe(false);
		place.lock.release();
		await place.port?.server.stop(true);
	});

	test("a version that knows no such signal is not ended by it", async () => {
		const folder = dataFolder();
		await using old = await runBeside(folder, "unknowing");
		const said = await failure(takeOver(optionsOf(folder, old.port)));
		expect(said).toContain(`process ${old.pid} is of a version that cannot hand over`);
		expect(await answers(old.port)).toEqual(new Set(["old"]));
	});

	test("a process id that is not the holder's is sent nothing", async () => {
		const folder = dataFolder();
		await using old = await runBeside(folder);
		await using bystander = await runBeside(dataFolder());
		const rows = [
			[`${bystander.pid}\n`, `process ${bystander.pid} of nexus.pid does not use that folder`],
			["1073741823\n", "process 1073741823 cannot be seen from here"],
			["-1\n", "there is no process id in"],
			["", "there is no process id in"],
		] as const;
		for (const [text, reason] of rows) {
			writeFileSync(join(folder, "nexus.pid"), text);
			expect(await failure(takeOver(optionsOf(folder, old.port)))).toContain(reason);
		}
		expect(await answers(bystander.port, 5)).toEqual(new Set(["old"]));
		expect(await answers(old.port, 5)).toEqual(new Set(["old"]));
	});

	test("two newcomers: the second one is refused and harms neither", async () => {
		const folder = dataFolder();
		await using old = await runBeside(folder);
		const first = lockSuccession(folder);
		expect(await failure(takeOver(optionsOf(folder, old.port)))).toContain("another nexus is just taking over");
		expect(await answers(old.port, 5)).toEqual(new Set(["old"]));
		first.release();
	});

	test("another port than the running one's is refused where somebody has it, and opened alone where nobody has", async () => {
		const folder = dataFolder();
		await using old = await runBeside(folder);
		await using foreign = await runBeside(dataFolder());
		const refused = await failure(takeOver(optionsOf(folder, foreign.port)));
		expect(refused).toContain(`port ${foreign.port} on 127.0.0.1 is already in use`);
		expect(await answers(foreign.port, 5)).toEqual(new Set(["old"]));
		expect(await answers(old.port, 5)).toEqual(new Set(["old"]));
		const place = await takeOver(optionsOf(folder, 0));
		expect(await old.exited).toBe(0);
		place.port?.handTo(async () => new Response("new"));
		expect(await answers(place.port?.server.port ?? 0, 5)).toEqual(new Set(["new"]));
		place.lock.release();
		await place.port?.server.stop(true);
	});
});

test("where no port can be shared it refuses, says what to do, and touches nothing", async () => {
	const folder = dataFolder();
	const said = await failure(takeOver(optionsOf(folder, 1, { can_share_ports: false })));
	expect(said).toMatch(/^--take-over works on Linux alone; .*proxy in front.* 502 .*TradingView$/);
	expect(existsSync(join(folder, "nexus.lock"))).toBe(false);
});
