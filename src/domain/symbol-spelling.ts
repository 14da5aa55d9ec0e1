/** One spelling of a symbol taken apart: base, quote, settlement and expiry as far as it says them. */
import { isKnownCoin, isKnownCurrency, isQuote, quoteAtEnd } from "./currencies.ts";
import { splitExpiry } from "./expiry.ts";

/** Longer is not a symbol but a mistake. */
export const symbol_length_max = 64;
/** Spellings whose reading is remembered; the memory is emptied when it is full. */
const remembered_max = 1000;

/** Where shares, futures and indices trade: nothing behind such a prefix is ever split into a pair. */
const shareExchanges: ReadonlySet<string> = new Set(
	(
		"NASDAQ NYSE AMEX ARCA NYSEARCA BATS CBOE OTC LSE LSIN XETR FWB EURONEXT SIX MIL BME OMXSTO TSX TSXV ASX NSE BSE HKEX " +
		"SSE SZSE TSE JPX KRX TWSE SGX IDX BMFBOVESPA B3 BMV JSE CME CME_MINI CBOT CBOT_MINI COMEX COMEX_MINI NYMEX " +
		"NYMEX_MINI EUREX ICEUS ICEEUR MCX NFO SP DJ FTSE"
	).split(" "),
);

/** What a spelling says. */
export interface ParsedSymbol {
	readonly kind: "plain" | "spot" | "perpetual" | "future";
	/** Canonical spelling; the sender's own in capitals where it says too little. */
	readonly text: string;
	/** False where the spelling alone does not name a market (`ETH-PERP`: against what?). */
	readonly complete: boolean;
	/** True where the sender wrote the border between base and quote. */
	readonly separated: boolean;
	readonly base: string;
	readonly quote: string;
	/** "" where the spelling leaves it open (`BTCUSD.P` may be settled in BTC or in USDC). */
	readonly settle: string;
	/** What follows the settle currency, such as `250628`. */
	readonly expiry: string;
	/** Letters and digits of the pair, for comparison with a spelling without a border. */
	readonly squeezed: string;
}

const remembered = new Map<string, ParsedSymbol | undefined>();

/** Takes a spelling apart; undefined where the text can be no symbol. Never throws. */
export function parseSymbol(text: string): ParsedSymbol | undefined {
	if (text.length > symbol_length_max * 2) return undefined;
	const before = remembered.get(text);
	if (before !== undefined || remembered.has(text)) return before;
	const parsed = parseAfresh(text.trim().toUpperCase());
	if (remembered.size >= remembered_max) remembered.clear();
	remembered.set(text, parsed);
	return parsed;
}

const unusable = /[\p{C}\s]/u;
const squeeze = (text: string) => text.replace(/[^\p{L}\p{N}!]/gu, "");

function parseAfresh(text: string): ParsedSymbol | undefined {
	const settled = parseSettled(text);
	if (settled !== undefined) return settled;
	const [exchange, bare] = splitExchange(text);
	if (bare.length > symbol_length_max || unusable.test(bare) || squeeze(bare) === "") return undefined;
	if (!shareExchanges.has(exchange) || bare.indexOf("/") > 0) return parseBare(bare);
	const alone = parseBare(bare);
	if (alone.kind === "plain") return alone;
	// Without its exchange it would be read as a pair (NSE:USDINR is a future): the exchange stays in the name.
	return { ...plain(bare), text: `${exchange}:${bare}` };
}

function parseBare(bare: string): ParsedSymbol {
	const slash = bare.indexOf("/");
	if (slash > 0) return parseSlashed(bare, slash);
	if (bare.includes("!")) return plain(bare);
	return parsePerpetual(bare) ?? parseDated(bare) ?? parsePair(bare) ?? plain(bare);
}

/**
 * `NASDAQ_DL:AAPL` → `NASDAQ`, `AAPL`, in capitals; an exchange of "" where there is none. The colon of `BTC/USDT:USDT` is
 * no exchange's: it comes after the slash. `_DL` and `_DLY` are TradingView's delayed feeds of the same market.
 */
