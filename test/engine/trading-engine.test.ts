/** From signal to position: order of legs, several accounts, stops and targets, what is on disk when, races and odd answers of a broker. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import type { Change } from "../../src/domain/ports.ts";
import type { Alert, Order, Signal } from "../../src/domain/records.ts";
import {
	accountSettings,
	alertOf,
	engineWith,
	enter,
	flush,
	MemoryJournal,
	strategyOf,
	type WatchedBroker,
	type World,
	type WorldOptions,
	watched,
} from "./support.ts";

/** Enters with a stop and a target; exits follow the alert. */
const guard =
	(stops: Partial<Extract<Signal, { kind: "enter" }>>) =>
	(alert: Alert): readonly Signal[] => {
		if (alert.type === "LONG_ENTRY") return [enter("long", stops)];
		if (alert.type === "SHORT_ENTRY") return [enter("short", stops)];
		return [{ kind: "exit", side: "any", ...(alert.quantity === undefined ? {} : { quantity: alert.quantity }) }];
	};

const guarded = (
	name = "MyRSIStrategy",
	stops: Partial<Extract<Signal, { kind: "enter" }>> = { stop_loss: "2%", take_profit: "5%" },
) => strategyOf({ name, pyramiding: 3 }, guard(stops));

const kinds = (changes: readonly Change[]): string[] => changes.map(({ kind }) => kind);

/** A world whose one broker is watched. */
async function watchedWorld(options: WorldOptions = {}): Promise<{ world: World; broker: WatchedBroker }> {
	const { brokers, wrap } = watched();
	const world = await engineWith({ ...options, wrap });
	const broker = brokers.get("paper");
	if (broker === undefined) throw new Error("no broker");
	return { world, broker };
}

/** The order of the newest alert with this leg number. */
const orderOf = (world: World, alert: Alert, suffix: string): Order => world.journal.order(`${alert.id}-${suffix}`);

describe("one alert", () => {
	test("becomes an order, a fill and a position, and says so", async () => {
		const world = await engineWith({ accounts: [accountSettings({ fee: decimal("0.001") })] });
		const alert = alertOf("buy");
		const ended = await world.send(alert);
		expect(ended).toMatchObject({ status: "executed", code: null, reason: "bought 0.5 BTC/USD at 42000" });
		expect(orderOf(world, alert, "1")).toMatchObject({
			alert_id: alert.id,
			side: "buy",
			type: "market",
			leg: "entry",
			status: "filled",
			quantity: "0.5",
			filled_quantity: "0.5",
			average_price: "42000",
			reduce_only: false,
		});
		expect(world.journal.fills()).toMatchObject([{ quantity: "0.5", price: "42000", fee: "21", realized_pnl: "0" }]);
		expect(world.journal.positions()).toMatchObject([{ side: "long", quantity: "0.5", realized_pnl: "-21" }]);
		expect(world.journal.accounts()).toMatchObject([{ balance: "999979", equity: "999979" }]);
	});

	test("is on disk before the broker hears of it, and its outcome is one commit", async () => {
		const { world, broker } = await watchedWorld();
		const seen: string[] = [];
		broker.instead = (order) => {
			seen.push(world.journal.order(order.id).status);
			return undefined;
		};
		await world.send(alertOf("buy"));
		expect(seen).toEqual(["submitting"]);
		expect(world.journal.commits.map(kinds)).toEqual([
			["intent", "order"],
			["order", "fill", "position", "account", "event", "alert_ended", "event"],
		]);
	});

	test("a strategy's state is written with its answer, not after it", async () => {
		const strategy = strategyOf({}, () => Promise.resolve({ ok: true, signals: [enter("long")], state: { n: 1 } }));
		const world = await engineWith({ strategies: [strategy] });
		await world.send(alertOf("buy"));
		expect(kinds(world.journal.commits[0] ?? [])).toEqual(["strategy_state", "intent", "order"]);
		expect(await world.journal.strategyState("MyRSIStrategy", "paper")).toEqual({ n: 1 });
	});

	test("a strategy sees its own position and state, and not another's", async () => {
		const seen: unknown[] = [];
		const asks = strategyOf({}, (_, context) => {
			seen.push([context.position?.side ?? null, context.account.equity]);
			return [enter("long")];
		});
		const world = await engineWith({ strategies: [asks, strategyOf({ name: "Other" })] });
		await world.send(alertOf("sell", { strategy: "Other" }), alertOf("buy"), alertOf("buy", { price: "43000" }));
		expect(seen).toEqual([
			[null, "1000000"],
			["long", "1000000"],
		]);
	});

	test("a strategy that fails fails its alert alone", async () => {
		const broken = strategyOf({}, () => Promise.resolve({ ok: false, code: "strategy_timeout", detail: "2 s" }));
		const world = await engineWith({ strategies: [broken, strategyOf({ name: "Other" })] });
		expect(await world.send(alertOf("buy"))).toMatchObject({
			status: "failed",
			code: "strategy_timeout",
			reason: "2 s",
		});
		expect(await world.send(alertOf("buy", { strategy: "Other" }))).toMatchObject({ status: "executed" });
	});

	test("a size in the signal counts before the strategy's, also in money", async () => {
		const rows = [
			["0.25 BTC", "0.25"],
			["420 USD", "0.01"],
			["1%", "0.23809523"],
		] as const;
		for (const [size, quantity] of rows) {
			const world = await engineWith({ strategies: [strategyOf({}, () => [enter("long", { size })])] });
			await world.send(alertOf("buy"));
			expect([size, world.held()]).toEqual([size, [`paper MyRSIStrategy BTC/USD long ${quantity}`]]);
		}
	});

	test("a size that nobody can read is rejected and sends nothing", async () => {
		const world = await engineWith({ strategies: [strategyOf({}, () => [enter("long", { size: "a lot" })])] });
		expect(await world.send(alertOf("buy"))).toMatchObject({ status: "rejected", code: "size_not_applicable" });
		expect(world.journal.orders()).toEqual([]);
	});

	test("a risk size loses its share at the stop, with the price it was sized with", async () => {
		const strategies = [strategyOf({}, () => [enter("long", { size: "risk 1%", stop_loss: "41000" })])];
		const world = await engineWith({ strategies });
		await world.send(alertOf("buy"));
		await world.price("BTC/USD", "41000");
		expect(world.journal.accounts()).toMatchObject([{ balance: "990000" }]);
	});
});

