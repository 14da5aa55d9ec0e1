/** Rule 5: an exit only ever reduces the position of its own strategy, by as much as the message says and never by more than there is. */
import { describe } from "bun:test";
import { percent, says, set, size, states, table } from "./telling.ts";

const done = "executed";
const nothing = "skipped nothing_to_close";
const other = { strategy: "Other" };
const two = [{ name: "Mine" }, { name: "Other" }];

describe("rule 5: how much an exit closes", () => {
	table([
		{
			name: "all of it where the message does not say",
			steps: [says("buy"), says("close_long")],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
			reduce_only: [false, true],
		},
		{
			name: "so many units",
			steps: [says("buy"), says("close_long", { quantity: "0.1" })],
			orders: ["buy 0.5 entry", "sell 0.1 exit"],
			held: ["long 0.4"],
			ends: [done, done],
			reduce_only: [false, true],
		},
		{
			name: "never more than there is",
			steps: [says("buy"), says("close_long", { quantity: 7 })],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
		},
		{
			name: "a share of it",
			steps: [says("sell"), says("close_short", { quantity: "50%" })],
			orders: ["sell 0.5 entry", "buy 0.25 exit"],
			held: ["short 0.25"],
			ends: [done, done],
		},
		{
			name: "a share is of what is held now, not of what was once",
			steps: [says("buy"), says("exit", { quantity: "50%" }), says("exit", { quantity: "50%" })],
			orders: ["buy 0.5 entry", "sell 0.25 exit", "sell 0.125 exit"],
			held: ["long 0.125"],
			ends: [done, done, done],
		},
		{
			name: "100 % is all of it",
			steps: [says("buy"), says("close", { quantity: "100%" })],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
		},
		{
			name: "a share is rounded down to the step",
			steps: [says("buy"), says("exit", { quantity: "33.3333333%" })],
			orders: ["buy 0.5 entry", "sell 0.16666666 exit"],
			held: ["long 0.33333334"],
			ends: [done, done],
		},
		{
			name: "the same exit twice closes once",
			steps: [says("buy"), says("close_long"), says("close_long")],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done, nothing],
		},
		{
			name: "an exit of additions closes them all",
			strategy: { pyramiding: 2 },
			steps: [says("buy"), says("buy"), says("buy"), says("exit")],
			orders: ["buy 0.5 entry", "buy 0.5 entry", "buy 0.5 entry", "sell 1.5 exit"],
			held: [],
			ends: [done, done, done, done],
		},
		{
			name: "the stated share goes before the message's contracts",
			steps: [states("buy", "flat > long 100"), states("sell", "long 100 > long 25", { contracts: 75 })],
			orders: ["buy 0.5 entry", "sell 0.375 exit"],
			held: ["long 0.125"],
			ends: [done, done],
		},
		{
			name: "a stated exit closes all of it, whatever its contracts are",
			steps: [states("buy", "flat > long 0.1"), states("sell", "long 0.1 > flat", { contracts: 0.1 })],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
		},
		{
			name: "an exit's quantity counts with size: alert too",
			strategy: { size: size("alert") },
			steps: [says("buy", { contracts: 3 }), says("close_long", { contracts: 1 })],
			orders: ["buy 3 entry", "sell 1 exit"],
			held: ["long 2"],
			ends: [done, done],
		},
	]);
});

describe("rule 5: which side it closes", () => {
	table([
		{
			name: "close_long leaves a short alone",
			steps: [says("sell"), says("close_long")],
			orders: ["sell 0.5 entry"],
			held: ["short 0.5"],
			ends: [done, nothing],
			reason: "holds a short",
		},
		{
			name: "STOP_LOSS closes a long",
			steps: [says("buy"), says("stop_loss")],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
			type: "STOP_LOSS",
		},
		{
			name: "STOP_LOSS closes a short",
			steps: [says("sell"), says("stop_loss")],
			orders: ["sell 0.5 entry", "buy 0.5 exit"],
			held: [],
			ends: [done, done],
			type: "STOP_LOSS",
		},
		{
			name: "TAKE_PROFIT closes a short, a part of it where it says so",
			steps: [says("sell"), says("take_profit", { quantity: "40%" })],
			orders: ["sell 0.5 entry", "buy 0.2 exit"],
			held: ["short 0.3"],
			ends: [done, done],
			type: "TAKE_PROFIT",
		},
		{
			name: "TAKE_PROFIT of some units, then STOP_LOSS of the rest",
			steps: [says("buy"), says("take_profit", { quantity: 0.2 }), says("stop_loss")],
			orders: ["buy 0.5 entry", "sell 0.2 exit", "sell 0.3 exit"],
			held: [],
			ends: [done, done, done],
			type: "STOP_LOSS",
		},
		{
			name: "STOP_LOSS with nothing open is skipped",
			steps: [says("stop_loss")],
			orders: [],
			held: [],
			ends: [nothing],
			reason: "holds nothing",
		},
		{
			name: "an exit on a symbol that nothing is held of leaves the others alone",
			steps: [says("buy"), says("exit", { symbol: "ETHUSD" })],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, nothing],
		},
	]);
});

