/** Opens every strategy there is: those of nexus.yaml, each with its plugin or without, and those that only a plugin declares. */
import type { Clock, Strategy, StrategyAnswer, StrategyContext } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";
import type { PluginLimits, StrategyDeclaration, StrategySettings } from "../domain/settings.ts";
import { follow } from "./follow.ts";
import { PineExecutor } from "./pine-executor.ts";
import type { PluginLog } from "./plugin-child.ts";
import { type HostedStrategy, type PluginChange, PluginHost } from "./plugin-host.ts";
import type { CompleteStrategy, DecodeStrategy } from "./strategy-reading.ts";

export interface OpenStrategiesOptions {
	/** The strategies of nexus.yaml, in its order. */
	readonly declarations: readonly StrategyDeclaration[];
	/** Settings of the stages that `pipeline:` names, for their plugins to check at the start. */
	readonly stages?: readonly { readonly name: string; readonly settings: Readonly<Record<string, unknown>> }[];
	/** Absolute path of the plugin folder; it may be missing. */
	readonly folder: string;
	readonly limits: PluginLimits;
	readonly decode: DecodeStrategy;
	readonly complete: CompleteStrategy;
	readonly clock: Clock;
	readonly log: PluginLog;
	/** Called after the executor knows of the change. */
	readonly onChange?: (change: PluginChange) => void;
}

export interface OpenedStrategies {
	readonly executor: PineExecutor;
	readonly host: PluginHost;
	/** Ends every plugin's process. */
	stop(): Promise<void>;
}

/** A strategy whose plugin may come, change and go while it stands. */
class ConfiguredStrategy implements Strategy {
	readonly #name: string;
	readonly #yaml: StrategyDeclaration | undefined;
	readonly #host: PluginHost;
	readonly #complete: CompleteStrategy;
	#settings: { readonly of: StrategyDeclaration | undefined; readonly settings: StrategySettings } | undefined;

	constructor(name: string, yaml: StrategyDeclaration | undefined, host: PluginHost, complete: CompleteStrategy) {
		this.#name = name;
		this.#yaml = yaml;
		this.#host = host;
		this.#complete = complete;
	}

	get settings(): StrategySettings {
		const declared = this.#host.strategy(this.#name)?.declaration;
		if (this.#settings === undefined || this.#settings.of !== declared) {
			this.#settings = { of: declared, settings: this.#complete(this.#name, this.#yaml, declared) };
		}
		return this.#settings.settings;
	}

	get plugin(): Strategy["plugin"] {
		const view = this.#host.strategy(this.#name) ?? this.#host.brokenFor(this.#name);
		return view === undefined ? null : { file: view.file, version: view.version, error: view.error };
	}

	get follows(): boolean {
		return this.#host.strategy(this.#name) === undefined && this.#host.brokenFor(this.#name) === undefined;
	}

	async decide(alert: Alert, context: StrategyContext): Promise<StrategyAnswer> {
		if (this.#host.strategy(this.#name) !== undefined) return this.#host.decide(this.#name, alert, context);
		const broken = this.#host.brokenFor(this.#name);
		if (broken === undefined) return { ok: true, signals: follow(alert, context.position) };
		return { ok: false, code: "strategy_error", detail: `no version of the plugin works yet: ${broken.error}` };
	}
}

/** Registers what only plugins declare, and takes out what no plugin declares any more; touches nothing else. */
class PluginStrategies {
	readonly #executor: PineExecutor;
	readonly #registered = new Set<string>();

	constructor(executor: PineExecutor) {
		this.#executor = executor;
	}

	sync(hosted: readonly HostedStrategy[], open: (name: string) => Strategy): void {
		const names = hosted.map(({ declaration }) => declaration.name);
		for (const name of this.#registered) {
			if (names.includes(name)) continue;
			this.#registered.delete(name);
			this.#executor.unregister(name);
		}
		for (const name of names) {
			if (this.#executor.get(name)?.settings.name === name) continue;
			this.#registered.add(name);
			this.#executor.register(open(name));
		}
	}
}

/** Resolves when every plugin runs or is known to be broken. A broken plugin is no error here: see `host.plugins()`. */
export async function openStrategies(options: OpenStrategiesOptions): Promise<OpenedStrategies> {
	const { declarations, stages = [], folder, limits, decode, complete, clock, log, onChange } = options;
	const executor = new PineExecutor({ decode, complete, clock });
	const pluginStrategies = new PluginStrategies(executor);
	const host = new PluginHost({
		folder,
		limits,
		decode,
		clock,
		log,
		overrides: (what, name) =>
			(what === "strategy" ? declarations : stages).find((entry) => entry.name === name)?.settings,
		onChange: (change) => {
			pluginStrategies.sync(host.strategies(), open);
			onChange?.(change);
		},
	});
	const open = (name: string, yaml?: StrategyDeclaration): Strategy =>
		new ConfiguredStrategy(name, yaml, host, complete);

	for (const declaration of declarations) executor.register(open(declaration.name, declaration));
	await host.start();
	return { executor, host, stop: () => host.stop() };
}
