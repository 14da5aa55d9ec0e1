/** Symbols: the spellings of TradingView, exchanges and people brought to ccxt's unified one (`BTC/USD`, `BTC/USDT:USDT`). */
import { type ParsedSymbol, parseSymbol, splitExchange } from "./symbol-spelling.ts";

/** Other exchanges' codes for the same coin. */
const sameCoin: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" };

/** What a spelling means for one strategy. */
export type SymbolResolution =
	| { readonly ok: true; readonly symbol: string }
	/** The markets it could mean, in the order of the strategy's list; empty where the text is no symbol. */
	| { readonly ok: false; readonly candidates: readonly string[] };

/** The ccxt unified spelling, where the text by itself says which market is meant; undefined otherwise. */
export function canonicalSymbol(text: string): string | undefined {
	const parsed = parseSymbol(text);
	return parsed?.complete === true ? parsed.text : undefined;
}

/** True where the text can be a symbol at all, known or not: it has a letter or digit, no space inside, and a sane length. */
export function isSymbol(text: string): boolean {
	return parseSymbol(text) !== undefined;
}

/** True where both spellings mean the same market: `BTCUSD` and `COINBASE:BTC/USD`, but not `BTCUSDT` and `BTCUSDT.P`. */
export function sameSymbol(a: string, b: string): boolean {
	const first = parseSymbol(a);
	const second = parseSymbol(b);
	if (first === undefined || second === undefined) return false;
	return first.text === second.text || meets(first, second, true) || meets(second, first, true);
}

/**
 * Which market the sender means. `map` (nexus.yaml `symbols_map`) wins; then the strategy's own list decides between
 * readings; a symbol outside the list is spelled canonically, so that it can be refused by name.
 *
 * A spot spelling never becomes a perpetual or the reverse: they are different markets with different prices. Where the
 * spelling says too little (`ETH-PERP`) and no list can say more, the usual markets are the candidates.
 */
export function resolveSymbol(
	sent: string,
	allowed: readonly string[],
	map: Readonly<Record<string, string>>,
): SymbolResolution {
	const mapped = lookUp(sent, map);
	if (mapped !== undefined) return { ok: true, symbol: canonicalSymbol(mapped) ?? mapped };
	const parsed = parseSymbol(sent);
	if (parsed === undefined) return { ok: false, candidates: [] };
	for (const aliases of [false, true]) {
		const matches: string[] = [];
		for (const entry of allowed) {
			const other = parseSymbol(entry);
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
	if (!parsed.complete && allowed.length === 0) return { ok: false, candidates: usualMarkets(parsed) };
	return { ok: true, symbol: parsed.text };
}

/** What a derivative without a quote is traded against on the large exchanges. */
function usualMarkets({ base, expiry }: ParsedSymbol): readonly string[] {
	const date = expiry === "" ? "" : `-${expiry}`;
	return [`${base}/USDT:USDT${date}`, `${base}/USDC:USDC${date}`, `${base}/USD:${base}${date}`];
}

/** The map's entry for a spelling: as written, else without regard to case and delayed feeds, else without its exchange. */
function lookUp(sent: string, map: Readonly<Record<string, string>>): string | undefined {
	const keys = Object.keys(map);
	if (keys.length === 0) return undefined;
	const trimmed = sent.trim();
	const [exchange, bare] = splitExchange(trimmed);
	const same = (key: string): boolean => {
		const [of, rest] = splitExchange(key);
		return of === exchange && rest === bare;
	};
	const found =
		keys.find((key) => key === trimmed) ?? keys.find(same) ?? keys.find((key) => key.toUpperCase() === bare);
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
