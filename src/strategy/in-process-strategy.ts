/** A strategy that an embedding program registers: it runs in this process, unguarded by deadline or memory ceiling. */
import type { Strategy, StrategyAnswer, StrategyContext } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";
import type { StrategySettings } from "../domain/settings.ts";
import { askStrategy } from "./ask-strategy.ts";
import { checkAnswer } from "./check-answer.ts";
import { describeError } from "./describe-error.ts";
import type { PineStrategy } from "./plugin-api.ts";
import { type CompleteStrategy, type DecodeStrategy, problemLine } from "./strategy-reading.ts";

interface InProcessOptions {
	readonly decode: DecodeStrategy;
	readonly complete: CompleteStrategy;
	readonly log?: (strategy: string, ...values: unknown[]) => void;
}

function validated(strategy: PineStrategy, settings: Readonly<Record<string, unknown>>): void {
	const wrong: unknown = strategy.validate?.(settings);
	const list: unknown[] = Array.isArray(wrong) ? wrong : wrong === undefined || wrong === null ? [] : [wrong];
	if (list.length > 0) throw new Error(`strategy ${strategy.name}: its settings: ${list.map(String).join("; ")}`);
}

/** Throws Error where the declaration or its settings are wrong. */
export class InProcessStrategy implements Strategy {
	readonly settings: StrategySettings;
	readonly plugin = null;
	readonly follows = false;
	readonly #strategy: PineStrategy;
	readonly #log: (...values: unknown[]) => void;

	constructor(strategy: PineStrategy, { decode, complete, log }: InProcessOptions) {
		const { onAlert: _onAlert, validate: _validate, state: _state, ...declared } = strategy;
		const decoded = decode(declared, `strategy ${strategy.name}`);
		if (!decoded.ok) throw new Error(`strategy ${strategy.name}: ${problemLine(decoded.problems)}`);
		this.settings = complete(decoded.declaration.name, undefined, decoded.declaration);
		this.#strategy = strategy;
		this.#log = (...values) => log?.(strategy.name, ...values);
		validated(strategy, this.settings.settings);
	}

	async decide(alert: Alert, context: StrategyContext): Promise<StrategyAnswer> {
		const { name } = this.settings;
		const failed = (detail: string): StrategyAnswer => ({ ok: false, code: "strategy_error", detail });
		try {
			const raw = await askStrategy(this.#strategy, alert, context, this.settings.settings, this.#log);
			return raw.ok ? checkAnswer(raw.signals, raw.state) : failed(`${name}: ${raw.reason}`);
		} catch (thrown) {
			const isUserFile = (file: string): boolean => file.startsWith("/") && !file.startsWith(import.meta.dir);
			return failed(`${name}: ${describeError(thrown, process.cwd(), isUserFile)}`);
		}
	}
}
