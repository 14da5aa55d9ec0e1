/** What every broker must do, whatever exchange is behind it. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Approved } from "../../src/domain/approved.ts";
import { add, decimal, formatDecimal, zero } from "../../src/domain/decimal.ts";
import type { Broker, BrokerFill, Submission } from "../../src/domain/ports.ts";
import type { Order } from "../../src/domain/records.ts";
import { makeOrder, type OrderRequest } from "../../src/engine/orders.ts";
import { riskOfficer } from "../../src/risk/approve.ts";
import { noLimits, startOfTest } from "../engine/support.ts";

/** A started broker on an empty account with money enough, and what a test moves. */
export interface OpenedBroker {
	readonly broker: Broker;
	/** Makes this the market's price and lets the broker see it. */
	setPrice(symbol: string, price: string): Promise<void>;
	/** Lets so much time go by that whatever happened has been told. */
	settle(): Promise<void>;
	close(): Promise<void>;
}

type Open = () => Promise<OpenedBroker>;

let made = 0;

/** An approved order on BTC/USD with an id of its own. */
export function approvedOrder(
	side: Order["side"],
	quantity: string,
	changes: Partial<OrderRequest> = {},
): Approved<Order> {
	made += 1;
	const order = makeOrder({
		id: `order${made}`,
		alert_id: null,
		account: "paper",
		strategy: "Mine",
		symbol: "BTC/USD",
		side,
		leg: "entry",
		quantity: decimal(quantity),
		reduce_only: false,
		at: new Date(startOfTest).toISOString(),
		...changes,
	});
	return riskOfficer(noLimits).reinstate(order);
}

/** Units of all fills together, as text. */
export function filledUnits(fills: readonly BrokerFill[]): string {
	return formatDecimal(fills.reduce((sum, { quantity }) => add(sum, quantity), zero));
}

function fillsOf(submission: Submission): readonly BrokerFill[] {
	if (submission.outcome === "accepted") return submission.fills;
	throw new Error(`${submission.outcome}: ${submission.reason}`);
}

/** @param open a new broker each time, with an account called `paper` or anything else, and price 42000 on BTC/USD */
export function brokerContract(name: string, open: Open): void {
	describe(name, () => {
		const closing: (() => Promise<void>)[] = [];
		afterEach(async () => {
			for (const close of closing.splice(0)) await close();
		});
		const opened = async () => {
			const all = await open();
			closing.push(() => all.close());
			const told: BrokerFill[] = [];
			all.broker.onFill((fill) => told.push(fill));
			return { ...all, told };
		};
		describing(opened);
		submitting(opened);
		askingAgain(opened);
		resting(opened);
		lookingUp(opened);
		accounting(opened);
	});
}

type Opened = () => Promise<OpenedBroker & { readonly told: BrokerFill[] }>;

function describing(opened: Opened): void {
	test("says what it can do, in numbers that can be waited for", async () => {
		const { broker } = await opened();
		const { request_expiry_ms, read_lag_ms } = broker.abilities;
		expect(read_lag_ms).toBeGreaterThanOrEqual(0);
		if (request_expiry_ms !== undefined) expect(request_expiry_ms).toBeGreaterThan(0);
	});

	test("knows the market's steps and its last price", async () => {
		const { broker, setPrice } = await opened();
		expect(broker.market("BTC/USD")).toMatchObject({ symbol: "BTC/USD", base: "BTC", quote: "USD" });
		await setPrice("BTC/USD", "42123.45");
		const quote = broker.quote("BTC/USD");
		expect(quote === undefined ? "none" : formatDecimal(quote.price)).toBe("42123.45");
	});
}

