/** The trading engine: signals → size → risk → order → fill → position, serial for each account and symbol. */

import type { EndCode } from "../domain/codes.ts";
import {
	add,
	type Decimal,
	decimal,
	floorToStep,
	formatDecimal,
	maximum,
	parseDecimal,
	sign,
	subtract,
	zero,
} from "../domain/decimal.ts";
import { external } from "../domain/external.ts";
import type {
	Broker,
	BrokerFill,
	Change,
	Clock,
	Connecting,
	Intent,
	Journal,
	Log,
	RiskOfficer,
	Snapshot,
	StatedStep,
	StrategyContext,
	StrategySignal,
} from "../domain/ports.ts";
import type { Alert, Order, Position, Side, Signal, TradingStateEntry } from "../domain/records.ts";
import type { AccountSettings, Size, StrategySettings } from "../domain/settings.ts";
import { AccountGates } from "./account-gates.ts";
import { Book } from "./book.ts";
import { describe, Execution } from "./execution.ts";
import { Lanes } from "./lanes.ts";
import { alertIdOf, cycleAlertId, followId, Legs, since, statedUnits } from "./legs.ts";
import { forgotten, OpenOrders, remaining } from "./orders.ts";
import { type Leg, type Plan, plan } from "./plan.ts";
import { Reconciliation } from "./reconciliation.ts";
import { Recorder } from "./recorder.ts";
import { sizeExit } from "./sizing.ts";
import { difference, onlyReopens, type WayRules, walked } from "./stated-way.ts";
import { stateChanges, TradingStates } from "./trading-states.ts";
import { describeSignals } from "./words.ts";
import type { AccountJob, AccountResult, Job } from "./work.ts";
import { filledPart, type WorkedOrders, workedOrders } from "./worked-orders.ts";

export interface EngineOptions {
	readonly clock: Clock;
	readonly log: Log;
	/** Ends the program, because memory and journal can be kept together no longer; throws where undefined. */
	readonly fatal?: (reason: string) => void;
	readonly journal: Pick<Journal, "commit" | "strategyState" | "work">;
	readonly accounts: readonly AccountSettings[];
	readonly brokers: readonly Broker[];
	readonly risk: RiskOfficer;
	/** Reads a size as people write it (`1%`, `250 USD`, `0.01 BTC`, `risk 1%`, `alert`) for an account in this currency. */
	readonly parseSize: (text: string, currency: string) => Size | undefined;
	/** The settings of a strategy that {@link TradingEngine.processCycle} is given signals of. */
	readonly settingsOf: (strategy: string) => StrategySettings | undefined;
	readonly snapshot: Pick<
		Snapshot,
		"positions" | "accounts" | "open_orders" | "ended_orders" | "ended_alerts" | "trades" | "trading_states"
	>;
}

/** An account that is not in step with its broker after this long is halted, milliseconds. */
const opening_ms_max = 30_000;
/** An open account is compared with its broker this often, milliseconds. */
const compare_every_ms = 60_000;
/** An account that could not be opened is tried again after this, milliseconds. */
const open_again_ms = 30_000;
/** Between two tries to compare an account with a broker that does not answer, milliseconds. */
const compare_again_ms = 2_000;

const atOnce: Connecting = { tried: Promise.resolve(undefined), connected: Promise.resolve() };

/** What one signal of a cycle led to. */
export interface CycleResult extends AccountResult {
	readonly strategy: string;
	readonly symbol: string;
	readonly account: string;
	/** "Alert processed" or "skipped, because …". */
	readonly message: string;
}

/** One engine for all accounts; give it alerts with {@link TradingEngine.work} or signals with {@link TradingEngine.processCycle}. */
export class TradingEngine {
	readonly book: Book;
	readonly open = new OpenOrders();
	readonly states: TradingStates;
	readonly lanes = new Lanes();
	readonly recorder: Recorder;
	readonly execution: Execution;
	readonly #options: EngineOptions;
	readonly #brokers: ReadonlyMap<string, Broker>;
	readonly #legs: Legs;
	readonly #gates = new AccountGates();
	readonly #reconciliation: Reconciliation;
	/** Cancels the next comparison of each account. */
	readonly #comparing = new Set<() => void>();
	/** When this program began to recover, on the monotonic clock: what an earlier one sent had left by then. */
	#began = 0;
	#cycles = 0;
	#follows = 0;

