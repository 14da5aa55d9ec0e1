/** Moments in which a crash, a silent exchange or a person's switch could lose a stop, trade twice or open what nobody wants. */
import { describe, expect, test } from "bun:test";
import { RestBroker } from "../../src/broker/rest.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { Strategy } from "../../src/domain/ports.ts";
import { bridgeKey, restSettings } from "../broker/bridged.ts";
import { FakeExchange } from "../support/exchange/fake-exchange.ts";
import { Lives, symbol } from "./lives.ts";
import {
	accountSettings,
	alertOf,
	engineWith,
	enter,
	flush,
	ManualClock,
	MemoryJournal,
	MemoryLog,
	noLimits,
	strategyOf,
	World,
} from "./support.ts";

const live = [{ account: "live" }];
const half = { kind: "units", quantity: decimal("0.5"), currency: "BTC" } as const;

/** Enters with a stop (and as told a limit), follows exits. */
function guarded(name: string, more: Partial<Parameters<typeof enter>[1]> = { stop_loss: "2%" }): Strategy {
	return strategyOf({ name, accounts: live, size: half }, (alert) =>
		alert.type === "LONG_ENTRY"
			? [enter("long", more)]
			: [{ kind: "exit", side: "any", ...(alert.quantity === undefined ? {} : { quantity: alert.quantity }) }],
	);
}

/** What stands open at the exchange, `type side quantity`. */
function open(lives: Lives): readonly string[] {
	return lives.exchange.matching.orders
		.filter(({ status }) => status === "open")
		.map(({ type, side, quantity }) => `${type} ${side} ${Number(quantity) / 1e18}`);
}

const everything = { scope: "all", name: "" } as const;

describe("a stop that is made smaller", () => {
	test("stands again where the cancel got no answer for long", async () => {
		const lives = await new Lives({ strategies: [guarded("One")] }).start();
		expect(await lives.send("buy")).toBe("executed");
		expect(open(lives)).toEqual(["stop sell 0.5"]);
		lives.exchange.setFaults({ cancels: { lost_before: 1 } });
		await lives.send("exit", "One", { quantity: "50%" });
		await lives.clock.advance(30_000);
		lives.exchange.behave();
		await lives.clock.advance(60_000);
		expect(lives.held()).toEqual(["One BTC/USD long 0.25"]);
		expect(open(lives)).toEqual(["stop sell 0.25"]);
	});

	test("stands again where nexus died between the cancel and the new one", async () => {
		const lives = await new Lives({ strategies: [guarded("One")] }).start();
		expect(await lives.send("buy")).toBe("executed");
		const stop = lives.orders("One").find(({ leg }) => leg === "stop_loss");
		const { journal } = lives.world;
		// Dead as soon as the exchange has taken the stop back: nothing of that reaches the disk.
		journal.before = () =>
			lives.exchange.askedBack.includes(stop?.client_order_id ?? "") ? new Promise(() => undefined) : Promise.resolve();
		await lives.send("exit", "One", { quantity: "50%" });
		expect(lives.exchange.askedBack).toHaveLength(1);
		await lives.stop();
		await lives.start();
		expect(lives.held()).toEqual(["One BTC/USD long 0.25"]);
		expect(open(lives)).toEqual(["stop sell 0.25"]);
	});
});

describe("a stop whose cancel gets no answer", () => {
	test("takes no place of the next entry's stop", async () => {
		const lives = await new Lives({ strategies: [guarded("One")] }).start();
		expect(await lives.send("buy")).toBe("executed");
		lives.exchange.setFaults({ cancels: { lost_before: 1 } });
		await lives.send("exit");
		await lives.clock.advance(15_000);
		expect(lives.there).toBe(0n);
		lives.exchange.matching.setPrice(symbol, decimal("50000"));
		await lives.clock.advance(60_000);
		await lives.send("buy", "One", { price: "50000" });
		await lives.clock.advance(60_000);
		await lives.send("exit", "One", { price: "50000", quantity: "50%" });
		lives.exchange.behave();
		await lives.clock.advance(90_000);
		expect(lives.held()).toEqual(["One BTC/USD long 0.25"]);
		expect(open(lives)).toEqual(["stop sell 0.25"]);
		const standing = lives.orders("One").filter(({ status }) => status === "accepted");
		expect(standing.map(({ stop_price }) => stop_price)).toEqual(["49000"]);
	});
});