function submitting(opened: Opened): void {
	for (const side of ["buy", "sell"] as const) {
		test(`a market order to ${side} is filled to its last digit, under its own id and trade ids of their own`, async () => {
			const { broker, settle, told } = await opened();
			const order = approvedOrder(side, "0.1234");
			const fills = [...fillsOf(await broker.submit(order))];
			await settle();
			const all = new Map([...fills, ...told].map((fill) => [fill.trade_id, fill]));
			expect(filledUnits([...all.values()])).toBe("0.1234");
			for (const fill of all.values()) {
				expect(fill.client_order_id).toBe(order.client_order_id);
				expect(fill.price).toBe(decimal("42000"));
				expect(fill.fee).toBeGreaterThanOrEqual(0n);
			}
		});
	}

	test("a reduce-only order never turns the position, and finds nothing to reduce where there is nothing", async () => {
		const { broker, settle } = await opened();
		const reducing = { reduce_only: true, leg: "exit" } as const;
		expect((await broker.submit(approvedOrder("sell", "0.5", reducing))).outcome).toBe("rejected");
		await broker.submit(approvedOrder("buy", "0.3"));
		expect(filledUnits(fillsOf(await broker.submit(approvedOrder("sell", "0.5", reducing))))).toBe("0.3");
		await settle();
		const held = (await broker.state()).positions.find(({ symbol }) => symbol === "BTC/USD");
		expect(held?.quantity ?? zero).toBe(zero);
	});
}

function askingAgain(opened: Opened): void {
	test("asking again for a filled order gives the same answer and trades nothing", async () => {
		const { broker, settle } = await opened();
		const order = approvedOrder("buy", "0.5");
		const first = await broker.submit(order);
		expect(await broker.submit(order)).toEqual(first);
		await settle();
		expect(await broker.submit(order)).toEqual(first);
		await settle();
		const { positions } = await broker.state();
		expect(positions.map(({ quantity }) => formatDecimal(quantity))).toEqual(["0.5"]);
	});

	test("asking twice at the same time makes one order", async () => {
		const { broker, settle } = await opened();
		const order = approvedOrder("buy", "0.5");
		const [first, second] = await Promise.all([broker.submit(order), broker.submit(order)]);
		expect(second).toEqual(first);
		await settle();
		expect((await broker.state()).positions.map(({ quantity }) => formatDecimal(quantity))).toEqual(["0.5"]);
	});

	test("asking again for a resting order lets it rest once", async () => {
		const { broker, settle, setPrice, told } = await opened();
		const order = approvedOrder("buy", "0.5", { limit_price: "41000" });
		await broker.submit(order);
		await broker.submit(order);
		await settle();
		expect((await broker.state()).open_orders).toHaveLength(1);
		await setPrice("BTC/USD", "40900");
		await settle();
		expect(filledUnits(told)).toBe("0.5");
	});
}

function resting(opened: Opened): void {
	const rows = [
		["a limit buy", "buy", { limit_price: "41000" }, "41500", "41000"],
		["a limit sale", "sell", { limit_price: "43000" }, "42500", "43000"],
		["a stop buy", "buy", { stop_price: "43000" }, "42500", "43000"],
		["a stop sale", "sell", { stop_price: "41000" }, "41500", "41000"],
	] as const;
	for (const [name, side, where, quiet, reaches] of rows) {
		test(`${name} rests at ${quiet} and is told once when ${reaches} is reached`, async () => {
			const { broker, settle, setPrice, told } = await opened();
			const order = approvedOrder(side, "0.2", where);
			expect(fillsOf(await broker.submit(order))).toEqual([]);
			await setPrice("BTC/USD", quiet);
			await settle();
			expect(told).toEqual([]);
			await setPrice("BTC/USD", reaches);
			await settle();
			await settle();
			expect(told.map((fill) => [fill.client_order_id, formatDecimal(fill.price)])).toEqual([
				[order.client_order_id, reaches],
			]);
			expect(filledUnits(told)).toBe("0.2");
			expect((await broker.state()).open_orders).toEqual([]);
		});
	}

	test("a canceled order is never filled, and canceling is true once", async () => {
		const { broker, settle, setPrice, told } = await opened();
		const order = approvedOrder("sell", "0.2", { stop_price: "41000" });
		await broker.submit(order);
		expect(await broker.cancel(order.client_order_id)).toBe(true);
		expect(await broker.cancel(order.client_order_id)).toBe(false);
		await setPrice("BTC/USD", "40000");
		await settle();
		expect(told).toEqual([]);
	});

	test("canceling what is filled, or what never was, is false", async () => {
		const { broker } = await opened();
		const order = approvedOrder("buy", "0.2");
		await broker.submit(order);
		expect(await broker.cancel(order.client_order_id)).toBe(false);
		expect(await broker.cancel(approvedOrder("buy", "1").client_order_id)).toBe(false);
	});
}

