/** The desk: what is held and set right now, and what a person does about it (halt, reduce, resume, flatten, settle), each durable before it answers. */
import type { Refusal } from "../domain/codes.ts";
import { absolute, type Decimal, formatDecimal, multiply, parseDecimal } from "../domain/decimal.ts";
import { external } from "../domain/external.ts";
import type { Change, Clock, Desk, RiskOfficer, Scope, Settlement, StatedChain, Strategy } from "../domain/ports.ts";
import type {
	Account,
	FollowView,
	Order,
	Position,
	PositionView,
	RiskView,
	StatedView,
	StrategyView,
	TradingState,
	TradingStateEntry,
} from "../domain/records.ts";
import { makeOrder } from "./orders.ts";
import type { Leg } from "./plan.ts";
import { aimOf, briefOf, legsTo, newestChain, statedViews, type ViewParts } from "./stated-views.ts";
import type { TradingEngine } from "./trading-engine.ts";
import { stateChanges } from "./trading-states.ts";
import type { AccountResult } from "./work.ts";

export interface DeskOptions {
	readonly engine: TradingEngine;
	readonly risk: RiskOfficer;
	readonly clock: Clock;
	readonly strategies: () => readonly Strategy[];
	/** Alerts of a strategy that wait. */
	readonly waiting: (strategy: string) => number;
	/** What TradingView is known to hold. */
	readonly stated: () => readonly StatedChain[];
	/** Why an alert that has not ended waits for another; undefined where it does not. */
	readonly waitsFor: (alertId: string) => string | undefined;
	/** Whether a strategy's alerts stay away. */
	readonly silence: (strategy: string) => Pick<StrategyView, "last_alert_at" | "silent">;
}

interface By {
	readonly actor: string;
	readonly reason?: string;
	readonly freeze?: boolean;
}

interface Place {
	readonly account: string;
	readonly strategy: string;
	readonly symbol: string;
}

function inScope(scope: Scope, place: Place): boolean {
	return scope.scope === "all" || place[scope.scope] === scope.name;
}

/** The {@link Desk} of one engine; every switch is on disk before its promise resolves. */
export class TradingDesk implements Desk {
	readonly #options: DeskOptions;
	/** Counts the orders of all flattens, so that two in the same millisecond never share an id. */
	#closing = 0;

	constructor(options: DeskOptions) {
		this.#options = options;
	}

