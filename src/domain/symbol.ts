/** Symbols: the spellings of TradingView, exchanges and people brought to ccxt's unified one (`BTC/USD`, `BTC/USDT:USDT`). */

/** Longer is not a symbol but a mistake. */
export const symbol_length_max = 64;
/** Spellings whose reading is remembered; the memory is emptied when it is full. */
const remembered_max = 1000;

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
const quotes = new Set([...openQuotes.map(([quote]) => quote), ...guardedQuotes]);
const known = (code: string) => coins.has(code) || fiat.has(code) || stablecoins.has(code) || metals.has(code);

/** Other exchanges' codes for the same coin. */
const sameCoin: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" };

/** Where shares, futures and indices trade: nothing behind such a prefix is ever split into a pair. */
const shareExchanges = words(
	"NASDAQ NYSE AMEX ARCA NYSEARCA BATS CBOE OTC LSE LSIN XETR FWB EURONEXT SIX MIL BME OMXSTO TSX TSXV ASX NSE BSE HKEX " +
		"SSE SZSE TSE JPX KRX TWSE SGX IDX BMFBOVESPA B3 BMV JSE CME CME_MINI CBOT CBOT_MINI COMEX COMEX_MINI NYMEX " +
		"NYMEX_MINI EUREX ICEUS ICEEUR MCX NFO SP DJ FTSE",
);

