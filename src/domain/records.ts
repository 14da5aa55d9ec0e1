/**
 * The words of the trade as JSON records: one TypeBox schema each is the type, the API's answer, the journal's row and what a plugin sees.
 * Names are snake_case; money, prices and quantities are exact decimal text; times are ISO 8601 UTC with milliseconds.
 */
import { type Static, type TObject, type TSchema, Type } from "@sinclair/typebox";

/** Exact decimal text such as `42000.5`; read it with `decimal()`. */
export const DecimalText = Type.String({ pattern: "^-?[0-9]+(\\.[0-9]+)?$", examples: ["42000.5"] });
export const Time = Type.String({ format: "date-time", examples: ["2026-01-31T13:37:00.000Z"] });

const oneOf = <const T extends readonly string[]>(...values: T) =>
	Type.Unsafe<T[number]>(Type.String({ enum: [...values] }));
const record = <T extends Record<string, TSchema>>(properties: T): TObject<T> =>
	Type.Object(properties, { additionalProperties: false });

export const AlertType = oneOf(
	"LONG_ENTRY",
	"LONG_EXIT",
	"SHORT_ENTRY",
	"SHORT_EXIT",
	"STOP_LOSS",
	"TAKE_PROFIT",
	"CUSTOM",
);
export type AlertType = Static<typeof AlertType>;

/** `accepted` is recorded and not yet ended; every other status is an end. */
export const AlertStatus = oneOf("accepted", "executed", "rejected", "skipped", "failed", "duplicate");
export type AlertStatus = Static<typeof AlertStatus>;

export const Side = oneOf("long", "short");
export type Side = Static<typeof Side>;

/** What TradingView says its strategy held before and holds after the order, in its own units. */
export const Stated = record({
	side: oneOf("long", "short", "flat"),
	size: Type.Optional(DecimalText),
	previous_side: Type.Optional(oneOf("long", "short", "flat")),
	previous_size: Type.Optional(DecimalText),
});
export type Stated = Static<typeof Stated>;

/** A price as a distance from the entry (`2%`) or absolute (`41000`). */
const PriceOrDistance = Type.String({ pattern: "^[0-9]+(\\.[0-9]+)?%?$" });

/** What arrived, understood. */
export const Alert = record({
	/** Ours: time-ordered, 11 characters (see domain/id.ts). */
	id: Type.String(),
	/** The sender's own id, where it gave one. */
	alert_id: Type.Optional(Type.String()),
	type: AlertType,
	/** As the sender wrote it, trimmed and in lower case. */
	action: Type.String(),
	/** For an exit without a side (`exit`, `close`, `flat`, `stop_loss`, `take_profit`): closes whichever side is open. */
	closes: Type.Optional(oneOf("long", "short", "any")),
	/** Canonical: `BTC/USD`, `BTC/USDT:USDT` for a perpetual. */
	symbol: Type.String(),
	/** The symbol as the sender wrote it. */
	symbol_sent: Type.String(),
	exchange: Type.Optional(Type.String()),
	price: Type.Optional(DecimalText),
	/** The strategy's name: the configured one where it is known, otherwise as the sender wrote it, or "" where none was named. */
	strategy: Type.String(),
	/** Canonical: `15s 1m 5m 15m 1h 4h 1d 1w 1M`. */
	timeframe: Type.Optional(Type.String()),
	message: Type.Optional(Type.String()),
	/** The message's own time. */
	time: Type.Optional(Time),
	received_at: Time,
	/** How much, where the message says so: `0.5` units or `50%` of the open position. */
	quantity: Type.Optional(Type.String({ pattern: "^[0-9]+(\\.[0-9]+)?%?$" })),
	/** How large an entry the message asks for where it is not in units: `5%` of equity, `250 USD`, `risk 1%`; counts with `size: alert`. */
	size: Type.Optional(Type.String()),
	/** The entry's limit price; a market order where absent. */
	limit: Type.Optional(DecimalText),
	/** Where the entry's stop and target shall stand, as a price or a distance from the entry (`2%`). */
	stop_loss: Type.Optional(PriceOrDistance),
	take_profit: Type.Optional(PriceOrDistance),
	/** True: entries of the strategy that rest at the broker are taken back first. */
	cancel: Type.Optional(Type.Boolean()),
	/** A command that depends on what is open: `add` makes it larger, `reverse` turns it round; nothing open: skipped. */
	relative: Type.Optional(oneOf("add", "reverse")),
	/** The sender's own limit on the message's age, seconds; the stricter of it and `freshness.max_age` holds. */
	max_age_s: Type.Optional(Type.Number({ minimum: 0 })),
	stated: Type.Optional(Stated),
	/** The format it was written in: `nexus` or another vendor's. */
	dialect: Type.String(),
	/** Where it came from: an address, `send` for the command line. */
	source: Type.String(),
	/** The message's other fields, for plugins; secrets are taken out. */
	fields: Type.Record(Type.String(), Type.Unknown()),
});
export type Alert = Static<typeof Alert>;
/** The mission's name for an {@link Alert}. */
export type PineAlert = Alert;