describe("a reversal", () => {
	test("enters only after the exit is filled, at a price and with money that know of it", async () => {
		const { world, broker } = await watchedWorld({
			strategies: [strategyOf({ size: { kind: "equity_share", share: decimal("0.42") } })],
			accounts: [accountSettings({ balance: decimal("100000") })],
		});
		await world.send(alertOf("buy"));
		const alert = alertOf("sell", { price: "44000" });
		broker.instead = (order) => {
			if (order.leg === "entry") expect(orderOf(world, alert, "1").status).toBe("filled");
			return undefined;
		};
		await world.send(alert);
		expect(broker.asked.map(({ leg, side, quantity, reduce_only }) => [leg, side, quantity, reduce_only])).toEqual([
			["entry", "buy", "1", false],
			["exit", "sell", "1", true],
			// 42 % of 102000 at 44000.
			["entry", "sell", "0.97363636", false],
		]);
	});

	test("whose entry is denied has closed and says both", async () => {
		const world = await engineWith({ accounts: [accountSettings({ balance: decimal("30000") })] });
		await world.send(alertOf("buy"));
		const ended = await world.send(alertOf("sell", { price: "70000" }));
		expect(ended).toMatchObject({ status: "executed", code: null });
		await world.send(alertOf("buy", { price: "200000" }));
		const last = world.journal.ended(world.journal.alerts[2]?.id ?? "");
		expect(last).toMatchObject({ status: "executed", code: "insufficient_funds" });
		expect(last.reason).toStartWith("bought 0.5 BTC/USD at 200000; the next leg: needs 100000");
		expect(world.held()).toEqual([]);
	});

	test("whose exit is rejected enters nothing", async () => {
		const { world, broker } = await watchedWorld();
		await world.send(alertOf("buy"));
		broker.instead = (order) =>
			order.leg === "exit" ? Promise.resolve({ outcome: "rejected", reason: "closed for the day" }) : undefined;
		const ended = await world.send(alertOf("sell"));
		expect(ended).toMatchObject({ status: "failed", code: "broker_rejected", reason: "closed for the day" });
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
		expect(broker.asked).toHaveLength(2);
	});

	const unclear: readonly (readonly [string, WatchedBroker["instead"]])[] = [
		["gives no evidence", () => Promise.resolve({ outcome: "unknown", reason: "timed out" })],
		["throws", () => Promise.reject(new Error("socket gone"))],
		["lets the exit rest", () => Promise.resolve({ outcome: "accepted", fills: [] })],
	];
	for (const [name, answer] of unclear) {
		test(`whose broker ${name} enters nothing on top of it`, async () => {
			const { world, broker } = await watchedWorld();
			await world.send(alertOf("buy"));
			broker.instead = answer;
			const ended = await world.send(alertOf("sell"));
			expect(ended).toMatchObject({ status: "failed", code: "broker_rejected" });
			expect(broker.asked.map(({ leg }) => leg)).toEqual(["entry", "exit"]);
			expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
			expect(["unknown", "accepted"]).toContain(world.journal.orders()[1]?.status ?? "");
		});
	}
});

describe("a broker that fails after the outcome is on disk", () => {
	test("does not end the alert a second time, and the next one works", async () => {
		const { world, broker } = await watchedWorld({ strategies: [guarded()] });
		await world.send(alertOf("buy"));
		const { cancel } = broker;
		broker.cancel = () => Promise.reject(new Error("socket gone"));
		const exit = alertOf("exit");
		expect(await world.send(exit)).toMatchObject({ status: "executed", code: null });
		const ends = world.journal.commits
			.flat()
			.filter((change) => change.kind === "alert_ended" && change.id === exit.id);
		expect(ends).toHaveLength(1);
		expect(world.log.troubles()).toEqual(["working on an alert failed"]);
		broker.cancel = cancel;
		expect(await world.send(alertOf("sell"))).toMatchObject({ status: "executed" });
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD short 0.5"]);
	});
});

