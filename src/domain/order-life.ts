/** The life of an order as one table of states and events; the engine sets a status through it alone, and docs/orders.md is made from it. */
import type { Order, OrderStatus } from "./records.ts";

interface State {
	/** Nothing more is expected to happen; only a late fill is still counted. */
	readonly final: boolean;
	readonly meaning: string;
}

/** Every state in the order of a life. */
export const orderStates: Readonly<Record<OrderStatus, State>> = {
	intent: {
		final: false,
		meaning: "It is wanted, and nothing of it has been sent, or what was sent is proven never to have arrived.",
	},
	denied: { final: true, meaning: "A risk rule of nexus did not allow it; it was not sent." },
	submitting: {
		final: false,
		meaning:
			"It is on disk as being sent and may be at the exchange at any moment. Found by a restart, it counts as unknown.",
	},
	accepted: { final: false, meaning: "The exchange has it, and nothing of it is filled." },
	triggered: { final: false, meaning: "A stop whose price was reached; the exchange works on it." },
	partially_filled: { final: false, meaning: "Some of it is filled and the rest is still open." },
	filled: {
		final: true,
		meaning: "Filled; a market order that the exchange cut short is filled too, with what it got.",
	},
	rejected: { final: true, meaning: "The exchange said no." },
	canceled: { final: true, meaning: "It was taken back; what had been filled of it stays filled." },
	expired: { final: true, meaning: "The exchange ended it when its time was over." },
	unknown: {
		final: false,
		meaning:
			"It was sent, and no answer says what became of it. Only evidence ends this: what the exchange knows of it, or the proof that it never arrived.",
	},
	abandoned: {
		final: true,
		meaning: "Nobody asks for it any more, and it is not at the exchange as far as anyone can tell.",
	},
	review: { final: false, meaning: "The exchange cannot tell what became of it: a person must look." },
};

/** Every event and what it says. */
export const orderEvents = {
	submit: "It is about to be sent: this is on disk before the first byte leaves.",
	deny: "A risk rule does not allow it.",
	accept: "The exchange says that it has it.",
	trigger: "The exchange says that a stop's price was reached.",
	fill_part: "A fill that leaves some of it open.",
	fill_rest: "A fill after which nothing of it is open.",
	reject: "The exchange says no.",
	cancel: "It is taken back: the exchange says so, or it was not sent at all.",
	expire: "The exchange says that its time is over.",
	lost: "No answer came, or one that proves nothing: a time-out, a cut connection, a server error; or nexus stopped while it was being sent.",
	found: "The exchange, asked for it by its client order id, has it open.",
	not_found:
		"The exchange does not have it. For an unknown order this counts only after its request has expired, because it could still arrive before.",
	review: "Nothing can prove what became of it.",
	abandon: "Nobody asks for it any more; of an order in review a person says so.",
} as const;

export type OrderEvent = keyof typeof orderEvents;

/** What leads out of a state that is not known for certain: an answer of the exchange, late or asked for. */
const answers = {
	accept: "accepted",
	trigger: "triggered",
	fill_part: "partially_filled",
	fill_rest: "filled",
	reject: "rejected",
	cancel: "canceled",
	expire: "expired",
} as const satisfies Partial<Record<OrderEvent, OrderStatus>>;

/** A fill proves that the order is, or was, at the exchange after all. */
const alive = { fill_part: "partially_filled", fill_rest: "filled" } as const;

/**
 * Where each event leads. What is not listed changes nothing and is reported: see {@link transition}. Fills are listed
 * everywhere, because the position must be what the exchange says.
 */
