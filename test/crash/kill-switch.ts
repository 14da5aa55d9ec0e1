/** The points at which the crash binary kills itself: their names, how they are told in the environment, and the end itself. */
import { isFinal } from "../../src/domain/order-life.ts";
import type { Change } from "../../src/domain/ports.ts";
import type { Order } from "../../src/domain/records.ts";

/** `POINT@N`: the process kills itself when it passes POINT for the Nth time. */
export const killVariable = "NEXUS_TEST_KILL_AT";

/** Points that every order passes, each for an entry and for an exit. */
export const orderPoints = [
	/** The order is planned and approved; the transaction that says so has not been handed to the journal. */
	"planned",
	/** It is on disk as submitting, and nothing has left. */
	"written_ahead",
	/** The request has left, and no answer has come. */
	"in_flight",
	/** The exchange has answered, or the connection ended; nobody has been told. */
	"answered",
	/** The outcome is written, and its transaction has not been committed. */
	"in_commit",
	/** The transaction is committed, and only the journal's thread knows. */
	"committed",
	/** The main thread knows that the outcome is on disk. */
	"on_disk",
] as const;

/** Points of a start that finds orders in doubt. */
export const startPoints = [
	/** The journal was read; nothing has been asked. */
	"loaded",
	/** The exchange is about to be asked for an order. */
	"looking",
	/** It has answered, and nothing has been done about it. */
	"looked",
	/** What was found out is written, and its transaction has not been committed. */
	"in_commit",
	/** What was found out is on disk. */
	"on_disk",
] as const;

export type KillPoint =
	/** An alert is on disk and not answered. */
	"alert:recorded" | `${"entry" | "exit"}:${(typeof orderPoints)[number]}` | `start:${(typeof startPoints)[number]}`;

/** Every point, in the order in which they are passed. */
export const killPoints: readonly KillPoint[] = [
	"alert:recorded",
	...orderPoints.map((point) => `entry:${point}` as const),
	...orderPoints.map((point) => `exit:${point}` as const),
	...startPoints.map((point) => `start:${point}` as const),
];

/** Counts passings and kills this very process, threads and all, as a power cut would. */
export class KillSwitch {
	readonly #point: string;
	#left: number;

	/** @param order `POINT@N`; "" kills never */
	constructor(order: string) {
		const [point = "", times = "1"] = order.split("@");
		this.#point = point;
		this.#left = Number(times);
	}

	pass(point: KillPoint): void {
		if (point !== this.#point) return;
		this.#left -= 1;
		if (this.#left === 0) process.kill(process.pid, "SIGKILL");
	}
}

/** What a list of changes does to orders: those of alerts that this process received itself, and those it found at its start. */
export interface Steps {
	/** Orders that are put on disk before their request leaves. */
	readonly written_ahead: readonly Order[];
	/** Orders that something became of. */
	readonly concluded: readonly Order[];
	/** Found at the start, and now known better than "unknown". */
	readonly resolved: readonly Order[];
}

/** @param isFresh true for an alert that this process received itself */
export function stepsOf(changes: readonly Change[], isFresh: (alertId: string | null) => boolean): Steps {
	const orders = changes.flatMap((change) => (change.kind === "order" ? [change.order] : []));
	const fresh = orders.filter(({ alert_id }) => isFresh(alert_id));
	const found = orders.filter(({ alert_id }) => !isFresh(alert_id));
	return {
		written_ahead: fresh.filter(({ status }) => status === "submitting"),
		concluded: fresh.filter(({ status }) => isFinal(status) || status === "accepted" || status === "partially_filled"),
		resolved: found.filter(({ status }) => status !== "submitting" && status !== "unknown"),
	};
}

/** An entry or an exit; what protects counts as an exit. */
export function kindOf({ leg }: Pick<Order, "leg">): "entry" | "exit" {
	return leg === "entry" ? "entry" : "exit";
}
