/** A REST broker on the fake exchange in one process, under a clock that the test moves. */
import { RestBroker } from "../../src/broker/rest.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { BrokerFill } from "../../src/domain/ports.ts";
import type { RestSettings } from "../../src/domain/settings.ts";
import { ManualClock, MemoryLog } from "../engine/support.ts";
import { FakeExchange, type FakeExchangeOptions } from "../support/exchange/fake-exchange.ts";

export const bridgeKey = "a-key-that-nobody-may-see";

export const restSettings: RestSettings = {
	url: "http://bridge.test",
	key: bridgeKey,
	request_expiry_ms: 3_000,
	read_lag_ms: 0,
	timeout_ms: 5_000,
	poll_ms: 1_000,
	lookup: true,
};

export interface BridgedOptions extends Omit<FakeExchangeOptions, "clock"> {
	readonly rest?: Partial<RestSettings>;
	readonly symbols?: readonly string[];
	/** What nexus.yaml says; the exchange's own is `currency`. */
	readonly written?: string;
	/** In front of the exchange; for answers that it never gives. */
	readonly fetch?: (url: string, init: RequestInit, exchange: FakeExchange) => Promise<Response>;
}

/** Not started yet; BTC/USD is at 42000. */
export function bridged(options: BridgedOptions = {}) {
	const { rest, symbols = ["BTC/USD"], written = "USD", fetch, ...faulty } = options;
	const clock = new ManualClock();
	const exchange = new FakeExchange({ key: bridgeKey, fee: "0", ...faulty, clock });
	exchange.matching.setPrice("BTC/USD", decimal("42000"));
	const log = new MemoryLog();
	const broker = new RestBroker({
		account: { name: "live", currency: written, spot: false },
		rest: { ...restSettings, ...rest },
		clock,
		log,
		symbols,
		fetch: fetch === undefined ? exchange.fetch : (url, init) => fetch(url, init, exchange),
	});
	const told: BrokerFill[] = [];
	broker.onFill((fill) => told.push(fill));
	return { clock, exchange, broker, log, told };
}

/** Started, and the exchange's own faults only from then on. */
export async function started(options: BridgedOptions = {}) {
	const { faults = {}, ...rest } = options;
	const { skew_ms = 0 } = faults;
	const all = bridged({ ...rest, faults: { skew_ms } });
	await all.broker.start();
	all.exchange.setFaults(faults);
	return all;
}

/** The promise's value, with as much time going by as it needs, at most a minute. */
export async function inTime<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
	let settled = false;
	const watched = promise.finally(() => {
		settled = true;
	});
	for (let step = 0; step < 600 && !settled; step++) await clock.advance(100);
	return watched;
}
