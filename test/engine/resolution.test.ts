/** Resolution: "found" is believed at once, "not found" only after the request has expired, and where neither helps a person must look. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import type { Broker, BrokerAbilities, Lookup } from "../../src/domain/ports.ts";
import { makeOrder } from "../../src/engine/orders.ts";
import { Resolution, type Resolved } from "../../src/engine/resolution.ts";
import { flush, ManualClock, MemoryLog, startOfTest } from "./support.ts";

const order = makeOrder({
	id: "o1",
	alert_id: null,
	account: "live",
	strategy: "Mine",
	symbol: "BTC/USD",
	side: "buy",
	leg: "entry",
	quantity: decimal("1"),
	reduce_only: false,
	at: new Date(startOfTest).toISOString(),
});

const found: Lookup = { outcome: "found", state: "filled", fills: [] };
const absent: Lookup = { outcome: "not_found" };
const gone: Lookup = { outcome: "unreachable", reason: "connection refused" };

function asked(abilities: Partial<BrokerAbilities>, answer: (ms: number) => Lookup) {
	const clock = new ManualClock();
	const log = new MemoryLog();
	const times: number[] = [];
	const broker = {
		abilities: { request_expiry_ms: 3_000, read_lag_ms: 100, lookup_by_client_id: true, forgets: false, ...abilities },
		lookup: async () => {
			times.push(clock.now() - startOfTest);
			return answer(clock.now() - startOfTest);
		},
	} as unknown as Broker;
	const resolution = new Resolution({ clock, log });
	let result: Resolved | undefined;
	const settled = resolution.settle(broker, order, clock.monotonic()).then((one) => {
		result = one;
	});
	settled.catch((cause: unknown) => log.error("settling failed", { cause }));
	return { clock, log, times, resolution, result: () => result };
}

describe("an order of unknown fate", () => {
	test("that is found is found at once", async () => {
		const world = asked({}, () => found);
		await flush();
		expect(world.result()).toEqual({ outcome: "found", lookup: found });
	});

	test("that is not found is believed absent only after expiry, skew and read lag", async () => {
		const world = asked({}, () => absent);
		await world.clock.advance(3_599);
		expect(world.result()).toBeUndefined();
		await world.clock.advance(1);
		expect(world.result()).toEqual({ outcome: "absent" });
		expect(world.times.at(-1)).toBe(3_600);
	});

	for (const [what, ms] of [
		["forward", 3_600_000],
		["back", -3_600_000],
	] as const) {
		test(`that is not found is waited for as long where the time of day is set ${what} meanwhile`, async () => {
			const world = asked({}, () => absent);
			await world.clock.advance(1_000);
			world.clock.set(ms);
			await world.clock.advance(2_599);
			expect(world.result()).toBeUndefined();
			await world.clock.advance(1);
			expect(world.result()).toEqual({ outcome: "absent" });
		});
	}

	test("that was accepted late, but before it expired, is found and not sent again", async () => {
		const world = asked({}, (ms) => (ms >= 2_900 ? found : absent));
		await world.clock.advance(4_000);
		expect(world.result()).toMatchObject({ outcome: "found" });
	});

	test("is asked for as long as the broker is away, and no question is asked faster than it backs off", async () => {
		const world = asked({}, (ms) => (ms < 60_000 ? gone : absent));
		await world.clock.advance(59_000);
		expect(world.result()).toBeUndefined();
		expect(world.times.length).toBeLessThan(40);
		await world.clock.advance(5_000);
		expect(world.result()).toEqual({ outcome: "absent" });
		expect(world.log.troubles().length).toBeGreaterThan(5);
	});

	test("at a broker without expiry goes to review, never to absent", async () => {
		const world = asked({ request_expiry_ms: undefined }, () => absent);
		await world.clock.advance(7_000);
		expect(world.result()).toBeUndefined();
		await world.clock.advance(2_000);
		expect(world.result()).toMatchObject({ outcome: "review" });
	});

	test("at a broker without expiry is adopted where it is found in time", async () => {
		const world = asked({ request_expiry_ms: undefined }, (ms) => (ms > 5_000 ? found : absent));
		await world.clock.advance(6_000);
		expect(world.result()).toMatchObject({ outcome: "found" });
	});

	test("at a broker that cannot be asked by client order id goes to review at once, without a question", async () => {
		const world = asked({ lookup_by_client_id: false }, () => found);
		await flush();
		expect(world.result()).toMatchObject({ outcome: "review" });
		expect(world.times).toEqual([]);
	});

	test("stays unknown when nexus stops", async () => {
		const world = asked({}, () => absent);
		await world.clock.advance(1_000);
		world.resolution.close();
		await flush();
		expect(world.result()).toEqual({ outcome: "closed" });
		expect(world.clock.waiting).toBe(0);
	});
});
