/** `nexus resume`: trade again; says what is still held back and where we do not hold what TradingView does. */
import type { FollowView, StatedView, TradingStateEntry } from "../domain/records.ts";
import { count } from "./format.ts";
import { statedTable } from "./stated-table.ts";
import { switchCommand } from "./switch-command.ts";
import { wrap } from "./table.ts";
import { harmless, type Terminal } from "./terminal.ts";

interface Resumed {
	readonly trading_states: readonly TradingStateEntry[];
	/** Undefined from a nexus that does not keep what is stated. */
	readonly out_of_step?: readonly StatedView[];
	readonly followed?: readonly FollowView[];
}

function paragraph(terminal: Terminal, text: string, indent = ""): string[] {
	return wrap(harmless(text), terminal.columns - indent.length).map((line) => indent + line);
}

function followedLines(terminal: Terminal, followed: readonly FollowView[]): readonly string[] {
	if (followed.length === 0) return [];
	const lines = followed.flatMap(({ strategy, symbol, account, status, code, reason }) => {
		const outcome = code === null ? status : `${status} ${code}`;
		return paragraph(terminal, `${strategy} ${symbol} on ${account}: ${outcome}: ${reason}`, "  ");
	});
	return ["", `Followed TradingView for ${count(followed.length, "position")}:`, ...lines];
}

/** Those that `--follow` leaves alone, each with its reason. */
function leftAlone(terminal: Terminal, views: readonly StatedView[]): readonly string[] {
	return views.flatMap(({ strategy, symbol, not_followed }) =>
		not_followed === null
			? []
			: paragraph(terminal, `${strategy} ${symbol} is not followed by --follow: ${not_followed}.`),
	);
}

function outOfStep(terminal: Terminal, { out_of_step = [], followed }: Resumed): readonly string[] {
	if (out_of_step.length === 0) return [];
	const can = out_of_step.some(({ not_followed }) => not_followed === null);
	const cure =
		followed === undefined && can
			? paragraph(
					terminal,
					"`nexus resume --follow` trades the difference; without it the position stays as it is until the next alert.",
				)
			: [];
	const still = followed === undefined ? "" : " still";
	return [
		"",
		`TradingView${still} holds what we do not:`,
		...statedTable(terminal, out_of_step, "  "),
		...leftAlone(terminal, out_of_step),
		...cure,
	];
}

export const command = switchCommand<Resumed>({
	name: "resume",
	summary: "trade again, and say what TradingView holds that we do not",
	about: [
		"Without a scope everything is resumed, whatever was halted or reduced.",
		"Alerts that were refused in the meantime are not made up for. --follow trades the difference to what TradingView says it holds now, by market orders and under the same risk rules; only for strategies that follow the alert, a plugin's own positions are left alone.",
	],
	flags: { follow: { type: "boolean", help: "trade the difference to what TradingView holds" } },
	example: "nexus resume --strategy MyRSIStrategy --follow",
	done: (whom) => `Resumed for ${whom}.`,
	more: (terminal, resumed) => [...followedLines(terminal, resumed.followed ?? []), ...outOfStep(terminal, resumed)],
});