describe("several accounts", () => {
	const two = [accountSettings({ name: "a" }), accountSettings({ name: "b", balance: decimal("1000") })];
	const accounts = [
		{ account: "a" },
		{ account: "b", size: { kind: "units", quantity: decimal("0.01"), currency: "BTC" } },
	] as const;

	test("get one order each, with their own size, and one verdict", async () => {
		const world = await engineWith({ accounts: two, strategies: [strategyOf({ accounts })] });
		const alert = alertOf("buy");
		const ended = await world.send(alert);
		expect(world.held()).toEqual(["a MyRSIStrategy BTC/USD long 0.5", "b MyRSIStrategy BTC/USD long 0.01"]);
		expect(ended).toMatchObject({
			status: "executed",
			reason: "a: executed, bought 0.5 BTC/USD at 42000; b: executed, bought 0.01 BTC/USD at 42000",
		});
		const ids = world.journal.orders().map(({ id }) => id);
		expect(ids).toEqual([`${alert.id}-1`, `${alert.id}-101`]);
		expect(new Set(world.journal.orders().map((order) => order.client_order_id)).size).toBe(2);
	});

	test("one that cannot pay does not keep the other from trading", async () => {
		const world = await engineWith({
			accounts: two,
			strategies: [strategyOf({ accounts: [{ account: "a" }, { account: "b" }] })],
		});
		const ended = await world.send(alertOf("buy"));
		expect(world.held()).toEqual(["a MyRSIStrategy BTC/USD long 0.5"]);
		expect(ended).toMatchObject({ status: "executed", code: null });
		expect(ended.reason).toContain("b: rejected, needs 21000, free 1000");
	});

	test("one whose work throws fails alone, and the alert ends when the other is done", async () => {
		const strategy = strategyOf({ accounts }, (_, { account }) =>
			account.name === "a" ? Promise.reject(new Error("bug")) : [enter("long")],
		);
		const world = await engineWith({ accounts: two, strategies: [strategy] });
		const alert = alertOf("buy");
		const ended = await world.send(alert);
		expect(world.held()).toEqual(["b MyRSIStrategy BTC/USD long 0.01"]);
		expect(ended).toMatchObject({
			status: "executed",
			reason: "a: failed, bug; b: executed, bought 0.01 BTC/USD at 42000",
		});
		expect(world.journal.commits.flat().filter(({ kind }) => kind === "alert_ended")).toHaveLength(1);
	});

	test("listed in another order after a restart, each goes on with its own orders", async () => {
		const first = await engineWith({ accounts: two, strategies: [strategyOf({ accounts })] });
		const alert = alertOf("buy");
		await first.send(alert);
		// Both orders are filled on disk, the end of the alert is not.
		const commits = first.journal.commits.map((changes) => changes.filter(({ kind }) => kind !== "alert_ended"));
		const world = await engineWith({
			accounts: two,
			strategies: [strategyOf({ accounts: [...accounts].reverse() })],
			journal: MemoryJournal.from([alert], commits),
		});
		expect(world.held()).toEqual(["a MyRSIStrategy BTC/USD long 0.5", "b MyRSIStrategy BTC/USD long 0.01"]);
		expect(world.journal.fills()).toHaveLength(2);
		expect(world.journal.ended(alert.id).status).toBe("executed");
	});

	test("share nothing: the exposure of one does not bar the other", async () => {
		const rich = [
			accountSettings({ name: "a", balance: decimal("50000") }),
			accountSettings({ name: "b", balance: decimal("50000") }),
		];
		const limits = { max_position_size: undefined, max_exposure: decimal("0.5"), max_daily_loss: undefined };
		const world = await engineWith({
			accounts: rich,
			limits,
			strategies: [
				strategyOf({ accounts: [{ account: "a" }] }),
				strategyOf({ name: "Other", accounts: [{ account: "b" }] }),
			],
		});
		await world.send(alertOf("buy"));
		expect(await world.send(alertOf("buy", { strategy: "Other" }))).toMatchObject({ status: "executed" });
	});
});

describe("one account, several symbols at once", () => {
	test("lanes side by side cannot spend the same money twice", async () => {
		const world = await engineWith({
			accounts: [accountSettings({ balance: decimal("30000") })],
			strategies: [strategyOf({ size: { kind: "money", amount: decimal("20000"), currency: "USD" } })],
		});
		// Both are approved before either is filled: the disk is slow.
		const gate = Promise.withResolvers<undefined>();
		world.journal.before = () => gate.promise;
		world.hand(alertOf("buy", { symbol: "BTC/USD" }));
		world.hand(alertOf("buy", { symbol: "ETH/USD", price: "2000" }));
		await flush();
		gate.resolve(undefined);
		await world.idle();
		const statuses = world.journal.alerts.map(
			({ id }) => `${world.journal.ended(id).status} ${world.journal.ended(id).code}`,
		);
		expect(statuses).toEqual(["executed null", "rejected insufficient_funds"]);
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.47619047"]);
	});

	test("the account on disk is the one in memory, however the fills interleave", async () => {
		const world = await engineWith({
			accounts: [accountSettings({ fee: decimal("0.001") })],
			strategies: [strategyOf({ size: { kind: "money", amount: decimal("1000"), currency: "USD" } })],
		});
		for (let round = 0; round < 5; round++) {
			for (const symbol of ["BTC/USD", "ETH/USD"]) world.hand(alertOf(round % 2 === 0 ? "buy" : "sell", { symbol }));
		}
		await world.idle();
		expect(world.journal.accounts()).toEqual([...world.engine.book.accounts()]);
		expect(world.journal.fills()).toHaveLength(18);
	});
});

