/** Makes the commands that set a trading state: post it, then say what holds now. */
import type { TradingStateEntry } from "../domain/records.ts";
import { answer } from "./answer.ts";
import { connect } from "./client.ts";
import { type Command, defineCommand, type OptionTable, urlOption } from "./command.ts";
import { exitCode } from "./exit-code.ts";
import { wrap } from "./table.ts";
import { harmless, type Terminal } from "./terminal.ts";
import { scopeOf, scopeOptions, scopeWords, statesWords } from "./trading-state.ts";

/** What every switch answers. */
interface SwitchAnswer {
	readonly trading_states: readonly TradingStateEntry[];
}

interface SwitchWords<A extends SwitchAnswer> {
	readonly name: "halt" | "reduce" | "resume";
	readonly summary: string;
	readonly about: readonly string[];
	/** Options without a value; each one given is sent as true. */
	readonly flags?: OptionTable;
	readonly example: string;
	/** What was done, for whom. */
	readonly done: (whom: string) => string;
	/** Lines below what holds now. */
	readonly more?: (terminal: Terminal, result: A) => readonly string[];
}

/** The command of one trading state. */
export function switchCommand<A extends SwitchAnswer>(words: SwitchWords<A>): Command {
	const { name, summary, about, flags = {}, example, done, more } = words;
	return defineCommand({
		name,
		summary,
		about,
		options: { ...scopeOptions, ...flags, ...urlOption },
		example,
		async run(call) {
			const { terminal } = call;
			const values = call.values as Parameters<typeof scopeOf>[0] & Readonly<Record<string, unknown>>;
			const given = Object.keys(flags).filter((flag) => values[flag] === true);
			const body = { ...scopeOf(values), ...Object.fromEntries(given.map((flag) => [flag, true])) };
			const { client } = await connect(call);
			const result = await client.post<A>(name, body);
			answer(call, result, () => [
				harmless(done(scopeWords(values))),
				"Trading is now",
				...statesWords(result.trading_states).flatMap((line) =>
					wrap(harmless(line), terminal.columns - 2).map((part) => `  ${part}`),
				),
				...(more?.(terminal, result) ?? []),
			]);
			return exitCode.ok;
		},
	});
}
