/** Why an id alone is not enough: four ways to go on after "unknown", against the same faults; only waiting for the deadline and looking never doubles and never misses. */
import { describe, expect, test } from "bun:test";
import type { RestBroker } from "../../src/broker/rest.ts";
import type { Approved } from "../../src/domain/approved.ts";
import type { Order } from "../../src/domain/records.ts";
import type { ManualClock } from "../engine/support.ts";
import { inTime, started } from "./bridged.ts";
import { approvedOrder } from "./contract.ts";

const seeds = 150;
const tries_max = 12;

interface Going {
	readonly broker: RestBroker;
	readonly clock: ManualClock;
}

/** Sends until something is certain; true where it believes that the order was made. */
type Policy = (going: Going, order: () => Approved<Order>) => Promise<boolean>;

const policies: Readonly<Record<string, Policy>> = {
	async "a new id, because a time-out counts as failed"({ broker, clock }, order) {
		for (let tries = 0; tries < tries_max; tries++) {
			const { outcome } = await inTime(clock, broker.submit(order()));
			if (outcome !== "unknown") return outcome === "accepted";
		}
		return false;
	},
	async "the same id, sent again blindly"({ broker, clock }, order) {
		const same = order();
		for (let tries = 0; tries < tries_max; tries++) {
			const { outcome } = await inTime(clock, broker.submit(same));
			if (outcome !== "unknown") return outcome === "accepted";
		}
		return false;
	},
	async "the same id, looked up first"({ broker, clock }, order) {
		const same = order();
		for (let tries = 0; tries < tries_max; tries++) {
			const { outcome } = await inTime(clock, broker.submit(same));
			if (outcome !== "unknown") return outcome === "accepted";
			if ((await looked(broker, clock, same, clock.now())) === "found") return true;
		}
		return false;
	},
	async "the same id, looked up until it has expired"({ broker, clock }, order) {
		const same = order();
		const { request_expiry_ms = 0, read_lag_ms } = broker.abilities;
		for (let tries = 0; tries < tries_max; tries++) {
			const sent = clock.now();
			const { outcome } = await inTime(clock, broker.submit(same));
			if (outcome !== "unknown") return outcome === "accepted";
			if ((await looked(broker, clock, same, sent + request_expiry_ms + read_lag_ms + 1)) === "found") return true;
		}
		return false;
	},
};

/** "Not found" counts from `until` on. */
async function looked(
	broker: RestBroker,
	clock: ManualClock,
	order: Order,
	until: number,
): Promise<"found" | "not_found"> {
	for (;;) {
		const asked = clock.now();
		const { outcome } = await inTime(clock, broker.lookup(order));
		if (outcome === "found" || (outcome === "not_found" && asked >= until)) return outcome;
		await clock.advance(100);
	}
}

interface Tally {
	/** Made once, or refused and known to be. */
	right: number;
	doubled: number;
	missed: number;
}

async function tally(policy: Policy): Promise<Tally> {
	const result: Tally = { right: 0, doubled: 0, missed: 0 };
	for (let seed = 1; seed <= seeds; seed++) {
		const { broker, clock, exchange } = await started({
			seed,
			rest: { timeout_ms: 2_000, read_lag_ms: 300 },
			faults: {
				orders: {
					lost_before: 0.15,
					lost_after: 0.15,
					late: 0.15,
					slow_accept: 0.1,
					error_after: 0.15,
					error_before: 0.1,
				},
				reads: { cut: 0.2, error: 0.1, slow: 0.1 },
				late_ms: [100, 6_000],
				slow_ms: [100, 3_000],
				read_lag_ms: 300,
				skew_ms: (seed % 7) * 1_111 - 3_333,
			},
		});
		const ids = new Set<string>();
		const believed = await policy({ broker, clock }, () => {
			const order = approvedOrder("buy", "0.5");
			ids.add(order.client_order_id);
			return order;
		});
		await clock.advance(20_000);
		const made = exchange.matching.orders.filter(({ client_order_id: id }) => ids.has(id)).length;
		await broker.stop();
		if (made > 1) result.doubled += 1;
		else if (made === 1 || !believed) result.right += 1;
		else result.missed += 1;
		// Nobody may believe in an order that is not there, nor overlook one that is.
		if (made === 1 && !believed) result.missed += 1;
	}
	return result;
}

describe(`${seeds} orders under random faults`, () => {
	for (const [name, policy] of Object.entries(policies)) {
		const ours = name.endsWith("until it has expired");
		test(`${name}: ${ours ? "none is doubled, none missed" : "some are doubled"}`, async () => {
			const { right, doubled, missed } = await tally(policy);
			if (ours) expect({ right, doubled, missed }).toEqual({ right: seeds, doubled: 0, missed: 0 });
			else expect(doubled).toBeGreaterThan(0);
		});
	}
});