describe("stop and target", () => {
	test("stand as soon as the entry is filled, counted from its average price", async () => {
		const world = await engineWith({
			strategies: [guarded()],
			accounts: [accountSettings({ slippage: decimal("0.001") })],
		});
		await world.send(alertOf("buy"));
		expect(world.standing()).toEqual([
			"stop_loss sell 0.5 BTC/USD at 41201.16",
			"take_profit sell 0.5 BTC/USD at 44144.1",
		]);
		expect(world.engine.open.all().every(({ reduce_only, status }) => reduce_only && status === "accepted")).toBe(true);
	});

	test("of a short stand on the other side", async () => {
		const world = await engineWith({ strategies: [guarded()] });
		await world.send(alertOf("sell"));
		expect(world.standing()).toEqual(["stop_loss buy 0.5 BTC/USD at 42840", "take_profit buy 0.5 BTC/USD at 39900"]);
	});

	test("are written down in the commit of the fill that asks for them", async () => {
		const world = await engineWith({ strategies: [guarded()] });
		await world.send(alertOf("buy"));
		expect(kinds(world.journal.commits[1] ?? [])).toEqual([
			...(["order", "fill", "position", "account", "event"] as const),
			...(["order", "order", "alert_ended", "event"] as const),
		]);
	});

	test("a stop that is reached closes the position and takes the target away", async () => {
		const world = await engineWith({ strategies: [guarded()] });
		const alert = alertOf("buy");
		await world.send(alert);
		await world.price("BTC/USD", "41160");
		expect(world.held()).toEqual([]);
		expect(world.standing()).toEqual([]);
		expect(orderOf(world, alert, "1-sl").status).toBe("filled");
		expect(orderOf(world, alert, "1-tp")).toMatchObject({ status: "canceled", reason: "the position is closed" });
		await world.price("BTC/USD", "50000");
		expect(world.journal.fills()).toHaveLength(2);
	});

	test("a target that is reached takes the stop away", async () => {
		const world = await engineWith({ strategies: [guarded()] });
		const alert = alertOf("buy");
		await world.send(alert);
		await world.price("BTC/USD", "44100");
		await world.price("BTC/USD", "30000");
		expect([orderOf(world, alert, "1-tp").status, orderOf(world, alert, "1-sl").status]).toEqual([
			"filled",
			"canceled",
		]);
		expect(world.held()).toEqual([]);
	});

	test("an alert whose own price reaches the stop finds nothing more to close", async () => {
		const world = await engineWith({ strategies: [guarded()] });
		const ended = await world.send(alertOf("buy"), alertOf("close_long", { price: "41000" }));
		expect(ended).toMatchObject({ status: "skipped", code: "nothing_to_close" });
		expect(world.journal.fills()).toHaveLength(2);
	});

	test("after half an exit they cover the other half, after the rest nothing", async () => {
		const world = await engineWith({ strategies: [guarded()] });
		await world.send(alertOf("buy"), alertOf("exit", { quantity: "50%" }));
		expect(world.standing()).toEqual([
			"stop_loss sell 0.25 BTC/USD at 41160",
			"take_profit sell 0.25 BTC/USD at 44100",
		]);
		await world.send(alertOf("exit"));
		expect(world.standing()).toEqual([]);
		expect(
			world.journal
				.orders()
				.map(({ status }): string => status)
				.sort(),
		).toEqual([...Array<string>(4).fill("canceled"), ...Array<string>(3).fill("filled")]);
	});

	test("the old one goes and the smaller one comes in one commit", async () => {
		const world = await engineWith({ strategies: [guarded()] });
		await world.send(alertOf("buy"), alertOf("exit", { quantity: "50%" }));
		const cut = world.journal.commits.find((changes) =>
			changes.some((change) => change.kind === "order" && change.order.id.endsWith("-sl2")),
		);
		expect(
			(cut ?? []).flatMap((change) =>
				change.kind === "order" ? [`${change.order.id.slice(-3)} ${change.order.status}`] : [],
			),
		).toEqual(["-sl canceled", "sl2 submitting"]);
	});

	test("each addition has its own, and the oldest keeps its place", async () => {
		const world = await engineWith({ strategies: [guarded()] });
		await world.send(alertOf("buy"), alertOf("buy", { price: "43000" }));
		expect(world.standing()).toEqual([
			"stop_loss sell 0.5 BTC/USD at 41160",
			"take_profit sell 0.5 BTC/USD at 44100",
			"stop_loss sell 0.5 BTC/USD at 42140",
			"take_profit sell 0.5 BTC/USD at 45150",
		]);
		await world.price("BTC/USD", "42000");
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
		expect(world.standing()).toEqual(["stop_loss sell 0.5 BTC/USD at 41160", "take_profit sell 0.5 BTC/USD at 44100"]);
	});

	test("a reversal leaves none of the old side", async () => {
		const world = await engineWith({ strategies: [guarded()] });
		await world.send(alertOf("buy"), alertOf("sell", { price: "43000" }));
		expect(world.standing()).toEqual(["stop_loss buy 0.5 BTC/USD at 43860", "take_profit buy 0.5 BTC/USD at 40850"]);
	});

	test("a stop that the entry itself has passed closes at once and leaves no target behind", async () => {
		const world = await engineWith({
			strategies: [guarded("MyRSIStrategy", { stop_loss: "42500", take_profit: "44000" })],
		});
		const alert = alertOf("buy");
		await world.send(alert);
		expect(world.held()).toEqual([]);
		expect(world.standing()).toEqual([]);
		expect(orderOf(world, alert, "1-tp")).toMatchObject({ status: "canceled", filled_quantity: "0" });
	});

	test("a target that the entry itself has passed closes at once and leaves no stop behind", async () => {
		const strategies = [guarded("MyRSIStrategy", { stop_loss: "40000", take_profit: "41000" })];
		const world = await engineWith({ strategies });
		await world.send(alertOf("buy"));
		expect(world.held()).toEqual([]);
		expect(world.standing()).toEqual([]);
		await world.price("BTC/USD", "39000");
		expect(world.journal.fills()).toHaveLength(2);
	});

	test("a limit entry gets them only when it is filled", async () => {
		const strategies = [guarded("MyRSIStrategy", { limit: "41000", stop_loss: "1%" })];
		const world = await engineWith({ strategies });
		const ended = await world.send(alertOf("buy"));
		expect(ended).toMatchObject({ status: "executed", reason: "buy 0.5 BTC/USD limit rests at the broker" });
		expect(world.standing()).toEqual(["entry buy 0.5 BTC/USD at 41000"]);
		expect(world.held()).toEqual([]);
		await world.price("BTC/USD", "41000");
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
		expect(world.standing()).toEqual(["stop_loss sell 0.5 BTC/USD at 40590"]);
	});

	const whatTakesItBack = [
		{ name: "an exit", action: "close_long", ended: { status: "skipped", code: "nothing_to_close" } },
		{ name: "a stop_loss", action: "stop_loss", ended: { status: "skipped", code: "nothing_to_close" } },
		{ name: "an opposite entry", action: "sell", ended: { status: "executed", code: null } },
	] as const;
	for (const { name, action, ended } of whatTakesItBack) {
		test(`a resting entry is taken back by ${name}, and no later price fills it`, async () => {
			const world = await engineWith({ strategies: [guarded("MyRSIStrategy", { limit: "41000" })] });
			await world.send(alertOf("buy"));
			expect(await world.send(alertOf(action))).toMatchObject(ended);
			expect(world.standing().filter((line) => line.includes("entry buy"))).toEqual([]);
			await world.price("BTC/USD", "40000");
			expect(world.held().filter((line) => line.includes("long"))).toEqual([]);
			expect(world.journal.orders().filter(({ side, status }) => side === "buy" && status === "canceled")).toHaveLength(
				1,
			);
		});
	}

	const whatLeavesIt = [
		{ name: "a partial exit", action: "close_long", quantity: "50%" },
		{ name: "an entry of the same side", action: "buy", quantity: undefined },
	] as const;
	for (const { name, action, quantity } of whatLeavesIt) {
		test(`a resting entry is left standing by ${name}`, async () => {
			const world = await engineWith({ strategies: [guarded("MyRSIStrategy", { limit: "41000" })] });
			await world.send(alertOf("buy"));
			await world.send(alertOf(action, quantity === undefined ? {} : { quantity }));
			expect(world.standing()).toContain("entry buy 0.5 BTC/USD at 41000");
		});
	}

	test("what a resting entry may still buy counts against max_position_size", async () => {
		const limits = { max_position_size: decimal("0.03"), max_exposure: undefined, max_daily_loss: undefined };
		const world = await engineWith({ limits, strategies: [guarded("MyRSIStrategy", { limit: "41000" })] });
		expect(await world.send(alertOf("buy"))).toMatchObject({ status: "executed" });
		expect(await world.send(alertOf("buy"))).toMatchObject({ status: "rejected", code: "max_position_size" });
	});
});

