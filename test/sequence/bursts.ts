/** Bursts of alerts that state positions: made from a seed, sent in any order through the real engine, and compared with the true order. */
import type { Approved } from "../../src/domain/approved.ts";
import {
	absolute,
	decimal,
	divide,
	floorToStep,
	formatDecimal,
	fromInteger,
	maximum,
	subtract,
} from "../../src/domain/decimal.ts";
import type { Broker, Change, Intent, OpenAlert, Snapshot, StatedChain, Submission } from "../../src/domain/ports.ts";
import type { Alert, Event, Order, Stated } from "../../src/domain/records.ts";
import type { StrategySettings } from "../../src/domain/settings.ts";
import { alertOf, ManualClock, MemoryJournal, strategyOf, World } from "../engine/support.ts";

/** Signed units, as TradingView states them. */
export type Position = number;

/** One burst and everything that decides what becomes of it. */
export interface Burst {
	/** Positions from the one before the burst to the one after it. */
	readonly positions: readonly Position[];
	/** Which change arrives when: indexes of changes, one of them perhaps twice, one perhaps missing. */
	readonly arrivals: readonly number[];
	/** Milliseconds before each arrival; together less than the hold. */
	readonly delays_ms: readonly number[];
	/** What the broker does with the orders of a change's alert: refuses them, or fills half. */
	readonly faults: ReadonlyMap<number, "refused" | "half">;
	/** The orders that faults are for, as {@link orderKey}; all of their alerts' where undefined. */
	readonly hit?: ReadonlySet<string>;
	readonly settings: Partial<StrategySettings>;
}

/** One order of one change's alert. */
export function orderKey(change: number, leg: string): string {
	return `${change} ${leg}`;
}

/** What a burst came to. */
export interface Outcome {
	/** Units held, signed. */
	readonly held: string;
	readonly stated: string;
	readonly gaps: readonly string[];
	/** The orders that were sent, as {@link orderKey}. */
	readonly sent: ReadonlySet<string>;
	/** How each change's alert ended. */
	readonly endings: readonly string[];
	/** Changes whose alerts were executed in their turn and sent an order. */
	readonly ran: ReadonlySet<number>;
	readonly orders: number;
	readonly unended: number;
	/** What was sent, for whoever looks into a problem. */
	readonly log: readonly string[];
}

export const hold_ms = 3_000;

/** A picker of random things from a seed. */
export interface Picker {
	whole(below: number): number;
	one<T>(items: readonly T[]): T;
	chance(of: number): boolean;
}

export function pickerOf(random: () => number): Picker {
	const whole = (below: number): number => Math.floor(random() * below);
	return {
		whole,
		one: (items) => {
			const item = items[whole(items.length)];
			if (item === undefined) throw new Error("nothing to pick from");
			return item;
		},
		chance: (of) => random() < of,
	};
}

const changes = ["enter", "add", "reduce", "exit", "reverse"] as const;

/** The position after one change of a kind that is possible there. */
function changed(from: Position, pick: Picker): Position {
	for (;;) {
		const size = 1 + pick.whole(4);
		const side = Math.sign(from);
		switch (pick.one(changes)) {
			case "enter":
				if (from === 0) return pick.chance(0.5) ? size : -size;
				break;
			case "add":
				if (side !== 0) return from + side * size;
				break;
			case "reduce":
				if (Math.abs(from) > 1) return side * (1 + pick.whole(Math.abs(from) - 1));
				break;
			case "exit":
				if (from !== 0) return 0;
				break;
			case "reverse":
				if (from !== 0) return -side * size;
				break;
		}
	}
}

/** A burst of up to four changes in a random order of arrival, complete, one of them perhaps twice. */
export function completeBurst(pick: Picker): Burst {
	const positions: Position[] = [pick.chance(0.5) ? 0 : pick.one([1, 2, 3, -1, -2])];
	const length = 1 + pick.whole(4);
	while (positions.length <= length) positions.push(changed(positions.at(-1) ?? 0, pick));
	const order = shuffled(indexes(length), pick);
	const twice = pick.chance(0.5) ? [pick.whole(length)] : [];
	const arrivals = [...order];
	for (const again of twice) arrivals.splice(pick.whole(arrivals.length + 1), 0, again);
	return { positions, arrivals, delays_ms: delays(arrivals.length, pick), faults: new Map(), settings: settings(pick) };
}

/** Like {@link completeBurst}, with one change missing, and no position passed twice. */
export function burstWithGap(pick: Picker): Burst & { readonly missing: number } {
	for (;;) {
		const burst = completeBurst(pick);
		const length = burst.positions.length - 1;
		if (length < 2 || new Set(burst.positions).size !== burst.positions.length) continue;
		const missing = pick.whole(length);
		const arrivals = burst.arrivals.filter((change) => change !== missing);
		const own = { size: burst.settings.size ?? { kind: "alert" as const }, pyramiding: 10 };
		return { ...burst, arrivals, missing, settings: own };
	}
}

