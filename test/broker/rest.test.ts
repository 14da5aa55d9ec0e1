/** The REST broker against a fake exchange that does wrong: what is said, what was made there, and how often it was asked. */
import { describe, expect, test } from "bun:test";
import { decimal, formatDecimal } from "../../src/domain/decimal.ts";
import type { Submission } from "../../src/domain/ports.ts";
import { failureOf } from "../engine/support.ts";
import type { Faults, OrderFault } from "../support/exchange/faults.ts";
import { bridged, bridgeKey, inTime, started } from "./bridged.ts";
import { approvedOrder, filledUnits } from "./contract.ts";

const shown = (submission: Submission): string =>
	submission.outcome === "accepted"
		? `accepted ${filledUnits(submission.fills)}`
		: `${submission.outcome}: ${submission.reason}`;

describe("one order, whatever becomes of it, is sent once", () => {
	const late: Partial<Faults> = { late_ms: [1_000, 1_000] };
	const tooLate: Partial<Faults> = { late_ms: [3_500, 3_500] };
	const rows: readonly (readonly [string, OrderFault, Partial<Faults>, string, number])[] = [
		["lost before it came", "lost_before", {}, "unknown: the connection was cut", 0],
		["taken, the answer lost", "lost_after", {}, "unknown: the connection was cut", 1],
		["taken, the answer cut in the middle", "garbled", {}, "unknown: the connection was cut", 1],
		["503, taken all the same", "error_after", {}, "unknown: the bridge answered with 503", 1],
		["503, not taken", "error_before", {}, "unknown: the bridge answered with 503", 0],
		["a proxy's 403", "proxy", {}, "unknown: the bridge answered with 403", 0],
		["a rejection", "reject", {}, "rejected: insufficient_funds: not enough money", 0],
		["cut, and taken a second later", "late", late, "unknown: the connection was cut", 1],
		["cut, and come after its deadline", "late", tooLate, "unknown: the connection was cut", 0],
		["taken after a second", "slow_accept", late, "accepted 0.5", 1],
		["come after its deadline over a slow line", "slow_accept", tooLate, "rejected: expired: it came after", 0],
		["answered after three seconds", "slow_answer", { slow_ms: [3_000, 3_000] }, "accepted 0.5", 1],
		["answered after six seconds", "slow_answer", { slow_ms: [6_000, 6_000] }, "unknown: no answer within 5000 ms", 1],
	];
	for (const [name, fault, faults, expected, made] of rows) {
		test(`${name}: ${expected}`, async () => {
			const { broker, clock, exchange } = await started({ faults });
			exchange.next.push(fault);
			const order = approvedOrder("buy", "0.5");
			expect(shown(await inTime(clock, broker.submit(order)))).toStartWith(expected);
			await clock.advance(10_000);
			expect(exchange.asked).toHaveLength(1);
			expect(exchange.made().get(order.client_order_id) ?? 0).toBe(made);
			await broker.stop();
		});
	}

	test("with its number, type, price and a deadline of three seconds on the exchange's clock", async () => {
		const bodies: unknown[] = [];
		const { broker, clock } = await started({
			faults: { skew_ms: 3_600_000 },
			fetch: (url, init, exchange) => {
				if (init.method === "POST") bodies.push(JSON.parse(String(init.body)));
				return exchange.fetch(url, init);
			},
		});
		await clock.advance(10_000);
		const order = approvedOrder("sell", "0.25", { limit_price: "43000.5", reduce_only: false });
		await broker.submit(order);
		expect(bodies).toEqual([
			{
				client_order_id: order.client_order_id,
				symbol: "BTC/USD",
				side: "sell",
				type: "limit",
				quantity: "0.25",
				limit_price: "43000.5",
				reduce_only: false,
				expires_at: new Date(clock.now() + 3_600_000 + 3_000).toISOString(),
			},
		]);
		await broker.stop();
	});

	test("without a deadline where the bridge can keep none", async () => {
		const bodies: string[] = [];
		const { broker } = await started({
			rest: { request_expiry_ms: undefined },
			fetch: (url, init, exchange) => {
				if (init.method === "POST") bodies.push(String(init.body));
				return exchange.fetch(url, init);
			},
		});
		expect(broker.abilities.request_expiry_ms).toBeUndefined();
		expect(shown(await broker.submit(approvedOrder("buy", "1")))).toBe("accepted 1");
		expect(bodies.join()).not.toContain("expires_at");
		await broker.stop();
	});
});

