/** The fake exchange is what it says: exact money, ids that are free again, deadlines that hold, the same faults for the same seed. */
import { describe, expect, test } from "bun:test";
import { decimal, formatDecimal } from "../../src/domain/decimal.ts";
import { ManualClock } from "../engine/support.ts";
import { countsOf } from "../support/exchange/exchange-server.ts";
import { FakeExchange, type FakeExchangeOptions } from "../support/exchange/fake-exchange.ts";
import { noFaults, orderFaults } from "../support/exchange/faults.ts";
import { Life } from "../support/exchange/life.ts";
import { filledOf } from "../support/exchange/matching.ts";

function opened(options: Partial<FakeExchangeOptions> = {}) {
	const clock = new ManualClock();
	const exchange = new FakeExchange({ clock, fee: "0", balance: "1000", ...options });
	exchange.matching.setPrice("BTC/USD", decimal("100"));
	const post = async (client_order_id: string, order: Readonly<Record<string, unknown>> = {}) => {
		const body = { client_order_id, symbol: "BTC/USD", side: "buy", type: "market", quantity: "1", reduce_only: false };
		const init = { method: "POST", body: JSON.stringify({ ...body, ...order }) };
		const response = await exchange.fetch("http://x/orders", init);
		return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
	};
	const get = async (path: string) => {
		const response = await exchange.fetch(`http://x${path}`, { method: "GET" });
		return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
	};
	return { clock, exchange, post, get };
}

describe("orders", () => {
	test("an id is taken among open orders only: an ended order's id makes a second order", async () => {
		const { exchange, post } = opened();
		await post("a", { type: "limit", limit_price: "90" });
		expect((await post("a", { type: "limit", limit_price: "90" })).status).toBe(409);
		expect(exchange.made().get("a")).toBe(1);
		exchange.matching.setPrice("BTC/USD", decimal("90"));
		expect((await post("a")).status).toBe(200);
		expect(exchange.made().get("a")).toBe(2);
		expect(exchange.positions().get("BTC/USD")).toBe(decimal("2"));
	});

	test("where ids are taken for good, they are", async () => {
		const { exchange, post } = opened({ faults: { unique_among: "all" } });
		await post("a");
		expect((await post("a")).status).toBe(409);
		expect(exchange.made().get("a")).toBe(1);
	});

	test("a deadline holds to the millisecond, on the exchange's own clock", async () => {
		const { clock, exchange, post } = opened({ faults: { skew_ms: 5_000 } });
		const at = (ms: number) => ({ expires_at: new Date(clock.now() + ms).toISOString() });
		expect((await post("a", at(4_999))).body["code"]).toBe("expired");
		expect((await post("b", at(5_000))).status).toBe(200);
		exchange.setFaults({ keeps_expiry: false });
		expect((await post("c", at(-60_000))).status).toBe(200);
		expect(exchange.asked.map(({ outcome }) => outcome)).toEqual(["expired", "made", "made"]);
	});

	const refusals = [
		["an unknown symbol", { symbol: "DOGE/USD" }, "unknown_symbol"],
		["a quantity between two steps", { quantity: "0.00015" }, "bad_quantity"],
		["nothing", { quantity: "0" }, "bad_quantity"],
		["a number for a quantity", { quantity: 1 }, "bad_order"],
		["a limit without its price", { type: "limit" }, "missing_price"],
		["reduce-only with nothing held", { reduce_only: true }, "nothing_to_reduce"],
	] as const;
	for (const [name, order, code] of refusals) {
		test(`${name} is refused with ${code}, and nothing is made`, async () => {
			const { exchange, post } = opened();
			const { status, body } = await post("a", order);
			expect(status).toBeGreaterThanOrEqual(400);
			expect(body["code"]).toBe(code);
			expect(exchange.matching.orders).toEqual([]);
		});
	}

	test("a fill in parts adds up exactly, and stops where it is canceled", async () => {
		const { clock, exchange, post } = opened({ faults: { partial: 1, part_ms: [100, 100] } });
		await post("a", { quantity: "1.0003" });
		const order = exchange.matching.orders[0];
		if (order === undefined) throw new Error("no order was made");
		expect(order.status).toBe("open");
		await clock.advance(1_000);
		expect(order.status).toBe("filled");
		expect(order.fills.length).toBeGreaterThan(1);
		expect(formatDecimal(filledOf(order))).toBe("1.0003");
		await post("b");
		await exchange.fetch("http://x/orders/b", { method: "DELETE" });
		const before = exchange.matching.fills.length;
		await clock.advance(1_000);
		expect(exchange.matching.fills).toHaveLength(before);
	});
});