function settings(pick: Picker): Partial<StrategySettings> {
	const size = pick.chance(0.5)
		? ({ kind: "alert" } as const)
		: ({ kind: "equity_share", share: decimal("0.01") } as const);
	return {
		size,
		pyramiding: pick.one([0, 1, 2, 10, 10, 10]),
		direction: pick.one(["both", "both", "both", "long", "short"] as const),
		on_opposite: pick.one(["reverse", "reverse", "reverse", "close", "ignore"] as const),
	};
}

function indexes(length: number): number[] {
	return Array.from({ length }, (_, index) => index);
}

function shuffled<T>(items: readonly T[], pick: Picker): T[] {
	const left = [...items];
	const order: T[] = [];
	while (left.length > 0) order.push(...left.splice(pick.whole(left.length), 1));
	return order;
}

function delays(count: number, pick: Picker): number[] {
	return Array.from({ length: count }, () => (pick.chance(0.5) ? 0 : pick.whole(500)));
}

/**
 * Every order in which the burst's changes fit one to the next, the true one first. More than one only where a position is
 * passed twice; what arrived cannot tell them apart, and by shares they may end in different sizes.
 */
export function stories(burst: Burst): readonly Burst[] {
	const edges = indexes(burst.positions.length - 1);
	const orders: number[][] = [];
	const visit = (at: Position, order: readonly number[]): void => {
		if (order.length === edges.length) orders.push([...order]);
		for (const edge of edges) {
			if (!order.includes(edge) && burst.positions[edge] === at)
				visit(burst.positions[edge + 1] ?? 0, [...order, edge]);
		}
	};
	visit(burst.positions[0] ?? 0, []);
	return orders.map((arrivals) => ({ ...burst, arrivals, delays_ms: arrivals.map(() => 0) }));
}

/** Faults of alerts that are executed in their turn: only what is sent can be refused. */
export function withFaults(burst: Burst, ran: ReadonlySet<number>, pick: Picker): Burst {
	const faults = new Map<number, "refused" | "half">();
	for (const change of ran) if (pick.chance(0.25)) faults.set(change, pick.one(["refused", "half"] as const));
	return { ...burst, faults };
}

function statedAs(from: Position, to: Position): Stated {
	const side = (position: Position) => (position > 0 ? "long" : position < 0 ? "short" : "flat");
	return {
		side: side(to),
		size: String(Math.abs(to)),
		previous_side: side(from),
		previous_size: String(Math.abs(from)),
	};
}

/** One share of equity is a quarter of a unit at this price, so that halves are exact. */
const price = "40000";

/** An alert of one change; its action and contracts are TradingView's. */
function alertOfChange(from: Position, to: Position, id: string): Alert {
	const action = to > from ? "buy" : "sell";
	return alertOf(action, { alert_id: id, stated: statedAs(from, to), quantity: String(Math.abs(to - from)), price });
}

/** The real broker, which refuses or half fills the orders of some alerts. */
function faulty(broker: Broker, faultOf: (alertId: string, leg: string) => "refused" | "half" | undefined): Broker {
	return {
		account: broker.account,
		spot: broker.spot,
		market: (symbol) => broker.market(symbol),
		observe: (symbol, price, at) => broker.observe(symbol, price, at),
		quote: (symbol) => broker.quote(symbol),
		onFill: (listener) => broker.onFill(listener),
		abilities: broker.abilities,
		cancel: (id) => broker.cancel(id),
		lookup: (order) => broker.lookup(order),
		state: () => broker.state(),
		async submit(order): Promise<Submission> {
			const fault = order.alert_id === null ? undefined : faultOf(order.alert_id, order.leg);
			if (fault === "refused") return { outcome: "rejected", reason: "the broker does not want it" };
			const half = maximum(floorToStep(divide(decimal(order.quantity), fromInteger(2), "down"), step), step);
			return broker.submit(fault === "half" ? ({ ...order, quantity: formatDecimal(half) } as Approved<Order>) : order);
		},
	};
}

/** The paper market's step; shares of it are rounded down, so two ways to one position may end a few of them apart. */
const step = decimal("0.00000001");
const rounding_max = decimal("0.0000001");

/** True where two positions differ by no more than rounding to the market's step. */
export function sameHeld(a: string, b: string): boolean {
	return absolute(subtract(decimal(a), decimal(b))) <= rounding_max;
}

