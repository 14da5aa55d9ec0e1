/** The life of an order: every pair of state and event, random lives, and what can never happen whatever an exchange tells. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
	answered,
	ask,
	isFinal,
	isLateFill,
	type OrderEvent,
	orderEvents,
	orderLife,
	orderStates,
	transition,
} from "../../src/domain/order-life.ts";
import { type Order, OrderStatus } from "../../src/domain/records.ts";

const at = "2026-03-02T10:00:00.000Z";
const later = "2026-03-02T10:00:01.000Z";
const statuses = Object.keys(orderStates) as OrderStatus[];
const events = Object.keys(orderEvents) as OrderEvent[];
const fills: readonly OrderEvent[] = ["fill_part", "fill_rest"];

function orderIn(status: OrderStatus, changes: Partial<Order> = {}): Order {
	return {
		id: "6H08KRNT000-1",
		client_order_id: "0".repeat(32),
		alert_id: "6H08KRNT000",
		account: "paper",
		strategy: "Mine",
		symbol: "BTC/USD",
		side: "buy",
		type: "limit",
		leg: "entry",
		quantity: "1",
		limit_price: "100",
		filled_quantity: "0",
		average_price: null,
		status,
		reduce_only: false,
		created_at: at,
		updated_at: at,
		...changes,
	};
}

/** One letter for each event's end, written down a second time: `.` changes nothing, `=` stays, `!` is a late fill in front. */
const columns = [
	"submit",
	"deny",
	"accept",
	"trigger",
	"fill_part",
	"fill_rest",
	"reject",
	"cancel",
	"expire",
	"lost",
	"found",
	"not_found",
	"review",
	"abandon",
] as const satisfies readonly OrderEvent[];
const letters: Readonly<Record<string, OrderStatus>> = {
	I: "intent",
	D: "denied",
	S: "submitting",
	A: "accepted",
	T: "triggered",
	P: "partially_filled",
	F: "filled",
	R: "rejected",
	C: "canceled",
	E: "expired",
	U: "unknown",
	Z: "abandoned",
	V: "review",
};
const expected: Readonly<Record<OrderStatus, string>> = {
	//                 sub den acc trg part rest rej can exp lost fnd nf  rev abd
	intent: "           S   D   .   .   !P   !F   .   C   .   .    .   .   .   Z",
	denied: "           .   .   .   .   !P   !F   .   .   .   .    .   .   .   .",
	submitting: "       .   .   A   T   P    F    R   C   E   U    .   .   .   .",
	accepted: "         .   .   A   T   P    F    R   C   E   .    A   V   .   .",
	triggered: "        .   .   T   T   P    F    R   C   E   .    T   V   .   .",
	partially_filled: " .   .   P   P   P    F    .   C   E   .    P   V   .   .",
	filled: "           .   .   F   F   !F   !F   .   .   .   .    F   .   .   .",
	rejected: "         .   .   .   .   !P   !F   R   .   .   .    .   .   .   .",
	canceled: "         .   .   C   C   !C   !F   .   C   .   .    .   .   .   .",
	expired: "          .   .   E   E   !E   !F   .   .   E   .    .   .   .   .",
	unknown: "          .   .   A   T   P    F    R   C   E   U    A   I   V   .",
	abandoned: "        .   .   .   .   !P   !F   .   .   .   .    .   .   .   Z",
	review: "           .   .   A   T   P    F    R   C   E   .    A   .   V   Z",
};

describe("every pair of state and event", () => {
	test("states and events are those of the record and of this table", () => {
		const values: readonly string[] = OrderStatus.enum;
		expect(statuses).toEqual([...values] as OrderStatus[]);
		expect(events).toEqual([...columns]);
	});

	for (const status of statuses) {
		const cells = expected[status].trim().split(/\s+/);
		for (const [index, event] of columns.entries()) {
			const cell = cells[index] ?? "";
			const end = letters[cell.replace("!", "")];
			const words = end === undefined ? "changes nothing and is reported" : `leads to ${end}`;
			test(`${status}: ${event} ${words}${cell.startsWith("!") ? ", reported as a late fill" : ""}`, () => {
				const order = orderIn(status);
				const { order: after, report } = transition(order, event, later, "because");
				if (end === undefined) {
					expect(after).toBe(order);
					expect(report?.kind).toBe("unlisted");
					expect(report?.detail).toContain(event);
					expect(report?.detail).toContain(status);
					return;
				}
				expect(after).toEqual({ ...order, status: end, reason: "because", updated_at: later });
				expect(report?.kind).toBe(cell.startsWith("!") ? "late_fill" : undefined);
			});
		}
	}

	test("an event says nothing of a reason: the last one stays", () => {
		expect(transition(orderIn("unknown", { reason: "timeout" }), "lost", later).order.reason).toBe("timeout");
		expect(transition(orderIn("accepted"), "cancel", later).order).not.toHaveProperty("reason");
	});
});

