/** `nexus flatten`: cancels every open order, closes every position, then halts. */
import type { Page } from "../domain/ports.ts";
import type { Order } from "../domain/records.ts";
import { answer } from "./answer.ts";
import { connect } from "./client.ts";
import { defineCommand, urlOption } from "./command.ts";
import { exitCode } from "./exit-code.ts";
import { count } from "./format.ts";
import { orderTable } from "./orders.ts";
import { harmless, type Terminal } from "./terminal.ts";
import { scopeOf, scopeOptions, scopeWords } from "./trading-state.ts";

/** Asks the person at the terminal; where there is none, the call itself is the answer. */
async function confirmed(terminal: Terminal, yes: boolean, whom: string): Promise<boolean> {
	if (yes || !terminal.interactive) return true;
	const question = `Cancel every open order and close every position of ${whom}, then halt? [y/N] `;
	return /^y(es)?$/i.test((await terminal.ask(harmless(question))).trim());
}

export const command = defineCommand({
	name: "flatten",
	summary: "cancel every order, close every position, then halt",
	about: [
		"Asks before it does so, unless --yes is given or nobody is there to be asked (a script). `nexus resume` trades again.",
	],
	options: {
		...scopeOptions,
		yes: { type: "boolean", short: "y", help: "do not ask" },
		...urlOption,
	},
	example: `nexus flatten --symbol BTC/USD --reason "exchange in trouble" --yes`,
	async run(call) {
		const { values, terminal } = call;
		const body = scopeOf(values);
		const whom = scopeWords(values);
		const { client } = await connect(call);
		// Before anything is asked: is there a nexus, and does it take the token?
		await client.status();
		if (!(await confirmed(terminal, values.yes, whom))) {
			terminal.err("nexus: nothing was done");
			return exitCode.no;
		}
		const { items } = await client.post<Page<Order>>("flatten", body);
		answer(call, { items, next: null }, () => [
			harmless(`Flattened and halted ${whom}: ${count(items.length, "order")} sent.`),
			...(items.length === 0 ? ["There was nothing to close."] : ["", ...orderTable(terminal, items)]),
			"",
			"`nexus positions` shows what is left, `nexus resume` trades again.",
		]);
		return exitCode.ok;
	},
});
