/** The text of `nexus.d.ts`, which `nexus init` writes into plugins/ so that editors know the module "nexus". */

/** TypeScript declarations of the module `nexus`; a test holds that they agree with plugin-api.ts. */
export const pluginTypesText = `// What a nexus plugin can import. Written by \`nexus init\`; only editors read it.
declare module "nexus" {
	/** Exact decimal text such as "42000.5"; Number(text) where a float is good enough. */
	export type DecimalText = string;

	/** What arrived, understood. */
	export interface Alert {
		/** Ours; \`nexus explain ID\` shows what became of it. */
		id: string;
		/** The sender's own id, where it gave one. */
		alert_id?: string;
		type: "LONG_ENTRY" | "LONG_EXIT" | "SHORT_ENTRY" | "SHORT_EXIT" | "STOP_LOSS" | "TAKE_PROFIT" | "CUSTOM";
		/** As the sender wrote it, in lower case: "buy", "close_long", or a word of your own (then the type is CUSTOM). */
		action: string;
		/** Of an exit without a side. */
		closes?: "long" | "short" | "any";
		/** "BTC/USD"; "BTC/USDT:USDT" for a perpetual. */
		symbol: string;
		/** The symbol as the sender wrote it. */
		symbol_sent: string;
		exchange?: string;
		price?: DecimalText;
		strategy: string;
		/** "15m", "1h", "4h", "1d". */
		timeframe?: string;
		message?: string;
		/** The message's own time, ISO 8601. */
		time?: string;
		received_at: string;
		/** "0.5" units, or "50%" of the open position. */
		quantity?: string;
		/** The size of an entry where the message says it in no units: "5%" of equity, "250 USD", "risk 1%". */
		size?: string;
		/** The entry's limit price. */
		limit?: DecimalText;
		/** A price, or a distance from the entry such as "2%". */
		stop_loss?: string;
		take_profit?: string;
		/** True: resting entries are taken back first. */
		cancel?: boolean;
		/** "add" makes what is open larger, "reverse" turns it round. */
		relative?: "add" | "reverse";
		/** The sender's own limit on the message's age, seconds. */
		max_age_s?: number;
		/** What TradingView says its strategy held before and holds after the order. */
		stated?: {
			side: "long" | "short" | "flat";
			size?: DecimalText;
			previous_side?: "long" | "short" | "flat";
			previous_size?: DecimalText;
		};
		dialect: string;
		source: string;
		/** The message's other fields, as they came. */
		fields: Record<string, unknown>;
	}

	/** This strategy's own position in the alert's symbol. */
	export interface Position {
		account: string;
		strategy: string;
		symbol: string;
		side: "long" | "short" | "flat";
		quantity: DecimalText;
		average_price: DecimalText | null;
		unrealized_pnl: DecimalText;
		/** Since the first fill, after fees. */
		realized_pnl: DecimalText;
		/** Additions made since the position was opened. */
		additions: number;
		/** The last price known. */
		mark_price: DecimalText | null;
		/** What average_price and realized_pnl are rounded from. */
		exact?: { cost: DecimalText; gross: DecimalText; fees: DecimalText };
		updated_at: string;
	}

	/** What a strategy wants; build it with enterLong, enterShort, exit or skip, and return it. */
	export type Signal =
		| {
				kind: "enter";
				side: "long" | "short";
				size?: string;
				limit?: DecimalText;
				stop_loss?: string;
				take_profit?: string;
				reason?: string;
		  }
		| { kind: "exit"; side: "long" | "short" | "any"; quantity?: string; reason?: string }
		| { kind: "cancel"; reason?: string }
		| { kind: "skip"; code?: string; reason: string };

	/** Options of enterLong and enterShort. Prices are absolute (41000) or a distance from the entry ("2%"). */
	export interface EnterOptions {
		/** Overrides the strategy's size: "1%", "250 USD", "0.01 BTC", "risk 1%". Always with its unit. */
		readonly size?: string;
		/** Limit price; a market order where absent. */
		readonly limit?: string | number;
		readonly stopLoss?: string | number;
		readonly takeProfit?: string | number;
		/** Your own words; they stand in the trace. */
		readonly reason?: string;
	}

	/** Options of exit. */
	export interface ExitOptions {
		/** Close only a position on this side; whichever is open where absent. */
		readonly side?: "long" | "short" | "any";
		/** 0.5 units or "50%" of the position; all of it where absent. */
		readonly quantity?: string | number;
		readonly reason?: string;
	}

	/** What onAlert is given beside the alert. */
	export interface StrategyCall<
		Settings extends object = Record<string, unknown>,
		State extends object = Record<string, unknown>,
	> {
		/** This strategy's own open position in the alert's symbol; null when flat. */
		readonly position: Position | null;
		readonly account: { name: string; currency: string; equity: DecimalText };
		/** Your own memory, one object per strategy and account. Change it; it is kept, also over restarts. JSON only, at most 64 KB. */
		readonly state: State;
		/** The declared settings, each one overridden by nexus.yaml where it says so. */
		readonly settings: Readonly<Settings>;
		/** ISO 8601, UTC. */
		readonly now: string;
		/** Builds a signal; it does something only when it is returned. */
		enterLong(options?: EnterOptions): Signal;
		enterShort(options?: EnterOptions): Signal;
		exit(options?: ExitOptions): Signal;
		/** Do nothing, and say why. */
		skip(reason: string): Signal;
		/** Writes a line into the log of nexus. */
		log(...values: unknown[]): void;
	}

	/** What onAlert may return: one signal, up to 16 of them, or nothing (which is a skip). */
	export type StrategyReturn = Signal | readonly Signal[] | undefined | void;

	/** A strategy; nexus.yaml overrides what it declares. */
	export interface PineStrategy<
		Settings extends object = Record<string, unknown>,
		State extends object = Record<string, unknown>,
	> {
		/** What the alert's \`strategy\` field says. */
		readonly name: string;
		readonly description?: string;
		/** Other names under which alerts may ask for it. */
		readonly aliases?: readonly string[];
		/** Such as "BTC/USD"; every symbol where absent or empty. */
		readonly symbols?: readonly string[];
		/** Such as "1h"; every timeframe where absent or empty. */
		readonly timeframes?: readonly string[];
		/** 0.1 to 3.0, default 1. */
		readonly risk_multiplier?: number | string;
		readonly max_positions?: number;
		/** Default true. */
		readonly enabled?: boolean;
		/** "long": a sell only ever closes; "short" likewise. Default "both". */
		readonly direction?: "both" | "long" | "short";
		/** What an opposite entry does to an open position. Default "reverse". */
		readonly on_opposite?: "reverse" | "close" | "ignore";
		/** Additions allowed to an open position, default 0. */
		readonly pyramiding?: number;
		/** "1%" of equity, "250 USD", "0.01 BTC", "risk 1%", "alert". */
		readonly size?: string;
		/** The format its messages are read in, whatever their shape: "traderspost", or the name of a plugin's dialect. */
		readonly dialect?: string;
		/** The strategy's own settings with their defaults; nexus.yaml may override each, not add others. */
		readonly settings?: Settings;
		/** The state before the first alert; stored fields win over these. */
		readonly state?: State;
		/** Checks the settings after nexus.yaml was applied: return what is wrong, or nothing. */
		validate?(settings: Readonly<Settings>): string | readonly string[] | undefined | void;
		onAlert(alert: Alert, call: StrategyCall<Settings, State>): StrategyReturn | Promise<StrategyReturn>;
	}

	/** Made by pass, refuse and skip of a stage. */
	export interface StageVerdict {
		readonly verdict: "pass" | "notice" | "refuse" | "skip";
		readonly detail?: string;
	}

	/** What a stage's onAlert is given beside the alert. */
	export interface StageCall<Settings extends object = Record<string, unknown>> {
		readonly settings: Readonly<Settings>;
		/** Lets the alert go on; with words, they stand in the trace as a notice. */
		pass(detail?: string): StageVerdict;
		/** Ends the alert as rejected. */
		refuse(detail: string): StageVerdict;
		/** Ends the alert as skipped. */
		skip(detail: string): StageVerdict;
		log(...values: unknown[]): void;
	}

	/** A pipeline stage; it runs where \`pipeline:\` in nexus.yaml names it. */
	export interface PineStage<Settings extends object = Record<string, unknown>> {
		readonly name: string;
		readonly description?: string;
		readonly settings?: Settings;
		validate?(settings: Readonly<Settings>): string | readonly string[] | undefined | void;
		onAlert(alert: Alert, call: StageCall<Settings>): StageVerdict | Promise<StageVerdict>;
	}

	/** A message as a dialect is given it: an object whose numbers are exact decimal text (NaN is null), or a text. Credentials are taken out. */
	export type DialectMessage = string | Readonly<Record<string, unknown>>;

	/** What a dialect's read may return: one command or several in Nexus's own payload, or why there is none. */
	export type DialectReturn =
		| Readonly<Record<string, unknown>>
		| readonly Readonly<Record<string, unknown>>[]
		| { readonly refuse: string };

	/** A format of messages. */
	export interface PineDialect {
		/** Small letters, digits, - and _; \`?dialect=\` in the URL and \`dialect:\` under a strategy name it. */
		readonly name: string;
		readonly description?: string;
		/** The shape that is this format's and no other's: keys that an object has, or how a text begins. Left out: asked only where it is named. */
		readonly recognises?: { readonly keys: readonly string[] } | { readonly starts_with: string };
		/** Says the message in Nexus's own payload; what it throws refuses the message. */
		read(message: DialectMessage): DialectReturn | Promise<DialectReturn>;
	}

	/** Declares a strategy: the default export of a plugin file. */
	export function defineStrategy<
		Settings extends object = Record<string, unknown>,
		State extends object = Record<string, unknown>,
	>(strategy: PineStrategy<Settings, State>): PineStrategy<Settings, State>;

	/** Declares a pipeline stage: the default export of a plugin file. */
	export function defineStage<Settings extends object = Record<string, unknown>>(
		stage: PineStage<Settings>,
	): PineStage<Settings>;

	/** Declares a dialect: the default export of a plugin file. */
	export function defineDialect(dialect: PineDialect): PineDialect;
}
`;