	constructor(options: EngineOptions) {
		this.#options = options;
		const { clock, log, risk, journal, snapshot } = options;
		this.book = new Book(options.accounts, snapshot.positions, snapshot.accounts, clock.now(), snapshot.trades);
		this.states = new TradingStates(snapshot.trading_states);
		this.recorder = new Recorder(journal, clock, log, options.fatal);
		for (const order of snapshot.ended_orders) if (order.strategy !== external) this.open.put(order);
		for (const order of snapshot.open_orders) if (order.strategy !== external) this.open.put(order);
		const quote = (account: string, symbol: string) => this.#brokers.get(account)?.quote(symbol)?.price;
		const { book, open, recorder } = this;
		const forgets = (account: string) => this.#brokers.get(account)?.abilities.forgets ?? true;
		const inLane: TradingEngine["inLane"] = (account, symbol, task) => this.inLane(account, symbol, task);
		const barred = (place: Pick<Order, "account" | "strategy" | "symbol">) => this.#barred(place);
		this.execution = new Execution({ clock, book, open, recorder, risk, log, quote, forgets, barred, inLane });
		this.#reconciliation = this.#reconciliationOf(options);
		this.#legs = new Legs({
			clock,
			risk,
			book: this.book,
			states: this.states,
			execution: this.execution,
			recorder: this.recorder,
			accounts: options.accounts,
			parseSize: options.parseSize,
		});
		this.#brokers = new Map(options.brokers.map((broker) => [broker.account, broker]));
		for (const broker of options.brokers) broker.onFill((fill) => this.#fillLater(broker, fill));
	}

	#reconciliationOf({ clock, log, accounts, snapshot }: EngineOptions): Reconciliation {
		const { book, open, recorder, execution } = this;
		return new Reconciliation({
			clock,
			log,
			book,
			open,
			recorder,
			policy: (account) => accounts.find(({ name }) => name === account)?.reconcile ?? "report",
			known: (account) => snapshot.accounts.some(({ name }) => name === account),
			external_orders: snapshot.open_orders.filter((order) => order.strategy === external),
			execution,
			inLane: (account, symbol, task) => this.inLane(account, symbol, task),
			halt: (account, reason) => this.#haltFor(account, reason),
		});
	}

	/**
	 * Puts standing orders back to brokers that forget them, and ends or sends again those that no alert will bring up. The
	 * lanes of every other account are shut when this returns; each opens by itself once its broker is connected, what became
	 * of its orders is known, and the account was compared with the journal. Call it once, before the first alert.
	 */
	async recover(connecting: (account: string) => Connecting | undefined = () => undefined): Promise<void> {
		this.#began = this.#options.clock.monotonic();
		for (const broker of this.#brokers.values()) {
			if (broker.abilities.forgets) continue;
			this.#gates.shut(broker.account);
			this.#open(broker, connecting(broker.account) ?? atOnce);
		}
		for (const order of this.open.all()) {
			const broker = this.#brokers.get(order.account);
			if (broker?.abilities.forgets !== true) continue;
			await this.inLane(order.account, order.symbol, () => this.#recoverOrder(broker, order));
		}
	}

	/** Tries to open the account until it is open. */
	#open(broker: Broker, connecting: Connecting): void {
		const { account } = broker;
		const { clock, log } = this.#options;
		this.#openAccount(broker, connecting).catch((cause: unknown) => {
			log.error("an account could not be opened", { account, cause: String(cause) });
			this.#giveUp(account, `it could not be opened: ${cause instanceof Error ? cause.message : String(cause)}`);
			const cancel = clock.after(open_again_ms, () => {
				this.#comparing.delete(cancel);
				if (!this.execution.closed) this.#open(broker, connecting);
			});
			this.#comparing.add(cancel);
		});
	}

	/** True where the account is configured. */
	has(account: string): boolean {
		return this.#brokers.has(account);
	}

	/** Resolves when the account's lanes are open, or it was given up for now. */
	async openedOrGivenUp(account: string): Promise<void> {
		await this.#gates.wait(account, false);
	}

	/** Resolves when the account's lanes are open; at once where they are. */
	async opened(account: string): Promise<void> {
		await this.#gates.wait(account, true);
	}

	/** Connected, every order in doubt settled by evidence, compared: then its lanes open. Halted where that takes too long, and tried on. */
	async #openAccount(broker: Broker, { tried, connected }: Connecting): Promise<void> {
		const { account } = broker;
		const { clock, log } = this.#options;
		const seconds = opening_ms_max / 1000;
		const late = clock.after(opening_ms_max, () =>
			this.#giveUp(account, `${seconds} s after the start its broker could not yet be compared with the journal`),
		);
		tried
			.then((reason) => (reason === undefined ? undefined : this.#giveUp(account, reason)))
			.catch((cause: unknown) => log.error("an account could not be halted", { account, cause: String(cause) }));
		await connected;
		const mine = this.open.all().filter((order) => order.account === account);
		await Promise.all(mine.map((order) => this.inLane(account, order.symbol, () => this.#reconcile(broker, order))));
		await this.#compare(broker);
		await this.#takeBackHalted(broker);
		await this.#alignStanding(broker);
		late();
		if (this.execution.closed) return;
		await this.#lift(account);
		this.#gates.open(account);
		this.#compareLater(broker);
	}

	/**
	 * A stop may have been filled while nexus was away, and an exit just before it stopped: what still stands for more than is
	 * held is taken back.
	 */
	async #alignStanding(broker: Broker): Promise<void> {
		const { account } = broker;
		const standing = this.open
			.all()
			.filter((order) => order.account === account && (order.leg === "stop_loss" || order.leg === "take_profit"));
		const places = new Map(standing.map((order) => [`${order.strategy}\u0000${order.symbol}`, order]));
		await Promise.all(
			[...places.values()].map(({ strategy, symbol }) =>
				this.inLane(account, symbol, () => this.execution.align(broker, account, strategy, symbol)),
			),
		);
	}

	/** A halt may have been cut short: what rests although it must not is taken back, before the lanes open. */
	async #takeBackHalted(broker: Broker): Promise<void> {
		const standing = this.open.all().filter(({ account }) => account === broker.account);
		await Promise.all(
			standing.map(async (order) => {
				const why = this.#mustNotStand(order);
				if (why === undefined || order.status === "intent") return;
				await this.inLane(order.account, order.symbol, () => this.execution.cancel(broker, order, why));
			}),
		);
	}

	/** Why an order must not stand at a broker: entries while trading is halted, everything while it is frozen. */
	#mustNotStand(order: Order): string | undefined {
		if (this.states.frozen(order)) return "trading is frozen";
		const entry = this.states.strictest(order);
		// The absence of a broker bars what is new; what rests there was wanted before.
		return order.leg === "entry" && entry !== undefined && entry.actor !== "broker"
			? `trading is ${entry.state}`
			: undefined;
	}

	/** Why nothing may be opened here now. */
	#barred(place: Pick<Order, "account" | "strategy" | "symbol">): string | undefined {
		const entry = this.states.strictest(place);
		return entry === undefined ? undefined : `trading is ${entry.state} since ${entry.since} by ${entry.actor}`;
	}

	#isHalted(account: string): boolean {
		return this.states.get({ scope: "account", name: account })?.state === "halted";
	}

	/** Compares an open account with its broker every minute. */
	#compareLater(broker: Broker): void {
		if (this.execution.closed) return;
		const { clock, log } = this.#options;
		const { account } = broker;
		const cancel = clock.after(compare_every_ms, () => {
			this.#comparing.delete(cancel);
			this.#reconciliation
				.again(broker)
				.catch((cause: unknown) => log.warn("an account could not be compared", { account, cause: String(cause) }))
				.finally(() => this.#compareLater(broker));
		});
		this.#comparing.add(cancel);
	}

	/** Ends every waiting: what is unknown stays so in the journal. */
	close(): void {
		for (const cancel of this.#comparing) cancel();
		this.#comparing.clear();
		this.execution.close();
	}

	async #compare(broker: Broker): Promise<void> {
		const { clock, log } = this.#options;
		while (!this.execution.closed) {
			try {
				await this.#reconciliation.compare(broker);
				return;
			} catch (cause) {
				log.warn("an account cannot be compared with its broker yet", {
					account: broker.account,
					cause: String(cause),
				});
			}
			await clock.sleep(compare_again_ms);
		}
	}

	/** The account opens nothing; what may close something waits until its broker is there. */
	#giveUp(account: string, reason: string): void {
		if (this.#gates.isOpen(account) || this.execution.closed) return;
		const { log } = this.#options;
		log.error("an account is halted, because it is not in step with its broker", { account, reason });
		if (this.states.get({ scope: "account", name: account }) === undefined) {
			this.recorder.record(this.#halt(account, "broker", reason)).catch((cause: unknown) => {
				log.error("a halt could not be recorded", { account, cause: String(cause) });
			});
		}
		this.#gates.letPass(account);
	}

	/** Ends the halt that a broker's absence led to, and no other. */
	async #lift(account: string): Promise<void> {
		const entry = this.states.get({ scope: "account", name: account });
		if (entry?.actor !== "broker") return;
		await this.recorder.record(this.#setState(account, "active", "broker", "it is in step with its broker again"));
	}

	/** A halt that a person set stays as it is; one for a broker's absence would end by itself. */
	#haltFor(account: string, difference: string): readonly Change[] {
		const entry = this.states.get({ scope: "account", name: account });
		if (entry?.state === "halted" && entry.actor !== "broker") return [];
		return this.#halt(account, "reconciliation", difference);
	}

	#halt(account: string, actor: string, reason: string): readonly Change[] {
		return this.#setState(account, "halted", actor, reason);
	}

	#setState(name: string, state: TradingStateEntry["state"], actor: string, reason: string): readonly Change[] {
		const entry = { scope: "account", name, state, freeze: false, actor, reason, since: this.#now() } as const;
		this.states.put(entry);
		return stateChanges(entry);
	}

	/** What became of an order while nexus was away, at a broker that keeps its orders itself. */
	async #reconcile(broker: Broker, found: Order): Promise<void> {
		// A person may have settled or canceled it since.
		const order = this.open.byClientId(found.client_order_id);
		if (order === undefined) return;
		if (order.leg === "entry") this.#reserve(broker, order);
		const inDoubt = order.status === "submitting" || order.status === "unknown";
		if (!inDoubt && order.status !== "intent") {
			await this.execution.lookAt(broker, order);
			return;
		}
		if (inDoubt && (await this.execution.findOut(broker, order, () => [], this.#began)) !== undefined) {
			await this.execution.align(broker, order.account, order.strategy, order.symbol);
			return;
		}
		const ofAlert = order.alert_id !== null && order.leg !== "stop_loss" && order.leg !== "take_profit";
		// The work of its alert goes on with it, where that is still open.
		if (ofAlert && !this.#options.snapshot.ended_alerts.includes(order.alert_id ?? "")) return;
		const absent = this.execution.current(order) ?? order;
		if (ofAlert || order.leg === "entry") {
			const reason = "it never arrived at the broker, and no alert asks for it again";
			await this.recorder.record(this.execution.drop(absent, "abandon", reason));
			return;
		}
		const barred = order.leg === "exit" ? undefined : this.#mustNotStand(absent);
		if (barred !== undefined) await this.recorder.record(this.execution.drop(absent, "cancel", barred));
		else await this.execution.reinstate(broker, absent);
	}

	/** Ties up what an entry may still add, at its own price or the last one known. */
	#reserve(broker: Broker, order: Order): void {
		const { limit_price, account, symbol } = order;
		const last = broker.quote(symbol)?.price ?? this.book.lastPrice(account, symbol);
		const price = limit_price === undefined ? last : decimal(limit_price);
		if (price !== undefined) this.book.reserve(order, remaining(order), price);
	}

	async #recoverOrder(broker: Broker, found: Order): Promise<void> {
		const order = this.#asFound(found);
		const standing = order.leg === "stop_loss" || order.leg === "take_profit" || order.status === "accepted";
		const barred = standing ? this.#mustNotStand(order) : undefined;
		if (barred !== undefined) {
			await this.recorder.record(this.execution.drop(order, "cancel", barred));
			return;
		}
		// The work of its alert goes on with it, if that is still open.
		if (!standing && order.alert_id !== null) return;
		if (!standing && order.leg === "entry") {
			const reason = "nexus stopped before it was sent, and no alert asks for it again";
			await this.recorder.record(this.execution.drop(order, "abandon", reason));
			return;
		}
		if (order.leg === "entry" && order.limit_price !== undefined) {
			this.book.reserve(order, remaining(order), decimal(order.limit_price));
		}
		await this.execution.reinstate(broker, order);
	}

	/** Ends what a restart found wanted and nobody asks for any more; what may be at a broker is left alone. */
	abandon(orders: readonly Order[], reason: string): readonly Change[] {
		return orders.flatMap((found) => {
			const order = this.#asFound(this.execution.current(found) ?? found);
			const protects = order.leg === "stop_loss" || order.leg === "take_profit";
			return order.status === "intent" && !protects ? this.execution.drop(order, "abandon", reason) : [];
		});
	}

	/** An order that a restart found, as far as its broker can still know of it. */
	#asFound(order: Order): Order {
		const forgets = this.#brokers.get(order.account)?.abilities.forgets ?? false;
		return forgets ? forgotten(order, this.#now()) : order;
	}

	/** The broker of an account. Throws where there is none: a configuration that was not checked. */
	broker(account: string): Broker {
		const broker = this.#brokers.get(account);
		if (broker === undefined) throw new Error(`no broker for account ${account}`);
		return broker;
	}

	/** Takes a price seen in an alert as the last one known on these accounts. */
	observe(accounts: readonly string[], symbol: string, price: string, at: number): void {
		const value = parseDecimal(price);
		if (value === undefined || value <= 0n) return;
		for (const account of accounts) {
			this.turnDay(account);
			this.book.mark(account, symbol, value);
			this.#brokers.get(account)?.observe(symbol, value, at);
		}
	}

	/** Begins a new day on the account where the UTC date has changed, and records from which equity its loss is measured. */
	turnDay(account: string): void {
		if (!this.book.turnDay(account, this.#options.clock.now())) return;
		this.recorder.record([{ kind: "account", account: this.book.account(account) }]).catch((cause: unknown) => {
			this.#options.log.error("the new day could not be recorded", { account, cause: String(cause) });
		});
	}

	/**
	 * Works on one alert for one account, after everything earlier on that account and symbol. A plugin is asked outside that
	 * lane, so that a slow one holds up no other strategy; its own alerts on all symbols wait for each other, because they
	 * share one memory.
	 */
	work(job: AccountJob): Promise<AccountResult> {
		const waits = this.#gates.wait(job.account, this.#mayClose(job));
		if (waits !== undefined) return job.pause(waits).then(() => this.work(job));
		const refused = this.#notInStep(job.account);
		return refused === undefined ? this.#begin(job) : this.#finish(job, refused, []);
	}

	/** Whatever a person resumed: nothing opens before the account was compared. Undefined where its lanes are open, or its halt says so. */
	#notInStep(account: string): AccountResult | undefined {
		if (this.#gates.isOpen(account) || this.#isHalted(account)) return undefined;
		const reason = `account ${account} is not in step with its broker yet`;
		return { status: "rejected", code: "halted", reason };
	}

	/** True where the alert could close something on this account. */
	#mayClose({ account, strategy, alert, found }: AccountJob): boolean {
		const { name } = strategy.settings;
		return (
			found.orders.length > 0 ||
			this.book.quantity(account, name, alert.symbol) !== 0n ||
			this.open.of(account, name, alert.symbol).length > 0
		);
	}

	#begin(job: AccountJob): Promise<AccountResult> {
		const { account, strategy, found } = job;
		const walks = strategy.follows && found.intent === undefined;
		if (walks && job.correction !== undefined)
			return this.#inAccountLane(job, () => this.#correct(job, job.correction ?? []));
		if (walks && job.way !== undefined) return this.#inAccountLane(job, () => this.#walk(job, job.way ?? []));
		if (strategy.plugin === null || found.intent !== undefined) {
			return this.#inTurn(job, async () => {
				const context = await this.#context(job);
				return found.intent === undefined ? this.#work(job, context, (act) => act()) : this.#resume(job, found.intent);
			});
		}
		return this.lanes.run(`plugin\u0000${account}\u0000${strategy.settings.name}`, async () => {
			const context = await this.#inTurn(job, () => this.#context(job));
			return this.#work(job, context, (act) => this.#inTurn(job, act));
		});
	}

	/** In the lane of the account and symbol; that others are at work there is not the alert's doing. */
	#inTurn<T>(job: AccountJob, task: () => Promise<T>): Promise<T> {
		const { account } = job;
		const { symbol } = job.alert;
		if (!this.lanes.isBusy(laneOf(account, symbol))) return this.inLane(account, symbol, task);
		const turn = Promise.withResolvers<void>();
		const again = job.pause(turn.promise);
		return this.inLane(account, symbol, async () => {
			turn.resolve();
			await again;
			return task();
		});
	}

	/**
	 * One cycle over signals, for embedding programs: each is planned, sized, checked and executed in turn.
	 * @returns one result for each signal and account of its strategy, in order
	 */
	async processCycle(signals: readonly StrategySignal[]): Promise<readonly CycleResult[]> {
		this.#cycles += 1;
		const results: CycleResult[] = [];
		for (const [number, item] of signals.entries()) {
			const settings = this.#options.settingsOf(item.strategy);
			if (settings === undefined) {
				const reason = `no strategy is called ${item.strategy}`;
				results.push({ ...cycleResult(item, "", { status: "rejected", code: "unknown_strategy", reason }) });
				continue;
			}
			for (const [index, { account, size }] of settings.accounts.entries()) {
				if (item.price !== undefined) this.observe([account], item.symbol, item.price, this.#options.clock.now());
				const id = cycleAlertId(this.#options.clock.now(), this.#cycles, number);
				const job = cycleJob(item, id, account, size, index, this.#now());
				await this.#gates.wait(account, this.book.quantity(account, item.strategy, item.symbol) !== 0n);
				const result =
					this.#notInStep(account) ??
					(await this.inLane(account, item.symbol, () => this.#act(job, settings, [item.signal], [], new Map())));
				results.push(cycleResult(item, account, result));
			}
		}
		return results;
	}

	/**
	 * Brings what a strategy holds to where it should be, through the same rules as an alert's orders, which carry no alert's
	 * id then. `legs` is asked when its turn on the account and symbol has come; a result instead of legs ends it there.
	 */
	async bringInStep(
		place: { readonly settings: StrategySettings; readonly account: string; readonly symbol: string },
		legs: (held: Decimal) => readonly Leg[] | AccountResult,
		end: (result: AccountResult) => readonly Change[],
	): Promise<AccountResult> {
		const { settings, account, symbol } = place;
		this.#follows += 1;
		const id = followId(this.#options.clock.now(), this.#follows);
		const size = settings.accounts.find((one) => one.account === account)?.size;
		await this.#gates.wait(account, false);
		const refused = this.#notInStep(account);
		if (refused !== undefined) return refused;
		return await this.inLane(account, symbol, async () => {
			this.turnDay(account);
			await this.execution.takeTold(account, symbol);
			await this.execution.weigh(this.broker(account), symbol);
			const made = legs(this.book.quantity(account, settings.name, symbol));
			if ("status" in made) return made;
			const signal = { strategy: settings.name, symbol, signal: { kind: "skip", reason: "" } } as const;
			const job: Job = { ...cycleJob(signal, id, account, size, 0, this.#now()), end };
			return this.#execute(job, settings, { legs: made, notes: [] }, [], new Map());
		});
	}

	async #inAccountLane(job: AccountJob, act: () => Promise<AccountResult>): Promise<AccountResult> {
		return this.#inTurn(job, async () => {
			this.turnDay(job.account);
			await this.execution.takeTold(job.account, job.alert.symbol);
			await this.execution.weigh(this.broker(job.account), job.alert.symbol);
			return act();
		});
	}

	/** After a gap: what the missing alerts and this one lead to together, reached by the difference to what is held. */
	#walk(job: AccountJob, way: readonly StatedStep[]): Promise<AccountResult> {
		const { settings } = job.strategy;
		const held = this.book.quantity(job.account, settings.name, job.alert.symbol);
		const additions = this.book.position(job.account, settings.name, job.alert.symbol)?.additions ?? 0;
		const rules = this.#wayRules(job, new Map());
		const end = walked({ quantity: held, additions }, way, rules).quantity;
		const sized = job.size ?? settings.size;
		const kept = onlyReopens(way) && sized.kind !== "alert" && sign(held) === sign(end);
		return this.#go(job, held, kept ? held : end, undefined);
	}

	/** After late alerts: what the true way would have led to, reached by the difference to what the way as it came has led to. */
	async #correct(job: AccountJob, way: readonly StatedStep[]): Promise<AccountResult> {
		const { name } = job.strategy.settings;
		const { account, alert } = job;
		const orders = new Map<string, WorkedOrders>();
		let done = zero;
		for (const { alert_id, outcome } of way) {
			if (alert_id === null) continue;
			const { orders: made, intents } = await this.#options.journal.work(alert_id);
			const worked = workedOrders(made, intents, account);
			done = add(done, worked.signed);
			// A late alert only ever put others right: what it did itself is not known.
			if (outcome === "run" || outcome === "followed") orders.set(alert_id, worked);
		}
		const held = this.book.quantity(account, name, alert.symbol);
		const now = this.book.position(account, name, alert.symbol)?.additions ?? 0;
		const before = subtract(held, done);
		const additions = before === zero ? 0 : Math.max(0, now - [...orders.values()].filter((one) => one.entered).length);
		const end = walked({ quantity: before, additions }, way, this.#wayRules(job, orders)).quantity;
		const ending: AccountResult = {
			status: "skipped",
			code: "superseded",
			reason: "its outcome has been passed, and nothing has to be put right",
		};
		return this.#go(job, held, end, ending);
	}

	/** Trades the difference between what is held and what should be. */
	#go(job: AccountJob, held: Decimal, end: Decimal, none: AccountResult | undefined): Promise<AccountResult> {
		const { settings } = job.strategy;
		const legs = difference(held, end, formatDecimal);
		const words = `${formatDecimal(held)} ${job.alert.symbol} is held and ${formatDecimal(end)} is due`;
		if (legs.length === 0) {
			const code = end === zero ? "nothing_to_close" : "already_in_position";
			return this.#finish(job, none ?? { status: "skipped", code, reason: `${words}: nothing to do` }, []);
		}
		const made: Plan = { legs, notes: [{ verdict: "notice", code: "difference", detail: words }] };
		const intent: Intent = { alert_id: job.alert.id, account: job.account, signals: [], plan: JSON.stringify(made) };
		return this.#execute(job, settings, made, [{ kind: "intent", intent }], new Map());
	}

	/** How this strategy's settings answer to a stated change; what its orders came to before counts as it was. */
	#wayRules(job: AccountJob, worked: ReadonlyMap<string, WorkedOrders>): WayRules {
		const { settings } = job.strategy;
		const { account, alert } = job;
		const broker = this.broker(account);
		const market = broker.market(alert.symbol);
		const size = job.size ?? settings.size;
		const workedOn = (step: StatedStep) => (step.alert_id === null ? undefined : worked.get(step.alert_id));
		return {
			strategy: settings.name,
			symbol: alert.symbol,
			direction: settings.direction,
			on_opposite: settings.on_opposite,
			pyramiding: settings.pyramiding,
			spot: broker.spot,
			entry: (step, held) => {
				if (market === undefined) return zero;
				const before = workedOn(step)?.entry;
				const target = statedUnits(job, settings, market, step.to);
				if (target !== undefined) return floorToStep(filledPart(subtract(target, held), before), market.quantity_step);
				if (before !== undefined) return before.filled;
				const price = step.price === undefined ? broker.quote(alert.symbol)?.price : decimal(step.price);
				const sized = this.#legs.entryUnits({ job, settings, market }, size, price, undefined);
				return sized.ok ? sized.quantity : zero;
			},
			cutShort: (step) => {
				const exit = workedOn(step)?.exit;
				return exit !== undefined && exit.filled < exit.wanted;
			},
			exit: (step, held, quantity) => {
				if (market === undefined) return zero;
				const target = quantity === undefined ? undefined : statedUnits(job, settings, market, step.to);
				const whole =
					target === undefined ? sizeExit(held, quantity, market.quantity_step) : maximum(subtract(held, target), zero);
				return floorToStep(filledPart(whole, workedOn(step)?.exit), market.quantity_step);
			},
		};
	}

	/** Runs a task after everything earlier on this account and symbol. */
	inLane<T>(account: string, symbol: string, task: () => Promise<T>): Promise<T> {
		return this.lanes.run(laneOf(account, symbol), task);
	}

	#fillLater(broker: Broker, fill: BrokerFill): void {
		const told = this.execution.tell(broker, fill);
		if (told !== undefined) this.followUp(broker, told.symbol);
	}

	/** Takes told fills in and brings stops and targets in step, when the lane's turn comes; nobody waits for it. */
	followUp(broker: Broker, symbol: string): void {
		this.inLane(broker.account, symbol, () => this.execution.settleTold(broker, symbol)).catch((cause: unknown) => {
			this.#options.log.error("a fill could not be applied", { account: broker.account, symbol, cause: String(cause) });
		});
	}

	/** What the strategy is told: its position with every fill told so far, and its memory. */
	async #context({ alert, strategy, account }: AccountJob): Promise<StrategyContext> {
		this.turnDay(account);
		await this.execution.takeTold(account, alert.symbol);
		await this.execution.weigh(this.broker(account), alert.symbol);
		const { name } = strategy.settings;
		const state = strategy.plugin === null ? undefined : await this.#options.journal.strategyState(name, account);
		const position = this.book.position(account, name, alert.symbol) ?? null;
		return { account: this.#accountContext(account), position, state, now: this.#now() };
	}

	/** Goes on with what was planned before a restart. */
	#resume(job: AccountJob, intent: Intent): Promise<AccountResult> {
		const orders = new Map(job.found.orders.map((order) => [order.id, order]));
		return this.#execute(job, job.strategy.settings, JSON.parse(intent.plan) as Plan, [], orders);
	}

	/** @param inOrder runs what must wait for everything earlier on the account and symbol */
	async #work(
		job: AccountJob,
		context: StrategyContext,
		inOrder: (act: () => Promise<AccountResult>) => Promise<AccountResult>,
	): Promise<AccountResult> {
		const { alert, strategy, account } = job;
		const start = this.#options.clock.monotonic();
		const answer = await strategy.decide(alert, context);
		const ms = since(this.#options.clock, start);
		if (!answer.ok) {
			job.note({ stage: "strategy", verdict: "refuse", code: answer.code, detail: answer.detail, ms });
			return this.#finish(job, { status: "failed", code: answer.code, reason: answer.detail }, []);
		}
		job.note({ stage: "strategy", verdict: "pass", detail: describeSignals(answer.signals), ms });
		const before: Change[] =
			answer.state === undefined
				? []
				: [{ kind: "strategy_state", strategy: strategy.settings.name, account, state: answer.state }];
		return inOrder(() => this.#act(job, strategy.settings, answer.signals, before, new Map()));
	}

	#accountContext(account: string) {
		const { name, currency, equity } = this.book.account(account);
		return { name, currency, equity };
	}

	/** Plans the signals against the position as it is now and executes the plan. */
	async #act(
		job: Job,
		settings: StrategySettings,
		signals: readonly Signal[],
		before: readonly Change[],
		orders: ReadonlyMap<string, Order>,
	): Promise<AccountResult> {
		this.turnDay(job.account);
		const withdrawn = await this.#withdraw(job, settings, signals);
		await this.execution.takeTold(job.account, job.alert.symbol);
		const position = this.book.position(job.account, settings.name, job.alert.symbol);
		const made = plan({
			signals,
			strategy: settings.name,
			symbol: job.alert.symbol,
			holds: heldSide(position),
			additions: position?.additions ?? 0,
			direction: settings.direction,
			on_opposite: settings.on_opposite,
			pyramiding: settings.pyramiding,
			spot: this.broker(job.account).spot,
		});
		if (withdrawn.length > 0 && signals.every(({ kind }) => kind === "cancel")) {
			const result: AccountResult = { status: "executed", code: null, reason: withdrawn.join("; ") };
			return this.#finish(job, result, before);
		}
		if (alertIdOf(job.alert) === null) return this.#execute(job, settings, made, before, orders);
		const intent: Intent = { alert_id: job.alert.id, account: job.account, signals, plan: JSON.stringify(made) };
		return this.#execute(job, settings, made, [...before, { kind: "intent", intent }], orders);
	}

	/** An exit means an entry that still rests at the broker too: left standing, it would open what was just to be closed. */
	async #withdraw(job: Job, settings: StrategySettings, signals: readonly Signal[]): Promise<readonly string[]> {
		const withdrawn: string[] = [];
		const { account, alert } = job;
		const sides = signals.flatMap((signal) => closedSides(signal, settings));
		if (sides.length === 0) return withdrawn;
		for (const order of this.open.of(account, settings.name, alert.symbol)) {
			if (order.leg !== "entry" || !sides.includes(order.side === "buy" ? "long" : "short")) continue;
			const gone = await this.execution.cancel(this.broker(account), order, "an exit came before it was filled");
			const detail = `${describe(order)} ${gone ? "was taken back: an exit came before it was filled" : "could not be taken back"}`;
			job.note({ stage: "plan", verdict: "notice", detail, ms: 0 });
			if (gone) withdrawn.push(detail);
		}
		return withdrawn;
	}

	async #execute(
		job: Job,
		settings: StrategySettings,
		made: Plan,
		before: readonly Change[],
		orders: ReadonlyMap<string, Order>,
	): Promise<AccountResult> {
		for (const note of made.notes) job.note({ stage: "plan", ...note, ms: 0 });
		const skipped = made.notes.find((note) => note.verdict === "skip");
		if (made.legs.length === 0) {
			const code = (skipped?.code ?? "strategy_skip") as EndCode;
			return this.#finish(job, { status: "skipped", code, reason: skipped?.detail ?? "" }, before);
		}
		const broker = this.broker(job.account);
		const market = broker.market(job.alert.symbol);
		if (market === undefined) {
			const closed = this.states.get({ scope: "account", name: job.account });
			if (closed?.state === "halted") {
				const reason = `halted for account ${job.account} since ${closed.since} by ${closed.actor} (${closed.reason ?? ""})`;
				return this.#finish(job, { status: "rejected", code: "halted", reason }, before);
			}
			const reason = `${job.account} has no market ${job.alert.symbol}`;
			return this.#finish(job, { status: "rejected", code: "symbol_not_allowed", reason }, before);
		}
		return this.#legs.run({ job, settings, broker, market, before, orders }, made.legs);
	}

	async #finish(job: Job, result: AccountResult, before: readonly Change[]): Promise<AccountResult> {
		await this.recorder.record([...before, ...job.end(result)]);
		return result;
	}

	#now(): string {
		return new Date(this.#options.clock.now()).toISOString();
	}
}

