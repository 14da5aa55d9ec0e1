/** Where no nexus runs, `alerts`, `orders`, `positions` and `explain` read the journal, and say so. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Alert } from "../../src/domain/records.ts";
import { openJournal } from "../../src/journal/sqlite-journal.ts";
import { systemClock } from "../../src/system-clock.ts";
import { call, type Folder, nexusFolder } from "./support/call-command.ts";
import { fakeNexus } from "./support/fake-nexus.ts";
import { executedInFull, fill, order, position } from "./support/records.ts";

/** Nothing listens on it: it is not for ordinary programs. */
const port = 1;

const alert: Alert = {
	id: executedInFull.id,
	alert_id: "m1",
	type: "LONG_ENTRY",
	action: "buy",
	symbol: "BTC/USD",
	symbol_sent: "BTCUSD",
	price: "42000.5",
	strategy: "MyRSIStrategy",
	timeframe: "1h",
	received_at: executedInFull.received_at,
	dialect: "nexus",
	source: "127.0.0.1",
	fields: {},
};

/** What a nexus that was stopped leaves behind: one alert, its order, its fill, its position. */
async function leaveBehind(folder: Folder): Promise<void> {
	const journal = await openJournal({
		folder: join(folder.path, "data"),
		size_max_bytes: 64 * 1024 * 1024,
		keep_ms: 1e15,
		clock: systemClock,
	});
	await journal.accept({
		alert,
		raw: '{"action":"buy"}',
		trace: [{ stage: "size", verdict: "pass", ms: 0.01 }],
		dedupe: { key: "0".repeat(32), meaning: "1".repeat(32), window_ms: 30_000, by_id: true },
	});
	const ended = executedInFull.ended_at ?? "";
	await journal.commit([
		{ kind: "order", order },
		{ kind: "fill", fill },
		{ kind: "position", position },
		{
			kind: "alert_ended",
			id: alert.id,
			status: "executed",
			type: "LONG_ENTRY",
			code: null,
			reason: null,
			trace: [{ stage: "broker", verdict: "pass", ms: 8.5 }],
			ended_at: ended,
		},
	]);
	await journal.close();
}

const notice = "nexus: nexus is not running at http://127.0.0.1:1 (ECONNREFUSED); this is from the journal in data\n";

describe("with a journal that a stopped nexus left", () => {
	test("explain shows the whole alert, by our id and by the sender's", async () => {
		using folder = nexusFolder({ port });
		await leaveBehind(folder);
		for (const id of [alert.id, "m1"]) {
			const { exit, out, err } = await call(folder.path, ["explain", id]);
			expect({ exit, err }).toEqual({ exit: 0, err: notice });
			expect(out).toStartWith(
				"Alert 01KFB3Q7Z80: LONG_ENTRY BTC/USD for MyRSIStrategy\nExecuted: bought 0.5 BTC/USD at",
			);
			expect(out).toMatch(/size +pass +0\.010\n +broker +pass +8\.500\n/);
			expect(out).toContain('\n  {"action":"buy"}\n');
		}
	});

	test("alerts, orders and positions are tables as ever; stdout stays clean for --json", async () => {
		using folder = nexusFolder({ port });
		await leaveBehind(folder);
		for (const [name, text] of [
			["alerts", alert.id],
			["orders", "42021.50025"],
			["positions", "long"],
		] as const) {
			const table = await call(folder.path, [name]);
			expect(table).toMatchObject({ exit: 0, err: notice });
			expect(table.out).toContain(text);
			const json = await call(folder.path, [name, "--json"]);
			expect(JSON.parse(json.out).items).toHaveLength(1);
		}
	});

	test("an alert that is not in it is exit 1", async () => {
		using folder = nexusFolder({ port });
		await leaveBehind(folder);
		const { exit, err } = await call(folder.path, ["explain", "NOPE"]);
		expect(exit).toBe(1);
		expect(err).toStartWith(`${notice}nexus: there is no alert 'NOPE';`);
	});

	test("a switch is not answered from it: nothing would be switched", async () => {
		using folder = nexusFolder({ port });
		await leaveBehind(folder);
		for (const name of ["halt", "reduce", "resume", "status"]) expect((await call(folder.path, [name])).exit).toBe(69);
	});

	test("--url means another nexus, whose journal this is not", async () => {
		using folder = nexusFolder({ port });
		await leaveBehind(folder);
		expect(await call(folder.path, ["alerts", "--url", "http://127.0.0.1:1"])).toMatchObject({ exit: 69, out: "" });
	});

	test("a nexus that runs is asked first, and a refusal of its own is not papered over", async () => {
		using server = fakeNexus({});
		using folder = nexusFolder({ port: server.port });
		await leaveBehind(folder);
		folder.write("data/admin.token", "a-wrong-token-0123456789");
		expect(await call(folder.path, ["alerts"])).toMatchObject({ exit: 78, out: "" });
	});
});

test("without a journal it is exit 69, and the line below says that nexus has not run there", async () => {
	using folder = nexusFolder({ port });
	const { exit, out, err } = await call(folder.path, ["alerts"]);
	expect({ exit, out }).toEqual({ exit: 69, out: "" });
	const [first, second] = err.split("\n");
	expect(first).toBe(
		"nexus: nexus is not running at http://127.0.0.1:1 (ECONNREFUSED); start it with `nexus run`, or say where it is with --url URL",
	);
	expect(second).toContain("nexus has not run there yet");
});

test("a file that is no journal is told in one line more, not as a stack", async () => {
	using folder = nexusFolder({ port });
	folder.write("data/journal.sqlite", "this is no database, but long enough to be looked at as one ".repeat(40));
	const { exit, err } = await call(folder.path, ["alerts"]);
	expect(exit).toBe(69);
	expect(err).not.toContain("    at ");
	expect(err).toContain("is not a journal");
});