describe("strategies that oppose each other on one account", () => {
	const both = () => [
		guarded(),
		strategyOf({ name: "Other", size: { kind: "units", quantity: decimal("0.5"), currency: "BTC" } }),
	];

	test("an exit is reduce-only where the net allows it and plain where it does not", async () => {
		const { world, broker } = await watchedWorld({
			strategies: [
				strategyOf({ size: { kind: "units", quantity: decimal("2"), currency: "BTC" } }),
				strategyOf({ name: "Other" }),
			],
		});
		await world.send(alertOf("buy"), alertOf("sell", { strategy: "Other" }));
		await world.send(alertOf("close_short", { strategy: "Other" }), alertOf("close_long"));
		expect(broker.asked.map(({ strategy, leg, reduce_only }) => `${strategy} ${leg} ${reduce_only}`)).toEqual([
			"MyRSIStrategy entry false",
			"Other entry false",
			"Other exit false",
			"MyRSIStrategy exit true",
		]);
		expect(world.held()).toEqual([]);
	});

	test("a stop that stood before the other came still closes", async () => {
		const world = await engineWith({ strategies: both() });
		await world.send(alertOf("buy"), alertOf("sell", { strategy: "Other" }));
		expect(world.engine.open.all().map(({ leg, reduce_only }) => [leg, reduce_only])).toEqual([
			["stop_loss", false],
			["take_profit", false],
		]);
		await world.price("BTC/USD", "41000");
		expect(world.held()).toEqual(["paper Other BTC/USD short 0.5"]);
		expect(world.standing()).toEqual([]);
	});

	test("two stops of two strategies at one price both fill", async () => {
		const world = await engineWith({ strategies: [guarded(), guarded("Second"), strategyOf({ name: "Other" })] });
		await world.send(alertOf("buy"), alertOf("buy", { strategy: "Second" }), alertOf("sell", { strategy: "Other" }));
		await world.price("BTC/USD", "41000");
		expect(world.held()).toEqual(["paper Other BTC/USD short 0.5"]);
	});

	test("a stop and an exit in the same moment end flat, not on the other side", async () => {
		const { world, broker } = await watchedWorld({ strategies: both() });
		await world.send(alertOf("buy"), alertOf("sell", { strategy: "Other" }));
		// The price runs away right after the exit was filled, before its stop could be taken back.
		broker.instead = (order) => {
			if (order.leg !== "exit" || !order.id.endsWith("-1")) return undefined;
			const paper = world.brokers.get("paper");
			if (paper === undefined) throw new Error("no paper broker");
			broker.instead = () => undefined;
			const answer = paper.submit(order);
			paper.observe("BTC/USD", decimal("41000"), world.clock.now());
			return answer;
		};
		await world.send(alertOf("exit"));
		expect(world.held()).toEqual(["paper Other BTC/USD short 0.5"]);
		expect(world.standing()).toEqual([]);
		const back = world.journal.orders().find(({ id }) => id.endsWith("-back"));
		expect(back).toMatchObject({ strategy: "MyRSIStrategy", side: "buy", quantity: "0.5", status: "filled" });
	});
});

