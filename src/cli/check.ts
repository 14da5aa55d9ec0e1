/** `nexus check`: is the configuration right, and does every plugin start. */
import { loadSettings } from "../config/load.ts";
import { formatProblem, type Problem } from "../config/problem.ts";
import { formatDecimal } from "../domain/decimal.ts";
import type { Size } from "../domain/settings.ts";
import { answer } from "./answer.ts";
import { defineCommand } from "./command.ts";
import { configurationFile, shownPath } from "./configuration.ts";
import { exitCode } from "./exit-code.ts";
import { count } from "./format.ts";
import { type Checked, noFindings, type PluginFindings, startPlugins } from "./plugin-findings.ts";
import { type Column, table } from "./table.ts";
import { harmless, paint, type Terminal } from "./terminal.ts";

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
		const found = loaded.ok ? await startPlugins(loaded.settings, file, terminal) : noFindings;
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
