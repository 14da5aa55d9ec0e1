/** An alert that really stops the process each time it is worked on: restarted until it stays up, everything else is done and it is not tried again. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertView } from "../../src/domain/records.ts";
import { journalFile } from "../../src/journal/journal-file.ts";
import { openReader } from "../../src/journal/reader.ts";
import { verifyJournal } from "../../src/journal/verify.ts";

const test_ms_max = 60_000;
const start_ms_max = 20_000;
const starts_max = 8;

const innocents = Array.from({ length: 9 }, (_, index) => `S${index}`);
const yaml = `
data: data
webhook: { host: 127.0.0.1, port: 0 }
accounts:
  paper: { broker: paper, currency: USD, balance: 1000000 }
risk: { unlimited_position_size: true, unlimited_exposure: true, no_daily_loss_limit: true }
strategies:
${["Guilty", ...innocents].map((name) => `  - { name: ${name}, size: 0.01 BTC }`).join("\n")}
`;

const folder = mkdtempSync(join(tmpdir(), "nexus-poisoned-"));
const file = join(folder, "nexus.yaml");
const data = join(folder, "data");
writeFileSync(file, yaml);

type Child = ReturnType<typeof start>;
const running = new Set<Child>();
afterAll(async () => {
	await Promise.all([...running].map(kill));
	rmSync(folder, { recursive: true, force: true });
});

function start(mode = "") {
	const script = join(import.meta.dir, "support/deadly-nexus.ts");
	const words = [process.execPath, script, file, mode];
	return Bun.spawn(words, { cwd: folder, env: { PATH: "" }, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
}

async function kill(child: Child): Promise<void> {
	child.kill("SIGKILL");
	await child.exited;
	running.delete(child);
}

/** Its address; "" where it ended before it was ready. */
async function addressOf(child: Child): Promise<string> {
	running.add(child);
	const late = setTimeout(() => child.kill("SIGKILL"), start_ms_max);
	let text = "";
	const decoder = new TextDecoder();
	for await (const chunk of child.stdout) {
		text += decoder.decode(chunk, { stream: true });
		if (text.includes("\n")) break;
	}
	clearTimeout(late);
	return text.trim();
}

const post = (url: string, strategy: string, id: string, action = "buy") =>
	fetch(`${url}/webhook`, {
		method: "POST",
		body: JSON.stringify({ alert_id: id, action, symbol: "BTCUSD", price: 40_000, strategy }),
	});

async function recorded(): Promise<readonly AlertView[]> {
	const reader = openReader(data);
	try {
		return (await reader.alerts({ limit: 100 })).items;
	} finally {
		reader.close();
	}
}

/** Ready, and nothing left to do; false where it ended by itself. */
async function staysUp(child: Child, url: string): Promise<boolean> {
	const late = performance.now() + start_ms_max;
	while (child.exitCode === null && child.signalCode === null) {
		const open = (await recorded()).filter(({ status }) => status === "accepted");
		if (url !== "" && open.length === 0) return true;
		if (performance.now() > late) throw new Error(`${open.length} alerts are still open`);
		await Bun.sleep(10);
	}
	running.delete(child);
	return false;
}

test(
	"one alert that stops the process ends poisoned, the nine beside it are executed",
	async () => {
		const first = start("hold");
		const url = await addressOf(first);
		for (const strategy of [...innocents.slice(0, 5), "Guilty", ...innocents.slice(5)]) {
			expect((await post(url, strategy, `of-${strategy}`)).status).toBe(202);
		}
		await kill(first);
		expect((await recorded()).map(({ status }) => status)).toEqual(Array(10).fill("accepted"));

		let starts = 0;
		let child: Child;
		let address = "";
		do {
			starts += 1;
			if (starts > starts_max) throw new Error("it does not stay up");
			child = start();
			address = await addressOf(child);
		} while (!(await staysUp(child, address)));
		expect(starts).toBe(3);

		const alerts = await recorded();
		const ends = (name: string) =>
			alerts.filter(({ strategy }) => strategy === name).map((one) => [one.status, one.code]);
		expect(ends("Guilty")).toEqual([["failed", "poisoned"]]);
		for (const name of innocents) expect(ends(name)).toEqual([["executed", null]]);
		expect((await fetch(`${address}/readyz`)).status).toBe(200);
		expect((await post(address, "S0", "after", "close_long")).status).toBe(202);
		expect((await post(address, "Guilty", "after-guilty")).status).toBe(202);
		await staysUp(child, address);

		const reader = openReader(data);
		const orders = (await reader.orders({ limit: 100 })).items;
		const fills = (await reader.fills({ limit: 100 })).items;
		const later = await reader.alert("after-guilty");
		reader.close();
		expect(orders.filter(({ strategy }) => strategy === "Guilty").map(({ status }) => status)).toEqual(["abandoned"]);
		expect(fills.map(({ strategy }) => strategy).toSorted()).toEqual(["S0", ...innocents]);
		expect(later).toMatchObject({ status: "rejected", code: "halted" });

		const command = join(import.meta.dir, "../../src/main.ts");
		const words = [process.execPath, command, "explain", "of-Guilty", "--url", address];
		const explain = Bun.spawnSync(words, { cwd: folder, env: { PATH: "" } });
		const said = explain.stdout.toString().replaceAll(/\s+/g, " ");
		expect({ exit: explain.exitCode, err: explain.stderr.toString() }).toEqual({ exit: 0, err: "" });
		expect(said).toContain("nexus stopped 2 times while it worked on this alert after a restart");
		expect(said).toContain("Guilty is halted until `nexus resume`");
		expect(said).toContain("poisoned");

		child.kill("SIGTERM");
		expect(await child.exited).toBe(0);
		running.delete(child);
		expect(verifyJournal(journalFile(data)).findings).toEqual([]);
	},
	test_ms_max,
);