describe("an order of ours that is gone at the exchange", () => {
	test("is noticed within a minute while nexus runs", async () => {
		const lives = await new Lives({ strategies: [guarded("One")] }).start();
		expect(await lives.send("buy")).toBe("executed");
		const stop = lives.exchange.matching.orders.find(({ type }) => type === "stop");
		if (stop === undefined) throw new Error("no stop");
		lives.exchange.matching.cancel(stop);
		await lives.clock.advance(130_000);
		expect(lives.orders("One").find(({ leg }) => leg === "stop_loss")?.status).toBe("canceled");
		expect(lives.events("OrderCanceled")).toHaveLength(1);
	});
});

describe("a halt cut short by a crash", () => {
	test("takes an entry back at the next start that would still open something", async () => {
		const lives = await new Lives({ strategies: [guarded("One", { limit: "40000" })] }).start();
		expect(await lives.send("buy")).toBe("executed");
		lives.exchange.setFaults({ cancels: { lost_before: 1 } });
		const halting = lives.world.desk.setTradingState(everything, "halted", { actor: "cli" });
		halting.catch(() => undefined);
		await flush();
		await lives.stop();
		lives.exchange.behave();
		await lives.start();
		expect(open(lives)).toEqual([]);
	});

	test("takes stops back at the next start where trading is frozen", async () => {
		const lives = await new Lives({ strategies: [guarded("One")] }).start();
		expect(await lives.send("buy")).toBe("executed");
		const { journal } = lives.world;
		const { states } = lives.world.engine;
		journal.before = () =>
			states.frozen({ account: "live", strategy: "One", symbol }) && journal.tradingStates().length > 0
				? new Promise(() => undefined)
				: Promise.resolve();
		lives.exchange.setFaults({ cancels: { lost_before: 1 } });
		const halting = lives.world.desk.setTradingState(everything, "halted", { actor: "cli", freeze: true });
		halting.catch(() => undefined);
		await flush();
		await lives.stop();
		lives.exchange.behave();
		await lives.start();
		expect(open(lives)).toEqual([]);
	});
});

describe("an exit that never arrived", () => {
	test("is not sent again for what its stop has closed meanwhile", async () => {
		const lives = await new Lives({ strategies: [guarded("One"), guarded("Two", {})], rest: { poll_ms: 500 } }).start();
		expect(await lives.send("buy")).toBe("executed");
		expect(await lives.send("buy", "Two")).toBe("executed");
		lives.exchange.next.push("lost_before");
		const sent = lives.send("exit");
		await flush();
		lives.exchange.matching.setPrice(symbol, decimal("41000"));
		await lives.clock.advance(1);
		await sent;
		await lives.clock.advance(20_000);
		expect(lives.held()).toEqual(["Two BTC/USD long 0.5"]);
		expect(lives.orders("One").filter(({ id }) => id.includes("-back"))).toEqual([]);
		expect(lives.there).toBe(decimal("0.5"));
	});
});

describe("an entry", () => {
	test("that waited for the disk is not sent long after it was approved", async () => {
		const lives = await new Lives().start();
		const { journal } = lives.world;
		const disk = Promise.withResolvers<void>();
		journal.before = () => disk.promise;
		const sent = lives.send("buy");
		await lives.clock.advance(600_000);
		disk.resolve();
		await flush();
		await lives.clock.advance(10_000);
		await sent;
		expect(lives.there).toBe(0n);
		expect(lives.exchange.asked).toEqual([]);
	});

	test("in doubt is not sent again once trading is halted", async () => {
		const lives = await new Lives().start();
		lives.exchange.next.push("lost_before");
		const sent = lives.send("buy");
		await flush();
		const halting = lives.world.desk.setTradingState(everything, "halted", { actor: "cli" });
		halting.catch(() => undefined);
		await lives.clock.advance(20_000);
		await sent;
		expect(lives.there).toBe(0n);
	});

	test("does not go out before its account is in step, whatever a person resumes", async () => {
		const lives = await new Lives().start();
		await lives.stop();
		const tried = Promise.withResolvers<string | undefined>();
		const connected = Promise.withResolvers<void>();
		await lives.connect();
		await lives.begin({ tried: tried.promise, connected: connected.promise });
		tried.resolve("the connection was refused");
		await flush();
		expect(lives.halted).toBe("broker");
		await lives.world.desk.setTradingState(everything, "active", { actor: "cli" });
		expect(await lives.send("buy")).toBe("rejected halted");
		expect(lives.exchange.asked).toEqual([]);
		connected.resolve();
		await lives.clock.advance(10_000);
		expect(await lives.send("buy")).toBe("executed");
	});
});

