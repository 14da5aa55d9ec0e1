/** Retention by age and by size: what is open, stated or needed stays, and positions still equal their fills afterwards. */
import { describe, expect, test } from "bun:test";
import type { Change, StatedChain, StatedStep } from "../../src/domain/ports.ts";
import { journalFile } from "../../src/journal/journal-file.ts";
import { crowded_keep_ms } from "../../src/journal/sqlite-journal.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { day_ms, type Opened, open, tempFolder } from "./support/open.ts";
import { alertId, ended, key, reception, time, tradingState } from "./support/samples.ts";
import { type Trade, Trader } from "./support/traded.ts";

/** Moves the clock on and lets clearings run until one finds nothing more. */
async function clear({ journal, clock }: Opened, ms: number): Promise<void> {
	clock.advance(ms);
	for (let steps = 0; steps < 60; steps++) {
		await journal.load();
		clock.advance(50);
	}
}

async function traded(trades: readonly Trade[], keep_ms = day_ms) {
	const folder = tempFolder();
	const opened = await open(folder, { keep_ms });
	const trader = new Trader(opened.journal);
	await trader.trade(...trades);
	return { folder, opened, trader, wrong: () => verifyJournal(journalFile(folder)).findings };
}

const fillsOf = async ({ journal }: Opened) =>
	(await journal.reader.fills({})).items.map(({ trade_id }) => trade_id).sort();

describe("after clearing, a position is still what its fills come to", () => {
	test("where all of them are gone, and when trading goes on", async () => {
		const { opened, trader, wrong } = await traded([
			{ alert: 0, side: "buy", quantity: "0.3", price: "100.1" },
			{ alert: 1, side: "buy", quantity: "0.7", price: "101.7" },
			{ alert: 2, side: "sell", quantity: "0.31", price: "99.3" },
		]);
		await trader.end(0, 1, 2);
		const before = await opened.journal.reader.positions();
		await clear(opened, 3 * day_ms);
		expect(await opened.journal.reader.counts()).toEqual({ alerts: {}, orders: 0, fills: 0 });
		expect(await opened.journal.reader.positions()).toEqual([...before]);
		expect(wrong()).toEqual([]);
		await trader.trade(
			{ alert: 3, side: "sell", quantity: "0.4", price: "98", at: 4 * day_ms },
			{ alert: 4, side: "sell", quantity: "5", price: "97", at: 4 * day_ms },
		);
		expect(await fillsOf(opened)).toEqual(["t4", "t5"]);
		expect(wrong()).toEqual([]);
	});

	test("where a fill that stays lies between those of orders that go: they wait for it", async () => {
		const { opened, trader, wrong } = await traded([
			{ alert: 0, side: "buy", quantity: "1", price: "100" },
			{ alert: 1, side: "buy", quantity: "1", price: "110", resting: true },
			{ alert: 0, side: "buy", quantity: "1", price: "120" },
			{ alert: 2, side: "sell", quantity: "0.7", price: "130" },
			{ alert: 2, side: "sell", quantity: "0.7", price: "130", symbol: "ETH/USD" },
		]);
		await trader.end(0, 1, 2);
		await clear(opened, 3 * day_ms);
		expect((await opened.journal.reader.alerts({})).items.map(({ id }) => id)).toEqual([alertId(1)]);
		expect((await opened.journal.load()).open_orders).toHaveLength(1);
		expect(await fillsOf(opened)).toEqual(["t2", "t3", "t4"]);
		expect(wrong()).toEqual([]);
		await trader.trade({ alert: 1, side: "buy", quantity: "0.2", price: "111", at: 3 });
		expect(wrong()).toEqual([]);
		await clear(opened, 3 * day_ms);
		expect(await fillsOf(opened)).toEqual([]);
		expect(wrong()).toEqual([]);
	});

	test("where orders without an alert go too, over several accounts, and the row numbers of fills are not used again", async () => {
		const { opened, trader, wrong } = await traded([
			{ alert: 0, side: "buy", quantity: "1", price: "100" },
			{ alert: 0, side: "buy", quantity: "2", price: "100", account: "second" },
			{ alert: 1, side: "sell", quantity: "1", price: "90", loose: true },
			{ alert: 2, side: "sell", quantity: "2", price: "90", loose: true, account: "second" },
		]);
		await trader.end(0);
		for (let rounds = 0; rounds < 3; rounds++) {
			await clear(opened, 3 * day_ms);
			expect(await fillsOf(opened)).toEqual([]);
			const trade = { alert: 10 + rounds, side: "buy", quantity: "0.3", price: "95" } as const;
			await trader.trade(trade, { ...trade, account: "second", price: "94" });
			await trader.end(10 + rounds);
			expect(wrong()).toEqual([]);
		}
	});

	test("after many random trades with clearings between them, and a restart", async () => {
		const folder = tempFolder();
		let opened = await open(folder, { keep_ms: day_ms });
		const trader = new Trader(opened.journal);
		let state = 7;
		const chance = (below: number) => {
			state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
			return Math.floor((state / 2 ** 32) * below);
		};
		for (let n = 0; n < 120; n++) {
			const side = chance(2) === 0 ? "buy" : "sell";
			const symbol = chance(3) === 0 ? "ETH/USD" : "BTC/USD";
			const quantity = `${chance(5)}.${1 + chance(9_999)}`;
			const resting = chance(10) === 0;
			await trader.trade({ alert: n, side, quantity, price: `${90 + chance(20)}.${1 + chance(999)}`, symbol, resting });
			if (!resting) await trader.end(n);
			if (n % 30 !== 29) continue;
			await clear(opened, 2 * day_ms);
			expect(verifyJournal(journalFile(folder)).findings).toEqual([]);
		}
		expect((await opened.journal.reader.counts()).fills).toBeLessThan(120);
		await opened.journal.close();
		opened = await open(folder, { keep_ms: day_ms });
		expect(verifyJournal(journalFile(folder)).findings).toEqual([]);
	});
});