describe("the deadline holds however wrong the clocks and slow the lines are", () => {
	for (const skew_ms of [-86_400_000, -1_000, 0, 1_000, 86_400_000]) {
		for (const slow of [0, 2_000]) {
			test(`the exchange's clock is off by ${skew_ms} ms, and /time takes ${slow} ms`, async () => {
				const { broker, clock, exchange } = bridged({
					faults: { skew_ms, reads: slow === 0 ? {} : { slow: 1 }, slow_ms: [slow, slow] },
				});
				await inTime(clock, broker.start());
				// Each arrives a little later than the one before; none may be taken more than three seconds after it was sent.
				for (let late = 0; late <= 6_000; late += 500) {
					exchange.setFaults({ late_ms: [late, late] });
					exchange.next.push("late");
					await broker.submit(approvedOrder("buy", "0.1"));
					await clock.advance(7_000);
					const outcome = exchange.asked.at(-1)?.outcome;
					if (late > 3_000) expect(outcome).toBe("expired");
					if (late + slow <= 3_000) expect(outcome).toBe("made");
				}
				await broker.stop();
			});
		}
	}

	test("our own clock jumping changes nothing: the deadline counts on the one that never goes back", async () => {
		const { broker, clock, exchange } = await started();
		const now = clock.now.bind(clock);
		const bodies: string[] = [];
		exchange.matching.setPrice("BTC/USD", decimal("42000"));
		clock.now = () => now() + 60_000;
		exchange.setFaults({ skew_ms: -60_000 });
		exchange.next.push("slow_accept");
		exchange.setFaults({ late_ms: [3_500, 3_500] });
		bodies.push(shown(await inTime(clock, broker.submit(approvedOrder("buy", "0.1")))));
		expect(bodies[0]).toStartWith("rejected: expired");
		await broker.stop();
	});

	test("without the exchange's time nothing is sent", async () => {
		const { broker, exchange } = bridged({ faults: { down: "cut" } });
		expect(shown(await broker.submit(approvedOrder("buy", "1")))).toBe(
			"unknown: nothing was sent: the connection was cut",
		);
		expect(exchange.asked).toEqual([]);
		exchange.behave();
		expect(shown(await broker.submit(approvedOrder("buy", "1")))).toBe("accepted 1");
	});
});

describe("an id that the exchange knows", () => {
	test("is adopted with its fills, and not traded again, while the order is open", async () => {
		const { broker, clock, exchange } = await started();
		const order = approvedOrder("buy", "0.5", { limit_price: "41000" });
		exchange.next.push("lost_after");
		expect((await broker.submit(order)).outcome).toBe("unknown");
		expect(await broker.submit(order)).toEqual({ outcome: "accepted", fills: [], open: true });
		await clock.advance(1_000);
		expect(exchange.asked.map(({ outcome }) => outcome)).toEqual(["made", "duplicate"]);
		expect(exchange.made().get(order.client_order_id)).toBe(1);
		await broker.stop();
	});

	test("is looked up where the 409 does not carry the order", async () => {
		const { broker, exchange } = await started({
			fetch: async (url, init, to) => {
				const response = await to.fetch(url, init);
				return response.status === 409 ? new Response('{"code":"duplicate","detail":"-"}', { status: 409 }) : response;
			},
		});
		const order = approvedOrder("buy", "0.5", { limit_price: "41000" });
		exchange.next.push("lost_after");
		await broker.submit(order);
		expect(await broker.submit(order)).toEqual({ outcome: "accepted", fills: [], open: true });
		expect(exchange.requests.get("GET /orders")).toBe(1);
		await broker.stop();
	});

	test("stays unknown where it cannot be looked up", async () => {
		const { broker, exchange } = await started({
			fetch: async (url, init, to) => {
				if (init.method === "GET" && url.includes("/orders/")) return new Response("", { status: 502 });
				const response = await to.fetch(url, init);
				return response.status === 409 ? new Response("", { status: 409 }) : response;
			},
		});
		const order = approvedOrder("buy", "0.5", { limit_price: "41000" });
		exchange.next.push("lost_after");
		await broker.submit(order);
		expect(shown(await broker.submit(order))).toContain("has the order already; the bridge answered with 502");
		await broker.stop();
	});

	test("can be used again once the order has ended, so that a blind re-send doubles: looking it up first does not", async () => {
		const { broker, exchange } = await started();
		const order = approvedOrder("buy", "0.5");
		exchange.next.push("lost_after");
		expect((await broker.submit(order)).outcome).toBe("unknown");
		expect(await broker.lookup(order)).toMatchObject({ outcome: "found", state: "filled" });
		expect(exchange.made().get(order.client_order_id)).toBe(1);
		// What nobody may do without the lookup:
		await broker.submit(order);
		expect(exchange.made().get(order.client_order_id)).toBe(2);
		await broker.stop();
	});
});

