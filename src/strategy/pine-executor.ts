/** PineExecutor: the strategies by name, each of which can be asked what an alert means to it. */
import type { Code, Ending } from "../domain/codes.ts";
import type {
	Clock,
	Strategy,
	StrategyAnswer,
	StrategyContext,
	StrategyDirectory,
	StrategySignal,
} from "../domain/ports.ts";
import type { Alert, Signal } from "../domain/records.ts";
import type { StrategySettings } from "../domain/settings.ts";
import { notAllowed } from "./allowed.ts";
import { InProcessStrategy } from "./in-process-strategy.ts";
import { isStrategy, type PineStrategy } from "./plugin-api.ts";
import type { CompleteStrategy, DecodeStrategy } from "./strategy-reading.ts";

/** The outcome of {@link PineExecutor.execute}, in the words an embedding program shows. */
export interface ExecutionResult {
	readonly status: "executed" | "skipped" | "failed";
	/** `Alert processed`, or `skipped, because …`, or `failed, because …`. */
	readonly message: string;
	/** From the closed list, where it was not executed. */
	readonly code?: Code;
	/** What the strategy wants, ready for `TradingEngine.processCycle`; empty unless executed. */
	readonly signals: readonly StrategySignal[];
}

/** How a {@link PineStrategy} becomes settings; `src/config` has both functions. */
export interface PineExecutorOptions {
	readonly decode: DecodeStrategy;
	readonly complete: CompleteStrategy;
	/** Where strategies that run in this process write with `log(...)`; nowhere by default. */
	readonly log?: (strategy: string, ...values: unknown[]) => void;
	/** For the time that `execute` tells a strategy. */
	readonly clock: Pick<Clock, "now">;
}

/** The registered strategies. */
export class PineExecutor implements StrategyDirectory {
	readonly #options: PineExecutorOptions;
	readonly #strategies: Strategy[] = [];
	/** The states of strategies asked by `execute` without one in the context. */
	readonly #states = new Map<Strategy, unknown>();

	constructor(options: PineExecutorOptions) {
		this.#options = options;
	}

	/**
	 * Adds what defineStrategy returned, to run unguarded in this process, or any {@link Strategy}.
	 * Throws Error where the name is taken or the declaration is wrong.
	 */
	register(strategy: PineStrategy | Strategy): void {
		const added = "decide" in strategy ? strategy : this.#inProcess(strategy);
		const { name } = added.settings;
		if (this.get(name)?.settings.name === name) throw new Error(`a strategy named ${name} is registered already`);
		this.#strategies.push(added);
	}

	/** True where there was one of exactly this name. */
	unregister(name: string): boolean {
		const index = this.#strategies.findIndex(({ settings }) => settings.name === name);
		if (index < 0) return false;
		for (const removed of this.#strategies.splice(index, 1)) this.#states.delete(removed);
		return true;
	}

	/** By name, then alias, exactly; then both without regard to case. */
	get(nameOrAlias: string): Strategy | undefined {
		const all = this.#strategies;
		const wanted = nameOrAlias.toLowerCase();
		return (
			all.find(({ settings }) => settings.name === nameOrAlias) ??
			all.find(({ settings }) => settings.aliases.includes(nameOrAlias)) ??
			all.find(({ settings }) => settings.name.toLowerCase() === wanted) ??
			all.find(({ settings }) => settings.aliases.some((alias) => alias.toLowerCase() === wanted))
		);
	}

	find(nameOrAlias: string): StrategySettings | undefined {
		return this.get(nameOrAlias)?.settings;
	}

	all(): readonly StrategySettings[] {
		return this.#strategies.map(({ settings }) => settings);
	}

	/** In the order of registration. */
	list(): readonly Strategy[] {
		return [...this.#strategies];
	}

	/** Asks one strategy. An unknown name is a bug of the caller and throws: the pipeline has looked it up before. */
	async decide(alert: Alert, strategyName: string, context: StrategyContext): Promise<StrategyAnswer> {
		const strategy = this.get(strategyName);
		if (strategy === undefined) throw new Error(`no strategy is named ${strategyName}`);
		return strategy.decide(alert, context);
	}

	/**
	 * For embedding programs: finds the alert's strategy, checks that it may act on it, and asks it.
	 * @param context what the strategy holds; flat, on an empty account, where absent. A strategy's state is kept here unless it is given
	 */
	async execute(alert: Alert, context?: StrategyContext): Promise<ExecutionResult> {
		const found = this.#find(alert);
		if ("code" in found) return ended("skipped", found);
		const { strategy, index } = found;
		const refusal = notAllowed(alert, strategy.settings, index);
		if (refusal !== undefined) return ended("skipped", refusal);
		const given = context ?? this.#flat(strategy);
		const keeps = given.state === undefined;
		const answer = await strategy.decide(alert, keeps ? { ...given, state: this.#states.get(strategy) } : given);
		if (!answer.ok) return ended("failed", answer);
		if (keeps && answer.state !== undefined) this.#states.set(strategy, answer.state);
		const acts = answer.signals.some(({ kind }) => kind !== "skip");
		if (acts)
			return { status: "executed", message: "Alert processed", signals: forCycle(alert, strategy, answer.signals) };
		const reasons = answer.signals.map(({ reason }) => reason).join("; ");
		const coded = answer.signals.find((signal) => signal.kind === "skip" && signal.code === "custom_needs_plugin");
		return ended("skipped", { code: coded === undefined ? "strategy_skip" : "custom_needs_plugin", detail: reasons });
	}

	#find(alert: Alert): { readonly strategy: Strategy; readonly index: number } | Ending {
		const only = this.#strategies.length === 1 && alert.strategy === "" ? this.#strategies[0] : undefined;
		const strategy = only ?? this.get(alert.strategy);
		if (strategy !== undefined) return { strategy, index: this.#strategies.indexOf(strategy) };
		const names = this.#strategies.map(({ settings }) => settings.name).join(", ") || "none";
		const asked = alert.strategy === "" ? "the alert names no strategy" : `no strategy is named ${alert.strategy}`;
		return { code: "unknown_strategy", detail: `${asked}; there is ${names}` };
	}

	#flat(strategy: Strategy): StrategyContext {
		const account = strategy.settings.accounts[0]?.account ?? "paper";
		return {
			account: { name: account, currency: "USD", equity: "0" },
			position: null,
			state: undefined,
			now: new Date(this.#options.clock.now()).toISOString(),
		};
	}

	#inProcess(strategy: PineStrategy): Strategy {
		if (!isStrategy(strategy)) throw new TypeError("register() takes what defineStrategy() returns");
		const { decode, complete, log } = this.#options;
		return new InProcessStrategy(strategy, { decode, complete, ...(log === undefined ? {} : { log }) });
	}
}

function ended(status: "skipped" | "failed", { code, detail }: Ending): ExecutionResult {
	return { status, message: `${status}, because ${detail}`, code, signals: [] };
}

function forCycle(alert: Alert, { settings }: Strategy, signals: readonly Signal[]): readonly StrategySignal[] {
	const price = alert.price === undefined ? {} : { price: alert.price };
	return signals.map((signal) => ({ strategy: settings.name, symbol: alert.symbol, ...price, signal }));
}
