/** Stage `match`: which strategy an alert is for, and whether that strategy takes it. */
import { describe, expect, test } from "bun:test";
import type { Alert } from "../../src/domain/records.ts";
import type { StrategySettings } from "../../src/domain/settings.ts";
import { resolveSymbol } from "../../src/domain/symbol.ts";
import { match } from "../../src/pipeline/match.ts";
import { notAllowed } from "../../src/strategy/allowed.ts";
import { alertOf, strategyOf } from "../engine/support.ts";
import { through } from "./processing-support.ts";

const strategies = [
	strategyOf({ name: "Mine", aliases: ["rsi"], symbols: ["BTC/USD"], timeframes: ["1h"] }),
	strategyOf({ name: "Open", symbols: [], timeframes: [] }),
	strategyOf({ name: "Off", enabled: false }),
	strategyOf({ name: "Both", symbols: ["BTC/USDT", "BTC/USDT:USDT"] }),
];

const stage = match({
	find: (name) => strategies.find(({ settings }) => settings.name === name || settings.aliases.includes(name)),
	list: () => strategies,
	notAllowed,
	resolveSymbol: (sent, allowed) => resolveSymbol(sent, allowed, {}),
});

describe("match", () => {
	const passes: readonly (readonly [string, Partial<Alert>, string])[] = [
		["by name", { strategy: "Mine", timeframe: "1h" }, "Mine, BTC/USD 1h"],
		["by alias", { strategy: "rsi", timeframe: "1h" }, "Mine, BTC/USD 1h"],
		["without a timeframe", { strategy: "Mine" }, "Mine, BTC/USD"],
		[
			"with empty lists, whatever it is",
			{ strategy: "Open", symbol: "SOL/EUR", symbol_sent: "SOLEUR", timeframe: "3m" },
			"Open, SOL/EUR 3m",
		],
	];
	for (const [name, changes, detail] of passes) {
		test(`lets an alert through ${name}`, async () => {
			const result = await through(alertOf("buy", changes), undefined, stage);
			expect([result.passed, result.verdict, result.detail]).toEqual([true, "pass", detail]);
			expect(result.context.matched().settings.name).toBe(detail.split(",")[0] ?? "");
		});
	}

	const ends: readonly (readonly [string, Partial<Alert>, string, readonly string[]])[] = [
		["a strategy that is not there", { strategy: "Nobody" }, "unknown_strategy", ['"Nobody"', "Mine, Open, Off, Both"]],
		["no strategy named", { strategy: "" }, "unknown_strategy", ["names no strategy"]],
		["a strategy that is off", { strategy: "Off" }, "strategy_disabled", ["Off", "strategies[2]"]],
		[
			"another symbol",
			{ strategy: "Mine", symbol: "ETH/USD", symbol_sent: "ETHUSD" },
			"symbol_not_allowed",
			["ETHUSD is not among Mine's symbols BTC/USD", "strategies[0].symbols"],
		],
		[
			"another timeframe",
			{ strategy: "Mine", timeframe: "5m" },
			"timeframe_not_allowed",
			["5m", "1h", "strategies[0].timeframes"],
		],
	];
	for (const [name, changes, code, words] of ends) {
		test(`ends ${name}: ${code}`, async () => {
			const result = await through(alertOf("buy", changes), undefined, stage);
			expect<unknown[]>([result.passed, result.verdict, result.code]).toEqual([false, "refuse", code]);
			for (const word of words) expect(result.detail).toContain(word);
		});
	}

	test("a strategy that is known is told even where it may not act, so that a restart can bring its orders to an end", async () => {
		const { context } = await through(alertOf("buy", { strategy: "Off" }), undefined, stage);
		expect((context.strategy?.settings satisfies StrategySettings | undefined)?.name).toBe("Off");
	});

	test("a symbol that could be two of the strategy's markets is ambiguous", async () => {
		const ambiguous = match({
			find: () => strategies[3],
			list: () => strategies,
			notAllowed,
			resolveSymbol: () => ({ ok: false, candidates: ["BTC/USDT", "BTC/USDT:USDT"] }),
		});
		const result = await through(alertOf("buy", { symbol_sent: "BTC" }), undefined, ambiguous);
		expect([result.code, result.detail]).toEqual(["ambiguous_symbol", "BTC could be BTC/USDT or BTC/USDT:USDT"]);
	});
});
