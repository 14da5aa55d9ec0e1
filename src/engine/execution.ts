/** Execution: one approved order to its broker and its outcome into book and journal; keeps stops and targets in step with the position. */

import type { Approved } from "../domain/approved.ts";
import { absolute, type Decimal, decimal, formatDecimal, sign, subtract, zero } from "../domain/decimal.ts";
import type { Broker, BrokerFill, Change, Clock, Log, RiskOfficer, Submission } from "../domain/ports.ts";
import type { Event, Order } from "../domain/records.ts";
import type { Book } from "./book.ts";
import { isFinal, makeOrder, type OpenOrders, remaining, withFill } from "./orders.ts";
import type { Recorder } from "./recorder.ts";
import { protectivePrice } from "./sizing.ts";

export interface ExecutionParts {
	readonly clock: Clock;
	readonly book: Book;
	readonly open: OpenOrders;
	readonly recorder: Recorder;
	readonly risk: RiskOfficer;
	readonly log: Log;
}

/** What became of one order, after its outcome was applied. */
export interface Outcome {
	readonly order: Order;
	/** True where the order did all it could at once. */
	readonly filled: boolean;
}

/** What one submission or fill changed: `standing` are stops and targets that go out once the changes are on disk. */
interface Settled {
	readonly outcome: Outcome;
	readonly changes: readonly Change[];
	readonly standing: readonly Order[];
}

interface AppliedToOrder extends Omit<Settled, "outcome"> {
	readonly order: Order;
}

export class Execution {
	readonly #parts: ExecutionParts;

	constructor(parts: ExecutionParts) {
		this.#parts = parts;
	}

	/** True where the account's net would shrink by an order of this side and quantity: only then may it be reduce-only. */
	reducesNet(account: string, symbol: string, side: Order["side"], quantity: Decimal): boolean {
		const net = this.#parts.book.net(account, symbol);
		return sign(net) === (side === "sell" ? 1 : -1) && absolute(net) >= quantity;
	}

	/**
	 * Write-ahead, then the broker, then its answer: `before` goes into the transaction that holds the intent to send,
	 * `after(outcome)` into the one that holds the outcome. Call it inside the lane of the order's account and symbol.
	 */
	async send(
		broker: Broker,
		approved: Approved<Order>,
		before: readonly Change[],
		after: (outcome: Outcome) => readonly Change[],
	): Promise<Outcome> {
		this.#parts.open.put(approved);
		await this.#parts.recorder.record([...before, { kind: "order", order: approved }]);
		return this.#submit(broker, approved, after);
	}