export function splitExchange(text: string): readonly [exchange: string, rest: string] {
	const upper = text.trim().toUpperCase();
	const slash = upper.indexOf("/");
	const colon = upper.lastIndexOf(":", slash < 0 ? upper.length : slash);
	if (colon < 0) return ["", upper];
	const exchange = upper.slice(0, colon).trim();
	return [exchange.replace(/_(DL|DLY)$/, ""), upper.slice(colon + 1).trim()];
}

/** Classes of one share, which Pine writes `BRK.B` and others `BRK-B`, `BRK/B` or `BRK_B`. */
const shareClass = /^([A-Z]{1,5})[-/_]([ABC])$/;

function plain(spelt: string): ParsedSymbol {
	const text = spelt.replace(shareClass, "$1.$2");
	const empty = { separated: false, base: text, quote: "", settle: "", expiry: "" };
	return { kind: "plain", text, complete: true, squeezed: squeeze(text), ...empty };
}

/** `BTC/USD`, `BTC/USDT:USDT`, `BTC/USDT:USDT-250628`, `BTC/USDT.P`. */
function parseSlashed(text: string, slash: number): ParsedSymbol {
	if (shareClass.test(text)) return plain(text);
	const base = text.slice(0, slash);
	const [rest, marked] = withoutPerpetualMark(text.slice(slash + 1));
	const [pairText = "", settleText, ...others] = rest.split(":");
	const [settle = "", ...expiry] = settleText?.split("-") ?? [];
	const codes = settleText === undefined ? [pairText] : [pairText, settle];
	const codesNeeded = marked || settleText !== undefined ? [base, ...codes] : codes;
	const markedTwice = marked && withoutPerpetualMark(rest)[1];
	const odd =
		markedTwice || others.length > 0 || !codesNeeded.every((code) => currencyCode.test(code)) || squeeze(base) === "";
	if (odd) return plain(text);
	if (settleText !== undefined) return settledIn(settle, derivative(base, pairText, expiry.join("-"), true));
	return marked ? derivative(base, pairText, "", true) : spot(base, pairText, true);
}

const currencyCode = /^[\p{L}\p{N}]+$/u;

/** ccxt's spelling without its slash: `BTCUSDT:USDT`, `BTC-USDT:USDT-261225`. */
const withSettle = /^(?:[^/]*:)?([^:/]+):([A-Z0-9]+)(?:-(\d{6}))?$/;

function parseSettled(text: string): ParsedSymbol | undefined {
	const [, pairText = "", settle = "", expiry = ""] = withSettle.exec(text) ?? [];
	if (!isKnownCurrency(settle) || unusable.test(pairText)) return undefined;
	const pair = parsePair(pairText);
	if (pair === undefined || (pair.quote !== settle && pair.base !== settle)) return undefined;
	return settledIn(settle, derivative(pair.base, pair.quote, expiry, pair.separated));
}

const perpetualMarks = [".P", "-SWAP", "-PERPETUAL", "_PERPETUAL", "-PERP", "_PERP", ".PERP"];
/** Also without a border; but behind a settle currency a coin's name may end in these letters. */
const allPerpetualMarks = [...perpetualMarks, "PERP"];

function withoutPerpetualMark(text: string): readonly [rest: string, marked: boolean] {
	const mark = (text.includes(":") ? perpetualMarks : allPerpetualMarks).find(
		(candidate) => text.endsWith(candidate) && text.length > candidate.length,
	);
	return mark === undefined ? [text, false] : [text.slice(0, -mark.length), true];
}

/** Kraken's futures: linear (`PF_`, `FF_`) settled in the quote, inverse (`PI_`, `FI_`) in the coin. */
const krakenFuture = /^([PF])([FI])_([A-Z0-9]+USD)(?:_(\d{6}))?$/;