export const Verdict = oneOf("pass", "refuse", "skip", "hold", "notice");
export type Verdict = Static<typeof Verdict>;

/** What one stage decided about one alert, and how long it took. */
export const TraceEntry = record({
	stage: Type.String(),
	verdict: Verdict,
	code: Type.Optional(Type.String()),
	detail: Type.Optional(Type.String()),
	/** Milliseconds this stage itself took, to the microsecond. */
	ms: Type.Number(),
});
export type TraceEntry = Static<typeof TraceEntry>;

/** What a strategy wants because of an alert. */
export const Signal = Type.Union([
	record({
		kind: Type.Literal("enter"),
		side: Side,
		/** Overrides the strategy's `size`: `1%`, `250 USD`, `0.01 BTC`, `risk 1%`. */
		size: Type.Optional(Type.String()),
		/** Limit price; a market order where absent. */
		limit: Type.Optional(DecimalText),
		stop_loss: Type.Optional(PriceOrDistance),
		take_profit: Type.Optional(PriceOrDistance),
		reason: Type.Optional(Type.String()),
	}),
	record({
		kind: Type.Literal("exit"),
		/** Only a position on this side; `any` is whichever is open. */
		side: oneOf("long", "short", "any"),
		/** `0.5` units or `50%` of the position; all of it where absent. Never more than there is. */
		quantity: Type.Optional(Type.String({ pattern: "^[0-9]+(\\.[0-9]+)?%?$" })),
		reason: Type.Optional(Type.String()),
	}),
	/** Takes back the strategy's entries that rest at the broker. */
	record({
		kind: Type.Literal("cancel"),
		reason: Type.Optional(Type.String()),
	}),
	record({
		kind: Type.Literal("skip"),
		code: Type.Optional(Type.String()),
		reason: Type.String(),
	}),
]);
export type Signal = Static<typeof Signal>;

/** The states of an order's life; domain/order-life.ts says what each means and where each event leads. */
export const OrderStatus = oneOf(
	"intent",
	"denied",
	"submitting",
	"accepted",
	"triggered",
	"partially_filled",
	"filled",
	"rejected",
	"canceled",
	"expired",
	"unknown",
	"abandoned",
	"review",
);
export type OrderStatus = Static<typeof OrderStatus>;

