/** `nexus positions`: what each strategy holds and what it is worth. */
import type { Position } from "../domain/records.ts";
import { answer } from "./answer.ts";
import { defineCommand, urlOption } from "./command.ts";
import { exitCode } from "./exit-code.ts";
import { figure, money } from "./format.ts";
import { fromRecords } from "./recorded.ts";
import { type Column, table } from "./table.ts";
import type { Paint } from "./terminal.ts";

const profitPaint = (amount: string): Paint | undefined =>
	amount.startsWith("-") ? "red" : /[1-9]/.test(amount) ? "green" : undefined;

function columnsOf(positions: readonly Position[]): readonly Column<Position>[] {
	const several = new Set(positions.map(({ account }) => account)).size > 1;
	return [
		{ title: "STRATEGY", text: ({ strategy }) => strategy, min: 8 },
		{ title: "ACCOUNT", text: ({ account }) => account, min: 7, optional: !several },
		{ title: "SYMBOL", text: ({ symbol }) => symbol, min: 7 },
		{ title: "SIDE", text: ({ side }) => side },
		{ title: "QUANTITY", text: ({ quantity }) => figure(quantity), align: "right", min: 6 },
		{ title: "ENTRY", text: ({ average_price }) => figure(average_price), align: "right", min: 6 },
		{ title: "MARK", text: ({ mark_price }) => figure(mark_price), align: "right", min: 6 },
		{
			title: "OPEN P/L",
			text: ({ unrealized_pnl }) => money(unrealized_pnl, true),
			align: "right",
			paint: ({ unrealized_pnl }) => profitPaint(unrealized_pnl),
		},
		{
			title: "TAKEN P/L",
			text: ({ realized_pnl }) => money(realized_pnl, true),
			align: "right",
			paint: ({ realized_pnl }) => profitPaint(realized_pnl),
		},
	];
}

export const command = defineCommand({
	name: "positions",
	summary: "what each strategy holds and what it is worth",
	about: [
		"OPEN P/L is the profit or loss so far at the last known price (MARK), TAKEN P/L what was made or lost since the first fill, after fees.",
	],
	options: {
		strategy: { type: "string", value: "NAME", help: "only this strategy's" },
		symbol: { type: "string", value: "SYMBOL", help: "only this symbol's, such as BTC/USD" },
		all: { type: "boolean", help: "also those that are flat again" },
		...urlOption,
	},
	example: "nexus positions --all",
	async run(call) {
		const { values, terminal } = call;
		const every = await fromRecords(call, (records) => records.positions());
		const items = every.filter(
			({ side, strategy, symbol }) =>
				(values.all || side !== "flat") &&
				(values.strategy === undefined || values.strategy === strategy) &&
				(values.symbol === undefined || values.symbol === symbol),
		);
		const none = values.all ? "No positions." : "No open positions.";
		answer(call, { items, next: null }, () => (items.length === 0 ? [none] : table(terminal, columnsOf(items), items)));
		return exitCode.ok;
	},
});