describe("a stop that is reached while an exit is on its way to the disk", () => {
	for (const opposed of [false, true]) {
		test(`closes once${opposed ? ", also where orders cannot be reduce-only" : ""}`, async () => {
			const world = await engineWith({ strategies: [guarded(), strategyOf({ name: "Other" })] });
			await world.send(alertOf("buy"));
			if (opposed) await world.send(alertOf("sell", { strategy: "Other" }));
			const before = world.held().filter((line) => !line.includes("MyRSI"));
			const gate = Promise.withResolvers<undefined>();
			world.journal.before = () => gate.promise;
			const exit = alertOf("exit");
			world.hand(exit);
			await flush();
			world.engine.observe(["paper"], "BTC/USD", "41000", world.clock.now());
			gate.resolve(undefined);
			await world.idle();
			expect(world.held()).toEqual(before);
			expect(world.journal.ended(exit.id)).toMatchObject({ status: "skipped", code: "nothing_to_close" });
			expect(orderOf(world, exit, "1")).toMatchObject({ status: "canceled", filled_quantity: "0" });
			expect(world.standing()).toEqual([]);
		});
	}

	test("of another strategy leaves no net to reduce, and the exit goes out plain", async () => {
		const world = await engineWith({
			strategies: [strategyOf(), guarded("Second"), strategyOf({ name: "Other" })],
		});
		await world.send(alertOf("buy"), alertOf("buy", { strategy: "Second" }), alertOf("sell", { strategy: "Other" }));
		const gate = Promise.withResolvers<undefined>();
		world.journal.before = () => gate.promise;
		const exit = alertOf("exit");
		world.hand(exit);
		await flush();
		world.engine.observe(["paper"], "BTC/USD", "41000", world.clock.now());
		gate.resolve(undefined);
		await world.idle();
		expect(world.held()).toEqual(["paper Other BTC/USD short 0.5"]);
		expect(orderOf(world, exit, "1")).toMatchObject({ status: "filled", reduce_only: false });
	});

	test("lets a reversal enter: the position it was to close is closed", async () => {
		const world = await engineWith({ strategies: [guarded()] });
		await world.send(alertOf("buy"));
		const gate = Promise.withResolvers<undefined>();
		world.journal.before = () => gate.promise;
		const alert = alertOf("sell");
		world.hand(alert);
		await flush();
		world.engine.observe(["paper"], "BTC/USD", "41000", world.clock.now());
		gate.resolve(undefined);
		await world.idle();
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD short 0.5"]);
		expect(world.journal.ended(alert.id)).toMatchObject({ status: "executed", code: null });
	});
});

