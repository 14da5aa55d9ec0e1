/** From acceptance to paper fill at a steady pace, by the times that nexus itself records and shows. */
import { percentile } from "./figures.ts";
import type { LoadResult } from "./load.ts";
import { type NexusUnderTest, strategies } from "./nexus-under-test.ts";
import { load } from "./throughput.ts";

/**
 * All in milliseconds and whole, as the API's times are. `received_at` is taken before the alert is put on disk, so the
 * way to the disk is in every figure; `ended_at` is taken when the fill is handed to the journal together with the end.
 */
export interface FillTime {
	readonly pace: number;
	readonly fills: number;
	readonly filled_p50_ms: number;
	readonly filled_p99_ms: number;
	readonly filled_max_ms: number;
	readonly ended_p50_ms: number;
	readonly ended_p99_ms: number;
	/** What the sender sees: from the beat on which it sends to the 202. */
	readonly answer: LoadResult;
}

interface Page<T> {
	readonly items: readonly T[];
	readonly next: string | null;
}

async function all<T>(nexus: NexusUnderTest, path: string): Promise<readonly T[]> {
	const items: T[] = [];
	let cursor: string | null = "";
	while (cursor !== null) {
		const page: Page<T> = await nexus.ask(
			`${path}?limit=500${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
		);
		items.push(...page.items);
		cursor = page.next;
	}
	return items;
}

/** Entries on every strategy and symbol, then exits, in turn, so that every alert leads to an order and a fill. Throws where one does not. */
export async function measureFillTime(nexus: NexusUnderTest, pace: number, seconds: number): Promise<FillTime> {
	const alerts = ["buy", "close_long"].flatMap((action) => strategies.map((fields) => ({ ...fields, action })));
	const requests = Math.floor((pace * seconds) / alerts.length) * alerts.length;
	const run = `f-${Date.now().toString(36)}`;
	const job = { port: nexus.port, run, connections: 16, alerts, requests, cycle: false, seconds, pace };
	const answer = await load(job, 202);
	await nexus.settled();

	type AlertTimes = {
		readonly id: string;
		readonly alert_id?: string;
		readonly received_at: string;
		readonly ended_at: string;
	};
	const received = (await all<AlertTimes>(nexus, "alerts")).filter(
		({ alert_id }) => alert_id?.startsWith(run) === true,
	);
	const orders = await all<{ readonly id: string; readonly alert_id: string }>(nexus, "orders");
	const fills = await all<{ readonly order_id: string; readonly filled_at: string }>(nexus, "fills");
	const alertOf = new Map(received.map((alert) => [alert.id, alert]));
	const alertOfOrder = new Map(orders.map(({ id, alert_id }) => [id, alertOf.get(alert_id)]));
	const filled = fills.flatMap(({ order_id, filled_at }) => {
		const alert = alertOfOrder.get(order_id);
		return alert === undefined ? [] : [Date.parse(filled_at) - Date.parse(alert.received_at)];
	});
	if (filled.length !== requests)
		throw new Error(`${requests} alerts should have led to as many fills, not ${filled.length}`);
	const ended = received.map(({ received_at, ended_at }) => Date.parse(ended_at) - Date.parse(received_at));
	return {
		pace,
		fills: filled.length,
		filled_p50_ms: percentile(filled, 0.5),
		filled_p99_ms: percentile(filled, 0.99),
		filled_max_ms: percentile(filled, 1),
		ended_p50_ms: percentile(ended, 0.5),
		ended_p99_ms: percentile(ended, 0.99),
		answer,
	};
}