describe("rule 5: its own strategy's position only", () => {
	table([
		{
			name: "one strategy's exit leaves another's position alone",
			strategies: two,
			steps: [says("buy", { strategy: "Mine" }), says("buy", other), says("exit", other)],
			orders: ["buy 0.5 entry", "Other buy 0.5 entry", "Other sell 0.5 exit"],
			held: ["long 0.5"],
			ends: [done, done, done],
			reduce_only: [false, false, true],
		},
		{
			name: "a strategy that holds nothing closes nobody's position",
			strategies: two,
			steps: [says("buy", { strategy: "Mine" }), says("exit", other)],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, nothing],
			reason: "Other holds nothing",
		},
		{
			name: "where strategies oppose each other the net does not allow reduce-only, and a plain order closes",
			strategies: two,
			steps: [says("buy", { strategy: "Mine" }), says("sell", other), says("exit", { strategy: "Mine" })],
			orders: ["buy 0.5 entry", "Other sell 0.5 entry", "sell 0.5 exit"],
			held: ["Other short 0.5"],
			ends: [done, done, done],
			reduce_only: [false, false, false],
		},
		{
			name: "where the net still has as much on that side, the exit is reduce-only",
			strategies: [{ name: "Mine" }, { name: "Other", size: size("0.2 BTC") }],
			steps: [says("buy", { strategy: "Mine" }), says("buy", other), says("exit", { strategy: "Mine" })],
			orders: ["buy 0.5 entry", "Other buy 0.2 entry", "sell 0.5 exit"],
			held: ["Other long 0.2"],
			ends: [done, done, done],
			reduce_only: [false, false, true],
		},
		{
			name: "both of two opposed strategies close, one after the other",
			strategies: two,
			steps: [
				says("buy", { strategy: "Mine" }),
				says("sell", other),
				says("stop_loss", { strategy: "Mine" }),
				says("take_profit", other),
			],
			orders: ["buy 0.5 entry", "Other sell 0.5 entry", "sell 0.5 exit", "Other buy 0.5 exit"],
			held: [],
			ends: [done, done, done, done],
			reduce_only: [false, false, false, true],
		},
		{
			name: "each account closes what it holds itself",
			strategy: { accounts: [{ account: "paper" }, { account: "second", size: size("0.2 BTC") }] },
			accounts: [{}, { name: "second" }],
			steps: [says("buy"), says("exit", { quantity: "50%" })],
			orders: ["buy 0.5 entry", "sell 0.25 exit", "second buy 0.2 entry", "second sell 0.1 exit"],
			held: ["long 0.25", "second long 0.1"],
			ends: [done, done],
		},
	]);
});

describe("rule 5: what stands beside the position", () => {
	table([
		{
			name: "a partial exit makes the standing stop as small as what is left",
			steps: [says("buy", { stop_loss: "10%" }), says("exit", { quantity: 0.2 })],
			orders: ["buy 0.5 entry", "sell 0.2 exit"],
			held: ["long 0.3"],
			ends: [done, done],
			standing: ["stop_loss sell 0.3 BTC/USD at 36000"],
		},
		{
			name: "a whole exit takes the stop and the target away",
			steps: [says("buy", { stop_loss: "10%", take_profit: "20%" }), says("exit")],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
		},
		{
			name: "an exit takes an entry back that still rests",
			steps: [says("buy", { limit: 30_000 }), says("close_long")],
			orders: ["buy 0.5 entry canceled"],
			held: [],
			ends: [done, nothing],
		},
		{
			name: "an exit goes out while only exits are let through",
			steps: [says("buy"), set("reducing"), says("exit")],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
		},
		{
			name: "an exit goes out over every limit on entries",
			limits: { max_daily_loss: percent("1%"), max_exposure: percent("3%"), max_position_size: percent("3%") },
			steps: [says("buy"), says("buy", { symbol: "ETHUSD" }), says("exit", { price: 10_000 })],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, "rejected size_not_applicable", done],
		},
		{
			name: "halted: not even an exit goes out",
			steps: [says("buy"), set("halted"), says("exit")],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, "rejected halted"],
		},
	]);
});
