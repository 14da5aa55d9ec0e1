/** What every journal must do, whatever it keeps its records on. */
import { describe, expect, test } from "bun:test";
import type { Acceptance, Change, Journal, Page, PageRequest, Reception } from "../../src/domain/ports.ts";
import { reception_chars_max, waiting_max } from "../../src/journal/group-queue.ts";
import type { JournalOptions } from "../../src/journal/sqlite-journal.ts";
import { day_ms, kindOf, type Opened } from "./support/open.ts";
import {
	account,
	alert,
	alertId,
	attempt,
	ended,
	event,
	fill,
	key,
	order,
	position,
	reception,
	time,
	tradingState,
} from "./support/samples.ts";

type Open = (options?: Partial<JournalOptions>) => Promise<Opened>;

/** @param open a new, empty journal */
export function journalContract(name: string, open: Open): void {
	describe(name, () => {
		recording(open);
		duplicates(open);
		changes(open);
		groups(open);
		recovery(open);
		lists(open);
		retention(open);
		limits(open);
	});
}

const accepted = { outcome: "accepted", id_reused: false } as const;

function recording(open: Open): void {
	test("an accepted alert is found by its id, with its body and the verdicts before the answer", async () => {
		const { journal } = await open();
		const given = reception(0, {}, { alert_id: "tv-1", message: "RSI crossed" });
		expect(await journal.accept(given)).toEqual(accepted);
		expect(await journal.reader.alert(alertId(0))).toEqual({
			id: alertId(0),
			alert_id: "tv-1",
			status: "accepted",
			type: "LONG_ENTRY",
			action: "buy",
			strategy: "MyRSIStrategy",
			symbol: "BTC/USD",
			timeframe: "1h",
			price: "42000.5",
			received_at: time(0),
			ended_at: null,
			code: null,
			reason: null,
			message: "RSI crossed",
			source: "127.0.0.1",
			dialect: "nexus",
			raw: given.raw,
			trace: [...given.trace],
			orders: [],
			fills: [],
		});
	});

	test("what the caller does to its objects after handing them over is not recorded", async () => {
		const { journal } = await open();
		const trace = [{ stage: "signature", verdict: "pass" as const, ms: 1 }];
		const accepting = journal.accept(reception(0, { trace }));
		trace.push({ stage: "later", verdict: "pass", ms: 2 });
		await accepting;
		expect((await journal.reader.alert(alertId(0)))?.trace?.map(({ stage }) => stage)).toEqual(["signature"]);
	});

	test("a body with line feeds, quotes, NUL and astral characters comes back as it was", async () => {
		const { journal } = await open();
		const raw = 'buy\n"BTC"\t\\ 1 2\n\u0000 \u{1f4b8} \ud800 end';
		await Promise.all([journal.accept(reception(0, { raw })), journal.accept(reception(1))]);
		const shown = (await journal.reader.alert(alertId(0)))?.raw ?? "";
		expect(shown.replace(/\ufffd+/g, "?")).toBe(raw.replace("\ud800", "?"));
		expect((await journal.reader.alert(alertId(1)))?.raw).toBe('{"action":"buy","n":1}');
	});

	test("an unknown id is undefined, not an error", async () => {
		const { journal } = await open();
		expect(await journal.reader.alert(alertId(7))).toBeUndefined();
		expect(await journal.reader.alert("no such id")).toBeUndefined();
		expect(await journal.strategyState("none", "paper")).toBeUndefined();
		expect(await journal.work(alertId(7))).toEqual({ intents: [], orders: [] });
	});

	test("the sender's id finds the newest alert that has it; our id wins over a sender's that looks like it", async () => {
		const { journal } = await open();
		await journal.accept(reception(0, {}, { alert_id: "same" }));
		await journal.accept(reception(1, {}, { alert_id: "same" }));
		await journal.accept(reception(2, {}, { alert_id: alertId(0) }));
		expect((await journal.reader.alert("same"))?.id).toBe(alertId(1));
		expect((await journal.reader.alert(alertId(0)))?.id).toBe(alertId(0));
	});
}

interface Arrival {
	/** Milliseconds after the one before. */
	readonly after: number;
	readonly key?: string;
	readonly meaning?: string;
	readonly by_id?: boolean;
	readonly window_ms?: number;
	readonly replay?: string;
	readonly expect: Acceptance;
}

const reused: Acceptance = { outcome: "accepted", id_reused: true };
const duplicateOf = (n: number): Acceptance => ({ outcome: "duplicate", id: alertId(n) });
const replayOf = (n: number): Acceptance => ({ outcome: "replayed", id: alertId(n) });

