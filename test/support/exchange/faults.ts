/** What the fake exchange can do wrong, each by its name: at random with a rate, or the next ones in order. */
import type { Chance } from "./chance.ts";

/** What can go wrong with one order that is sent. */
export const orderFaults = [
	/** The connection is cut and the exchange never sees the order. */
	"lost_before",
	/** The order is taken, then the connection is cut. */
	"lost_after",
	/** The connection is cut at once; the order reaches the exchange `late_ms` later, and is taken unless it has expired. */
	"late",
	/** The order reaches the exchange `late_ms` later over a connection that stays. */
	"slow_accept",
	/** The order is taken at once and answered `slow_ms` later. */
	"slow_answer",
	/** 503, and the order is not taken. */
	"error_before",
	/** 503, and the order is taken. */
	"error_after",
	/** The order is taken, and the answer ends in the middle. */
	"garbled",
	/** A definite rejection. */
	"reject",
	/** A proxy's own 403 page; the order is not taken. */
	"proxy",
] as const;
export type OrderFault = (typeof orderFaults)[number];

/** Rates are from 0 to 1; times are milliseconds, drawn between the two. */
export interface Faults {
	/** For `POST /orders`; together at most 1. */
	readonly orders: Readonly<Partial<Record<OrderFault, number>>>;
	/** For `DELETE /orders`. */
	readonly cancels: Readonly<Partial<Record<"lost_before" | "lost_after", number>>>;
	/** For everything else. */
	readonly reads: Readonly<Partial<Record<"cut" | "error" | "slow", number>>>;
	readonly feed: Readonly<Partial<Record<"duplicate" | "reorder", number>>>;
	/** Orders that are filled in several parts. */
	readonly partial: number;
	readonly late_ms: readonly [number, number];
	readonly slow_ms: readonly [number, number];
	/** Between two parts of a fill. */
	readonly part_ms: readonly [number, number];
	/** How long orders, positions and fills stay unseen. */
	readonly read_lag_ms: number;
	/** The exchange's clock less the true one. */
	readonly skew_ms: number;
	/** Nothing gets through: connections are refused or cut. */
	readonly down: "refused" | "cut" | false;
	/** False: `expires_at` is ignored, as by an exchange that knows no such thing. */
	readonly keeps_expiry: boolean;
	/** Among which orders a client order id must be new; `open` is the common rule, so that an ended order's id can be used again. */
	readonly unique_among: "open" | "all";
	/** False: orders cannot be asked for by their id. */
	readonly finds_orders: boolean;
}

export const noFaults: Faults = {
	orders: {},
	cancels: {},
	reads: {},
	feed: {},
	partial: 0,
	late_ms: [200, 5_000],
	slow_ms: [50, 2_000],
	part_ms: [10, 500],
	read_lag_ms: 0,
	skew_ms: 0,
	down: false,
	keeps_expiry: true,
	unique_among: "open",
	finds_orders: true,
};

/** One of the faults by their rates; undefined where none happens. */
export function drawn<F extends string>(rates: Readonly<Partial<Record<F, number>>>, chance: Chance): F | undefined {
	const named = Object.entries(rates) as [F, number][];
	if (named.length === 0) return undefined;
	let left = chance.number();
	for (const [fault, rate] of named) {
		if (left < rate) return fault;
		left -= rate;
	}
	return undefined;
}