describe("flatten", () => {
	test("at a start closes only what is left after the orders in doubt are known", async () => {
		const lives = await new Lives({ strategies: [guarded("One", {}), guarded("Two", {})] }).start();
		expect(await lives.send("buy")).toBe("executed");
		expect(await lives.send("buy", "Two")).toBe("executed");
		lives.exchange.next.push("lost_after");
		const { journal } = lives.world;
		const before = lives.exchange.asked.length;
		journal.before = () => (lives.exchange.asked.length > before ? new Promise(() => undefined) : Promise.resolve());
		await lives.send("exit");
		await lives.stop();
		const connected = Promise.withResolvers<void>();
		await lives.connect();
		await lives.begin({ tried: Promise.resolve(undefined), connected: connected.promise });
		const flattening = lives.world.desk.flatten({ scope: "strategy", name: "One" }, { actor: "cli" });
		await lives.clock.advance(5_000);
		connected.resolve();
		await lives.clock.advance(20_000);
		await flattening;
		expect(lives.held()).toEqual(["Two BTC/USD long 0.5"]);
		expect(lives.exchange.asked).toHaveLength(3);
	});
});

describe("a difference with `reconcile: halt`", () => {
	test("does not thaw what a person froze", async () => {
		const lives = await new Lives({ policy: "halt" }).start();
		const account = { scope: "account", name: "live" } as const;
		const freezing = lives.world.desk.setTradingState(account, "halted", { actor: "cli", freeze: true });
		await lives.clock.advance(1_000);
		await freezing;
		lives.byHand("buy", "0.3");
		await lives.clock.advance(130_000);
		expect(lives.events("PositionDiffers")).toHaveLength(1);
		expect(lives.world.engine.states.get(account)).toMatchObject({ actor: "cli", freeze: true });
	});
});

describe("orders that others number", () => {
	test("alike on two exchanges are two orders", async () => {
		const clock = new ManualClock();
		const exchanges = ["a", "b"].map(() => new FakeExchange({ clock, key: bridgeKey }));
		const brokers: RestBroker[] = [];
		const journal = new MemoryJournal();
		const begin = async (): Promise<World> => {
			brokers.length = 0;
			const accounts = ["a", "b"].map((name) => accountSettings({ name }));
			const world = new World({
				clock,
				journal,
				accounts,
				strategies: [],
				wrap: (paper) => {
					const account = accountSettings({ name: paper.account });
					const exchange = exchanges[paper.account === "a" ? 0 : 1];
					if (exchange === undefined) throw new Error("no exchange");
					const { fetch } = exchange;
					const broker = new RestBroker({ account, rest: restSettings, clock, log: new MemoryLog(), fetch });
					brokers.push(broker);
					return broker;
				},
			});
			await Promise.all(brokers.map((broker) => broker.start()));
			await world.engine.recover();
			await clock.advance(5_000);
			return world;
		};
		for (const exchange of exchanges) {
			exchange.matching.setPrice(symbol, decimal("42000"));
			exchange.matching.make({
				client_order_id: "1001",
				symbol,
				side: "buy",
				type: "limit",
				quantity: decimal("0.1"),
				limit_price: decimal("30000"),
				stop_price: undefined,
				reduce_only: false,
			});
		}
		await begin();
		expect(journal.orders().map(({ account, status }) => `${account} ${status}`)).toEqual(["a accepted", "b accepted"]);
	});
});

describe("an account that is not configured any more", () => {
	test("keeps nobody from halting, flattening and freezing the others", async () => {
		const accounts = ["paper", "old"].map((name) => accountSettings({ name }));
		const both = strategyOf({ name: "One", accounts: [{ account: "paper" }, { account: "old" }], size: half }, () => [
			enter("long", { stop_loss: "2%" }),
		]);
		const first = await engineWith({ accounts, strategies: [both] });
		await first.send(alertOf("buy", { strategy: "One", symbol }));
		expect(first.held()).toHaveLength(2);
		const second = await engineWith({
			accounts: [accountSettings()],
			strategies: [strategyOf({ name: "One" })],
			journal: MemoryJournal.from(first.journal.alerts, first.journal.commits),
			clock: first.clock,
		});
		second.engine.observe(["paper"], symbol, "42000", second.clock.now());
		const closed = await second.desk.flatten(everything, { actor: "cli" });
		expect(closed.map(({ account, status }) => `${account} ${status}`)).toEqual(["paper filled"]);
		await second.desk.setTradingState(everything, "halted", { actor: "cli", freeze: true });
		expect(second.held()).toEqual(["old One BTC/USD long 0.5"]);
	});
});

