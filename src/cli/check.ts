/** `nexus check`: is the configuration right, and does every plugin start. */
import { loadSettings } from "../config/load.ts";
import { formatProblem, type Problem } from "../config/problem.ts";
import { completeStrategy, decodeStrategy } from "../config/strategy.ts";
import { formatDecimal } from "../domain/decimal.ts";
import type { Settings, Size, StrategySettings } from "../domain/settings.ts";
import { PluginHost, type PluginView } from "../strategy/plugin-host.ts";
import { systemClock } from "../system-clock.ts";
import { answer } from "./answer.ts";
import { defineCommand } from "./command.ts";
import { configurationFile, shownPath } from "./configuration.ts";
import { exitCode } from "./exit-code.ts";
import { count } from "./format.ts";
import { type Column, table } from "./table.ts";
import { harmless, paint, type Terminal } from "./terminal.ts";

/** A strategy with everything filled in, and the plugin file that decides for it. */
interface Checked {
	readonly settings: StrategySettings;
	readonly plugin: string | null;
}

/** What the plugins said when each was started once. */
interface PluginFindings {
	readonly plugins: readonly PluginView[];
	readonly strategies: readonly Checked[];
	readonly problems: readonly Problem[];
}

const nothing: PluginFindings = { plugins: [], strategies: [], problems: [] };

function sizeWords(size: Size): string {
	const percent = (share: bigint): string => `${formatDecimal((share * 100n) as Parameters<typeof formatDecimal>[0])}%`;
	switch (size.kind) {
		case "equity_share":
			return percent(size.share);
		case "money":
			return `${formatDecimal(size.amount)} ${size.currency}`;
		case "units":
			return `${formatDecimal(size.quantity)} ${size.currency}`;
		case "risk_share":
			return `risk ${percent(size.share)}`;
		case "alert":
			return "alert";
		default:
			return size satisfies never;
	}
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

/** Starts every plugin once, in a process of its own, and ends it again. */
async function startPlugins(settings: Settings, file: string, terminal: Terminal): Promise<PluginFindings> {
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
		return { plugins, strategies, problems: [...broken, ...missing] };
	} finally {
		await host.stop();
	}
}

const columns: readonly Column<Checked>[] = [
	{ title: "STRATEGY", text: ({ settings }) => settings.name, min: 8 },
	{
		title: "DECIDED BY",
		text: ({ settings, plugin }) => (settings.enabled ? (plugin ?? "the alert") : "disabled"),
		min: 9,
	},
	{ title: "SYMBOLS", text: ({ settings }) => settings.symbols.join(" ") || "all", min: 7 },
	{ title: "TIMEFRAMES", text: ({ settings }) => settings.timeframes.join(" ") || "all", min: 5 },
	{ title: "SIZE", text: ({ settings }) => sizeWords(settings.size), align: "right" },
	{ title: "ACCOUNT", text: ({ settings }) => settings.accounts.map(({ account }) => account).join(" "), min: 7 },
];

interface Report extends PluginFindings {
	readonly file: string;
	/** False where the configuration itself cannot be used. */
	readonly loaded: boolean;
	readonly warnings: readonly Problem[];
}

function words(
	terminal: Terminal,
	{ file, loaded, problems, warnings, strategies, plugins }: Report,
): readonly string[] {
	const told = (found: readonly Problem[], mark: string): string[] =>
		found.map((problem) => harmless(mark + formatProblem(problem)));
	const amount = `${count(strategies.length, "strategy", "strategies")}, ${count(plugins.length, "plugin")}`;
	const wrong = `${count(problems.length, "problem")}${loaded ? "" : "; nexus does not start like this"}`;
	const verdict =
		problems.length === 0 ? paint(terminal, "green", `${file} is right: ${amount}`) : paint(terminal, "red", wrong);
	return [
		...told(problems, ""),
		...told(warnings, "warning: "),
		...(problems.length + warnings.length > 0 ? [""] : []),
		...(strategies.length === 0 ? [] : [...table(terminal, columns, strategies), ""]),
		verdict,
	];
}

export const command = defineCommand({
	name: "check",
	summary: "is the configuration right, and does every plugin start",
	about: [
		"Prints every problem with its file, line and column, and starts each plugin once. Nothing is served and nothing is sent. Exits with 78 where there is a problem.",
	],
	options: {},
	example: "nexus check --config nexus.yaml",
	async run(call) {
		const { terminal } = call;
		const path = configurationFile(call);
		const file = shownPath(path, terminal.folder);
		const loaded = loadSettings(path, terminal.environment);
		const named = (problems: readonly Problem[]) => problems.map((problem) => ({ ...problem, file }));
		const found = loaded.ok ? await startPlugins(loaded.settings, file, terminal) : nothing;
		const problems = [...(loaded.ok ? [] : named(loaded.problems)), ...found.problems];
		const warnings = loaded.ok ? named(loaded.warnings) : [];
		const strategies = found.strategies.map(({ settings, plugin }) => ({
			name: settings.name,
			enabled: settings.enabled,
			symbols: settings.symbols,
			timeframes: settings.timeframes,
			size: sizeWords(settings.size),
			accounts: settings.accounts.map(({ account }) => account),
			plugin,
		}));
		const json = { ok: problems.length === 0, file, problems, warnings, strategies, plugins: found.plugins };
		answer(call, json, () => words(terminal, { ...found, file, loaded: loaded.ok, problems, warnings }));
		return problems.length === 0 ? exitCode.ok : exitCode.configuration;
	},
});
