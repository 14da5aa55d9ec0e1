/** Rule 6: the order of arrival is judged on the stated chain alone; alerts take their turn, gaps are noticed, and what was passed changes nothing. */
import { describe } from "bun:test";
import { ago, percent, type Row, says, set, size, states, table, wait } from "./telling.ts";

const done = "executed";
const superseded = "skipped superseded";
const alert = { size: size("alert"), pyramiding: 9 };
const hold_ms = 3_000;

const enter = states("buy", "flat > long 1");
const exit = states("sell", "long 1 > flat");
const short = states("sell", "flat > short 1");

describe("rule 6: turns", () => {
	table([
		{
			name: "the first alert ever is taken as it is, without waiting, even one that came after others",
			strategy: alert,
			steps: [states("buy", "long 0.5 > long 0.7")],
			orders: ["buy 0.7 entry"],
			held: ["long 0.7"],
			ends: [done],
			trace: ["sequence pass", "!sequence hold", "!sequence notice"],
			stated: ["long 0.7"],
		},
		{
			name: "an alert in its turn runs at once, undelayed",
			steps: [enter, exit],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
			trace: ["sequence pass", "!sequence hold"],
			detail: "long 1 → flat, in its turn",
		},
		{
			name: "one bar's entry before its exit: the entry waits, both happen in the true order, and its trace says so",
			steps: [enter, short, wait(100), exit],
			orders: ["buy 0.5 entry", "sell 0.5 exit", "sell 0.5 entry"],
			held: ["short 0.5"],
			ends: [done, done, done],
			of: 2,
			trace: ["sequence hold"],
			detail: "waited 100 ms for that one",
			stated: ["short 1"],
		},
		{
			name: "the one that it waited for is not delayed itself",
			steps: [enter, short, wait(100), exit],
			orders: ["buy 0.5 entry", "sell 0.5 exit", "sell 0.5 entry"],
			held: ["short 0.5"],
			ends: [done, done, done],
			of: 3,
			trace: ["sequence pass", "!sequence hold"],
		},
		{
			name: "an alert two places ahead waits for both",
			steps: [enter, states("buy", "short 1 > flat"), wait(250), short, wait(250), exit],
			orders: ["buy 0.5 entry", "sell 0.5 exit", "sell 0.5 entry", "buy 0.5 exit"],
			held: [],
			ends: [done, done, done, done],
			of: 2,
			trace: ["sequence hold"],
			detail: "waited 500 ms for that one",
			stated: ["flat"],
		},
		{
			name: "four alerts backwards end as if they had come forwards",
			strategy: alert,
			steps: [
				states("buy", "flat > long 1"),
				states("buy", "short 2 > flat"),
				states("sell", "long 0.5 > short 2"),
				states("sell", "long 3 > long 0.5"),
				states("buy", "long 1 > long 3"),
			],
			orders: ["buy 1 entry", "buy 2 entry", "sell 2.5 exit", "sell 0.5 exit", "sell 2 entry", "buy 2 exit"],
			held: [],
			ends: [done, done, done, done, done],
			stated: ["flat"],
		},
		{
			name: "an alert that waits holds up no other symbol",
			strategy: { size: size("1000 USD") },
			steps: [enter, short, states("buy", "flat > long 1", { symbol: "ETHUSD", price: 2_500 })],
			orders: ["buy 0.025 entry", "ETH/USD buy 0.4 entry", "sell 0.025 exit", "sell 0.025 entry"],
			held: ["ETH/USD long 0.4", "short 0.025"],
			ends: [done, done, done],
			gaps: 1,
			stated: ["short 1", "long 1"],
		},
		{
			name: "an alert that waits holds up none without position fields",
			steps: [enter, short, says("close_long")],
			orders: ["buy 0.5 entry", "sell 0.5 exit", "sell 0.5 entry"],
			held: ["short 0.5"],
			ends: [done, done, done],
			gaps: 1,
		},
		{
			name: "each timeframe has a stated position of its own",
			strategy: alert,
			steps: [
				states("buy", "flat > long 1", { timeframe: "60" }),
				states("sell", "long 1 > flat", { timeframe: "60" }),
				states("buy", "flat > long 2", { timeframe: "240" }),
			],
			orders: ["buy 1 entry", "sell 1 exit", "buy 2 entry"],
			held: ["long 2"],
			ends: [done, done, done],
			stated: ["flat", "long 2"],
		},
		{
			name: "each strategy has a stated position of its own",
			strategies: [{ name: "Mine" }, { name: "Other" }],
			steps: [
				states("buy", "flat > long 1", { strategy: "Mine" }),
				states("sell", "flat > short 3", { strategy: "Other" }),
			],
			orders: ["buy 0.5 entry", "Other sell 0.5 entry"],
			held: ["Other short 0.5", "long 0.5"],
			ends: [done, done],
			stated: ["long 1", "short 3"],
		},
		{
			name: "a message that states only the position after is taken as following the last one known",
			strategy: alert,
			steps: [states("buy", "long 2"), states("sell", "long 0.5"), states("sell", "short 1")],
			orders: ["buy 2 entry", "sell 1.5 exit", "sell 0.5 exit", "sell 1 entry"],
			held: ["short 1"],
			ends: [done, done, done],
			trace: ["!sequence hold"],
		},
		{
			name: "an unknown size agrees with every size of its side",
			steps: [enter, states("sell", "long > flat")],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
			trace: ["sequence pass"],
		},
	]);
});