describe("a stop at a broker that cannot be asked for one order", () => {
	test("is no order in review after a restart", async () => {
		const rest = { request_expiry_ms: undefined, lookup: false };
		const lives = await new Lives({ strategies: [guarded("One")], rest }).start();
		expect(await lives.send("buy")).toBe("executed");
		await lives.stop();
		await lives.start();
		expect(lives.orders("One").map(({ leg, status }) => `${leg} ${status}`)).toEqual([
			"entry filled",
			"stop_loss accepted",
		]);
		await lives.clock.advance(130_000);
		expect(lives.orders("One").at(-1)?.status).toBe("accepted");
	});
});

describe("an order that the broker had and does not know any more", () => {
	test("is not sent again, though its alert is open", async () => {
		const lives = await new Lives({ strategies: [guarded("One", { limit: "40000" })] }).start();
		const id = lives.world.journal;
		expect(await lives.send("buy")).toBe("executed");
		const [entry] = id.orders();
		if (entry === undefined) throw new Error("no order");
		// As with an alert of which another account is still at work: it is open, and its order here is in review.
		const review = { ...entry, status: "review", reason: "the broker does not know it" } as const;
		const commits = id.commits.map((changes) => changes.filter(({ kind }) => kind !== "alert_ended"));
		const before = lives.exchange.asked.length;
		lives.exchange.matching.orders.length = 0;
		await lives.stop();
		lives.journal = MemoryJournal.from(id.alerts, [...commits, [{ kind: "order", order: review }]]);
		lives.reopen();
		await lives.start();
		await lives.clock.advance(20_000);
		expect(lives.exchange.asked).toHaveLength(before);
		expect(lives.orders("One").map(({ status }) => status)).toEqual(["review"]);
	});
});

describe("flatten at a start", () => {
	test("waits until an exit on its way can no longer arrive", async () => {
		const lives = await new Lives({ strategies: [guarded("One", {}), guarded("Two", {})] }).start();
		expect(await lives.send("buy")).toBe("executed");
		expect(await lives.send("buy", "Two")).toBe("executed");
		lives.exchange.setFaults({ late_ms: [2_500, 2_500] });
		lives.exchange.next.push("late");
		const { journal } = lives.world;
		const before = lives.exchange.asked.length;
		journal.before = () => (lives.exchange.asked.length > before ? new Promise(() => undefined) : Promise.resolve());
		lives.world.hand(
			alertOf("exit", {
				strategy: "One",
				symbol,
				price: "42000",
				received_at: new Date(lives.clock.now()).toISOString(),
			}),
		);
		await flush();
		expect(lives.exchange.asked).toHaveLength(before + 1);
		await lives.stop();
		await lives.connect();
		const connected = Promise.withResolvers<void>();
		await lives.begin({ tried: Promise.resolve(undefined), connected: connected.promise });
		const flattening = lives.world.desk.flatten({ scope: "strategy", name: "One" }, { actor: "cli" });
		await lives.clock.advance(1_000);
		connected.resolve();
		await lives.clock.advance(30_000);
		await flattening;
		expect(lives.held()).toEqual(["Two BTC/USD long 0.5"]);
		expect(lives.exchange.asked).toHaveLength(before + 1);
		expect(lives.there).toBe(decimal("0.5"));
	});
});

describe("fills of an ended order that were counted long ago", () => {
	test("do not count again where a difference makes nexus look at it", async () => {
		const lives = await new Lives().start();
		expect(await lives.send("buy")).toBe("executed");
		const { journal } = lives.world;
		// 50,000 trades later only those are remembered.
		const snapshot = journal.snapshot.bind(journal);
		await lives.stop();
		lives.journal.snapshot = () => ({ ...snapshot(), trades: [] });
		lives.reopen();
		lives.byHand("buy", "0.1");
		await lives.start();
		expect(lives.held()).toEqual(["EXTERNAL BTC/USD long 0.1", "One BTC/USD long 0.5"]);
	});
});

