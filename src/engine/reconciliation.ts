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
import type { Execution } from "./execution.ts";
import { makeOrder, type OpenOrders, submitted, withFill } from "./orders.ts";
import type { Recorder } from "./recorder.ts";

/** Looks at a broker whose positions go on moving; after the last one the difference is taken as it is. */
const looks_max = 5;
const look_again_ms = 500;
/** A broker that cannot be asked for one order tells its fills, after an outage this late, milliseconds. */
const told_ms_max = 6_000;
/** Ended orders of a symbol that are asked for fills we were not told. */
const ended_max = 50;
/** An order that ended less than this ago is not looked for at the broker, milliseconds. */
const just_now_ms = 30_000;
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
	readonly execution: Pick<
		Execution,
		"settleTold" | "lookAtEnded" | "lookForGone" | "takeBackEnded" | "weigh" | "align"
	>;
	/** Runs a task after everything earlier on this account and symbol. */
	readonly inLane: <T>(account: string, symbol: string, task: () => Promise<T>) => Promise<T>;
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

/** Compares accounts with their brokers: before their lanes open, and again and again after that. */
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
	 * The whole account; call it after its own orders are settled and before its lanes open.
	 * @throws Error where the broker does not answer
	 */
	async compare(broker: Broker): Promise<Reconciled> {
		const { account } = broker;
		const told = await this.#look(broker, 0);
		const differences = [...told.differences];
		const { balance } = await broker.state();
		const changes = this.#balance(broker, balance, differences);
		const words =
			differences.length === 0 ? "agrees with its broker" : `differs from its broker: ${differences.join("; ")}`;
		const data = { account, differences: differences.length };
		const event = this.#event("AccountReconciled", `account ${account} ${words}`, data);
		await this.#parts.recorder.record([...changes, event]);
		this.#parts.log.info("compared with the broker", { account, result: words });
		return { differences };
	}

	/**
	 * Positions and open orders, also while alerts are worked on: each symbol that differs is looked at in its lane. The balance
	 * is left alone, since it may count a fill that has not been told.
	 * @throws Error where the broker does not answer
	 */
	again(broker: Broker): Promise<Reconciled> {
		return this.#look(broker, just_now_ms);
	}

	/** @param ended_ms orders that ended here less than this ago are not looked for at the broker */
	async #look(broker: Broker, ended_ms: number): Promise<Reconciled> {
		const theirs = await broker.state();
		const told: string[] = [];
		await this.#takeBackEnded(broker, theirs, ended_ms);
		if (ended_ms > 0) await this.#lookForGone(broker, theirs, ended_ms);
		for (const { symbol } of this.#differences(broker, theirs)) {
			const found = await this.#parts.inLane(broker.account, symbol, () => this.#compareSymbol(broker, symbol));
			if (found !== undefined) told.push(found);
		}
		const changes = this.#orders(broker, theirs, told);
		if (changes.length > 0) await this.#parts.recorder.record(changes);
		return { differences: told };
	}

	/**
	 * Looks until broker and journal agree, or differ twice in the same way: a fill may be on its way. Undefined where they
	 * agree. Call it in the lane of the account and symbol.
	 */
	async #compareSymbol(broker: Broker, symbol: string): Promise<string | undefined> {
		let before: Difference | undefined;
		for (let look = 1; ; look++) {
			const theirs = await broker.state();
			await this.#parts.execution.settleTold(broker, symbol);
			const now = this.#differences(broker, theirs).find((one) => one.symbol === symbol);
			if (now === undefined) return undefined;
			if (look >= looks_max || (before !== undefined && isSame(before, now))) return await this.#conclude(broker, now);
			await this.#lookBehind(broker, symbol);
			before = now;
			const { lookup_by_client_id, read_lag_ms } = broker.abilities;
			await this.#parts.clock.sleep(read_lag_ms + (lookup_by_client_id ? look_again_ms : told_ms_max));
		}
	}

	/** Where positions differ: fills of open and ended orders that nobody told us, and orders in review. */
	async #lookBehind(broker: Broker, symbol: string): Promise<void> {
		const { open, execution } = this.#parts;
		const here = (one: Order): boolean => one.account === broker.account && one.symbol === symbol;
		const orders = [...open.all().filter(here), ...open.ended().filter(here).slice(-ended_max)];
		for (const order of orders) await execution.lookAtEnded(broker, order);
		if (await execution.weigh(broker, symbol)) return;
		throw new Error(`the position of ${symbol} cannot be read, and an order of it is in review`);
	}

	/** An order that has ended here and is open there would trade what nobody wants any more. */
	async #takeBackEnded(broker: Broker, theirs: BrokerAccount, ended_ms: number): Promise<void> {
		for (const { client_order_id } of theirs.open_orders) {
			const order = this.#parts.open.ofFill(client_order_id);
			if (order === undefined || !isFinal(order.status) || order.account !== broker.account) continue;
			// What ended just now may still be on a list that was made a moment ago.
			if (this.#parts.clock.now() - Date.parse(order.updated_at) < ended_ms) continue;
			const { inLane, execution } = this.#parts;
			const gone = await inLane(broker.account, order.symbol, () => execution.takeBackEnded(broker, order));
			const what = gone ? "it was taken back" : "it could not be taken back";
			const detail = `order ${order.id} has ended here (${order.status}) and was open at the broker of ${broker.account}: ${what}`;
			this.#parts.log.warn(detail);
			await this.#parts.recorder.record([this.#event("OrderEventIgnored", detail, { order_id: order.id })]);
		}
	}

	/** An order that is open here and not there may have been filled, taken back by hand or ended by the exchange. */
	async #lookForGone(broker: Broker, theirs: BrokerAccount, just_ms: number): Promise<void> {
		const { open, inLane, execution, clock } = this.#parts;
		const there = new Set(theirs.open_orders.map(({ client_order_id }) => client_order_id));
		for (const order of open.all()) {
			if (order.account !== broker.account || there.has(order.client_order_id) || !rests(order)) continue;
			// What was accepted just now need not be on the list yet.
			if (clock.now() - Date.parse(order.updated_at) < just_ms) continue;
			await inLane(order.account, order.symbol, () => execution.lookForGone(broker, order));
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

	/** Records one difference and does what the account's policy says; in words what it was. */
	async #conclude(broker: Broker, difference: Difference): Promise<string> {
		const { account } = broker;
		const { symbol } = difference;
		const policy = this.#parts.policy(account);
		const shrinks = this.#shrinks(account, difference);
		const detail = describe(account, difference, shrinks, policy);
		this.#parts.log.warn(detail);
		const changes = [this.#event("PositionDiffers", detail, recordOf(account, difference, policy))];
		for (const move of [...shrinks, ...nobodys(difference, shrinks)]) changes.push(...this.#move(broker, symbol, move));
		if (policy === "halt") changes.push(...this.#parts.halt(account, detail));
		await this.#parts.recorder.record(changes);
		for (const { strategy } of shrinks) await this.#parts.execution.align(broker, account, strategy, symbol);
		return detail;
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
			const order = externalOrder(account, found, before, at);
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

	/**
	 * The broker's balance is the truth about money, where nothing is held: what a broker counts as paid out of an open position
	 * is its own affair (its average is not that of each strategy, a spot exchange takes the whole price off). The first one
	 * ever is where the account begins.
	 */
	#balance({ account }: Broker, balance: Decimal, told: string[]): readonly Change[] {
		const { book, clock, known } = this.#parts;
		if (!known(account)) return [{ kind: "account", account: book.fund(account, balance, clock.now()) }];
		const mine = book.positions().filter((position) => position.account === account && position.strategy !== external);
		if (mine.some(({ side }) => side !== "flat")) return [];
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

/** True where the broker said that it has it. */
function rests({ status }: Order): boolean {
	return status === "accepted" || status === "triggered" || status === "partially_filled";
}

function isSame(before: Difference, now: Difference): boolean {
	return before.ours === now.ours && before.external === now.external && before.theirs === now.theirs;
}

function describe(account: string, one: Difference, shrinks: readonly Move[], policy: ReconcilePolicy): string {
	const known = one.external === 0n ? "" : `, and ${formatDecimal(one.external)} was known to be EXTERNAL`;
	const taken = shrinks.map(({ strategy, quantity }) => `${strategy} gives ${formatDecimal(absolute(quantity))}`);
	const rest = nobodys(one, shrinks).map(({ quantity }) => `EXTERNAL takes ${formatDecimal(quantity)}`);
	const done = [...taken, ...rest, ...(policy === "halt" ? ["the account is halted"] : [])].join(", ");
	return `${account} holds ${formatDecimal(one.theirs)} ${one.symbol} at its broker, the strategies ${formatDecimal(one.ours)}${known}: ${done} (reconcile: ${policy})`;
}

function recordOf(account: string, one: Difference, policy: ReconcilePolicy): Readonly<Record<string, unknown>> {
	const { symbol } = one;
	const ours = formatDecimal(one.ours);
	return { account, symbol, ours, external: formatDecimal(one.external), theirs: formatDecimal(one.theirs), policy };
}

/** An order of somebody else as a record: what is still open of it, so that its fills are none of ours. */
function externalOrder(
	account: string,
	found: BrokerAccount["open_orders"][number],
	before: Order | undefined,
	at: string,
): Order {
	const { client_order_id, symbol, side, type, limit_price, stop_price } = found;
	const made = makeOrder({
		// Two exchanges may number their orders alike.
		id: before?.id ?? `external-${account}-${client_order_id}`,
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
		at: before?.created_at ?? at,
	});
	return transition(submitted({ ...made, client_order_id, type }, at), "accept", at).order;
}