	async #submit(
		broker: Broker,
		approved: Approved<Order>,
		after: (outcome: Outcome) => readonly Change[],
	): Promise<Outcome> {
		const submission = await broker.submit(approved);
		const { outcome, changes, standing } = this.#settle(approved, submission);
		await this.#parts.recorder.record([...changes, ...after(outcome)]);
		await this.#submitStanding(broker, standing);
		return outcome;
	}

	/** Stops and targets that are already in the journal go to the broker. */
	async #submitStanding(broker: Broker, standing: readonly Order[]): Promise<void> {
		for (const order of standing) await this.#submit(broker, this.#parts.risk.reinstate(order), () => []);
	}

	/** A fill that came later, for an order that rests at the broker. */
	async fillLater(broker: Broker, fill: BrokerFill): Promise<void> {
		const order = this.#parts.open.byClientId(fill.client_order_id);
		if (order === undefined) {
			this.#parts.log.warn("a fill came for an order that is not open", { client_order_id: fill.client_order_id });
			return;
		}
		const { changes, standing } = this.#applyFill(order, fill, order.reduce_only);
		await this.#parts.recorder.record(changes);
		await this.#submitStanding(broker, standing);
		await this.align(broker, order.account, order.strategy, order.symbol);
	}

	/**
	 * Brings stops and targets back to what the position is: cancels what would close more than there is and stands the rest anew.
	 * The oldest order keeps its place.
	 */
	async align(broker: Broker, account: string, strategy: string, symbol: string): Promise<void> {
		const held = absolute(this.#parts.book.quantity(account, strategy, symbol));
		for (const leg of ["stop_loss", "take_profit"] as const) {
			let room = held;
			const standing = this.#parts.open.of(account, strategy, symbol).filter((order) => order.leg === leg);
			for (const order of standing) {
				const rest = remaining(order);
				if (rest <= room) {
					room = subtract(room, rest);
					continue;
				}
				await this.cancel(broker, order, room > 0n ? "the position became smaller" : "the position is closed");
				if (room > 0n) {
					const price = order.stop_price ?? order.limit_price ?? "0";
					const smaller = this.#protective(order, leg, nextId(order.id), room, price);
					await this.send(broker, this.#parts.risk.reinstate(smaller), [], () => []);
				}
				room = zero;
			}
		}
	}

	/** Takes an order back. Resolves to false where the broker no longer had it open. */
	async cancel(broker: Broker, order: Order, reason: string): Promise<boolean> {
		const gone = await broker.cancel(order.client_order_id);
		if (!gone) return false;
		const at = this.#now();
		const canceled: Order = { ...order, status: "canceled", reason, updated_at: at };
		this.#parts.open.put(canceled);
		this.#parts.book.release(order.id);
		await this.#parts.recorder.record([
			{ kind: "order", order: canceled },
			this.#event("OrderCanceled", order, `${describe(order)} canceled: ${reason}`),
		]);
		return true;
	}

	/** Hands orders that stood before a restart back to a broker that keeps nothing itself. */
	async reinstate(broker: Broker, order: Order): Promise<void> {
		await this.send(broker, this.#parts.risk.reinstate(order), [], () => []);
		await this.align(broker, order.account, order.strategy, order.symbol);
	}

	/** The stop and target an entry asked for, at prices that count from its average price. */
	#protection(entry: Order): readonly Order[] {
		if (entry.leg !== "entry" || entry.average_price === null) return [];
		const price = decimal(entry.average_price);
		const side = entry.side === "buy" ? "long" : "short";
		const orders: Order[] = [];
		for (const leg of ["stop_loss", "take_profit"] as const) {
			const wanted = entry[leg];
			const at = wanted === undefined ? undefined : protectivePrice(wanted, price, side, leg === "stop_loss");
			if (at === undefined) continue;
			const id = `${entry.id}-${leg === "stop_loss" ? "sl" : "tp"}`;
			orders.push(this.#protective(entry, leg, id, decimal(entry.filled_quantity), formatDecimal(at)));
		}
		return orders;
	}

	#protective(model: Order, leg: "stop_loss" | "take_profit", id: string, quantity: Decimal, price: string): Order {
		const { account, strategy, symbol, alert_id } = model;
		const side = this.#parts.book.quantity(account, strategy, symbol) > 0n ? "sell" : "buy";
		const at = this.#now();
		const reduce_only = this.reducesNet(account, symbol, side, quantity);
		const where = leg === "stop_loss" ? { stop_price: price } : { limit_price: price };
		return makeOrder({ id, alert_id, account, strategy, symbol, side, leg, quantity, reduce_only, ...where, at });
	}

	#settle(order: Order, submission: Submission): Settled {
		switch (submission.outcome) {
			case "accepted":
				return this.#accepted(order, submission.fills);
			case "rejected": {
				const after: Order = { ...order, status: "rejected", reason: submission.reason, updated_at: this.#now() };
				return this.#ended(after, this.#event("OrderRejected", order, `${describe(order)}: ${submission.reason}`));
			}
			case "unknown": {
				const after: Order = { ...order, status: "unknown", reason: submission.reason, updated_at: this.#now() };
				this.#parts.open.put(after);
				return { outcome: { order: after, filled: false }, changes: [{ kind: "order", order: after }], standing: [] };
			}
		}
	}

	#ended(order: Order, event: Change): Settled {
		this.#parts.open.put(order);
		this.#parts.book.release(order.id);
		return { outcome: { order, filled: false }, changes: [{ kind: "order", order }, event], standing: [] };
	}

	#accepted(order: Order, fills: readonly BrokerFill[]): Settled {
		if (fills.length === 0) {
			const after: Order = { ...order, status: "accepted", updated_at: this.#now() };
			this.#parts.open.put(after);
			const event = this.#event("OrderAccepted", order, `${describe(order)} rests at the broker`);
			return {
				outcome: { order: after, filled: false },
				changes: [{ kind: "order", order: after }, event],
				standing: [],
			};
		}
		let current = order;
		const changes: Change[] = [];
		const standing: Order[] = [];
		for (const [index, fill] of fills.entries()) {
			const last = index === fills.length - 1;
			const applied = this.#applyFill(current, fill, last && order.type === "market");
			current = applied.order;
			changes.push(...applied.changes);
			standing.push(...applied.standing);
		}
		return { outcome: { order: current, filled: isFinal(current) }, changes, standing };
	}

	/** Book and order in one step; the caller records the changes in the same step. */
	#applyFill(order: Order, fill: BrokerFill, complete: boolean): AppliedToOrder {
		const applied = this.#parts.book.apply(order, fill);
		const after = withFill(order, fill, complete);
		this.#parts.open.put(after);
		if (isFinal(after)) this.#parts.book.release(order.id);
		const standing = isFinal(after) ? this.#protection(after) : [];
		for (const protective of standing) this.#parts.open.put(protective);
		const words = `${order.side} ${formatDecimal(fill.quantity)} ${order.symbol} at ${formatDecimal(fill.price)}`;
		const changes: readonly Change[] = [
			{ kind: "order", order: after },
			{ kind: "fill", fill: applied.fill },
			{ kind: "position", position: applied.position },
			{ kind: "account", account: applied.account },
			this.#event("OrderFilled", order, words),
			...standing.map((protective): Change => ({ kind: "order", order: protective })),
		];
		return { order: after, changes, standing };
	}

	#event(kind: Event["kind"], order: Order, detail: string): Change {
		const event: Omit<Event, "sequence"> = {
			kind,
			at: this.#now(),
			...(order.alert_id === null ? {} : { alert_id: order.alert_id }),
			detail,
			data: { order_id: order.id, account: order.account, strategy: order.strategy, symbol: order.symbol },
		};
		return { kind: "event", event };
	}

	#now(): string {
		return new Date(this.#parts.clock.now()).toISOString();
	}
}

/** An order in a few words: `sell 0.5 BTC/USD stop at 41000`. */
export function describe(order: Order): string {
	const at = order.stop_price ?? order.limit_price;
	const where = at === undefined ? order.type : `${order.type} at ${at}`;
	return `${order.side} ${order.quantity} ${order.symbol} ${where}`;
}

/** `X-sl` → `X-sl2` → `X-sl3`. */
function nextId(id: string): string {
	const match = /^(.*?-(?:sl|tp))(\d*)$/.exec(id);
	if (match === null) return `${id}-2`;
	return `${match[1]}${match[2] === "" ? 2 : Number.parseInt(match[2] ?? "1", 10) + 1}`;
}