function lookingUp(opened: Opened): void {
	test("an order that never was is not found", async () => {
		const { broker } = await opened();
		expect(await broker.lookup(approvedOrder("buy", "1"))).toEqual({ outcome: "not_found" });
	});

	test("an open order, a filled one and a canceled one are found as such, with the fills that were told", async () => {
		const { broker, settle } = await opened();
		const open = approvedOrder("buy", "0.1", { limit_price: "41000" });
		const filled = approvedOrder("buy", "0.2");
		const canceled = approvedOrder("buy", "0.3", { limit_price: "41000" });
		await broker.submit(open);
		const fills = fillsOf(await broker.submit(filled));
		await broker.submit(canceled);
		await broker.cancel(canceled.client_order_id);
		await settle();
		expect(await broker.lookup(open)).toMatchObject({ outcome: "found", state: "open", fills: [] });
		expect(await broker.lookup(filled)).toMatchObject({ outcome: "found", state: "filled", fills: [...fills] });
		expect(await broker.lookup(canceled)).toMatchObject({ outcome: "found", state: "canceled", fills: [] });
	});

	test("an order that rested and was filled later is found filled, with the fill that was told", async () => {
		const { broker, settle, setPrice, told } = await opened();
		const order = approvedOrder("buy", "0.1", { limit_price: "41000" });
		await broker.submit(order);
		await setPrice("BTC/USD", "41000");
		await settle();
		expect(told).toHaveLength(1);
		expect(await broker.lookup(order)).toMatchObject({ outcome: "found", state: "filled", fills: told });
	});

	test("a rejected order is not found as open or filled", async () => {
		const { broker } = await opened();
		const order = approvedOrder("sell", "0.5", { reduce_only: true, leg: "exit" });
		expect((await broker.submit(order)).outcome).toBe("rejected");
		const found = await broker.lookup(order);
		expect(found.outcome === "found" ? found.state : found.outcome).toMatch(/^(rejected|not_found)$/);
	});
}

function accounting(opened: Opened): void {
	test("the account shows net positions and open orders", async () => {
		const { broker, settle } = await opened();
		await broker.submit(approvedOrder("buy", "0.5"));
		await broker.submit(approvedOrder("sell", "0.2"));
		const open = approvedOrder("buy", "0.1", { limit_price: "41000" });
		await broker.submit(open);
		await settle();
		const { open_orders, positions, balance } = await broker.state();
		expect(positions).toEqual([{ symbol: "BTC/USD", quantity: decimal("0.3") }]);
		expect(open_orders).toEqual([
			{
				client_order_id: open.client_order_id,
				symbol: "BTC/USD",
				side: "buy",
				type: "limit",
				limit_price: "41000",
				quantity: decimal("0.1"),
				filled_quantity: zero,
			},
		]);
		expect(balance).toBeGreaterThan(0n);
	});

	test("a short is below zero", async () => {
		const { broker, settle } = await opened();
		await broker.submit(approvedOrder("sell", "0.5"));
		await settle();
		expect((await broker.state()).positions).toEqual([{ symbol: "BTC/USD", quantity: decimal("-0.5") }]);
	});
}
