/** From the accounts in nexus.yaml to their brokers, and their common start and stop. */
import type { Broker, Clock, Connecting, Log } from "../domain/ports.ts";
import type { Position } from "../domain/records.ts";
import type { AccountSettings, Settings } from "../domain/settings.ts";
import { PaperBroker } from "./paper.ts";
import { RestBroker } from "./rest.ts";
import type { Fetch } from "./rest-transport.ts";

export interface OpenBrokersOptions {
	readonly clock: Clock;
	readonly log: Log;
	/** What the journal says is held. */
	readonly positions: readonly Position[];
	/** The network where absent. */
	readonly fetch?: Fetch;
}

export interface OpenedBrokers {
	/** One for each account, in their order. */
	readonly brokers: readonly Broker[];
	/**
	 * Begins to connect all of them at the same time, each by the name of its account. One that was not reached after
	 * {@link start_tries} tries is tried on in the background until it is, or until {@link OpenedBrokers.stop}.
	 */
	start(): ReadonlyMap<string, Connecting>;
	stop(): Promise<void>;
}

/** Tries before an account counts as not reached. */
export const start_tries = 4;
/** Wait after the first failed try; it doubles up to the longest. */
const wait_ms = { first: 250, longest: 5_000 } as const;

/** Makes the brokers; nothing is asked before `start`. */
export function openBrokers(
	settings: Pick<Settings, "accounts" | "strategies">,
	options: OpenBrokersOptions,
): OpenedBrokers {
	const brokers = settings.accounts.map((account) =>
		brokerOf(account, symbolsOf(account.name, settings, options), options),
	);
	const starters = brokers.map((broker) => new Starter(broker, options));
	return {
		brokers,
		start: () => new Map(starters.map((starter) => [starter.account, starter.start()])),
		stop: async () => {
			await Promise.all(starters.map((starter) => starter.stop()));
		},
	};
}

function brokerOf(account: AccountSettings, symbols: readonly string[], options: OpenBrokersOptions): Broker {
	const { clock, log, positions, fetch } = options;
	switch (account.broker) {
		case "paper":
			return new PaperBroker(account, clock, positions);
		case "rest": {
			if (account.rest === undefined) throw new Error(`account ${account.name} has no bridge`);
			return new RestBroker({
				account,
				rest: account.rest,
				clock,
				log,
				symbols,
				...(fetch === undefined ? {} : { fetch }),
			});
		}
		default:
			return account.broker satisfies never;
	}
}

/** Symbols that strategies of the account name, and those it holds. */
function symbolsOf(
	account: string,
	{ strategies }: Pick<Settings, "strategies">,
	{ positions }: OpenBrokersOptions,
): readonly string[] {
	const named = strategies
		.filter((strategy) => strategy.accounts?.some((one) => one.account === account) === true)
		.flatMap((strategy) => strategy.symbols ?? []);
	const held = positions.filter((one) => one.account === account && one.side !== "flat").map((one) => one.symbol);
	return [...new Set([...held, ...named])];
}

/** Starts one broker, and goes on trying where it cannot be reached. */
class Starter {
	readonly #broker: Broker;
	readonly #options: OpenBrokersOptions;
	#stopped = false;
	#trying: Promise<void> = Promise.resolve();
	#wake: () => void = () => undefined;

	constructor(broker: Broker, options: OpenBrokersOptions) {
		this.#broker = broker;
		this.#options = options;
	}

	get account(): string {
		return this.#broker.account;
	}

	start(): Connecting {
		const tried = Promise.withResolvers<string | undefined>();
		const connected = Promise.withResolvers<void>();
		this.#trying = this.#try(tried.resolve, connected.resolve);
		return { tried: tried.promise, connected: connected.promise };
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		this.#wake();
		await this.#trying;
		await this.#broker.stop?.();
	}

	async #try(tell: (reason: string | undefined) => void, connect: () => void): Promise<void> {
		const { account } = this.#broker;
		for (let failed = 0; !this.#stopped; failed++) {
			const reason = await this.#attempt();
			if (reason === undefined) {
				if (failed > 0) this.#options.log.info("the broker is connected", { account });
				connect();
				return tell(undefined);
			}
			if (failed === 0) this.#options.log.warn("the broker cannot be reached", { account, cause: reason });
			if (failed + 1 === start_tries) tell(reason);
			await this.#pause(Math.min(wait_ms.first * 2 ** Math.min(failed, 16), wait_ms.longest));
		}
		tell("it was stopped before it was connected");
	}

	async #attempt(): Promise<string | undefined> {
		try {
			await this.#broker.start?.();
			return undefined;
		} catch (error) {
			return error instanceof Error ? error.message : String(error);
		}
	}

	async #pause(ms: number): Promise<void> {
		const over = Promise.withResolvers<void>();
		const disarm = this.#options.clock.after(ms, over.resolve);
		this.#wake = over.resolve;
		if (this.#stopped) over.resolve();
		await over.promise;
		disarm();
	}
}