const arrivals: readonly (readonly [string, readonly Arrival[]])[] = [
	[
		"the same id and meaning at once is a duplicate of the first",
		[
			{ after: 0, expect: accepted },
			{ after: 0, expect: duplicateOf(0) },
			{ after: 0, expect: duplicateOf(0) },
		],
	],
	[
		"one millisecond before the window's end it still is",
		[
			{ after: 0, expect: accepted },
			{ after: 29_999, expect: duplicateOf(0) },
		],
	],
	[
		"at the window's end it is recorded anew, and the window begins again",
		[
			{ after: 0, expect: accepted },
			{ after: 30_000, expect: accepted },
			{ after: 29_999, expect: duplicateOf(1) },
		],
	],
	[
		"a duplicate does not lengthen the window",
		[
			{ after: 0, expect: accepted },
			{ after: 20_000, expect: duplicateOf(0) },
			{ after: 10_000, expect: accepted },
		],
	],
	[
		"the window of the first arrival counts, not the later one's",
		[
			{ after: 0, window_ms: 3_600_000, expect: accepted },
			{ after: 3_599_999, window_ms: 30_000, expect: duplicateOf(0) },
			{ after: 1, window_ms: 30_000, expect: accepted },
		],
	],
	[
		"an id with another meaning is recorded and reported",
		[
			{ after: 0, expect: accepted },
			{ after: 0, meaning: "other", expect: reused },
		],
	],
	[
		"both meanings of an id are known afterwards",
		[
			{ after: 0, expect: accepted },
			{ after: 0, meaning: "other", expect: reused },
			{ after: 0, expect: duplicateOf(0) },
			{ after: 0, meaning: "other", expect: duplicateOf(1) },
			{ after: 0, meaning: "third", expect: reused },
		],
	],
	[
		"an id whose window is over is not reported as used again",
		[
			{ after: 0, expect: accepted },
			{ after: 30_000, meaning: "other", expect: accepted },
		],
	],
	[
		"the same body without an id is a duplicate whatever it is taken to mean",
		[
			{ after: 0, by_id: false, expect: accepted },
			{ after: 0, by_id: false, meaning: "other", expect: duplicateOf(0) },
			{ after: 30_000, by_id: false, expect: accepted },
		],
	],
	[
		"another id is another alert",
		[
			{ after: 0, expect: accepted },
			{ after: 0, key: "other", expect: accepted },
		],
	],
	[
		"a signed body is a duplicate within its window and a replay ever after",
		[
			{ after: 0, replay: "body", expect: accepted },
			{ after: 29_999, replay: "body", expect: duplicateOf(0) },
			{ after: 1, replay: "body", expect: replayOf(0) },
			{ after: 400 * day_ms, replay: "body", expect: replayOf(0) },
		],
	],
	[
		"a signed body sent to another place is a replay at once",
		[
			{ after: 0, replay: "body", expect: accepted },
			{ after: 0, key: "elsewhere", replay: "body", expect: replayOf(0) },
		],
	],
	[
		"a refused replay leaves no key behind",
		[
			{ after: 0, replay: "body", expect: accepted },
			{ after: 0, key: "elsewhere", replay: "body", expect: replayOf(0) },
			{ after: 0, key: "elsewhere", replay: "another body", expect: accepted },
		],
	],
	[
		"an id used again in another signed body is recorded and reported",
		[
			{ after: 0, replay: "body", expect: accepted },
			{ after: 0, meaning: "other", replay: "other body", expect: reused },
		],
	],
	[
		"a clock that goes back makes nothing new",
		[
			{ after: 0, expect: accepted },
			{ after: -3_600_000, expect: duplicateOf(0) },
		],
	],
];

function arrivalOf(n: number, arrival: Arrival): Reception {
	const { key: given = "k", meaning = "m", by_id = true, window_ms = 30_000, replay } = arrival;
	return reception(n, {
		dedupe: { key: key(given), meaning: key(meaning), by_id, window_ms },
		...(replay === undefined ? {} : { replay_key: key(replay) }),
	});
}

function duplicates(open: Open): void {
	test.each(arrivals)("%s", async (_, list) => {
		const { journal, clock } = await open();
		let recorded = 0;
		for (const [n, arrival] of list.entries()) {
			clock.advance(arrival.after);
			expect(await journal.accept(arrivalOf(n, arrival))).toEqual(arrival.expect);
			if (arrival.expect.outcome === "accepted") recorded += 1;
		}
		// What is not accepted leaves no row.
		expect((await journal.load()).open_alerts).toBe(recorded);
	});

	test("of one hundred copies that share a transaction exactly one is recorded", async () => {
		const { journal } = await open();
		const copies = Array.from({ length: 100 }, (_, n) => journal.accept(arrivalOf(n, { after: 0, expect: accepted })));
		const outcomes = await Promise.all(copies);
		expect(outcomes[0]).toEqual(accepted);
		expect(new Set(outcomes.slice(1).map((outcome) => JSON.stringify(outcome)))).toEqual(
			new Set([JSON.stringify(duplicateOf(0))]),
		);
		expect((await journal.load()).open_alerts).toBe(1);
	});
}

