/** Execution: one approved order to its broker and its outcome into book and journal; keeps stops and targets in step with the position. */

import type { Approved } from "../domain/approved.ts";
import { clientOrderId } from "../domain/client-id.ts";
import type { Refusal } from "../domain/codes.ts";
import {
	absolute,
	add,
	type Decimal,
	decimal,
	formatDecimal,
	maximum,
	minimum,
	negate,
	parseDecimal,
	sign,
	subtract,
	zero,
} from "../domain/decimal.ts";
import { external } from "../domain/external.ts";
import {
	answered,
	ask,
	isFinal,
	type OrderEvent,
	type OrderReport,
	type PendingOperation,
	transition,
} from "../domain/order-life.ts";
import type {
	Broker,
	BrokerAccount,
	BrokerFill,
	Change,
	Clock,
	Log,
	Lookup,
	RiskOfficer,
	Settlement,
	Submission,
} from "../domain/ports.ts";
import type { Event, Order } from "../domain/records.ts";
import type { Book } from "./book.ts";
import { forgotten, makeOrder, type OpenOrders, remaining, submitted, withFill } from "./orders.ts";
import type { Recorder } from "./recorder.ts";
import { Resolution } from "./resolution.ts";
import { readSettlement } from "./settlement.ts";
import { protectivePrice } from "./sizing.ts";
import { ToldFills } from "./told-fills.ts";

export interface ExecutionParts {
	readonly clock: Clock;
	readonly book: Book;
	readonly open: OpenOrders;
	readonly recorder: Recorder;
	readonly risk: RiskOfficer;
	readonly log: Log;
	/** The broker's price of a symbol now; undefined where it knows none. */
	readonly quote: (account: string, symbol: string) => Decimal | undefined;
	/** True where the account's broker lives in this process: it fills a reduce-only order once, with what there is to reduce. */
	readonly forgets: (account: string) => boolean;
	/** Why nothing may be opened here at this moment; undefined where trading is active. */
	readonly barred: (place: Pick<Order, "account" | "strategy" | "symbol">) => string | undefined;
	/** Runs a task after everything earlier on this account and symbol. */
	readonly inLane: <T>(account: string, symbol: string, task: () => Promise<T>) => Promise<T>;
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

/** How much of which order in review the position at the broker shows to be filled. */
interface Weighed {
	readonly order: Order | undefined;
	readonly quantity: Decimal;
}

interface FollowUp {
	readonly order: Order;
	readonly standing: readonly Order[];
}

/** In place of a broker's answer, where an order that closes found nothing to close and was not sent. */
const nothingLeft = { outcome: "needless" } as const;

/** What is known of an order once there is an answer or evidence. */
type Known =
	| Submission
	| typeof nothingLeft
	| {
			readonly outcome: "ended";
			readonly state: "canceled" | "expired" | "abandoned";
			readonly fills: readonly BrokerFill[];
			readonly reason: string;
	  }
	| { readonly outcome: "review"; readonly reason: string };

/** A cancel without an answer is asked for again after this, milliseconds. */
const cancel_again_ms = 5_000;
/** How long a market order may be worked on by the broker before the next step goes on without it, milliseconds. */
const working_ms_max = 20_000;
const look_again_ms = 200;
/** Beyond a broker's read lag: a fill has been told, and shows in its position, this long after it happened, milliseconds. */
const weigh_again_ms = 500;
/** How often a position is read that goes on moving. */
const weigh_max = 5;

/** In place of a broker's answer, where an entry is known not to be at the broker and nobody wants it any more. */
const tooLate = {
	outcome: "ended",
	state: "abandoned",
	fills: [],
	reason: "it never arrived, and it is too late to send it",
} as const satisfies Known;

/** An entry that waited longer than this for the disk, or for the proof that it never arrived, is not sent, milliseconds; exits always are. */
const entry_ms_max = 30_000;

/** What a broker knows of an order, as an answer to it. */
function adopted(lookup: Extract<Lookup, { outcome: "found" }>): Known {
	const { state, fills, reason = "the broker says so" } = lookup;
	switch (state) {
		case "open":
			return { outcome: "accepted", fills, open: true };
		case "filled":
			return { outcome: "accepted", fills, open: false };
		case "rejected":
			return fills.length === 0
				? { outcome: "rejected", reason }
				: { outcome: "ended", state: "canceled", fills, reason };
		case "canceled":
		case "expired":
			return { outcome: "ended", state, fills, reason };
	}
}

/** Sends approved orders and applies what comes back. Call it inside the lane of the order's account and symbol. */
export class Execution {
	readonly #parts: ExecutionParts;
	readonly #told = new ToldFills();
	readonly #resolution: Resolution;
	/** Orders that told fills changed and whose stops and targets have not been looked at since. */
	readonly #followUps: FollowUp[] = [];

	constructor(parts: ExecutionParts) {
		this.#parts = parts;
		this.#resolution = new Resolution(parts);
	}

	/** True where the account's net would shrink by an order of this side and quantity: only then may it be reduce-only. */
	reducesNet(account: string, symbol: string, side: Order["side"], quantity: Decimal): boolean {
		const net = this.#parts.book.net(account, symbol);
		return sign(net) === (side === "sell" ? 1 : -1) && absolute(net) >= quantity;
	}

