/** What many runs came to together. */
import type { LiveRun } from "./live.ts";

/** Sums over runs. */
export interface Totals {
	readonly seeds: number;
	/** Alerts that were recorded. */
	readonly alerts: number;
	/** Requests that TradingView was told to send again (503). */
	readonly refused: number;
	/** Requests that were answered as duplicates. */
	readonly duplicates: number;
	/** Orders at the exchange. */
	readonly orders: number;
	/** Orders that were sent and whose answer said nothing certain. */
	readonly doubtful: number;
	readonly crashes: number;
	/** Of the crashes, those within a transaction. */
	readonly in_commit: number;
	/** Times a rule denied an order. */
	readonly denied: number;
	readonly violations: number;
}

export const nothing: Totals = {
	seeds: 0,
	alerts: 0,
	refused: 0,
	duplicates: 0,
	orders: 0,
	doubtful: 0,
	crashes: 0,
	in_commit: 0,
	denied: 0,
	violations: 0,
};

/** What one run came to. */
export function totalsOf(run: LiveRun, violations: number): Totals {
	const { answers } = run.sender;
	const doubtful = run.exchange.asked.filter(({ fault }) => fault !== undefined && fault !== "reject").length;
	return {
		seeds: 1,
		alerts: answers.get(202) ?? 0,
		refused: answers.get(503) ?? 0,
		duplicates: answers.get(200) ?? 0,
		orders: run.exchange.matching.orders.length,
		doubtful,
		crashes: run.crashes,
		in_commit: run.log.filter((line) => line.includes("COMMIT")).length,
		denied: run.witness.denied,
		violations,
	};
}

export function sum(a: Totals, b: Totals): Totals {
	const keys = Object.keys(nothing) as (keyof Totals)[];
	return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as unknown as Totals;
}

/** One line. */
export function totalsLine(totals: Totals, seconds: number): string {
	const { seeds, alerts, refused, duplicates, orders, doubtful, crashes, in_commit, denied, violations } = totals;
	return (
		`${seeds} seeds in ${Math.round(seconds)} s (${(seeds / seconds).toFixed(1)} a second): ${crashes} crashes, ${in_commit} of them in a commit; ` +
		`${alerts} alerts taken, ${refused} times 503, ${duplicates} duplicates; ${orders} orders, ${doubtful} sent without a certain answer, ` +
		`${denied} denied; ${violations} violations`
	);
}
