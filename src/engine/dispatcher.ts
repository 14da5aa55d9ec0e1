/** The dispatcher: takes recorded alerts through the stages after the answer and to the engine, one after the other for each strategy and symbol. */
import { type Ending, statusOf } from "../domain/codes.ts";
import { sequenceOf } from "../domain/id.ts";
import { accountIndexes } from "../domain/order-id.ts";
import type { Change, Clock, Intake, Journal, Log, OpenAlert, Park, Sequenced, Strategy } from "../domain/ports.ts";
import type { Alert, AlertType, TraceEntry } from "../domain/records.ts";
import { within } from "../domain/within.ts";
import { AttemptWatch, judge, poisonedWords } from "./attempt-watch.ts";
import { Flood } from "./flood.ts";
import { Lanes } from "./lanes.ts";
import type { TradingEngine } from "./trading-engine.ts";
import type { AccountJob, AccountResult } from "./work.ts";

/** Alerts held in memory; what is recorded beyond that waits in the journal. */
const held_max = 2_000;
/** Ids remembered after they were taken, so that journal and handover together never start an alert twice. */
const taken_max = 50_000;
/** Alerts are read from the journal when fewer than this are held. */
const held_low = 1_000;
const page_max = 500;
const pull_retry_ms = 1_000;
/** How long at most until `idle` looks again. */
const idle_look_ms = 50;
/** How long a stop waits until it is on disk that nobody is at fault for it. */
const take_back_ms_max = 500;

/** What the stages after the answer said. */
export interface Passage {
	/** With the position before it filled in, where the order of stated changes knows it. */
	readonly alert: Alert;
	readonly sequenced: Sequenced | undefined;
	readonly trace: readonly TraceEntry[];
	/** Undefined where every stage was passed. */
	readonly ending: Ending | undefined;
	readonly strategy: Strategy | undefined;
	readonly stale: string | undefined;
}

export interface DispatcherOptions {
	readonly engine: TradingEngine;
	readonly journal: Pick<Journal, "openAlerts" | "work">;
	readonly clock: Clock;
	readonly log: Log;
	/** The stages after the answer, composed. */
	readonly pass: (alert: Alert, park: Park) => Promise<Passage>;
	/** Entries of one strategy that may wait. */
	readonly queue_max: number;
	/** The highest alert sequence before this start. */
	readonly last_sequence: number;
	/** Alerts held in memory before the rest waits in the journal; 2,000 where undefined. */
	readonly held_max?: number;
	/** Alerts a second from which on recording goes before working on them; never where undefined. */
	readonly flood_per_second?: number;
	/**
	 * Halts the strategy of an alert that stops the program each time it is tried, with what is to be recorded about it. Where
	 * undefined no tries are counted, and such an alert is tried at every start.
	 */
	readonly halt?: (strategy: string, reason: string) => readonly Change[];
}

type Found = Awaited<ReturnType<Journal["work"]>>;
const nothingFound: Found = { intents: [], orders: [] };
const noStrategy: Ending = { code: "engine_error", detail: "no stage gave a strategy" };

const isEntry = (type: AlertType): boolean => type === "LONG_ENTRY" || type === "SHORT_ENTRY" || type === "CUSTOM";

/** Works on recorded alerts in the order they came, one lane for each strategy and symbol; holds at most 2,000 and leaves the rest in the journal. */
export class Dispatcher implements Intake {
	readonly #options: DispatcherOptions;
	readonly #flood: Flood;
	readonly #lanes = new Lanes();
	/** Ids that are queued or worked on. */
	readonly #held = new Set<string>();
	readonly #taken = new Set<string>();
	readonly #waitingEntries = new Map<string, number>();
	readonly #waiters = new Map<string, (() => void)[]>();
	/** True while the journal may hold alerts that are not held here. */
	#behind = true;
	#missed = false;
	#pulling: Promise<void> | undefined;
	#started = false;
	#stopped = false;
	readonly #attempts: AttemptWatch;
	/** Alerts that an earlier run may have stopped for, oldest first; undefined before they were looked for. */
	#suspects: OpenAlert[] | undefined;

