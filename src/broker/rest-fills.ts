/** The bridge's fills, page by page: each is told once for as long as it is remembered, and nothing is passed over. */
import type { BrokerFill, Log } from "../domain/ports.ts";
import { BadAnswer, type FillPage, fillPageOf } from "./rest-protocol.ts";
import type { RestTransport } from "./rest-transport.ts";

/** Trade ids remembered; one that comes again later is told again, and the engine knows it by its id. */
const told_max = 20_000;
/** Pages in one go; the rest waits for the next. */
const pages_max = 50;

/** Where the fills of one account have been read to. */
export class FillFeed {
	readonly #transport: RestTransport;
	readonly #log: Log;
	readonly #told = new Set<string>();
	#cursor: string | undefined;
	#listener: ((fill: BrokerFill) => void) | undefined;

	constructor(transport: RestTransport, log: Log) {
		this.#transport = transport;
		this.#log = log;
	}

	onFill(listener: (fill: BrokerFill) => void): void {
		this.#listener = listener;
	}

	/** Remembers fills that were handed over in another way. */
	know(fills: readonly BrokerFill[]): void {
		for (const { trade_id } of fills) this.#remember(trade_id);
	}

	/** Tells those that were not told before. */
	tell(fills: readonly BrokerFill[]): void {
		for (const fill of fills) {
			if (this.#told.has(fill.trade_id)) continue;
			this.#listener?.(fill);
			this.#remember(fill.trade_id);
		}
	}

	/** Reads on from the last page, or from now on the first time. Why it could not, in words. */
	async poll(): Promise<string | undefined> {
		for (let page = 0; page < pages_max; page++) {
			const read = await this.#page();
			if (typeof read === "string") return read;
			this.tell(read.fills);
			const [broken] = read.unreadable;
			// The page is asked for again: a fill that cannot be read must not be passed over in silence.
			if (broken !== undefined) return broken;
			const ended = read.length === 0 || read.next === this.#cursor;
			this.#cursor = read.next;
			if (ended) return undefined;
		}
		this.#log.debug("more fills than one reading takes", { pages: pages_max });
		return undefined;
	}

	async #page(): Promise<FillPage | string> {
		const query = this.#cursor === undefined ? undefined : { after: this.#cursor };
		const answer = await this.#transport.ask("GET", ["fills"], query === undefined ? {} : { query });
		if (answer.kind === "none") return answer.reason;
		if (answer.status !== 200) return `GET /fills was answered with ${answer.status}`;
		try {
			return fillPageOf(answer.body);
		} catch (error) {
			if (error instanceof BadAnswer) return `GET /fills: ${error.message}`;
			throw error;
		}
	}

	#remember(trade_id: string): void {
		this.#told.add(trade_id);
		if (this.#told.size <= told_max) return;
		const [oldest] = this.#told;
		if (oldest !== undefined) this.#told.delete(oldest);
	}
}
