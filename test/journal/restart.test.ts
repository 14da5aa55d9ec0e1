/** What is on disk outlives the process: closing, kill -9, and a second process that records too. */
import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { journalBytes, journalFile } from "../../src/journal/journal-file.ts";
import { startChild } from "./support/child.ts";
import { open, tempFolder } from "./support/open.ts";
import {
	account,
	alertId,
	attempt,
	ended,
	event,
	fill,
	key,
	order,
	position,
	reception,
	tradingState,
} from "./support/samples.ts";

test("after closing and opening again every kind of record is there, and a resend is still a duplicate", async () => {
	const folder = tempFolder();
	const first = await open(folder);
	await first.journal.accept(reception(0, { replay_key: key("signed") }));
	await first.journal.accept(reception(1));
	const intent = { alert_id: alertId(1), account: "paper", signals: [], plan: "{}" };
	await first.journal.commit([
		ended(0),
		{ kind: "intent", intent },
		attempt(1, 3, 2),
		{ kind: "order", order: order("o1", { alert_id: alertId(1) }) },
		{ kind: "fill", fill: fill("t1") },
		{ kind: "position", position: position() },
		{ kind: "account", account: account() },
		{ kind: "trading_state", entry: tradingState() },
		{ kind: "strategy_state", strategy: "S", account: "paper", state: [1, 2] },
		event("one"),
	]);
	const before = await first.journal.load();
	await first.journal.close();

	const { journal, clock } = await open(folder);
	expect(await journal.load()).toEqual(before);
	expect(before.open_orders).toHaveLength(1);
	expect((await journal.openAlerts(0, 10)).map(({ attempts }) => attempts)).toEqual([{ tried: 3, survived: 2 }]);
	expect(await journal.work(alertId(1))).toEqual({
		intents: [intent],
		orders: [order("o1", { alert_id: alertId(1) })],
	});
	expect(await journal.strategyState("S", "paper")).toEqual([1, 2]);
	expect((await journal.reader.events(0, 10)).map(({ detail }) => detail)).toEqual(["one"]);
	expect(await journal.accept(reception(2, reception(1)))).toEqual({ outcome: "duplicate", id: alertId(1) });
	clock.advance(30_000);
	const again = { ...reception(3, { replay_key: key("signed") }), dedupe: reception(0).dedupe };
	expect(await journal.accept(again)).toEqual({ outcome: "replayed", id: alertId(0) });
	expect(await journal.accept({ ...reception(4), dedupe: reception(1).dedupe })).toMatchObject({ outcome: "accepted" });
});

test("after closing, the whole journal is in one file", async () => {
	const folder = tempFolder();
	const { journal } = await open(folder);
	await journal.accept(reception(0));
	expect(journalBytes(folder)).toBeGreaterThan(0);
	await journal.close();
	expect(existsSync(`${journalFile(folder)}-wal`)).toBe(false);
	expect(journalBytes(folder)).toBe(statSync(journalFile(folder)).size);
});

test("the write-ahead log stays small while much is recorded", async () => {
	const folder = tempFolder();
	const { journal } = await open(folder);
	const raw = "x".repeat(4000);
	for (let group = 0; group < 60; group++) {
		await Promise.all(Array.from({ length: 64 }, (_, n) => journal.accept(reception(group * 64 + n, { raw }))));
	}
	await journal.load();
	expect(statSync(journalFile(folder)).size).toBeGreaterThan(10_000_000);
	expect(statSync(`${journalFile(folder)}-wal`).size).toBeLessThan(5_000_000);
});

test("every alert and end that was confirmed before a kill -9 is there after it, three times over", async () => {
	const folder = tempFolder();
	const said: string[] = [];
	for (let round = 0; round < 3; round++) {
		const child = startChild("post-until-killed.ts", folder, String(round * 1_000_000));
		for (let lines = 0; lines < 150 + 100 * round; lines++) said.push(await child.line());
		await child.kill();
		said.push(...(await child.rest()));
	}
	const { journal } = await open(folder);
	const numbers = (word: string) =>
		said.filter((line) => line.startsWith(word)).map((line) => Number(line.slice(word.length)));
	const accepted = numbers("accepted ");
	expect(accepted.length).toBeGreaterThan(300);
	expect(said.filter((line) => !/^(accepted|ended) \d+$/.test(line))).toEqual([]);
	const ends = new Set(numbers("ended "));
	expect(ends.size).toBeGreaterThan(50);
	for (const n of accepted) {
		const view = await journal.reader.alert(alertId(n));
		expect(view?.id).toBe(alertId(n));
		if (ends.has(n)) expect(view?.status).toBe("executed");
	}
});

test("what a second process records meanwhile is a duplicate in the first one too", async () => {
	const folder = tempFolder();
	const [one, two] = [await open(folder), await open(folder)];
	expect(await one.journal.accept(reception(0))).toMatchObject({ outcome: "accepted" });
	expect(await two.journal.accept(reception(1, reception(0)))).toEqual({ outcome: "duplicate", id: alertId(0) });
	expect(await two.journal.accept(reception(2))).toMatchObject({ outcome: "accepted" });
	expect(await one.journal.accept(reception(3, reception(2)))).toEqual({ outcome: "duplicate", id: alertId(2) });
});