function changes(open: Open): void {
	test("an ended alert shows its end, its final type, and the verdicts of both sides in order", async () => {
		const { journal } = await open();
		await journal.accept(reception(0));
		await journal.commit([
			ended(0, { status: "rejected", code: "halted", reason: "halted by cli", type: "LONG_EXIT" }),
		]);
		const view = await journal.reader.alert(alertId(0));
		expect(view).toMatchObject({ status: "rejected", code: "halted", reason: "halted by cli", type: "LONG_EXIT" });
		expect(view?.ended_at).toBe(time(10));
		expect(view?.trace?.map(({ stage }) => stage)).toEqual(["signature", "broker"]);
		expect((await journal.load()).open_alerts).toBe(0);
	});

	test("the same changes twice, as after a failure that was none, leave the same records", async () => {
		const { journal } = await open();
		await journal.accept(reception(0));
		const list: Change[] = [
			{ kind: "intent", intent: { alert_id: alertId(0), account: "paper", signals: [], plan: "{}" } },
			{ kind: "order", order: order("o1", { status: "filled" }) },
			{ kind: "fill", fill: fill("t1") },
			{ kind: "position", position: position() },
			{ kind: "account", account: account() },
			ended(0),
		];
		await journal.commit(list);
		await journal.commit(list);
		const view = await journal.reader.alert(alertId(0));
		expect(view?.orders).toEqual([order("o1", { status: "filled" })]);
		expect(view?.fills).toEqual([fill("t1")]);
		expect(await journal.reader.counts()).toEqual({ alerts: { executed: 1 }, orders: 1, fills: 1 });
		expect((await journal.work(alertId(0))).intents).toHaveLength(1);
	});

	test("a fill counts once per account and trade id; another account's same id is another fill", async () => {
		const { journal } = await open();
		await journal.commit([
			{ kind: "fill", fill: fill("t1") },
			{ kind: "fill", fill: fill("t1", { quantity: "9" }) },
		]);
		await journal.commit([{ kind: "fill", fill: fill("t1", { account: "second" }) }]);
		expect((await journal.reader.fills({})).items).toEqual([fill("t1", { account: "second" }), fill("t1")]);
	});

	test("an order is replaced by its id and keeps its place", async () => {
		const { journal } = await open();
		await journal.commit([
			{ kind: "order", order: order("o1") },
			{ kind: "order", order: order("o2") },
		]);
		const done = order("o1", { status: "filled", filled_quantity: "0.1", average_price: "42001" });
		await journal.commit([{ kind: "order", order: done }]);
		expect((await journal.reader.orders({})).items).toEqual([order("o2"), done]);
	});

	test("positions, accounts, trading states and strategy states hold the last word for their key", async () => {
		const { journal } = await open();
		await journal.commit([
			{ kind: "position", position: position() },
			{ kind: "position", position: position({ symbol: "ETH/USD" }) },
			{ kind: "account", account: account() },
			{ kind: "trading_state", entry: tradingState() },
			{ kind: "trading_state", entry: tradingState({ scope: "all", name: "" }) },
			{ kind: "strategy_state", strategy: "S", account: "paper", state: { count: 1 } },
		]);
		await journal.commit([
			{ kind: "position", position: position({ side: "flat", quantity: "0", average_price: null }) },
			{ kind: "account", account: account({ balance: "1" }) },
			{ kind: "trading_state", entry: tradingState({ state: "active" }) },
			{ kind: "strategy_state", strategy: "S", account: "paper", state: { count: 2 } },
		]);
		const flat = position({ side: "flat", quantity: "0", average_price: null });
		expect(await journal.reader.positions()).toEqual([flat, position({ symbol: "ETH/USD" })]);
		expect(await journal.reader.accounts()).toEqual([account({ balance: "1" })]);
		expect(await journal.reader.trading_states()).toEqual([tradingState({ scope: "all", name: "" })]);
		expect(await journal.strategyState("S", "paper")).toEqual({ count: 2 });
		expect(await journal.strategyState("S", "other")).toBeUndefined();
	});

	test("a strategy's state may be null, which is not the same as none", async () => {
		const { journal } = await open();
		await journal.commit([{ kind: "strategy_state", strategy: "S", account: "paper", state: null }]);
		expect(await journal.strategyState("S", "paper")).toBeNull();
	});

	test("events come oldest first after a sequence that strictly rises", async () => {
		const { journal } = await open();
		await journal.commit([event("one"), event("two")]);
		await journal.commit([event("three")]);
		const all = await journal.reader.events(0, 10);
		expect(all.map(({ detail }) => detail)).toEqual(["one", "two", "three"]);
		const second = all[1]?.sequence ?? 0;
		expect((await journal.reader.events(second, 10)).map(({ detail }) => detail)).toEqual(["three"]);
		expect((await journal.reader.events(0, 2)).map(({ detail }) => detail)).toEqual(["one", "two"]);
		expect(all.every(({ sequence }, n) => n === 0 || sequence > (all[n - 1]?.sequence ?? 0))).toBe(true);
	});
}

