/** The REST broker and the fake exchange in two processes: real sockets that are really cut, and one POST for one order. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { RestBroker } from "../../src/broker/rest.ts";
import { systemClock } from "../../src/system-clock.ts";
import { MemoryLog } from "../engine/support.ts";
import { type RunningExchange, startExchange } from "../support/exchange/running-exchange.ts";
import { restSettings } from "./bridged.ts";
import { approvedOrder } from "./contract.ts";

let exchange: RunningExchange;
let broker: RestBroker;

beforeAll(async () => {
	exchange = await startExchange({ key: "k", prices: { "BTC/USD": "42000" } });
	broker = new RestBroker({
		account: { name: "live", currency: "USD", spot: false },
		rest: { ...restSettings, url: exchange.url, key: "k", poll_ms: 50, timeout_ms: 1_000 },
		clock: systemClock,
		log: new MemoryLog(),
	});
	await broker.start();
});

afterAll(async () => {
	await broker.stop();
	await exchange.stop();
});

describe("over real sockets", () => {
	const rows = [
		["lost_before", "unknown", 0],
		["lost_after", "unknown", 1],
		["garbled", "unknown", 1],
		["error_after", "unknown", 1],
		["error_before", "unknown", 0],
		["late", "unknown", 1],
		["slow_answer", "unknown", 1],
		["reject", "rejected", 0],
		[null, "accepted", 1],
	] as const;
	for (const [fault, outcome, made] of rows) {
		test(`${fault ?? "no fault"}: ${outcome}, asked once, ${made} made`, async () => {
			// A connection that was used before is the one that a client would be tempted to try again on.
			await broker.state();
			await exchange.control({ next: [fault], faults: { late_ms: [100, 100], slow_ms: [1_500, 1_500] } });
			const order = approvedOrder("buy", "0.5");
			expect((await broker.submit(order)).outcome).toBe(outcome);
			let counts = await exchange.counts();
			while (counts.under_way) counts = await exchange.counts();
			expect(counts.asked[order.client_order_id]).toBe(1);
			expect(counts.made[order.client_order_id] ?? 0).toBe(made);
			expect((await broker.lookup(order)).outcome).toBe(made === 1 ? "found" : "not_found");
		});
	}

	test("an exchange that is gone is refused, and its process ends with its owner's pipe", async () => {
		const other = await startExchange();
		await other.stop();
		const gone = new RestBroker({
			account: { name: "gone", currency: "USD", spot: false },
			rest: { ...restSettings, url: other.url, request_expiry_ms: undefined },
			clock: systemClock,
			log: new MemoryLog(),
		});
		expect(await gone.submit(approvedOrder("buy", "1"))).toEqual({
			outcome: "rejected",
			reason: "nothing was sent: the connection was refused",
		});
		expect(await gone.lookup(approvedOrder("buy", "1"))).toEqual({
			outcome: "unreachable",
			reason: "the connection was refused",
		});
	});
});
