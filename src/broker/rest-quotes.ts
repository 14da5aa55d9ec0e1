/** The last prices of the symbols that somebody looks at, asked for together. */
import type { Decimal } from "../domain/decimal.ts";
import type { Clock } from "../domain/ports.ts";
import type { BridgeClock } from "./rest-clock.ts";
import { BadAnswer, quotesOf } from "./rest-protocol.ts";
import type { RestTransport } from "./rest-transport.ts";

/** Symbols in one question. */
const symbols_max = 200;
/** A symbol that nobody asked for in this time is not asked for any more. */
const wanted_ms_max = 15 * 60_000;

type Quote = { readonly price: Decimal; readonly at: number };

export interface QuoteBoardOptions {
	readonly transport: RestTransport;
	readonly clock: Clock;
	readonly bridgeClock: BridgeClock;
	/** Symbols that are always looked at. */
	readonly symbols: readonly string[];
	/** True for a symbol that the bridge trades. */
	readonly trades: (symbol: string) => boolean;
}

/** Prices by symbol; a symbol that is asked for is looked at from then on. */
export class QuoteBoard {
	readonly #options: QuoteBoardOptions;
	readonly #quotes = new Map<string, Quote>();
	/** When each symbol was last asked for. */
	readonly #wanted = new Map<string, number>();
	#reading: Promise<string | undefined> | undefined;

	constructor(options: QuoteBoardOptions) {
		this.#options = options;
	}

	/** The last price known. A symbol not looked at so far is asked for at once, for the next time. */
	get(symbol: string): Quote | undefined {
		this.want(symbol);
		return this.#quotes.get(symbol);
	}

	/** Looks at a symbol from now on. */
	want(symbol: string): void {
		const { clock, trades } = this.#options;
		if (!trades(symbol)) return;
		const isNew = !this.#wanted.has(symbol);
		this.#wanted.set(symbol, clock.monotonic());
		if (isNew) this.#reading ??= this.#read();
	}

	/** Asks for every symbol that is looked at. Why it could not, in words. */
	async refresh(): Promise<string | undefined> {
		await this.#reading;
		this.#reading = this.#read();
		return this.#reading;
	}

	async #read(): Promise<string | undefined> {
		try {
			return await this.#ask(this.#symbols());
		} finally {
			this.#reading = undefined;
		}
	}

	#symbols(): readonly string[] {
		const { clock, symbols, trades } = this.#options;
		const since = clock.monotonic() - wanted_ms_max;
		for (const [symbol, at] of this.#wanted) if (at < since) this.#wanted.delete(symbol);
		return [...new Set([...symbols.filter(trades), ...this.#wanted.keys()])].slice(0, symbols_max);
	}

	async #ask(symbols: readonly string[]): Promise<string | undefined> {
		if (symbols.length === 0) return undefined;
		const answer = await this.#options.transport.ask("GET", ["quotes"], { query: { symbol: symbols } });
		if (answer.kind === "none") return answer.reason;
		if (answer.status !== 200) return `GET /quotes was answered with ${answer.status}`;
		try {
			for (const { symbol, price, at } of quotesOf(answer.body)) {
				this.#put(symbol, { price, at: this.#options.bridgeClock.toOurs(at) });
			}
			return undefined;
		} catch (error) {
			if (error instanceof BadAnswer) return `GET /quotes: ${error.message}`;
			throw error;
		}
	}

	#put(symbol: string, quote: Quote): void {
		const known = this.#quotes.get(symbol);
		if (known === undefined || known.at <= quote.at) this.#quotes.set(symbol, quote);
	}
}
