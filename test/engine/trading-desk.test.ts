/** The switches: halt, reduce, resume, freeze and flatten, for whom they hold, that they are on disk, and what they meet half-way. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import type { Scope } from "../../src/domain/ports.ts";
import type { Alert, Signal } from "../../src/domain/records.ts";
import {
	accountSettings,
	alertOf,
	engineWith,
	enter,
	flush,
	MemoryJournal,
	strategyOf,
	type World,
	type WorldOptions,
	watched,
} from "./support.ts";

const everything: Scope = { scope: "all", name: "" };
const by = { actor: "cli" } as const;
const units = { kind: "money", amount: decimal("21000"), currency: "USD" } as const;

const guard = (alert: Alert): readonly Signal[] => {
	if (alert.type === "LONG_ENTRY") return [enter("long", { stop_loss: "2%", take_profit: "5%" })];
	if (alert.type === "SHORT_ENTRY") return [enter("short", { stop_loss: "2%", take_profit: "5%" })];
	return [{ kind: "exit", side: "any" }];
};

/** Two strategies on two accounts, two symbols; the first with stops and targets. */
const options = (): WorldOptions => ({
	accounts: [accountSettings({ name: "a" }), accountSettings({ name: "b" })],
	strategies: [
		strategyOf({ name: "One", size: units, accounts: [{ account: "a" }, { account: "b" }] }, guard),
		strategyOf({ name: "Two", size: units, accounts: [{ account: "a" }] }),
	],
});

const eth = { symbol: "ETH/USD", price: "2100" };

/** Everything open that the options allow. */
async function full(): Promise<World> {
	const world = await engineWith(options());
	await world.send(
		alertOf("buy", { strategy: "One" }),
		alertOf("buy", { strategy: "One", ...eth }),
		alertOf("sell", { strategy: "Two" }),
		alertOf("buy", { strategy: "Two", ...eth }),
	);
	expect(world.held()).toHaveLength(6);
	return world;
}

const again = (world: World): Promise<World> =>
	engineWith({ ...options(), journal: MemoryJournal.from(world.journal.alerts, world.journal.commits) });

const verdict = ({ status, code }: { status: string; code: string | null }): string => `${status} ${code ?? ""}`.trim();

describe("for whom a state holds", () => {
	const scopes: readonly (readonly [string, Scope, string, string])[] = [
		["everything", everything, "rejected halted", "rejected halted"],
		["its strategy", { scope: "strategy", name: "One" }, "rejected halted", "executed"],
		["another strategy", { scope: "strategy", name: "Two" }, "executed", "rejected halted"],
		["its symbol", { scope: "symbol", name: "BTC/USD" }, "rejected halted", "rejected halted"],
		["another symbol", { scope: "symbol", name: "ETH/USD" }, "executed", "executed"],
		["its only account", { scope: "account", name: "a" }, "executed", "rejected halted"],
	];
	for (const [name, scope, one, two] of scopes) {
		test(`a halt of ${name}`, async () => {
			const world = await engineWith(options());
			await world.desk.setTradingState(scope, "halted", by);
			expect(verdict(await world.send(alertOf("buy", { strategy: "One" })))).toBe(one);
			expect(verdict(await world.send(alertOf("buy", { strategy: "Two" })))).toBe(two);
			if (scope.scope === "account") expect(world.held()).toEqual(["b One BTC/USD long 0.5"]);
		});
	}

	test("the strictest of several holds", async () => {
		const world = await engineWith(options());
		await world.desk.setTradingState(everything, "reducing", by);
		await world.desk.setTradingState({ scope: "strategy", name: "Two" }, "halted", by);
		expect(verdict(await world.send(alertOf("buy", { strategy: "One" })))).toBe("rejected reducing");
		expect(verdict(await world.send(alertOf("buy", { strategy: "Two" })))).toBe("rejected halted");
		expect(world.desk.strategies().map(({ trading_state }) => trading_state)).toEqual(["reducing", "halted"]);
	});
});

describe("reducing", () => {
	test("lets exits through, and of a reversal only its exit", async () => {
		const world = await full();
		await world.desk.setTradingState(everything, "reducing", by);
		expect(verdict(await world.send(alertOf("buy", { strategy: "Two" })))).toBe("executed reducing");
		expect(verdict(await world.send(alertOf("exit", { strategy: "Two", ...eth })))).toBe("executed");
		expect(world.held().filter((line) => line.includes("Two"))).toEqual([]);
	});
});

