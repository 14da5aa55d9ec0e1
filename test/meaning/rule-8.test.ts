/** Rule 8: entries that are too old are not sent, by the message's time and again by the time of receipt; exits are never too old. */
import { describe } from "bun:test";
import { ago, says, size, states, table } from "./telling.ts";

const minute = 60_000;
const done = "executed";
const stale = "rejected stale_alert";
const old = { timenow: ago(6 * minute) };
const fresh = { timenow: ago(4 * minute) };
/** A 3Commas message: it carries its own limit on age. */
const lag = (action: string, max_lag: string, timestamp: string) => ({
	body: {
		secret: "made-up",
		max_lag,
		timestamp,
		trigger_price: "40000",
		tv_exchange: "BINANCE",
		tv_instrument: "BTCUSD",
		action,
		bot_uuid: "Mine",
		order: { amount: "0.1", currency_type: "base" },
	},
});

describe("rule 8: the message's own time", () => {
	table([
		{
			name: "an entry within max_age is sent",
			steps: [says("buy", fresh)],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done],
			trace: ["freshness pass"],
		},
		{
			name: "an entry older than max_age is not sent",
			steps: [says("buy", old)],
			orders: [],
			held: [],
			ends: [stale],
			reason: "360 s old when it came; max_age is 300 s",
		},
		{
			name: "an entry without a time of its own is as old as its receipt",
			steps: [says("buy")],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done],
		},
		{
			name: "a bar's open counts from the bar's end: an hour after the open of an hour's bar is fresh",
			steps: [says("buy", { timeframe: "60", time: ago(60 * minute) })],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done],
		},
		{
			name: "a bar's open whose end is too long ago is not sent",
			steps: [says("buy", { timeframe: "60", time: ago(120 * minute) })],
			orders: [],
			held: [],
			ends: [stale],
		},
		{
			name: "a stated entry that is too old is not sent, and the stated position moves on",
			steps: [states("buy", "flat > long 1", old)],
			orders: [],
			held: [],
			ends: [stale],
			stated: ["long 1"],
		},
		{
			name: "a stated addition that is too old is not sent",
			strategy: { pyramiding: 3 },
			steps: [states("buy", "flat > long 1"), states("buy", "long 1 > long 2", old)],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done, stale],
			stated: ["long 2"],
		},
	]);
});

describe("rule 8: exits are never too old", () => {
	const veryOld = { timenow: ago(30 * 24 * 60 * minute) };
	table([
		{
			name: "an exit of last month closes",
			steps: [says("buy"), says("close_long", veryOld)],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
		},
		{
			name: "a stop of last month closes a short",
			steps: [says("sell"), says("stop_loss", veryOld)],
			orders: ["sell 0.5 entry", "buy 0.5 exit"],
			held: [],
			ends: [done, done],
		},
		{
			name: "a stated exit that arrives as sell closes",
			steps: [states("buy", "flat > long 1"), states("sell", "long 1 > flat", veryOld)],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
		},
		{
			name: "a stated reduction takes its share off",
			steps: [states("buy", "flat > long 1"), states("sell", "long 1 > long 0.5", veryOld)],
			orders: ["buy 0.5 entry", "sell 0.25 exit"],
			held: ["long 0.25"],
			ends: [done, done],
		},
		{
			name: "a reversal that is too old closes and does not open",
			steps: [says("buy"), says("sell", old)],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, "executed stale_alert"],
		},
		{
			name: "a stated reversal that is too old closes and does not open",
			steps: [states("buy", "flat > long 1"), states("sell", "long 1 > short 1", old)],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, "executed stale_alert"],
			stated: ["short 1"],
		},
		{
			name: "direction long: a sell that is too old still closes",
			strategy: { direction: "long" },
			steps: [says("buy"), says("sell", old)],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
			notices: ["direction_makes_exit"],
		},
		{
			name: "on_opposite close: an opposite entry that is too old still closes",
			strategy: { on_opposite: "close" },
			steps: [says("sell"), says("buy", old)],
			orders: ["sell 0.5 entry", "buy 0.5 exit"],
			held: [],
			ends: [done, done],
		},
		{
			name: "a plugin may close because of an alert that is too old, and opens nothing by it",
			plugin: ({ message }) =>
				message === "close" ? [{ kind: "exit", side: "any" }] : [{ kind: "enter", side: "long" }],
			steps: [says("buy"), says("buy", { ...old, message: "close" }), says("buy", { ...old, message: "open" })],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done, stale],
		},
	]);
});

describe("rule 8: the time of receipt", () => {
	table([
		{
			name: "an entry found after an outage is not sent late, though it was fresh when it came",
			steps: [{ ...says("buy"), received_ago_ms: 6 * minute }],
			orders: [],
			held: [],
			ends: [stale],
			reason: "it came 360 s ago",
		},
		{
			name: "an entry found soon enough is sent",
			steps: [{ ...says("buy"), received_ago_ms: 4 * minute }],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done],
		},
		{
			name: "an exit found after an outage closes",
			steps: [says("buy"), { ...says("exit"), received_ago_ms: 600 * minute }],
			orders: ["buy 0.5 entry", "sell 0.5 exit"],
			held: [],
			ends: [done, done],
		},
		{
			name: "max_age is as it is set",
			max_age_ms: minute,
			steps: [says("buy", { timenow: ago(2 * minute) })],
			orders: [],
			held: [],
			ends: [stale],
			reason: "max_age is 60 s",
		},
		{
			name: "an entry that waited for its predecessor is still fresh after the hold",
			sequence: { hold_ms: 3_000 },
			steps: [states("buy", "flat > long 1"), states("sell", "flat > short 1", fresh)],
			orders: ["buy 0.5 entry", "sell 0.5 exit", "sell 0.5 entry"],
			held: ["short 0.5"],
			ends: [done, done],
			notices: ["gap", "difference"],
			gaps: 1,
		},
	]);
});

describe("rule 8: a message's own limit on its age", () => {
	table([
		{
			name: "an entry older than its own limit is not sent, though max_age would let it through",
			steps: [lag("enter_long", "60", ago(2 * minute))],
			orders: [],
			held: [],
			ends: [stale],
			reason: "the message itself allows 60 s",
		},
		{
			name: "an entry within its own limit is sent",
			steps: [lag("enter_long", "300", ago(2 * minute))],
			orders: ["buy 0.5 entry"],
			held: ["long 0.5"],
			ends: [done],
		},
		{
			name: "a looser limit of its own does not loosen max_age",
			steps: [lag("enter_long", "3600", ago(10 * minute))],
			orders: [],
			held: [],
			ends: [stale],
			reason: "max_age is 300 s",
		},
		{
			name: "an exit older than its own limit closes",
			strategy: { size: size("0.1 BTC") },
			steps: [lag("enter_long", "60", ago(0)), lag("exit_long", "60", ago(2 * minute))],
			orders: ["buy 0.1 entry", "sell 0.1 exit"],
			held: [],
			ends: [done, done],
		},
	]);
});
