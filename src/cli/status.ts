/** `nexus status`: is it running, is trading on, what came and what became of it. */
import type { Account, StrategyView } from "../domain/records.ts";
import { alertStatuses } from "./alerts.ts";
import { answer } from "./answer.ts";
import { connect, type StatusView } from "./client.ts";
import { defineCommand, urlOption } from "./command.ts";
import { exitCode } from "./exit-code.ts";
import { bytes, count, money, span } from "./format.ts";
import { brokenWords } from "./start-up-text.ts";
import { type Column, table, wrap } from "./table.ts";
import { harmless, paint, type Terminal } from "./terminal.ts";
import { statesWords } from "./trading-state.ts";

const label_columns = 10;

const accountColumns: readonly Column<Account>[] = [
	{ title: "ACCOUNT", text: ({ name }) => name, min: 8 },
	{ title: "BROKER", text: ({ broker }) => broker, min: 6 },
	{ title: "EQUITY", text: ({ equity }) => money(equity), align: "right" },
	{ title: "BALANCE", text: ({ balance }) => money(balance), align: "right", optional: true },
	{ title: "TAKEN P/L", text: ({ realized_pnl }) => money(realized_pnl, true), align: "right" },
	{ title: "CURRENCY", text: ({ currency }) => currency },
];

/** How a strategy stands: its plugin's trouble first. */
function strategyState({ enabled, plugin, plugin_error, trading_state }: StrategyView): string {
	if (plugin_error !== null) return "plugin broken";
	if (!enabled) return "disabled";
	if (trading_state !== "active") return trading_state;
	return plugin === null ? "follows the alert" : "plugin";
}

const strategyColumns: readonly Column<StrategyView>[] = [
	{ title: "STRATEGY", text: ({ name }) => name, min: 8 },
	{
		title: "STATE",
		text: strategyState,
		paint: (view) => (view.plugin_error !== null ? "red" : view.trading_state === "active" ? undefined : "yellow"),
	},
	{ title: "WAITING", text: ({ waiting }) => String(waiting), align: "right" },
	{ title: "SYMBOLS", text: ({ symbols }) => (symbols.length === 0 ? "all" : symbols.join(" ")), min: 10 },
	{ title: "TIMEFRAMES", text: ({ timeframes }) => (timeframes.length === 0 ? "all" : timeframes.join(" ")), min: 10 },
	{ title: "ACCOUNT", text: ({ accounts }) => accounts.join(" "), min: 7, optional: true },
];

function counts(status: StatusView): string {
	const known = alertStatuses.filter((name) => name !== "accepted" && (status.alerts[name] ?? 0) > 0);
	const ended = known.map((name) => `${status.alerts[name]} ${name}`);
	return [...ended, `${status.waiting} waiting`].join(", ");
}

/** Requests refused before they became alerts; nothing where there were none. */
function refusedWords(refusals: StatusView["refusals"]): readonly string[] {
	const each = Object.entries(refusals).map(([code, times]) => `${times} ${code}`);
	return each.length === 0 ? [] : [`${each.join(", ")} (since the start, before they became alerts)`];
}

/** Strategies whose alerts stay away. */
function silentWords(strategies: readonly StrategyView[], now: number): readonly string[] {
	return strategies.flatMap(({ name, silent, last_alert_at, expect_every_s }) => {
		if (!silent) return [];
		const ago = last_alert_at === null ? "none ever" : `the last one ${span(now - Date.parse(last_alert_at))} ago`;
		const every = expect_every_s === null ? "" : `, expected every ${span(expect_every_s * 1000)}`;
		return [`${name}: no alert comes (${ago}${every})`];
	});
}

function words(
	terminal: Terminal,
	base: string,
	status: StatusView,
	accounts: readonly Account[],
	strategies: readonly StrategyView[],
): readonly string[] {
	const line = (label: string, texts: readonly string[]): string[] =>
		texts
			.flatMap((text) => wrap(harmless(text), terminal.columns - label_columns))
			.map((text, index) => (index === 0 ? label : "").padEnd(label_columns) + text);
	const ready = status.ready ? paint(terminal, "green", "ready") : paint(terminal, "red", "not ready");
	const broken = strategies.filter(({ plugin_error }) => plugin_error !== null);
	return [
		`nexus ${status.version} is ${ready} at ${base}, up ${span(status.uptime_s * 1000)}, pid ${status.pid}`,
		...(status.not_ready_reason === null
			? []
			: wrap(harmless(`Why not: ${status.not_ready_reason}`), terminal.columns)),
		"",
		...line("Trading", statesWords(status.trading_states)),
		...line("Alerts", [counts(status)]),
		...line("Silent", silentWords(strategies, terminal.now())),
		...line("Refused", refusedWords(status.refusals)),
		...line("Orders", [`${status.orders}, with ${count(status.fills, "fill")}`]),
		...line("Journal", [status.journal_bytes === null ? "size not known" : bytes(status.journal_bytes)]),
		"",
		...table(terminal, accountColumns, accounts),
		"",
		...(strategies.length === 0 ? ["No strategies."] : table(terminal, strategyColumns, strategies)),
		...broken.flatMap(({ plugin, plugin_error }) => [
			"",
			...wrap(harmless(brokenWords(plugin ?? "plugin", plugin_error ?? "")), terminal.columns),
		]),
	];
}

export const command = defineCommand({
	name: "status",
	summary: "does it run, does it trade, what came and what came of it",
	about: ["Exits with 0 where nexus is ready, 1 where it is not, 69 where it does not run."],
	options: urlOption,
	example: "nexus status --json",
	async run(call) {
		const { client } = await connect(call);
		const [status, accounts, strategies] = await Promise.all([client.status(), client.accounts(), client.strategies()]);
		answer(call, { ...status, accounts, strategies }, () =>
			words(call.terminal, client.base, status, accounts, strategies),
		);
		return status.ready ? exitCode.ok : exitCode.no;
	},
});