describe("a disk that fails for a while", () => {
	for (const failsAfterWriting of [false, true]) {
		test(`loses nothing and doubles nothing${failsAfterWriting ? ", though it had written what it denied" : ""}`, async () => {
			const world = await engineWith({ strategies: [guarded()] });
			world.journal.failsAfterWriting = failsAfterWriting;
			world.journal.failures = 3;
			const alerts = [alertOf("buy"), alertOf("exit", { quantity: "50%" }), alertOf("sell")];
			for (const alert of alerts) world.hand(alert);
			await world.clock.advance(200);
			world.journal.failures = 2;
			await world.clock.advance(60_000);
			await world.idle();
			expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD short 0.5"]);
			expect(world.journal.positions()).toEqual([...world.engine.book.positions()]);
			expect(world.journal.fills()).toHaveLength(4);
			expect(alerts.map(({ id }) => world.journal.ended(id).status)).toEqual(["executed", "executed", "executed"]);
			expect(world.engine.recorder.failing).toBe(false);
		});
	}

	test("sends nothing that is not on disk", async () => {
		const { world, broker } = await watchedWorld();
		world.journal.failures = 5;
		world.hand(alertOf("buy"));
		await world.clock.advance(100);
		expect(broker.asked).toEqual([]);
		expect(world.engine.recorder.failing).toBe(true);
		await world.clock.advance(60_000);
		expect(broker.asked).toHaveLength(1);
	});
});

describe("after a restart", () => {
	const longAgo = { received_at: "2026-03-02T11:00:00.000Z" };

	/** What a journal holds when the program stopped after `kept` commits of this. */
	async function stopped(alerts: readonly Alert[], kept: number, options: WorldOptions = {}): Promise<MemoryJournal> {
		const world = await engineWith({ max_age_ms: 1e9, ...options });
		await world.send(...alerts);
		const open = alerts.filter((alert) => {
			const end = world.journal.commits.findIndex((changes) =>
				changes.some((change) => change.kind === "alert_ended" && change.id === alert.id),
			);
			return end >= kept;
		});
		expect(open).toHaveLength(1);
		return MemoryJournal.from(alerts, world.journal.commits.slice(0, kept));
	}

	test("an entry on its way is not sent when it has become too old, and its order is ended", async () => {
		const alert = alertOf("buy", longAgo);
		const world = await engineWith({ journal: await stopped([alert], 1) });
		expect(world.held()).toEqual([]);
		expect(world.journal.ended(alert.id)).toMatchObject({ status: "rejected", code: "stale_alert" });
		expect(orderOf(world, alert, "1").status).toBe("denied");
		expect(world.engine.open.all()).toEqual([]);
	});

	test("an exit on its way is sent however old it is", async () => {
		const alerts = [alertOf("buy"), alertOf("close_long", longAgo)];
		const world = await engineWith({ journal: await stopped(alerts, 3) });
		expect(world.held()).toEqual([]);
		expect(world.journal.fills()).toHaveLength(2);
	});

	test("a reversal that has closed does not enter so late, and says what it did", async () => {
		const alerts = [alertOf("buy"), alertOf("sell", longAgo)];
		const world = await engineWith({ journal: await stopped(alerts, 4) });
		expect(world.held()).toEqual([]);
		expect(world.journal.ended(alerts[1]?.id ?? "")).toMatchObject({ status: "executed", code: "stale_alert" });
	});

	test("a strategy is never asked twice for the same alert", async () => {
		let asked = 0;
		const strategies = [
			strategyOf({}, () => {
				asked += 1;
				return [enter("long")];
			}),
		];
		const journal = await stopped([alertOf("buy")], 1, { strategies });
		const world = await engineWith({ journal, strategies });
		expect(asked).toBe(1);
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
	});

	test("a strategy that was switched off meanwhile still brings its exit to an end", async () => {
		const alerts = [alertOf("buy"), alertOf("sell")];
		const journal = await stopped(alerts, 3);
		const world = await engineWith({ journal, strategies: [strategyOf({ enabled: false })] });
		expect(world.held()).toEqual([]);
		expect(world.engine.open.all()).toEqual([]);
	});

	test("a strategy that is gone leaves no order on its way for ever", async () => {
		const alert = alertOf("buy");
		const world = await engineWith({ journal: await stopped([alert], 1), strategies: [strategyOf({ name: "Other" })] });
		expect(world.journal.ended(alert.id)).toMatchObject({ code: "unknown_strategy" });
		expect(orderOf(world, alert, "1").status).toBe("abandoned");
		expect(world.engine.open.all()).toEqual([]);
	});

	test("standing stops protect before the first alert is worked on", async () => {
		const strategies = [guarded()];
		const first = await engineWith({ strategies });
		await first.send(alertOf("buy"));
		const world = await engineWith({
			strategies,
			journal: MemoryJournal.from(first.journal.alerts, first.journal.commits),
		});
		expect(world.standing()).toEqual(first.standing());
		await world.price("BTC/USD", "41000");
		expect(world.held()).toEqual([]);
		expect(world.standing()).toEqual([]);
	});

	test("a stop left over from a closed position is taken off the books and opens nothing", async () => {
		const strategies = [guarded(), strategyOf({ name: "Other" })];
		const first = await engineWith({ strategies });
		await first.send(alertOf("buy"), alertOf("sell", { strategy: "Other" }), alertOf("exit"));
		// The exit is on disk, what it did to the stops is not.
		const kept = first.journal.commits.findLastIndex((changes) => changes.some(({ kind }) => kind === "fill")) + 1;
		const journal = MemoryJournal.from(first.journal.alerts, first.journal.commits.slice(0, kept));
		expect(journal.snapshot().open_orders.map(({ leg }) => leg)).toEqual(["stop_loss", "take_profit"]);
		const world = await engineWith({ strategies, journal });
		await world.price("BTC/USD", "30000");
		await world.price("BTC/USD", "60000");
		expect(world.standing()).toEqual([]);
		expect(world.held()).toEqual(["paper Other BTC/USD short 0.5"]);
	});

	test("a resting entry rests again and holds its money", async () => {
		const strategies = [guarded("MyRSIStrategy", { limit: "41000" })];
		const first = await engineWith({ strategies });
		await first.send(alertOf("buy"));
		const world = await engineWith({
			strategies,
			journal: MemoryJournal.from(first.journal.alerts, first.journal.commits),
		});
		expect(world.standing()).toEqual(["entry buy 0.5 BTC/USD at 41000"]);
		expect(world.engine.book.exposure("paper")).toBe(decimal("20500"));
		await world.price("BTC/USD", "40000");
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
		expect(world.engine.book.exposure("paper")).toBe(decimal("20000"));
	});
});

