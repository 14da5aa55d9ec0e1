/** The ports: what the core needs from a clock, a journal, a broker and a strategy, so that each can be replaced. */
import type { Approved } from "./approved.ts";
import type { Code, EndCode, Ending, Refusal } from "./codes.ts";
import type { Decimal } from "./decimal.ts";
import type {
	Account,
	Alert,
	AlertStatus,
	AlertType,
	AlertView,
	Event,
	Fill,
	FollowView,
	Order,
	Position,
	PositionView,
	RiskView,
	Signal,
	StatedView,
	StrategyView,
	TraceEntry,
	TradingState,
	TradingStateEntry,
	Verdict,
} from "./records.ts";
import type { RiskSettings, StrategySettings } from "./settings.ts";
import type { StatedPosition } from "./stated-change.ts";

/** Time, passed in so that a simulation can own it. */
export interface Clock {
	/** Milliseconds since 1970, whole. */
	now(): number;
	/** Milliseconds from an arbitrary start, with fractions, never going back. */
	monotonic(): number;
	sleep(ms: number): Promise<void>;
	/** Calls `act` once after `ms`; the returned function cancels it. */
	after(ms: number, act: () => void): () => void;
}

/** What is put on disk before the answer. */
export interface Reception {
	readonly alert: Alert;
	/** The body as received, secrets taken out, for `explain` and `replay`. */
	readonly raw: string;
	/** The verdicts before the answer. */
	readonly trace: readonly TraceEntry[];
	readonly dedupe: {
		/** 32 hex: what identifies the alert (scope and id, or scope and raw body). */
		readonly key: string;
		/** 32 hex: what it means; the same key with another meaning is processed and reported. */
		readonly meaning: string;
		readonly window_ms: number;
		/** True for an id; false for a raw body. */
		readonly by_id: boolean;
	};
	/** 32 hex of a signed body without a time of its own: remembered for good, so that it cannot be replayed. */
	readonly replay_key?: string;
}

export type Acceptance =
	| { readonly outcome: "accepted"; readonly id_reused: boolean }
	/** `id` is the first one's. */
	| { readonly outcome: "duplicate"; readonly id: string }
	/** A signed body without a time came again after its window. */
	| { readonly outcome: "replayed"; readonly id: string };

/** A strategy's answer and the legs it led to, kept so that neither is ever recomputed. */
export interface Intent {
	readonly alert_id: string;
	readonly account: string;
	readonly signals: readonly Signal[];
	/** JSON of the engine's own plan. */
	readonly plan: string;
}

/** One stated change on the way that TradingView's strategy took. */
export interface StatedStep {
	/** The alert that stated it; null where none came and its change is only concluded from its neighbours. */
	readonly alert_id: string | null;
	/** Undefined only for the first alert ever, where it did not say. */
	readonly from: StatedPosition | undefined;
	readonly to: StatedPosition;
	/**
	 * `run`: in its turn. `followed`: after a gap. `late`: its outcome had been passed when it came. `ignored`, `halted`: what
	 * `on_gap` said. `assumed`: no alert for it came.
	 */
	readonly outcome: "run" | "followed" | "late" | "ignored" | "halted" | "assumed";
	/** Milliseconds since 1970, when it was decided. */
	readonly at: number;
	/** The message's own time, milliseconds since 1970. */
	readonly time?: number;
	readonly price?: string;
	/** True where the message asked for a size of its own, so that the stated one is not what we hold. */
	readonly own_size?: boolean;
}

/** What TradingView's strategy is known to hold on one symbol and timeframe, and the last steps that led there. */
export interface StatedChain {
	readonly strategy: string;
	readonly symbol: string;
	/** "" where the messages name none. */
	readonly timeframe: string;
	readonly position: StatedPosition;
	/** The alert that stated it. */
	readonly alert_id: string;
	/** ISO 8601. */
	readonly updated_at: string;
	/** In their true order, the last one leading to `position`; at most {@link stated_steps_max}. */
	readonly steps: readonly StatedStep[];
}

/** Lets go of whatever an alert holds up until `wait` is over, and goes on in its turn after that. */
export type Park = (wait: Promise<unknown>) => Promise<void>;

/** What the order of stated changes says about one alert. */
export interface Sequenced {
	/** The alert with the position before it filled in from what is known, where it stated none. */
	readonly alert: Alert;
	readonly verdict: Verdict;
	readonly code?: Code;
	readonly detail: string;
	/** Undefined where its turn has come. */
	readonly ending?: Ending;
	/** The way to trade where it is longer than the alert's own change: first what no alert came for, then the alert's own. */
	readonly way?: readonly StatedStep[];
	/** The true way since a place that was passed, now that late alerts show it: what was done must be put right. */
	readonly correction?: readonly StatedStep[];
}

