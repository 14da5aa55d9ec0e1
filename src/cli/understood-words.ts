/** One understood command in words, line by line, for a person at a screen. */
import type { Stated } from "../domain/records.ts";
import { wrap } from "./table.ts";
import { harmless, paint, type Terminal } from "./terminal.ts";
import type { Understood } from "./understand.ts";

const label_columns = 15;

type Fact = readonly [label: string, text: string | undefined];

const strategyWords = {
	known: "",
	disabled: ", which is switched off",
	unknown: ", which is not configured",
	unchecked: "",
} as const;

function titleOf({ ok, type, symbol, symbol_sent, strategy }: Understood): string {
	if (type === undefined) return "refused";
	const name = strategy === undefined || strategy.name === "" ? "no strategy" : strategy.name;
	return `${ok ? "" : "refused: "}${type} ${symbol ?? symbol_sent} for ${name}`;
}

/** `flat → long 0.1` */
function statedWords({ side, size, previous_side, previous_size }: Stated): string {
	const holding = (of: string, much: string | undefined): string => (much === undefined ? of : `${of} ${much}`);
	const before = previous_side === undefined ? "" : `${holding(previous_side, previous_size)} → `;
	return `${before}${holding(side, size)}`;
}

function strategyFact({ strategy }: Understood): string | undefined {
	if (strategy === undefined) return undefined;
	if (strategy.name === "")
		return strategy.state === "unchecked" ? "none named" : "none named, and it is not the only one";
	return `${strategy.name}${strategyWords[strategy.state]}`;
}

function facts(one: Understood): readonly Fact[] {
	const { symbol, symbol_sent = "", fields = {}, stated } = one;
	const others = Object.keys(fields);
	return [
		["Format", one.dialect],
		["Action", one.action],
		["Closes", one.closes],
		["Depends", one.relative === undefined ? undefined : `${one.relative}: on what is open`],
		["Takes back", one.cancel === true ? "entries that rest at the broker" : undefined],
		["Symbol", symbol === undefined || symbol === symbol_sent ? symbol_sent : `${symbol} (sent as ${symbol_sent})`],
		["Strategy", strategyFact(one)],
		["Timeframe", one.timeframe],
		["Price", one.price],
		["Stated", stated === undefined ? undefined : statedWords(stated)],
		["Quantity", one.quantity],
		["Size", one.size],
		["Limit", one.limit],
		["Stop loss", one.stop_loss],
		["Take profit", one.take_profit],
		["Time", one.time],
		["Oldest", one.max_age_s === undefined ? undefined : `${one.max_age_s} s`],
		["Exchange", one.exchange],
		["Sender's id", one.alert_id],
		["Message", one.message],
		["Other fields", others.length === 0 ? undefined : others.join(", ")],
		...one.notes.map(({ code, detail }): Fact => ["Note", code === undefined ? detail : `${code}: ${detail}`]),
		["Refused", one.refused && `${one.refused.code}: ${one.refused.detail}`],
		["Cure", one.refused?.cure],
	];
}

/** A title and one line for each thing that was understood; `title` stands in front where there are several commands. */
export function understoodWords(terminal: Terminal, one: Understood, title: string): readonly string[] {
	const color = one.ok ? "green" : "red";
	const lines = facts(one).flatMap(([label, text]) => {
		if (text === undefined || text === "") return [];
		const wrapped = wrap(harmless(text), terminal.columns - label_columns - 2);
		return wrapped.map((line, index) => `  ${(index === 0 ? label : "").padEnd(label_columns)}${line}`);
	});
	return [paint(terminal, color, harmless(`${title}${titleOf(one)}`)), ...lines];
}