describe("looking up and canceling when the bridge is away", () => {
	for (const down of ["cut", "refused"] as const) {
		test(`${down}: a lookup is unreachable, a cancel and the account throw, and none of them says that there is nothing`, async () => {
			const { broker, exchange } = await started();
			const order = approvedOrder("buy", "0.5", { limit_price: "41000" });
			await broker.submit(order);
			exchange.setFaults({ down });
			expect(await broker.lookup(order)).toMatchObject({ outcome: "unreachable" });
			expect(await failureOf(broker.cancel(order.client_order_id))).toContain(
				"bridge http://bridge.test: the connection",
			);
			expect(await failureOf(broker.state())).toContain("the connection");
			exchange.behave();
			expect(await broker.cancel(order.client_order_id)).toBe(true);
			await broker.stop();
		});
	}

	test("an order is not found as long as the exchange has not got it on its pages", async () => {
		const { broker, clock } = await started({ faults: { read_lag_ms: 800 } });
		const order = approvedOrder("buy", "0.5");
		await broker.submit(order);
		expect((await broker.lookup(order)).outcome).toBe("not_found");
		expect((await broker.state()).positions).toEqual([]);
		await clock.advance(800);
		expect(await broker.lookup(order)).toMatchObject({ outcome: "found", state: "filled" });
		await broker.stop();
	});

	test("a part that was filled before the cancel is told with it, once", async () => {
		const { broker, clock, exchange, told } = await started({ faults: { partial: 1, part_ms: [60_000, 60_000] } });
		const order = approvedOrder("buy", "0.5", { limit_price: "41000" });
		await broker.submit(order);
		exchange.matching.setPrice("BTC/USD", decimal("40000"));
		expect(await broker.cancel(order.client_order_id)).toBe(true);
		expect(told).toHaveLength(1);
		await clock.advance(120_000);
		expect(told).toHaveLength(1);
		expect(await broker.lookup(order)).toMatchObject({ state: "canceled", fills: told });
		await broker.stop();
	});
});

