/** The settings as the program uses them: durations in milliseconds, sizes in bytes, shares and money as Decimal. `config/` makes them from nexus.yaml. */
import type { Decimal } from "./decimal.ts";

/** How large an entry is, before the strategy's risk_multiplier. */
export type Size =
	/** `1%`: share of the account's equity (0.01). */
	| { readonly kind: "equity_share"; readonly share: Decimal }
	/** `250 USD`: money in the account's currency. */
	| { readonly kind: "money"; readonly amount: Decimal; readonly currency: string }
	/** `0.01 BTC`: units of the symbol's base currency. */
	| { readonly kind: "units"; readonly quantity: Decimal; readonly currency: string }
	/** `risk 1%`: as much as loses this share of equity at the signal's stop_loss. */
	| { readonly kind: "risk_share"; readonly share: Decimal }
	/** `alert`: the quantity in the message. */
	| { readonly kind: "alert" };

export type Direction = "both" | "long" | "short";
export type OnOpposite = "reverse" | "close" | "ignore";

/** What a strategy says about itself, in nexus.yaml or in its plugin file; what it leaves out is undefined. */
export interface StrategyDeclaration {
	readonly name: string;
	readonly description?: string;
	readonly aliases?: readonly string[];
	/** Canonical symbols; an empty list allows every symbol. */
	readonly symbols?: readonly string[];
	/** Canonical timeframes; an empty list allows every timeframe. */
	readonly timeframes?: readonly string[];
	readonly enabled?: boolean;
	/** 0.1 to 3.0 */
	readonly risk_multiplier?: Decimal;
	readonly max_positions?: number;
	/** With each account its own size, or undefined for the strategy's `size`. */
	readonly accounts?: readonly { readonly account: string; readonly size?: Size }[];
	readonly direction?: Direction;
	readonly on_opposite?: OnOpposite;
	readonly pyramiding?: number;
	readonly size?: Size;
	/** An alert is expected this often; undefined: nobody waits for one. */
	readonly expect_every_ms?: number;
	/** Path tokens, at most two while rotating. Secret. */
	readonly tokens?: readonly string[];
	/** Secrets accepted inside the body. Secret. */
	readonly secrets?: readonly string[];
	/** The dialect its messages are read in, whatever their shape; by their shape where absent. */
	readonly dialect?: string;
	/** The plugin's own settings, handed to it as they are. */
	readonly settings?: Readonly<Record<string, unknown>>;
}

/** What stays undefined where nobody sets it. */
type Unset = "description" | "dialect" | "expect_every_ms";

/** A declaration with every default filled in: YAML over plugin file over default. */
export type StrategySettings = Required<Omit<StrategyDeclaration, Unset>> & Pick<StrategyDeclaration, Unset>;

export interface AccountSettings {
	readonly name: string;
	/** `paper` is play money; every other broker trades for real. */
	readonly broker: "paper" | "rest";
	readonly currency: string;
	/** Starting balance of a paper account; zero on a live one, whose balance the exchange knows. */
	readonly balance: Decimal;
	/** Share of the notional taken as a fee (0.001 for 0.1%); on a live account the estimate that free money is checked with. */
	readonly fee: Decimal;
	/** Share by which a market order's price is worse than the reference; zero on a live account. */
	readonly slippage: Decimal;
	/** True: no short positions, as on a spot exchange. */
	readonly spot: boolean;
	/** Live accounts: what a difference to the exchange at the start leads to; `report` where absent. */
	readonly reconcile?: ReconcilePolicy;
	/** With `broker: rest`: the bridge that it asks. */
	readonly rest?: RestSettings;
}

/**
 * What is done where the exchange has another position than the journal. `report`: it is told, and the strategies keep theirs.
 * `follow_exchange`: theirs shrink to what is there. `halt`: it is told, and the account is halted until a person resumes it.
 */
export type ReconcilePolicy = "report" | "follow_exchange" | "halt";