export const Order = record({
	id: Type.String(),
	/** 32 hex characters, a pure function of what caused the order: asking again uses the same one. */
	client_order_id: Type.String(),
	/** Null for an order without an alert (flatten). */
	alert_id: Type.Union([Type.String(), Type.Null()]),
	account: Type.String(),
	strategy: Type.String(),
	symbol: Type.String(),
	side: oneOf("buy", "sell"),
	type: oneOf("market", "limit", "stop"),
	/** What it does to the strategy's position. */
	leg: oneOf("entry", "exit", "stop_loss", "take_profit"),
	quantity: DecimalText,
	limit_price: Type.Optional(DecimalText),
	stop_price: Type.Optional(DecimalText),
	filled_quantity: DecimalText,
	average_price: Type.Union([DecimalText, Type.Null()]),
	/** Sum of price × quantity over its fills, from which the average is rounded; absent before the first one. */
	filled_cost: Type.Optional(DecimalText),
	status: OrderStatus,
	/** What the exchange was asked to do with it and has not answered; absent or null where nothing was. */
	pending: Type.Optional(Type.Union([oneOf("cancel", "change"), Type.Null()])),
	reduce_only: Type.Boolean(),
	/** On an entry: the stop and target to stand as soon as it is filled, as a price or a distance (`2%`). */
	stop_loss: Type.Optional(Type.String()),
	take_profit: Type.Optional(Type.String()),
	/** Why it was denied, rejected or canceled. */
	reason: Type.Optional(Type.String()),
	created_at: Time,
	updated_at: Time,
});
export type Order = Static<typeof Order>;

export const Fill = record({
	/** Unique per account; the broker's own trade id. */
	trade_id: Type.String(),
	order_id: Type.String(),
	account: Type.String(),
	strategy: Type.String(),
	symbol: Type.String(),
	side: oneOf("buy", "sell"),
	quantity: DecimalText,
	price: DecimalText,
	fee: DecimalText,
	fee_currency: Type.String(),
	/** Profit or loss realised by this fill, before its fee, in the account's currency. */
	realized_pnl: DecimalText,
	filled_at: Time,
});
export type Fill = Static<typeof Fill>;

/** A strategy's own position on one account; the account's net on a symbol is the sum over strategies. */
export const Position = record({
	account: Type.String(),
	strategy: Type.String(),
	symbol: Type.String(),
	side: oneOf("long", "short", "flat"),
	quantity: DecimalText,
	/** Null when flat. */
	average_price: Type.Union([DecimalText, Type.Null()]),
	unrealized_pnl: DecimalText,
	/** Since the first fill, after fees. */
	realized_pnl: DecimalText,
	/** Additions made since the position was opened (pyramiding). */
	additions: Type.Integer({ minimum: 0 }),
	/** The last price known for the symbol; null where none is. */
	mark_price: Type.Union([DecimalText, Type.Null()]),
	/** What `average_price` and `realized_pnl` are rounded from; absent in records of versions that did not keep it. */
	exact: Type.Optional(
		record({
			/** Signed sum of price × quantity of what is held, up to 72 decimals. */
			cost: DecimalText,
			/** Profit of everything closed since the first fill, before fees, up to 72 decimals. */
			gross: DecimalText,
			/** All fees since the first fill. */
			fees: DecimalText,
		}),
	),
	updated_at: Time,
});
export type Position = Static<typeof Position>;

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** What TradingView says a strategy holds on a symbol, as a position shows it. */
export const StatedBrief = record({
	side: oneOf("long", "short", "flat"),
	/** In TradingView's own units; null where the messages name only the side. */
	size: orNull(DecimalText),
	/** Null where the messages name none. */
	timeframe: orNull(Type.String()),
	/** The alert that stated it. */
	alert_id: Type.String(),
	updated_at: Time,
});
export type StatedBrief = Static<typeof StatedBrief>;

/** A position as the API shows it: beside it what TradingView states, where it states anything. */
export const PositionView = record({
	...Position.properties,
	/** The newest of its strategy and symbol. */
	stated: Type.Optional(StatedBrief),
	/** True where we hold what the strategy's settings make of it. */
	in_step: Type.Optional(Type.Boolean()),
});
export type PositionView = Static<typeof PositionView>;

