/** The legs of a plan, one after the other: each is sized, approved, sent and settled. */

import { type EndCode, statusOf } from "../domain/codes.ts";
import {
	absolute,
	add,
	type Decimal,
	decimal,
	floorToStep,
	formatDecimal,
	multiply,
	subtract,
	zero,
} from "../domain/decimal.ts";
import { legs_max } from "../domain/order-id.ts";
import { isFinal } from "../domain/order-life.ts";
import type { Approval, Change, Clock, Market, RiskOfficer, Situation } from "../domain/ports.ts";
import type { Alert, Order } from "../domain/records.ts";
import type { AccountSettings, Size, StrategySettings } from "../domain/settings.ts";
import { type StatedPosition, statedNow } from "../domain/stated-change.ts";
import type { Book } from "./book.ts";
import type { Execution } from "./execution.ts";
import { forgotten, makeOrder, remaining } from "./orders.ts";
import type { Leg } from "./plan.ts";
import type { Recorder } from "./recorder.ts";
import { protectivePrice, type Sized, sizeEntry, sizeExit } from "./sizing.ts";
import type { TradingStates } from "./trading-states.ts";
import { brokerEntry, describeDone, describeResults, troubleOf } from "./words.ts";
import type { AccountResult, Job, Work } from "./work.ts";

/** What every order of an alert has in common. */
type EntryOrder = Pick<Parameters<typeof makeOrder>[0], "id" | "alert_id" | "account" | "strategy" | "symbol" | "at">;

export interface LegParts {
	readonly clock: Clock;
	readonly book: Book;
	readonly states: TradingStates;
	readonly execution: Execution;
	readonly recorder: Recorder;
	readonly risk: RiskOfficer;
	readonly accounts: readonly AccountSettings[];
	readonly parseSize: (text: string, currency: string) => Size | undefined;
}

type LegResult =
	| { readonly done: true; readonly order: Order }
	| { readonly done: false; readonly code: EndCode; readonly detail: string };

/** Runs plans. Call it inside the lane of the account and symbol. */
export class Legs {
	readonly #parts: LegParts;

	constructor(parts: LegParts) {
		this.#parts = parts;
	}

	/**
	 * Runs the legs in order, each after the one before it was filled; the first that cannot be done ends the work. An exit
	 * that finds nothing left to close (a stop was quicker) is no reason not to enter.
	 */
	async run(work: Work, legs: readonly Leg[]): Promise<AccountResult> {
		if (legs.length > legs_max) throw new Error(`a plan of ${legs.length} legs`);
		const done: string[] = [];
		const base = work.job.index * legs_max;
		for (const [index, leg] of legs.entries()) {
			const last = index === legs.length - 1;
			let ended: AccountResult | undefined;
			const finish = (result: LegResult): readonly Change[] => {
				const went = last ? result : filledOrNot(result, leg);
				// What was traded was traded, also where it is not enough to go on.
				if (result.done && (went.done || result.order.average_price !== null)) done.push(describeDone(result.order));
				if (!last && (went.done || went.code === "nothing_to_close")) return [];
				ended = conclude(went, done);
				return work.job.end(ended);
			};
			const id = `${work.job.alert.id}-${base + index + 1}`;
			await this.#leg(work, leg, id, finish);
			if (ended !== undefined) return ended;
		}
		throw new Error("the last leg did not end the work");
	}