	constructor(options: DispatcherOptions) {
		this.#options = options;
		const { clock, log, engine } = options;
		this.#attempts = new AttemptWatch({ clock, log, record: async (changes) => engine.recorder.record(changes) });
		this.#flood = new Flood(options.flood_per_second ?? Number.POSITIVE_INFINITY, options.clock);
	}

	hasRoom(strategy: string, type: AlertType): boolean {
		return !isEntry(type) || (this.#waitingEntries.get(strategy) ?? 0) < this.#options.queue_max;
	}

	accepted(open: OpenAlert, idReused: boolean): void {
		this.#flood.arrived();
		this.#count(open.alert, 1);
		// Read back from the journal before it was handed over.
		if (this.#taken.has(open.alert.id)) return;
		if (this.#behind || this.#stopped || this.#held.size >= (this.#options.held_max ?? held_max)) {
			this.recheck();
			return;
		}
		this.#take(open, idReused);
	}

	recheck(): void {
		this.#behind = true;
		this.#missed = true;
		this.#pull();
	}

	async ended(id: string, ms: number): Promise<void> {
		if (!this.#held.has(id) && !this.#behind) return;
		await new Promise<void>((resolve) => {
			const done = (): void => {
				cancel();
				resolve();
			};
			const cancel = this.#options.clock.after(ms, () => {
				const others = (this.#waiters.get(id) ?? []).filter((waiter) => waiter !== done);
				if (others.length > 0) this.#waiters.set(id, others);
				else this.#waiters.delete(id);
				resolve();
			});
			this.#waiters.set(id, [...(this.#waiters.get(id) ?? []), done]);
		});
	}

	/** Alerts accepted and not ended, of one strategy. */
	waiting(strategy: string): number {
		return Math.max(this.#waitingEntries.get(strategy) ?? 0, 0);
	}

	/** Opens the lanes: first what an earlier run left, then what comes. */
	start(): void {
		this.#started = true;
		this.#pull();
	}

	/** Stops taking alerts and waits for those under way, at most `ms`; the rest stays in the journal. */
	async stop(ms: number): Promise<void> {
		this.#stopped = true;
		const drained = Promise.all([this.#lanes.drained(), this.#options.engine.lanes.drained()]);
		await within(drained, ms, this.#options.clock);
		await within(this.#attempts.takeBack(), take_back_ms_max, this.#options.clock);
	}

	/** Resolves when nothing is under way; alerts that wait for another one may still do so. */
	async quiet(): Promise<void> {
		while (this.#pulling !== undefined || this.#lanes.size > 0) {
			await this.#pulling;
			await this.#lanes.drained();
		}
	}

	/** Resolves when everything held has ended; for tests and embedding. */
	async idle(): Promise<void> {
		while (this.#pulling !== undefined || this.#held.size > 0) {
			await this.quiet();
			const [first] = this.#held;
			if (first !== undefined) await this.ended(first, idle_look_ms);
		}
	}

	#pull(): void {
		if (!this.#started || this.#stopped || !this.#behind) return;
		this.#pulling ??= this.#pullPages()
			.catch((cause: unknown) => {
				this.#options.log.error("open alerts could not be read from the journal", { cause: String(cause) });
				this.#options.clock.after(pull_retry_ms, () => this.#pull());
			})
			.finally(() => {
				this.#pulling = undefined;
			});
	}

	async #pullPages(): Promise<void> {
		if (this.#options.halt !== undefined) await this.#trySuspects();
		while (this.#behind && !this.#stopped && this.#held.size < this.#low()) {
			this.#missed = false;
			const limit = this.#held.size + page_max;
			const page = await this.#options.journal.openAlerts(0, limit);
			for (const open of page) {
				if (this.#taken.has(open.alert.id)) continue;
				const before = (sequenceOf(open.alert.id) ?? 0) <= this.#options.last_sequence;
				if (before) this.#count(open.alert, 1);
				this.#take({ ...open, recovered: before }, false);
			}
			if (page.length < limit && !this.#missed) this.#behind = false;
		}
	}

	/**
	 * Before anything else: alerts that nexus may have stopped for are tried one after the other, each until it has ended, waits
	 * or has shown that it does no harm. So the one that does is alone at work when it does it.
	 */
	async #trySuspects(): Promise<void> {
		this.#suspects ??= await this.#findSuspects();
		const inLanes = new Map<string, string>();
		for (let open = this.#suspects.shift(); open !== undefined; open = this.#suspects.shift()) {
			if (this.#stopped) return;
			const { alert } = open;
			const passed = this.#attempts.passed(alert.id);
			const before = inLanes.get(laneOf(alert));
			this.#count(alert, 1);
			this.#take(open, false);
			inLanes.set(laneOf(alert), alert.id);
			// One that waits in its lane for another suspect has its turn later.
			if (before === undefined || !this.#held.has(before)) await passed;
		}
	}

	async #findSuspects(): Promise<OpenAlert[]> {
		const found: OpenAlert[] = [];
		for (let after = 0; ; ) {
			const page = await this.#options.journal.openAlerts(after, page_max);
			for (const open of page) if (judge(open.attempts) !== "free") found.push({ ...open, recovered: true });
			const last = page.at(-1);
			after = last === undefined ? this.#options.last_sequence : (sequenceOf(last.alert.id) ?? after);
			if (page.length < page_max || after >= this.#options.last_sequence) return found;
		}
	}

	#take(open: OpenAlert, idReused: boolean): void {
		const { alert } = open;
		this.#held.add(alert.id);
		this.#remember(alert.id);
		const start = this.#options.clock.monotonic();
		const lane = laneOf(alert);
		this.#begun(
			this.#lanes.run(lane, () =>
				this.#enter(lane, (park) =>
					this.#work(open, idReused, start, park)
						.catch((cause: unknown) => {
							this.#options.log.error("an alert could not be ended", { alert: alert.id, cause: String(cause) });
						})
						.finally(() => this.#release(alert)),
				),
			),
		);
	}

	/** Runs work in its lane. While it is parked the lane goes on without it; after that it goes on before all others there. */
	#enter(lane: string, work: (park: Park) => Promise<void>): Promise<void> {
		let leave: () => void = () => undefined;
		const turn = new Promise<void>((resolve) => {
			leave = resolve;
		});
		const park: Park = async (wait) => {
			leave();
			await wait;
			await new Promise<void>((entered) => {
				const again = new Promise<void>((resolve) => {
					leave = resolve;
				});
				this.#begun(
					this.#lanes.runNext(lane, () => {
						entered();
						return again;
					}),
				);
			});
		};
		this.#begun(work(park).finally(() => leave()));
		return turn;
	}

	/** Work that says itself how it went. */
	#begun(work: Promise<void>): void {
		work.catch((cause: unknown) => this.#options.log.error("a lane failed", { cause: String(cause) }));
	}

	#low(): number {
		return Math.min(held_low, this.#options.held_max ?? held_low);
	}

	#remember(id: string): void {
		this.#taken.add(id);
		if (this.#taken.size <= taken_max) return;
		for (const old of this.#taken) {
			if (this.#held.has(old)) continue;
			this.#taken.delete(old);
			return;
		}
	}

	#release(alert: Alert): void {
		this.#held.delete(alert.id);
		this.#attempts.ended(alert.id);
		this.#count(alert, -1);
		for (const done of this.#waiters.get(alert.id) ?? []) done();
		this.#waiters.delete(alert.id);
		if (this.#behind && this.#held.size < this.#low()) this.#pull();
	}

	#count(alert: Alert, by: 1 | -1): void {
		if (!isEntry(alert.type)) return;
		const waiting = (this.#waitingEntries.get(alert.strategy) ?? 0) + by;
		// Below zero for a moment where an alert read back from the journal ends before it is handed over.
		if (waiting !== 0) this.#waitingEntries.set(alert.strategy, waiting);
		else this.#waitingEntries.delete(alert.strategy);
	}

	async #work(open: OpenAlert, idReused: boolean, queuedAt: number, park: Park): Promise<void> {
		const over = this.#flood.over();
		if (over !== undefined) await over;
		if (this.#stopped) return;
		const { alert, attempts } = open;
		const { clock, halt } = this.#options;
		const trace = traceBefore(open, idReused, clock.monotonic() - queuedAt);
		if (open.recovered && halt !== undefined) {
			if (judge(attempts) === "poisoned") {
				await this.#endPoisoned(open, trace, halt);
				return;
			}
			if (!(await this.#attempts.begin(alert.id, attempts))) return;
		}
		const pause = (wait: Promise<unknown>) => this.#attempts.pause(alert.id, wait);
		try {
			const found = open.recovered ? await this.#options.journal.work(alert.id) : nothingFound;
			const passage = await this.#options.pass(alert, open.recovered ? (wait) => pause(park(wait)) : park);
			trace.push(...passage.trace);
			// What was begun before a restart is brought to its end: a stage that would end it now only bars what it would still open.
			const begun = found.intents.length > 0;
			const corrects = passage.sequenced?.correction !== undefined && passage.strategy?.follows === true;
			if (passage.strategy === undefined || (passage.ending !== undefined && !begun && !corrects)) {
				const { code, detail } = passage.ending ?? noStrategy;
				const dropped = this.#options.engine.abandon(found.orders, detail);
				await this.#record(alert, { status: statusOf(code), code, reason: detail }, trace, dropped);
				return;
			}
			const { stale = corrects ? undefined : passage.ending?.detail } = passage;
			await this.#execute({ ...passage, stale, pause }, passage.strategy, trace, found);
		} catch (cause) {
			this.#options.log.error("working on an alert failed", { alert: alert.id, cause: describeCause(cause) });
			await this.#record(alert, failure(cause), trace);
		}
	}

	/** It is not worked on again, not even by its stages. What may have left is not ended: its account opens once that is known. */
	async #endPoisoned(
		{ alert, attempts }: OpenAlert,
		trace: TraceEntry[],
		halt: NonNullable<DispatcherOptions["halt"]>,
	): Promise<void> {
		const { engine, journal, log } = this.#options;
		const reason = poisonedWords(alert, attempts);
		log.error("an alert stops nexus each time it is tried; its strategy is halted", { alert: alert.id, reason });
		const { orders } = await journal.work(alert.id);
		const inDoubt = orders.filter(({ status }) => status === "submitting" || status === "unknown");
		let halted = halt(alert.strategy, reason);
		if (inDoubt.length > 0) {
			await engine.recorder.record(halted);
			halted = [];
			this.#attempts.letPass(alert.id);
			await Promise.all(inDoubt.map(({ account }) => engine.opened(account)));
		}
		trace.push({ stage: "queue", verdict: "refuse", code: "poisoned", detail: reason, ms: 0 });
		const others = [...engine.abandon(orders, reason), ...halted];
		await this.#record(alert, { status: "failed", code: "poisoned", reason }, trace, others);
	}

	async #execute(
		{ alert, stale, sequenced, pause }: Pick<Passage, "alert" | "stale" | "sequenced"> & Pick<AccountJob, "pause">,
		strategy: Strategy,
		trace: TraceEntry[],
		found: Found,
	): Promise<void> {
		const { engine, clock } = this.#options;
		const { accounts } = strategy.settings;
		// The price of an alert that came late is none of now.
		if (alert.price !== undefined && stale === undefined && sequenced?.correction === undefined) {
			const names = accounts.map((one) => one.account);
			engine.observe(names, alert.symbol, alert.price, clock.now());
		}
		const results = new Map<string, AccountResult>();
		const end = (account: string, result: AccountResult): readonly Change[] => {
			results.set(account, result);
			if (results.size < accounts.length) return [];
			return this.#endChanges(alert, joinResults(results), trace);
		};
		const names = accounts.map(({ account }) => account);
		const indexes = accountIndexes(alert.id, names, found.orders);
		await Promise.all(
			accounts.map(async ({ account, size }) => {
				const job: AccountJob = {
					alert,
					strategy,
					account,
					size,
					index: indexes.get(account) ?? 0,
					stale,
					follows: strategy.follows,
					way: sequenced?.way,
					correction: sequenced?.correction,
					found: {
						intent: found.intents.find((intent) => intent.account === account),
						orders: found.orders.filter((order) => order.account === account),
					},
					note: (entry) => trace.push(accounts.length === 1 ? entry : onAccount(entry, account)),
					end: (result) => end(account, result),
					pause,
				};
				try {
					await engine.work(job);
				} catch (cause) {
					// One account's failure is its own: the others go on, and the alert ends when the last one has.
					this.#options.log.error("working on an alert failed", {
						alert: alert.id,
						account,
						cause: describeCause(cause),
					});
					if (!results.has(account)) await engine.recorder.record(end(account, failure(cause)));
				}
			}),
		);
	}

	#record(
		alert: Alert,
		result: AccountResult,
		trace: readonly TraceEntry[],
		others: readonly Change[] = [],
	): Promise<void> {
		return this.#options.engine.recorder.record([...others, ...this.#endChanges(alert, result, trace)]);
	}

	#endChanges(alert: Alert, result: AccountResult, trace: readonly TraceEntry[]): readonly Change[] {
		const at = new Date(this.#options.clock.now()).toISOString();
		const { status, code, reason } = result;
		const words = `${alert.type} ${alert.symbol} of ${alert.strategy} ${status}${code === null ? "" : ` (${code})`}`;
		return [
			{ kind: "alert_ended", id: alert.id, status, type: alert.type, code, reason, trace: [...trace], ended_at: at },
			{ kind: "event", event: { kind: "AlertEnded", at, alert_id: alert.id, detail: words, data: { status, code } } },
		];
	}
}

const laneOf = ({ strategy, symbol }: Alert): string => `${strategy}\u0000${symbol}`;

/** What is known of an alert when the work on it begins. */
function traceBefore({ alert, record_ms, recovered }: OpenAlert, idReused: boolean, waited_ms: number): TraceEntry[] {
	const trace: TraceEntry[] = [];
	if (record_ms !== undefined) {
		trace.push({ stage: "record", verdict: "pass", detail: "on disk, then answered", ms: record_ms });
	}
	trace.push({ stage: "queue", verdict: "pass", ms: Math.round(waited_ms * 1000) / 1000 });
	if (recovered) {
		const detail = "taken up again after a restart";
		trace.push({ stage: "queue", verdict: "notice", code: "recovered", detail, ms: 0 });
	}
	if (idReused) {
		const detail = `${alert.alert_id ?? "the id"} was used before with another meaning`;
		trace.push({ stage: "dedupe", verdict: "notice", code: "id_reused", detail, ms: 0 });
	}
	return trace;
}

function failure(cause: unknown): AccountResult {
	return { status: "failed", code: "engine_error", reason: cause instanceof Error ? cause.message : String(cause) };
}

const ranks: Readonly<Record<AccountResult["status"], number>> = { executed: 0, failed: 1, rejected: 2, skipped: 3 };

/** One result for the alert: executed where any account executed, then the gravest, with each account's own words. */
function joinResults(results: ReadonlyMap<string, AccountResult>): AccountResult {
	const all = [...results];
	const [first, ...others] = all;
	if (first === undefined) throw new Error("an alert without an account");
	if (others.length === 0) return first[1];
	const gravest = all.map(([, result]) => result).sort((a, b) => ranks[a.status] - ranks[b.status])[0] ?? first[1];
	const reason = all.map(([account, result]) => `${account}: ${result.status}, ${result.reason}`).join("; ");
	return { ...gravest, reason };
}

function onAccount(entry: TraceEntry, account: string): TraceEntry {
	return {
		...entry,
		detail: entry.detail === undefined ? `account ${account}` : `account ${account}: ${entry.detail}`,
	};
}

function describeCause(cause: unknown): string {
	return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