/** Steps kept of a chain. */
export const stated_steps_max = 32;

/** One fact to be recorded; a list of them is one transaction. */
export type Change =
	| {
			readonly kind: "alert_ended";
			readonly id: string;
			readonly status: Exclude<AlertStatus, "accepted" | "duplicate">;
			readonly type: AlertType;
			readonly code: string | null;
			readonly reason: string | null;
			/** The verdicts after the answer; the journal puts those before it in front. */
			readonly trace: readonly TraceEntry[];
			readonly ended_at: string;
	  }
	| { readonly kind: "intent"; readonly intent: Intent }
	/** Replaces the alert's counts; ignored where the alert is not open, and gone when it ends. */
	| ({ readonly kind: "attempt"; readonly id: string } & Attempts)
	/** Inserts the order or replaces the one with the same id. */
	| { readonly kind: "order"; readonly order: Order }
	/** Ignored where the account already has this trade_id. */
	| { readonly kind: "fill"; readonly fill: Fill }
	/** Replaces the position with the same account, strategy and symbol. */
	| { readonly kind: "position"; readonly position: Position }
	| { readonly kind: "account"; readonly account: Account }
	| { readonly kind: "strategy_state"; readonly strategy: string; readonly account: string; readonly state: unknown }
	/** Replaces the chain with the same strategy, symbol and timeframe. */
	| { readonly kind: "stated"; readonly chain: StatedChain }
	/** A strategy's alerts stay away since then; null: they came again. */
	| { readonly kind: "silence"; readonly strategy: string; readonly since: string | null }
	/** `active` removes the entry. */
	| { readonly kind: "trading_state"; readonly entry: TradingStateEntry }
	| { readonly kind: "event"; readonly event: Omit<Event, "sequence"> };

/** A strategy whose alerts stay away. */
export interface Silence {
	readonly strategy: string;
	/** When its last alert came, or when the watch began; ISO 8601. */
	readonly since: string;
}

/** What must be in memory before the lanes open. */
export interface Snapshot {
	/** The highest alert sequence ever used; 0 in a new journal. */
	readonly last_sequence: number;
	readonly positions: readonly Position[];
	readonly accounts: readonly Account[];
	/** Orders that are not final. */
	readonly open_orders: readonly Order[];
	/** The last orders that ended, oldest first: a late fill may still come for them. */
	readonly ended_orders: readonly Order[];
	/** Alerts that have ended although an order of theirs is open: nobody else goes on with it. */
	readonly ended_alerts: readonly string[];
	/** The last fills that the positions hold, and every one of an open order: told again, they are not counted again. */
	readonly trades: readonly Pick<Fill, "account" | "trade_id">[];
	readonly trading_states: readonly TradingStateEntry[];
	readonly stated: readonly StatedChain[];
	/** Silences that were told and have not ended. */
	readonly silences: readonly Silence[];
	/** Alerts recorded and not ended. */
	readonly open_alerts: number;
}

/** How often an alert was begun after a restart; what it was first begun with, when it came, is not counted. */
export interface Attempts {
	/** Tries after which nexus stopped in any other way than cleanly, and the one under way. */
	readonly tried: number;
	/** As many of these, from the first on, are not held against it: it outlived the last of them, or was not alone in work then. */
	readonly survived: number;
}

/** A recorded alert that has not ended, as it is worked on. */
export interface OpenAlert {
	readonly alert: Alert;
	/** Verdicts before the answer. */
	readonly trace: readonly TraceEntry[];
	/** True where it was read back after a restart. */
	readonly recovered: boolean;
	/** Milliseconds until the journal had it on disk; undefined where that was before a restart. */
	readonly record_ms?: number;
	/** Undefined where it was never begun after a restart. */
	readonly attempts?: Attempts;
}

export interface Page<T> {
	readonly items: readonly T[];
	/** Opaque; hand it back as `cursor`. Null at the end. */
	readonly next: string | null;
}

export interface PageRequest {
	/** 1 to 500, default 50. */
	readonly limit?: number;
	readonly cursor?: string;
}

export interface AlertFilter extends PageRequest {
	readonly strategy?: string;
	readonly symbol?: string;
	readonly status?: AlertStatus;
	/** Only alerts received at or after this time (ISO 8601). */
	readonly since?: string;
}