function groups(open: Open): void {
	test("a failing commit among good ones takes nothing with it and leaves nothing of itself", async () => {
		const { journal } = await open();
		await journal.accept(reception(0));
		const bad: Change[] = [{ kind: "position", position: position({ symbol: "BAD/USD" }) }, event("bad"), ended(99)];
		const results = await Promise.all([
			kindOf(journal.commit([{ kind: "order", order: order("o1") }])),
			kindOf(journal.commit(bad)),
			kindOf(journal.accept(reception(1))),
			kindOf(journal.commit([ended(0), event("good")])),
		]);
		expect(results).toEqual([{ resolved: undefined }, "invalid", { resolved: accepted }, { resolved: undefined }]);
		expect(await journal.reader.positions()).toEqual([]);
		expect((await journal.reader.events(0, 10)).map(({ detail }) => detail)).toEqual(["good"]);
		expect((await journal.reader.orders({})).items).toHaveLength(1);
		expect((await journal.reader.alert(alertId(0)))?.status).toBe("executed");
	});

	test("a reception that cannot be stored leaves no key, so that its correction is not a duplicate", async () => {
		const { journal } = await open();
		const bad = { ...reception(1), dedupe: { ...reception(1).dedupe, meaning: "not hex" } };
		const results = await Promise.all([
			kindOf(journal.accept(reception(0))),
			kindOf(journal.accept(bad)),
			kindOf(journal.accept({ ...bad, alert: alert(2) })),
			kindOf(journal.accept(reception(3))),
		]);
		expect(results).toEqual([{ resolved: accepted }, "invalid", "invalid", { resolved: accepted }]);
		expect(await journal.accept(reception(1))).toEqual(accepted);
		expect((await journal.load()).open_alerts).toBe(3);
	});

	test("an alert id that is taken is refused, and the first alert stays", async () => {
		const { journal } = await open();
		await journal.accept(reception(0));
		const other = { ...reception(1), alert: alert(0, { symbol: "ETH/USD" }) };
		expect(await kindOf(journal.accept(other))).toBe("invalid");
		expect((await journal.reader.alert(alertId(0)))?.symbol).toBe("BTC/USD");
		expect(await journal.accept(reception(1))).toEqual(accepted);
	});

	test.each([
		["an alert id that is none", { id: "x" }],
		["a time that is none", { received_at: "yesterday" }],
	])("%s is refused before it reaches the disk", async (_, over) => {
		const { journal } = await open();
		expect(await kindOf(journal.accept(reception(0, {}, over)))).toBe("invalid");
	});

	test("several thousand at once are all recorded, each once", async () => {
		const { journal } = await open();
		const outcomes = await Promise.all(Array.from({ length: 3000 }, (_, n) => journal.accept(reception(n))));
		expect(outcomes.every(({ outcome }) => outcome === "accepted")).toBe(true);
		expect((await journal.load()).open_alerts).toBe(3000);
	});
}