/** What one account holds beside what TradingView states. */
export const StatedOurs = record({
	account: Type.String(),
	side: oneOf("long", "short", "flat"),
	quantity: DecimalText,
	/**
	 * What should be held, on the stated side: with `size: alert` the stated size × risk_multiplier, 0 where nothing should be;
	 * null where only the side can be compared.
	 */
	target: orNull(DecimalText),
	/** Units to buy, below zero to sell, to get there; null where only the side can be compared. */
	difference: orNull(DecimalText),
	in_step: Type.Boolean(),
});
export type StatedOurs = Static<typeof StatedOurs>;

/** An alert that never came, concluded from those around it. */
export const StatedGap = record({
	at: Time,
	/** The alert that showed that one is missing. */
	alert_id: orNull(Type.String()),
	/** The positions between which it belongs, such as `flat` and `long 0.5`. */
	from: Type.String(),
	to: Type.String(),
});
export type StatedGap = Static<typeof StatedGap>;

/** What TradingView says a strategy holds on one symbol and timeframe, beside what we hold for it. */
export const StatedView = record({
	strategy: Type.String(),
	symbol: Type.String(),
	...StatedBrief.properties,
	/** One for each account; none where a newer statement for another timeframe speaks for the position. */
	ours: Type.Array(StatedOurs),
	/** The last ones, newest first. */
	gaps: Type.Array(StatedGap),
	/** Why `resume` with `follow` leaves it alone; null where it does not. */
	not_followed: orNull(Type.String()),
});
export type StatedView = Static<typeof StatedView>;

/** What closing one difference came to. */
export const FollowView = record({
	strategy: Type.String(),
	symbol: Type.String(),
	account: Type.String(),
	/** The alert that stated what was gone to. */
	alert_id: Type.String(),
	status: oneOf("executed", "rejected", "skipped", "failed"),
	code: orNull(Type.String()),
	reason: Type.String(),
});
export type FollowView = Static<typeof FollowView>;

export const Account = record({
	name: Type.String(),
	broker: Type.String(),
	currency: Type.String(),
	/** What came from outside plus realised profit and loss, fees taken off. */
	balance: DecimalText,
	/** Balance plus the unrealised profit and loss of open positions. */
	equity: DecimalText,
	realized_pnl: DecimalText,
	/**
	 * What came from outside: the balance it started with and every later correction by its broker's, so that the balance is
	 * this plus `realized_pnl`; absent in records of versions that did not keep it.
	 */
	funded: Type.Optional(DecimalText),
	/** Equity at 00:00 UTC of `day`, from which the day's loss is measured. */
	day: Type.String({ examples: ["2026-01-31"] }),
	day_start_equity: DecimalText,
	updated_at: Time,
});
export type Account = Static<typeof Account>;

export const TradingState = oneOf("active", "reducing", "halted");
export type TradingState = Static<typeof TradingState>;

/** Where a trading state holds: everywhere, or for one account, strategy or symbol. */
export const TradingStateEntry = record({
	scope: oneOf("all", "account", "strategy", "symbol"),
	/** "" for scope `all`. */
	name: Type.String(),
	state: TradingState,
	/** With `halted`: standing stops are held back too. */
	freeze: Type.Boolean(),
	/** Who set it: `cli`, `api`, `plugin:NAME`, `risk`. */
	actor: Type.String(),
	reason: Type.Optional(Type.String()),
	since: Time,
});
export type TradingStateEntry = Static<typeof TradingStateEntry>;