/** Questions to the journal; newest first unless said otherwise. */
export interface JournalReader {
	alerts(filter: AlertFilter): Promise<Page<AlertView>>;
	/** By our id, or the newest with this sender's alert_id; with raw, trace, orders and fills. */
	alert(id: string): Promise<AlertView | undefined>;
	orders(filter: PageRequest & { strategy?: string; symbol?: string; open?: boolean }): Promise<Page<Order>>;
	fills(filter: PageRequest & { order_id?: string }): Promise<Page<Fill>>;
	positions(): Promise<readonly Position[]>;
	accounts(): Promise<readonly Account[]>;
	trading_states(): Promise<readonly TradingStateEntry[]>;
	/** Oldest first, after `sequence`. */
	events(after: number, limit: number): Promise<readonly Event[]>;
	/** Counts by status, for `status`. */
	counts(): Promise<{
		readonly alerts: Readonly<Record<string, number>>;
		readonly orders: number;
		readonly fills: number;
	}>;
}

/**
 * The durable record. Every promise resolves after the data is on disk (WAL, synchronous=FULL) and rejects with a
 * JournalError when it is not; a rejected `accept` may turn out to have been recorded, then the resend is a duplicate.
 */
export interface Journal {
	/** Duplicate check and record in one transaction; calls made while a commit runs share the next one. */
	accept(reception: Reception): Promise<Acceptance>;
	/** All changes or none. */
	commit(changes: readonly Change[]): Promise<void>;
	load(): Promise<Snapshot>;
	/** Alerts recorded and not ended, oldest first, with a sequence above `after`. */
	openAlerts(after: number, limit: number): Promise<readonly OpenAlert[]>;
	/** What a restarted lane needs to go on with an alert. */
	work(alertId: string): Promise<{ readonly intents: readonly Intent[]; readonly orders: readonly Order[] }>;
	strategyState(strategy: string, account: string): Promise<unknown>;
	readonly reader: JournalReader;
	/** Waits for what was handed over, then closes. */
	close(): Promise<void>;
}

/** What an order must keep to on a market. */
export interface Market {
	readonly symbol: string;
	readonly base: string;
	readonly quote: string;
	/** Quantities are multiples of this. */
	readonly quantity_step: Decimal;
	readonly price_tick: Decimal;
	readonly quantity_min: Decimal;
	readonly notional_min: Decimal;
}

/** A fill as the broker tells it. */
export interface BrokerFill {
	readonly trade_id: string;
	readonly client_order_id: string;
	readonly quantity: Decimal;
	readonly price: Decimal;
	readonly fee: Decimal;
	readonly fee_currency: string;
	/** Milliseconds since 1970. */
	readonly at: number;
}

export type Submission =
	| {
			readonly outcome: "accepted";
			readonly fills: readonly BrokerFill[];
			/** True where some of it is still open at the broker; undefined: a market order with a fill is done. */
			readonly open?: boolean;
	  }
	| { readonly outcome: "rejected"; readonly reason: string }
	/** No evidence either way. */
	| { readonly outcome: "unknown"; readonly reason: string };

/** What a broker can tell about an order whose fate is unknown. */
export interface BrokerAbilities {
	/**
	 * A request that was not accepted this many milliseconds after it was sent never will be. Undefined where the broker
	 * promises no such thing: then "not found" proves nothing, and nothing is sent again.
	 */
	readonly request_expiry_ms: number | undefined;
	/** Milliseconds after accepting an order in which it may not be found yet. */
	readonly read_lag_ms: number;
	/** Orders, open and ended, can be asked for by client order id. */
	readonly lookup_by_client_id: boolean;
	/** True where the broker lives and dies with this process, so that what rested is handed back at each start. */
	readonly forgets: boolean;
}

/** What a broker knows of one order. */
export type Lookup =
	| {
			readonly outcome: "found";
			readonly state: "open" | "filled" | "canceled" | "expired" | "rejected";
			/** Every fill so far, by trade id. */
			readonly fills: readonly BrokerFill[];
			readonly reason?: string;
	  }
	| { readonly outcome: "not_found" }
	/** It could not be asked; it may answer later. */
	| { readonly outcome: "unreachable"; readonly reason: string };

/** The account as the broker has it, for comparing it with the journal. */
export interface BrokerAccount {
	readonly open_orders: readonly {
		readonly client_order_id: string;
		readonly symbol: string;
		readonly side: Order["side"];
		readonly type: Order["type"];
		readonly quantity: Decimal;
		readonly filled_quantity: Decimal;
		readonly limit_price?: string;
		readonly stop_price?: string;
	}[];
	/** Signed units, net over all strategies. */
	readonly positions: readonly { readonly symbol: string; readonly quantity: Decimal }[];
	readonly balance: Decimal;
}