const laneOf = (account: string, symbol: string): string => `${account}\u0000${symbol}`;

/** The sides on which a signal leaves no position: that of a whole exit, and the opposite of an entry. */
function closedSides(signal: Signal, settings: StrategySettings): readonly Side[] {
	switch (signal.kind) {
		case "exit":
			if (signal.quantity !== undefined && signal.quantity !== "100%") return [];
			return signal.side === "any" ? ["long", "short"] : [signal.side];
		case "enter": {
			const opens = settings.direction === "both" || settings.direction === signal.side;
			if (opens && settings.on_opposite === "ignore") return [];
			return [signal.side === "long" ? "short" : "long"];
		}
		case "cancel":
			return ["long", "short"];
		case "skip":
			return [];
	}
}

function heldSide(position: Position | undefined): "long" | "short" | undefined {
	return position === undefined || position.side === "flat" ? undefined : position.side;
}

function cycleResult(item: StrategySignal, account: string, result: AccountResult): CycleResult {
	const message = result.status === "executed" ? "Alert processed" : `${result.status}, because ${result.reason}`;
	return { ...result, strategy: item.strategy, symbol: item.symbol, account, message };
}

const pause: Job["pause"] = async (wait) => {
	await wait;
};

/** A signal without an alert, worked on as if one had brought it. */
function cycleJob(
	item: StrategySignal,
	id: string,
	account: string,
	size: Size | undefined,
	index: number,
	at: string,
): Job {
	const alert: Alert = {
		id,
		type: "CUSTOM",
		action: item.signal.kind,
		symbol: item.symbol,
		symbol_sent: item.symbol,
		...(item.price === undefined ? {} : { price: item.price }),
		strategy: item.strategy,
		received_at: at,
		dialect: "nexus",
		source: "cycle",
		fields: {},
	};
	return { alert, account, size, index, follows: false, stale: undefined, pause, note: () => undefined, end: () => [] };
}