describe("the day", () => {
	test("turns before the first price of the new day is taken in, and is on disk", async () => {
		const limits = { max_position_size: undefined, max_exposure: undefined, max_daily_loss: decimal("0.01") };
		const world = await engineWith({
			limits,
			max_age_ms: 1e12,
			accounts: [accountSettings({ balance: decimal("100000") })],
		});
		await world.send(alertOf("buy"));
		await world.clock.advance(86_400_000);
		// Half a bitcoin falls by 4000 over night: 2 % of the account, measured from yesterday's last price.
		const ended = await world.send(alertOf("sell", { price: "38000" }));
		expect(ended).toMatchObject({ status: "executed", code: "max_daily_loss" });
		expect(world.journal.accounts()).toMatchObject([{ day: "2026-03-03", day_start_equity: "100000" }]);
	});
});

describe("processCycle", () => {
	test("executes signals in turn and says why it did not", async () => {
		const world = await engineWith();
		const signal = (kind: Signal, price?: string) => ({
			strategy: "MyRSIStrategy",
			symbol: "BTC/USD",
			signal: kind,
			...(price === undefined ? {} : { price }),
		});
		const results = await world.engine.processCycle([
			signal(enter("long"), "42000"),
			signal(enter("long")),
			signal({ kind: "exit", side: "any" }),
			signal({ kind: "exit", side: "any" }),
			{ ...signal(enter("long")), strategy: "Nobody" },
		]);
		expect(results.map(({ status, code, message }) => [status, code, message])).toEqual([
			["executed", null, "Alert processed"],
			[
				"skipped",
				"already_in_position",
				"skipped, because MyRSIStrategy is already long BTC/USD; pyramiding allows 0 additions, 0 made",
			],
			["executed", null, "Alert processed"],
			[
				"skipped",
				"nothing_to_close",
				"skipped, because MyRSIStrategy holds nothing of BTC/USD; a position was to be closed",
			],
			["rejected", "unknown_strategy", "rejected, because no strategy is called Nobody"],
		]);
		expect(world.journal.orders().every(({ alert_id }) => alert_id === null)).toBe(true);
	});

	test("two cycles in the same millisecond are different orders", async () => {
		const world = await engineWith({ strategies: [strategyOf({ pyramiding: 1 })] });
		const one = [{ strategy: "MyRSIStrategy", symbol: "BTC/USD", price: "42000", signal: enter("long") }];
		await world.engine.processCycle(one);
		await world.engine.processCycle(one);
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 1"]);
	});

	test("an entry of a cycle that was on its way when the program stopped is abandoned, an exit is sent", async () => {
		const first = await engineWith();
		const one = { strategy: "MyRSIStrategy", symbol: "BTC/USD", price: "42000" };
		await first.engine.processCycle([
			{ ...one, signal: enter("long") },
			{ ...one, signal: { kind: "exit", side: "any" } },
		]);
		const rows = [
			[1, "abandoned", 0],
			[3, "filled", 2],
		] as const;
		for (const [kept, status, fills] of rows) {
			const world = await engineWith({ journal: MemoryJournal.from([], first.journal.commits.slice(0, kept)) });
			expect(world.journal.orders().at(-1)?.status).toBe(status);
			expect(world.journal.fills()).toHaveLength(fills);
			expect(world.held()).toEqual([]);
		}
	});
});