	/** By account, strategy and symbol, so that a restart changes nothing about the list. */
	positions(): readonly PositionView[] {
		const views = this.stated();
		return this.#positions().map((position) => {
			const { account, strategy, symbol } = position;
			const chain = newestChain(this.#options.stated(), strategy, symbol);
			if (chain === undefined) return position;
			const view = views.find((one) => one.alert_id === chain.alert_id && one.strategy === strategy);
			const ours = view?.ours.find((one) => one.account === account);
			return { ...position, stated: briefOf(chain), ...(ours === undefined ? {} : { in_step: ours.in_step }) };
		});
	}

	#positions(): readonly Position[] {
		const place = ({ account, strategy, symbol }: Position): string => `${account}\u0000${strategy}\u0000${symbol}`;
		return [...this.#options.engine.book.positions()].sort((a, b) => (place(a) < place(b) ? -1 : 1));
	}

	stated(): readonly StatedView[] {
		return statedViews(this.#viewParts());
	}

	outOfStep(scope: Scope): readonly StatedView[] {
		return this.stated().flatMap((view) => {
			const ours = view.ours.filter((one) => !one.in_step && inScope(scope, { ...view, account: one.account }));
			return ours.length === 0 ? [] : [{ ...view, ours }];
		});
	}

	waitsFor(alertId: string): string | undefined {
		return this.#options.waitsFor(alertId);
	}

	#viewParts(): ViewParts {
		const { engine, strategies, stated } = this.#options;
		return {
			chains: stated(),
			strategies: strategies(),
			held: (account, strategy, symbol) => engine.book.quantity(account, strategy, symbol),
			market: (account, symbol) => engine.broker(account).market(symbol),
			spot: (account) => engine.broker(account).spot,
		};
	}

	accounts(): readonly Account[] {
		const { engine } = this.#options;
		// After midnight the day is a new one, also where nothing has come since.
		for (const { name } of engine.book.accounts()) engine.turnDay(name);
		return engine.book.accounts();
	}

	trading_states(): readonly TradingStateEntry[] {
		return this.#options.engine.states.all();
	}

	strategies(): readonly StrategyView[] {
		const { engine, strategies, waiting, silence } = this.#options;
		return strategies().map(({ settings, plugin }) => ({
			name: settings.name,
			...(settings.description === undefined ? {} : { description: settings.description }),
			enabled: settings.enabled,
			symbols: [...settings.symbols],
			timeframes: [...settings.timeframes],
			accounts: settings.accounts.map(({ account }) => account),
			plugin: plugin?.file ?? null,
			plugin_version: plugin?.version ?? 0,
			plugin_error: plugin?.error ?? null,
			waiting: waiting(settings.name),
			trading_state: engine.states.strictest({ strategy: settings.name })?.state ?? "active",
			expect_every_s: settings.expect_every_ms === undefined ? null : settings.expect_every_ms / 1000,
			...silence(settings.name),
		}));
	}

	risk(): readonly RiskView[] {
		const { engine, risk } = this.#options;
		const { max_position_size, max_exposure, max_daily_loss } = risk.limits;
		return this.accounts().map(({ name }) => {
			const equity = engine.book.equity(name);
			const day = engine.book.dailyLoss(name);
			const share = (of: Decimal, limit: Decimal | undefined): string | null =>
				limit === undefined ? null : formatDecimal(multiply(of, limit));
			return {
				account: name,
				equity: formatDecimal(equity),
				exposure: formatDecimal(engine.book.exposure(name)),
				exposure_max: share(equity, max_exposure),
				position_size_max: share(equity, max_position_size),
				daily_loss: formatDecimal(day.loss),
				daily_loss_max: share(day.from, max_daily_loss),
			};
		});
	}

	async setTradingState(scope: Scope, state: TradingState, by: By): Promise<TradingStateEntry | undefined> {
		const { engine } = this.#options;
		const entry: TradingStateEntry = {
			...scope,
			state,
			freeze: state === "halted" && by.freeze === true,
			actor: by.actor,
			...(by.reason === undefined ? {} : { reason: by.reason }),
			since: this.#now(),
		};
		const cleared = state === "active" && scope.scope === "all" ? engine.states.all() : [];
		engine.states.put(entry);
		await engine.recorder.record([
			...cleared.map(
				(old): Change => ({ kind: "trading_state", entry: { ...entry, scope: old.scope, name: old.name } }),
			),
			...stateChanges(entry),
		]);
		if (entry.freeze) await this.#untilNothingIsNew(() => this.#cancelStanding(scope, "trading is frozen"));
		else if (state !== "active") {
			// Stops and targets go on protecting; an entry that rests would open something new.
			await this.#untilNothingIsNew(() =>
				this.#cancelStanding(scope, `trading is ${state}`, ({ leg }) => leg === "entry"),
			);
		}
		return state === "active" ? undefined : entry;
	}

	async flatten(scope: Scope, by: By): Promise<readonly Order[]> {
		await this.setTradingState(scope, "halted", { ...by, reason: by.reason ?? "flatten" });
		const epoch = this.#options.clock.now();
		const sent: Order[] = [];
		await this.#untilNothingIsNew(async () => {
			await this.#cancelStanding(scope, "flatten");
			await this.#weighDoubtful(scope);
			const open = this.#positions().filter(
				(position) => position.side !== "flat" && position.strategy !== external && this.#isReachable(scope, position),
			);
			const orders = await Promise.all(
				open.map((position) => {
					this.#closing += 1;
					return this.#close(position, `flatten-${epoch}-${this.#closing}`);
				}),
			);
			sent.push(...orders.filter((order) => order !== undefined));
		});
		return sent;
	}

	async settle(
		orderId: string,
		said: Settlement,
		by: By,
	): Promise<{ readonly order: Order } | { readonly refusal: Refusal }> {
		const { engine } = this.#options;
		const order = [...engine.open.all(), ...engine.open.ended()].find(({ id }) => id === orderId);
		if (order === undefined) {
			const detail = `no order ${JSON.stringify(orderId.slice(0, 64))} is open or ended lately`;
			return { refusal: { code: "not_found", detail, hint: "`nexus orders --open` lists those in review." } };
		}
		const { account, symbol } = order;
		if (!engine.book.accounts().some(({ name }) => name === account)) {
			const detail = `order ${order.id} is on account ${account}, which is not configured any more`;
			return { refusal: { code: "not_found", detail, hint: "Put the account back into nexus.yaml, then settle it." } };
		}
		const settling = engine.inLane(account, symbol, () => engine.execution.settleByHand(order, said, by));
		// Its stop and target go out next in the lane; a broker that does not answer must not keep the person waiting.
		engine.followUp(engine.broker(account), symbol);
		return await settling;
	}

	/** What closes goes first: it gives back what the risk rules count. */
	async follow(scope: Scope, by: { readonly actor: string }): Promise<readonly FollowView[]> {
		const wanted = this.outOfStep(scope).flatMap((view) =>
			view.not_followed === null ? view.ours.map(({ account, target }) => ({ view, account, target })) : [],
		);
		const closing = wanted.filter(({ target }) => target === "0");
		const others = wanted.filter(({ target }) => target !== "0");
		const results: FollowView[] = [];
		for (const { view, account } of [...closing, ...others]) {
			results.push(await this.#follow(view.strategy, view.symbol, account, by.actor));
		}
		return results;
	}

	async #follow(strategy: string, symbol: string, account: string, actor: string): Promise<FollowView> {
		const { engine } = this.#options;
		const settings = this.#options.strategies().find((one) => one.settings.name === strategy)?.settings;
		const chain = newestChain(this.#options.stated(), strategy, symbol);
		if (settings === undefined || chain === undefined) throw new Error("a difference without a chain or a strategy");
		const about = { strategy, symbol, account, alert_id: chain.alert_id };
		this.#priceOf(chain, account);
		const result = await engine.bringInStep(
			{ settings, account, symbol },
			(held) => this.#legsNow(settings.name, symbol, account, held),
			(ended) => [this.#followed({ ...about, ...ended }, actor)],
		);
		return { ...about, ...result };
	}

	/** A price that the statement came with is newer than the last one known where its alert was refused. */
	#priceOf({ steps, symbol }: StatedChain, account: string): void {
		const { engine } = this.#options;
		const last = steps.at(-1);
		const quote = engine.broker(account).quote(symbol);
		if (last?.price === undefined || parseDecimal(last.price) === undefined) return;
		if (quote === undefined || quote.at < last.at) engine.observe([account], symbol, last.price, last.at);
	}

	/** What leads to the newest statement from what is held at this moment; a result where nothing may be done. */
	#legsNow(strategy: string, symbol: string, account: string, held: Decimal): readonly Leg[] | AccountResult {
		const { engine, waiting, strategies, stated } = this.#options;
		const none = (reason: string): AccountResult => ({ status: "skipped", code: null, reason });
		if (waiting(strategy) > 0) return none(`alerts of ${strategy} are being worked on; ask again when they have ended`);
		const resting = engine.open.of(account, strategy, symbol).find(({ leg }) => leg === "entry");
		if (resting !== undefined) return none(`an entry of it rests at the broker (order ${resting.id})`);
		const settings = strategies().find((one) => one.settings.name === strategy)?.settings;
		const chain = newestChain(stated(), strategy, symbol);
		if (settings === undefined || chain === undefined) return none("the strategy is not configured any more");
		const legs = legsTo(held, aimOf(chain, settings, account, this.#viewParts()));
		return legs.length > 0 ? legs : none("it is in step by now");
	}

	#followed(view: FollowView, actor: string): Change {
		const { strategy, symbol, account, alert_id, status, code, reason } = view;
		const outcome = `${status}${code === null ? "" : ` (${code})`}: ${reason}`;
		const detail = `${strategy} ${symbol} on ${account} was to follow TradingView, asked by ${actor}: ${outcome}`;
		const event = { kind: "DifferenceFollowed", at: this.#now(), alert_id, detail, data: { ...view, actor } } as const;
		return { kind: "event", event };
	}

	/** Once for what there is now, and once more for what an alert that was already under way when the halt came may have left. */
	async #untilNothingIsNew(act: () => Promise<void>): Promise<void> {
		await act();
		await this.#options.engine.lanes.settled();
		await act();
	}

	/** What orders in review came to is closed too, as far as the positions at the brokers show it. */
	async #weighDoubtful(scope: Scope): Promise<void> {
		const { engine } = this.#options;
		const doubtful = engine.open.all().filter((order) => order.status === "review" && this.#isReachable(scope, order));
		await Promise.all(
			doubtful.map(({ account, symbol }) =>
				engine.inLane(account, symbol, () => engine.execution.weigh(engine.broker(account), symbol)),
			),
		);
	}

	/** False also where the account is not configured any more: nothing there can be reached. */
	#isReachable(scope: Scope, place: Place): boolean {
		return inScope(scope, place) && this.#options.engine.has(place.account);
	}

	async #cancelStanding(scope: Scope, reason: string, which: (order: Order) => boolean = () => true): Promise<void> {
		const { engine } = this.#options;
		const standing = engine.open.all().filter((order) => this.#isReachable(scope, order) && which(order));
		await Promise.all(
			standing.map((order) =>
				engine.inLane(order.account, order.symbol, () =>
					engine.execution.cancel(engine.broker(order.account), order, reason),
				),
			),
		);
	}

	/** A market order that closes what the strategy holds when its turn comes; undefined where that is nothing any more. */
	async #close(place: Place, id: string): Promise<Order | undefined> {
		const { engine, risk } = this.#options;
		const { account, strategy, symbol } = place;
		// Orders in doubt may have closed it.
		await engine.openedOrGivenUp(account);
		return await engine.inLane(account, symbol, async () => {
			const held = engine.book.quantity(account, strategy, symbol);
			if (held === 0n) return undefined;
			const quantity = absolute(held);
			const side = held > 0n ? "sell" : "buy";
			const reduce_only = engine.execution.reducesNet(account, symbol, side, quantity);
			const order = makeOrder({
				id,
				alert_id: null,
				account,
				strategy,
				symbol,
				side,
				leg: "exit",
				quantity,
				reduce_only,
				at: this.#now(),
			});
			const broker = engine.broker(account);
			const outcome = await engine.execution.send(broker, risk.reinstate(order), [], () => []);
			await engine.execution.align(broker, account, strategy, symbol);
			return outcome.order;
		});
	}

	#now(): string {
		return new Date(this.#options.clock.now()).toISOString();
	}
}
