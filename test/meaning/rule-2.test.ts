/** Rule 2: without position fields the action's word decides, by the mission's table. */
import { describe } from "bun:test";
import { type Row, says, states, table } from "./telling.ts";

const done = "executed";
const nothing = "skipped nothing_to_close";

/** What one word does while nothing, a long and a short is open. */
interface Word {
	readonly word: string;
	readonly type: string;
	readonly flat: "long" | "short" | "nothing";
	readonly long: "stays" | "closed" | "reversed" | "skipped";
	readonly short: "stays" | "closed" | "reversed" | "skipped";
}

const words: readonly Word[] = [
	{ word: "buy", type: "LONG_ENTRY", flat: "long", long: "skipped", short: "reversed" },
	{ word: "long", type: "LONG_ENTRY", flat: "long", long: "skipped", short: "reversed" },
	{ word: "sell", type: "SHORT_ENTRY", flat: "short", long: "reversed", short: "skipped" },
	{ word: "short", type: "SHORT_ENTRY", flat: "short", long: "reversed", short: "skipped" },
	{ word: "close_long", type: "LONG_EXIT", flat: "nothing", long: "closed", short: "stays" },
	{ word: "close_short", type: "SHORT_EXIT", flat: "nothing", long: "stays", short: "closed" },
	{ word: "stop_loss", type: "STOP_LOSS", flat: "nothing", long: "closed", short: "closed" },
	{ word: "take_profit", type: "TAKE_PROFIT", flat: "nothing", long: "closed", short: "closed" },
	{ word: "exit", type: "LONG_EXIT", flat: "nothing", long: "closed", short: "closed" },
	{ word: "close", type: "LONG_EXIT", flat: "nothing", long: "closed", short: "closed" },
	{ word: "flat", type: "LONG_EXIT", flat: "nothing", long: "closed", short: "closed" },
];

const sideOf = { long: "buy", short: "sell" } as const;

function fromFlat({ word, type, flat }: Word): Row {
	return {
		name: `${word} with nothing open: ${flat === "nothing" ? "nothing happens" : `goes ${flat}`}`,
		steps: [says(word)],
		orders: flat === "nothing" ? [] : [`${sideOf[flat]} 0.5 entry`],
		held: flat === "nothing" ? [] : [`${flat} 0.5`],
		ends: [flat === "nothing" ? nothing : done],
		type,
	};
}

function against(word: Word, held: "long" | "short"): Row {
	const does = word[held];
	const other = held === "long" ? "short" : "long";
	const opened = `${sideOf[held]} 0.5 entry`;
	const closed = `${sideOf[other]} 0.5 exit`;
	const orders = { stays: [], skipped: [], closed: [closed], reversed: [closed, `${sideOf[other]} 0.5 entry`] }[does];
	const left = { stays: [`${held} 0.5`], skipped: [`${held} 0.5`], closed: [], reversed: [`${other} 0.5`] }[does];
	const end = { stays: nothing, skipped: "skipped already_in_position", closed: done, reversed: done }[does];
	return {
		name: `${word.word} with a ${held} open: ${does}`,
		steps: [says(sideOf[held]), says(word.word)],
		orders: [opened, ...orders],
		held: left,
		ends: [done, end],
		type: word.type,
	};
}

describe("rule 2: every word with nothing open, a long open and a short open", () => {
	table(words.flatMap((word) => [fromFlat(word), against(word, "long"), against(word, "short")]));
});

describe("rule 2: how a word may be written, and words of nobody's own", () => {
	const entersLong = { orders: ["buy 0.5 entry"], held: ["long 0.5"], ends: [done], type: "LONG_ENTRY" };
	table([
		{ name: "capitals and spaces do not matter", steps: [says(" BUY ")], ...entersLong },
		{ name: "enter_long is buy", steps: [says("enter_long")], ...entersLong },
		{ name: "Open Long is buy", steps: [says("Open Long")], ...entersLong },
		{
			name: "exit-short is close_short",
			steps: [says("sell"), says("exit-short")],
			orders: ["sell 0.5 entry", "buy 0.5 exit"],
			held: [],
			ends: [done, done],
			type: "SHORT_EXIT",
		},
		{
			name: "another action is CUSTOM and skipped without a plugin, whatever is open",
			steps: [says("buy"), says("moon")],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, "skipped custom_needs_plugin"],
			type: "CUSTOM",
			reason: '"moon"',
		},
		{
			name: "another action is a plugin's to understand",
			plugin: ({ action }) => [action === "moon" ? { kind: "enter", side: "long" } : { kind: "exit", side: "any" }],
			steps: [says("moon"), says("crash")],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
			type: "CUSTOM",
		},
		{
			name: "a plugin may skip it in its own words",
			plugin: () => [{ kind: "skip", reason: "not a full moon" }],
			steps: [says("moon")],
			orders: [],
			held: [],
			ends: ["skipped strategy_skip"],
			reason: "not a full moon",
		},
		{
			name: "the word decides only where there are no position fields",
			steps: [says("sell"), states("sell", "short 1 > flat")],
			orders: ["sell 0.5 entry", "buy 0.5 exit"],
			held: [],
			ends: [done, done],
			type: "SHORT_EXIT",
			notices: ["position_fields_contradict_action"],
		},
		{
			name: "a message without position fields has no place in the order of stated changes and waits for none",
			steps: [states("buy", "flat > long 1"), says("sell")],
			orders: ["buy 0.5 entry", "sell 0.5 exit", "sell 0.5 entry"],
			held: ["short 0.5"],
			ends: [done, done],
			trace: ["!sequence hold", "!sequence notice"],
			stated: ["long 1"],
		},
	]);
});