/** One account at one broker. Accepts only what `risk/` approved. */
export interface Broker {
	readonly account: string;
	/** True: no short positions. */
	readonly spot: boolean;
	readonly abilities: BrokerAbilities;
	/** Undefined where the broker does not know the symbol. */
	market(symbol: string): Market | undefined;
	/** A price seen in an alert: the paper broker trades on it, a broker with its own feed ignores it. */
	observe(symbol: string, price: Decimal, at: number): void;
	/** The last price known; undefined where none is. */
	quote(symbol: string): { readonly price: Decimal; readonly at: number } | undefined;
	/** Asking again with the same client_order_id never makes a second order. */
	submit(order: Approved<Order>): Promise<Submission>;
	/** True where the order was open and now is canceled. Throws where the broker could not be asked. */
	cancel(client_order_id: string): Promise<boolean>;
	/** What became of an order, among open and ended ones and trades. Never throws. */
	lookup(order: Pick<Order, "client_order_id" | "symbol">): Promise<Lookup>;
	/** The account as the broker has it. Throws where it could not be asked. */
	state(): Promise<BrokerAccount>;
	/** Connects, loads markets and begins to tell fills; brokers without a connection have none. */
	start?(): Promise<void>;
	stop?(): Promise<void>;
	/** Fills that come later (resting orders) are told here. */
	onFill(listener: (fill: BrokerFill) => void): void;
}

/** How the connection to an account's broker comes about. */
export interface Connecting {
	/** Undefined once it is connected; the reason where it was tried often enough and is tried on in the background. */
	readonly tried: Promise<string | undefined>;
	readonly connected: Promise<void>;
}

/** The position and money a strategy sees when it is asked. */
export interface StrategyContext {
	readonly account: { readonly name: string; readonly currency: string; readonly equity: string };
	/** Null when flat. */
	readonly position: Position | null;
	/** Its own persisted state on this account; undefined at first. */
	readonly state: unknown;
	/** ISO 8601. */
	readonly now: string;
}

export type StrategyAnswer =
	| {
			readonly ok: true;
			readonly signals: readonly Signal[];
			/** The state to be kept, in the same transaction as the answer; undefined where it did not change. */
			readonly state?: unknown;
	  }
	| {
			readonly ok: false;
			readonly code: Extract<EndCode, "strategy_error" | "strategy_timeout" | "strategy_out_of_memory">;
			readonly detail: string;
	  };

/** A strategy that the engine can ask. */
export interface Strategy {
	readonly settings: StrategySettings;
	/** True where it does what the alert says, so that stated positions can be followed over several alerts at once. */
	readonly follows: boolean;
	/** Null where the strategy follows the alert as it is. */
	readonly plugin: { readonly file: string; readonly version: number; readonly error: string | null } | null;
	decide(alert: Alert, context: StrategyContext): Promise<StrategyAnswer>;
}

/** What a plugin's own pipeline stage decided. */
export type StageAnswer =
	| { readonly verdict: "pass" | "notice"; readonly detail?: string }
	| { readonly verdict: "refuse" | "skip"; readonly detail: string };

/** Where recorded alerts go to be worked on. */
export interface Intake {
	/** False where one more entry would go over the strategy's bound (429); exits always have room. */
	hasRoom(strategy: string, type: AlertType): boolean;
	/** Hands over an alert that is on disk. Never waits and never throws. */
	accepted(open: OpenAlert, idReused: boolean): void;
	/** An alert may be on disk although its record was reported as failed: look into the journal. */
	recheck(): void;
	/** Resolves when the alert has ended or after `ms`, whichever is first. */
	ended(id: string, ms: number): Promise<void>;
}

/** What a trading state is set for. */
export interface Scope {
	readonly scope: TradingStateEntry["scope"];
	/** "" for scope `all`. */
	readonly name: string;
}

/** What a person says became of an order in review. */
export interface Settlement {
	/** Units of it that were filled in all, decimal text; 0 where the exchange has no such order. */
	readonly filled: string;
	/** The average price of these, decimal text; needed where there are more than are counted already. */
	readonly price?: string;
}