function recovery(open: Open): void {
	test("an empty journal loads as nothing", async () => {
		const { journal } = await open();
		expect(await journal.load()).toEqual({
			last_sequence: 0,
			positions: [],
			accounts: [],
			open_orders: [],
			ended_orders: [],
			ended_alerts: [],
			trades: [],
			trading_states: [],
			stated: [],
			silences: [],
			open_alerts: 0,
		});
	});

	test("the snapshot holds what is open and leaves out what is final", async () => {
		const { journal } = await open();
		await Promise.all([0, 1, 2].map((n) => journal.accept(reception(n))));
		const open_orders = (
			["intent", "submitting", "accepted", "triggered", "partially_filled", "unknown", "review"] as const
		).map((status) => order(status, { status }));
		const final = (["denied", "filled", "rejected", "canceled", "expired", "abandoned"] as const).map((status) =>
			order(status, { status }),
		);
		await journal.commit([...final, ...open_orders].map((one) => ({ kind: "order", order: one }) as const));
		await journal.commit([
			ended(1),
			{ kind: "position", position: position() },
			{ kind: "account", account: account() },
		]);
		const snapshot = await journal.load();
		expect(snapshot.open_orders).toEqual(open_orders);
		expect(snapshot.open_alerts).toBe(2);
		expect(snapshot.positions).toEqual([position()]);
		expect(snapshot.accounts).toEqual([account()]);
		expect(snapshot.last_sequence).toBe(Date.parse(time(0)) * 4096 + 2);
	});

	test("the snapshot knows the trades of the positions, those of open orders last", async () => {
		const { journal } = await open();
		const rests = order("rests", { status: "partially_filled", alert_id: null });
		const done = order("done", { status: "filled", alert_id: null });
		await journal.commit([rests, done].map((one) => ({ kind: "order", order: one }) as const));
		const fills = [fill("a", { order_id: "rests" }), fill("b", { order_id: "done" }), fill("c", { order_id: "done" })];
		const again = fill("a", { order_id: "done" });
		await journal.commit([...fills, again].map((one) => ({ kind: "fill", fill: one }) as const));
		const { trades } = await journal.load();
		expect(trades).toEqual(["b", "c", "a"].map((trade_id) => ({ account: fill("a").account, trade_id })));
	});

	test("a silence is kept until the alerts come again, one for each strategy", async () => {
		const { journal } = await open();
		const silence = (strategy: string, since: string | null) => ({ kind: "silence", strategy, since }) as const;
		await journal.commit([silence("A", time(0)), silence("B", time(1))]);
		await journal.commit([silence("A", time(2)), silence("C", null)]);
		expect((await journal.load()).silences).toEqual([
			{ strategy: "A", since: time(2) },
			{ strategy: "B", since: time(1) },
		]);
		await journal.commit([silence("A", null), silence("A", null)]);
		expect((await journal.load()).silences).toEqual([{ strategy: "B", since: time(1) }]);
	});

	test("open alerts come oldest first, page by page, without those that ended", async () => {
		const { journal } = await open();
		await Promise.all([4, 0, 3, 1, 2].map((n) => journal.accept(reception(n))));
		await journal.commit([ended(1)]);
		const first = await journal.openAlerts(0, 2);
		expect(first.map((one) => one.alert)).toEqual([alert(0), alert(2)]);
		expect(first[0]).toMatchObject({ recovered: true, trace: [...reception(0).trace] });
		const rest = await journal.openAlerts(Date.parse(time(0)) * 4096 + 2, 10);
		expect(rest.map((one) => one.alert.id)).toEqual([alertId(3), alertId(4)]);
	});

	test("how often an open alert was tried is told with it, the last counts alone, and is gone when it ends", async () => {
		const { journal } = await open();
		await Promise.all([0, 1, 2].map((n) => journal.accept(reception(n))));
		const attempts = async () => (await journal.openAlerts(0, 10)).map(({ attempts: counts }) => counts ?? null);
		await journal.commit([attempt(1, 1, 0), attempt(2, 1, 0)]);
		expect(await attempts()).toEqual([null, { tried: 1, survived: 0 }, { tried: 1, survived: 0 }]);
		await journal.commit([attempt(1, 2, 2)]);
		expect(await attempts()).toEqual([null, { tried: 2, survived: 2 }, { tried: 1, survived: 0 }]);
		await journal.commit([attempt(1, 3, 2), ended(1)]);
		// One that was under way when the alert ended.
		await journal.commit([attempt(1, 3, 3)]);
		expect(await attempts()).toEqual([null, { tried: 1, survived: 0 }]);
	});

	test("tries of an alert that was never recorded are ignored, impossible ones refused", async () => {
		const { journal } = await open();
		await journal.accept(reception(0));
		await journal.commit([attempt(7, 1, 0)]);
		expect(await kindOf(journal.commit([{ kind: "attempt", id: "no id", tried: 1, survived: 0 }]))).toBe("invalid");
		expect(await kindOf(journal.commit([attempt(0, 1, 2)]))).not.toEqual({ resolved: undefined });
		expect((await journal.openAlerts(0, 10)).map(({ attempts }) => attempts)).toEqual([undefined]);
	});

	test("the work of an alert is its intents and its orders and nobody else's", async () => {
		const { journal } = await open();
		const intent = (n: number, name: string) =>
			({
				alert_id: alertId(n),
				account: name,
				signals: [{ kind: "enter", side: "long" }],
				plan: '{"legs":[]}',
			}) as const;
		await journal.commit([
			{ kind: "intent", intent: intent(0, "a") },
			{ kind: "intent", intent: intent(0, "b") },
			{ kind: "intent", intent: intent(1, "a") },
			{ kind: "order", order: order("o1") },
			{ kind: "order", order: order("o2", { alert_id: alertId(1) }) },
			{ kind: "order", order: order("o3", { alert_id: null }) },
		]);
		expect(await journal.work(alertId(0))).toEqual({
			intents: [intent(0, "a"), intent(0, "b")],
			orders: [order("o1")],
		});
	});
}

