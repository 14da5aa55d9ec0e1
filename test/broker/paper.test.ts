/** The paper broker: market, limit and stop orders, fee and slippage to the last digit, reduce-only, asking again, canceling. */
import { describe, expect, test } from "bun:test";
import { PaperBroker, paperMarket } from "../../src/broker/paper.ts";
import { decimal, formatDecimal } from "../../src/domain/decimal.ts";
import type { BrokerFill, Submission } from "../../src/domain/ports.ts";
import type { Order, Position } from "../../src/domain/records.ts";
import type { AccountSettings } from "../../src/domain/settings.ts";
import { makeOrder, type OrderRequest } from "../../src/engine/orders.ts";
import { riskOfficer } from "../../src/risk/approve.ts";
import { accountSettings, ManualClock, noLimits, startOfTest } from "../engine/support.ts";

const { reinstate } = riskOfficer(noLimits);
let made = 0;

function orderOf(side: Order["side"], quantity: string, changes: Partial<OrderRequest> = {}): Order {
	made += 1;
	return makeOrder({
		id: `o${made}`,
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
}

function brokerWith(
	settings: Partial<AccountSettings> = {},
	price: string | null = "42000",
	positions: readonly Position[] = [],
) {
	const clock = new ManualClock();
	const broker = new PaperBroker(accountSettings(settings), clock, positions);
	const later: BrokerFill[] = [];
	broker.onFill((fill) => later.push(fill));
	const show = (value: string, symbol = "BTC/USD") => broker.observe(symbol, decimal(value), clock.now());
	if (price !== null) show(price);
	return { broker, clock, later, show, submit: (order: Order) => broker.submit(reinstate(order)) };
}

/** `quantity at price fee F`, or what else it said. */
function shown(submission: Submission): string {
	if (submission.outcome !== "accepted") return `${submission.outcome}: ${submission.reason}`;
	return submission.fills.map(fillShown).join(", ") || "rests";
}

const fillShown = (fill: BrokerFill): string =>
	`${formatDecimal(fill.quantity)} at ${formatDecimal(fill.price)} fee ${formatDecimal(fill.fee)}`;

const costs = { fee: decimal("0.001"), slippage: decimal("0.0005") };

describe("market orders", () => {
	const rows: readonly (readonly [string, Partial<AccountSettings>, Order, string])[] = [
		["a buy without costs", {}, orderOf("buy", "0.5"), "0.5 at 42000 fee 0"],
		["a sale without costs", {}, orderOf("sell", "0.5"), "0.5 at 42000 fee 0"],
		[
			"a buy pays slippage upwards, and its fee of that price",
			costs,
			orderOf("buy", "0.5"),
			"0.5 at 42021 fee 21.0105",
		],
		[
			"a sale gets slippage downwards, and its fee of that price",
			costs,
			orderOf("sell", "0.5"),
			"0.5 at 41979 fee 20.9895",
		],
		[
			"a fee with more than 18 decimals is rounded up",
			{ fee: decimal("0.000000000000000001") },
			orderOf("buy", "0.00000001"),
			"0.00000001 at 42000 fee 0.000000000000000001",
		],
	];
	for (const [name, settings, order, expected] of rows) {
		test(name, async () => expect(shown(await brokerWith(settings).submit(order))).toBe(expected));
	}

	test("without a price there is no trade", async () => {
		expect(shown(await brokerWith({}, null).submit(orderOf("buy", "1")))).toBe(
			"rejected: no price is known for BTC/USD",
		);
		expect(shown(await brokerWith().submit(orderOf("buy", "1", { symbol: "ETH/USD" })))).toContain("ETH/USD");
	});

	test("a fill says whose it is, in which currency and when", async () => {
		const order = orderOf("buy", "1");
		const answer = await brokerWith({ currency: "EUR" }).submit(order);
		expect(answer.outcome === "accepted" && answer.fills[0]).toMatchObject({
			client_order_id: order.client_order_id,
			trade_id: `${order.client_order_id}-1`,
			fee_currency: "EUR",
			at: startOfTest,
		});
	});
});

describe("resting orders", () => {
	const rows: readonly {
		name: string;
		order: Order;
		quiet: string;
		reaches: string;
		fill: string;
		settings?: Partial<AccountSettings>;
	}[] = [
		{
			name: "a limit buy",
			order: orderOf("buy", "1", { limit_price: "41000" }),
			quiet: "41000.01",
			reaches: "41000",
			fill: "1 at 41000 fee 0",
		},
		{
			name: "a limit sale",
			order: orderOf("sell", "1", { limit_price: "43000" }),
			quiet: "42999.99",
			reaches: "43000",
			fill: "1 at 43000 fee 0",
		},
		{
			name: "a stop sale",
			order: orderOf("sell", "1", { stop_price: "41000" }),
			quiet: "41000.01",
			reaches: "41000",
			fill: "1 at 41000 fee 0",
		},
		{
			name: "a stop buy",
			order: orderOf("buy", "1", { stop_price: "43000" }),
			quiet: "42999.99",
			reaches: "43000",
			fill: "1 at 43000 fee 0",
		},
		{
			name: "a stop that is jumped over fills at the price there is",
			order: orderOf("sell", "1", { stop_price: "41000" }),
			quiet: "41500",
			reaches: "40000",
			fill: "1 at 40000 fee 0",
		},
		{
			name: "a stop pays slippage and fee",
			order: orderOf("sell", "1", { stop_price: "41000" }),
			quiet: "41500",
			reaches: "40000",
			fill: "1 at 39980 fee 39.98",
			settings: costs,
		},
		{
			name: "a limit buy never pays more than its limit, slippage or not",
			order: orderOf("buy", "1", { limit_price: "41000" }),
			quiet: "41500",
			reaches: "41000",
			fill: "1 at 41000 fee 41",
			settings: costs,
		},
		{
			name: "a limit sale never gets less than its limit, slippage or not",
			order: orderOf("sell", "1", { limit_price: "43000" }),
			quiet: "42500",
			reaches: "43000",
			fill: "1 at 43000 fee 43",
			settings: costs,
		},
	];
	for (const { name, order, quiet, reaches, fill, settings } of rows) {
		test(`${name}: rests at ${quiet}, fills at ${reaches}, and only once`, async () => {
			const { submit, show, later } = brokerWith(settings);
			expect(shown(await submit(order))).toBe("rests");
			show(quiet);
			expect(later).toEqual([]);
			show(reaches, "ETH/USD");
			expect(later).toEqual([]);
			show(reaches);
			show(reaches);
			expect(later.map(fillShown)).toEqual([fill]);
			expect(later[0]?.client_order_id).toBe(order.client_order_id);
		});
	}

	test("one whose price is there already fills at once", async () => {
		expect(shown(await brokerWith().submit(orderOf("buy", "1", { limit_price: "42500" })))).toBe("1 at 42000 fee 0");
		expect(shown(await brokerWith().submit(orderOf("sell", "1", { stop_price: "42500" })))).toBe("1 at 42000 fee 0");
	});

	test("one on a symbol without a price rests until one is seen", async () => {
		const { submit, show, later } = brokerWith({}, null);
		expect(shown(await submit(orderOf("buy", "1", { limit_price: "41000" })))).toBe("rests");
		show("40000");
		expect(later.map(fillShown)).toEqual(["1 at 40000 fee 0"]);
	});

	test("a price older than the last one changes nothing", async () => {
		const { broker, submit, later } = brokerWith();
		await submit(orderOf("sell", "1", { stop_price: "41000" }));
		broker.observe("BTC/USD", decimal("40000"), startOfTest - 1);
		expect(later).toEqual([]);
		expect(broker.quote("BTC/USD")?.price).toBe(decimal("42000"));
	});
});

describe("cancel", () => {
	test("takes a resting order away, once", async () => {
		const { broker, submit, show, later } = brokerWith();
		const order = orderOf("sell", "1", { stop_price: "41000" });
		await submit(order);
		expect(await broker.cancel(order.client_order_id)).toBe(true);
		expect(await broker.cancel(order.client_order_id)).toBe(false);
		show("40000");
		expect(later).toEqual([]);
	});

	test("says false of an order that is filled or unknown", async () => {
		const { broker, submit, show } = brokerWith();
		const market = orderOf("buy", "1");
		const stop = orderOf("sell", "1", { stop_price: "41000" });
		await submit(market);
		await submit(stop);
		show("40000");
		for (const id of [market.client_order_id, stop.client_order_id, "never seen"])
			expect(await broker.cancel(id)).toBe(false);
	});
});

describe("asking again with the same client order id", () => {
	test("gives the same answer and trades nothing", async () => {
		const { broker, submit, show } = brokerWith();
		const order = orderOf("buy", "1");
		const first = await submit(order);
		show("50000");
		expect(await submit(order)).toBe(first);
		// Nothing but the first buy is there to be reduced.
		expect(shown(await submit(orderOf("sell", "5", { reduce_only: true })))).toBe("1 at 50000 fee 0");
		expect(broker.account).toBe("paper");
	});

	test("does not make a resting order rest twice", async () => {
		const { submit, show, later } = brokerWith();
		const order = orderOf("sell", "1", { stop_price: "41000" });
		await submit(order);
		await submit(order);
		show("40000");
		await submit(order);
		show("39000");
		expect(later).toHaveLength(1);
	});

	test("gives a rejection again", async () => {
		const { submit, show } = brokerWith({}, null);
		const order = orderOf("buy", "1");
		await submit(order);
		show("42000");
		expect(shown(await submit(order))).toContain("rejected");
	});
});

describe("reduce-only", () => {
	test("fills no more than the net there is, and nothing on the wrong side", async () => {
		const { submit } = brokerWith();
		const reducing = { reduce_only: true } as const;
		expect(shown(await submit(orderOf("sell", "1", reducing)))).toContain("nothing to reduce");
		await submit(orderOf("buy", "0.4"));
		expect(shown(await submit(orderOf("buy", "1", reducing)))).toContain("nothing to reduce");
		expect(shown(await submit(orderOf("sell", "1", reducing)))).toBe("0.4 at 42000 fee 0");
		expect(shown(await submit(orderOf("sell", "1", reducing)))).toContain("nothing to reduce");
		await submit(orderOf("sell", "0.3"));
		expect(shown(await submit(orderOf("buy", "1", reducing)))).toBe("0.3 at 42000 fee 0");
	});

	test("a resting one with nothing to reduce goes on resting and does not vanish in silence", async () => {
		const { broker, submit, show, later } = brokerWith();
		const order = orderOf("sell", "1", { stop_price: "41000", reduce_only: true });
		await submit(order);
		show("40000");
		expect(later).toEqual([]);
		expect(await broker.cancel(order.client_order_id)).toBe(true);
	});
});

describe("after a restart", () => {
	const held = (
		strategy: string,
		side: Position["side"],
		quantity: string,
		mark_price: string,
		updated: number,
	): Position => ({
		account: "paper",
		strategy,
		symbol: "BTC/USD",
		side,
		quantity,
		average_price: "40000",
		unrealized_pnl: "0",
		realized_pnl: "0",
		additions: 0,
		mark_price,
		updated_at: new Date(updated).toISOString(),
	});

	test("the net of all strategies and the newest price are known again", async () => {
		const positions = [
			held("A", "long", "1", "42000", startOfTest),
			held("B", "short", "0.4", "41000", startOfTest - 5),
			{ ...held("C", "long", "9", "99", startOfTest + 5), account: "other" },
		];
		const { broker, submit } = brokerWith({}, null, positions);
		expect(broker.quote("BTC/USD")).toEqual({ price: decimal("42000"), at: startOfTest });
		expect(shown(await submit(orderOf("sell", "5", { reduce_only: true })))).toBe("0.6 at 42000 fee 0");
	});
});

describe("markets", () => {
	const rows: readonly (readonly [string, string, string, string])[] = [
		["BTC/USD", "BTC", "USD", "0.00000001"],
		["BTC/USDT:USDT", "BTC", "USDT", "0.00000001"],
		["AAPL", "AAPL", "EUR", "1"],
	];
	for (const [symbol, base, quote, step] of rows) {
		test(`${symbol} is ${base} paid in ${quote}, in steps of ${step}`, () => {
			const market = paperMarket(symbol, "EUR");
			expect([market.base, market.quote, formatDecimal(market.quantity_step)]).toEqual([base, quote, step]);
		});
	}
});