	/** One leg: sized, approved, sent, settled. `finish` is called once, in the step in which the outcome is recorded. */
	async #leg(work: Work, leg: Leg, id: string, finish: (result: LegResult) => readonly Change[]): Promise<void> {
		await this.#parts.execution.takeTold(work.job.account, work.job.alert.symbol);
		// Fills that were told since may have brought it further.
		const before_restart = this.#parts.execution.current(work.orders.get(id));
		if (before_restart !== undefined && isSettled(before_restart)) {
			await this.#record(work, finish(this.#resultOf(before_restart)));
			return;
		}
		if (before_restart !== undefined && mayHaveLeft(before_restart) && !work.broker.abilities.forgets) {
			if (await this.#findOut(work, leg, before_restart, finish)) return;
		}
		const found = this.#parts.execution.current(before_restart);
		const known = found?.status === "denied" ? undefined : this.#asFound(work, found);
		const start = this.#parts.clock.monotonic();
		const made = known === undefined ? this.#makeOrder(work, leg, id) : this.#again(work, known);
		if ("code" in made) {
			const verdict = statusOf(made.code) === "skipped" ? "skip" : "refuse";
			work.job.note({ stage: "approval", verdict, ...made, ms: since(this.#parts.clock, start) });
			await this.#record(work, finish({ done: false, code: made.code, detail: made.detail }));
			return;
		}
		const { order, price } = made;
		// A restart may have tied it up already: it must not count twice.
		this.#parts.book.release(order.id);
		const approval = this.#approve(work, order, price, known !== undefined);
		const detail = describeResults(approval.results);
		const ms = since(this.#parts.clock, start);
		if ("denied" in approval) {
			work.job.note({ stage: "approval", verdict: "refuse", code: approval.denied.code, detail, ms });
			const { code, detail: why } = approval.denied;
			const ended = known === undefined ? [] : this.#parts.execution.drop(order, "deny", `${code}: ${why}`);
			await this.#record(work, [...ended, ...finish({ done: false, ...approval.denied })]);
			return;
		}
		work.job.note({ stage: "approval", verdict: "pass", ...(detail === "" ? {} : { detail }), ms });
		if (order.leg === "entry" && price !== undefined) this.#parts.book.reserve(order, decimal(order.quantity), price);
		const before = work.before;
		work.before = [];
		const sent = this.#parts.clock.monotonic();
		const after: Parameters<Execution["send"]>[3] = ({ order: ended }) => {
			work.job.note(brokerEntry(ended, since(this.#parts.clock, sent)));
			return finish(this.#resultOf(ended));
		};
		const { approved } = approval;
		const outcome = await this.#parts.execution.send(work.broker, approved, before, after, (wait) =>
			work.job.pause(wait),
		);
		await this.#afterLeg(work, leg, outcome.order);
	}

	/** An entry that was not sent, or was taken back, because trading was halted meanwhile ends as one that came during the halt. */
	#resultOf(order: Order): LegResult {
		const result = legResult(order);
		const state = this.#parts.states.strictest(order)?.state;
		const isDropped = order.leg === "entry" && (order.status === "canceled" || order.status === "abandoned");
		if (result.done || !isDropped || state === undefined || state === "active") return result;
		return { ...result, code: state };
	}

	/** Ends the leg with what the broker knows of its order; false where that never arrived, so that it is still to be sent. */
	async #findOut(
		work: Work,
		leg: Leg,
		order: Order,
		finish: (result: LegResult) => readonly Change[],
	): Promise<boolean> {
		const asked = this.#parts.clock.monotonic();
		const asking = this.#parts.execution.findOut(work.broker, order, ({ order: after }) => {
			work.job.note(brokerEntry(after, since(this.#parts.clock, asked)));
			return finish(legResult(after));
		});
		await work.job.pause(asking);
		const outcome = await asking;
		if (outcome === undefined) return false;
		await this.#afterLeg(work, leg, outcome.order);
		return true;
	}

	/** An order that a restart found, as far as its broker can still know of it. */
	#asFound(work: Work, order: Order | undefined): Order | undefined {
		return order === undefined || !work.broker.abilities.forgets ? order : forgotten(order, this.#now());
	}

	/** An order that a restart found on its way: the same one again. */
	#again(work: Work, known: Order): { order: Order; price: Decimal | undefined } {
		const limit = known.limit_price;
		return { order: known, price: limit === undefined ? work.broker.quote(known.symbol)?.price : decimal(limit) };
	}

	/** An exit that was on its way when nexus stopped goes out again unasked; an entry must still be wanted, so late. */
	#approve(work: Work, order: Order, price: Decimal | undefined, again: boolean): Approval {
		if (again && order.leg !== "entry") return { approved: this.#parts.risk.reinstate(order), results: [] };
		return this.#parts.risk.approve(this.#situation(work, order, price));
	}

	async #afterLeg(work: Work, leg: Leg, order: Order): Promise<void> {
		if (leg.leg === "exit") await this.#parts.execution.align(work.broker, order.account, order.strategy, order.symbol);
	}

	#makeOrder(
		work: Work,
		leg: Leg,
		id: string,
	): { order: Order; price: Decimal | undefined } | { code: EndCode; detail: string } {
		const { job, settings, broker } = work;
		const { symbol } = job.alert;
		const price = broker.quote(symbol)?.price;
		const common = {
			id,
			alert_id: alertIdOf(job.alert),
			account: job.account,
			strategy: settings.name,
			symbol,
			at: this.#now(),
		};
		if (leg.leg === "exit") {
			const held = this.#parts.book.quantity(job.account, settings.name, symbol);
			if (held === 0n)
				return { code: "nothing_to_close", detail: `${settings.name} holds nothing of ${symbol} any more` };
			const quantity = this.#exitUnits(work, leg, held);
			if (quantity === undefined) {
				const detail = `${settings.name} holds ${formatDecimal(absolute(held))} of ${symbol}, no more than the message states`;
				return { code: "nothing_to_close", detail };
			}
			const side = held > 0n ? "sell" : "buy";
			const reduce_only = this.#parts.execution.reducesNet(job.account, symbol, side, quantity);
			return { order: makeOrder({ ...common, side, leg: "exit", quantity, reduce_only }), price };
		}
		const doubtful = this.#parts.execution.inReview(job.account, symbol);
		if (doubtful !== undefined) {
			return {
				code: "order_in_review",
				detail: `order ${doubtful.id} on ${symbol} is in review: ${doubtful.reason ?? ""}`,
			};
		}
		if (job.stale !== undefined && price === undefined) return { code: "stale_alert", detail: job.stale };
		return this.#makeEntry(work, leg, common, price);
	}

	/** Units an exit closes. With `size: alert`, what is left of a reduction is the stated size; undefined: it is less already. */
	#exitUnits({ job, settings, market }: Work, leg: Extract<Leg, { leg: "exit" }>, held: Decimal): Decimal | undefined {
		// The first alert ever may state only what is left: less of the side that is held is no whole exit either.
		const { stated } = job.alert;
		const left = stated?.previous_side === undefined && stated?.side === (held > 0n ? "long" : "short");
		const whole = (leg.quantity === undefined && !left) || leg.exact === true || !job.follows;
		const target = whole ? undefined : statedUnits(job, settings, market);
		if (target === undefined) return sizeExit(held, leg.quantity, market.quantity_step);
		return absolute(held) > target ? subtract(absolute(held), target) : undefined;
	}

	#makeEntry(
		work: Work,
		leg: Extract<Leg, { leg: "entry" }>,
		common: EntryOrder,
		price: Decimal | undefined,
	): { order: Order; price: Decimal | undefined } | { code: EndCode; detail: string } {
		const reference = leg.limit === undefined ? price : decimal(leg.limit);
		const sized =
			leg.units === undefined ? this.#sized(work, leg, reference) : { ok: true as const, quantity: decimal(leg.units) };
		if (!sized.ok) return sized;
		const { limit, stop_loss, take_profit } = leg;
		const side = leg.side === "long" ? "buy" : "sell";
		const { quantity } = sized;
		const order = makeOrder({
			...common,
			side,
			leg: "entry",
			quantity,
			reduce_only: false,
			limit_price: limit,
			stop_loss,
			take_profit,
		});
		return { order, price: reference };
	}

	/** How many units an entry orders; with `size: alert` what the stated size has more than is held on its side. */
	#sized(work: Work, leg: Extract<Leg, { leg: "entry" }>, reference: Decimal | undefined): Sized {
		const { job, settings, market } = work;
		const { currency } = this.#parts.book.account(job.account);
		const size = leg.size === undefined ? (job.size ?? settings.size) : this.#parts.parseSize(leg.size, currency);
		if (size === undefined) {
			return { ok: false, code: "size_not_applicable", detail: `the size ${leg.size} is none that nexus knows` };
		}
		const stop =
			leg.stop_loss === undefined || reference === undefined
				? undefined
				: protectivePrice(leg.stop_loss, reference, leg.side, true);
		const sized = this.entryUnits(work, size, reference, stop);
		const stated = leg.size === undefined ? statedUnits(job, settings, market) : undefined;
		if (!sized.ok || stated === undefined) return sized;
		const held = this.#parts.book.quantity(job.account, settings.name, job.alert.symbol);
		const onSide = held === 0n || held > 0n === (leg.side === "long") ? absolute(held) : zero;
		if (stated > onSide) return { ok: true, quantity: subtract(stated, onSide) };
		const detail = `${settings.name} holds ${formatDecimal(onSide)} of ${job.alert.symbol} already, and ${formatDecimal(stated)} is stated`;
		return { ok: false, code: "already_in_position", detail };
	}

