/** What engine tests stand on: a manual clock, a journal in memory that can fail and be cut off, builders and a whole engine at hand. */

import { PaperBroker } from "../../src/broker/paper.ts";
import { parseSize } from "../../src/config/size.ts";
import type { Approved } from "../../src/domain/approved.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { idOf, SequenceMaker, sequenceOf } from "../../src/domain/id.ts";
import { isFinal } from "../../src/domain/order-life.ts";
import type {
	Attempts,
	Broker,
	BrokerFill,
	Change,
	Clock,
	Intent,
	Log,
	OpenAlert,
	Park,
	Snapshot,
	StatedChain,
	Strategy,
	StrategyAnswer,
	StrategyContext,
} from "../../src/domain/ports.ts";
import type {
	Account,
	Alert,
	AlertType,
	Fill,
	Event as JournalEvent,
	Order,
	Position,
	Signal,
	TradingStateEntry,
} from "../../src/domain/records.ts";
import type { AccountSettings, RiskSettings, StrategySettings } from "../../src/domain/settings.ts";
import { Dispatcher, type Passage } from "../../src/engine/dispatcher.ts";
import { TradingDesk } from "../../src/engine/trading-desk.ts";
import { TradingEngine } from "../../src/engine/trading-engine.ts";
import { compose } from "../../src/pipeline/compose.ts";
import { freshness } from "../../src/pipeline/freshness.ts";
import { match } from "../../src/pipeline/match.ts";
import { type AnyProcessingStage, Processing } from "../../src/pipeline/processing.ts";
import { riskGate } from "../../src/pipeline/risk-gate.ts";
import { moveOn, sequence, type Take } from "../../src/pipeline/sequence.ts";
import { riskOfficer } from "../../src/risk/approve.ts";
import { Sequencer } from "../../src/sequence/sequencer.ts";
import { notAllowed } from "../../src/strategy/allowed.ts";
import { follow } from "../../src/strategy/follow.ts";

export const startOfTest = Date.parse("2026-03-02T12:00:00.000Z");

interface Timer {
	readonly at: number;
	readonly act: () => void;
}

/** A clock that only {@link advance} moves. */
export class ManualClock implements Clock {
	#now: number;
	#set = 0;
	readonly #timers = new Set<Timer>();

	constructor(now = startOfTest) {
		this.#now = now;
	}

	now(): number {
		return this.#now + this.#set;
	}

	/** Somebody sets the time of day; nothing goes by. */
	set(ms: number): void {
		this.#set += ms;
	}

	monotonic(): number {
		return this.#now - startOfTest;
	}

	sleep(ms: number): Promise<void> {
		return new Promise((resolve) => {
			this.after(ms, resolve);
		});
	}