test("money: profit counts when it is closed, fees at once, also through a turn from long to short", async () => {
	const { exchange, post, get } = opened({ fee: "0.01" });
	await post("a", { quantity: "2" });
	exchange.matching.setPrice("BTC/USD", decimal("110"));
	await post("b", { side: "sell", quantity: "3" });
	exchange.matching.setPrice("BTC/USD", decimal("90"));
	await post("c", { quantity: "1" });
	// Fees 2 + 3.3 + 0.9; profit 2 × 10 long, 1 × 20 short.
	expect((await get("/account")).body).toEqual({ currency: "USD", balance: "1033.8" });
	expect(exchange.positions().size).toBe(0);
});

describe("the feed of fills", () => {
	test("without a cursor it begins at the end, and goes on from there", async () => {
		const { post, get } = opened();
		await post("a");
		const first = (await get("/fills")).body;
		expect(first).toEqual({ items: [], next: "1" });
		await post("b");
		const { items, next } = (await get(`/fills?after=${String(first["next"])}`)).body;
		expect((items as { client_order_id: string }[]).map((fill) => fill.client_order_id)).toEqual(["b"]);
		expect(next).toBe("2");
	});

	test("doubled and out of order, it still has every fill", async () => {
		const { exchange, post, get } = opened({ seed: 3, faults: { feed: { duplicate: 0.5, reorder: 0.5 } } });
		for (let n = 0; n < 20; n++) await post(`o${n}`);
		const items = (await get("/fills?after=0")).body["items"] as { trade_id: string }[];
		const ids = items.map(({ trade_id }) => trade_id);
		const all = exchange.matching.fills.map(({ trade_id }) => trade_id);
		expect(new Set(ids)).toEqual(new Set(all));
		expect(ids.length).toBeGreaterThan(all.length);
		expect([...new Set(ids)]).not.toEqual(all);
	});

	test("what happened just now is not seen before its time", async () => {
		const { clock, post, get } = opened({ faults: { read_lag_ms: 500 } });
		await post("a");
		const seen = async () => [
			((await get("/fills?after=0")).body["items"] as unknown[]).length,
			((await get("/positions")).body["items"] as unknown[]).length,
			(await get("/orders/a")).status,
		];
		expect(await seen()).toEqual([0, 0, 404]);
		await clock.advance(500);
		expect(await seen()).toEqual([1, 1, 200]);
	});
});

test("the same seed does the same wrong things, another seed others", async () => {
	const story = async (seed: number): Promise<string> => {
		const rate = 0.9 / orderFaults.length;
		const orders = Object.fromEntries(orderFaults.map((fault) => [fault, rate]));
		const { clock, exchange, post } = opened({ seed, faults: { orders, partial: 0.5 } });
		for (let n = 0; n < 60; n++) {
			post(`o${n}`).catch((error: unknown) => expect(error).toBeInstanceOf(Error));
			await clock.advance(500);
		}
		await clock.advance(60_000);
		expect(exchange.underWay).toBe(false);
		expect(new Set(exchange.asked.map(({ fault }) => fault)).size).toBe(orderFaults.length + 1);
		return JSON.stringify([exchange.asked, countsOf(exchange)]);
	};
	expect(await story(5)).toBe(await story(5));
	expect(await story(5)).not.toBe(await story(6));
});

test("it behaves again when it is told to", async () => {
	const { exchange, post } = opened({ faults: { orders: { reject: 1 }, down: "cut" } });
	exchange.next.push("lost_after");
	exchange.behave();
	expect(exchange.faults).toEqual(noFaults);
	expect((await post("a")).status).toBe(200);
});

test("a life that ended hears no answer, sends nothing and has no timer; what was sent arrives", async () => {
	const { clock, exchange } = opened({ faults: { late_ms: [1_000, 1_000] } });
	const life = new Life(clock, exchange.fetch);
	const heard: string[] = [];
	const hear = (what: string) => () => {
		heard.push(what);
	};
	const order = {
		client_order_id: "a",
		symbol: "BTC/USD",
		side: "buy",
		type: "market",
		quantity: "1",
		reduce_only: false,
	};
	const send = (id: string) =>
		life.fetch("http://x/orders", { method: "POST", body: JSON.stringify({ ...order, client_order_id: id }) });
	exchange.next.push("slow_accept", "late");
	send("a").then(hear("answer"), hear("error"));
	send("b").then(hear("answer"), hear("error"));
	life.clock.after(500, hear("timer"));
	life.clock.sleep(500).then(hear("sleep"), hear("error"));
	life.end();
	send("c").then(hear("answer"), hear("error"));
	await clock.advance(5_000);
	expect(heard).toEqual([]);
	expect([...exchange.made().keys()]).toEqual(["a", "b"]);
});
