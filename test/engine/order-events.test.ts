/** What a broker tells late, twice or out of turn: counted once, reported, and never in the way of what comes next. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import type { Broker, BrokerFill } from "../../src/domain/ports.ts";
import type { Order } from "../../src/domain/records.ts";
import { alertOf, engineWith, startOfTest, strategyOf, type WatchedBroker, type World, watched } from "./support.ts";

async function watchedWorld(): Promise<{ world: World; broker: WatchedBroker }> {
	const { brokers, wrap } = watched();
	const world = await engineWith({ wrap, strategies: [strategyOf()] });
	await world.price("BTC/USD", "42000");
	const broker = brokers.get("paper");
	if (broker === undefined) throw new Error("no broker");
	return { world, broker };
}

function fillOf(
	order: Pick<Order, "client_order_id">,
	trade_id: string,
	quantity: string,
	price = "42000",
): BrokerFill {
	const money = { quantity: decimal(quantity), price: decimal(price), fee: decimal("0"), fee_currency: "USD" };
	return { trade_id, client_order_id: order.client_order_id, ...money, at: startOfTest };
}

const only = (world: World): Order => {
	const [order] = world.journal.orders();
	if (order === undefined) throw new Error("no order");
	return order;
};
const reports = (world: World): string[] =>
	world.journal
		.events()
		.filter(({ kind }) => kind === "OrderFilledLate" || kind === "OrderEventIgnored")
		.map(({ kind, detail }) => `${kind}: ${detail}`);
const told = (broker: WatchedBroker, world: World, fill: BrokerFill): Promise<void> => {
	broker.tell(fill);
	return world.idle();
};

describe("a trade that is told twice", () => {
	test("in one answer counts once", async () => {
		const { world, broker } = await watchedWorld();
		broker.instead = (order) => {
			const fill = fillOf(order, "t1", "0.2");
			return Promise.resolve({ outcome: "accepted", fills: [fill, fill, fillOf(order, "t2", "0.3"), fill] });
		};
		await world.send(alertOf("buy"));
		expect(only(world)).toMatchObject({ status: "filled", filled_quantity: "0.5" });
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
		expect(world.journal.fills().map(({ trade_id }) => trade_id)).toEqual(["t1", "t2"]);
	});

	test("once more after the order was filled changes nothing and is not reported", async () => {
		const { world, broker } = await watchedWorld();
		await world.send(alertOf("buy"));
		const [fill] = world.journal.fills();
		const before = [only(world), world.journal.positions(), world.journal.accounts()];
		await told(broker, world, fillOf(only(world), fill?.trade_id ?? "", "0.5"));
		expect([only(world), world.journal.positions(), world.journal.accounts()]).toEqual(before);
		expect(world.journal.fills()).toHaveLength(1);
		expect(reports(world)).toEqual([]);
	});

	test("once more does not hold up the one that comes behind it", async () => {
		const { world, broker } = await watchedWorld();
		broker.instead = (order) => Promise.resolve({ outcome: "accepted", fills: [fillOf(order, "t1", "0.2")] });
		await world.send(alertOf("buy", { limit: "41000" }));
		const order = only(world);
		expect(order).toMatchObject({ status: "partially_filled", filled_quantity: "0.2" });
		for (const fill of [fillOf(order, "t1", "0.2"), fillOf(order, "t2", "0.3")]) broker.tell(fill);
		await world.idle();
		expect(only(world)).toMatchObject({ status: "filled", filled_quantity: "0.5" });
		expect(reports(world)).toEqual([]);
	});

	test("once more after a restart changes nothing either", async () => {
		const { world } = await watchedWorld();
		await world.send(alertOf("buy"));
		const [fill] = world.journal.fills();
		const again = await engineWith({ journal: world.journal, strategies: [strategyOf()] });
		expect(again.engine.book.apply(only(world), fillOf(only(world), fill?.trade_id ?? "", "0.5"))).toBeUndefined();
		expect(again.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
	});
});

describe("a fill after the end", () => {
	test("of an order that was taken back is counted, protected and reported", async () => {
		const { world, broker } = await watchedWorld();
		await world.send(alertOf("buy", { limit: "41000", stop_loss: "2%" }));
		const rests = only(world);
		expect(rests.status).toBe("accepted");
		await world.send(alertOf("sell", { strategy: "MyRSIStrategy", type: "LONG_EXIT", action: "exit_long" }));
		expect(world.journal.order(rests.id).status).toBe("canceled");
		await told(broker, world, fillOf(rests, "late", "0.5", "41000"));
		expect(world.journal.order(rests.id)).toMatchObject({ status: "filled", filled_quantity: "0.5" });
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.5"]);
		expect(world.standing()).toEqual(["stop_loss sell 0.5 BTC/USD at 40180"]);
		expect(reports(world)).toEqual([
			"OrderFilledLate: buy 0.5 BTC/USD limit at 41000: a fill came for an order that is canceled: it is counted, and the order is filled",
		]);
	});

	test("of an order that the broker had refused is counted, and the order lives", async () => {
		const { world, broker } = await watchedWorld();
		broker.instead = () => Promise.resolve({ outcome: "rejected", reason: "insufficient margin" });
		await world.send(alertOf("buy"));
		expect(only(world).status).toBe("rejected");
		await told(broker, world, fillOf(only(world), "after all", "0.2"));
		expect(only(world)).toMatchObject({ status: "partially_filled", filled_quantity: "0.2" });
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.2"]);
		expect(reports(world).join()).toContain("an order that is rejected");
	});

	test("beyond what was ordered is counted, without a second stop", async () => {
		const { world, broker } = await watchedWorld();
		await world.send(alertOf("buy", { stop_loss: "2%" }));
		const [entry] = world.journal.orders();
		if (entry === undefined) throw new Error("no order");
		await told(broker, world, fillOf(entry, "more", "0.1"));
		expect(world.journal.order(entry.id)).toMatchObject({ status: "filled", filled_quantity: "0.6", quantity: "0.5" });
		expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.6"]);
		// A second stop under the first one's id would be the first one to every exchange.
		expect(world.standing()).toEqual(["stop_loss sell 0.5 BTC/USD at 41160"]);
		expect(reports(world).join()).toContain("an order that is filled");
	});

	test("of an order that nobody knows is not counted, and the log says so", async () => {
		const { world, broker } = await watchedWorld();
		await told(broker, world, fillOf({ client_order_id: "0".repeat(32) }, "stranger", "1"));
		expect(world.journal.fills()).toEqual([]);
		expect(world.held()).toEqual([]);
	});
});

describe("an event that the table does not list", () => {
	test("is recorded and changes nothing: what is in doubt is not abandoned", async () => {
		const { world } = await watchedWorld();
		await world.send(alertOf("buy"));
		const order: Order = { ...only(world), id: "doubt-1", client_order_id: "d".repeat(32), status: "unknown" };
		const changes = world.engine.execution.drop(order, "abandon", "nobody asks for it");
		expect(changes.map(({ kind }) => kind)).toEqual(["event"]);
		await world.engine.recorder.record(changes);
		expect(reports(world).join()).toContain("OrderEventIgnored");
		expect(reports(world).join()).toContain("abandon does nothing to an order that is unknown");
	});
});

describe("taking back an order at a broker that keeps its own orders", () => {
	async function resting(cancel: (seen: string[]) => Promise<boolean>) {
		const { brokers, wrap } = watched();
		const seen: string[] = [];
		const keeps = (broker: Broker): Broker => {
			const inner = wrap(broker as never) as WatchedBroker;
			Object.assign(inner, { abilities: { ...inner.abilities, request_expiry_ms: 3_000, forgets: false } });
			inner.cancel = () => cancel(seen);
			return inner;
		};
		const world = await engineWith({ wrap: keeps, strategies: [strategyOf()] });
		await world.price("BTC/USD", "42000");
		await world.send(alertOf("buy", { limit: "41000" }));
		const order = only(world);
		const [broker] = brokers.values();
		if (broker === undefined) throw new Error("no broker");
		const ask = () => world.engine.execution.cancel(broker, order, "an exit came");
		return { world, order, seen, ask };
	}
	const history = (world: World): string[] =>
		world.journal.commits
			.flat()
			.flatMap((change) => (change.kind === "order" ? [`${change.order.status} ${change.order.pending ?? "-"}`] : []));

	test("is pending beside its state until the answer, and the end clears it", async () => {
		const { world, ask } = await resting(() => Promise.resolve(true));
		expect(await ask()).toBe(true);
		expect(history(world)).toEqual(["submitting -", "accepted -", "accepted cancel", "canceled -"]);
		expect(world.engine.open.all()).toEqual([]);
	});

	test("that is refused leaves it as it was", async () => {
		const { world, ask, order } = await resting(() => Promise.resolve(false));
		expect(await ask()).toBe(false);
		expect(history(world)).toEqual(["submitting -", "accepted -", "accepted cancel", "accepted -"]);
		expect(world.engine.open.byClientId(order.client_order_id)?.status).toBe("accepted");
	});

	test("that cannot be asked stays pending: nobody knows whether it was taken back", async () => {
		let asked = 0;
		const { world, ask, order } = await resting(() => {
			asked += 1;
			return Promise.reject(new Error("connection reset"));
		});
		const asking = ask();
		await world.clock.advance(21_000);
		expect(await asking).toBe(false);
		expect(asked).toBeGreaterThan(5);
		await world.idle();
		expect(world.engine.open.byClientId(order.client_order_id)).toMatchObject({
			status: "accepted",
			pending: "cancel",
		});
	});

	test("that was not answered for long is asked for again, until it is", async () => {
		let answers = false;
		const { world, ask, order } = await resting(() =>
			answers ? Promise.resolve(true) : Promise.reject(new Error("connection reset")),
		);
		const asking = ask();
		await world.clock.advance(21_000);
		expect(await asking).toBe(false);
		answers = true;
		await world.clock.advance(6_000);
		expect(history(world).at(-1)).toBe("canceled -");
		expect(world.engine.open.byClientId(order.client_order_id)).toBeUndefined();
	});

	test("that is answered at the third try is no failure", async () => {
		let asked = 0;
		const { world, ask } = await resting(() => {
			asked += 1;
			return asked < 3 ? Promise.reject(new Error("connection reset")) : Promise.resolve(true);
		});
		const asking = ask();
		await world.clock.advance(2_000);
		expect(await asking).toBe(true);
		expect(history(world)).toEqual(["submitting -", "accepted -", "accepted cancel", "canceled -"]);
	});
});
