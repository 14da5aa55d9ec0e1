/** What TradingView states beside what is held, as a table: shared by `positions` and `resume`. */
import type { StatedOurs, StatedView } from "../domain/records.ts";
import { figure } from "./format.ts";
import { type Column, table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** One account's line; without `ours` where another timeframe speaks for the position. */
interface StatedRow {
	readonly view: StatedView;
	readonly ours: StatedOurs | undefined;
}

const sized = (side: string, quantity: string | null): string =>
	side === "flat" || quantity === null ? side : `${side} ${figure(quantity)}`;

/** What is to be done about it: `in step`, `buy 0.5`, `should be flat`. */
export function differenceWords(view: StatedView, ours: StatedOurs): string {
	if (ours.in_step) return "in step";
	if (ours.difference !== null) {
		const sells = ours.difference.startsWith("-");
		return `${sells ? "sell" : "buy"} ${figure(sells ? ours.difference.slice(1) : ours.difference)}`;
	}
	return `should be ${view.side}`;
}

function columnsOf(rows: readonly StatedRow[]): readonly Column<StatedRow>[] {
	const several = new Set(rows.flatMap(({ ours }) => ours?.account ?? [])).size > 1;
	const timed = rows.some(({ view }) => view.timeframe !== null);
	const timeframe: Column<StatedRow> = {
		title: "TIMEFRAME",
		text: ({ view }) => view.timeframe ?? "-",
		optional: true,
	};
	return [
		{ title: "STRATEGY", text: ({ view }) => view.strategy, min: 8 },
		{ title: "ACCOUNT", text: ({ ours }) => ours?.account ?? "-", min: 7, optional: !several },
		{ title: "SYMBOL", text: ({ view }) => view.symbol, min: 7 },
		...(timed ? [timeframe] : []),
		{ title: "TRADINGVIEW", text: ({ view }) => sized(view.side, view.size), min: 8 },
		{ title: "OURS", text: ({ ours }) => (ours === undefined ? "-" : sized(ours.side, ours.quantity)), min: 8 },
		{
			title: "DIFFERENCE",
			text: ({ view, ours }) => (ours === undefined ? "-" : differenceWords(view, ours)),
			paint: ({ ours }) => (ours?.in_step === false ? "yellow" : undefined),
			min: 8,
		},
	];
}

/** The table, one line for each account. */
export function statedTable(terminal: Terminal, views: readonly StatedView[], indent = ""): string[] {
	const rows = views.flatMap((view): StatedRow[] =>
		view.ours.length === 0 ? [{ view, ours: undefined }] : view.ours.map((ours) => ({ view, ours })),
	);
	return table(terminal, columnsOf(rows), rows, indent);
}
