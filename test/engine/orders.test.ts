/** Orders: what a fill does to one, what a restart makes of one, and which the register knows. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import type { BrokerFill } from "../../src/domain/ports.ts";
import { type Order, OrderStatus } from "../../src/domain/records.ts";
import { forgotten, makeOrder, OpenOrders, remaining, submitted, withFill } from "../../src/engine/orders.ts";
import { startOfTest } from "./support.ts";

const at = new Date(startOfTest).toISOString();
const later = new Date(startOfTest + 1_000).toISOString();
const statuses: readonly Order["status"][] = OrderStatus.enum;

function orderOf(changes: Partial<Order> = {}, id = "6H08KRNT000-1"): Order {
	const made = makeOrder({
		id,
		alert_id: null,
		account: "paper",
		strategy: "Mine",
		symbol: "BTC/USD",
		side: "buy",
		leg: "entry",
		quantity: decimal("3"),
		reduce_only: false,
		at,
	});
	return { ...made, ...changes };
}

function fillOf(quantity: string, price: string, trade = `${quantity}@${price}`): BrokerFill {
	const client_order_id = orderOf().client_order_id;
	const money = { quantity: decimal(quantity), price: decimal(price), fee: decimal("0"), fee_currency: "USD" };
	return { trade_id: trade, client_order_id, ...money, at: startOfTest + 1_000 };
}

const filledBy = (order: Order, ...fills: readonly BrokerFill[]): Order =>
	fills.reduce((current, fill) => withFill(current, fill, false).order, order);

describe("making an order", () => {
	test("it is an intent until it is about to be sent", () => {
		expect(orderOf()).toMatchObject({ status: "intent", filled_quantity: "0", average_price: null });
		expect(submitted(orderOf(), later)).toMatchObject({ status: "submitting", updated_at: later });
	});

	test("what was sent before is sent as it is", () => {
		for (const status of statuses) {
			if (status === "intent") continue;
			const order = orderOf({ status });
			expect(submitted(order, later)).toBe(order);
		}
	});

	test("the same cause asks with the same id, whatever else the order says; a retry does not", () => {
		const request = { alert_id: null, account: "paper", strategy: "Mine", symbol: "BTC/USD", at } as const;
		const made = (id: string, quantity: string, attempt?: number) =>
			makeOrder({
				...request,
				id,
				side: "buy",
				leg: "entry",
				quantity: decimal(quantity),
				reduce_only: false,
				...(attempt === undefined ? {} : { attempt }),
			});
		expect(made("X-1", "1").client_order_id).toBe(made("X-1", "2").client_order_id);
		expect(made("X-1", "1", 1).client_order_id).toBe(made("X-1", "1").client_order_id);
		expect(made("X-1", "1", 2).client_order_id).not.toBe(made("X-1", "1").client_order_id);
		expect(made("X-1", "1")).not.toHaveProperty("attempt");
	});
});

describe("an order that a restart finds at a broker that forgets", () => {
	for (const status of statuses) {
		const again = status === "submitting" || status === "unknown";
		test(`${status}: ${again ? "is an intent again" : "stays"}`, () => {
			const order = orderOf({ status });
			if (again) expect(forgotten(order, later).status).toBe("intent");
			else expect(forgotten(order, later)).toBe(order);
		});
	}
});

describe("a fill", () => {
	const sent = orderOf({ status: "submitting" });

	test("of a part leaves the rest open, one of the rest ends it", () => {
		const part = filledBy(sent, fillOf("1", "100"));
		expect(part).toMatchObject({ status: "partially_filled", filled_quantity: "1", average_price: "100" });
		expect(remaining(part)).toBe(decimal("2"));
		expect(filledBy(part, fillOf("2", "103"))).toMatchObject({
			status: "filled",
			filled_quantity: "3",
			average_price: "102",
			filled_cost: "306",
			updated_at: later,
		});
	});

	test("that is the broker's last ends it, though less was filled than ordered", () => {
		const { order, report } = withFill(sent, fillOf("1", "100"), true);
		expect(order).toMatchObject({ status: "filled", filled_quantity: "1" });
		expect(report).toBeUndefined();
	});

	test("keeps the exact average whatever the number of fills and their order", () => {
		const fills = Array.from({ length: 300 }, (_, n) => fillOf("0.01", `${100 + (n % 7)}.37`));
		const forwards = filledBy(sent, ...fills);
		const backwards = filledBy(sent, ...[...fills].reverse());
		// 100.37 to 105.37 come 43 times each, 106.37 comes 42 times: 2.99 above 100.37 on average.
		expect(forwards).toMatchObject({ status: "filled", average_price: "103.36", filled_cost: "310.08" });
		expect(backwards.average_price).toBe("103.36");
	});

	test("thirds do not drift", () => {
		const order = orderOf({ status: "submitting", quantity: "100" });
		const fills = Array.from({ length: 33 }, () => [fillOf("1", "1"), fillOf("2", "2")]).flat();
		expect(filledBy(order, ...fills).average_price).toBe("1.666666666666666667");
	});

	test("of an order that an earlier version filled goes on from its average", () => {
		const { filled_cost, ...old } = filledBy(sent, fillOf("1", "100"));
		expect(filled_cost).toBe("100");
		expect(filledBy(old, fillOf("2", "103"))).toMatchObject({ average_price: "102", filled_cost: "306" });
	});

	test("after the end is counted and reported, and so is one beyond what was ordered", () => {
		const ended = orderOf({ status: "canceled" });
		const late = withFill(ended, fillOf("1", "100"), false);
		expect(late.order).toMatchObject({ status: "canceled", filled_quantity: "1" });
		expect(late.report?.kind).toBe("late_fill");
		const over = withFill(filledBy(sent, fillOf("3", "100")), fillOf("1", "104"), false);
		expect(over.order).toMatchObject({ status: "filled", filled_quantity: "4", average_price: "101" });
		expect(over.report?.kind).toBe("late_fill");
		expect(withFill(sent, fillOf("4", "100"), false)).toMatchObject({
			order: { status: "filled", filled_quantity: "4" },
			report: undefined,
		});
	});
});

describe("the register", () => {
	test("has what is open, and remembers what ended for its late fills only", () => {
		const open = new OpenOrders();
		const order = orderOf({ status: "accepted" });
		open.put(order);
		expect(open.byClientId(order.client_order_id)).toBe(order);
		const ended = { ...order, status: "canceled" } as const;
		open.put(ended);
		expect(open.byClientId(order.client_order_id)).toBeUndefined();
		expect(open.all()).toEqual([]);
		expect(open.of("paper", "Mine", "BTC/USD")).toEqual([]);
		expect(open.ofFill(order.client_order_id)).toBe(ended);
		expect(open.ofFill("0".repeat(32))).toBeUndefined();
	});

	test("an order that a late fill opens again is open", () => {
		const open = new OpenOrders();
		const order = orderOf({ status: "abandoned" });
		open.put(order);
		const { order: alive } = withFill(order, fillOf("1", "100"), false);
		open.put(alive);
		expect(open.all()).toEqual([alive]);
	});

	test("remembers the last 10,000 that ended and no more; what is open is never forgotten", () => {
		const open = new OpenOrders();
		const rests = orderOf({ status: "accepted" }, "rests-1");
		open.put(rests);
		const ended = Array.from({ length: 10_001 }, (_, n) => orderOf({ status: "filled" }, `${n}-1`));
		for (const order of ended) open.put(order);
		const known = (index: number) => open.ofFill(ended[index]?.client_order_id ?? "") !== undefined;
		expect([known(0), known(1), known(10_000)]).toEqual([false, true, true]);
		expect(open.all()).toEqual([rests]);
	});
});
