/** Currency codes: what lets a text without a border such as `BTCUSDT` be cut into base and quote, and what forbids it. */

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const stablecoins = words("USDT USDC FDUSD BUSD TUSD DAI");
const fiat = words(
	"USD EUR GBP JPY CHF AUD CAD NZD TRY BRL KRW INR MXN ZAR SGD HKD CNH CNY SEK NOK DKK PLN CZK HUF ILS THB UAH ARS IDR",
);
const metals = words("XAU XAG XPT XPD");
const coins = words(
	"BTC XBT ETH BNB SOL XRP ADA DOGE XDG TRX TON DOT AVAX LINK MATIC POL LTC BCH SHIB UNI XLM ATOM ETC XMR NEAR APT SUI ARB " +
		"OP FIL ICP HBAR VET ALGO AAVE MKR GRT SNX COMP CRV LDO INJ RUNE SEI TIA STX IMX FTM SAND MANA AXS GALA APE EOS XTZ " +
		"ZEC DASH NEO IOTA KAS PEPE BONK WIF FLOKI ORDI JUP PYTH ENA ONDO TAO RENDER FET WLD BLUR DYDX GMX CAKE SUSHI YFI " +
		"BAT ZRX ENJ CHZ LRC KSM ROSE MINA QNT EGLD THETA FLOW CRO MNT HYPE TRUMP XEC ZIL WAVES QTUM ONT OMG CKB ANKR USTC " +
		"WBTC STETH WETH CELO RSR BAND KAVA JASMY PENDLE STRK ZK EIGEN WOO PERP AR TWT BAL UMA LUNA LUNC NOT DYM",
);

/** Quotes after which any base of the given length is split off; `AAPL` and `NVDA` end in none of them. */
const openQuotes = [
	["USDT", 1],
	["USDC", 1],
	["FDUSD", 2],
	["USD", 2],
] as const;
/** Quotes that only follow a base we know: `GBTC` and `ABNB` are shares, not `G/BTC` and `A/BNB`. */
const guardedQuotes = [
	...["BUSD", "TUSD", "DAI"],
	...[...fiat].filter((currency) => currency !== "USD"),
	...["BTC", "XBT", "ETH", "BNB", "SOL", "TRX", "XRP", "DOGE"],
];
const quotes: ReadonlySet<string> = new Set([...openQuotes.map(([quote]) => quote), ...guardedQuotes]);

/** True for a code that pairs are quoted in. */
export function isQuote(code: string): boolean {
	return quotes.has(code);
}

/** True for a coin, stablecoin, currency or metal that this file lists. */
export function isKnownCurrency(code: string): boolean {
	return coins.has(code) || fiat.has(code) || stablecoins.has(code) || metals.has(code);
}

/** True for a coin whose derivatives may be named without a quote: `ETH-PERP`. */
export function isKnownCoin(code: string): boolean {
	return coins.has(code);
}

/** The quote at the end of a text without a border; undefined where it is not recognisably a pair. In capitals. */
export function quoteAtEnd(text: string): string | undefined {
	const base = (quote: string) => text.slice(0, -quote.length);
	const open = openQuotes.find(([quote, length]) => text.endsWith(quote) && base(quote).length >= length)?.[0];
	const guarded = guardedQuotes.find((quote) => text.endsWith(quote) && isKnownCurrency(base(quote)));
	// `ETHBUSD` is ETH/BUSD, but `SHIBUSD` is SHIB/USD: the base that we know decides, then the open quote.
	return open !== undefined && (guarded === undefined || isKnownCurrency(base(open))) ? open : guarded;
}