interface ParsedSymbol {
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

/** What a spelling means for one strategy. */
export type SymbolResolution =
	| { readonly ok: true; readonly symbol: string }
	/** The markets it could mean, in the order of the strategy's list; empty where the text is no symbol. */
	| { readonly ok: false; readonly candidates: readonly string[] };

/** The ccxt unified spelling, where the text by itself says which market is meant; undefined otherwise. */
export function canonicalSymbol(text: string): string | undefined {
	const parsed = parse(text);
	return parsed?.complete === true ? parsed.text : undefined;
}

/** True where the text can be a symbol at all, known or not: it has a letter or digit, no space inside, and a sane length. */
export function isSymbol(text: string): boolean {
	return parse(text) !== undefined;
}

/** True where both spellings mean the same market: `BTCUSD` and `COINBASE:BTC/USD`, but not `BTCUSDT` and `BTCUSDT.P`. */
export function sameSymbol(a: string, b: string): boolean {
	const first = parse(a);
	const second = parse(b);
	if (first === undefined || second === undefined) return false;
	return first.text === second.text || meets(first, second, true) || meets(second, first, true);
}

/**
 * Which market the sender means. `map` (nexus.yaml `symbols_map`) wins; then the strategy's own list decides between
 * readings; a symbol outside the list is spelled canonically, so that it can be refused by name.
 *
 * A spot spelling never becomes a perpetual or the reverse: they are different markets with different prices.
 */
export function resolveSymbol(
	sent: string,
	allowed: readonly string[],
	map: Readonly<Record<string, string>>,
): SymbolResolution {
	const mapped = lookUp(sent, map);
	if (mapped !== undefined) return { ok: true, symbol: canonicalSymbol(mapped) ?? mapped };
	const parsed = parse(sent);
	if (parsed === undefined) return { ok: false, candidates: [] };
	for (const aliases of [false, true]) {
		const matches: string[] = [];
		for (const entry of allowed) {
			const other = parse(entry);
			if (other !== undefined && meets(parsed, other, aliases) && !matches.includes(entry)) matches.push(entry);
		}
		if (matches.length > 1) {
			const exact =
				parsed.separated && parsed.settle !== "" ? matches.find((entry) => entry === parsed.text) : undefined;
			return exact === undefined ? { ok: false, candidates: matches } : { ok: true, symbol: exact };
		}
		const [match] = matches;
		if (match !== undefined) return { ok: true, symbol: match };
	}
	return { ok: true, symbol: parsed.text };
}

/** The map's entry for a spelling: as written, else without regard to case, else without its exchange prefix. */
function lookUp(sent: string, map: Readonly<Record<string, string>>): string | undefined {
	const keys = Object.keys(map);
	if (keys.length === 0) return undefined;
	const wanted = sent.trim().toUpperCase();
	const [, bare] = splitPrefix(wanted);
	const found =
		keys.find((key) => key === sent.trim()) ??
		keys.find((key) => key.toUpperCase() === wanted) ??
		keys.find((key) => key.toUpperCase() === bare);
	return found === undefined ? undefined : map[found];
}

/** True where `entry`, an entry of the strategy's list, is a market that `sent` may mean. */
function meets(sent: ParsedSymbol, entry: ParsedSymbol, aliases: boolean): boolean {
	const code = (text: string) => (aliases ? (sameCoin[text] ?? text) : text);
	const derivative = sent.kind === "perpetual" || sent.kind === "future";
	if (derivative ? sent.kind !== entry.kind : entry.kind === "perpetual" || entry.kind === "future") return false;
	if (derivative) {
		if (sent.expiry !== entry.expiry) return false;
		if (sent.settle !== "" && code(sent.settle) !== code(entry.settle)) return false;
		if (sent.quote === "") return code(sent.base) === code(entry.base);
	}
	if (sent.separated && entry.separated) return code(sent.base) === code(entry.base) && sent.quote === entry.quote;
	// A written border is never ignored: `A/BNB` is not the share `ABNB`.
	if (sent.separated && sent.kind !== entry.kind) return false;
	if (sent.squeezed === entry.squeezed) return true;
	if (!aliases || sent.quote === "" || entry.quote === "") return false;
	return code(sent.base) + sent.quote === code(entry.base) + entry.quote;
}

const remembered = new Map<string, ParsedSymbol | undefined>();

function parse(text: string): ParsedSymbol | undefined {
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
	const [prefix, bare] = splitPrefix(text);
	if (bare.length > symbol_length_max || unusable.test(bare) || squeeze(bare) === "") return undefined;
	const slash = bare.indexOf("/");
	if (slash > 0) return parseSlashed(bare, slash);
	const exchange = prefix.replace(/_(DL|DLY)$/, "");
	if (shareExchanges.has(exchange) || bare.includes("!")) return plain(bare);
	return parseDerivative(bare) ?? parseDated(bare) ?? parsePair(bare) ?? plain(bare);
}

/** `COINBASE:BTCUSD` → `COINBASE`, `BTCUSD`. The colon of `BTC/USDT:USDT` is no prefix: it comes after the slash. */
function splitPrefix(text: string): readonly [prefix: string, rest: string] {
	const slash = text.indexOf("/");
	const colon = text.lastIndexOf(":", slash < 0 ? text.length : slash);
	if (colon < 0) return ["", text];
	return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}

function plain(text: string): ParsedSymbol {
	const empty = { separated: false, base: text, quote: "", settle: "", expiry: "" };
	return { kind: "plain", text, complete: true, squeezed: squeeze(text), ...empty };
}

/** `BTC/USD`, `BTC/USDT:USDT`, `BTC/USDT:USDT-250628`, `BTC/USDT.P`. */
function parseSlashed(text: string, slash: number): ParsedSymbol | undefined {
	const base = text.slice(0, slash);
	const rest = text.slice(slash + 1);
	const colon = rest.indexOf(":");
	if (colon < 0) {
		const [quote, marked] = withoutPerpetualMark(rest);
		if (quote === "" || quote.includes("/") || squeeze(base + quote) === "") return plain(text);
		return marked ? derivative(base, quote, "", true) : spot(base, quote, true);
	}
	const quote = rest.slice(0, colon);
	const [settle = "", ...expiry] = rest.slice(colon + 1).split("-");
	if (quote === "" || settle === "") return plain(text);
	const kind = expiry.length === 0 ? "perpetual" : "future";
	const squeezed = squeeze(base + quote);
	return { kind, text, complete: true, separated: true, base, quote, settle, expiry: expiry.join("-"), squeezed };
}

const perpetualMarks = [".P", "-SWAP", "-PERPETUAL", "_PERPETUAL", "-PERP", "_PERP", ".PERP", "PERP"];

function withoutPerpetualMark(text: string): readonly [rest: string, marked: boolean] {
	const mark = perpetualMarks.find((candidate) => text.endsWith(candidate) && text.length > candidate.length);
	return mark === undefined ? [text, false] : [text.slice(0, -mark.length), true];
}

/** `BTCUSDT.P`, `BTCUSDTPERP`, `BTC-USDT-SWAP`, `BTCUSD_PERP`; `ETH-PERP` without a quote. */
function parseDerivative(text: string): ParsedSymbol | undefined {
	const [rest, marked] = withoutPerpetualMark(text);
	if (!marked) return undefined;
	const pair = parsePair(rest);
	if (pair !== undefined) return derivative(pair.base, pair.quote, "", pair.separated);
	// A share may end in these four letters; a coin that we know may be followed by them.
	if (text === `${rest}PERP` && !known(rest)) return undefined;
	const open = { complete: false, separated: false, quote: "", settle: "", expiry: "" };
	return { kind: "perpetual", text, base: rest, squeezed: squeeze(rest), ...open };
}

const dated = /^(.+)[-_](\d{6})$/;

/** `BTC-USDT-250628`, `BTCUSDT_250628`. */
function parseDated(text: string): ParsedSymbol | undefined {
	const match = dated.exec(text);
	if (match === null) return undefined;
	const pair = parsePair(match[1] ?? "");
	return pair === undefined ? undefined : derivative(pair.base, pair.quote, match[2] ?? "", pair.separated);
}

/** A perpetual or dated future whose spelling does not name the settle currency. */
function derivative(base: string, quote: string, expiry: string, separated: boolean): ParsedSymbol {
	// Against USD the contract is usually the inverse one, settled in the coin; but not everywhere, so a list may decide.
	const usual = quote === "USD" ? base : quote;
	const settle = quote === "USD" ? "" : quote;
	const text = `${base}/${quote}:${usual}${expiry === "" ? "" : `-${expiry}`}`;
	const kind = expiry === "" ? "perpetual" : "future";
	return { kind, text, complete: true, separated, base, quote, settle, expiry, squeezed: squeeze(base + quote) };
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
		return quotes.has(quote) ? spot(base, quote, true) : undefined;
	}
	if (squeeze(text) !== text || known(text)) return undefined;
	const base = (quote: string) => text.slice(0, -quote.length);
	const open = openQuotes.find(([quote, length]) => text.endsWith(quote) && base(quote).length >= length)?.[0];
	const guarded = guardedQuotes.find((quote) => text.endsWith(quote) && known(base(quote)));
	// `ETHBUSD` is ETH/BUSD, but `SHIBUSD` is SHIB/USD: the base that we know decides, then the open quote.
	const quote = open !== undefined && (guarded === undefined || known(base(open))) ? open : guarded;
	return quote === undefined ? undefined : spot(base(quote), quote, false);
}