	/**
	 * Write-ahead, then the broker, then its answer: `before` goes into the transaction that holds the intent to send,
	 * `after(outcome)` into the one that holds the outcome. Call it inside the lane of the order's account and symbol.
	 * @param pause waits for what a broker outside this process does, which is nobody's doing here
	 */
	async send(
		broker: Broker,
		approved: Approved<Order>,
		before: readonly Change[],
		after: (outcome: Outcome) => readonly Change[],
		pause?: (wait: Promise<unknown>) => Promise<void>,
	): Promise<Outcome> {
		const wanted_at = approved.status === "intent" ? this.#parts.clock.monotonic() : undefined;
		const order = this.#parts.risk.reinstate(submitted(approved, this.#now()));
		this.#parts.open.put(order);
		await this.#parts.recorder.record([...before, { kind: "order", order }]);
		const submitting = this.#submit(broker, order, after, wanted_at);
		if (pause !== undefined && !broker.abilities.forgets) await pause(submitting);
		return submitting;
	}

	/**
	 * What became of an order that was on its way when nexus stopped, by evidence. Undefined where it never arrived and may
	 * be sent again under the same id; the register and the journal know it as an intent then.
	 * @param sent_at when it may have left at the latest, on the monotonic clock: now where nobody knows
	 */
	async findOut(
		broker: Broker,
		order: Order,
		after: (outcome: Outcome) => readonly Change[],
		sent_at?: number,
	): Promise<Outcome | undefined> {
		const evidence = await this.#evidence(broker, order, "nexus stopped while it was being sent", sent_at);
		if (evidence === undefined) return undefined;
		const submission = await this.#whenDone(broker, order, evidence);
		const current = this.#parts.open.byClientId(order.client_order_id) ?? order;
		return this.#conclude(broker, current, submission, after);
	}

	/** An order of this account and symbol that nothing can prove anything of; undefined where there is none. */
	inReview(account: string, symbol: string): Order | undefined {
		return this.#parts.open
			.all()
			.find((order) => order.account === account && order.symbol === symbol && order.status === "review");
	}

