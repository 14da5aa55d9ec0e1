/** Markets: every spelling that TradingView, exchanges, ccxt and OKX have for one market meets, and no other market does. */
import { describe, expect, test } from "bun:test";
import { canonicalSymbol, resolveSymbol, sameSymbol } from "../../src/domain/symbol.ts";

interface Market {
	readonly canonical: string;
	readonly kind: "spot" | "perpetual" | "dated future" | "forex" | "share" | "continuous future" | "index";
	readonly spellings: readonly string[];
}

const markets: readonly Market[] = [
	{
		kind: "spot",
		canonical: "BTC/USDT",
		spellings: ["BTCUSDT", "btcusdt", "BINANCE:BTCUSDT", "BTC-USDT", "OKX:BTC-USDT", "BTC_USDT", "BTC/USDT"],
	},
	{ kind: "spot", canonical: "BTC/USD", spellings: ["BTCUSD", "COINBASE:BTCUSD", "BTC-USD", "BTC_USD", "BTC/USD"] },
	{ kind: "spot", canonical: "ETH/BTC", spellings: ["ETHBTC", "BINANCE:ETHBTC", "ETH-BTC", "ETH_BTC", "ETH/BTC"] },
	{ kind: "spot", canonical: "SOL/USDC", spellings: ["SOLUSDC", "SOL-USDC", "SOL_USDC", "SOL/USDC"] },
	{
		kind: "perpetual",
		canonical: "BTC/USDT:USDT",
		spellings: [
			...["BTCUSDT.P", "BINANCE:BTCUSDT.P", "OKX:BTCUSDT.P", "BTCUSDTPERP", "BINANCE:BTCUSDTPERP", "BTCUSDT_PERP"],
			...["BTCUSDT-PERP", "BTC-USDT-SWAP", "OKX:BTC-USDT-SWAP", "BTC_USDT_PERP", "BTC-USDT-PERPETUAL"],
			...["BTC/USDT:USDT", "btc/usdt:usdt", "BTC/USDT.P", "BTCUSDT:USDT", "BTC-USDT:USDT", "BINANCE:BTCUSDT:USDT"],
			"BINANCE:BTC/USDT:USDT",
		],
	},
	{
		kind: "perpetual",
		canonical: "BTC/USDC:USDC",
		spellings: ["BTCUSDC.P", "BTC-USDC-SWAP", "BTC_USDC-PERPETUAL", "BTC/USDC:USDC", "BTCUSDC:USDC"],
	},
	{
		kind: "perpetual",
		canonical: "BTC/USD:BTC",
		spellings: ["BTCUSD.P", "BTCUSD_PERP", "BTC-USD-SWAP", "DERIBIT:BTCUSD.P", "BTC/USD:BTC", "BTCUSD:BTC"],
	},
	{ kind: "perpetual", canonical: "SOL/USD:USD", spellings: ["PF_SOLUSD", "SOLUSD:USD", "SOL/USD:USD"] },
	{ kind: "perpetual", canonical: "ETH/USD:ETH", spellings: ["PI_ETHUSD", "ETHUSD.P", "ETH-USD-SWAP", "ETH/USD:ETH"] },
	{
		kind: "dated future",
		canonical: "BTC/USDT:USDT-260327",
		spellings: [
			...["BTCUSDT27H2026", "BINANCE:BTCUSDT27H2026", "BTCUSDTH2026", "BTCUSDTH26", "BTCUSDT_260327"],
			...["BTC-USDT-260327", "BTC-USDT-20260327", "BTCUSDT-27MAR26", "BTC/USDT:USDT-260327", "BTCUSDT:USDT-260327"],
		],
	},
	{
		kind: "dated future",
		canonical: "BTC/USDT:USDT-260329",
		spellings: ["BTCUSDT29H2026", "BTC-USDT-260329", "BTC/USDT:USDT-260329"],
	},
	{
		kind: "dated future",
		canonical: "BTC/USD:BTC-261225",
		spellings: [
			...["BTCUSDZ2026", "BTCUSD25Z2026", "BTCUSDZ26", "BTCUSD_261225", "BTC-USD-261225", "OKX:BTC-USD-261225"],
			...["BTC/USD:BTC-261225", "BTCUSD:BTC-261225", "BTCUSD-25DEC26"],
		],
	},
	{
		kind: "dated future",
		canonical: "XBT/USD:XBT-260327",
		spellings: ["FI_XBTUSD_260327", "XBTUSDH2026", "BITMEX:XBTUSDH26", "XBT/USD:XBT-260327"],
	},
	{
		kind: "forex",
		canonical: "EUR/USD",
		spellings: [
			"EURUSD",
			"FX:EURUSD",
			"FX_IDC:EURUSD",
			"OANDA:EURUSD",
			"OANDA:EUR_USD",
			"EUR_USD",
			"EUR/USD",
			"EUR-USD",
		],
	},
	{ kind: "forex", canonical: "USD/JPY", spellings: ["USDJPY", "FX:USDJPY", "OANDA:USD_JPY", "USD/JPY"] },
	{ kind: "forex", canonical: "XAU/USD", spellings: ["XAUUSD", "OANDA:XAUUSD", "OANDA:XAU_USD", "XAU/USD"] },
	{ kind: "share", canonical: "AAPL", spellings: ["AAPL", "aapl", "NASDAQ:AAPL", "NASDAQ_DL:AAPL", "NASDAQ_DLY:AAPL"] },
	{
		kind: "share",
		canonical: "BRK.B",
		spellings: ["BRK.B", "NYSE:BRK.B", "NYSE_DLY:BRK.B", "BRK-B", "BRK/B", "BRK_B"],
	},
	{ kind: "share", canonical: "BRK.A", spellings: ["BRK.A", "NYSE:BRK.A", "BRK/A"] },
	{ kind: "share", canonical: "7203", spellings: ["7203", "TSE:7203"] },
	{
		kind: "continuous future",
		canonical: "NQ1!",
		spellings: ["NQ1!", "CME_MINI:NQ1!", "CME_MINI_DL:NQ1!", "nq1!"],
	},
	{ kind: "continuous future", canonical: "NQ2!", spellings: ["NQ2!", "CME_MINI:NQ2!"] },
	{ kind: "continuous future", canonical: "ES1!", spellings: ["ES1!", "CME_MINI:ES1!", "CME_MINI_DLY:ES1!"] },
	{ kind: "continuous future", canonical: "BTC1!", spellings: ["BTC1!", "CME:BTC1!"] },
	{ kind: "dated future", canonical: "NQH2026", spellings: ["NQH2026", "CME_MINI:NQH2026", "CME_MINI_DL:NQH2026"] },
	{ kind: "dated future", canonical: "BTCH2026", spellings: ["BTCH2026", "CME:BTCH2026"] },
	{ kind: "dated future", canonical: "NSE:USDINR", spellings: ["NSE:USDINR", "NSE_DL:USDINR"] },
	{ kind: "index", canonical: "SPX", spellings: ["SPX", "SP:SPX", "CBOE:SPX"] },
	{ kind: "index", canonical: "DXY", spellings: ["DXY", "TVC:DXY"] },
	{ kind: "index", canonical: "BTC.D", spellings: ["BTC.D", "CRYPTOCAP:BTC.D"] },
	{ kind: "index", canonical: "USDT.D", spellings: ["USDT.D", "CRYPTOCAP:USDT.D"] },
	{ kind: "index", canonical: "TOTAL", spellings: ["TOTAL", "CRYPTOCAP:TOTAL"] },
];
const canonicals = markets.map(({ canonical }) => canonical);

