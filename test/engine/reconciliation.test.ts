/** What a start makes of an account whose broker has something else than the journal: EXTERNAL, the three policies, and a broker that is away. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import { external } from "../../src/domain/external.ts";
import { expectSums, Lives, symbol } from "./lives.ts";
import { flush } from "./support.ts";

describe("a start", () => {
	test("that finds everything as it was says so, and makes nothing EXTERNAL", async () => {
		const lives = await new Lives().start();
		expect(await lives.send("buy")).toBe("executed");
		await lives.stop();
		await lives.start();
		expect(lives.events("AccountReconciled")).toEqual([
			"account live agrees with its broker",
			"account live agrees with its broker",
		]);
		expect(lives.events("PositionDiffers")).toEqual([]);
		expect(lives.held()).toEqual(["One BTC/USD long 0.5"]);
		expect(lives.orders(external)).toEqual([]);
	});

	test("counts as ours what one of our orders traded while nexus was away", async () => {
		const lives = await new Lives().start();
		const { engine } = lives.world;
		const made = lives.world.journal;
		expect(await lives.send("buy")).toBe("executed");
		const [entry] = made.orders();
		if (entry === undefined) throw new Error("no order");
		const stop = { ...entry, id: "stop", client_order_id: "b".repeat(32), side: "sell", leg: "stop_loss" } as const;
		const resting = { ...stop, type: "stop", stop_price: "41000", filled_quantity: "0", average_price: null } as const;
		lives.exchange.matching.make({
			client_order_id: resting.client_order_id,
			symbol,
			side: "sell",
			type: "stop",
			quantity: decimal("0.5"),
			limit_price: undefined,
			stop_price: decimal("41000"),
			reduce_only: true,
		});
		await engine.recorder.record([{ kind: "order", order: { ...resting, status: "accepted" } }]);
		await lives.stop();
		lives.exchange.matching.setPrice(symbol, decimal("40900"));
		await lives.start();
		expect(lives.events("PositionDiffers")).toEqual([]);
		expect(lives.held()).toEqual([]);
		expectSums(lives);
	});

	test("finds the fills of an order that had ended here", async () => {
		const lives = await new Lives().start();
		expect(await lives.send("buy")).toBe("executed");
		const [entry] = lives.world.journal.orders();
		if (entry === undefined) throw new Error("no order");
		const client_order_id = "c".repeat(32);
		const ended = { ...entry, id: "late", client_order_id, filled_quantity: "0", average_price: null } as const;
		await lives.world.engine.recorder.record([{ kind: "order", order: { ...ended, status: "canceled" } }]);
		await lives.stop();
		const prices = { limit_price: undefined, stop_price: undefined };
		const request = { client_order_id, symbol, side: "buy", type: "market", reduce_only: false, ...prices } as const;
		lives.exchange.matching.make({ ...request, quantity: decimal("0.5") });
		await lives.start();
		expect(lives.events("PositionDiffers")).toEqual([]);
		expect(lives.held()).toEqual(["One BTC/USD long 1"]);
		expect(lives.events("OrderFilledLate")).toHaveLength(1);
		expectSums(lives);
	});

	test("takes back an order that has ended here and is open there", async () => {
		const lives = await new Lives().start();
		expect(await lives.send("buy")).toBe("executed");
		const [entry] = lives.world.journal.orders();
		if (entry === undefined) throw new Error("no order");
		const client_order_id = "d".repeat(32);
		const ended = { ...entry, id: "late", client_order_id, filled_quantity: "0", average_price: null } as const;
		await lives.world.engine.recorder.record([{ kind: "order", order: { ...ended, status: "abandoned" } }]);
		await lives.stop();
		const prices = { limit_price: decimal("30000"), stop_price: undefined };
		const request = { client_order_id, symbol, side: "buy", type: "limit", reduce_only: false, ...prices } as const;
		lives.exchange.matching.make({ ...request, quantity: decimal("0.5") });
		await lives.start();
		expect(lives.exchange.matching.find(client_order_id)?.status).toBe("canceled");
		expect(lives.events("OrderEventIgnored").join()).toContain("it was taken back");
		expect(lives.orders(external)).toEqual([]);
	});

	test("takes the balance over, and a deposit is no profit of the day", async () => {
		const lives = await new Lives().start();
		const { book } = lives.world.engine;
		expect(book.account("live").balance).toBe("100000");
		await lives.stop();
		lives.exchange.matching.deposit(decimal("5000"));
		await lives.start();
		const after = lives.world.engine.book.account("live");
		expect([after.balance, after.day_start_equity, after.realized_pnl]).toEqual(["105000", "105000", "0"]);
		expect(lives.events("BalanceDiffers")).toHaveLength(1);
	});
});

describe("a position that nobody here asked for", () => {
	test("is EXTERNAL: reported once, in no strategy, and known at the next start", async () => {
		const lives = await new Lives().start();
		expect(await lives.send("buy")).toBe("executed");
		await lives.stop();
		lives.byHand("buy", "0.3");
		await lives.start();
		expect(lives.held()).toEqual(["EXTERNAL BTC/USD long 0.3", "One BTC/USD long 0.5"]);
		expect(lives.events("PositionDiffers")).toEqual([
			"live holds 0.8 BTC/USD at its broker, the strategies 0.5: EXTERNAL takes 0.3 (reconcile: report)",
		]);
		expectSums(lives);
		await lives.stop();
		await lives.start();
		expect(lives.events("PositionDiffers")).toHaveLength(1);
		expect(await lives.send("exit")).toBe("executed");
		expect(lives.there).toBe(decimal("0.3"));
		expect(lives.halted).toBeUndefined();
	});

	test("report: what was closed by hand is told, and the strategy's exit opens nothing", async () => {
		const lives = await new Lives().start();
		expect(await lives.send("buy")).toBe("executed");
		await lives.stop();
		lives.byHand("sell", "0.5");
		await lives.start();
		expect(lives.held()).toEqual(["EXTERNAL BTC/USD short 0.5", "One BTC/USD long 0.5"]);
		await lives.send("exit");
		expect(lives.there).toBe(0n);
	});

	test("follow_exchange: the strategies shrink to what is there, the largest first, and nothing is left over", async () => {
		const lives = await new Lives({ policy: "follow_exchange" }).start();
		expect([await lives.send("buy"), await lives.send("buy", "Two")]).toEqual(["executed", "executed"]);
		await lives.stop();
		lives.byHand("sell", "0.7");
		await lives.start();
		expect(lives.held()).toEqual(["Two BTC/USD long 0.3"]);
		expectSums(lives);
		expect(lives.events("PositionDiffers")).toEqual([
			"live holds 0.3 BTC/USD at its broker, the strategies 1: One gives 0.5, Two gives 0.2 (reconcile: follow_exchange)",
		]);
		expect(await lives.send("exit")).toBe("skipped nothing_to_close");
		expect(await lives.send("exit", "Two")).toBe("executed");
		expect(lives.there).toBe(0n);
	});

	test("follow_exchange: what is more than the strategies hold is EXTERNAL, and theirs stays", async () => {
		const lives = await new Lives({ policy: "follow_exchange" }).start();
		expect(await lives.send("buy")).toBe("executed");
		await lives.stop();
		lives.byHand("buy", "1");
		await lives.start();
		expect(lives.held()).toEqual(["EXTERNAL BTC/USD long 1", "One BTC/USD long 0.5"]);
		expectSums(lives);
	});

	test("halt: the account opens and closes nothing until a person resumes it, and is not halted for the same again", async () => {
		const lives = await new Lives({ policy: "halt" }).start();
		await lives.stop();
		lives.byHand("buy", "0.3");
		await lives.start();
		expect(lives.halted).toBe("reconciliation");
		expect(await lives.send("buy")).toBe("rejected halted");
		expect(lives.there).toBe(decimal("0.3"));
		await lives.world.desk.setTradingState({ scope: "account", name: "live" }, "active", { actor: "cli" });
		await lives.stop();
		await lives.start();
		expect(lives.halted).toBeUndefined();
		expect(await lives.send("buy")).toBe("executed");
	});

	test("counts in the exposure, and not in the profit", async () => {
		const lives = await new Lives().start();
		await lives.stop();
		lives.byHand("buy", "1");
		await lives.start();
		const { book } = lives.world.engine;
		expect(book.exposure("live")).toBe(decimal("42000"));
		lives.exchange.matching.setPrice(symbol, decimal("50000"));
		lives.world.engine.observe(["live"], symbol, "50000", lives.clock.now());
		expect(book.account("live").equity).toBe("100000");
	});
});

describe("while it runs", () => {
	test("a position that was changed by hand is found within a minute, and what follows from it is done", async () => {
		const lives = await new Lives({ policy: "follow_exchange" }).start();
		expect(await lives.send("buy")).toBe("executed");
		lives.byHand("sell", "0.5");
		await lives.clock.advance(70_000);
		expect(lives.events("PositionDiffers")).toHaveLength(1);
		expect(lives.held()).toEqual([]);
		expectSums(lives);
		expect(await lives.send("buy")).toBe("executed");
		await lives.clock.advance(130_000);
		expect(lives.events("PositionDiffers")).toHaveLength(1);
	});

	test("a fill that is on its way is no difference", async () => {
		const lives = await new Lives({ rest: { poll_ms: 60_000 } }).start();
		await lives.clock.advance(45_000);
		lives.exchange.setFaults({ partial: 1 });
		const sent = lives.send("buy");
		await lives.clock.advance(60_000);
		expect(await sent).toBe("executed");
		await lives.clock.advance(120_000);
		expect(lives.events("PositionDiffers")).toEqual([]);
		expectSums(lives);
	});

	test("a bridge that is away is asked again, and nothing is halted for it", async () => {
		const lives = await new Lives().start();
		lives.exchange.setFaults({ down: "cut" });
		await lives.clock.advance(130_000);
		expect(lives.halted).toBeUndefined();
		lives.exchange.behave();
		lives.byHand("buy", "0.1");
		await lives.clock.advance(70_000);
		expect(lives.held()).toEqual(["EXTERNAL BTC/USD long 0.1"]);
	});
});

describe("an open order that nexus did not send", () => {
	const strange = { client_order_id: "17:0042", symbol, side: "sell", type: "limit", reduce_only: false } as const;

	test("is EXTERNAL, is left alone by flatten, and ends here when it is gone there", async () => {
		const lives = await new Lives().start();
		const prices = { limit_price: decimal("60000"), stop_price: undefined };
		lives.exchange.matching.make({ ...strange, quantity: decimal("0.2"), ...prices });
		await lives.stop();
		await lives.start();
		expect(lives.orders(external)).toMatchObject([
			{ client_order_id: "17:0042", status: "accepted", type: "limit", limit_price: "60000", quantity: "0.2" },
		]);
		expect(lives.events("OrderAdopted")).toHaveLength(1);
		const flattening = lives.world.desk.flatten({ scope: "all", name: "" }, { actor: "cli" });
		await lives.clock.advance(5_000);
		expect(await flattening).toEqual([]);
		const order = lives.exchange.matching.find("17:0042");
		expect(order?.status).toBe("open");
		await lives.stop();
		if (order !== undefined) lives.exchange.matching.cancel(order);
		await lives.start();
		expect(lives.events("OrderAdopted")).toHaveLength(1);
		expect(lives.orders(external).at(-1)?.status).toBe("canceled");
	});
});

describe("a broker that is away at the start", () => {
	function away() {
		const tried = Promise.withResolvers<string | undefined>();
		const connected = Promise.withResolvers<void>();
		return { tried, connected, connecting: { tried: tried.promise, connected: connected.promise } };
	}

	test("shuts its own lanes alone; what closes waits, what opens is refused, and it all goes on by itself", async () => {
		const lives = await new Lives({ paper: true }).start();
		expect(await lives.send("buy")).toBe("executed");
		await lives.stop();
		const { tried, connected, connecting } = away();
		await lives.begin(connecting);
		expect(await lives.send("buy", "Paper")).toBe("executed");
		expect(await lives.send("buy", "Two")).toBe("waits");
		tried.resolve("the connection was refused");
		await flush();
		expect(lives.halted).toBe("broker");
		expect(await lives.send("buy", "Two")).toBe("rejected halted");
		expect(await lives.send("exit")).toBe("waits");
		expect(lives.there).toBe(decimal("0.5"));
		await lives.connect();
		connected.resolve();
		await lives.clock.advance(10_000);
		expect(lives.halted).toBeUndefined();
		expect(lives.there).toBe(0n);
		expect(lives.held()).toEqual(["paper Paper BTC/USD long 0.5"]);
	});

	test("is halted after 30 s where it answers and the account cannot be compared", async () => {
		const lives = await new Lives().start();
		await lives.stop();
		await lives.connect();
		lives.exchange.setFaults({ down: "cut" });
		await lives.begin();
		await lives.clock.advance(29_000);
		expect(lives.halted).toBeUndefined();
		await lives.clock.advance(2_000);
		expect(lives.halted).toBe("broker");
		lives.exchange.behave();
		await lives.clock.advance(20_000);
		expect(lives.halted).toBeUndefined();
	});

	test("leaves the halt of a person alone", async () => {
		const lives = await new Lives().start();
		await lives.world.desk.setTradingState({ scope: "account", name: "live" }, "halted", { actor: "cli" });
		await lives.stop();
		const { tried, connected, connecting } = away();
		await lives.begin(connecting);
		tried.resolve("the connection was refused");
		await lives.connect();
		connected.resolve();
		await lives.clock.advance(10_000);
		expect(lives.halted).toBe("cli");
	});
});

describe("an order in review", () => {
	/** The bridge takes the order, loses the answer, and can neither expire requests nor find orders. */
	async function doubtful(fault: "lost_after" | "lost_before") {
		const lives = await new Lives({ rest: { request_expiry_ms: undefined, lookup: false, poll_ms: 60_000 } }).start();
		lives.exchange.next.push(fault);
		expect(await lives.send("buy")).toBe("failed order_in_review");
		return lives;
	}

	test("that was filled is closed by an exit: the position at the exchange is what counts", async () => {
		const lives = await doubtful("lost_after");
		expect(lives.there).toBe(decimal("0.5"));
		expect(lives.world.held()).toEqual([]);
		expect(await lives.send("exit")).toBe("executed");
		expect(lives.there).toBe(0n);
		expect(lives.events("OrderSettled")).toHaveLength(1);
		// The feed tells the same trade later: it must not count a second time.
		await lives.clock.advance(120_000);
		expect(lives.world.held()).toEqual([]);
		expectSums(lives);
	});

	test("that was never made leaves an exit nothing to close, and a second entry is not sent", async () => {
		const lives = await doubtful("lost_before");
		expect(await lives.send("exit")).toBe("skipped nothing_to_close");
		expect(await lives.send("buy")).toBe("failed order_in_review");
		expect(lives.exchange.made().size).toBe(0);
	});

	test("that was filled counts for flatten too", async () => {
		const lives = await doubtful("lost_after");
		const flattening = lives.world.desk.flatten({ scope: "all", name: "" }, { actor: "cli" });
		await lives.clock.advance(20_000);
		await flattening;
		expect(lives.there).toBe(0n);
		expectSums(lives);
	});
});
