/** What `halt`, `reduce`, `resume` and `flatten` share: for whom they hold, and how a trading state is told. */
import type { TradingStateEntry } from "../domain/records.ts";
import type { OptionTable } from "./command.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";
import { moment } from "./format.ts";

/** Options that narrow a switch to one account, strategy or symbol. */
export const scopeOptions = {
	account: { type: "string", value: "NAME", help: "only for this account" },
	strategy: { type: "string", value: "NAME", help: "only for this strategy" },
	symbol: { type: "string", value: "SYMBOL", help: "only for this symbol, such as BTC/USD" },
	reason: { type: "string", value: "TEXT", help: "why, for those who look at it later" },
} as const satisfies OptionTable;

const scopes = ["account", "strategy", "symbol"] as const;
type ScopeValues = { readonly [K in keyof typeof scopeOptions]: string | undefined };

/** The body of the request: at most one of account, strategy and symbol. */
export function scopeOf(values: ScopeValues): Readonly<Record<string, string>> {
	const given = scopes.flatMap((scope) => {
		const name = values[scope];
		return name === undefined ? [] : [[scope, name] as const];
	});
	if (given.length > 1) {
		const names = given.map(([scope]) => `--${scope}`).join(" and ");
		throw new CommandFailure(
			exitCode.usage,
			`${names} do not go together`,
			"give one of them, or call it once for each",
		);
	}
	return { ...Object.fromEntries(given), ...(values.reason === undefined ? {} : { reason: values.reason }) };
}

/** `everything`, or `strategy MyRSIStrategy`. */
export function scopeWords(values: ScopeValues): string {
	const scope = scopes.find((name) => values[name] !== undefined);
	return scope === undefined ? "everything" : `${scope} ${values[scope]}`;
}

/** One entry as words: `halted for strategy MyRSIStrategy since 2026-01-31 13:37:00.000 UTC by cli: "news"`. */
export function stateWords(entry: TradingStateEntry): string {
	const whom = entry.scope === "all" ? "everything" : `${entry.scope} ${entry.name}`;
	const freeze = entry.freeze ? ", standing stops held back too," : "";
	const reason = entry.reason === undefined || entry.reason === "" ? "" : `: ${entry.reason}`;
	return `${entry.state} for ${whom}${freeze} since ${moment(entry.since).replace(/\.\d+/, "")} by ${entry.actor}${reason}`;
}

/** What holds now, one line each. */
export function statesWords(entries: readonly TradingStateEntry[]): string[] {
	const limited = entries.filter(({ state }) => state !== "active");
	return limited.length === 0 ? ["active for everything"] : limited.map(stateWords);
}
