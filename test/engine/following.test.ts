/** `resume --follow` at the desk: which differences are traded, by what orders, under which rules, and what is left alone. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import type { Scope } from "../../src/domain/ports.ts";
import type { Alert } from "../../src/domain/records.ts";
import {
	accountSettings,
	alertOf,
	engineWith,
	enter,
	MemoryJournal,
	noLimits,
	strategyOf,
	type World,
	type WorldOptions,
} from "./support.ts";

const everything: Scope = { scope: "all", name: "" };
const by = { actor: "cli" } as const;
const mirror = strategyOf({ name: "Mirror", size: { kind: "alert" } });

/** An alert that states `from` and `to`, such as `flat` and `long 0.5`. */
function stating(from: string, to: string, changes: Partial<Alert> = {}): Alert {
	const [before, before_size = "0"] = from.split(" ");
	const [side, size = "0"] = to.split(" ");
	const stated = { side, size, previous_side: before, previous_size: before_size } as Alert["stated"] & object;
	const type = side === "flat" ? "LONG_EXIT" : side === "long" ? "LONG_ENTRY" : "SHORT_ENTRY";
	return { ...alertOf(side === "short" ? "sell" : "buy", { strategy: "Mirror", stated, ...changes }), type };
}

/** A world whose strategies were halted while these alerts came, and are active again. */
async function missed(alerts: readonly Alert[], options: WorldOptions = { strategies: [mirror] }): Promise<World> {
	const world = await engineWith(options);
	await world.desk.setTradingState(everything, "halted", by);
	for (const alert of alerts) expect(await world.send(alert)).toMatchObject({ status: "rejected", code: "halted" });
	await world.desk.setTradingState(everything, "active", by);
	return world;
}

const outcomes = async (world: World, scope: Scope = everything): Promise<string[]> =>
	(await world.desk.follow(scope, by)).map(
		({ strategy, symbol, account, status, code, reason }) =>
			`${strategy} ${symbol} ${account} ${status}${code === null ? "" : ` ${code}`}: ${reason}`,
	);

describe("the difference is traded", () => {
	test("an entry that was refused while halted is made up for by the stated size, at the price it came with", async () => {
		const world = await missed([stating("flat", "long 0.7")]);
		expect(world.held()).toEqual([]);
		expect(world.desk.outOfStep(everything)).toMatchObject([{ ours: [{ target: "0.7", difference: "0.7" }] }]);
		expect(await outcomes(world)).toEqual(["Mirror BTC/USD paper executed: bought 0.7 BTC/USD at 42000"]);
		expect(world.held()).toEqual(["paper Mirror BTC/USD long 0.7"]);
		expect(world.desk.outOfStep(everything)).toEqual([]);
	});

	test("a reversal that was missed: out of the one side first, then into the other", async () => {
		const world = await engineWith({ strategies: [mirror] });
		await world.send(stating("flat", "short 0.5"));
		await world.desk.setTradingState(everything, "halted", by);
		await world.send(stating("short 0.5", "long 0.7"));
		await world.desk.setTradingState(everything, "active", by);
		await outcomes(world);
		expect(world.held()).toEqual(["paper Mirror BTC/USD long 0.7"]);
		const orders = world.journal.orders().slice(-2);
		expect(orders.map(({ side, leg, quantity }) => `${leg} ${side} ${quantity}`)).toEqual([
			"exit buy 0.5",
			"entry buy 0.7",
		]);
	});

	test("an exit that was missed closes, and a reduction sells what is too much", async () => {
		const strategies = [mirror];
		const world = await engineWith({ strategies });
		await world.send(stating("flat", "long 1"), stating("flat", "long 1", { symbol: "ETH/USD", price: "2000" }));
		await world.desk.setTradingState(everything, "halted", by);
		await world.send(stating("long 1", "flat"), stating("long 1", "long 0.4", { symbol: "ETH/USD", price: "2000" }));
		await world.desk.setTradingState(everything, "active", by);
		await outcomes(world);
		expect(world.held()).toEqual(["paper Mirror ETH/USD long 0.4"]);
	});

	test("with a size of its own the strategy enters by that, and only where the side differs", async () => {
		const size = { kind: "units", quantity: decimal("0.25"), currency: "BTC" } as const;
		const world = await missed([stating("flat", "long 9")], { strategies: [strategyOf({ name: "Mirror", size })] });
		await outcomes(world);
		expect(world.held()).toEqual(["paper Mirror BTC/USD long 0.25"]);
		expect(await outcomes(world)).toEqual([]);
	});

	test("each account by its own difference", async () => {
		const accounts = [{ account: "a" }, { account: "b" }];
		const strategy = strategyOf({ name: "Mirror", size: { kind: "alert" }, accounts });
		const options = { strategies: [strategy], accounts: ["a", "b"].map((name) => accountSettings({ name })) };
		const world = await missed([stating("flat", "long 1")], options);
		expect(await outcomes(world, { scope: "account", name: "b" })).toHaveLength(1);
		expect(world.held()).toEqual(["b Mirror BTC/USD long 1"]);
	});

	test("what closes goes before what opens", async () => {
		const world = await engineWith({ strategies: [mirror] });
		await world.send(stating("flat", "long 1", { symbol: "ETH/USD", price: "2000" }));
		await world.desk.setTradingState(everything, "halted", by);
		await world.send(stating("flat", "long 1"), stating("long 1", "flat", { symbol: "ETH/USD", price: "2000" }));
		await world.desk.setTradingState(everything, "active", by);
		expect((await world.desk.follow(everything, by)).map(({ symbol }) => symbol)).toEqual(["ETH/USD", "BTC/USD"]);
	});
});

