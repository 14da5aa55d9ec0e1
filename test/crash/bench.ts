/** What every crash run stands on: a fake exchange in a process of its own and the folder of a nexus with a live account in front of it. */
import { RunningNexus } from "../e2e/support/running-nexus.ts";
import type { Control } from "../support/exchange/exchange-server.ts";
import { type RunningExchange, startExchange } from "../support/exchange/running-exchange.ts";

/** The webhook's token; a live account needs a credential. */
export const token = "c0ffee0123456789c0ffee0123456789";
/** What the exchange demands of every request. */
export const key = "the-key-of-the-bridge";
const price = "100";

export interface BenchOptions {
	readonly symbols: readonly string[];
	readonly strategies: readonly string[];
	/** For what the exchange leaves to chance. */
	readonly seed: number;
	/** The program; `dist/nexus` where absent. */
	readonly binary?: string;
	/** Of the webhook; one that the system chooses where absent. */
	readonly port?: number;
	/** True: `dist/nexus` is copied into the folder, so that building it anew meanwhile changes nothing. */
	readonly alone?: boolean;
}

export class Bench implements AsyncDisposable {
	readonly exchange: RunningExchange;
	readonly nexus: RunningNexus;
	readonly #prices: Readonly<Record<string, string>>;

	private constructor(exchange: RunningExchange, nexus: RunningNexus, prices: Readonly<Record<string, string>>) {
		this.exchange = exchange;
		this.nexus = nexus;
		this.#prices = prices;
	}

	static async make(options: BenchOptions): Promise<Bench> {
		const prices = Object.fromEntries(options.symbols.map((symbol) => [symbol, price]));
		const exchange = await startExchange({ seed: options.seed, prices, balance: "1000000000", key });
		const nexus = await RunningNexus.prepare({
			yaml: yamlOf(options, exchange.url),
			alone: options.alone === true,
		});
		if (options.binary !== undefined) nexus.binary = options.binary;
		return new Bench(exchange, nexus, prices);
	}

	/** From now on the exchange does right, but for what is said here; the market's prices are fresh again. */
	async setFaults({ faults, next }: Pick<Control, "faults" | "next"> = {}): Promise<void> {
		await this.exchange.control({
			behave: true,
			...(faults === undefined ? {} : { faults }),
			...(next === undefined ? {} : { next }),
			prices: this.#prices,
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.nexus[Symbol.asyncDispose]();
		await this.exchange.stop();
	}
}

/** Short limits, so that what is in doubt is settled in seconds. */
function yamlOf({ symbols, strategies, port = 0 }: BenchOptions, url: string): string {
	const strategy = (name: string): string =>
		`  - { name: ${name}, account: live, symbols: [${symbols.join(", ")}], size: 10 USD, pyramiding: 100, max_positions: 100 }`;
	return `
webhook: { host: 127.0.0.1, port: ${port}, token: ${token} }
accounts:
  live: { broker: rest, url: "${url}", key: ${key}, currency: USD, request_expiry: 1s, read_lag: 0ms, timeout: 1s, poll: 200ms }
risk: { unlimited_position_size: true, unlimited_exposure: true, no_daily_loss_limit: true }
pipeline:
  - signature
  - dedupe
  - rate_limit: { rate: 10000/s, burst: 10000 }
  - freshness
  - sequence
  - risk
strategies:
${strategies.map(strategy).join("\n")}
`;
}

/** The body of an alert; `alert_id` is what makes a resend a duplicate. */
export function alertOf(alert_id: string, action: "buy" | "close_long", symbol: string, strategy: string) {
	return { alert_id, action, symbol, price: 100, strategy };
}
