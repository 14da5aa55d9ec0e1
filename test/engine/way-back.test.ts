/** A stop that fills after an exit has closed the same units: the strategy is taken back to flat, in as many parts as the stop filled in. */
import { expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import { transition } from "../../src/domain/order-life.ts";
import type { Broker, BrokerFill, Submission } from "../../src/domain/ports.ts";
import type { Order } from "../../src/domain/records.ts";
import { makeOrder, submitted } from "../../src/engine/orders.ts";
import { alertOf, engineWith, startOfTest } from "./support.ts";

const at = new Date(startOfTest).toISOString();

function fillOf({ client_order_id }: Order, trade_id: string, quantity: string): BrokerFill {
	const units = { quantity: decimal(quantity), price: decimal("42000") };
	return { trade_id, client_order_id, ...units, fee: decimal("0"), fee_currency: "USD", at: startOfTest };
}

/** Fills every order at once, each id only once: asked again under one, it answers as before. */
function exchange(): { broker: (paper: Broker) => Broker; tell: (fill: BrokerFill) => void } {
	const answers = new Map<string, Submission>();
	let listener: (fill: BrokerFill) => void = () => undefined;
	const broker = (paper: Broker): Broker => ({
		account: paper.account,
		spot: paper.spot,
		abilities: { forgets: false, lookup_by_client_id: true, request_expiry_ms: 1_000, read_lag_ms: 0 },
		market: (symbol) => paper.market(symbol),
		observe: () => undefined,
		quote: () => ({ price: decimal("42000"), at: startOfTest }),
		submit: (order) => {
			const { client_order_id, quantity } = order;
			const fills = [fillOf(order, `fill-${answers.size}`, quantity)];
			const answer = answers.get(client_order_id) ?? { outcome: "accepted", fills, open: false };
			answers.set(client_order_id, answer);
			return Promise.resolve(answer);
		},
		cancel: () => Promise.resolve(false),
		lookup: () => Promise.resolve({ outcome: "not_found" }),
		state: () => Promise.resolve({ open_orders: [], positions: [], balance: decimal("100000") }),
		onFill: (told) => {
			listener = told;
		},
	});
	return { broker, tell: (fill) => listener(fill) };
}

test("each part of a stop that fills too late is taken back by an order of its own", async () => {
	const { broker, tell } = exchange();
	const world = await engineWith({ wrap: broker });
	await world.clock.advance(5_000);
	await world.send(alertOf("buy"));
	const [entry] = world.journal.orders();
	if (entry === undefined) throw new Error("nothing was bought");
	const { account, strategy, symbol } = entry;
	const common = { account, strategy, symbol, side: "sell", quantity: decimal("1"), reduce_only: false, at } as const;
	const wanted = makeOrder({ ...common, id: "late-sl", alert_id: null, leg: "stop_loss", stop_price: "41000" });
	const stop = transition(submitted(wanted, at), "accept", at).order;
	await world.send(alertOf("close_long"));
	expect(world.held()).toEqual([]);
	world.engine.open.put(stop);
	await world.engine.recorder.record([{ kind: "order", order: stop }]);
	for (const trade of ["s1", "s2"]) {
		tell(fillOf(stop, trade, "0.5"));
		await world.idle();
		expect(world.held()).toEqual([]);
	}
	const back = world.journal.orders().filter(({ id }) => id.startsWith("late-sl-back"));
	expect(back.map(({ id, side, status, filled_quantity }) => `${id} ${side} ${status} ${filled_quantity}`)).toEqual([
		"late-sl-back buy filled 0.5",
		"late-sl-back2 buy filled 0.5",
	]);
});