/** A chain as the sequencer keeps it, resting on these alerts. */
function chain(last: number, ...steps: readonly (number | null)[]): Change {
	const step = (n: number | null): StatedStep => ({
		alert_id: n === null ? null : alertId(n),
		from: { side: "flat", size: "0" },
		to: { side: "long", size: "1" },
		outcome: n === null ? "assumed" : "run",
		at: 0,
	});
	const stated: StatedChain = {
		strategy: "MyRSIStrategy",
		symbol: "BTC/USD",
		timeframe: "1h",
		position: { side: "long", size: "1" },
		alert_id: alertId(last),
		updated_at: time(last),
		steps: steps.map(step),
	};
	return { kind: "stated", chain: stated };
}

describe("what is needed is never cleared, however old", () => {
	test("open alerts, the alerts on which a stated position rests, trading states, a plugin's state", async () => {
		const opened = await open(tempFolder(), { keep_ms: day_ms });
		const { journal } = opened;
		for (const n of [0, 1, 2, 3, 4]) await journal.accept(reception(n));
		await journal.commit([
			...[0, 1, 2, 3].map((n) => ended(n)),
			chain(2, 1, null, 2),
			{ kind: "trading_state", entry: tradingState() },
			{ kind: "strategy_state", strategy: "S", account: "paper", state: { seen: 1 } },
		]);
		const before = await journal.load();
		await clear(opened, 400 * day_ms);
		expect((await journal.reader.alerts({})).items.map(({ id }) => id)).toEqual([4, 2, 1].map(alertId));
		expect(await journal.load()).toEqual(before);
		expect(await journal.strategyState("S", "paper")).toEqual({ seen: 1 });
		await journal.commit([chain(4, 4)]);
		await clear(opened, day_ms);
		expect((await journal.reader.alerts({})).items.map(({ id }) => id)).toEqual([alertId(4)]);
	});

	test("an id within its window: its resend is a duplicate although the alert is gone; after the window it is new", async () => {
		const opened = await open(tempFolder(), { keep_ms: 3_600_000 });
		const { journal, clock } = opened;
		const dedupe = { ...reception(0).dedupe, window_ms: 7 * day_ms };
		await journal.accept(reception(0, { dedupe, replay_key: key("signed") }));
		await journal.commit([ended(0)]);
		await clear(opened, 2 * day_ms);
		expect(await journal.reader.alert(alertId(0))).toBeUndefined();
		expect(await journal.accept(reception(1, { dedupe }))).toEqual({ outcome: "duplicate", id: alertId(0) });
		clock.advance(6 * day_ms);
		expect(await journal.accept(reception(2, { dedupe, replay_key: key("signed") }))).toEqual({
			outcome: "replayed",
			id: alertId(0),
		});
		expect(await journal.accept(reception(3, { dedupe }))).toMatchObject({ outcome: "accepted" });
	});
});

describe("a journal that is nearly as large as it may be", () => {
	const size_max_bytes = 3_000_000;
	const raw = "x".repeat(20_000);

	async function filled(opened: Opened, open_ones: number): Promise<number> {
		const { journal } = opened;
		let n = 0;
		for (; n < 128; n++) await journal.accept(reception(n, { raw }));
		await journal.commit(Array.from({ length: n - open_ones }, (_, index) => ended(index + open_ones)));
		return n;
	}

	test("loses the oldest of what ended more than a day ago, as much as is needed, and nothing that is open", async () => {
		const opened = await open(tempFolder(), { size_max_bytes, keep_ms: 365 * day_ms });
		const { journal, clock } = opened;
		const n = await filled(opened, 3);
		const all = (await journal.reader.counts()).alerts;
		expect(all).toEqual({ accepted: 3, executed: n - 3 });
		clock.advance(crowded_keep_ms - 60_000);
		await clear(opened, 0);
		expect((await journal.reader.counts()).alerts).toEqual(all);
		await clear(opened, 700_000);
		const { accepted, executed = 0 } = (await journal.reader.counts()).alerts;
		expect(accepted).toBe(3);
		expect(executed).toBeLessThan(n - 3);
		expect((await journal.load()).open_alerts).toBe(3);
	});

	test("keeps everything of its age where there is room", async () => {
		const opened = await open(tempFolder(), { size_max_bytes: 10 * size_max_bytes, keep_ms: 365 * day_ms });
		const n = await filled(opened, 0);
		await clear(opened, 30 * day_ms);
		expect((await opened.journal.reader.counts()).alerts).toEqual({ executed: n });
	});
});