describe("what is recorded", () => {
	test("orders without an alert, and an event that names the alert whose statement was followed", async () => {
		const alert = stating("flat", "long 0.7");
		const world = await missed([alert]);
		await outcomes(world);
		const [order] = world.journal.orders();
		expect(order).toMatchObject({ alert_id: null, strategy: "Mirror", leg: "entry", status: "filled" });
		const followed = world.journal.events().filter(({ kind }) => kind === "DifferenceFollowed");
		expect(followed).toMatchObject([
			{ alert_id: alert.id, data: { strategy: "Mirror", account: "paper", status: "executed", actor: "cli" } },
		]);
		expect(followed[0]?.detail).toContain("asked by cli: executed: bought 0.7 BTC/USD at 42000");
	});

	test("followed twice it is one position: ids never repeat, nothing is bought twice", async () => {
		const world = await missed([stating("flat", "long 1"), stating("flat", "short 1", { symbol: "ETH/USD" })]);
		await Promise.all([world.desk.follow(everything, by), world.desk.follow(everything, by)]);
		expect(world.held()).toEqual(["paper Mirror BTC/USD long 1", "paper Mirror ETH/USD short 1"]);
		const ids = world.journal.orders().map(({ client_order_id }) => client_order_id);
		expect(ids).toHaveLength(2);
		expect(new Set(ids).size).toBe(2);
	});

	test("a restart keeps what was followed and finds it in step", async () => {
		const world = await missed([stating("flat", "long 1")]);
		await outcomes(world);
		const journal = MemoryJournal.from(world.journal.alerts, world.journal.commits);
		const again = await engineWith({ strategies: [mirror], journal });
		expect(again.held()).toEqual(["paper Mirror BTC/USD long 1"]);
		expect(again.desk.outOfStep(everything)).toEqual([]);
	});
});

