/** The currency that a symbol is priced in, for sizes that a message gives "in the quote currency". */
import { canonicalSymbol } from "../domain/symbol.ts";

/** `USDT` for `BTCUSDT`, `BTC-USDT-SWAP` and `BTC/USDT:USDT`; undefined where the spelling does not say it. */
export function quoteOf(symbol: string): string | undefined {
	const [, rest] = (canonicalSymbol(symbol) ?? "").split("/");
	const quote = rest?.split(":")[0];
	return quote === "" ? undefined : quote;
}