function gap(on_gap: "follow" | "ignore" | "halt", rest: Partial<Row>): Row {
	const steps = [enter, states("sell", "flat > short 2")];
	return { name: "", sequence: { on_gap }, steps, orders: [], held: [], ends: [], gaps: 1, ...rest };
}

describe("rule 6: an alert that never came", () => {
	table([
		gap("follow", {
			name: "follow goes to the stated position and gives notice",
			orders: ["buy 0.5 entry", "sell 0.5 exit", "sell 0.5 entry"],
			held: ["short 0.5"],
			ends: [done, done],
			notices: ["gap", "difference"],
			detail: "the alert that led from long 1 to flat never came (waited 3000 ms)",
			stated: ["short 2"],
		}),
		gap("follow", {
			name: "follow with size: alert goes to the stated size",
			strategy: alert,
			orders: ["buy 1 entry", "sell 1 exit", "sell 2 entry"],
			held: ["short 2"],
			ends: [done, done],
			notices: ["gap", "difference"],
		}),
		gap("follow", {
			name: "follow keeps to direction: long, too",
			strategy: { direction: "long" },
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
			notices: ["gap", "difference"],
			stated: ["short 2"],
		}),
		gap("ignore", {
			name: "ignore leaves our position, and the stated one moves on",
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, "skipped gap_ignored"],
			reason: "on_gap is ignore",
			stated: ["short 2"],
		}),
		gap("ignore", {
			name: "after an ignored gap the next one has its turn again",
			steps: [enter, states("sell", "flat > short 2"), wait(hold_ms), states("buy", "short 2 > long 1")],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, "skipped gap_ignored", "skipped already_in_position"],
			trace: ["sequence pass"],
			stated: ["long 1"],
		}),
		gap("halt", {
			name: "halt halts the strategy, and the stated position moves on",
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, "rejected halted"],
			reason: "on_gap is halt",
			stated: ["short 2"],
		}),
		gap("halt", {
			name: "after halt nothing of that strategy goes out, not even an exit",
			steps: [enter, states("sell", "flat > short 2"), wait(hold_ms), says("exit")],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, "rejected halted", "rejected halted"],
		}),
		gap("follow", {
			name: "it waits as long as hold says and no longer",
			sequence: { hold_ms: 500 },
			steps: [enter, states("sell", "flat > short 2"), wait(500), exit],
			orders: ["buy 0.5 entry", "sell 0.5 exit", "sell 0.5 entry"],
			held: ["short 0.5"],
			ends: [done, done, superseded],
		}),
		gap("follow", {
			name: "hold: 0 never waits",
			sequence: { hold_ms: 0 },
			orders: ["buy 0.5 entry", "sell 0.5 exit", "sell 0.5 entry"],
			held: ["short 0.5"],
			ends: [done, done],
			notices: ["gap", "difference"],
		}),
		gap("follow", {
			name: "a gap where our position is right already orders nothing",
			steps: [enter, wait(60_000), states("buy", "flat > long 1")],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, "skipped already_in_position"],
			notices: ["gap"],
		}),
		gap("follow", {
			name: "a missing reduction is followed by its share",
			steps: [states("buy", "flat > long 4"), states("sell", "long 2 > long 1")],
			orders: ["buy 0.5 entry", "sell 0.375 exit"],
			held: ["long 0.125"],
			ends: [done, done],
			notices: ["gap", "difference"],
		}),
		gap("follow", {
			name: "an alert that comes after its successor was followed changes nothing",
			steps: [enter, states("sell", "flat > short 2"), wait(hold_ms + 1), exit],
			orders: ["buy 0.5 entry", "sell 0.5 exit", "sell 0.5 entry"],
			held: ["short 0.5"],
			ends: [done, done, superseded],
			reason: "its outcome has been passed",
			stated: ["short 2"],
		}),
		gap("follow", {
			name: "the same alert again under another id, after the strategy went on, changes nothing that is held",
			strategy: alert,
			steps: [enter, states("buy", "long 1 > long 2"), states("buy", "long 1 > long 2")],
			orders: ["buy 1 entry", "buy 1 entry"],
			held: ["long 2"],
			ends: [done, done, "skipped already_in_position"],
			notices: ["gap"],
			stated: ["long 2"],
		}),
	]);
});