describe("random lives", () => {
	const life = fc.array(fc.constantFrom(...events), { maxLength: 40 });
	const start = fc.constantFrom(...statuses);
	const runs = { seed: 4, numRuns: 20_000 };

	/** Calls `step` with each state, event and next state on the way. */
	function walk(
		from: OrderStatus,
		path: readonly OrderEvent[],
		step: (from: Order, by: OrderEvent, to: Order) => void,
	): void {
		let order = orderIn(from);
		for (const event of path) {
			const { order: after } = transition(order, event, later);
			step(order, event, after);
			order = after;
		}
	}

	test("nothing leads out of an end but a late fill, and none of them to an order that could be sent again", () => {
		fc.assert(
			fc.property(start, life, (from, path) => {
				walk(from, path, (before, event, after) => {
					if (!isFinal(before.status) || after.status === before.status) return;
					expect(fills).toContain(event);
					expect(isLateFill(before.status, event)).toBe(true);
					expect(["partially_filled", "filled"]).toContain(after.status);
				});
			}),
			runs,
		);
	});

	test("unknown ends by evidence alone: never by a wish to send, deny or abandon it, nor by one more silence", () => {
		const evidence: readonly OrderEvent[] = [
			"accept",
			"trigger",
			"fill_part",
			"fill_rest",
			"reject",
			"cancel",
			"expire",
			"found",
			"not_found",
			"review",
		];
		fc.assert(
			fc.property(start, life, (from, path) => {
				walk(from, path, (before, event, after) => {
					if (before.status === "unknown" && after.status !== "unknown") expect(evidence).toContain(event);
				});
			}),
			runs,
		);
	});

	test("what was sent is sent again only after the proof that it never arrived", () => {
		fc.assert(
			fc.property(life, (path) => {
				let proven = true;
				walk("intent", path, (before, event, after) => {
					if (event === "not_found" && before.status === "unknown") proven = true;
					if (before.status === "intent" && after.status === "submitting") {
						expect(proven).toBe(true);
						proven = false;
					}
				});
			}),
			runs,
		);
	});

	test("a fill is never refused, and an order that was denied, rejected or abandoned is never just gone after it", () => {
		for (const status of statuses) {
			for (const event of fills) {
				const { order, report } = transition(orderIn(status), event, later);
				expect(report?.kind).not.toBe("unlisted");
				expect(order.updated_at).toBe(later);
				expect(["denied", "rejected", "abandoned", "intent", "unknown", "review"]).not.toContain(order.status);
			}
		}
	});

	test("the same answer told twice does what it did once", () => {
		for (const status of statuses) {
			for (const event of ["accept", "trigger", "reject", "cancel", "expire", "lost", "review"] as const) {
				const once = transition(orderIn(status), event, later);
				if (once.report !== undefined) continue;
				const twice = transition(once.order, event, later);
				expect([status, event, twice.order.status]).toEqual([status, event, once.order.status]);
				expect(twice.report).toBeUndefined();
			}
		}
	});

	test("every state is reached from an intent, and every open one can end", () => {
		const reach = (from: OrderStatus): Set<OrderStatus> => {
			const reached = new Set<OrderStatus>([from]);
			for (const status of reached) for (const next of Object.values(orderLife[status])) reached.add(next);
			return reached;
		};
		expect([...reach("intent")].sort()).toEqual([...statuses].sort());
		for (const status of statuses) expect([...reach(status)].some(isFinal)).toBe(true);
	});
});

describe("an operation that is pending beside the state", () => {
	const at_exchange = ["submitting", "accepted", "triggered", "partially_filled", "unknown", "review"];

	for (const status of statuses) {
		const can = at_exchange.includes(status);
		test(`${status}: ${can ? "can be asked to be taken back or changed" : "nothing can be asked, and that is reported"}`, () => {
			const order = orderIn(status);
			for (const operation of ["cancel", "change"] as const) {
				const { order: asked, report } = ask(order, operation, later);
				expect(asked.status).toBe(status);
				expect(report?.kind).toBe(can ? undefined : "unlisted");
				if (can) expect(asked.pending).toBe(operation);
				else expect(asked).toBe(order);
			}
		});
	}

	test("a cancel stands above a change, whichever came first", () => {
		const canceling = ask(orderIn("accepted"), "cancel", at).order;
		const changing = ask(orderIn("accepted"), "change", at).order;
		expect(ask(canceling, "change", later).order.pending).toBe("cancel");
		expect(ask(changing, "cancel", later).order.pending).toBe("cancel");
	});

	test("fills and acknowledgements leave it pending, and the state moves on", () => {
		const asked = ask(orderIn("submitting"), "cancel", at).order;
		const accepted = transition(asked, "accept", later).order;
		expect(accepted).toMatchObject({ status: "accepted", pending: "cancel" });
		expect(transition(accepted, "fill_part", later).order).toMatchObject({
			status: "partially_filled",
			pending: "cancel",
		});
	});

	test("an end clears it, and so does an answer; where nothing is pending an answer changes nothing", () => {
		const asked = ask(orderIn("accepted"), "cancel", at).order;
		for (const event of ["cancel", "fill_rest", "expire", "reject"] as const) {
			expect(transition(asked, event, later).order.pending).toBeNull();
		}
		expect(answered(asked, later)).toEqual({ ...asked, pending: null, updated_at: later });
		const quiet = orderIn("accepted");
		expect(answered(quiet, later)).toBe(quiet);
		expect(transition(quiet, "cancel", later).order).not.toHaveProperty("pending");
	});
});

describe("the sentences", () => {
	test("every state and event has one, and no two say the same", () => {
		const all = [...Object.values(orderStates).map(({ meaning }) => meaning), ...Object.values(orderEvents)];
		for (const sentence of all) expect(sentence).toMatch(/^[A-Z].*\.$/);
		expect(new Set(all).size).toBe(all.length);
	});
});

test("the engine writes no state by hand: an order begins as an intent, and every other state comes from the table", async () => {
	const written: string[] = [];
	// The word "rejected" is an alert's end too and proves nothing here.
	const states = statuses.filter((status) => status !== "rejected").join("|");
	const folder = new URL("../../src/engine/", import.meta.url).pathname;
	for (const file of new Bun.Glob("*.ts").scanSync(folder)) {
		const text = await Bun.file(folder + file).text();
		for (const [found] of text.matchAll(new RegExp(`\\bstatus: "(${states})"`, "g"))) written.push(`${file}: ${found}`);
	}
	expect(written).toEqual(['orders.ts: status: "intent"']);
});