	/** The order as it is now, where it is known under its client order id. */
	current(order: Order | undefined): Order | undefined {
		return order === undefined ? undefined : (this.#parts.open.ofFill(order.client_order_id) ?? order);
	}

	/** Looks at an order that rests at the broker or is in review, after a restart or a cut connection. */
	async lookAt(broker: Broker, order: Order): Promise<void> {
		if (order.status === "review") {
			if (!broker.abilities.lookup_by_client_id) return;
			const lookup = await broker.lookup(order);
			if (lookup.outcome === "found") await this.#conclude(broker, order, adopted(lookup), () => []);
			return;
		}
		if (!broker.abilities.lookup_by_client_id && (await this.#isListed(broker, order))) {
			await this.#cancelAgain(broker, order.client_order_id);
			return;
		}
		const resolved = await this.#resolution.settle(broker, order, this.#parts.clock.monotonic());
		const current = this.#parts.open.byClientId(order.client_order_id) ?? order;
		if (resolved.outcome === "closed") return;
		if (resolved.outcome === "found") {
			await this.#conclude(broker, current, adopted(resolved.lookup), () => []);
			await this.#cancelAgain(broker, order.client_order_id);
			return;
		}
		const reason = "the broker does not know it";
		const { order: after, changes } = this.#step(current, "not_found", reason);
		const told =
			after.status === "review" ? [this.#event("OrderInReview", after, `${describe(after)}: ${reason}`)] : [];
		await this.#parts.recorder.record([...changes, ...told]);
	}

	/**
	 * True where a broker that cannot be asked for one order has it among its open ones. Asks until it answers, and once more
	 * where it has not: what was accepted just now may come onto the list late.
	 */
	async #isListed(broker: Broker, { id, client_order_id }: Order): Promise<boolean> {
		const { clock, log } = this.#parts;
		for (let looks = 0; looks < 2; ) {
			// The program ends: nothing is concluded any more.
			if (this.closed) return true;
			try {
				const { open_orders } = await broker.state();
				if (open_orders.some((one) => one.client_order_id === client_order_id)) return true;
				looks += 1;
			} catch (cause) {
				log.warn("the broker's open orders cannot be asked for", { order: id, cause: String(cause) });
			}
			if (looks < 2) await clock.sleep(broker.abilities.read_lag_ms + weigh_again_ms);
		}
		return false;
	}

	/** Looks at an order that is open here and was not on the broker's list; a broker that does not answer is left for the next time. */
	async lookForGone(broker: Broker, found: Order): Promise<void> {
		const order = this.#parts.open.byClientId(found.client_order_id);
		if (order === undefined || order.updated_at !== found.updated_at) return;
		const lookup = broker.abilities.lookup_by_client_id ? await broker.lookup(order) : undefined;
		if (lookup?.outcome === "unreachable" || (lookup?.outcome === "found" && lookup.state === "open")) return;
		await this.lookAt(broker, order);
		await this.align(broker, order.account, order.strategy, order.symbol);
	}

	/** Takes in fills of an order that has ended, which nobody told us. */
	async lookAtEnded(broker: Broker, order: Order): Promise<void> {
		if (!broker.abilities.lookup_by_client_id) return;
		const lookup = await broker.lookup(order);
		if (lookup.outcome === "unreachable") throw new Error(`order ${order.id} cannot be asked for: ${lookup.reason}`);
		if (lookup.outcome !== "found") return;
		for (const fill of this.#untold(order, lookup.fills)) this.tell(broker, fill);
		await this.settleTold(broker, order.symbol);
	}

	/** Takes an order back that has ended here and is open at the broker. True where it is gone. */
	async takeBackEnded(broker: Broker, order: Order): Promise<boolean> {
		return (await this.#resolution.takeBack(broker, order)) === "gone";
	}

	/**
	 * Where orders of this symbol are in review, the position at the broker says how much of them was filled: that much is
	 * counted, so that an exit closes what is really there. A position that shows something is read again after the broker's
	 * lag: a fill that is on its way must not count for another order. False where the broker does not say what is held.
	 */
	async weigh(broker: Broker, symbol: string): Promise<boolean> {
		const { account } = broker;
		const { clock, book, quote } = this.#parts;
		let before: Weighed | undefined;
		for (let look = 1; look <= weigh_max; look++) {
			const doubtful = this.#parts.open.all().filter((order) => isDoubtful(order, broker, symbol));
			if (doubtful.length === 0) return true;
			// What became doubtful just now need not show yet.
			const newest = Math.max(...doubtful.map(({ updated_at }) => Date.parse(updated_at)));
			const lag_ms = broker.abilities.read_lag_ms + weigh_again_ms;
			const wait_ms = Math.min(lag_ms, newest + lag_ms - clock.now());
			if (wait_ms > 0) await clock.sleep(wait_ms);
			const now = await this.#weighed(broker, symbol);
			if (now === undefined) return false;
			if (now.order === undefined) return true;
			if (before?.order?.id === now.order.id && before.quantity === now.quantity) {
				const { limit_price, stop_price } = now.order;
				const asked = parseDecimal(limit_price ?? stop_price ?? "");
				const price = quote(account, symbol) ?? book.lastPrice(account, symbol) ?? asked;
				if (price === undefined) return true;
				const reason = `the position at the broker shows that ${formatDecimal(now.quantity)} of it was filled`;
				await this.#countUntold(now.order, now.quantity, price, reason);
				await this.settleTold(broker, symbol);
				before = undefined;
				continue;
			}
			before = now;
			await clock.sleep(lag_ms);
		}
		return true;
	}

	/** The order in review that the position at the broker speaks for, the newest that fits; undefined where it does not say. */
	async #weighed(broker: Broker, symbol: string): Promise<Weighed | undefined> {
		const { account } = broker;
		const { book, open } = this.#parts;
		const there = await this.#there(broker);
		await this.takeTold(account, symbol);
		if (there === undefined) return undefined;
		const theirs = there.positions.find((one) => one.symbol === symbol)?.quantity ?? zero;
		// One that is still open there is not what filled.
		const standing = new Set(there.open_orders.map(({ client_order_id }) => client_order_id));
		const off = subtract(theirs, add(book.net(account, symbol), book.quantity(account, external, symbol)));
		const side = off > 0n ? "buy" : "sell";
		const order = open
			.all()
			.findLast((one) => isDoubtful(one, broker, symbol) && one.side === side && !standing.has(one.client_order_id));
		if (off === 0n || order === undefined) return { order: undefined, quantity: zero };
		return { order, quantity: minimum(absolute(off), remaining(order)) };
	}

	/**
	 * A person says what became of an order in review: it ends so, on disk when this resolves. The stops and targets that
	 * follow are left to {@link settleTold}. Call both inside the lane of the order's account and symbol.
	 */
	async settleByHand(
		asked: Order,
		said: Settlement,
		{ actor, reason: why }: { readonly actor: string; readonly reason?: string },
	): Promise<{ readonly order: Order } | { readonly refusal: Refusal }> {
		await this.takeTold(asked.account, asked.symbol);
		const order = this.current(asked) ?? asked;
		const read = readSettlement(order, said);
		if ("refusal" in read) return read;
		const because = why === undefined ? "" : `: ${why}`;
		const by = (what: string): string => `${actor} says that ${what}${because}`;
		if (read.outcome === "filled") {
			const what = by(`${said.filled} of it was filled at ${said.price}`);
			return { order: await this.#countUntold(order, read.quantity, read.price, what, actor) };
		}
		const more = decimal(order.filled_quantity) === 0n ? "nothing" : `no more than ${order.filled_quantity}`;
		const what = by(`${more} of it was filled`);
		const { order: after, changes } = this.#step(order, "abandon", what);
		const standing = this.#protectionOfPart(order, after);
		this.#followUps.push({ order: after, standing });
		await this.#parts.recorder.record([...changes, this.#settled(order, what, actor), ...standing.map(asChange)]);
		return { order: after };
	}

	/**
	 * Ends an order in review as filled with what its position or a person says, and records it. No trade that is told of it
	 * later counts beside that. What follows from it is left to {@link settleTold}.
	 */
	async #countUntold(order: Order, quantity: Decimal, price: Decimal, reason: string, actor?: string): Promise<Order> {
		const { client_order_id, account } = order;
		const trade_id = byPosition(client_order_id);
		const fee_currency = this.#parts.book.account(account).currency;
		const at = this.#parts.clock.now();
		const fill = { trade_id, client_order_id, quantity, price, fee: zero, fee_currency, at };
		const applied = this.#applyFill({ ...order, reason }, fill, true);
		if (applied === undefined) throw new Error(`order ${order.id} is in review and was settled before`);
		this.#followUps.push({ order: applied.order, standing: applied.standing });
		await this.#parts.recorder.record([...applied.changes, this.#settled(order, reason, actor)]);
		return applied.order;
	}

	#settled(order: Order, reason: string, actor?: string): Change {
		const by = actor === undefined ? {} : { actor };
		return this.#event("OrderSettled", order, `${describe(order)} was in review: ${reason}`, by);
	}

	/** The account as the broker has it now; undefined where it does not say. */
	async #there(broker: Broker): Promise<BrokerAccount | undefined> {
		try {
			return await broker.state();
		} catch (cause) {
			this.#parts.log.warn("a position cannot be read afresh", { account: broker.account, cause: String(cause) });
			return undefined;
		}
	}

	/** Ends every waiting for evidence: what is unknown stays so in the journal. */
	close(): void {
		this.#resolution.close();
	}

	/** True once nothing is waited for any more. */
	get closed(): boolean {
		return this.#resolution.closed;
	}

	/** @param wanted_at when it was approved, on the monotonic clock; undefined where it stood at the broker before */
	async #submit(
		broker: Broker,
		approved: Approved<Order>,
		after: (outcome: Outcome) => readonly Change[],
		wanted_at?: number,
	): Promise<Outcome> {
		// One step: what the broker told so far is taken in, the order is cut to it and goes out.
		const recorded = this.takeTold(approved.account, approved.symbol);
		const waited_ms = wanted_at === undefined ? undefined : this.#parts.clock.monotonic() - wanted_at;
		const unwanted = waited_ms === undefined ? undefined : this.#unwanted(approved, waited_ms);
		if (unwanted !== undefined) this.#parts.open.put(forgotten(approved, this.#now()));
		const order = unwanted === undefined ? this.#fit(approved) : undefined;
		const [submission] = await Promise.all([
			order === undefined ? (unwanted ?? nothingLeft) : this.#askUntilKnown(broker, order),
			recorded,
		]);
		const sent = order ?? approved;
		// Fills that were told meanwhile may have ended it.
		const current = this.current(sent) ?? sent;
		return this.#conclude(broker, current.status === sent.status ? sent : current, submission, after);
	}