describe("what holds it back", () => {
	test("a risk rule denies it like an alert's order, and says so", async () => {
		const limits = { ...noLimits, max_position_size: decimal("0.01") };
		const world = await missed([stating("flat", "long 1")], { strategies: [mirror], limits });
		expect((await outcomes(world))[0]).toStartWith("Mirror BTC/USD paper rejected max_position_size:");
		expect(world.held()).toEqual([]);
	});

	test("a halt that still holds elsewhere", async () => {
		const world = await missed([stating("flat", "long 1")]);
		await world.desk.setTradingState({ scope: "symbol", name: "BTC/USD" }, "halted", by);
		expect((await outcomes(world))[0]).toStartWith("Mirror BTC/USD paper rejected halted:");
		expect(world.held()).toEqual([]);
	});

	test("reducing lets an exit through and no entry", async () => {
		const world = await engineWith({ strategies: [mirror] });
		await world.send(stating("flat", "long 1"));
		await world.desk.setTradingState(everything, "halted", by);
		await world.send(stating("long 1", "flat"), stating("flat", "long 1", { symbol: "ETH/USD" }));
		await world.desk.setTradingState(everything, "active", by);
		await world.desk.setTradingState({ scope: "strategy", name: "Mirror" }, "reducing", by);
		expect((await outcomes(world)).map((line) => line.split(":")[0])).toEqual([
			"Mirror BTC/USD paper executed",
			"Mirror ETH/USD paper rejected reducing",
		]);
		expect(world.held()).toEqual([]);
	});

	test("a plugin's positions are left alone, and listed with the reason", async () => {
		const plugin = strategyOf({ name: "Mirror", size: { kind: "alert" } }, () => [enter("long")]);
		const world = await missed([stating("flat", "long 1")], { strategies: [plugin] });
		expect(world.desk.outOfStep(everything)).toMatchObject([{ not_followed: "its plugin decides what it holds" }]);
		expect(await outcomes(world)).toEqual([]);
		expect(world.held()).toEqual([]);
	});

	test("alerts of the strategy that are still being worked on come first", async () => {
		const world = await missed([stating("flat", "long 1")]);
		// Its predecessor has not come: it waits, and what it leads to is not known yet.
		world.hand(stating("long 3", "long 4"));
		await world.idle();
		expect(await outcomes(world)).toEqual([
			"Mirror BTC/USD paper skipped: alerts of Mirror are being worked on; ask again when they have ended",
		]);
		expect(world.held()).toEqual([]);
	});

	test("an entry that rests at the broker would be bought twice", async () => {
		const world = await engineWith({ strategies: [mirror] });
		await world.send(stating("flat", "long 1", { limit: "41000" }));
		expect(world.standing()).toEqual(["entry buy 1 BTC/USD at 41000"]);
		expect((await outcomes(world))[0]).toContain("an entry of it rests at the broker");
		expect(world.held()).toEqual([]);
		expect(world.standing()).toHaveLength(1);
	});

	test.each([
		["another strategy", { scope: "strategy", name: "Other" }],
		["another symbol", { scope: "symbol", name: "ETH/USD" }],
		["another account", { scope: "account", name: "other" }],
	] as const)("a scope of %s", async (_name, scope) => {
		const world = await missed([stating("flat", "long 1")]);
		expect(world.desk.outOfStep(scope)).toEqual([]);
		expect(await outcomes(world, scope)).toEqual([]);
		expect(world.held()).toEqual([]);
	});

	test("an older price than the last one known changes no mark", async () => {
		const world = await missed([stating("flat", "long 1")]);
		await world.clock.advance(1000);
		await world.price("BTC/USD", "50000");
		expect((await outcomes(world))[0]).toEndWith("bought 1 BTC/USD at 50000");
	});
});

describe("positions", () => {
	test("each with what TradingView states for it and whether it is in step", async () => {
		const other = strategyOf({ name: "Other" });
		const world = await engineWith({ strategies: [mirror, other] });
		const alert = stating("flat", "long 1", { timeframe: "1h" });
		await world.send(alert, alertOf("buy", { strategy: "Other" }));
		const [stated, bare] = world.desk.positions();
		expect(stated).toMatchObject({
			strategy: "Mirror",
			quantity: "1",
			stated: { side: "long", size: "1", timeframe: "1h", alert_id: alert.id },
			in_step: true,
		});
		expect(bare).toMatchObject({ strategy: "Other", side: "long" });
		expect(bare).not.toHaveProperty("stated");
		expect(bare).not.toHaveProperty("in_step");
	});

	test("where nothing is held there is no position, but a line of what is stated", async () => {
		const world = await missed([stating("flat", "long 1")]);
		expect(world.desk.positions()).toEqual([]);
		expect(world.desk.stated()).toMatchObject([
			{ strategy: "Mirror", side: "long", size: "1", ours: [{ side: "flat", quantity: "0", in_step: false }] },
		]);
	});
});
