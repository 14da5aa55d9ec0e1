/** The meaning of an alert: equal for resends, different for everything that nexus would do differently. */
import { describe, expect, test } from "bun:test";
import { meaningKey } from "../../src/alert/meaning.ts";
import { readBody } from "../../src/alert/read.ts";

const base = {
	action: "buy",
	symbol: "BTCUSD",
	price: "42000.5",
	timeframe: "60",
	alert_id: "a",
	message: "m",
	time: "2026-01-31T13:37:01Z",
};

function key(changes: Readonly<Record<string, unknown>> = {}, strategy = "S", symbol = "BTC/USD"): string {
	const result = readBody(JSON.stringify({ ...base, ...changes }));
	const item = result.ok ? result.items[0] : undefined;
	if (item?.ok !== true) throw new Error("refused");
	return meaningKey(item.reading, strategy, symbol);
}

test("a meaning is 32 hex digits, the same each time", () => {
	expect(key()).toMatch(/^[0-9a-f]{32}$/);
	expect(key()).toBe(key());
});

describe("these mean the same", () => {
	const rows: readonly (readonly [name: string, changes: Readonly<Record<string, unknown>>])[] = [
		["another spelling of the number", { price: 42000.5 }],
		["another spelling of the action", { action: "LONG" }],
		["another spelling of the timeframe", { timeframe: "1h" }],
		["another message", { message: "other" }],
		["another time", { time: "2026-01-31T13:37:06Z" }],
		["another id", { alert_id: "b" }],
		["another field that no rule reads", { rsi: 28 }],
		["a secret", { secret: "x" }],
	];
	for (const [name, changes] of rows) test(name, () => expect(key(changes)).toBe(key()));
});

describe("these mean something else", () => {
	const rows: readonly (readonly [name: string, changes: Readonly<Record<string, unknown>>])[] = [
		["the other side", { action: "sell" }],
		["an exit", { action: "close_long" }],
		["an exit of whichever side", { action: "exit" }],
		["a stop", { action: "stop_loss" }],
		["another price", { price: 42000.6 }],
		["no price", { price: null }],
		["another timeframe", { timeframe: "4h" }],
		["a quantity", { quantity: 1 }],
		["a share", { quantity: "50%" }],
		["a stated position", { market_position: "long" }],
		["a stated position with a size", { market_position: "long", market_position_size: 1 }],
		["a stated position with a past", { market_position: "long", prev_market_position: "flat" }],
	];
	test("no two of them are alike", () => {
		const keys = [key(), ...rows.map(([, changes]) => key(changes))];
		expect(new Set(keys).size).toBe(rows.length + 1);
	});
	test("another strategy", () => expect(key({}, "T")).not.toBe(key()));
	test("another market", () => expect(key({}, "S", "BTC/USDT")).not.toBe(key()));
	test("two custom actions", () => expect(key({ action: "moon" })).not.toBe(key({ action: "mars" })));
	test("a strategy's name cannot be mistaken for a market's", () =>
		expect(key({}, "A", "B")).not.toBe(key({}, "B", "A")));
});