describe("fills", () => {
	test("in parts, doubled and out of order: each is told once, none is missing", async () => {
		const { broker, clock, exchange, told } = await started({
			seed: 7,
			faults: { partial: 1, feed: { duplicate: 0.5, reorder: 0.5 }, reads: { cut: 0.2, error: 0.2 } },
		});
		const answered = [];
		for (let n = 0; n < 30; n++) {
			const submission = await inTime(clock, broker.submit(approvedOrder(n % 3 === 0 ? "sell" : "buy", "0.4")));
			if (submission.outcome === "accepted") answered.push(...submission.fills);
			await clock.advance(137);
		}
		await clock.advance(60_000);
		exchange.behave();
		await clock.advance(60_000);
		const ids = [...answered, ...told].map(({ trade_id }) => trade_id);
		expect(new Set(ids).size).toBe(ids.length);
		expect(ids.toSorted()).toEqual(exchange.matching.fills.map(({ trade_id }) => trade_id).toSorted());
		expect(filledUnits([...answered, ...told])).toBe("12");
		await broker.stop();
	});

	test("what was filled before the start is not told: it is found by looking up", async () => {
		const { broker, clock, exchange, told } = bridged();
		const order = approvedOrder("buy", "0.5");
		await broker.submit(order);
		await broker.start();
		await clock.advance(5_000);
		expect(told).toEqual([]);
		expect(exchange.made().get(order.client_order_id)).toBe(1);
		await broker.stop();
	});

	test("a trade made by hand is nobody's; one that cannot be read stops the reading, and is told once it can", async () => {
		let broken = true;
		const good = (trade_id: string) => ({
			trade_id,
			client_order_id: "c1",
			quantity: "1",
			price: "42000",
			fee: "0",
			fee_currency: "USD",
			at: "2026-03-02T12:00:01.000Z",
		});
		const { broker, clock, told, log } = await started({
			fetch: async (url, init, exchange) => {
				if (!url.includes("/fills?")) return exchange.fetch(url, init);
				if (new URL(url).searchParams.get("after") !== "0") return Response.json({ items: [], next: "1" });
				const second = broken ? { ...good("T2"), price: 42000 } : good("T2");
				return Response.json({ items: [{ ...good("H1"), client_order_id: null }, good("T1"), second], next: "1" });
			},
		});
		await clock.advance(10_000);
		expect(told.map(({ trade_id }) => trade_id)).toEqual(["T1"]);
		expect(log.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields["cause"])).toEqual([
			'fills.items[2].price must be a decimal as text, such as "0.5"',
		]);
		broken = false;
		await clock.advance(30_000);
		expect(told.map(({ trade_id }) => trade_id)).toEqual(["T1", "T2"]);
		await broker.stop();
	});

	test("a bridge that does not answer is asked less and less often, is told about once, and then read on", async () => {
		const { broker, clock, exchange, told, log } = await started();
		const order = approvedOrder("buy", "0.5", { limit_price: "41000" });
		await broker.submit(order);
		exchange.setFaults({ down: "cut" });
		const before = exchange.requests.get("GET /fills") ?? 0;
		exchange.matching.setPrice("BTC/USD", decimal("41000"));
		await clock.advance(100_000);
		const asked = (exchange.requests.get("GET /fills") ?? 0) - before;
		expect(asked).toBeGreaterThan(4);
		expect(asked).toBeLessThan(30);
		expect(log.lines.filter(({ fields }) => fields["what"] === "fills").map(({ level }) => level)).toEqual(["warn"]);
		exchange.behave();
		await clock.advance(30_000);
		expect(filledUnits(told)).toBe("0.5");
		expect(log.lines.filter(({ fields }) => fields["what"] === "fills").map(({ level }) => level)).toEqual([
			"warn",
			"info",
		]);
		await broker.stop();
	});

	test("a stop does not wait for an answer that does not come", async () => {
		const { broker, clock, exchange, log } = await started({ faults: { reads: { slow: 1 }, slow_ms: [9_000, 9_000] } });
		await clock.advance(1_500);
		expect(exchange.requests.get("GET /fills")).toBe(2);
		await broker.stop();
		await clock.advance(30_000);
		expect(exchange.requests.get("GET /fills")).toBe(2);
		expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
	});

	test("after stop nothing is asked and nothing is told", async () => {
		const { broker, clock, exchange, told } = await started();
		await broker.submit(approvedOrder("buy", "0.5", { limit_price: "41000" }));
		await broker.stop();
		const before = new Map(exchange.requests);
		exchange.matching.setPrice("BTC/USD", decimal("41000"));
		await clock.advance(120_000);
		expect(exchange.requests).toEqual(before);
		expect(told).toEqual([]);
		expect(clock.waiting).toBe(0);
	});
});

