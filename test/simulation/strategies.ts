/** The accounts and strategies of a run: one that follows, one with a plugin on two accounts, one that states its positions. */
import { decimal } from "../../src/domain/decimal.ts";
import type { Strategy, StrategyAnswer } from "../../src/domain/ports.ts";
import type { Alert, Signal } from "../../src/domain/records.ts";
import type { AccountSettings, RiskSettings } from "../../src/domain/settings.ts";
import { accountSettings, strategyOf } from "../engine/support.ts";
import type { ProcessClock } from "./process-clock.ts";

export const symbols = ["BTC/USD", "ETH/USD"] as const;

/** One behind a bridge and one that lives in the process. */
export const accounts: readonly AccountSettings[] = [
	accountSettings({
		name: "live",
		broker: "rest",
		currency: "USD",
		balance: decimal("0"),
		fee: decimal("0.001"),
		rest: {
			url: "http://exchange",
			key: "",
			request_expiry_ms: 3_000,
			read_lag_ms: 200,
			timeout_ms: 2_000,
			poll_ms: 500,
			lookup: true,
		},
	}),
	accountSettings({ name: "paper", balance: decimal("100000"), fee: decimal("0.001") }),
];

/** Tight enough that losses and balances deny entries in some runs. */
export const limits: RiskSettings = {
	max_position_size: decimal("2"),
	max_exposure: decimal("4"),
	max_daily_loss: decimal("0.002"),
};

/** @param asked counts how often the plugin was asked in the whole run, so that asking twice would be seen */
export function strategies(clock: ProcessClock, asked: () => number): readonly Strategy[] {
	return [
		strategyOf({
			name: "One",
			symbols,
			accounts: [{ account: "live" }],
			size: { kind: "equity_share", share: decimal("0.2") },
			pyramiding: 1,
		}),
		strategyOf(
			{
				name: "Two",
				symbols,
				accounts: [{ account: "live" }, { account: "paper" }],
				size: { kind: "equity_share", share: decimal("0.1") },
				pyramiding: 1,
			},
			(alert) => answerOf(alert, clock, asked()),
		),
		strategyOf({
			name: "Chain",
			symbols,
			accounts: [{ account: "live" }],
			size: { kind: "alert" },
			pyramiding: 10,
		}),
	];
}

export function strategyNamed(list: readonly Strategy[], name: string): Strategy | undefined {
	return list.find(({ settings }) => settings.name === name);
}

/** A plugin that takes its time, remembers, and never answers the same twice. */
async function answerOf(alert: Alert, clock: ProcessClock, number: number): Promise<StrategyAnswer> {
	await clock.sleep(number % 4 === 0 ? 150 : 1);
	const reason = `answer ${number}`;
	if (number % 23 === 0) return { ok: false, code: "strategy_error", detail: reason };
	const protection = { stop_loss: `${1 + (number % 3)}%`, take_profit: `${1 + (number % 5)}%` };
	const signals: readonly Signal[] =
		alert.type === "LONG_ENTRY" || alert.type === "SHORT_ENTRY"
			? [{ kind: "enter", side: alert.type === "LONG_ENTRY" ? "long" : "short", ...protection, reason }]
			: [{ kind: "exit", side: "any", reason }];
	return { ok: true, signals, state: { asked: number } };
}
