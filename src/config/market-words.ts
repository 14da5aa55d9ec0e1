/** Symbols and timeframes in any spelling that TradingView or people use, made canonical. */
import { canonicalSymbol } from "../domain/symbol.ts";
import { canonicalTimeframe } from "../domain/timeframe.ts";
import { type Leaf, type Notes, scalarLeaf } from "./leaf.ts";

/** `BTCUSD` and `BTC/USD` alike. */
export const symbol = (notes: Notes): Leaf<string> =>
	scalarLeaf<string>({ type: "string" }, { ...notes, unit: "symbol" }, (text, shown) => {
		const value = canonicalSymbol(text.trim());
		return value === undefined
			? { message: `${shown} is not a symbol; write it like BTC/USD, or BTC/USDT:USDT for a perpetual` }
			: { value };
	});

/** `60` and `1h` alike. */
export const timeframe = (notes: Notes): Leaf<string> =>
	scalarLeaf<string>({ type: ["string", "integer"] }, { ...notes, unit: "timeframe" }, (text, shown) => {
		const value = canonicalTimeframe(text.trim());
		return value === undefined
			? { message: `${shown} is not a timeframe; write it like 15s, 5m, 1h, 1d, 1w or 1M` }
			: { value };
	});