/** The second alert is not executed; the third must find the stated position where TradingView has it. */
function movesOn(name: string, rest: Partial<Row>): Row {
	return { name, steps: [], orders: [], held: [], ends: [], stated: ["flat"], gaps: 0, ...rest };
}

describe("rule 6: the stated chain moves on although the order", () => {
	table([
		movesOn("was denied by a risk rule", {
			limits: { max_position_size: percent("1%") },
			steps: [enter, exit],
			ends: ["rejected max_position_size", "skipped nothing_to_close"],
			trace: ["sequence pass"],
		}),
		movesOn("was refused by the broker", {
			refuses: "buy entry",
			steps: [enter, exit],
			orders: ["buy 0.5 entry rejected"],
			ends: ["failed broker_rejected", "skipped nothing_to_close"],
			trace: ["sequence pass"],
		}),
		movesOn("was skipped as an addition without pyramiding", {
			steps: [enter, states("buy", "long 1 > long 2"), states("sell", "long 2 > flat")],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			ends: [done, "skipped already_in_position", done],
			trace: ["sequence pass"],
		}),
		movesOn("was ignored as an opposite entry", {
			strategy: { on_opposite: "ignore" },
			steps: [enter, states("sell", "long 1 > short 1"), states("buy", "short 1 > flat")],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, "skipped opposite_ignored", "skipped nothing_to_close"],
			trace: ["sequence pass"],
		}),
		movesOn("was halted", {
			steps: [set("halted"), enter, exit],
			ends: ["rejected halted", "rejected halted"],
			trace: ["sequence pass"],
		}),
		movesOn("was barred while only exits are let through", {
			steps: [set("reducing"), enter, exit],
			ends: ["rejected reducing", "skipped nothing_to_close"],
			trace: ["sequence pass"],
		}),
		movesOn("was too old to be sent", {
			steps: [states("buy", "flat > long 1", { timenow: ago(3_600_000) }), exit],
			ends: ["rejected stale_alert", "skipped nothing_to_close"],
			trace: ["sequence pass"],
		}),
		movesOn("was that of a strategy that is switched off", {
			strategy: { enabled: false },
			steps: [enter, exit],
			ends: ["rejected strategy_disabled", "rejected strategy_disabled"],
		}),
		movesOn("could not be sized", {
			strategy: { size: size("1 ETH") },
			steps: [enter, exit],
			ends: ["rejected size_not_applicable", "skipped nothing_to_close"],
			trace: ["sequence pass"],
		}),
		movesOn("was skipped by a plugin", {
			plugin: ({ type }) =>
				type === "LONG_ENTRY" ? [{ kind: "skip", reason: "no" }] : [{ kind: "exit", side: "any" }],
			steps: [enter, exit],
			ends: ["skipped strategy_skip", "skipped nothing_to_close"],
			trace: ["sequence pass"],
		}),
		movesOn("is on a symbol that is none of the strategy's: that one has no chain", {
			strategy: { symbols: ["ETH/USD"] },
			steps: [enter],
			ends: ["rejected symbol_not_allowed"],
			stated: [],
		}),
	]);
});