export const orderLife: Readonly<Record<OrderStatus, Readonly<Partial<Record<OrderEvent, OrderStatus>>>>> = {
	intent: { submit: "submitting", deny: "denied", cancel: "canceled", abandon: "abandoned", ...alive },
	denied: alive,
	submitting: { ...answers, lost: "unknown" },
	accepted: { ...answers, found: "accepted", not_found: "review" },
	triggered: { ...answers, accept: "triggered", found: "triggered", not_found: "review" },
	partially_filled: {
		accept: "partially_filled",
		trigger: "partially_filled",
		found: "partially_filled",
		fill_part: "partially_filled",
		fill_rest: "filled",
		cancel: "canceled",
		expire: "expired",
		not_found: "review",
	},
	filled: { accept: "filled", trigger: "filled", found: "filled", fill_part: "filled", fill_rest: "filled" },
	rejected: { reject: "rejected", ...alive },
	canceled: { accept: "canceled", trigger: "canceled", cancel: "canceled", fill_part: "canceled", fill_rest: "filled" },
	expired: { accept: "expired", trigger: "expired", expire: "expired", fill_part: "expired", fill_rest: "filled" },
	unknown: { ...answers, lost: "unknown", found: "accepted", not_found: "intent", review: "review" },
	abandoned: { abandon: "abandoned", ...alive },
	review: { ...answers, found: "accepted", review: "review", abandon: "abandoned" },
};

/** True where nothing more is expected to happen to the order. */
export function isFinal(status: OrderStatus): boolean {
	return orderStates[status].final;
}

/** True for a fill that nothing should be able to bring any more: it is counted and reported. */
export function isLateFill(status: OrderStatus, event: OrderEvent): boolean {
	return (event === "fill_part" || event === "fill_rest") && (status === "intent" || isFinal(status));
}

/** What somebody should hear of; `unlisted` has changed nothing. */
export interface OrderReport {
	readonly kind: "late_fill" | "unlisted";
	readonly detail: string;
}

/** An order after an event, and what is to be reported of it. */
export interface Transition {
	readonly order: Order;
	readonly report: OrderReport | undefined;
}

/**
 * The order after an event. A pair that the table does not list leaves it as it was and is reported, never thrown: what an
 * exchange tells twice or in another order must not stop anything.
 * @param at when it happened, ISO 8601
 * @param reason why, where the event has one; the order keeps its last one otherwise
 */
export function transition(order: Order, event: OrderEvent, at: string, reason?: string): Transition {
	const status = orderLife[order.status][event];
	if (status === undefined) {
		return { order, report: { kind: "unlisted", detail: `${event} does nothing to an order that is ${order.status}` } };
	}
	const late = isLateFill(order.status, event);
	const detail = `a fill came for an order that is ${order.status}: it is counted, and the order is ${status}`;
	const after: Order = {
		...order,
		status,
		...(reason === undefined ? {} : { reason }),
		...(isFinal(status) && typeof order.pending === "string" ? { pending: null } : {}),
		updated_at: at,
	};
	return { order: after, report: late ? { kind: "late_fill", detail } : undefined };
}

/** What the exchange can be asked to do with an order beside its state. */
export type PendingOperation = NonNullable<Order["pending"]>;

/** States in which an order can be at the exchange, so that there is something to take back or change. */
const askable: ReadonlySet<OrderStatus> = new Set([
	"submitting",
	"accepted",
	"triggered",
	"partially_filled",
	"unknown",
	"review",
]);

/**
 * The order with a cancel or change asked for; its state stays what it is until the exchange answers. A cancel stands above
 * a change. Unlisted where the order is not at the exchange.
 */
export function ask(order: Order, operation: PendingOperation, at: string): Transition {
	if (!askable.has(order.status)) {
		return { order, report: { kind: "unlisted", detail: `nobody can ${operation} an order that is ${order.status}` } };
	}
	const pending = order.pending === "cancel" ? "cancel" : operation;
	return { order: { ...order, pending, updated_at: at }, report: undefined };
}

/** The order after the exchange refused what was asked, or did the change: nothing is pending, its state is what it was. */
export function answered(order: Order, at: string): Order {
	return typeof order.pending === "string" ? { ...order, pending: null, updated_at: at } : order;
}
