/** Symbols: every spelling of one market meets, and no spelling of another market does. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { canonicalSymbol, isSymbol, resolveSymbol, sameSymbol } from "../../src/domain/symbol.ts";

const spellings: readonly (readonly [canonical: string, ...texts: string[]])[] = [
	[
		"BTC/USD",
		"BTCUSD",
		"btcusd",
		" BTCUSD ",
		"COINBASE:BTCUSD",
		"BTC-USD",
		"BTC_USD",
		"BTC/USD",
		"btc/usd",
		"KRAKEN:BTC/USD",
	],
	["BTC/USDT", "BTCUSDT", "BTC-USDT", "BTC_USDT", "BINANCE:BTCUSDT"],
	[
		"BTC/USDT:USDT",
		"BTCUSDT.P",
		"BTCUSDTPERP",
		"BTCUSDT_PERP",
		"BTCUSDT-PERP",
		"BTC-USDT-SWAP",
		"BTC/USDT.P",
		"BYBIT:BTCUSDT.P",
	],
	["BTC/USDC:USDC", "BTCUSDC.P", "BTC-USDC-SWAP", "BTC-USDC-PERPETUAL"],
	["BTC/USD:BTC", "BTCUSD.P", "BTCUSD_PERP", "BTC-USD-SWAP", "BITMEX:BTCUSD.P"],
	["BTC/USDT:USDT-250628", "BTC-USDT-250628", "BTCUSDT_250628", "OKX:BTC-USDT-250628"],
	["BTC/USD:BTC-250628", "BTC-USD-250628", "BTCUSD_250628"],
	["XBT/USD", "XBTUSD", "KRAKEN:XBTUSD"],
	["DOGE/USD", "DOGEUSD", "DOGE-USD"],
	["1000PEPE/USDT:USDT", "1000PEPEUSDT.P"],
	["1INCH/USDT", "1INCHUSDT"],
	["T/USDT", "TUSDT"],
	["USDC/USDT", "USDCUSDT"],
	["PERP/USDT", "PERPUSDT"],
	["ETH/BTC", "ETHBTC", "ETH-BTC"],
	["ETH/BUSD", "ETHBUSD"],
	["SOL/EUR", "SOLEUR"],
	["NEWCOIN/USDT", "NEWCOINUSDT"],
	["EUR/USD", "EURUSD", "OANDA:EURUSD", "EUR_USD", "FX:EURUSD"],
	["USD/JPY", "USDJPY"],
	["USD/CAD", "USDCAD"],
	["USD/TRY", "USDTRY"],
	["GBP/JPY", "GBPJPY"],
	["XAU/USD", "XAUUSD"],
	// Where the last letters look like a currency but belong to the coin.
	["SHIB/USD", "SHIBUSD"],
	["BNB/USD", "BNBUSD"],
	["ARB/USD", "ARBUSD"],
	["DOT/USD", "DOTUSD"],
	["GRT/USD", "GRTUSD"],
	["NEWCOINB/USD", "NEWCOINBUSD"],
	["AAPL", "AAPL", "aapl", "NASDAQ:AAPL", "NASDAQ_DL:AAPL", "NASDAQ_DLY:AAPL"],
	["NVDA", "NVDA"],
	["MSTR", "MSTR"],
	["BRK.B", "BRK.B", "NYSE:BRK.B"],
	["BF.B", "BF-B", "BF/B", "NYSE:BF.B"],
	["GBTC", "GBTC", "AMEX:GBTC"],
	["FBTC", "FBTC"],
	["FETH", "FETH"],
	["ABNB", "ABNB", "NASDAQ:ABNB"],
	["HYUNDAI", "HYUNDAI"],
	["ENTRY", "ENTRY"],
	["NSE:USDINR", "NSE:USDINR", "nse:usdinr", "NSE_DL:USDINR"],
	["NQ1!", "NQ1!", "CME_MINI:NQ1!", "CME_MINI_DL:NQ1!"],
	["BTC1!", "CME:BTC1!"],
	["SPX", "SPX", "SP:SPX"],
	["DXY", "TVC:DXY"],
	["7203", "TSE:7203"],
	["USDT", "USDT"],
	["BUSD", "BUSD"],
];

describe("canonicalSymbol", () => {
	for (const [canonical, ...texts] of spellings) {
		for (const text of texts) {
			test(`${JSON.stringify(text)} is ${canonical}`, () => expect(canonicalSymbol(text)).toBe(canonical));
		}
		test(`${canonical} is its own canonical spelling`, () => {
			expect(canonicalSymbol(canonical)).toBe(canonical);
		});
	}

	for (const text of [
		"",
		"  ",
		"---",
		":",
		"BINANCE:",
		"/",
		"BTC USD",
		"BTC\nUSD",
		"BTC\u0000USD",
		"x".repeat(65),
		"x".repeat(5000),
	]) {
		test(`${JSON.stringify(text.slice(0, 70))} is no symbol`, () => {
			expect(canonicalSymbol(text)).toBeUndefined();
			expect(isSymbol(text)).toBe(false);
		});
	}

	test("a perpetual without a quote does not name a market by itself, but is a symbol", () => {
		for (const text of ["ETH-PERP", "BTCPERP", "BTC-PERPETUAL"]) {
			expect(canonicalSymbol(text)).toBeUndefined();
			expect(isSymbol(text)).toBe(true);
		}
	});

	test("any pair of codes survives every spelling that has a border or a suffix", () => {
		const base = fc.stringMatching(/^[A-Z0-9]{2,8}$/);
		const quote = fc.constantFrom("USDT", "USDC", "EUR", "BTC");
		fc.assert(
			fc.property(base, quote, (b, q) => {
				expect(canonicalSymbol(`${b}/${q}`)).toBe(`${b}/${q}`);
				expect(canonicalSymbol(`${b.toLowerCase()}-${q.toLowerCase()}`)).toBe(`${b}/${q}`);
				expect(canonicalSymbol(`X:${b}_${q}`)).toBe(`${b}/${q}`);
				expect(canonicalSymbol(`${b}-${q}-SWAP`)).toBe(`${b}/${q}:${q}`);
				expect(canonicalSymbol(`${b}/${q}:${q}`)).toBe(`${b}/${q}:${q}`);
				expect(canonicalSymbol(`${b}-${q}-251226`)).toBe(`${b}/${q}:${q}-251226`);
			}),
			{ numRuns: 1000 },
		);
	});

	test("any text gives a spelling that is canonical again, or nothing; never an exception", () => {
		const part = fc.constantFrom(
			"BTC",
			"USD",
			"USDT",
			"T",
			"AAPL",
			"PERP",
			".P",
			"-",
			"_",
			"/",
			":",
			"!",
			"250628",
			"SWAP",
			" ",
			"é",
			...["NSE:", "NASDAQ_DL:", "PF_", "BRK.B", "X/B", "27MAR26", "27H2026", "Z26", "SWAP.P"],
		);
		const text = fc.oneof(
			fc.string({ unit: "binary", maxLength: 20 }),
			fc.array(part, { maxLength: 6 }).map((parts) => parts.join("")),
		);
		fc.assert(
			fc.property(text, (sent) => {
				const canonical = canonicalSymbol(sent);
				if (canonical !== undefined) expect(canonicalSymbol(canonical)).toBe(canonical);
				const resolved = resolveSymbol(sent, ["BTC/USDT", "BTC/USDT:USDT"], { AAPL: "T" });
				// What an alert is recorded with is found again by its own spelling.
				if (resolved.ok) expect(resolveSymbol(resolved.symbol, [resolved.symbol], {})).toEqual(resolved);
				expect(sameSymbol(sent, sent)).toBe(isSymbol(sent));
			}),
			{ numRuns: 5000, examples: [["_/_-SWAP"]] },
		);
	});
});

interface Resolution {
	readonly name: string;
	readonly sent: string;
	readonly allowed: readonly string[];
	readonly map?: Readonly<Record<string, string>>;
	readonly symbol?: string;
	readonly candidates?: readonly string[];
}

const both = ["BTC/USDT", "BTC/USDT:USDT"];
const resolutions: readonly Resolution[] = [
	{
		name: "a spelling without a border meets the list",
		sent: "BTCUSD",
		allowed: ["ETH/USD", "BTC/USD"],
		symbol: "BTC/USD",
	},
	{
		name: "a spot spelling is the spot market where both are listed",
		sent: "BTCUSDT",
		allowed: both,
		symbol: "BTC/USDT",
	},
	{
		name: "a perpetual spelling is the perpetual where both are listed",
		sent: "BTCUSDT.P",
		allowed: both,
		symbol: "BTC/USDT:USDT",
	},
	{
		name: "a spot spelling never becomes the only perpetual listed",
		sent: "BTCUSDT",
		allowed: ["BTC/USDT:USDT"],
		symbol: "BTC/USDT",
	},
	{
		name: "a perpetual spelling never becomes the only spot market listed",
		sent: "BTCUSDT.P",
		allowed: ["BTC/USDT"],
		symbol: "BTC/USDT:USDT",
	},
	{
		name: "a dated future never becomes the perpetual",
		sent: "BTCUSDT_250628",
		allowed: both,
		symbol: "BTC/USDT:USDT-250628",
	},
	{
		name: "another expiry is another market",
		sent: "BTC-USDT-250628",
		allowed: ["BTC/USDT:USDT-250926"],
		symbol: "BTC/USDT:USDT-250628",
	},
	{ name: "USDT is not USD", sent: "BTCUSDT", allowed: ["BTC/USD"], symbol: "BTC/USDT" },
	{ name: "XBT meets a listed BTC", sent: "XBTUSD", allowed: ["BTC/USD"], symbol: "BTC/USD" },
	{ name: "BTC meets a listed XBT", sent: "BTCUSD", allowed: ["XBT/USD"], symbol: "XBT/USD" },
	{
		name: "XBT stays XBT where that is listed too",
		sent: "XBTUSD",
		allowed: ["BTC/USD", "XBT/USD"],
		symbol: "XBT/USD",
	},
	{ name: "XBT stays XBT where nothing meets it", sent: "XBTUSD", allowed: ["ETH/USD"], symbol: "XBT/USD" },
	{ name: "XBT's perpetual meets a listed BTC one", sent: "XBTUSD.P", allowed: ["BTC/USD:BTC"], symbol: "BTC/USD:BTC" },
	{
		name: "the list decides how an unknown text is cut",
		sent: "1INCHBUSD",
		allowed: ["1INCHB/USD"],
		symbol: "1INCHB/USD",
	},
	{
		name: "a text that two listed markets could be is not guessed",
		sent: "1INCHBUSD",
		allowed: ["1INCH/BUSD", "1INCHB/USD"],
		candidates: ["1INCH/BUSD", "1INCHB/USD"],
	},
	{
		name: "a written border decides between them",
		sent: "1INCH-BUSD",
		allowed: ["1INCH/BUSD", "1INCHB/USD"],
		symbol: "1INCH/BUSD",
	},
	{ name: "the same market listed twice is one", sent: "BTCUSD", allowed: ["BTC/USD", "BTC/USD"], symbol: "BTC/USD" },
	{ name: "a share on the list is not cut into a pair", sent: "GBTC", allowed: ["GBTC"], symbol: "GBTC" },
	{
		name: "a pair on the list is found in a text that looks like a share",
		sent: "GBTC",
		allowed: ["G/BTC"],
		symbol: "G/BTC",
	},
	{ name: "a written border is not the share without it", sent: "A/BNB", allowed: ["ABNB"], symbol: "A/BNB" },
	{ name: "a share with its exchange", sent: "NASDAQ:AAPL", allowed: ["AAPL", "MSFT"], symbol: "AAPL" },
	{ name: "a continuous future with its exchange", sent: "CME_MINI:NQ1!", allowed: ["NQ1!"], symbol: "NQ1!" },
	{
		name: "an inverse perpetual by its usual settlement",
		sent: "BTCUSD.P",
		allowed: ["BTC/USD:BTC"],
		symbol: "BTC/USD:BTC",
	},
	{
		name: "a USD perpetual settled otherwise, where the list has only that",
		sent: "BTCUSD.P",
		allowed: ["BTC/USD:USDC"],
		symbol: "BTC/USD:USDC",
	},
	{
		name: "a USD perpetual with two settlements on the list is not guessed",
		sent: "BTCUSD.P",
		allowed: ["BTC/USD:USDC", "BTC/USD:BTC"],
		candidates: ["BTC/USD:USDC", "BTC/USD:BTC"],
	},
	{
		name: "a unified spelling is never ambiguous",
		sent: "BTC/USD:BTC",
		allowed: ["BTC/USD:USDC", "BTC/USD:BTC"],
		symbol: "BTC/USD:BTC",
	},
	{
		name: "a perpetual without a quote is the coin's only one",
		sent: "ETH-PERP",
		allowed: ["BTC/USDT:USDT", "ETH/USDT:USDT"],
		symbol: "ETH/USDT:USDT",
	},
	{
		name: "a perpetual without a quote with two on the list is not guessed",
		sent: "ETH-PERP",
		allowed: ["ETH/USDT:USDT", "ETH/USDC:USDC"],
		candidates: ["ETH/USDT:USDT", "ETH/USDC:USDC"],
	},
	{
		name: "a perpetual without a quote and with none on the list stays as it was sent",
		sent: "eth-perp",
		allowed: ["ETH/USDT"],
		symbol: "ETH-PERP",
	},
	{ name: "an unknown symbol is spelled canonically", sent: "dogeusd", allowed: ["BTC/USD"], symbol: "DOGE/USD" },
	{
		name: "a perpetual without a quote and without any list is refused with the usual markets",
		sent: "ETH-PERP",
		allowed: [],
		candidates: ["ETH/USDT:USDT", "ETH/USDC:USDC", "ETH/USD:ETH"],
	},
	{
		name: "a dated future without a quote and without any list, too, each with its date",
		sent: "BTC-25DEC26",
		allowed: [],
		candidates: ["BTC/USDT:USDT-261225", "BTC/USDC:USDC-261225", "BTC/USD:BTC-261225"],
	},
	{
		name: "a dated future without a quote is the coin's only one of that day",
		sent: "BTC-25DEC26",
		allowed: ["BTC/USDT:USDT", "BTC/USD:BTC-261225", "BTC/USD:BTC-260925"],
		symbol: "BTC/USD:BTC-261225",
	},
	{
		name: "a month's contract is the quarterly one, never a weekly one of the same month",
		sent: "BTCUSDH2026",
		allowed: ["BTC/USD:BTC-260313", "BTC/USD:BTC-260320"],
		symbol: "BTC/USD:BTC-260327",
	},
	{
		name: "the quarterly one is found among weekly ones",
		sent: "BTCUSDH2026",
		allowed: ["BTC/USD:BTC-260313", "BTC/USD:BTC-260327"],
		symbol: "BTC/USD:BTC-260327",
	},
	{
		name: "a listed pair is found by the ticker of a future that TradingView gives without its exchange",
		sent: "USDINR",
		allowed: ["NSE:USDINR"],
		symbol: "NSE:USDINR",
	},
	{
		name: "the map wins where the list would be ambiguous",
		sent: "ETH-PERP",
		allowed: ["ETH/USDT:USDT", "ETH/USDC:USDC"],
		map: { "ETH-PERP": "ETH/USDC:USDC" },
		symbol: "ETH/USDC:USDC",
	},
	{
		name: "the map wins where the spelling would mean a perpetual",
		sent: "BTCUSDT.P",
		allowed: ["BTC/USDT", "BTC/USDT:USDT"],
		map: { "BTCUSDT.P": "BTC/USDT" },
		symbol: "BTC/USDT",
	},
	{
		name: "the map's exchange stands for its delayed feed",
		sent: "NASDAQ_DL:AAPL",
		allowed: ["AAPL"],
		map: { "NASDAQ:AAPL": "AAPL/USD" },
		symbol: "AAPL/USD",
	},
	{
		name: "a spelling of the map that is written exactly goes before the same one without its exchange",
		sent: "BINANCE:US100",
		allowed: [],
		map: { US100: "NQ1!", "BINANCE:US100": "NAS100/USD" },
		symbol: "NAS100/USD",
	},
	{ name: "with an empty list too", sent: "BYBIT:SOLUSDT.P", allowed: [], symbol: "SOL/USDT:USDT" },
	{ name: "what is no symbol has no candidates", sent: "---", allowed: ["BTC/USD"], candidates: [] },
	{
		name: "the map wins over the list",
		sent: "BTCUSD",
		allowed: ["BTC/USD"],
		map: { BTCUSD: "BTC/USDC" },
		symbol: "BTC/USDC",
	},
	{
		name: "the map is asked without regard to case",
		sent: "btcusd",
		allowed: [],
		map: { BTCUSD: "BTC/USDC" },
		symbol: "BTC/USDC",
	},
	{
		name: "the map's spelling without an exchange meets one with it",
		sent: "BINANCE:US100",
		allowed: [],
		map: { US100: "NQ1!" },
		symbol: "NQ1!",
	},
	{
		name: "the map's spelling with an exchange meets only that",
		sent: "KRAKEN:BTCUSD",
		allowed: [],
		map: { "BINANCE:BTCUSD": "BTC/FDUSD" },
		symbol: "BTC/USD",
	},
	{
		name: "what the map gives is spelled canonically",
		sent: "GOLD",
		allowed: [],
		map: { GOLD: "xauusd" },
		symbol: "XAU/USD",
	},
	{
		name: "the map may name what the spelling rules cannot read",
		sent: "weird thing",
		allowed: [],
		map: { "weird thing": "BTC/USD" },
		symbol: "BTC/USD",
	},
	{
		name: "a prototype's key is not in the map",
		sent: "CONSTRUCTOR",
		allowed: [],
		map: { A: "B" },
		symbol: "CONSTRUCTOR",
	},
];

describe("resolveSymbol", () => {
	for (const { name, sent, allowed, map, symbol, candidates } of resolutions) {
		test(name, () => {
			const resolved = resolveSymbol(sent, allowed, map ?? {});
			expect(resolved).toEqual(
				symbol === undefined ? { ok: false, candidates: candidates ?? [] } : { ok: true, symbol },
			);
		});
	}

	test("whatever is on a list is found there by its own spelling", () => {
		const symbols = spellings.map(([canonical]) => canonical).filter((symbol) => symbol !== "XBT/USD");
		for (const symbol of symbols) expect(resolveSymbol(symbol, symbols, {})).toEqual({ ok: true, symbol });
	});

	test("a text that two thousand others came before is read the same", () => {
		for (let i = 0; i < 2500; i++) canonicalSymbol(`COIN${i}USDT`);
		expect(canonicalSymbol("COIN7USDT")).toBe("COIN7/USDT");
		expect(resolveSymbol("BTCUSD", ["BTC/USD"], {})).toEqual({ ok: true, symbol: "BTC/USD" });
	});
});

describe("sameSymbol", () => {
	const same: readonly (readonly [string, string])[] = [
		["BTCUSD", "BTC/USD"],
		["COINBASE:BTCUSD", "btc-usd"],
		["BTCUSDT.P", "BTC/USDT:USDT"],
		["XBTUSD", "BTC/USD"],
		["NASDAQ:AAPL", "aapl"],
	];
	for (const [a, b] of same) {
		test(`${a} is ${b}, both ways`, () => expect([sameSymbol(a, b), sameSymbol(b, a)]).toEqual([true, true]));
	}
	const different: readonly (readonly [string, string])[] = [
		["BTCUSDT", "BTCUSDT.P"],
		["BTCUSD", "BTCUSDT"],
		["BTCUSD", "ETHUSD"],
		["BTC-USDT-250628", "BTC-USDT-SWAP"],
		["---", "---"],
	];
	for (const [a, b] of different) {
		test(`${a} is not ${b}, either way`, () => expect([sameSymbol(a, b), sameSymbol(b, a)]).toEqual([false, false]));
	}
});