describe("prices", () => {
	test("are kept fresh for the named symbols, with their time on our clock", async () => {
		const { broker, clock, exchange } = await started({ faults: { skew_ms: 7_200_000 } });
		await clock.advance(5_000);
		exchange.matching.setPrice("BTC/USD", decimal("43000"));
		const at = clock.now();
		await clock.advance(1_000);
		const quote = broker.quote("BTC/USD");
		expect(quote === undefined ? "none" : formatDecimal(quote.price)).toBe("43000");
		expect(quote?.at).toBe(at);
		await broker.stop();
	});

	test("of another symbol come once somebody looked at it, and an alert's price is never taken for the exchange's", async () => {
		const { broker, clock, exchange } = await started();
		exchange.matching.setPrice("ETH/USD", decimal("2500"));
		expect(broker.quote("ETH/USD")).toBeUndefined();
		await clock.advance(0);
		expect(broker.quote("ETH/USD")?.price).toBe(decimal("2500"));
		broker.observe("ETH/USD");
		expect(broker.quote("ETH/USD")?.price).toBe(decimal("2500"));
		await broker.stop();
	});

	test("of a symbol that the exchange does not trade are not asked for", async () => {
		const { broker, clock, exchange } = await started({ symbols: [] });
		broker.observe("DOGE/USD");
		expect(broker.quote("DOGE/USD")).toBeUndefined();
		await clock.advance(5_000);
		expect(exchange.requests.get("GET /quotes") ?? 0).toBe(0);
		expect(broker.market("DOGE/USD")).toBeUndefined();
		await broker.stop();
	});
});

describe("the start is refused, with its cause and cure", () => {
	const rows: readonly (readonly [string, Parameters<typeof bridged>[0], string])[] = [
		[
			"nobody there",
			{ faults: { down: "refused" } },
			"account live, bridge http://bridge.test: the connection was refused",
		],
		["a wrong key", { key: "another" }, "GET /time was answered with 401"],
		[
			"another currency",
			{ currency: "EUR" },
			"kept in EUR, and nexus.yaml says USD; write currency: EUR under accounts.live",
		],
		[
			"something that is no bridge",
			{ fetch: () => Promise.resolve(new Response("<html>", { status: 200 })) },
			"GET /time: time is not an object",
		],
		[
			"a market without a step",
			{
				fetch: (url, init, exchange) =>
					url.endsWith("/markets")
						? Promise.resolve(Response.json({ items: [{ symbol: "A", base: "A", quote: "B", quantity_step: "0" }] }))
						: exchange.fetch(url, init),
			},
			"markets.items[0].quantity_step must be above zero",
		],
		[
			"an answer without end",
			{ fetch: () => Promise.resolve(new Response("x".repeat(9 * 1024 * 1024))) },
			"an answer of more than 8388608 bytes",
		],
	];
	for (const [name, options, expected] of rows) {
		test(name, async () => {
			const { broker, clock } = bridged(options);
			expect(await failureOf(broker.start())).toContain(expected);
			expect(clock.waiting).toBe(0);
		});
	}

	test("and can be had again", async () => {
		const { broker, exchange } = bridged({ faults: { down: "cut" } });
		expect(await failureOf(broker.start())).not.toBe("");
		exchange.behave();
		expect(await failureOf(broker.start())).toBe("");
		await broker.stop();
	});
});

test("the key is in no error, no reason and no line of the log, even where the bridge sends it back", async () => {
	const echo = (status: number) => (url: string, init: RequestInit) =>
		Promise.resolve(
			Response.json(
				{ code: `bad ${bridgeKey}`, detail: `${url} ${new Headers(init.headers).get("authorization")}` },
				{ status },
			),
		);
	const said: string[] = [];
	for (const status of [400, 401, 409, 500]) {
		const { broker, log } = bridged({ fetch: echo(status), rest: { request_expiry_ms: undefined } });
		const order = approvedOrder("buy", "1");
		said.push(JSON.stringify(await broker.submit(order)), JSON.stringify(await broker.lookup(order)));
		said.push(await failureOf(broker.start()), await failureOf(broker.state()), await failureOf(broker.cancel("c1")));
		said.push(JSON.stringify(log.lines));
	}
	const { broker, clock, log } = await started({
		fetch: async (url, init, exchange) =>
			url.includes("/fills?") ? Promise.reject(new Error(`failed with ${bridgeKey}`)) : exchange.fetch(url, init),
	});
	await clock.advance(10_000);
	await broker.stop();
	said.push(JSON.stringify(log.lines));
	expect(said.join("\n")).toContain("[key]");
	expect(said.join("\n")).not.toContain(bridgeKey);
});