/** A fact, past tense, in the order it happened; what `GET events` streams. */
export const Event = record({
	/** Set by the journal, strictly rising. */
	sequence: Type.Integer(),
	kind: oneOf(
		"AlertEnded",
		"OrderAccepted",
		"OrderFilled",
		"OrderRejected",
		"OrderCanceled",
		"OrderDenied",
		"OrderUnknown",
		"OrderInReview",
		"OrderFilledLate",
		"OrderEventIgnored",
		"TradingStateChanged",
		"StrategyReloaded",
		"StrategyBroken",
		"IdReused",
		"GapFound",
		"SilenceFound",
		"SilenceEnded",
		"DifferenceFollowed",
		"AccountReconciled",
		"PositionDiffers",
		"BalanceDiffers",
		"OrderAdopted",
		"OrderSettled",
	),
	at: Time,
	alert_id: Type.Optional(Type.String()),
	detail: Type.String(),
	data: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
export type Event = Static<typeof Event>;

/** An alert as the API shows it: the list leaves `trace` and `orders` out. */
export const AlertView = record({
	id: Type.String(),
	alert_id: Type.Optional(Type.String()),
	status: AlertStatus,
	type: AlertType,
	action: Type.String(),
	strategy: Type.String(),
	symbol: Type.String(),
	timeframe: Type.Union([Type.String(), Type.Null()]),
	price: Type.Union([DecimalText, Type.Null()]),
	received_at: Time,
	ended_at: Type.Union([Time, Type.Null()]),
	code: Type.Union([Type.String(), Type.Null()]),
	reason: Type.Union([Type.String(), Type.Null()]),
	message: Type.Optional(Type.String()),
	/** What the message asks for beside its type, as in {@link Alert}. */
	closes: Type.Optional(oneOf("long", "short", "any")),
	quantity: Type.Optional(Type.String()),
	size: Type.Optional(Type.String()),
	limit: Type.Optional(DecimalText),
	stop_loss: Type.Optional(Type.String()),
	take_profit: Type.Optional(Type.String()),
	stated: Type.Optional(Stated),
	source: Type.String(),
	dialect: Type.String(),
	/** The body as received, secrets taken out. */
	raw: Type.Optional(Type.String()),
	trace: Type.Optional(Type.Array(TraceEntry)),
	orders: Type.Optional(Type.Array(Order)),
	fills: Type.Optional(Type.Array(Fill)),
});
export type AlertView = Static<typeof AlertView>;

/** One configured strategy as the API shows it. */
export const StrategyView = record({
	name: Type.String(),
	description: Type.Optional(Type.String()),
	enabled: Type.Boolean(),
	symbols: Type.Array(Type.String()),
	timeframes: Type.Array(Type.String()),
	accounts: Type.Array(Type.String()),
	/** The plugin file, or null where the strategy follows the alert as it is. */
	plugin: Type.Union([Type.String(), Type.Null()]),
	/** Counts the versions loaded since start; 0 without a plugin. */
	plugin_version: Type.Integer(),
	/** Why the newest save of the plugin is not in use; null when it is. */
	plugin_error: Type.Union([Type.String(), Type.Null()]),
	/** Alerts accepted and not yet ended. */
	waiting: Type.Integer(),
	trading_state: TradingState,
	/** An alert is expected this often, seconds; null where `expect_every` is not set. */
	expect_every_s: Type.Union([Type.Number(), Type.Null()]),
	/** When its last alert came; null where none ever came, and where `expect_every` is not set. */
	last_alert_at: Type.Union([Time, Type.Null()]),
	/** True where no alert came for that long. */
	silent: Type.Boolean(),
});
export type StrategyView = Static<typeof StrategyView>;

/** One account's risk limits and how much of each is used. */
export const RiskView = record({
	account: Type.String(),
	equity: DecimalText,
	/** Sum of |position × mark| over all symbols. */
	exposure: DecimalText,
	/** Null where loosened by its flag. */
	exposure_max: Type.Union([DecimalText, Type.Null()]),
	position_size_max: Type.Union([DecimalText, Type.Null()]),
	/** Equity lost since 00:00 UTC; 0 in profit. */
	daily_loss: DecimalText,
	daily_loss_max: Type.Union([DecimalText, Type.Null()]),
});
export type RiskView = Static<typeof RiskView>;