/** All items over all pages; fails where a page repeats or is over its limit. */
async function walk<T>(ask: (request: PageRequest) => Promise<Page<T>>, limit: number): Promise<T[]> {
	const items: T[] = [];
	let cursor: string | null | undefined;
	for (let pages = 0; cursor !== null; pages++) {
		expect(pages).toBeLessThan(100);
		const page: Page<T> = await ask({ limit, ...(cursor === undefined ? {} : { cursor }) });
		expect(page.items.length).toBeLessThanOrEqual(limit);
		items.push(...page.items);
		cursor = page.next;
	}
	return items;
}

/** 12 alerts: every second ETH, every third of Other; 0 to 5 executed, 6 rejected, the rest open. */
async function twelve(journal: Journal): Promise<void> {
	for (let n = 0; n < 12; n++) {
		const symbol = n % 2 === 0 ? "BTC/USD" : "ETH/USD";
		await journal.accept(reception(n, {}, { symbol, strategy: n % 3 === 0 ? "Other" : "MyRSIStrategy" }));
	}
	await journal.commit([0, 1, 2, 3, 4, 5].map((n) => ended(n)));
	await journal.commit([ended(6, { status: "rejected", code: "halted" })]);
}

function lists(open: Open): void {
	test.each([
		["no filter", {}, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
		["a strategy", { strategy: "Other" }, [9, 6, 3, 0]],
		["a symbol", { symbol: "ETH/USD" }, [11, 9, 7, 5, 3, 1]],
		["a strategy and a symbol", { strategy: "Other", symbol: "ETH/USD" }, [9, 3]],
		["open ones", { status: "accepted" as const }, [11, 10, 9, 8, 7]],
		["executed ones", { status: "executed" as const }, [5, 4, 3, 2, 1, 0]],
		["executed ones of a symbol", { status: "executed" as const, symbol: "BTC/USD" }, [4, 2, 0]],
		["rejected ones", { status: "rejected" as const }, [6]],
		["duplicates, which leave no row", { status: "duplicate" as const }, []],
		["since a time, itself included", { since: time(9) }, [11, 10, 9]],
		["since a time with status and strategy", { since: time(6), status: "accepted" as const, strategy: "Other" }, [9]],
		["a strategy that never sent", { strategy: "None" }, []],
	])("alerts with %s come newest first and the same over any page size", async (_, filter, expected) => {
		const { journal } = await open();
		await twelve(journal);
		for (const limit of [1, 4, 50]) {
			const items = await walk((request) => journal.reader.alerts({ ...filter, ...request }), limit);
			expect(items.map(({ id }) => id)).toEqual(expected.map(alertId));
		}
	});

	test("a list leaves out body, trace and orders, and what comes in later does not shift its pages", async () => {
		const { journal } = await open();
		await twelve(journal);
		const first = await journal.reader.alerts({ limit: 5 });
		expect(Object.keys(first.items[0] ?? {})).not.toContain("raw");
		expect(Object.keys(first.items[0] ?? {})).not.toContain("trace");
		await journal.accept(reception(12));
		const second = await journal.reader.alerts({ limit: 5, cursor: first.next ?? "" });
		expect(second.items.map(({ id }) => id)).toEqual([6, 5, 4, 3, 2].map(alertId));
	});

	test("a cursor that is none gives an empty last page, not the first one again", async () => {
		const { journal } = await open();
		await twelve(journal);
		expect(await journal.reader.alerts({ cursor: "!" })).toEqual({ items: [], next: null });
	});

	test("the limit is 50 by default and never over 500", async () => {
		const { journal } = await open();
		await Promise.all(Array.from({ length: 600 }, (_, n) => journal.accept(reception(n))));
		expect((await journal.reader.alerts({})).items).toHaveLength(50);
		expect((await journal.reader.alerts({ limit: 100_000 })).items).toHaveLength(500);
		expect((await journal.reader.alerts({ limit: 0 })).items).toHaveLength(1);
	});

	test("orders are filtered by strategy, symbol and whether they are open; fills by order", async () => {
		const { journal } = await open();
		const orders = [
			order("o1", { status: "filled" }),
			order("o2", { symbol: "ETH/USD" }),
			order("o3", { strategy: "Other" }),
			order("o4", { strategy: "Other", symbol: "ETH/USD", status: "canceled" }),
		];
		await journal.commit(orders.map((one) => ({ kind: "order", order: one }) as const));
		await journal.commit([
			{ kind: "fill", fill: fill("t1") },
			{ kind: "fill", fill: fill("t2", { order_id: "o2" }) },
			{ kind: "fill", fill: fill("t3") },
		]);
		const ids = async (filter: Parameters<Journal["reader"]["orders"]>[0]) =>
			(await walk((request) => journal.reader.orders({ ...filter, ...request }), 1)).map(({ id }) => id);
		expect(await ids({})).toEqual(["o4", "o3", "o2", "o1"]);
		expect(await ids({ open: true })).toEqual(["o3", "o2"]);
		expect(await ids({ open: false })).toEqual(["o4", "o1"]);
		expect(await ids({ strategy: "Other", symbol: "ETH/USD" })).toEqual(["o4"]);
		const fills = await walk((request) => journal.reader.fills({ order_id: "o1", ...request }), 1);
		expect(fills.map(({ trade_id }) => trade_id)).toEqual(["t3", "t1"]);
	});

	test("counts tell alerts by status, orders and fills", async () => {
		const { journal } = await open();
		await twelve(journal);
		await journal.commit([
			{ kind: "order", order: order("o1") },
			{ kind: "fill", fill: fill("t1") },
		]);
		expect(await journal.reader.counts()).toEqual({
			alerts: { accepted: 5, executed: 6, rejected: 1 },
			orders: 1,
			fills: 1,
		});
	});
}

/** After opening; then every ten minutes. */
const first_clearing_ms = 60_000;

/** Moves the clock to the next clearing and lets it end. */
async function clearing({ journal, clock }: Opened, ms: number): Promise<void> {
	clock.advance(ms);
	for (let steps = 0; steps < 40; steps++) {
		await journal.load();
		clock.advance(50);
	}
}

function retention(open: Open): void {
	test("what ended longer ago than keep_ms goes; what is open, younger, or has an order that is, stays", async () => {
		const opened = await open({ keep_ms: day_ms });
		const { journal } = opened;
		await Promise.all([0, 1, 2, 3, 4].map((n) => journal.accept(reception(n))));
		await journal.commit([
			ended(0),
			ended(4),
			{
				kind: "order",
				order: order("stopped", { alert_id: alertId(4), status: "filled", updated_at: time(2 * day_ms) }),
			},
			ended(2, { ended_at: time(2 * day_ms) }),
			ended(3),
			{ kind: "order", order: order("gone", { status: "filled" }) },
			{ kind: "fill", fill: fill("t1", { order_id: "gone" }) },
			{ kind: "intent", intent: { alert_id: alertId(0), account: "paper", signals: [], plan: "{}" } },
			{ kind: "order", order: order("stop", { alert_id: alertId(3), status: "accepted" }) },
			{ kind: "position", position: position() },
			{ kind: "account", account: account() },
		]);
		await clearing(opened, 2 * day_ms);
		const left = (await journal.reader.alerts({})).items.map(({ id }) => id);
		expect(left).toEqual([4, 3, 2, 1].map(alertId));
		expect(await journal.reader.alert(alertId(0))).toBeUndefined();
		expect(await journal.work(alertId(0))).toEqual({ intents: [], orders: [] });
		expect((await journal.reader.fills({})).items).toEqual([]);
		expect((await journal.load()).open_orders.map(({ id }) => id)).toEqual(["stop"]);
		expect(await journal.reader.positions()).toEqual([position()]);
		expect(await journal.reader.accounts()).toEqual([account()]);
	});

	test("exactly keep_ms after its end an alert is still there, at the next clearing it goes", async () => {
		const opened = await open({ keep_ms: first_clearing_ms - 10 });
		const { journal, clock } = opened;
		await journal.accept(reception(0));
		await journal.commit([ended(0)]);
		clock.advance(first_clearing_ms);
		await journal.load();
		expect(await journal.reader.alert(alertId(0))).toBeDefined();
		await clearing(opened, 600_000);
		expect(await journal.reader.alert(alertId(0))).toBeUndefined();
	});

	test("an alert that ended a millisecond longer ago goes at once", async () => {
		const { journal, clock } = await open({ keep_ms: first_clearing_ms - 11 });
		await journal.accept(reception(0));
		await journal.commit([ended(0)]);
		clock.advance(first_clearing_ms);
		await journal.load();
		expect(await journal.reader.alert(alertId(0))).toBeUndefined();
	});

	test("the highest sequence is known after its alert is gone, and a replay key too", async () => {
		const opened = await open({ keep_ms: day_ms });
		const { journal } = opened;
		await journal.accept(reception(5, { replay_key: key("signed") }));
		await journal.commit([ended(5)]);
		await clearing(opened, 3 * day_ms);
		expect((await journal.reader.alerts({})).items).toEqual([]);
		expect((await journal.load()).last_sequence).toBe(Date.parse(time(0)) * 4096 + 5);
		expect(await journal.accept(reception(6, { replay_key: key("signed") }))).toEqual(replayOf(5));
	});

	test("more than one step's worth goes in steps, orders without an alert and old events too", async () => {
		const opened = await open({ keep_ms: day_ms });
		const { journal } = opened;
		const many = Array.from({ length: 700 }, (_, n) => n);
		await Promise.all(many.map((n) => journal.accept(reception(n))));
		await journal.commit(many.flatMap((n) => [ended(n), event(`event ${n}`)]));
		await journal.commit([{ kind: "order", order: order("flatten", { alert_id: null, status: "filled" }) }]);
		await clearing(opened, 3 * day_ms);
		expect(await journal.reader.counts()).toEqual({ alerts: {}, orders: 0, fills: 0 });
		const events = await journal.reader.events(0, 1000);
		expect(events.map(({ detail }) => detail)).toEqual(["event 699"]);
		await journal.commit([event("next")]);
		const [last, next] = await journal.reader.events(0, 1000);
		expect(next?.sequence ?? 0).toBeGreaterThan(last?.sequence ?? Number.MAX_VALUE);
	});
}

function limits(open: Open): void {
	test("over its size an alert is refused as full; duplicates are known, ends and fills go in, and pruning makes room", async () => {
		const opened = await open({ size_max_bytes: 600_000, keep_ms: day_ms });
		const { journal } = opened;
		const raw = "x".repeat(20_000);
		let n = 0;
		let last: unknown = { resolved: accepted };
		for (; n < 100 && last !== "full"; n++) last = await kindOf(journal.accept(reception(n, { raw })));
		expect(last).toBe("full");
		expect(n).toBeGreaterThan(5);
		expect(await journal.accept(reception(0, { raw }))).toEqual(duplicateOf(0));
		const recorded = Array.from({ length: n - 1 }, (_, index) => index);
		await journal.commit([...recorded.map((one) => ended(one)), { kind: "fill", fill: fill("t1") }]);
		expect((await journal.load()).open_alerts).toBe(0);
		await clearing(opened, 3 * day_ms);
		expect(await journal.accept(reception(n - 1, { raw }))).toEqual(accepted);
	});

	test("beyond waiting_max a reception is refused at once as busy, while commits and those that wait go on", async () => {
		const { journal } = await open();
		const waiting = Array.from({ length: waiting_max }, (_, n) => kindOf(journal.accept(reception(n))));
		const refused = kindOf(journal.accept(reception(waiting_max)));
		const commit = kindOf(journal.commit([event("in spite of it")]));
		expect(await refused).toBe("busy");
		expect(await commit).toEqual({ resolved: undefined });
		expect(new Set((await Promise.all(waiting)).map((one) => JSON.stringify(one)))).toEqual(
			new Set([JSON.stringify({ resolved: accepted })]),
		);
		expect(await journal.accept(reception(waiting_max))).toEqual(accepted);
	});

	test("a record over the limit is refused as too_large and the next one goes in", async () => {
		const { journal } = await open();
		expect(await kindOf(journal.accept(reception(0, { raw: "x".repeat(reception_chars_max) })))).toBe("too_large");
		expect(await journal.accept(reception(0))).toEqual(accepted);
	});

	test("closing waits for what was handed over; afterwards everything is refused as closed", async () => {
		const { journal, clock } = await open();
		const handedOver = Promise.all([0, 1, 2].map((n) => journal.accept(reception(n))));
		await Promise.all([journal.close(), journal.close()]);
		expect(await handedOver).toEqual([accepted, accepted, accepted]);
		expect(clock.waiting).toBe(0);
		for (const call of [
			() => journal.accept(reception(3)),
			() => journal.commit([event("late")]),
			() => journal.load(),
			() => journal.reader.counts(),
		]) {
			expect(await kindOf(call())).toBe("closed");
		}
	});
}