describe("halted", () => {
	test("holds back exits too, while standing stops go on protecting", async () => {
		const world = await full();
		await world.desk.setTradingState(everything, "halted", by);
		expect(verdict(await world.send(alertOf("exit", { strategy: "Two" })))).toBe("rejected halted");
		expect(world.standing()).toHaveLength(8);
		await world.price("BTC/USD", "41000");
		expect(world.held().filter((line) => line.includes("One BTC"))).toEqual([]);
		expect(world.standing()).toHaveLength(4);
	});

	for (const state of ["halted", "reducing"] as const) {
		test(`an entry that rests at the broker is taken back when trading is ${state}, stops are not`, async () => {
			const limited = strategyOf({ name: "Limited" }, async () => ({
				ok: true,
				signals: [{ kind: "enter", side: "long", limit: "41000" }],
			}));
			const stopped = strategyOf({ name: "Stopped" }, async () => ({
				ok: true,
				signals: [{ kind: "enter", side: "long", stop_loss: "10%" }],
			}));
			const world = await engineWith({ strategies: [limited, stopped] });
			await world.send(alertOf("buy", { strategy: "Limited" }));
			await world.send(alertOf("buy", { strategy: "Stopped" }));
			expect(world.standing()).toHaveLength(2);
			await world.desk.setTradingState(everything, state, by);
			expect(world.standing()).toEqual([expect.stringContaining("stop_loss sell 0.5 BTC/USD")]);
			await world.price("BTC/USD", "40500");
			expect(world.held()).toEqual(["paper Stopped BTC/USD long 0.5"]);
		});
	}

	test("with freeze not even those stand", async () => {
		const world = await full();
		await world.desk.setTradingState({ scope: "symbol", name: "BTC/USD" }, "halted", { ...by, freeze: true });
		expect(world.standing().filter((line) => line.includes("BTC"))).toEqual([]);
		expect(world.standing()).toHaveLength(4);
		await world.price("BTC/USD", "41000");
		expect(world.held()).toHaveLength(6);
		const frozen = world.journal.orders().filter(({ reason }) => reason === "trading is frozen");
		expect(frozen.map(({ symbol, status }) => `${symbol} ${status}`)).toEqual(Array(4).fill("BTC/USD canceled"));
	});

	test("with freeze the stops of an entry that was under way do not stand either", async () => {
		const world = await engineWith(options());
		const gate = Promise.withResolvers<undefined>();
		world.journal.before = () => gate.promise;
		world.hand(alertOf("buy", { strategy: "One" }));
		await flush();
		const frozen = world.desk.setTradingState(everything, "halted", { ...by, freeze: true });
		gate.resolve(undefined);
		await frozen;
		await world.idle();
		expect(world.standing()).toEqual([]);
	});

	test("frozen before a crash, what was not yet canceled does not stand again", async () => {
		const world = await full();
		await world.desk.setTradingState(everything, "halted", { ...by, freeze: true });
		const kept = world.journal.commits.findIndex((changes) => changes.some(({ kind }) => kind === "trading_state")) + 1;
		const journal = MemoryJournal.from(world.journal.alerts, world.journal.commits.slice(0, kept));
		expect(journal.snapshot().open_orders).toHaveLength(8);
		const next = await engineWith({ ...options(), journal });
		expect(next.standing()).toEqual([]);
		expect(next.journal.snapshot().open_orders).toEqual([]);
	});
});

