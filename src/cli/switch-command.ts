/** Makes the commands that set a trading state: post it, then say what holds now. */
import type { TradingStateEntry } from "../domain/records.ts";
import { answer } from "./answer.ts";
import { connect } from "./client.ts";
import { type Command, defineCommand, urlOption } from "./command.ts";
import { exitCode } from "./exit-code.ts";
import { wrap } from "./table.ts";
import { harmless } from "./terminal.ts";
import { scopeOf, scopeOptions, scopeWords, statesWords } from "./trading-state.ts";

interface SwitchWords {
	readonly name: "halt" | "reduce" | "resume";
	readonly summary: string;
	readonly about: readonly string[];
	/** True where --freeze means something. */
	readonly freeze: boolean;
	readonly example: string;
	/** What was done, for whom. */
	readonly done: (whom: string) => string;
}

const freezeOption = {
	freeze: { type: "boolean", help: "hold back standing stops as well" },
} as const;

/** The command of one trading state. */
export function switchCommand({ name, summary, about, freeze, example, done }: SwitchWords): Command {
	return defineCommand({
		name,
		summary,
		about,
		options: { ...scopeOptions, ...(freeze ? freezeOption : {}), ...urlOption },
		example,
		async run(call) {
			const { values, terminal } = call;
			const frozen = (values as { readonly freeze?: boolean }).freeze === true;
			const body = { ...scopeOf(values), ...(frozen ? { freeze: true } : {}) };
			const { client } = await connect(call);
			const result = await client.post<{ readonly trading_states: readonly TradingStateEntry[] }>(name, body);
			answer(call, result, () => [
				harmless(done(scopeWords(values))),
				"Trading is now",
				...statesWords(result.trading_states).flatMap((line) =>
					wrap(harmless(line), terminal.columns - 2).map((part) => `  ${part}`),
				),
			]);
			return exitCode.ok;
		},
	});
}