function parseKraken(text: string): ParsedSymbol | undefined {
	const [, life, margin, pairText = "", expiry = ""] = krakenFuture.exec(text) ?? [];
	const pair = (life === "P") === (expiry === "") ? parsePair(pairText) : undefined;
	if (pair === undefined) return undefined;
	return settledIn(margin === "F" ? pair.quote : pair.base, derivative(pair.base, pair.quote, expiry, false));
}

/** `BTCUSDT.P`, `BTCUSDTPERP`, `BTC-USDT-SWAP`, `BTCUSD_PERP`; `ETH-PERP` without a quote. */
function parsePerpetual(text: string): ParsedSymbol | undefined {
	const [rest, marked] = withoutPerpetualMark(text);
	if (!marked) return undefined;
	const pair = parsePair(rest);
	if (pair !== undefined) return derivative(pair.base, pair.quote, "", pair.separated);
	// A share may end in these four letters; a coin that we know may be followed by them.
	if (text === `${rest}PERP` && !isKnownCurrency(rest)) return undefined;
	return withoutQuote("perpetual", text, rest, "");
}

/** `BTC-USDT-250628`, `BTCUSDT_250628`, `BTCUSDT27H2026`, `BTCUSDH26`; `BTC-27MAR26` without a quote. */
function parseDated(text: string): ParsedSymbol | undefined {
	const kraken = parseKraken(text);
	if (kraken !== undefined) return kraken;
	const dated = splitExpiry(text);
	if (dated === undefined) return undefined;
	const { rest, expiry } = dated;
	const pair = parsePair(rest);
	if (pair !== undefined) return derivative(pair.base, pair.quote, expiry, pair.separated);
	// `BTCH2026` is the future of a stock exchange, as its letters without a border say.
	const bordered = /[-_]/.test(text[rest.length] ?? "");
	return bordered && isKnownCoin(rest) ? withoutQuote("future", text, rest, expiry) : undefined;
}

function withoutQuote(kind: "perpetual" | "future", text: string, base: string, expiry: string): ParsedSymbol {
	const open = { complete: false, separated: false, quote: "", settle: "" };
	return { kind, text, base, expiry, squeezed: squeeze(base), ...open };
}

/** A perpetual or dated future whose spelling does not name the settle currency. */
function derivative(base: string, quote: string, expiry: string, separated: boolean): ParsedSymbol {
	// Against USD the contract is usually the inverse one, settled in the coin; but not everywhere, so a list may decide.
	const usual = quote === "USD" ? base : quote;
	const settle = quote === "USD" ? "" : quote;
	const kind = expiry === "" ? "perpetual" : "future";
	const text = unified(base, quote, usual, expiry);
	return { kind, text, complete: true, separated, base, quote, settle, expiry, squeezed: squeeze(base + quote) };
}

function settledIn(settle: string, symbol: ParsedSymbol): ParsedSymbol {
	const { base, quote, expiry } = symbol;
	return { ...symbol, settle, text: unified(base, quote, settle, expiry) };
}

function unified(base: string, quote: string, settle: string, expiry: string): string {
	return `${base}/${quote}:${settle}${expiry === "" ? "" : `-${expiry}`}`;
}

function spot(base: string, quote: string, separated: boolean): ParsedSymbol {
	const text = `${base}/${quote}`;
	const none = { settle: "", expiry: "" };
	return { kind: "spot", text, complete: true, separated, base, quote, squeezed: squeeze(base + quote), ...none };
}

/** `BTC-USDT`, `BTC_USD`, `BTCUSD`; undefined where the text is not recognisably a pair. */
function parsePair(text: string): ParsedSymbol | undefined {
	const border = /^([^-_]+)[-_]([^-_]+)$/.exec(text);
	if (border !== null) {
		const [, base = "", quote = ""] = border;
		return isQuote(quote) && currencyCode.test(base) ? spot(base, quote, true) : undefined;
	}
	if (squeeze(text) !== text || isKnownCurrency(text)) return undefined;
	const quote = quoteAtEnd(text);
	return quote === undefined ? undefined : spot(text.slice(0, -quote.length), quote, false);
}