describe("on disk", () => {
	test("a state is there when it answers, with who, why and since when, and holds after a restart", async () => {
		const world = await engineWith(options());
		const entry = await world.desk.setTradingState(everything, "halted", { actor: "api", reason: "weekend" });
		expect(entry).toEqual({
			scope: "all",
			name: "",
			state: "halted",
			freeze: false,
			actor: "api",
			reason: "weekend",
			since: "2026-03-02T12:00:00.000Z",
		});
		expect(world.journal.tradingStates()).toEqual(entry === undefined ? [] : [entry]);
		expect(world.journal.commits.flat()).toContainEqual(
			expect.objectContaining({ event: expect.objectContaining({ detail: "everything is halted by api: weekend" }) }),
		);
		const next = await again(world);
		expect(verdict(await next.send(alertOf("buy", { strategy: "One" })))).toBe("rejected halted");
	});

	test("a halt does not answer before it is on disk, and holds at once all the same", async () => {
		const world = await engineWith(options());
		const gate = Promise.withResolvers<undefined>();
		world.journal.before = () => gate.promise;
		let answered = false;
		const halting = world.desk.setTradingState(everything, "halted", by).then(() => {
			answered = true;
		});
		const alert = alertOf("buy", { strategy: "One" });
		world.hand(alert);
		await flush();
		expect(answered).toBe(false);
		gate.resolve(undefined);
		await halting;
		await world.idle();
		expect(verdict(world.journal.ended(alert.id))).toBe("rejected halted");
		expect(world.journal.orders()).toEqual([]);
	});

	test("resume of one scope leaves the others, resume of all clears every entry, also after a restart", async () => {
		const world = await engineWith(options());
		const scopes: readonly Scope[] = [
			everything,
			{ scope: "strategy", name: "One" },
			{ scope: "symbol", name: "BTC/USD" },
		];
		for (const scope of scopes) await world.desk.setTradingState(scope, "halted", by);
		expect(await world.desk.setTradingState({ scope: "strategy", name: "One" }, "active", by)).toBeUndefined();
		expect(world.desk.trading_states()).toHaveLength(2);
		await world.desk.setTradingState(everything, "active", by);
		expect(world.desk.trading_states()).toEqual([]);
		const next = await again(world);
		expect(next.desk.trading_states()).toEqual([]);
		expect(verdict(await next.send(alertOf("buy", { strategy: "One" })))).toBe("executed");
	});
});