	async #conclude(
		broker: Broker,
		order: Order,
		submission: Known,
		after: (outcome: Outcome) => readonly Change[],
	): Promise<Outcome> {
		const { outcome, changes, standing } = this.#settle(order, submission);
		await this.#parts.recorder.record([...changes, ...after(outcome)]);
		await this.#submitStanding(broker, standing);
		if (outcome.filled && order.leg === "entry") await this.#unbind(broker, order.account, order.symbol);
		return outcome;
	}

	/** Sends an order, and where no answer comes finds out what became of it; sends it again only where it never arrived. */
	async #askUntilKnown(broker: Broker, order: Approved<Order>): Promise<Known> {
		let current = order;
		for (;;) {
			const submission = await this.#ask(broker, current);
			if (broker.abilities.forgets) return submission;
			const known =
				submission.outcome === "unknown" ? await this.#evidence(broker, current, submission.reason) : submission;
			if (known !== undefined) return this.#whenDone(broker, current, known);
			// Its stop may have closed what it was to close.
			await this.takeTold(order.account, order.symbol);
			const intent = this.#parts.open.byClientId(order.client_order_id) ?? current;
			const age_ms = this.#parts.clock.now() - Date.parse(order.created_at);
			const unwanted = this.#unwanted(intent, age_ms);
			if (unwanted !== undefined) return unwanted;
			const fitting = this.#fit(this.#parts.risk.reinstate(intent));
			if (fitting === undefined) return nothingLeft;
			current = this.#parts.risk.reinstate(submitted(fitting, this.#now()));
			this.#parts.open.put(current);
			await this.#parts.recorder.record([{ kind: "order", order: current }]);
		}
	}

	/** Why an entry that was wanted so long ago must not be sent now: it is too late, or trading was halted meanwhile. */
	#unwanted(order: Order, age_ms: number): Known | undefined {
		if (order.leg !== "entry") return undefined;
		if (age_ms > entry_ms_max) return tooLate;
		const bar = this.#parts.barred(order);
		return bar === undefined ? undefined : { ...tooLate, reason: `it has not been sent, and ${bar}` };
	}

	/** A market order that the broker still works on is waited for: what comes next must see the position that it leaves. */
	async #whenDone(broker: Broker, order: Order, first: Known): Promise<Known> {
		const { clock } = this.#parts;
		const until = clock.now() + working_ms_max;
		let known = first;
		while (order.type === "market" && known.outcome === "accepted" && known.open === true && clock.now() < until) {
			await clock.sleep(look_again_ms);
			if (!broker.abilities.lookup_by_client_id) {
				// Its fills are told all the same; those of the answer are not told again.
				for (const fill of this.#parts.book.fresh(order.account, known.fills)) this.tell(broker, fill);
				await this.takeTold(order.account, order.symbol);
				if (this.current(order)?.status === "filled") return { outcome: "accepted", fills: [], open: false };
				continue;
			}
			const lookup = await broker.lookup(order);
			if (lookup.outcome === "found") known = adopted(lookup);
		}
		return known;
	}

	/** The evidence on an order of unknown fate; undefined where it proves that the order never arrived. */
	async #evidence(
		broker: Broker,
		order: Order,
		reason: string,
		// The journal says when it was written down, which may have been long before it was sent.
		sent_at = this.#parts.clock.monotonic(),
	): Promise<Known | undefined> {
		const lost = this.#step(this.current(order) ?? order, "lost", reason);
		await this.#parts.recorder.record([
			...lost.changes,
			this.#event("OrderUnknown", order, `${describe(order)}: ${reason}`),
		]);
		const resolved = await this.#resolution.settle(broker, order, sent_at);
		switch (resolved.outcome) {
			case "found":
				return adopted(resolved.lookup);
			case "absent": {
				const reason = "it never arrived at the broker";
				const { order: after, changes } = this.#step(this.current(lost.order) ?? order, "not_found", reason);
				await this.#parts.recorder.record(changes);
				// One that the broker had before, and does not know any more, is never sent again.
				return after.status === "intent" ? undefined : { outcome: "review", reason: "the broker does not know it" };
			}
			case "review":
				return { outcome: "review", reason: resolved.reason };
			case "closed":
				// The lane stays as it is until the program has ended.
				return await new Promise<never>(() => undefined);
		}
	}

	/** The broker's answer; one that throws has given no evidence either way. */
	async #ask(broker: Broker, order: Approved<Order>): Promise<Submission> {
		try {
			return await broker.submit(order);
		} catch (cause) {
			this.#parts.log.error("the broker failed on an order", { order: order.id, cause: String(cause) });
			return { outcome: "unknown", reason: cause instanceof Error ? cause.message : String(cause) };
		}
	}

	/**
	 * An order that closes, as the position stands in this very moment: never more than there is, reduce-only only where the
	 * net still allows it. Undefined where nothing is left to close.
	 */
	#fit(order: Approved<Order>): Approved<Order> | undefined {
		if (order.leg === "entry") return order;
		const { account, strategy, symbol, side } = order;
		const held = this.#parts.book.quantity(account, strategy, symbol);
		const closable = side === "sell" ? held : negate(held);
		if (closable <= 0n) return undefined;
		const rest = minimum(remaining(order), closable);
		// What was made when strategies opposed each other may go out when they do not any more.
		const reduce_only =
			this.reducesNet(account, symbol, side, rest) &&
			(order.leg === "exit" || !this.#parts.book.opposed(account, symbol));
		if (rest === remaining(order) && reduce_only === order.reduce_only) return order;
		const quantity = formatDecimal(add(decimal(order.filled_quantity), rest));
		return this.#parts.risk.reinstate({ ...order, quantity, reduce_only });
	}

	/** Stops and targets that are already in the journal go to the broker. */
	async #submitStanding(broker: Broker, standing: readonly Order[]): Promise<void> {
		let reached: Order | undefined;
		for (const order of standing) {
			const { filled } = await this.#submit(broker, this.#parts.risk.reinstate(order), () => []);
			if (filled) reached = order;
		}
		if (reached !== undefined) await this.align(broker, reached.account, reached.strategy, reached.symbol);
	}

	/** Keeps a fill for an order until its lane takes it in; gives back that order, undefined where none of this id is known. */
	tell(broker: Broker, fill: BrokerFill): Order | undefined {
		const order = this.#parts.open.ofFill(fill.client_order_id);
		if (order === undefined) {
			this.#parts.log.warn("a fill came for an order that nexus does not know", {
				client_order_id: fill.client_order_id,
				trade_id: fill.trade_id,
			});
			return undefined;
		}
		this.#told.put(broker.account, order.symbol, fill);
		return order;
	}

	/**
	 * Takes the fills told so far into book and journal, at once; resolves when they are on disk. What follows from them
	 * (stops and targets) is left to {@link settleTold}. Call both inside the lane of the account and symbol.
	 */
	async takeTold(account: string, symbol: string): Promise<void> {
		const fills = this.#told.take(account, symbol);
		if (fills.length === 0) return;
		const changes: Change[] = [];
		for (const fill of fills) {
			const order = this.#parts.open.ofFill(fill.client_order_id);
			const applied =
				order === undefined
					? undefined
					: this.#applyFill(order, fill, order.reduce_only && this.#parts.forgets(account));
			if (applied === undefined) continue;
			changes.push(...applied.changes);
			this.#followUps.push({ order: applied.order, standing: applied.standing });
		}
		await this.#parts.recorder.record(changes);
	}

	/** Takes told fills in and brings stops and targets in step with what they left. */
	async settleTold(broker: Broker, symbol: string): Promise<void> {
		const here = (order: Order): boolean => order.account === broker.account && order.symbol === symbol;
		await this.takeTold(broker.account, symbol);
		for (;;) {
			const index = this.#followUps.findIndex(({ order }) => here(order));
			const [next] = index < 0 ? [] : this.#followUps.splice(index, 1);
			if (next === undefined) return;
			await this.#submitStanding(broker, next.standing);
			if (next.order.leg === "entry") await this.#unbind(broker, broker.account, symbol);
			await this.align(broker, broker.account, next.order.strategy, symbol);
		}
	}

	/**
	 * Brings stops and targets back to what the position is: cancels what would close more than there is and stands the rest anew.
	 * The oldest order keeps its place.
	 */
	async align(broker: Broker, account: string, strategy: string, symbol: string): Promise<void> {
		let filled = false;
		for (const leg of ["stop_loss", "take_profit"] as const) {
			const held = this.#parts.book.quantity(account, strategy, symbol);
			const standing = this.#standing(account, strategy, symbol, leg);
			const room = { sell: maximum(held, zero), buy: maximum(negate(held), zero) };
			for (const order of standing) {
				const rest = remaining(order);
				const fitting = minimum(rest, room[order.side]);
				room[order.side] = subtract(room[order.side], fitting);
				const bound = order.reduce_only && this.#parts.book.opposed(account, symbol);
				if (fitting === rest && !bound && order.pending !== "change") continue;
				if (await this.#replace(broker, order, leg, fitting)) filled = true;
			}
		}
		if (filled) await this.align(broker, account, strategy, symbol);
	}

	/** Stops or targets that are wanted, the oldest first: one whose cancel is not answered yet takes no place of another. */
	#standing(account: string, strategy: string, symbol: string, leg: Order["leg"]): readonly Order[] {
		const orders = this.#parts.open.of(account, strategy, symbol);
		return orders.filter((order) => order.leg === leg && order.pending !== "cancel");
	}

	/** Once strategies oppose each other, a reduce-only stop could find no net to reduce: plain ones take their place. */
	async #unbind(broker: Broker, account: string, symbol: string): Promise<void> {
		if (!this.#parts.book.opposed(account, symbol)) return;
		const bound = this.#parts.open
			.all()
			.filter(
				(order) => order.account === account && order.symbol === symbol && order.leg !== "entry" && order.reduce_only,
			);
		for (const strategy of new Set(bound.map((order) => order.strategy))) {
			await this.align(broker, account, strategy, symbol);
		}
	}

	/** Cancels a stop or target and stands it anew for `quantity`, in one transaction. True where the new one was filled at once. */
	async #replace(broker: Broker, order: Order, leg: "stop_loss" | "take_profit", quantity: Decimal): Promise<boolean> {
		// Where it is not open any more its fill is on the way, and the fill aligns again.
		if (!(await this.#takeBack(broker, order, quantity === 0n ? "cancel" : "change"))) return false;
		const current = this.#parts.open.byClientId(order.client_order_id) ?? order;
		const cause =
			quantity === 0n
				? "the position is closed"
				: quantity < remaining(current)
					? "the position became smaller"
					: "it is stood anew";
		const canceled = this.drop(current, "cancel", cause);
		if (quantity === 0n) {
			await this.#parts.recorder.record(canceled);
			return false;
		}
		const price = order.stop_price ?? order.limit_price ?? "0";
		const anew = this.#protective(order, leg, nextId(order.id), quantity, price);
		this.#parts.open.put(anew);
		await this.#parts.recorder.record([...canceled, { kind: "order", order: anew }]);
		const { filled } = await this.#submit(broker, this.#parts.risk.reinstate(anew), () => []);
		return filled;
	}

	/**
	 * Asks the broker to take an order back, which is pending beside its state, and on disk, until the answer. True where it did.
	 * @param operation `change` where it is to stand anew: whoever finds it gone later makes up for that
	 */
	async #takeBack(broker: Broker, order: Order, operation: PendingOperation = "cancel"): Promise<boolean> {
		const { open, recorder } = this.#parts;
		const id = order.client_order_id;
		// A broker inside this process answers at once.
		if (broker.abilities.forgets) return broker.cancel(id);
		// Fills may have been taken in since the caller looked.
		const known = open.byClientId(id);
		if (known === undefined) return false;
		const { order: asked, report } = ask(known, operation, this.#now());
		open.put(asked);
		await recorder.record([{ kind: "order", order: asked }, ...this.#reported(order, report)]);
		const taken = await this.#resolution.takeBack(broker, asked);
		const current = open.byClientId(id);
		if (taken === "gone" || current === undefined) return taken === "gone";
		if (taken === "unanswered") {
			this.#parts.clock.after(cancel_again_ms, () => this.#cancelLater(broker, current));
			return false;
		}
		const refused = answered(current, this.#now());
		open.put(refused);
		await recorder.record([{ kind: "order", order: refused }]);
		return false;
	}

	#cancelLater(broker: Broker, { account, symbol, client_order_id }: Order): void {
		if (this.closed) return;
		this.#parts
			.inLane(account, symbol, () => this.#cancelAgain(broker, client_order_id))
			.catch((cause: unknown) => {
				this.#parts.log.error("an order could not be taken back", { client_order_id, cause: String(cause) });
			});
	}

	/** A cancel that got no answer is asked for until it has one; what was to stand anew is left to {@link align}. */
	async #cancelAgain(broker: Broker, client_order_id: string): Promise<void> {
		const order = this.#parts.open.byClientId(client_order_id);
		if (typeof order?.pending !== "string") return;
		if (order.pending === "cancel") {
			if (!(await this.cancel(broker, order, order.reason ?? "it was to be taken back"))) return;
		}
		await this.align(broker, order.account, order.strategy, order.symbol);
	}

	/** Takes an order back. Resolves to false where the broker no longer had it open. */
	async cancel(broker: Broker, order: Order, reason: string): Promise<boolean> {
		if (this.#parts.open.byClientId(order.client_order_id) === undefined) return false;
		if (!(await this.#takeBack(broker, order))) return false;
		const current = this.#parts.open.byClientId(order.client_order_id) ?? order;
		const canceled = this.drop(current, "cancel", reason);
		const protective = this.#protectionOfPart(current, this.current(order) ?? current);
		await this.#parts.recorder.record([...canceled, ...protective.map(asChange)]);
		await this.#submitStanding(broker, protective);
		return true;
	}

	/** Ends an order that is at no broker; record the changes in the same step. Where it cannot end so, that is recorded. */
	drop(order: Order, event: "cancel" | "deny" | "abandon", reason: string): readonly Change[] {
		const { order: ended, changes } = this.#step(order, event, reason);
		if (!isFinal(ended.status)) return changes;
		const kind = event === "deny" ? "OrderDenied" : "OrderCanceled";
		return [...changes, this.#event(kind, order, `${describe(order)} ${ended.status}: ${reason}`)];
	}

	/** One event of an order's life: the register and the book's reservations follow; record the changes in the same step. */
	#step(
		order: Order,
		event: OrderEvent,
		reason?: string,
	): { readonly order: Order; readonly changes: readonly Change[] } {
		const { order: after, report } = transition(order, event, this.#now(), reason);
		const changes = this.#reported(order, report);
		if (after === order) return { order, changes };
		this.#parts.open.put(after);
		if (isFinal(after.status)) this.#parts.book.release(order.id);
		return { order: after, changes: [{ kind: "order", order: after }, ...changes] };
	}

	/** What an order's life has to report goes into the log and the journal. */
	#reported(order: Order, report: OrderReport | undefined): readonly Change[] {
		if (report === undefined) return [];
		const kind = report.kind === "late_fill" ? "OrderFilledLate" : "OrderEventIgnored";
		this.#parts.log.warn(report.detail, { order: order.id, account: order.account, symbol: order.symbol });
		return [this.#event(kind, order, `${describe(order)}: ${report.detail}`)];
	}

	/** Hands an order that was open before a restart back to a broker that keeps nothing itself. */
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

	/** The stop and target of what was filled of an entry that then ended; they stand in the register from here on. */
	#protectionOfPart(before: Order, after: Order): readonly Order[] {
		if (isFinal(before.status) || !isFinal(after.status) || decimal(after.filled_quantity) === 0n) return [];
		const standing = this.#protection(after);
		for (const protective of standing) this.#parts.open.put(protective);
		return standing;
	}

	/** In place of a stop or target that was to be changed and was gone before the new one stood: for what is still held. */
	#anew(before: Order, after: Order): readonly Order[] {
		const { account, strategy, symbol, side, leg } = after;
		if (before.pending !== "change" || !isFinal(after.status) || (leg !== "stop_loss" && leg !== "take_profit"))
			return [];
		const held = this.#parts.book.quantity(account, strategy, symbol);
		const others = this.#standing(account, strategy, symbol, leg)
			.filter((order) => order.side === side)
			.reduce((sum, order) => add(sum, remaining(order)), zero);
		const quantity = minimum(remaining(after), subtract(side === "sell" ? held : negate(held), others));
		if (quantity <= 0n) return [];
		const price = after.stop_price ?? after.limit_price ?? "0";
		const order = this.#protective(after, leg, nextId(after.id), quantity, price);
		this.#parts.open.put(order);
		return [order];
	}

	/**
	 * A stop can fill in the same moment as an exit that closes the same units; where it could not be reduce-only, the strategy
	 * then stands on the other side. The order that takes it back to flat, written down together with the fill.
	 */
	#wayBack(order: Order, before: Decimal): readonly Order[] {
		const { account, strategy, symbol } = order;
		const held = this.#parts.book.quantity(account, strategy, symbol);
		if (order.leg === "entry" || held === 0n || sign(held) === sign(before)) return [];
		const quantity = absolute(held);
		const side = held > 0n ? "sell" : "buy";
		const reduce_only = this.reducesNet(account, symbol, side, quantity);
		const id = this.#freeId(`${order.id}-back`, order);
		const at = this.#now();
		const wanted = { account, strategy, symbol, side, quantity, reduce_only, at } as const;
		return [submitted(makeOrder({ id, alert_id: null, leg: "exit", ...wanted }), at)];
	}

	/** The id, counted up where an order of it was made before: a stop that fills in parts can lead to several. */
	#freeId(id: string, { account, strategy, symbol }: Order): string {
		for (let number = 1; ; number++) {
			const order_id = number === 1 ? id : `${id}${number}`;
			const made = clientOrderId({ order_id, account, strategy, symbol, attempt: 1 });
			if (this.#parts.open.ofFill(made) === undefined) return order_id;
		}
	}

	#protective(model: Order, leg: "stop_loss" | "take_profit", id: string, quantity: Decimal, price: string): Order {
		const { account, strategy, symbol, alert_id } = model;
		const side = this.#parts.book.quantity(account, strategy, symbol) > 0n ? "sell" : "buy";
		const at = this.#now();
		const reduce_only = !this.#parts.book.opposed(account, symbol) && this.reducesNet(account, symbol, side, quantity);
		const where = leg === "stop_loss" ? { stop_price: price } : { limit_price: price };
		const order = makeOrder({
			id,
			alert_id,
			account,
			strategy,
			symbol,
			side,
			leg,
			quantity,
			reduce_only,
			...where,
			at,
		});
		return submitted(order, at);
	}

	#settle(order: Order, submission: Known): Settled {
		switch (submission.outcome) {
			case "needless": {
				const reason = "nothing was left to close";
				const changes = this.drop(order, "cancel", reason);
				const { order: after } = transition(order, "cancel", this.#now(), reason);
				return { outcome: { order: after, filled: false }, changes, standing: [] };
			}
			case "accepted":
				return this.#accepted(order, submission.fills, submission.open);
			case "ended": {
				const accepted = submission.fills.length === 0 ? undefined : this.#accepted(order, submission.fills, true);
				const event = ({ canceled: "cancel", expired: "expire", abandoned: "abandon" } as const)[submission.state];
				const { order: after, changes } = this.#step(accepted?.outcome.order ?? order, event, submission.reason);
				const told = this.#event(
					"OrderCanceled",
					order,
					`${describe(order)} ${submission.state}: ${submission.reason}`,
				);
				const before = accepted?.outcome.order ?? order;
				const protective = [...this.#protectionOfPart(before, after), ...this.#anew(before, after)];
				return {
					outcome: { order: after, filled: false },
					changes: [...(accepted?.changes ?? []), ...changes, told, ...protective.map(asChange)],
					standing: [...(accepted?.standing ?? []), ...protective],
				};
			}
			case "review": {
				const { order: after, changes } = this.#step(order, "review", submission.reason);
				const told = this.#event("OrderInReview", order, `${describe(order)}: ${submission.reason}`);
				return { outcome: { order: after, filled: false }, changes: [...changes, told], standing: [] };
			}
			case "rejected": {
				const { order: after, changes } = this.#step(order, "reject", submission.reason);
				const event = this.#event("OrderRejected", order, `${describe(order)}: ${submission.reason}`);
				return { outcome: { order: after, filled: false }, changes: [...changes, event], standing: [] };
			}
			case "unknown": {
				const { order: after, changes } = this.#step(order, "lost", submission.reason);
				return { outcome: { order: after, filled: false }, changes, standing: [] };
			}
		}
	}

	#accepted(order: Order, told: readonly BrokerFill[], open: boolean | undefined): Settled {
		const fills = this.#untold(order, told);
		if (told.length > 0 && fills.length === 0 && open === false && !isFinal(order.status)) {
			// All of it was counted before, and there is no more to come.
			const { order: after, changes } = this.#step(order, "fill_rest");
			const standing = this.#protectionOfPart(order, after);
			return { outcome: { order: after, filled: true }, changes: [...changes, ...standing.map(asChange)], standing };
		}
		if (told.length === 0 && order.status === "filled") {
			return { outcome: { order, filled: true }, changes: [], standing: [] };
		}
		if (told.length === 0) {
			const { order: after, changes } = this.#step(order, "accept");
			const event = this.#event("OrderAccepted", order, `${describe(order)} rests at the broker`);
			return { outcome: { order: after, filled: false }, changes: [...changes, event], standing: [] };
		}
		let current = order;
		const changes: Change[] = [];
		const standing: Order[] = [];
		for (const [index, fill] of fills.entries()) {
			const last = index === fills.length - 1;
			const done = open === undefined ? order.type === "market" : !open;
			const applied = this.#applyFill(current, fill, last && done);
			if (applied === undefined) continue;
			current = applied.order;
			changes.push(...applied.changes);
			standing.push(...applied.standing);
		}
		return { outcome: { order: current, filled: isFinal(current.status) }, changes, standing };
	}

	/** Those of an order's fills that are not counted yet: none where its quantity has them all, though their trades are forgotten. */
	#untold(order: Order, fills: readonly BrokerFill[]): readonly BrokerFill[] {
		const trades = new Map(fills.map(({ trade_id, quantity }) => [trade_id, quantity]));
		const total = [...trades.values()].reduce((sum, quantity) => add(sum, quantity), zero);
		return total <= decimal(order.filled_quantity) ? [] : this.#parts.book.fresh(order.account, fills);
	}

	/** Book and order in one step; the caller records the changes in the same step. Undefined where the trade was told before. */
	#applyFill(order: Order, fill: BrokerFill, complete: boolean): AppliedToOrder | undefined {
		const { account, strategy, symbol } = order;
		if (this.#parts.book.counted(account, byPosition(order.client_order_id))) {
			this.#parts.log.warn("a fill was counted by the position before it was told", { order: order.id });
			return undefined;
		}
		const before = this.#parts.book.quantity(account, strategy, symbol);
		const applied = this.#parts.book.apply(order, fill, this.#parts.quote(order.account, order.symbol));
		if (applied === undefined) return undefined;
		const { order: after, report } = withFill(order, fill, complete);
		this.#parts.open.put(after);
		if (isFinal(after.status)) this.#parts.book.release(order.id);
		// A late fill of an order that was filled before finds its stop and target standing.
		const stood = isFinal(order.status) && decimal(order.filled_quantity) > 0n;
		const protection = isFinal(after.status) && !stood ? this.#protection(after) : [];
		const standing = [...protection, ...this.#wayBack(order, before)];
		for (const protective of standing) this.#parts.open.put(protective);
		const words = `${order.side} ${formatDecimal(fill.quantity)} ${order.symbol} at ${formatDecimal(fill.price)}`;
		const changes: readonly Change[] = [
			{ kind: "order", order: after },
			{ kind: "fill", fill: applied.fill },
			{ kind: "position", position: applied.position },
			{ kind: "account", account: applied.account },
			this.#event("OrderFilled", order, words),
			...this.#reported(order, report),
			...standing.map(asChange),
		];
		return { order: after, changes, standing };
	}

	#event(kind: Event["kind"], order: Order, detail: string, more: Event["data"] = {}): Change {
		const event: Omit<Event, "sequence"> = {
			kind,
			at: this.#now(),
			...(order.alert_id === null ? {} : { alert_id: order.alert_id }),
			detail,
			data: { order_id: order.id, account: order.account, strategy: order.strategy, symbol: order.symbol, ...more },
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

/** True where the position at the broker says more of an order than anybody else does. */
function isDoubtful({ account, symbol: traded, status, type }: Order, broker: Broker, symbol: string): boolean {
	if (account !== broker.account || traded !== symbol) return false;
	// Fills of the rest may have come while nexus was away, and nobody can be asked for them.
	const isUnasked = status === "partially_filled" && type === "market" && !broker.abilities.lookup_by_client_id;
	return status === "review" || isUnasked;
}

const asChange = (order: Order): Change => ({ kind: "order", order });

/** The trade by which the broker's position or a person's word counts for an order in review; at most one for each order. */
const byPosition = (client_order_id: string): string => `position-${client_order_id}`;

/** `X-sl` → `X-sl2` → `X-sl3`. */
function nextId(id: string): string {
	const match = /^(.*?-(?:sl|tp))(\d*)$/.exec(id);
	if (match === null) return `${id}-2`;
	return `${match[1]}${match[2] === "" ? 2 : Number.parseInt(match[2] ?? "1", 10) + 1}`;
}