/** Sends a burst to a fresh engine that knows the position before it; the whole hold goes by at the end. */
export async function outcomeOf(burst: Burst, sequence = { hold_ms }): Promise<Outcome> {
	const clock = new ManualClock();
	const ids = new Map<string, number>();
	let armed = false;
	const faultOf = (id: string, leg: string) => {
		const change = ids.get(id);
		if (!armed || change === undefined) return undefined;
		return burst.hit?.has(orderKey(change, leg)) === false ? undefined : burst.faults.get(change);
	};
	const world = await new World({
		clock,
		journal: new BurstJournal() as MemoryJournal,
		strategies: [strategyOf(burst.settings)],
		sequence: { ...sequence, on_gap: "follow" },
		wrap: (broker) => faulty(broker, faultOf),
	}).start();
	const [first = 0] = burst.positions;
	await world.send(alertOfChange(0, first, "before"));
	armed = true;
	const alerts = burst.positions
		.slice(1)
		.map((to, index) => alertOfChange(burst.positions[index] ?? 0, to, `change ${index}`));
	for (const [index, alert] of alerts.entries()) ids.set(alert.id, index);
	const seen = new Set<number>();
	for (const [place, change] of burst.arrivals.entries()) {
		const delay = burst.delays_ms[place] ?? 0;
		if (delay > 0) await clock.advance(delay);
		const alert = alerts[change];
		// The second delivery is answered as a duplicate before it gets here.
		if (alert === undefined || seen.has(change)) continue;
		seen.add(change);
		world.hand(alert);
		await world.idle();
	}
	await clock.advance(hold_ms * 4);
	await world.idle();
	const chain = world.sequencer.chains()[0];
	const steps = chain?.steps ?? [];
	const ordered = new Set(world.journal.orders().map(({ alert_id }) => alert_id));
	const ran = steps.flatMap(({ alert_id, outcome }) =>
		alert_id !== null && (outcome === "run" || outcome === "followed") && ordered.has(alert_id) && ids.has(alert_id)
			? [ids.get(alert_id) ?? -1]
			: [],
	);
	const arrived = [...seen].flatMap((change) => alerts[change] ?? []);
	return {
		held: formatDecimal(world.engine.book.quantity("paper", "MyRSIStrategy", "BTC/USD")),
		stated: `${chain?.position.side} ${chain?.position.size}`,
		gaps: world.journal.events().flatMap(({ kind, detail }) => (kind === "GapFound" ? [detail] : [])),
		endings: arrived.map(({ id }) => (world.journal.hasEnded(id) ? String(world.journal.ended(id).code) : "open")),
		sent: new Set(
			world.journal
				.orders()
				.map(({ alert_id, leg }) => orderKey(alert_id === null ? -1 : (ids.get(alert_id) ?? -1), leg)),
		),
		ran: new Set(ran),
		orders: world.journal.orders().length,
		log: world.journal.orders().map(({ alert_id, side, leg, quantity, filled_quantity, status }) => {
			const change = alert_id === null ? "" : `change ${ids.get(alert_id) ?? "before"}`;
			return `${change}: ${side} ${leg} ${quantity}, ${status} ${filled_quantity}`;
		}),
		unended: arrived.filter(({ id }) => !world.journal.hasEnded(id)).length,
	};
}

/** Keeps only what the engine asks for again, without copying: a million bursts go through it. */
class BurstJournal extends MemoryJournal {
	readonly #orders = new Map<string, Order>();
	readonly #intents: Intent[] = [];
	readonly #ended = new Map<string, Extract<Change, { kind: "alert_ended" }>>();
	readonly #events: Omit<Event, "sequence">[] = [];
	readonly #chains: StatedChain[] = [];

	override async commit(changes: readonly Change[]): Promise<void> {
		for (const change of changes) {
			if (change.kind === "order") this.#orders.set(change.order.id, change.order);
			else if (change.kind === "intent") this.#intents.push(change.intent);
			else if (change.kind === "alert_ended") this.#ended.set(change.id, change);
			else if (change.kind === "event") this.#events.push(change.event);
		}
	}

	override async work(alertId: string): Promise<{ intents: Intent[]; orders: Order[] }> {
		return {
			intents: this.#intents.filter(({ alert_id }) => alert_id === alertId),
			orders: this.orders().filter(({ alert_id }) => alert_id === alertId),
		};
	}

	override async openAlerts(): Promise<readonly OpenAlert[]> {
		return [];
	}

	override orders(): Order[] {
		return [...this.#orders.values()];
	}

	override events(): readonly Omit<Event, "sequence">[] {
		return this.#events;
	}

	override hasEnded(id: string): boolean {
		return this.#ended.has(id);
	}

	override ended(id: string): Extract<Change, { kind: "alert_ended" }> {
		const found = this.#ended.get(id);
		if (found === undefined) throw new Error(`alert ${id} has not ended`);
		return found;
	}

	override snapshot(): Snapshot {
		return { ...super.snapshot(), stated: this.#chains };
	}
}