describe("flatten", () => {
	const scopes: readonly (readonly [string, Scope, readonly string[]])[] = [
		["everything", everything, []],
		["a strategy", { scope: "strategy", name: "One" }, ["a Two BTC/USD short 0.5", "a Two ETH/USD long 10"]],
		[
			"a symbol",
			{ scope: "symbol", name: "BTC/USD" },
			["a One ETH/USD long 10", "a Two ETH/USD long 10", "b One ETH/USD long 10"],
		],
		["an account", { scope: "account", name: "a" }, ["b One BTC/USD long 0.5", "b One ETH/USD long 10"]],
	];
	for (const [name, scope, left] of scopes) {
		test(`of ${name} closes each strategy's own, takes its stops away, halts, and touches nothing else`, async () => {
			const world = await full();
			const sent = await world.desk.flatten(scope, by);
			expect(world.held()).toEqual([...left]);
			expect(sent).toHaveLength(6 - left.length);
			expect(
				sent.every(({ status, leg, alert_id }) => status === "filled" && leg === "exit" && alert_id === null),
			).toBe(true);
			expect(world.standing()).toHaveLength(2 * left.filter((line) => line.includes("One")).length);
			expect(world.desk.trading_states()).toMatchObject([{ ...scope, state: "halted", reason: "flatten" }]);
			await world.idle();
			expect(world.held()).toEqual([...left]);
		});
	}

	test("of a strategy that opposes another leaves the other's position as it is", async () => {
		const world = await engineWith(options());
		await world.send(alertOf("buy", { strategy: "One" }), alertOf("sell", { strategy: "Two" }));
		const [order] = await world.desk.flatten({ scope: "strategy", name: "Two" }, by);
		expect(order).toMatchObject({ side: "buy", quantity: "0.5", reduce_only: false });
		expect(world.held()).toEqual(["a One BTC/USD long 0.5", "b One BTC/USD long 0.5"]);
	});

	test("of nothing sends nothing and halts", async () => {
		const world = await engineWith(options());
		expect(await world.desk.flatten(everything, by)).toEqual([]);
		expect(world.desk.trading_states()).toHaveLength(1);
	});

	test("closes also what an entry at the broker opens after the halt was set", async () => {
		const { brokers, wrap } = watched();
		const world = await engineWith({ ...options(), wrap });
		const gate = Promise.withResolvers<undefined>();
		for (const broker of brokers.values()) {
			broker.instead = async (order) => {
				broker.instead = () => undefined;
				await gate.promise;
				return await broker.submit(order);
			};
		}
		world.hand(alertOf("buy", { strategy: "One" }));
		await flush();
		const flattened = world.desk.flatten(everything, by);
		gate.resolve(undefined);
		expect(await flattened).toHaveLength(2);
		await world.idle();
		expect(world.held()).toEqual([]);
		expect(world.standing()).toEqual([]);
	});

	test("keeps back an entry that was approved and still waits for the disk", async () => {
		const world = await engineWith(options());
		const gate = Promise.withResolvers<undefined>();
		world.journal.before = () => gate.promise;
		const alert = alertOf("buy", { strategy: "One" });
		world.hand(alert);
		await flush();
		const flattened = world.desk.flatten(everything, by);
		gate.resolve(undefined);
		expect(await flattened).toEqual([]);
		await world.idle();
		expect(world.journal.fills()).toEqual([]);
		expect(world.journal.ended(alert.id)).toMatchObject({ status: "rejected", code: "halted" });
	});

	test("two at the same moment are different orders", async () => {
		const world = await full();
		const sent = await Promise.all([
			world.desk.flatten({ scope: "strategy", name: "One" }, by),
			world.desk.flatten({ scope: "strategy", name: "Two" }, by),
		]);
		expect(new Set(sent.flat().map(({ id }) => id)).size).toBe(6);
		expect(new Set(sent.flat().map((order) => order.client_order_id)).size).toBe(6);
		expect(world.held()).toEqual([]);
	});

	test("twice over closes once", async () => {
		const world = await full();
		const sent = await Promise.all([world.desk.flatten(everything, by), world.desk.flatten(everything, by)]);
		expect(world.held()).toEqual([]);
		expect(sent.flat().filter(({ status }) => status === "filled")).toHaveLength(6);
		expect(world.journal.fills()).toHaveLength(12);
	});

	test("interrupted by a crash after its orders were written is brought to an end by the next start", async () => {
		const world = await full();
		await world.desk.flatten(everything, by);
		const { commits } = world.journal;
		const kept = commits.findIndex((changes) =>
			changes.some((change) => change.kind === "order" && change.order.id.startsWith("flatten-")),
		);
		const journal = MemoryJournal.from(world.journal.alerts, commits.slice(0, kept + 1));
		const begun = journal.snapshot().open_orders.filter(({ leg }) => leg === "exit");
		expect(begun.length).toBeGreaterThan(0);
		const next = await engineWith({ ...options(), journal });
		for (const { id } of begun) expect(next.journal.order(id).status).toBe("filled");
		expect(next.held()).toHaveLength(6 - begun.length);
		expect(next.desk.trading_states()).toHaveLength(1);
	});
});

describe("what the desk shows", () => {
	test("accounts with what is used of each limit", async () => {
		const limits = { max_position_size: decimal("0.1"), max_exposure: decimal("0.5"), max_daily_loss: undefined };
		const world = await engineWith({ limits, accounts: [accountSettings({ balance: decimal("300000") })] });
		await world.send(alertOf("buy"));
		await world.price("BTC/USD", "40000");
		expect(world.desk.risk()).toEqual([
			{
				account: "paper",
				equity: "299000",
				exposure: "20000",
				exposure_max: "149500",
				position_size_max: "29900",
				daily_loss: "1000",
				daily_loss_max: null,
			},
		]);
	});

	test("a new day shows no loss of the old one, also when nothing has come since", async () => {
		const world = await engineWith();
		await world.send(alertOf("buy"));
		await world.price("BTC/USD", "40000");
		await world.clock.advance(86_400_000);
		expect(world.desk.risk()).toMatchObject([{ daily_loss: "0", equity: "999000" }]);
	});

	test("strategies with their plugin, their accounts and what waits", async () => {
		const world = await engineWith(options());
		expect(world.desk.strategies()).toMatchObject([
			{
				name: "One",
				enabled: true,
				accounts: ["a", "b"],
				plugin: "plugins/test.ts",
				plugin_version: 1,
				waiting: 0,
				trading_state: "active",
			},
			{ name: "Two", accounts: ["a"], plugin: null, plugin_version: 0, plugin_error: null },
		]);
	});
});
