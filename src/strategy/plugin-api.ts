/** The module `nexus` that plugins import: defineStrategy, defineStage and defineDialect, and the types of what they are given. */
import type { Recognition } from "../domain/plugin-dialects.ts";
import type { Account, Alert, Position, Signal } from "../domain/records.ts";

export type { Alert, Position, Signal };

/** Marks what defineStrategy made; a registered symbol, so that it survives a second copy of this module. */
const strategyMark = Symbol.for("nexus.strategy");
const stageMark = Symbol.for("nexus.stage");
const dialectMark = Symbol.for("nexus.dialect");

/** The account a strategy is asked for; equity is decimal text in `currency`. */
export type CallAccount = Pick<Account, "name" | "currency" | "equity">;

/** Options of enterLong and enterShort. Prices are absolute (`41000`) or a distance from the entry (`"2%"`). */
export interface EnterOptions {
	/** Overrides the strategy's size: `"1%"`, `"250 USD"`, `"0.01 BTC"`, `"risk 1%"`. Always with its unit. */
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
	/** `0.5` units or `"50%"` of the position; all of it where absent. */
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
	readonly account: CallAccount;
	/** Your own memory, one object per strategy and account. Change it; it is kept with the answer, also over restarts. JSON only, at most 64 KB. */
	readonly state: State;
	/** The declared `settings`, each one overridden by nexus.yaml where it says so. */
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

/** A strategy as written in a plugin file or by an embedding program; nexus.yaml overrides what it declares. */
export interface PineStrategy<
	Settings extends object = Record<string, unknown>,
	State extends object = Record<string, unknown>,
> {
	/** What the alert's `strategy` field says. */
	readonly name: string;
	readonly description?: string;
	/** Other names under which alerts may ask for it. */
	readonly aliases?: readonly string[];
	/** Such as `BTC/USD`; every symbol where absent or empty. */
	readonly symbols?: readonly string[];
	/** Such as `1h`; every timeframe where absent or empty. */
	readonly timeframes?: readonly string[];
	/** 0.1 to 3.0, default 1. */
	readonly risk_multiplier?: number | string;
	readonly max_positions?: number;
	/** Default true. */
	readonly enabled?: boolean;
	readonly direction?: "both" | "long" | "short";
	readonly on_opposite?: "reverse" | "close" | "ignore";
	/** Additions allowed to an open position, default 0. */
	readonly pyramiding?: number;
	/** `"1%"` of equity, `"250 USD"`, `"0.01 BTC"`, `"risk 1%"`, `"alert"`. */
	readonly size?: string;
	/** The format its messages are read in, whatever their shape: `"traderspost"`, or the name of a plugin's dialect. */
	readonly dialect?: string;
	/** The strategy's own settings with their defaults; nexus.yaml may override each, not add others. */
	readonly settings?: Settings;
	/** The state before the first alert; stored fields win over these. */
	readonly state?: State;
	/** Checks the settings after nexus.yaml was applied: return what is wrong, or nothing. */
	validate?(settings: Readonly<Settings>): string | readonly string[] | undefined | void;
	onAlert(alert: Alert, call: StrategyCall<Settings, State>): StrategyReturn | Promise<StrategyReturn>;
}

/** What a stage's onAlert is given beside the alert. */
export interface StageCall<Settings extends object = Record<string, unknown>> {
	/** The declared `settings`, each one overridden by nexus.yaml where it says so. */
	readonly settings: Readonly<Settings>;
	/** Lets the alert go on; with words, they stand in the trace as a notice. */
	pass(detail?: string): StageVerdict;
	/** Ends the alert as rejected. */
	refuse(detail: string): StageVerdict;
	/** Ends the alert as skipped. */
	skip(detail: string): StageVerdict;
	log(...values: unknown[]): void;
}

/** Made by pass, refuse and skip of a {@link StageCall}. */
export interface StageVerdict {
	readonly verdict: "pass" | "notice" | "refuse" | "skip";
	readonly detail?: string;
}

/** A pipeline stage as written in a plugin file; it runs where `pipeline:` in nexus.yaml names it. */
export interface PineStage<Settings extends object = Record<string, unknown>> {
	readonly name: string;
	readonly description?: string;
	readonly settings?: Settings;
	validate?(settings: Readonly<Settings>): string | readonly string[] | undefined | void;
	onAlert(alert: Alert, call: StageCall<Settings>): StageVerdict | Promise<StageVerdict>;
}

/** A message as a dialect is given it: an object whose numbers are exact decimal text (`NaN` is null), or a text. Credentials are taken out. */
export type DialectMessage = string | Readonly<Record<string, unknown>>;

/** What a dialect's `read` may return: one command or several in Nexus's own payload, or why there is none. */
export type DialectReturn =
	| Readonly<Record<string, unknown>>
	| readonly Readonly<Record<string, unknown>>[]
	| { readonly refuse: string };

/** A format of messages as written in a plugin file. */
export interface PineDialect {
	/** Small letters, digits, `-` and `_`; `?dialect=` and `dialect:` name it. */
	readonly name: string;
	readonly description?: string;
	/** The shape that is this format's and no other's; absent: it is asked only where it is named. */
	readonly recognises?: Recognition;
	/** Says the message in Nexus's own payload; what it throws refuses the message. */
	read(message: DialectMessage): DialectReturn | Promise<DialectReturn>;
}

function mark(what: string, definition: unknown, symbol: symbol, method: "onAlert" | "read" = "onAlert"): void {
	if (typeof definition !== "object" || definition === null) throw new TypeError(`${what}() needs an object`);
	const { name, [method]: call } = definition as { name?: unknown; onAlert?: unknown; read?: unknown };
	if (typeof name !== "string" || name.trim() === "") throw new TypeError(`${what}(): name must be a text`);
	if (typeof call !== "function") throw new TypeError(`${what}(): ${method} must be a function`);
	// Enumerable, so that `{ ...strategy, name: "Other" }` is a strategy too.
	Object.defineProperty(definition, symbol, { value: true, enumerable: true });
}

/** Declares a strategy; the default export of a plugin file, or what `PineExecutor.register` takes. Throws TypeError without a name or onAlert. */
export function defineStrategy<
	Settings extends object = Record<string, unknown>,
	State extends object = Record<string, unknown>,
>(strategy: PineStrategy<Settings, State>): PineStrategy<Settings, State> {
	mark("defineStrategy", strategy, strategyMark);
	return strategy;
}

/** Declares a pipeline stage; the default export of a plugin file. Throws TypeError without a name or onAlert. */
export function defineStage<Settings extends object = Record<string, unknown>>(
	stage: PineStage<Settings>,
): PineStage<Settings> {
	mark("defineStage", stage, stageMark);
	return stage;
}

/** Declares a dialect; the default export of a plugin file. Throws TypeError without a name or read. */
export function defineDialect(dialect: PineDialect): PineDialect {
	mark("defineDialect", dialect, dialectMark, "read");
	return dialect;
}

/** True for what {@link defineStrategy} returned. */
export function isStrategy(value: unknown): value is PineStrategy {
	return typeof value === "object" && value !== null && strategyMark in value;
}

/** True for what {@link defineStage} returned. */
export function isStage(value: unknown): value is PineStage {
	return typeof value === "object" && value !== null && stageMark in value;
}

/** True for what {@link defineDialect} returned. */
export function isDialect(value: unknown): value is PineDialect {
	return typeof value === "object" && value !== null && dialectMark in value;
}
