/** `symbols_map` wins over every rule, both where an alert is recorded and where it meets its strategy. */
import { describe, expect, test } from "bun:test";
import { resolveSymbol } from "../../src/domain/symbol.ts";
import { match } from "../../src/pipeline/match.ts";
import { notAllowed } from "../../src/strategy/allowed.ts";
import { alertOf, strategyOf } from "../engine/support.ts";
import { bench, payload } from "../http/support/bench.ts";
import { directory, strategy } from "../http/support/fakes.ts";
import { through } from "./processing-support.ts";

interface Row {
	readonly name: string;
	readonly sent: string;
	readonly symbols: readonly string[];
	readonly map: Readonly<Record<string, string>>;
	/** What the alert is recorded with and traded on. */
	readonly symbol: string;
	/** How the match stage ends it; undefined where it passes. */
	readonly code?: string;
	/** What it would have been without the map. */
	readonly instead: string;
}

const rows: readonly Row[] = [
	{
		name: "over the canonical spelling",
		sent: "BTCUSD",
		symbols: ["BTC/USD", "BTC/USDC"],
		map: { BTCUSD: "BTC/USDC" },
		symbol: "BTC/USDC",
		instead: "BTC/USD",
	},
	{
		name: "over the strategy's list, which then refuses what the map gave",
		sent: "BTCUSD",
		symbols: ["BTC/USD"],
		map: { BTCUSD: "BTC/USDC" },
		symbol: "BTC/USDC",
		code: "symbol_not_allowed",
		instead: "BTC/USD",
	},
	{
		name: "over an ambiguity",
		sent: "ETH-PERP",
		symbols: ["ETH/USDT:USDT", "ETH/USDC:USDC"],
		map: { "ETH-PERP": "ETH/USDC:USDC" },
		symbol: "ETH/USDC:USDC",
		instead: "ETH-PERP",
	},
	{
		name: "over the suffix of a perpetual",
		sent: "BTCUSDT.P",
		symbols: ["BTC/USDT", "BTC/USDT:USDT"],
		map: { "BTCUSDT.P": "BTC/USDT" },
		symbol: "BTC/USDT",
		instead: "BTC/USDT:USDT",
	},
	{
		name: "over another name of the same coin",
		sent: "XBTUSD",
		symbols: ["BTC/USD", "BTC/USD:BTC"],
		map: { XBTUSD: "BTC/USD:BTC" },
		symbol: "BTC/USD:BTC",
		instead: "BTC/USD",
	},
	{
		name: "over a share",
		sent: "NASDAQ_DL:AAPL",
		symbols: ["AAPL", "AAPL/USD"],
		map: { "NASDAQ:AAPL": "AAPL/USD" },
		symbol: "AAPL/USD",
		instead: "AAPL",
	},
];

async function recordedAs(row: Row, map: Row["map"]): Promise<string | undefined> {
	const strategies = directory(strategy("MyRSIStrategy", { symbols: row.symbols }));
	const { post, journal } = bench({ strategies, symbols_map: map });
	await post(payload({ symbol: row.sent }));
	return journal.receptions[0]?.alert.symbol;
}

describe("symbols_map", () => {
	test.each(rows.map((row) => [row.name, row] as const))("%s, at the reception", async (_, row) => {
		expect(await recordedAs(row, row.map)).toBe(row.symbol);
		expect(await recordedAs(row, {})).toBe(row.instead);
	});

	test.each(rows.map((row) => [row.name, row] as const))("%s, at the match", async (_, row) => {
		const only = strategyOf({ name: "Mine", symbols: row.symbols, timeframes: [] });
		const stage = match({
			find: () => only,
			list: () => [only],
			notAllowed,
			resolveSymbol: (sent, allowed) => resolveSymbol(sent, allowed, row.map),
		});
		const alert = alertOf("buy", { strategy: "Mine", symbol: row.symbol, symbol_sent: row.sent });
		const { passed, code } = await through(alert, undefined, stage);
		expect<unknown>({ passed, code }).toEqual({ passed: row.code === undefined, code: row.code });
	});
});
