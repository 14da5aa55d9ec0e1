/** Reconciliation: an account as its broker has it beside the journal, before its lanes open; what nobody asked for becomes EXTERNAL. */
import {
	absolute,
	add,
	type Decimal,
	decimal,
	formatDecimal,
	minimum,
	multiply,
	negate,
	sign,
	subtract,
	zero,
} from "../domain/decimal.ts";
import { external } from "../domain/external.ts";
import { isFinal, transition } from "../domain/order-life.ts";
import type { Broker, BrokerAccount, Change, Clock, Log } from "../domain/ports.ts";
import type { Event, Order } from "../domain/records.ts";
import type { ReconcilePolicy } from "../domain/settings.ts";
import type { Book } from "./book.ts";
import { makeOrder, type OpenOrders, submitted, withFill } from "./orders.ts";
import type { Recorder } from "./recorder.ts";

/** Looks at a broker whose positions go on moving; after the last one the difference is taken as it is. */
const looks_max = 5;
const look_again_ms = 500;
/** Ended orders of a symbol that are asked for fills we were not told. */
const ended_max = 50;
/** A balance may be off by this share before it is told: fees in other currencies and funding come without a fill. */
const balance_share_max = decimal("0.001");

export interface ReconciliationParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly book: Book;
	readonly open: OpenOrders;
	readonly recorder: Recorder;
	readonly policy: (account: string) => ReconcilePolicy;
	/** True where the journal knew the account before this start. */
	readonly known: (account: string) => boolean;
	/** Takes in what the broker told of this symbol and brings stops and targets in step with it, in its lane. */
	readonly settle: (broker: Broker, symbol: string) => Promise<void>;
	/** Takes in fills of an ended order that were never told. */
	readonly lookAtEnded: (broker: Broker, order: Order) => Promise<void>;
	/** Takes an order back that has ended here and is open at the broker. */
	readonly takeBack: (broker: Broker, order: Order) => Promise<boolean>;
	/** An order in review is weighed by the position. */
	readonly weigh: (broker: Broker, symbol: string) => Promise<void>;
	/** Brings the stops and targets of a strategy in step with its position, in its lane. */
	readonly align: (broker: Broker, strategy: string, symbol: string) => Promise<void>;
	/** Halts the account; the changes go into the same transaction as the difference. */
	readonly halt: (account: string, reason: string) => readonly Change[];
	/** EXTERNAL orders that were open when nexus stopped. */
	readonly external_orders: readonly Order[];
}

interface Difference {
	readonly symbol: string;
	/** Net units of all strategies. */
	readonly ours: Decimal;
	/** Units that were known to be nobody's. */
	readonly external: Decimal;
	readonly theirs: Decimal;
}

/** What a comparison came to. */
export interface Reconciled {
	/** In words, one for each thing that was not as the journal has it; empty where all agrees. */
	readonly differences: readonly string[];
}

/** Compares accounts with their brokers. Call it once for each account, after its own orders are settled and before its lanes open. */
export class Reconciliation {
	readonly #parts: ReconciliationParts;
	readonly #external = new Map<string, Order>();
	#made = 0;

	constructor(parts: ReconciliationParts) {
		this.#parts = parts;
		for (const order of parts.external_orders)
			this.#external.set(`${order.account}\u0000${order.client_order_id}`, order);
	}

	/**
	 * Looks until the broker and the journal agree or differ twice in the same way, then records what differs and does what
	 * the account's policy says.
	 * @throws Error where the broker does not answer
	 */
	async compare(broker: Broker): Promise<Reconciled> {
		await this.#takeBackEnded(broker, await broker.state());
		let before: readonly Difference[] | undefined;
		for (let look = 1; ; look++) {
			const theirs = await broker.state();
			for (const { symbol } of this.#differences(broker, theirs)) await this.#parts.settle(broker, symbol);
			const now = this.#differences(broker, theirs);
			if (now.length === 0 || look >= looks_max || (before !== undefined && isSame(before, now))) {
				return await this.#conclude(broker, theirs, now);
			}
			if (look === 1) await this.#lookBehind(broker, now);
			before = now;
			await this.#parts.clock.sleep(broker.abilities.read_lag_ms + look_again_ms);
		}
	}

	/** Where positions differ: fills of open and ended orders that nobody told us, and orders in review. */
	async #lookBehind(broker: Broker, differences: readonly Difference[]): Promise<void> {
		for (const { symbol } of differences) {
			const here = (one: Order): boolean => one.account === broker.account && one.symbol === symbol;
			const { open } = this.#parts;
			for (const order of [...open.all().filter(here), ...open.ended().filter(here).slice(-ended_max)]) await this.#parts.lookAtEnded(broker, order);
			await this.#parts.weigh(broker, symbol);
		}
	}