describe("an entry that the exchange ended after a part of it", () => {
	test("ends here too where that part was counted before, and what it got is protected", async () => {
		const lives = await new Lives({ strategies: [guarded("One", { limit: "40000", stop_loss: "2%" })] }).start();
		expect(await lives.send("buy")).toBe("executed");
		const [entry] = lives.exchange.matching.orders;
		if (entry === undefined) throw new Error("no order");
		// A part is told and counted, then nexus dies, and the exchange leaves it at that.
		lives.exchange.setFaults({ partial: 1, part_ms: [60_000, 60_000] });
		lives.exchange.matching.setPrice(symbol, decimal("39000"));
		await lives.clock.advance(2_000);
		const [before] = lives.world.journal.orders();
		expect(before?.status).toBe("partially_filled");
		await lives.stop();
		Object.assign(entry, { status: "filled" });
		await lives.start();
		const [after] = lives.world.journal.orders();
		expect([after?.status, after?.filled_quantity]).toEqual(["filled", before?.filled_quantity]);
		expect(open(lives)).toHaveLength(1);
	});
});

describe("the room that an entry takes, after a restart", () => {
	test("is counted where the entry is in review", async () => {
		const lives = await new Lives({ rest: { request_expiry_ms: undefined, lookup: false } }).start();
		lives.exchange.next.push("lost_before");
		expect(await lives.send("buy")).toBe("failed order_in_review");
		expect(lives.world.engine.book.exposure("live")).toBe(decimal("21000"));
		await lives.stop();
		await lives.start();
		expect(lives.world.engine.book.exposure("live")).toBe(decimal("21000"));
	});

	test("is counted once where the entry never arrived and is approved again", async () => {
		const limits = { ...noLimits, max_position_size: decimal("0.3") };
		const lives = await new Lives({ strategies: [guarded("One", { limit: "40000" })], limits }).start();
		lives.exchange.next.push("lost_before");
		const { journal } = lives.world;
		journal.before = () => (lives.exchange.asked.length > 0 ? new Promise(() => undefined) : Promise.resolve());
		await lives.send("buy");
		await lives.stop();
		await lives.start();
		expect(lives.orders("One").map(({ status }) => status)).toEqual(["accepted"]);
		expect(lives.world.engine.book.exposure("live")).toBe(decimal("21000"));
	});
});

/** An order of the first alert that was on its way, though its alert has ended. */
async function withLostOrder(): Promise<{ readonly lives: Lives; readonly id: string }> {
	const lives = await new Lives().start();
	expect(await lives.send("buy")).toBe("executed");
	const [entry] = lives.world.journal.orders();
	if (entry === undefined) throw new Error("no order");
	const id = `${entry.alert_id}-2`;
	const lost = { ...entry, id, client_order_id: "e".repeat(32), status: "submitting" } as const;
	const order = { ...lost, filled_quantity: "0", average_price: null };
	await lives.world.engine.recorder.record([{ kind: "order", order }]);
	await lives.stop();
	return { lives, id };
}

describe("an account that could not be opened", () => {
	test("is halted, tried again, and opens by itself", async () => {
		const { lives } = await withLostOrder();
		// One permanent refusal of the journal, while the order in doubt is looked into.
		let refusals = 1;
		const { journal } = lives;
		const commit = journal.commit.bind(journal);
		journal.commit = (changes) => {
			const doubtful = changes.some((change) => change.kind === "event" && change.event.kind === "OrderUnknown");
			if (!doubtful || refusals === 0) return commit(changes);
			refusals -= 1;
			return Promise.reject(Object.assign(new Error("refused for good"), { kind: "invalid" }));
		};
		await lives.start();
		expect(lives.halted).toBe("broker");
		expect(await lives.send("exit")).toBe("waits");
		await lives.clock.advance(60_000);
		expect(lives.halted).toBeUndefined();
		expect(lives.held()).toEqual([]);
		expect(lives.there).toBe(0n);
	});
});

describe("an order that never arrived, of an alert that ended in an error", () => {
	test("is abandoned at the next start: nobody goes on with it, and nothing waits for it", async () => {
		const { lives, id } = await withLostOrder();
		await lives.start();
		expect(lives.world.journal.orders().find((order) => order.id === id)?.status).toBe("abandoned");
		expect(lives.world.engine.open.all()).toEqual([]);
		expect(lives.there).toBe(decimal("0.5"));
	});
});
