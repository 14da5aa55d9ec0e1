/** What is known of every strategy once each plugin was started: what a running nexus would know, without one. */
import { unknownDialect } from "../config/dialect-name.ts";
import type { Problem } from "../config/problem.ts";
import { completeStrategy, decodeStrategy } from "../config/strategy.ts";
import type { Settings, StrategySettings } from "../domain/settings.ts";
import { PluginHost, type PluginView } from "../strategy/plugin-host.ts";
import { systemClock } from "../system-clock.ts";
import { harmless, type Terminal } from "./terminal.ts";

/** A strategy with everything filled in, and the plugin file that decides for it. */
export interface Checked {
	readonly settings: StrategySettings;
	readonly plugin: string | null;
}

/** What the plugins said when each was started once. */
export interface PluginFindings {
	readonly plugins: readonly PluginView[];
	readonly strategies: readonly Checked[];
	readonly problems: readonly Problem[];
}

/** Of a configuration that cannot be used. */
export const noFindings: PluginFindings = { plugins: [], strategies: [], problems: [] };

/** Asks the plugins something while they run. */
export type WhileTheyRun = (found: PluginFindings, host: PluginHost) => Promise<void>;

/** The dialects that strategies name and nobody defines: of nexus.yaml by the key's path, of a plugin by its file. */
function missingDialects(
	{ strategies: written }: Settings,
	file: string,
	strategies: readonly Checked[],
	host: PluginHost,
): readonly Problem[] {
	const known = host.dialects().map(({ name }) => name);
	return strategies.flatMap(({ settings: { name, dialect }, plugin }) => {
		const wrong = dialect === undefined ? undefined : unknownDialect(dialect, known);
		if (wrong === undefined) return [];
		const index = written.findIndex((strategy) => strategy.name === name && strategy.dialect === dialect);
		if (index >= 0) return [problemOf(file, `strategies[${index}].dialect`, wrong)];
		return [problemOf(plugin ?? file, "dialect", wrong)];
	});
}

/** The problem of a file as a whole, or of the pipeline. */
const problemOf = (file: string, path: string, message: string): Problem => ({
	file,
	line: 0,
	column: 0,
	path,
	message,
});

/** Why a plugin is not in use, with the line and column that its error begins with. */
function brokenPlugin({ file, error }: PluginView): readonly Problem[] {
	if (error === null) return [];
	const said = error.startsWith(`${file}:`) ? error.slice(file.length + 1) : error;
	const [, line = "0", column = "0", message = said] = /^(\d+):(\d+): (.*)$/s.exec(said) ?? [];
	return [{ file, line: Number(line), column: Number(column), path: "", message: message.trim() }];
}

/** Settings that nexus.yaml hands to a plugin's strategy or stage. */
function overridesOf({ strategies, pipeline }: Settings, what: "strategy" | "stage", name: string) {
	if (what === "strategy") return strategies.find((strategy) => strategy.name === name)?.settings;
	return pipeline.flatMap((stage) => (stage.stage === "plugin" && stage.name === name ? [stage.settings] : []))[0];
}

/**
 * Starts every plugin once, in a process of its own, and ends it again.
 * @param file the configuration as it is named in problems
 * @param use called before they are ended
 */
export async function startPlugins(
	settings: Settings,
	file: string,
	terminal: Terminal,
	use?: WhileTheyRun,
): Promise<PluginFindings> {
	const host = new PluginHost({
		folder: settings.plugins,
		limits: settings.plugin_limits,
		decode: decodeStrategy,
		overrides: (what, name) => overridesOf(settings, what, name),
		clock: systemClock,
		log: (_, plugin, text) => terminal.err(harmless(`${plugin}: ${text}`)),
	});
	try {
		await host.start();
		const plugins = host.plugins();
		const declared = host.strategies();
		const names = new Set(
			[...settings.strategies, ...declared.map(({ declaration }) => declaration)].map(({ name }) => name),
		);
		const strategies = [...names].map((name) => {
			const plugin = declared.find(({ declaration }) => declaration.name === name);
			const yaml = settings.strategies.find((strategy) => strategy.name === name);
			return {
				settings: completeStrategy(name, yaml, plugin?.declaration, settings.accounts),
				plugin: plugin?.file ?? host.brokenFor(name)?.file ?? null,
			};
		});
		const broken = plugins.flatMap(brokenPlugin);
		const missing = settings.pipeline.flatMap((stage) =>
			stage.stage === "plugin" && host.stage(stage.name) === undefined
				? [problemOf(file, "pipeline", `no plugin defines the stage ${stage.name}; add it to ${settings.plugins}`)]
				: [],
		);
		const unread = missingDialects(settings, file, strategies, host);
		const found = { plugins, strategies, problems: [...broken, ...missing, ...unread] };
		await use?.(found, host);
		return found;
	} finally {
		await host.stop();
	}
}