	/** Units of a whole entry by a size, whatever is held. */
	entryUnits(
		{ job, settings, market }: Pick<Work, "job" | "settings" | "market">,
		size: Size,
		price: Decimal | undefined,
		stop: Decimal | undefined,
	): Sized {
		const { book, parseSize } = this.#parts;
		const { currency } = book.account(job.account);
		const asked = size.kind === "alert" && job.alert.size !== undefined ? parseSize(job.alert.size, currency) : size;
		if (asked === undefined) {
			const detail = `the message's size ${job.alert.size} is none that nexus knows`;
			return { ok: false, code: "size_not_applicable", detail };
		}
		return sizeEntry({
			size: asked,
			risk_multiplier: settings.risk_multiplier,
			equity: book.equity(job.account),
			currency,
			market,
			price,
			stop,
			alert_quantity: job.alert.stated?.size ?? job.alert.quantity,
		});
	}

	#situation(work: Work, order: Order, price: Decimal | undefined): Situation {
		const { job, settings, market } = work;
		const { account, symbol } = order;
		const quantity = decimal(order.quantity);
		const opening = order.leg === "entry";
		const equity = this.#parts.book.equity(account);
		const exposure_before = this.#parts.book.exposure(account);
		const day = this.#parts.book.dailyLoss(account);
		const held = add(
			absolute(this.#parts.book.quantity(account, settings.name, symbol)),
			this.#parts.book.reserved(account, settings.name, symbol),
		);
		const signed = order.side === "buy" ? quantity : subtract(zero, quantity);
		const money = this.#parts.accounts.find((one) => one.name === account);
		return {
			order,
			opening,
			sized_quantity: quantity,
			market,
			price,
			settings,
			trading_state: this.#parts.states.strictest({ account, strategy: settings.name, symbol }),
			equity,
			free: subtract(equity, exposure_before),
			fee: money?.fee ?? zero,
			other_positions: this.#parts.book.otherPositions(account, settings.name, symbol),
			quantity_after: opening ? add(held, quantity) : held,
			exposure_before,
			exposure_after: this.#parts.book.exposure(
				account,
				price === undefined ? undefined : { symbol, quantity: signed, price },
			),
			daily_loss: day.loss,
			day_start_equity: day.from,
			stale: job.stale,
		};
	}

	async #record(work: Work, changes: readonly Change[]): Promise<void> {
		const before = work.before;
		work.before = [];
		if (before.length + changes.length > 0) await this.#parts.recorder.record([...before, ...changes]);
	}

	#now(): string {
		return new Date(this.#parts.clock.now()).toISOString();
	}
}

