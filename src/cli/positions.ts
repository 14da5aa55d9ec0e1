/** `nexus positions`: what each strategy holds and what it is worth, beside what TradingView says it holds. */
import type { Position, StatedView } from "../domain/records.ts";
import { answer } from "./answer.ts";
import { defineCommand, urlOption } from "./command.ts";
import { exitCode } from "./exit-code.ts";
import { figure, money } from "./format.ts";
import { fromRecords } from "./recorded.ts";
import { statedTable } from "./stated-table.ts";
import { type Column, table } from "./table.ts";
import { type Paint, paint, type Terminal } from "./terminal.ts";

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

function statedSection(terminal: Terminal, views: readonly StatedView[]): readonly string[] {
	if (views.length === 0) return [];
	return ["", paint(terminal, "bold", "What TradingView says it holds"), ...statedTable(terminal, views)];
}

export const command = defineCommand({
	name: "positions",
	summary: "what each strategy holds, and what TradingView says it holds",
	about: [
		"OPEN P/L is the profit or loss so far at the last known price (MARK), TAKEN P/L what was made or lost since the first fill, after fees.",
		"The second table shows the position that the alerts state, also where nothing is held for it. DIFFERENCE is what is left to trade: in units with `size: alert`, otherwise only the side can be compared. `nexus resume --follow` closes it.",
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
		const [every, all] = await fromRecords(call, (records) =>
			Promise.all([records.positions(), records.stated?.() ?? Promise.resolve(undefined)]),
		);
		const wanted = ({ strategy, symbol }: Pick<Position, "strategy" | "symbol">): boolean =>
			(values.strategy === undefined || values.strategy === strategy) &&
			(values.symbol === undefined || values.symbol === symbol);
		const items = every.filter((position) => (values.all || position.side !== "flat") && wanted(position));
		const stated = all?.filter(wanted);
		// Where both are flat there is nothing to compare.
		const shown = (stated ?? []).filter(
			({ side, ours }) => values.all || side !== "flat" || ours.some(({ in_step }) => !in_step),
		);
		const none = values.all ? "No positions." : "No open positions.";
		answer(call, { items, next: null, ...(stated === undefined ? {} : { stated }) }, () => [
			...(items.length === 0 ? [none] : table(terminal, columnsOf(items), items)),
			...statedSection(terminal, shown),
		]);
		return exitCode.ok;
	},
});
