/** From the accounts in nexus.yaml to their brokers, and their common start and stop. */
import type { Broker, Clock, Log } from "../domain/ports.ts";
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

/** An account whose broker could not be reached. */
export interface UnreachedAccount {
	readonly account: string;
	/** The cause and, where there is one, the cure. */
	readonly reason: string;
}

export interface OpenedBrokers {
	/** One for each account, in their order. */
	readonly brokers: readonly Broker[];
	/**
	 * Connects all of them at the same time and resolves when each is connected or was tried {@link start_tries} times. Those
	 * that were not reached are tried on in the background until they are, or until {@link OpenedBrokers.stop}.
	 */
	start(): Promise<readonly UnreachedAccount[]>;
	stop(): Promise<void>;
}

/** Tries before an account counts as not reached. */
export const start_tries = 4;
/** Wait after the first failed try; it doubles up to the longest. */
const wait_ms = { first: 250, longest: 30_000 } as const;

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
		start: async () =>
			(await Promise.all(starters.map((starter) => starter.start()))).filter((one) => one !== undefined),
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

	async start(): Promise<UnreachedAccount | undefined> {
		const first = Promise.withResolvers<UnreachedAccount | undefined>();
		this.#trying = this.#try((outcome) => first.resolve(outcome));
		return first.promise;
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		this.#wake();
		await this.#trying;
		await this.#broker.stop?.();
	}

	async #try(tell: (outcome: UnreachedAccount | undefined) => void): Promise<void> {
		const { account } = this.#broker;
		for (let failed = 0; !this.#stopped; failed++) {
			const reason = await this.#attempt();
			if (reason === undefined) {
				if (failed > 0) this.#options.log.info("the broker is connected", { account });
				return tell(undefined);
			}
			if (failed === 0) this.#options.log.warn("the broker cannot be reached", { account, cause: reason });
			if (failed + 1 === start_tries) tell({ account, reason });
			await this.#pause(Math.min(wait_ms.first * 2 ** Math.min(failed, 16), wait_ms.longest));
		}
		tell({ account, reason: "it was stopped before it was connected" });
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