	after(ms: number, act: () => void): () => void {
		const timer = { at: this.#now + ms, act };
		this.#timers.add(timer);
		return () => this.#timers.delete(timer);
	}

	/** Timers that wait. */
	get waiting(): number {
		return this.#timers.size;
	}

	/** Lets `ms` go by: timers fire at their time, in order, and what they start goes on before the next one. */
	async advance(ms: number): Promise<void> {
		const until = this.#now + ms;
		for (;;) {
			await flush();
			const due = [...this.#timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
			if (due === undefined) break;
			this.#timers.delete(due);
			this.#now = Math.max(this.#now, due.at);
			due.act();
		}
		this.#now = until;
		await flush();
	}
}

/** Lets everything that waits for nothing but a turn run. */
export async function flush(): Promise<void> {
	for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The message a promise is rejected with; "" where it is not. */
export function failureOf(promise: Promise<unknown>): Promise<string> {
	return promise.then(
		() => "",
		(cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
	);
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

/** What is on disk after a list of commits, as the engine's ports give it back. */
export class MemoryJournal {
	/** Every commit that is on disk, oldest first. */
	readonly commits: (readonly Change[])[] = [];
	readonly alerts: Alert[] = [];
	/** How many of the next commits fail. */
	failures = 0;
	/** True: a failing commit is on disk all the same. */
	failsAfterWriting = false;
	/** Waits before each commit; for tests that look at what happens meanwhile. */
	before: () => Promise<void> = () => Promise.resolve();
	/** How often open alerts were read. */
	reads = 0;
	readFailures = 0;
	readonly #orders = new Map<string, Order>();
	readonly #fills = new Map<string, Fill>();
	readonly #positions = new Map<string, Position>();
	readonly #accounts = new Map<string, Account>();
	readonly #states = new Map<string, TradingStateEntry>();
	readonly #intents = new Map<string, Intent>();
	readonly #chains = new Map<string, StatedChain>();
	readonly #attempts = new Map<string, Attempts>();
	readonly #events: Omit<JournalEvent, "sequence">[] = [];
	/** Silences that were told and have not ended: strategy, since. */
	readonly silences = new Map<string, string>();
	readonly #strategyStates = new Map<string, unknown>();
	readonly #ended = new Map<string, Extract<Change, { kind: "alert_ended" }>>();

	/** A journal as it is after these alerts and commits. */
	static from(alerts: readonly Alert[], commits: readonly (readonly Change[])[]): MemoryJournal {
		const journal = new MemoryJournal();
		journal.alerts.push(...alerts);
		for (const changes of commits) journal.#write(changes);
		return journal;
	}

	async commit(changes: readonly Change[]): Promise<void> {
		await this.before();
		if (this.failures > 0) {
			this.failures -= 1;
			if (this.failsAfterWriting) this.#write(changes);
			throw new Error("disk full");
		}
		this.#write(changes);
	}

	#write(changes: readonly Change[]): void {
		const kept = structuredClone(changes);
		this.commits.push(kept);
		for (const change of kept) this.#apply(change);
	}

	#apply(change: Change): void {
		switch (change.kind) {
			case "alert_ended":
				this.#ended.set(change.id, change);
				this.#attempts.delete(change.id);
				return;
			case "attempt":
				if (this.#ended.has(change.id)) return;
				this.#attempts.set(change.id, { tried: change.tried, survived: change.survived });
				return;
			case "intent":
				this.#intents.set(`${change.intent.alert_id} ${change.intent.account}`, change.intent);
				return;
			case "order":
				this.#orders.set(change.order.id, change.order);
				return;
			case "fill": {
				const key = `${change.fill.account} ${change.fill.trade_id}`;
				if (!this.#fills.has(key)) this.#fills.set(key, change.fill);
				return;
			}
			case "position": {
				const { account, strategy, symbol } = change.position;
				this.#positions.set(`${account} ${strategy} ${symbol}`, change.position);
				return;
			}
			case "account":
				this.#accounts.set(change.account.name, change.account);
				return;
			case "strategy_state":
				this.#strategyStates.set(`${change.strategy} ${change.account}`, change.state);
				return;
			case "trading_state": {
				const key = `${change.entry.scope} ${change.entry.name}`;
				if (change.entry.state === "active") this.#states.delete(key);
				else this.#states.set(key, change.entry);
				return;
			}
			case "stated": {
				const { strategy, symbol, timeframe } = change.chain;
				this.#chains.set(`${strategy} ${symbol} ${timeframe}`, change.chain);
				return;
			}
			case "silence":
				this.silences.delete(change.strategy);
				if (change.since !== null) this.silences.set(change.strategy, change.since);
				return;
			case "event":
				this.#events.push(change.event);
				return;
			default:
				change satisfies never;
		}
	}

	async openAlerts(after: number, limit: number): Promise<readonly OpenAlert[]> {
		this.reads += 1;
		const page = this.alerts
			.filter((alert) => !this.#ended.has(alert.id) && (sequenceOf(alert.id) ?? 0) > after)
			.slice(0, limit)
			.map((alert): OpenAlert => {
				const attempts = this.#attempts.get(alert.id);
				return { alert, trace: [], recovered: true, ...(attempts === undefined ? {} : { attempts }) };
			});
		await this.before();
		if (this.readFailures > 0) {
			this.readFailures -= 1;
			throw new Error("disk is away");
		}
		return page;
	}

	async work(alertId: string): Promise<{ intents: Intent[]; orders: Order[] }> {
		return {
			intents: [...this.#intents.values()].filter((intent) => intent.alert_id === alertId),
			orders: this.orders().filter((order) => order.alert_id === alertId),
		};
	}

	/** How often an open alert was begun after a restart, as `tried/survived`; undefined where it never was. */
	attempts(id: string): string | undefined {
		const found = this.#attempts.get(id);
		return found === undefined ? undefined : `${found.tried}/${found.survived}`;
	}

	async strategyState(strategy: string, account: string): Promise<unknown> {
		return this.#strategyStates.get(`${strategy} ${account}`);
	}

	orders(): Order[] {
		return [...this.#orders.values()];
	}

	order(id: string): Order {
		const found = this.#orders.get(id);
		if (found === undefined) throw new Error(`no order ${id} among ${[...this.#orders.keys()].join(", ")}`);
		return found;
	}

	fills(): Fill[] {
		return [...this.#fills.values()];
	}

	positions(): Position[] {
		return [...this.#positions.values()];
	}

	accounts(): Account[] {
		return [...this.#accounts.values()];
	}

	tradingStates(): TradingStateEntry[] {
		return [...this.#states.values()];
	}

	/** Every fact told so far, oldest first. */
	events(): readonly Omit<JournalEvent, "sequence">[] {
		return this.#events;
	}

	/** How an alert ended. Throws where it has not. */
	ended(id: string): Extract<Change, { kind: "alert_ended" }> {
		const found = this.#ended.get(id);
		if (found === undefined) throw new Error(`alert ${id} has not ended`);
		return found;
	}

	hasEnded(id: string): boolean {
		return this.#ended.has(id);
	}

	snapshot(): Snapshot {
		return {
			last_sequence: Math.max(0, ...this.alerts.map((alert) => sequenceOf(alert.id) ?? 0)),
			positions: this.positions(),
			accounts: this.accounts(),
			open_orders: this.orders().filter((order) => !isFinal(order.status)),
			ended_orders: this.orders().filter((order) => isFinal(order.status)),
			ended_alerts: this.orders().flatMap(({ alert_id, status }) =>
				alert_id === null || isFinal(status) || !this.#ended.has(alert_id) ? [] : [alert_id],
			),
			trades: this.fills().map(({ account, trade_id }) => ({ account, trade_id })),
			trading_states: this.tradingStates(),
			stated: [...this.#chains.values()],
			silences: [...this.silences].map(([strategy, since]) => ({ strategy, since })),
			open_alerts: this.alerts.filter((alert) => !this.#ended.has(alert.id)).length,
		};
	}
}

export const noLimits: RiskSettings = {
	max_position_size: undefined,
	max_exposure: undefined,
	max_daily_loss: undefined,
};

export function accountSettings(changes: Partial<AccountSettings> = {}): AccountSettings {
	return {
		name: "paper",
		broker: "paper",
		currency: "USD",
		balance: decimal("1000000"),
		fee: decimal("0"),
		slippage: decimal("0"),
		spot: false,
		...changes,
	};
}

export function strategySettings(changes: Partial<StrategySettings> = {}): StrategySettings {
	return {
		name: "MyRSIStrategy",
		aliases: [],
		symbols: ["BTC/USD", "ETH/USD"],
		timeframes: [],
		enabled: true,
		risk_multiplier: decimal("1"),
		max_positions: 5,
		accounts: [{ account: "paper" }],
		direction: "both",
		on_opposite: "reverse",
		pyramiding: 0,
		size: { kind: "units", quantity: decimal("0.5"), currency: "BTC" },
		tokens: [],
		secrets: [],
		settings: {},
		...changes,
	};
}

const followed: Decide = (alert, { position }) => follow(alert, position);

type Decide = (alert: Alert, context: StrategyContext) => readonly Signal[] | Promise<StrategyAnswer>;

/** A strategy that follows the alert, or decides as it is told. */
export function strategyOf(settings: Partial<StrategySettings> = {}, decide: Decide = followed): Strategy {
	return {
		settings: strategySettings(settings),
		follows: decide === followed,
		plugin: decide === followed ? null : { file: "plugins/test.ts", version: 1, error: null },
		async decide(alert, context) {
			const answer = decide(alert, context);
			return answer instanceof Promise ? await answer : { ok: true, signals: answer };
		},
	};
}

const typeOf: Readonly<Record<string, AlertType>> = {
	buy: "LONG_ENTRY",
	long: "LONG_ENTRY",
	sell: "SHORT_ENTRY",
	short: "SHORT_ENTRY",
	close_long: "LONG_EXIT",
	close_short: "SHORT_EXIT",
	stop_loss: "STOP_LOSS",
	take_profit: "TAKE_PROFIT",
	exit: "LONG_EXIT",
};

const sequences = new SequenceMaker();

/** An alert as the reading stages leave it; `action` decides its type. */
export function alertOf(action: string, changes: Partial<Alert> = {}): Alert {
	return {
		id: idOf(sequences.next(startOfTest)),
		type: typeOf[action] ?? "CUSTOM",
		action,
		...(action === "exit" || action === "stop_loss" || action === "take_profit" ? { closes: "any" as const } : {}),
		symbol: "BTC/USD",
		symbol_sent: changes.symbol ?? "BTCUSD",
		price: "42000",
		strategy: "MyRSIStrategy",
		received_at: new Date(startOfTest).toISOString(),
		dialect: "nexus",
		source: "127.0.0.1",
		fields: {},
		...changes,
	};
}

/** An entry that asks for a stop and a target. */
export function enter(side: "long" | "short", more: Partial<Extract<Signal, { kind: "enter" }>> = {}): Signal {
	return { kind: "enter", side, ...more };
}

interface LogLine {
	readonly level: "debug" | "info" | "warn" | "error";
	readonly event: string;
	readonly fields: Readonly<Record<string, unknown>>;
}

export class MemoryLog implements Log {
	readonly lines: LogLine[] = [];
	#add(level: LogLine["level"], event: string, fields: Readonly<Record<string, unknown>> = {}): void {
		this.lines.push({ level, event, fields });
	}
	debug = (event: string, fields?: Readonly<Record<string, unknown>>) => this.#add("debug", event, fields);
	info = (event: string, fields?: Readonly<Record<string, unknown>>) => this.#add("info", event, fields);
	warn = (event: string, fields?: Readonly<Record<string, unknown>>) => this.#add("warn", event, fields);
	error = (event: string, fields?: Readonly<Record<string, unknown>>) => this.#add("error", event, fields);
	/** Events at warn and above. */
	troubles(): string[] {
		return this.lines.filter(({ level }) => level === "warn" || level === "error").map(({ event }) => event);
	}
}

export interface WorldOptions {
	/** 3 s and follow where undefined. */
	readonly sequence?: { readonly hold_ms?: number; readonly on_gap?: "follow" | "ignore" | "halt" };
	readonly strategies?: readonly Strategy[];
	readonly accounts?: readonly AccountSettings[];
	readonly limits?: RiskSettings;
	/** A journal with something in it: the engine starts from its snapshot. */
	readonly journal?: MemoryJournal;
	readonly clock?: ManualClock;
	readonly max_age_ms?: number;
	readonly queue_max?: number;
	readonly held_max?: number;
	/** Stages in front of match, freshness and risk. */
	readonly stages?: readonly AnyProcessingStage[];
	/** Puts something around each paper broker. */
	readonly wrap?: (broker: PaperBroker) => Broker;
}

/** A dispatcher, an engine, paper brokers and a desk on one journal, as one start of the program joins them. */
export class World {
	readonly clock: ManualClock;
	readonly journal: MemoryJournal;
	readonly log = new MemoryLog();
	readonly brokers: ReadonlyMap<string, PaperBroker>;
	readonly engine: TradingEngine;
	readonly sequencer: Sequencer;
	readonly dispatcher: Dispatcher;
	readonly desk: TradingDesk;
	readonly strategies: readonly Strategy[];

	constructor(options: WorldOptions = {}) {
		this.clock = options.clock ?? new ManualClock();
		this.journal = options.journal ?? new MemoryJournal();
		this.strategies = options.strategies ?? [strategyOf()];
		const accounts = options.accounts ?? [accountSettings()];
		const snapshot = this.journal.snapshot();
		const { clock, journal, log } = this;
		this.brokers = new Map(
			accounts.map((account) => [account.name, new PaperBroker(account, clock, snapshot.positions)]),
		);
		const wrap = options.wrap ?? ((broker: Broker) => broker);
		const risk = riskOfficer(options.limits ?? noLimits);
		const settingsOf = (name: string) => this.strategies.find((one) => one.settings.name === name)?.settings;
		this.engine = new TradingEngine({
			clock,
			log,
			journal,
			accounts,
			brokers: [...this.brokers.values()].map((broker) => wrap(broker)),
			risk,
			parseSize,
			settingsOf,
			snapshot,
		});
		this.sequencer = new Sequencer({
			clock,
			hold_ms: options.sequence?.hold_ms ?? 3_000,
			on_gap: options.sequence?.on_gap ?? "follow",
			chains: snapshot.stated,
			record: (changes) => void this.engine.recorder.record(changes),
			halt: (name, reason) => this.#halt(name, "sequence", reason),
		});
		this.dispatcher = new Dispatcher({
			engine: this.engine,
			journal,
			clock,
			log,
			pass: (alert, park) => this.#pass(options, alert, park),
			queue_max: options.queue_max ?? 1000,
			last_sequence: snapshot.last_sequence,
			...(options.held_max === undefined ? {} : { held_max: options.held_max }),
			halt: (name, reason) => this.#halt(name, "recovery", reason),
		});
		this.desk = new TradingDesk({
			engine: this.engine,
			risk,
			clock,
			strategies: () => this.strategies,
			waiting: (name) => this.dispatcher.waiting(name),
			stated: () => this.sequencer.chains(),
			waitsFor: (id) => this.sequencer.waitsFor(id),
			silence: () => ({ last_alert_at: null, silent: false }),
		});
	}

	#halt(name: string, actor: string, reason: string): readonly Change[] {
		const since = new Date(this.clock.now()).toISOString();
		const entry = { scope: "strategy", name, state: "halted", freeze: false, actor, reason, since } as const;
		this.engine.states.put(entry);
		return [{ kind: "trading_state", entry }];
	}

	async #pass(options: WorldOptions, alert: Alert, park: Park): Promise<Passage> {
		const context = new Processing(alert, () => this.clock.monotonic(), park);
		const take: Take = (one, lets) => this.sequencer.take(one, lets);
		const stages: readonly AnyProcessingStage[] = [
			...(options.stages ?? []),
			match({
				find: (name) => this.strategies.find((one) => one.settings.name === name),
				list: () => this.strategies,
				notAllowed,
				resolveSymbol: () => ({ ok: true, symbol: alert.symbol }),
			}),
			freshness({
				max_age_ms: options.max_age_ms ?? 300_000,
				clock: this.clock,
				holds: (strategy, symbol) =>
					this.engine.book
						.positions()
						.filter((position) => position.strategy === strategy && position.symbol === symbol)
						.flatMap(({ side }) => (side === "flat" ? [] : [side])),
			}),
			sequence(take),
			riskGate((strategy, symbol) => this.engine.states.strictest({ strategy, symbol })),
		];
		if (!(await compose(stages)(context))) await moveOn(context, take);
		return context;
	}

	/** What a start does: standing orders back to the brokers, then the alerts an earlier run left. */
	async start(): Promise<this> {
		await this.engine.recover();
		this.dispatcher.start();
		await this.idle();
		return this;
	}

	/** Records an alert and hands it over, as the webhook does; does not wait for its end. */
	hand(alert: Alert, idReused = false): void {
		this.journal.alerts.push(alert);
		this.dispatcher.accepted({ alert, trace: [], recovered: false }, idReused);
	}

	/** Hands alerts over one after the other, each after the one before has ended; gives back how the last one ended. */
	async send(...alerts: readonly Alert[]): Promise<Extract<Change, { kind: "alert_ended" }>> {
		let last: Alert | undefined;
		for (const alert of alerts) {
			this.hand(alert);
			await this.idle();
			last = alert;
		}
		if (last === undefined) throw new Error("nothing to send");
		return this.journal.ended(last.id);
	}

	/** Shows a price on every account of a symbol, as an alert of whatever strategy would. */
	async price(symbol: string, price: string): Promise<void> {
		this.engine.observe([...this.brokers.keys()], symbol, price, this.clock.now());
		await this.idle();
	}

	async idle(): Promise<void> {
		await this.dispatcher.quiet();
		await this.engine.lanes.drained();
		await flush();
	}

	/** The strategy's open positions, `account strategy symbol side quantity`, sorted. */
	held(): string[] {
		return this.engine.book
			.positions()
			.filter(({ side }) => side !== "flat")
			.map(({ account, strategy, symbol, side, quantity }) => `${account} ${strategy} ${symbol} ${side} ${quantity}`)
			.sort();
	}

	/** Open orders, `leg side quantity symbol at price`, oldest first. */
	standing(): string[] {
		return this.engine.open
			.all()
			.map(({ leg, side, quantity, symbol, stop_price, limit_price }) =>
				`${leg} ${side} ${quantity} ${symbol} at ${stop_price ?? limit_price ?? "market"}`.trim(),
			);
	}
}

/** A started world. */
export function engineWith(options: WorldOptions = {}): Promise<World> {
	return new World(options).start();
}

/** A paper broker that is watched, and that can be told to answer something else. */
export class WatchedBroker implements Broker {
	readonly account: string;
	readonly spot: boolean;
	readonly abilities: Broker["abilities"];
	/** Orders as they came, in order. */
	readonly asked: Order[] = [];
	/** Called before each order is taken; what it returns is the answer instead of the paper broker's. */
	instead: (order: Approved<Order>) => ReturnType<Broker["submit"]> | undefined = () => undefined;
	readonly #paper: PaperBroker;
	#listener: (fill: BrokerFill) => void = () => undefined;

	constructor(paper: PaperBroker) {
		this.#paper = paper;
		this.account = paper.account;
		this.spot = paper.spot;
		this.abilities = paper.abilities;
	}

	lookup: Broker["lookup"] = (order) => this.#paper.lookup(order);
	state: Broker["state"] = () => this.#paper.state();
	market: Broker["market"] = (symbol) => this.#paper.market(symbol);
	quote: Broker["quote"] = (symbol) => this.#paper.quote(symbol);
	observe: Broker["observe"] = (symbol, price, at) => this.#paper.observe(symbol, price, at);
	cancel: Broker["cancel"] = (id) => this.#paper.cancel(id);

	onFill(listener: (fill: BrokerFill) => void): void {
		this.#listener = listener;
		this.#paper.onFill(listener);
	}

	/** Tells a fill that the paper broker knows nothing of. */
	tell(fill: BrokerFill): void {
		this.#listener(fill);
	}

	submit: Broker["submit"] = (order) => {
		this.asked.push(order);
		return this.instead(order) ?? this.#paper.submit(order);
	};
}

/** World options with watched brokers, and the brokers by account once the world is made. */
export function watched(): {
	readonly brokers: Map<string, WatchedBroker>;
	readonly wrap: NonNullable<WorldOptions["wrap"]>;
} {
	const brokers = new Map<string, WatchedBroker>();
	const wrap = (paper: PaperBroker): Broker => {
		const broker = new WatchedBroker(paper);
		brokers.set(paper.account, broker);
		return broker;
	};
	return { brokers, wrap };
}