	/** An order that has ended here and is open there would trade what nobody wants any more. */
	async #takeBackEnded(broker: Broker, theirs: BrokerAccount): Promise<void> {
		for (const { client_order_id } of theirs.open_orders) {
			const order = this.#parts.open.ofFill(client_order_id);
			if (order === undefined || !isFinal(order.status) || order.account !== broker.account) continue;
			const gone = await this.#parts.takeBack(broker, order);
			const what = gone ? "it was taken back" : "it could not be taken back";
			const detail = `order ${order.id} has ended here (${order.status}) and was open at the broker of ${broker.account}: ${what}`;
			this.#parts.log.warn(detail);
			await this.#parts.recorder.record([this.#event("OrderEventIgnored", detail, { order_id: order.id })]);
		}
	}

	#differences(broker: Broker, theirs: BrokerAccount): readonly Difference[] {
		const { book } = this.#parts;
		const { account } = broker;
		const there = new Map(theirs.positions.map(({ symbol, quantity }) => [symbol, quantity]));
		const symbols = [...new Set([...there.keys(), ...book.symbols(account)])].sort();
		return symbols
			.map((symbol) => ({
				symbol,
				ours: book.net(account, symbol),
				external: book.quantity(account, external, symbol),
				theirs: there.get(symbol) ?? zero,
			}))
			.filter((one) => {
				const step = broker.market(one.symbol)?.quantity_step ?? zero;
				const unknown = absolute(subtract(one.theirs, add(one.ours, one.external)));
				const shrinks = this.#shrinks(account, one);
				return [unknown, ...shrinks.map(({ quantity }) => absolute(quantity))].some((off) => off > 0n && off >= step);
			});
	}

	async #conclude(broker: Broker, theirs: BrokerAccount, differences: readonly Difference[]): Promise<Reconciled> {
		const { account } = broker;
		const told: string[] = [];
		const changes: Change[] = [...this.#orders(broker, theirs, told)];
		const aligned: { strategy: string; symbol: string }[] = [];
		for (const difference of differences) {
			const shrinks = this.#shrinks(account, difference);
			const moves = [...shrinks, ...nobodys(difference, shrinks)];
			const detail = describe(account, difference, shrinks);
			told.push(detail);
			this.#parts.log.warn(detail);
			changes.push(this.#event("PositionDiffers", detail, recordOf(account, difference, this.#parts.policy(account))));
			for (const move of moves) changes.push(...this.#move(broker, difference.symbol, move));
			for (const { strategy } of shrinks) aligned.push({ strategy, symbol: difference.symbol });
		}
		changes.push(...this.#balance(broker, theirs.balance, told));
		if (differences.length > 0 && this.#parts.policy(account) === "halt") {
			changes.push(...this.#parts.halt(account, told.join("; ").slice(0, 500)));
		}
		const words = told.length === 0 ? "agrees with its broker" : `differs from its broker: ${told.join("; ")}`;
		changes.push(
			this.#event("AccountReconciled", `account ${account} ${words}`, { account, differences: told.length }),
		);
		await this.#parts.recorder.record(changes);
		for (const { strategy, symbol } of aligned) await this.#parts.align(broker, strategy, symbol);
		return { differences: told };
	}

	/** With `follow_exchange`: by how much strategies must shrink so that none holds what is not there, the largest first. */
	#shrinks(account: string, { symbol, ours, theirs }: Difference): readonly Move[] {
		if (this.#parts.policy(account) !== "follow_exchange") return [];
		let off = subtract(theirs, ours);
		const moves: Move[] = [];
		for (const { strategy, quantity } of this.#parts.book.holders(account, symbol)) {
			if (sign(off) === 0 || sign(quantity) === sign(off)) continue;
			const units = minimum(absolute(quantity), absolute(off));
			const signed = off < 0n ? negate(units) : units;
			moves.push({ strategy, quantity: signed });
			off = subtract(off, signed);
		}
		return moves;
	}

	/** A change of a position that no order of ours made, as a filled order and its fill, so that positions stay the sum of fills. */
	#move(broker: Broker, symbol: string, { strategy, quantity }: Move): readonly Change[] {
		const { book, clock } = this.#parts;
		const { account } = broker;
		const now = clock.now();
		const at = new Date(now).toISOString();
		this.#made += 1;
		const id = `external-${now}-${this.#made}`;
		const side = quantity > 0n ? "buy" : "sell";
		const units = absolute(quantity);
		const common = {
			id,
			alert_id: null,
			account,
			strategy,
			symbol,
			side,
			leg: "exit",
			reduce_only: false,
			at,
		} as const;
		const order = submitted(makeOrder({ ...common, quantity: units }), at);
		const price = broker.quote(symbol)?.price ?? book.lastPrice(account, symbol) ?? zero;
		const { client_order_id } = order;
		const fill = { trade_id: id, client_order_id, quantity: units, price, fee: zero, fee_currency: "", at: now };
		const applied = book.apply(order, fill, price);
		if (applied === undefined) throw new Error(`trade ${id} was made twice`);
		const reason = "not by nexus: the position at the broker differs";
		const filled = { ...withFill(order, fill, true).order, reason };
		return [
			{ kind: "order", order: filled },
			{ kind: "fill", fill: applied.fill },
			{ kind: "position", position: applied.position },
			{ kind: "account", account: applied.account },
		];
	}

	/** Open orders that nobody here knows are kept as EXTERNAL for as long as they are open; nexus never touches them. */
	#orders(broker: Broker, theirs: BrokerAccount, told: string[]): readonly Change[] {
		const { account } = broker;
		const at = new Date(this.#parts.clock.now()).toISOString();
		const changes: Change[] = [];
		const there = new Set<string>();
		for (const found of theirs.open_orders) {
			if (this.#parts.open.ofFill(found.client_order_id) !== undefined) continue;
			const key = `${account}\u0000${found.client_order_id}`;
			there.add(key);
			const before = this.#external.get(key);
			const order = externalOrder(account, found, before?.created_at ?? at, at);
			if (before !== undefined && before.quantity === order.quantity) continue;
			this.#external.set(key, order);
			changes.push({ kind: "order", order });
			if (before !== undefined) continue;
			const detail = `an order is open on ${account} that nexus did not send: ${order.side} ${order.quantity} ${order.symbol} (${found.client_order_id})`;
			told.push(detail);
			changes.push(this.#event("OrderAdopted", detail, { account, order_id: order.id }));
		}
		for (const [key, order] of this.#external) {
			if (order.account !== account || there.has(key)) continue;
			this.#external.delete(key);
			const ended = transition(order, "cancel", at, "it is not open at the broker any more").order;
			changes.push({ kind: "order", order: ended });
		}
		return changes;
	}

	/** The broker's balance is the truth about money; the first one ever is where the account begins. */
	#balance({ account }: Broker, balance: Decimal, told: string[]): readonly Change[] {
		const { book, clock, known } = this.#parts;
		if (!known(account)) return [{ kind: "account", account: book.fund(account, balance, clock.now()) }];
		const before = book.account(account);
		const off = subtract(balance, decimal(before.balance));
		if (off === 0n) return [];
		const after = book.correct(account, balance, clock.now());
		const changes: Change[] = [{ kind: "account", account: after }];
		if (absolute(off) <= multiply(absolute(decimal(before.balance)), balance_share_max)) return changes;
		const data = { account, ours: before.balance, theirs: after.balance };
		const detail = `account ${account} has ${after.balance} ${after.currency} at its broker, the journal had ${before.balance}: the broker's is taken over`;
		told.push(detail);
		return [...changes, this.#event("BalanceDiffers", detail, data)];
	}

	#event(kind: Event["kind"], detail: string, data: Readonly<Record<string, unknown>>): Change {
		const at = new Date(this.#parts.clock.now()).toISOString();
		return { kind: "event", event: { kind, at, detail, data: { ...data } } };
	}
}

/** Signed units by which a strategy's position changes without an order of ours. */
interface Move {
	readonly strategy: string;
	readonly quantity: Decimal;
}

/** What is left of the difference is nobody's. */
function nobodys({ theirs, ours, external: before }: Difference, shrinks: readonly Move[]): readonly Move[] {
	const after = shrinks.reduce((sum, { quantity }) => add(sum, quantity), ours);
	const change = subtract(subtract(theirs, after), before);
	return change === 0n ? [] : [{ strategy: external, quantity: change }];
}

function isSame(before: readonly Difference[], now: readonly Difference[]): boolean {
	const text = (all: readonly Difference[]): string =>
		all.map((one) => [one.symbol, one.ours, one.external, one.theirs].join(" ")).join("\n");
	return text(before) === text(now);
}

function describe(account: string, one: Difference, shrinks: readonly Move[]): string {
	const known = one.external === 0n ? "" : `, and ${formatDecimal(one.external)} was known to be nobody's`;
	const done = shrinks
		.map(({ strategy, quantity }) => `${strategy} by ${formatDecimal(absolute(quantity))}`)
		.join(", ");
	const follows = done === "" ? "" : `; taken off: ${done}`;
	return `${account} holds ${formatDecimal(one.theirs)} ${one.symbol} at its broker, the strategies ${formatDecimal(one.ours)}${known}${follows}`;
}

function recordOf(account: string, one: Difference, policy: ReconcilePolicy): Readonly<Record<string, unknown>> {
	const { symbol } = one;
	const ours = formatDecimal(one.ours);
	return { account, symbol, ours, external: formatDecimal(one.external), theirs: formatDecimal(one.theirs), policy };
}

/** An order of somebody else as a record: what is still open of it, so that its fills are none of ours. */
function externalOrder(account: string, found: BrokerAccount["open_orders"][number], begun: string, at: string): Order {
	const { client_order_id, symbol, side, type, limit_price, stop_price } = found;
	const made = makeOrder({
		id: `external-${client_order_id}`,
		alert_id: null,
		account,
		strategy: external,
		symbol,
		side,
		leg: "exit",
		quantity: subtract(found.quantity, found.filled_quantity),
		reduce_only: false,
		limit_price,
		stop_price,
		at: begun,
	});
	return transition(submitted({ ...made, client_order_id, type }, at), "accept", at).order;
}