/**
 * The units that `size: alert` aims at, where the message states a position: its size times the multiplier, rounded down to
 * the step. Undefined with every other size, and where the message gives a size of its own.
 */
export function statedUnits(
	job: Pick<Job, "alert" | "size">,
	settings: StrategySettings,
	market: Market,
	position: StatedPosition | undefined = job.alert.stated === undefined ? undefined : statedNow(job.alert.stated),
): Decimal | undefined {
	if (job.alert.size !== undefined || position === undefined) return undefined;
	return targetUnits(job.size ?? settings.size, settings.risk_multiplier, market, position);
}

/** The units that a size aims at for a stated position; undefined where it does not follow the stated size, or none is stated. */
export function targetUnits(
	size: Size,
	risk_multiplier: Decimal,
	market: Market,
	position: StatedPosition,
): Decimal | undefined {
	if (size.kind !== "alert" || position.size === undefined) return undefined;
	return floorToStep(multiply(decimal(position.size), risk_multiplier, "down"), market.quantity_step);
}

/** Milliseconds since `start`, to the microsecond. */
export function since(clock: Clock, start: number): number {
	return Math.round((clock.monotonic() - start) * 1000) / 1000;
}

/** The id of a cycle's made-up alert, which has no row in the journal. */
export function cycleAlertId(now: number, cycle: number, signal: number): string {
	return `cycle-${now}-${cycle}-${signal}`;
}

/** The id of the made-up alert by which a difference is traded away; it has no row in the journal either. */
export function followId(now: number, number: number): string {
	return `follow-${now}-${number}`;
}

/** Null for a made-up alert. */
export function alertIdOf(alert: Alert): string | null {
	return /^(cycle|follow)-/.test(alert.id) ? null : alert.id;
}

/** True where the order may have left, so that only its broker knows what became of it. */
function mayHaveLeft(order: Order): boolean {
	return order.status !== "intent" && order.status !== "denied";
}

/** True where a restart need not touch the order again. */
function isSettled(order: Order): boolean {
	return (isFinal(order.status) && order.status !== "denied") || order.status === "accepted";
}

function legResult(order: Order): LegResult {
	const trouble = troubleOf(order);
	return trouble === undefined ? { done: true, order } : { done: false, ...trouble };
}

/** The next leg waits for the whole of an exit: one that rests, or was cut short, ends the work. */
function filledOrNot(result: LegResult, leg: Leg): LegResult {
	if (!result.done || leg.leg === "entry" || remaining(result.order) === 0n) return result;
	const { id, filled_quantity, quantity, reason } = result.order;
	const why = reason === undefined ? "" : `: ${reason}`;
	const detail = `${filled_quantity} of ${quantity} of the exit were filled (order ${id}), so nothing was entered${why}`;
	return { done: false, code: "broker_rejected", detail };
}

function conclude(result: LegResult, done: readonly string[]): AccountResult {
	if (result.done) return { status: "executed", code: null, reason: done.join(", then ") };
	if (done.length === 0) return { status: statusOf(result.code), code: result.code, reason: result.detail };
	return { status: "executed", code: result.code, reason: `${done.join(", then ")}; the next leg: ${result.detail}` };
}