/** How a bridge of the user's own is asked; its protocol stands in docs/rest-broker.md. */
export interface RestSettings {
	/** Without a slash at its end. */
	readonly url: string;
	/** Bearer key; "" sends none. Secret. */
	readonly key: string;
	/** The bridge accepts no order later than this; undefined where it cannot promise that. */
	readonly request_expiry_ms: number | undefined;
	/** How long an accepted order may stay out of what the bridge answers. */
	readonly read_lag_ms: number;
	/** For one request, from its first byte to the answer's last. */
	readonly timeout_ms: number;
	/** Between two questions for new fills and prices. */
	readonly poll_ms: number;
	/** True where the bridge finds orders, open and ended, by client order id. */
	readonly lookup: boolean;
}

export interface WebhookSettings {
	readonly host: string;
	/** 0 lets the system choose. */
	readonly port: number;
	/** Starts with "/". */
	readonly path: string;
	/** "" means no signature check. Secret. */
	readonly secret_key: string;
	/** Path tokens that are valid for every strategy, at most two while rotating. Secret. */
	readonly tokens: readonly string[];
	/** Addresses and CIDR ranges that may post; empty allows all. The word `tradingview` is already expanded. */
	readonly sources: readonly string[];
	/** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
	readonly trusted_proxies: readonly string[];
	readonly body_max_bytes: number;
	/** Failed attempts allowed per source: tokens per second and the bucket's size. */
	readonly failures: Rate;
	/** How the outside reaches us, for the URLs that are printed; "" derives it from host and port. */
	readonly public_url: string;
}

export interface Rate {
	readonly per_second: number;
	readonly burst: number;
}

export interface RiskSettings {
	/** Share of equity one position may be worth; undefined with unlimited_position_size. */
	readonly max_position_size: Decimal | undefined;
	readonly max_exposure: Decimal | undefined;
	readonly max_daily_loss: Decimal | undefined;
}

export interface DedupeSettings {
	readonly window_ms: number;
	readonly id_window_ms: number;
	readonly header_id_window_ms: number;
}

/** One stage of `pipeline:` in the order written. */
export type StageSettings =
	| { readonly stage: "signature" /** Largest age of a Standard Webhooks timestamp. */; readonly tolerance_ms: number }
	| ({ readonly stage: "dedupe" } & DedupeSettings)
	| ({
			readonly stage: "rate_limit";
			/** Entries of one strategy that may wait; more get 429. */
			readonly queue_max: number;
	  } & Rate)
	| { readonly stage: "freshness"; readonly max_age_ms: number }
	| { readonly stage: "sequence"; readonly hold_ms: number; readonly on_gap: "follow" | "ignore" | "halt" }
	| { readonly stage: "risk" }
	| { readonly stage: "plugin"; readonly name: string; readonly settings: Readonly<Record<string, unknown>> };

/** What each plugin process may use. */
export interface PluginLimits {
	/** For one call of onAlert. */
	readonly deadline_ms: number;
	readonly memory_bytes: number;
	/** From start to ready. */
	readonly start_ms: number;
}

export interface JournalSettings {
	/** The journal's file may not grow over this; then 503 until there is room. */
	readonly size_max_bytes: number;
	/** Ended alerts older than this are removed. */
	readonly keep_ms: number;
}

/** A whole nexus.yaml, decoded. */
export interface Settings {
	/** The file it came from, for messages. */
	readonly file: string;
	readonly webhook: WebhookSettings;
	/** Absolute path of the data folder. */
	readonly data: string;
	/** Absolute path of the plugin folder. */
	readonly plugins: string;
	readonly plugin_limits: PluginLimits;
	readonly accounts: readonly AccountSettings[];
	readonly strategies: readonly StrategyDeclaration[];
	readonly risk: RiskSettings;
	readonly pipeline: readonly StageSettings[];
	/** TradingView's spelling to canonical symbol; wins over every rule. */
	readonly symbols_map: Readonly<Record<string, string>>;
	readonly journal: JournalSettings;
	/** From nexus.yaml or NEXUS_ADMIN_TOKEN; undefined: made at the first start and kept in the data folder. Secret. */
	readonly admin_token: string | undefined;
	readonly log: { readonly level: "debug" | "info" | "warn" | "error"; readonly format: "text" | "json" };
}
