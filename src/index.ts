/** What an embedding program imports: WebhookServer, PineExecutor, TradingEngine, defineStrategy and their types. */
import { meaningKey } from "./alert/meaning.ts";
import { readBody } from "./alert/read.ts";
import { PaperBroker } from "./broker/paper.ts";
import { formatProblem, parseSettings } from "./config/load.ts";
import { parseSize } from "./config/size.ts";
import { completeStrategy, decodeStrategy } from "./config/strategy.ts";
import { idOf, SequenceMaker } from "./domain/id.ts";
import type { Change, Clock, Log, StrategyContext } from "./domain/ports.ts";
import type { PineAlert } from "./domain/records.ts";
import type { Settings } from "./domain/settings.ts";
import { resolveSymbol } from "./domain/symbol.ts";
import { TradingEngine as Engine } from "./engine/trading-engine.ts";
import { WebhookServer as Server, type WebhookServerOptions as ServerOptions } from "./http/webhook-server.ts";
import { riskOfficer } from "./risk/approve.ts";
import { PineExecutor as Executor } from "./strategy/pine-executor.ts";
import { systemClock } from "./system-clock.ts";

export { loadSettings } from "./config/load.ts";
export type { Clock, Log, StrategyContext, StrategySignal } from "./domain/ports.ts";
export type {
	Account,
	Alert,
	AlertType,
	AlertView,
	Fill,
	Order,
	PineAlert,
	Position,
	Signal,
	TraceEntry,
} from "./domain/records.ts";
export type { Settings } from "./domain/settings.ts";
export type { CycleResult } from "./engine/trading-engine.ts";
export { type NexusOptions, type RunningNexus, StartError, startNexus } from "./nexus.ts";
export type { ExecutionResult } from "./strategy/pine-executor.ts";
export {
	defineDialect,
	defineStage,
	defineStrategy,
	type PineDialect,
	type PineStage,
	type PineStrategy,
} from "./strategy/plugin-api.ts";

/**
 * The settings of a configuration written as an object, with the keys and spellings of nexus.yaml.
 * @throws Error with every problem, one a line
 */
export function settingsOf(written: Readonly<Record<string, unknown>>): Settings {
	const result = parseSettings(JSON.stringify(written), { file: "configuration", env: {} });
	if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
	return result.settings;
}

const sequences = new SequenceMaker();

/**
 * The alert in a message as TradingView sends it, for programs that do not get it from a {@link WebhookServer}.
 * @throws Error that says what is wrong with the message, also where it holds several alerts
 */
export function alertOf(message: string | Readonly<Record<string, unknown>>): PineAlert {
	const now = systemClock.now();
	const body = readBody(typeof message === "string" ? message : JSON.stringify(message), { received_at: now });
	const [item, ...others] = body.ok ? body.items : [body];
	if (item === undefined || others.length > 0) throw new Error("the message does not hold exactly one alert");
	if (!item.ok) throw new Error(`${item.refusal.code}: ${item.refusal.detail}`);
	const { secrets: _secrets, strategy = "", ...rest } = item.reading;
	const resolved = resolveSymbol(rest.symbol_sent, [], {});
	return {
		...rest,
		id: idOf(sequences.next(now)),
		symbol: resolved.ok ? resolved.symbol : rest.symbol_sent,
		strategy,
		source: "program",
		received_at: new Date(now).toISOString(),
	};
}

const paperOnly = { accounts: { paper: { broker: "paper", currency: "USD", balance: 100_000 } } } as const;

/** The webhook server with the system's clock and nexus's own way of reading alerts; see docs/embedding.md. */
export class WebhookServer extends Server {
	/** @throws RangeError where an option is out of its range */
	constructor(options: Partial<ServerOptions> = {}) {
		super({ clock: systemClock, reader: { readBody, meaningKey, resolveSymbol }, ...options });
	}
}

export interface PineExecutorOptions {
	/** As under `accounts:` in nexus.yaml; a paper account named `paper` with 100,000 USD where absent. */
	readonly accounts?: Readonly<Record<string, unknown>>;
	/** Where strategies write with `log(...)`. */
	readonly log?: (strategy: string, ...values: unknown[]) => void;
}

/** The executor with nexus's own way of reading declarations. */
export class PineExecutor extends Executor {
	/** @throws Error where the accounts are wrong */
	constructor(options: PineExecutorOptions = {}) {
		const { accounts } = settingsOf({ accounts: options.accounts ?? paperOnly.accounts });
		super({
			decode: decodeStrategy,
			complete: (name, yaml, plugin) => completeStrategy(name, yaml, plugin, accounts),
			clock: systemClock,
			...(options.log === undefined ? {} : { log: options.log }),
		});
	}
}

export interface TradingEngineOptions {
	/** Whose settings (size, direction, accounts …) the signals are executed with. */
	readonly executor: Executor;
	/** As under `accounts:` in nexus.yaml; the same as the executor's. */
	readonly accounts?: Readonly<Record<string, unknown>>;
	/** As under `risk:` in nexus.yaml. */
	readonly risk?: Readonly<Record<string, unknown>>;
	readonly clock?: Clock;
	readonly log?: Log;
	/** Told every change (orders, fills, positions) in the order they happen. Where absent they live in memory only. */
	readonly onChanges?: (changes: readonly Change[]) => void;
}

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The engine on paper accounts, in memory; `startNexus` is the one that keeps a journal. */
export class TradingEngine extends Engine {
	readonly #executor: Executor;
	readonly #now: () => string;

	/** @throws Error where accounts or risk are wrong */
	constructor(options: TradingEngineOptions) {
		const { executor, clock = systemClock, log = silent, onChanges } = options;
		const written = { accounts: options.accounts ?? paperOnly.accounts };
		const { accounts, risk } = settingsOf(options.risk === undefined ? written : { ...written, risk: options.risk });
		super({
			clock,
			log,
			accounts,
			parseSize,
			brokers: accounts.map((account) => new PaperBroker(account, clock)),
			risk: riskOfficer(risk),
			settingsOf: (strategy) => executor.find(strategy),
			snapshot: {
				positions: [],
				accounts: [],
				open_orders: [],
				ended_orders: [],
				ended_alerts: [],
				trades: [],
				trading_states: [],
			},
			journal: {
				commit: async (changes) => onChanges?.(changes),
				strategyState: async () => undefined,
				work: async () => ({ intents: [], orders: [] }),
			},
		});
		this.#executor = executor;
		this.#now = () => new Date(clock.now()).toISOString();
	}

	/** What a strategy holds on its first account, for {@link PineExecutor.execute}. */
	context(strategy: string, symbol: string): StrategyContext {
		const settings = this.#executor.find(strategy);
		const account = this.book.account(settings?.accounts[0]?.account ?? "paper");
		const position = this.book.position(account.name, settings?.name ?? strategy, symbol) ?? null;
		const { name, currency, equity } = account;
		return { account: { name, currency, equity }, position, state: undefined, now: this.#now() };
	}
}
