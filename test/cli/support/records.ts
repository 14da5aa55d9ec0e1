/** Example records, as a running nexus would show them. */
import type {
	Account,
	AlertView,
	Fill,
	Order,
	Position,
	StatedView,
	StrategyView,
	TradingStateEntry,
} from "../../../src/domain/records.ts";

export const order: Order = {
	id: "01KFB3Q7Z80-paper-1",
	client_order_id: "0123456789abcdef0123456789abcdef",
	alert_id: "01KFB3Q7Z80",
	account: "paper",
	strategy: "MyRSIStrategy",
	symbol: "BTC/USD",
	side: "buy",
	type: "market",
	leg: "entry",
	quantity: "0.5",
	filled_quantity: "0.5",
	average_price: "42021.50025",
	status: "filled",
	reduce_only: false,
	created_at: "2026-01-31T13:37:00.130Z",
	updated_at: "2026-01-31T13:37:00.138Z",
};

export const fill: Fill = {
	trade_id: "paper-1",
	order_id: order.id,
	account: "paper",
	strategy: "MyRSIStrategy",
	symbol: "BTC/USD",
	side: "buy",
	quantity: "0.5",
	price: "42021.50025",
	fee: "21.010750125",
	fee_currency: "USD",
	realized_pnl: "0",
	filled_at: "2026-01-31T13:37:00.138Z",
};

/** As the list shows it. */
export const executed: AlertView = {
	id: "01KFB3Q7Z80",
	alert_id: "m1",
	status: "executed",
	type: "LONG_ENTRY",
	action: "buy",
	strategy: "MyRSIStrategy",
	symbol: "BTC/USD",
	timeframe: "1h",
	price: "42000.5",
	received_at: "2026-01-31T13:37:00.123Z",
	ended_at: "2026-01-31T13:37:00.140Z",
	code: null,
	reason: null,
	message: "RSI crossed 30",
	source: "52.89.214.238",
	dialect: "nexus",
};

export const executedInFull: AlertView = {
	...executed,
	raw: '{"action": "buy", "symbol": "BTC/USD", "price": 42000.5, "strategy": "MyRSIStrategy", "alert_id": "m1"}',
	trace: [
		{ stage: "size", verdict: "pass", ms: 0.012 },
		{ stage: "signature", verdict: "pass", ms: 0.081, detail: "signed with webhook.secret_key" },
		{ stage: "dedupe", verdict: "pass", ms: 1.204 },
		{
			stage: "direction",
			verdict: "notice",
			code: "id_reused",
			ms: 0.2,
			detail: "The id m1 came before, at 2026-01-31 09:00:00 UTC, and meant LONG_EXIT BTC/USD then.",
		},
		{ stage: "broker", verdict: "pass", ms: 8.5 },
	],
	orders: [order],
	fills: [fill],
};

export const rejected: AlertView = {
	...executed,
	id: "01KFB3R0000",
	status: "rejected",
	type: "SHORT_ENTRY",
	action: "sell",
	symbol: "ETHUSD",
	timeframe: null,
	price: null,
	code: "symbol_not_allowed",
	reason: "ETHUSD is not among MyRSIStrategy's symbols BTC/USD; add it under strategies[0].symbols",
	received_at: "2026-01-31T13:40:00.000Z",
	ended_at: "2026-01-31T13:40:00.002Z",
};

export const waiting: AlertView = {
	...executed,
	id: "01KFB3R0001",
	status: "accepted",
	strategy: "AStrategyWithAVeryLongNameIndeed",
	ended_at: null,
	received_at: "2026-01-31T13:41:00.000Z",
};

export const position: Position = {
	account: "paper",
	strategy: "MyRSIStrategy",
	symbol: "BTC/USD",
	side: "long",
	quantity: "0.5",
	average_price: "42021.50025",
	unrealized_pnl: "-10.750125",
	realized_pnl: "-21.010750125",
	additions: 0,
	mark_price: "42000",
	updated_at: "2026-01-31T13:37:00.138Z",
};

export const flat: Position = {
	...position,
	symbol: "ETH/USD",
	side: "flat",
	quantity: "0",
	average_price: null,
	unrealized_pnl: "0",
	realized_pnl: "1234.5",
	mark_price: "2500",
};

/** TradingView holds more than we do. */
export const stated: StatedView = {
	strategy: "MyRSIStrategy",
	symbol: "BTC/USD",
	timeframe: "1h",
	side: "long",
	size: "1",
	alert_id: "01KFB3Q7Z80",
	updated_at: "2026-01-31T13:37:00.123Z",
	ours: [{ account: "paper", side: "long", quantity: "0.5", target: "1", difference: "0.5", in_step: false }],
	gaps: [],
	not_followed: null,
};

export const account: Account = {
	name: "paper",
	broker: "paper",
	currency: "USD",
	balance: "99978.989249875",
	equity: "99968.239124875",
	realized_pnl: "-21.010750125",
	day: "2026-01-31",
	day_start_equity: "100000",
	updated_at: "2026-01-31T13:37:00.138Z",
};

export const strategy: StrategyView = {
	name: "MyRSIStrategy",
	description: "RSI-based entry and exit",
	enabled: true,
	symbols: ["BTC/USD", "ETH/USD"],
	timeframes: ["1h", "4h"],
	accounts: ["paper"],
	plugin: null,
	plugin_version: 0,
	plugin_error: null,
	waiting: 0,
	trading_state: "active",
	expect_every_s: null,
	last_alert_at: null,
	silent: false,
};

export const halted: TradingStateEntry = {
	scope: "strategy",
	name: "MyRSIStrategy",
	state: "halted",
	freeze: false,
	actor: "cli",
	reason: "news at 14:30",
	since: "2026-01-31T13:50:00.000Z",
};