describe.each(markets)("$kind $canonical", ({ canonical, spellings }) => {
	test.each(spellings)("%s is it", (spelling) => {
		expect(canonicalSymbol(spelling)).toBe(canonical);
	});
	test.each(spellings)("%s finds it in a list of all markets, and none besides", (spelling) => {
		expect(resolveSymbol(spelling, canonicals, {})).toEqual({ ok: true, symbol: canonical });
	});
	test("each spelling means the same as each other one", () => {
		for (const a of spellings) for (const b of spellings) expect([a, b, sameSymbol(a, b)]).toEqual([a, b, true]);
	});
	test("its canonical spelling is canonical", () => {
		expect(canonicalSymbol(canonical)).toBe(canonical);
	});
	test("no spelling of another market means it", () => {
		for (const other of markets) {
			if (other.canonical === canonical) continue;
			const meeting = other.spellings.filter((spelling) => sameSymbol(spelling, canonical));
			expect([other.canonical, meeting]).toEqual([other.canonical, []]);
		}
	});
});

describe("what only looks like a date", () => {
	const rows: readonly (readonly [string, string, string])[] = [
		["a month that does not exist", "BTC-USDT-261325", "BTC-USDT-261325"],
		["a day that does not exist", "BTCUSDT31H2026", "BTC/USDT:USDT-260331"],
		["a 30th of February", "BTCUSDT30G2026", "BTCUSDT30G2026"],
		["a month's name that is none", "BTCUSDT-27MÄR26", "BTCUSDT-27MÄR26"],
		["a share with a number", "AAPLH26", "AAPLH26"],
		["a coin whose name ends like a contract", "BTCH26USDT", "BTCH26/USDT"],
	];
	test.each(rows)("%s: %s is %s", (_, sent, canonical) => {
		expect(canonicalSymbol(sent)).toBe(canonical);
	});
	test("a coin's future without a quote names no market by itself", () => {
		expect(canonicalSymbol("BTC-27MAR26")).toBeUndefined();
		expect(canonicalSymbol("BTC-260327")).toBeUndefined();
	});
	test("the last Friday of a month, through a year with a leap day", () => {
		const days = "FGHJKMNQUVXZ".split("").map((letter) => canonicalSymbol(`BTCUSD${letter}2028`)?.slice(-6));
		const fridays = "280128 280225 280331 280428 280526 280630 280728 280825 280929 281027 281124 281229".split(" ");
		expect(days).toEqual(fridays);
	});
});