/** The live state of trading and the switches on it. */
export interface Desk {
	/** Positions that are open, or were; with the last known mark and what TradingView states. */
	positions(): readonly PositionView[];
	/** What TradingView states for each strategy, symbol and timeframe, beside what we hold. */
	stated(): readonly StatedView[];
	/** Those of {@link Desk.stated} in scope where we hold something else than we should. */
	outOfStep(scope: Scope): readonly StatedView[];
	/** Trades the differences in scope away, through the same rules as an alert's orders; one result for each. */
	follow(scope: Scope, by: { readonly actor: string }): Promise<readonly FollowView[]>;
	/** Why an alert that has not ended waits for another; undefined where it does not. */
	waitsFor(alertId: string): string | undefined;
	accounts(): readonly Account[];
	strategies(): readonly StrategyView[];
	risk(): readonly RiskView[];
	trading_states(): readonly TradingStateEntry[];
	/** Durable when it resolves. `active` resumes; resuming `all` clears every entry. Undefined where it cleared. */
	setTradingState(
		scope: Scope,
		state: TradingState,
		by: { readonly actor: string; readonly reason?: string; readonly freeze?: boolean },
	): Promise<TradingStateEntry | undefined>;
	/** Cancels every open order in scope, closes every position in scope, then halts it. The orders it sent. */
	flatten(scope: Scope, by: { readonly actor: string; readonly reason?: string }): Promise<readonly Order[]>;
	/** Ends an order in review. Durable when it resolves to the order; a refusal has changed nothing. */
	settle(
		orderId: string,
		said: Settlement,
		by: { readonly actor: string; readonly reason?: string },
	): Promise<{ readonly order: Order } | { readonly refusal: Refusal }>;
}

/** The strategies as configured, for those who must know which one an alert is for. */
export interface StrategyDirectory {
	/** By name or alias, exactly; then without regard to case. */
	find(nameOrAlias: string): StrategySettings | undefined;
	all(): readonly StrategySettings[];
}

/** Everything the risk rules look at for one order. All money is in the account's currency, all after the order where it says so. */
export interface Situation {
	readonly order: Order;
	/** True where the order makes the strategy's position larger; false for every exit. */
	readonly opening: boolean;
	/** The order's quantity. */
	readonly sized_quantity: Decimal;
	readonly market: Market;
	/** The reference price the order was sized with; undefined where none is known. */
	readonly price: Decimal | undefined;
	readonly settings: StrategySettings;
	/** The strictest trading state that holds for this account, strategy and symbol; undefined when active. */
	readonly trading_state: TradingStateEntry | undefined;
	readonly equity: Decimal;
	/** Equity less what all positions and reservations tie up. */
	readonly free: Decimal;
	/** Share of the notional taken as a fee. */
	readonly fee: Decimal;
	/** The strategy's open or opening positions on other symbols of this account. */
	readonly other_positions: number;
	/** Units the strategy holds or is about to hold on this symbol, with this order. */
	readonly quantity_after: Decimal;
	/** Sum of |net × price| over the account's symbols with reservations, without this order. */
	readonly exposure_before: Decimal;
	/** The same with this order. */
	readonly exposure_after: Decimal;
	/** Equity lost since the day began; 0 in profit. */
	readonly daily_loss: Decimal;
	readonly day_start_equity: Decimal;
	/** Why the alert is too old to open anything; undefined where it is not. */
	readonly stale: string | undefined;
}

/** What one rule said, with its numbers. */
export interface RuleResult {
	readonly rule: EndCode;
	readonly result: "pass" | "deny" | "not_applicable";
	readonly detail: string;
}

export type Approval =
	| { readonly approved: Approved<Order>; readonly results: readonly RuleResult[] }
	| { readonly denied: Ending; readonly results: readonly RuleResult[] };

/** The only way to an approved order. */
export interface RiskOfficer {
	/** Every rule is evaluated and recorded; the first that denies gives the code. */
	approve(situation: Situation): Approval;
	/**
	 * For orders that only protect or close (stops, targets, flatten) and for those approved before they were journaled
	 * and sent again after a restart: no rule may hold them back.
	 */
	reinstate(order: Order): Approved<Order>;
	readonly limits: RiskSettings;
}

/** A signal with what an engine needs to act on it without an alert at hand. */
export interface StrategySignal {
	readonly strategy: string;
	readonly symbol: string;
	/** Reference price; the broker's quote where absent. */
	readonly price?: string;
	readonly signal: Signal;
}

/** A structured log; an event is a short past-tense sentence or word, the fields carry the values. Never a secret. */
export interface Log {
	debug(event: string, fields?: Readonly<Record<string, unknown>>): void;
	info(event: string, fields?: Readonly<Record<string, unknown>>): void;
	warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
	error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}
