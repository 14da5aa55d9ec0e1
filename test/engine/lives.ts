/** A live account in front of the fake exchange, through as many lives of the program as a test wants. */
import { expect } from "bun:test";
import { RestBroker } from "../../src/broker/rest.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { Connecting, Strategy } from "../../src/domain/ports.ts";
import type { Alert, Event, Order } from "../../src/domain/records.ts";
import type { ReconcilePolicy, RestSettings, RiskSettings } from "../../src/domain/settings.ts";
import { bridgeKey, restSettings } from "../broker/bridged.ts";
import { FakeExchange } from "../support/exchange/fake-exchange.ts";
import {
	accountSettings,
	alertOf,
	flush,
	ManualClock,
	MemoryJournal,
	MemoryLog,
	strategyOf,
	World,
} from "./support.ts";

/** The market of these tests. */
export const symbol = "BTC/USD";
const half = { kind: "units", quantity: decimal("0.5"), currency: "BTC" } as const;

export interface LiveOptions {
	readonly policy?: ReconcilePolicy;
	readonly rest?: Partial<RestSettings>;
	/** Beside the live account a paper account with a strategy of its own. */
	readonly paper?: boolean;
	readonly limits?: RiskSettings;
	/** In place of `One` and `Two`, which follow their alerts with 0.5 BTC each. */
	readonly strategies?: readonly Strategy[];
}

/** A live account in front of the fake exchange, through as many lives of the program as a test wants. */
export class Lives {
	readonly clock = new ManualClock();
	readonly exchange = new FakeExchange({ clock: this.clock, key: bridgeKey, fee: "0", balance: "100000" });
	readonly #options: LiveOptions;
	journal = new MemoryJournal();
	world: World;
	#broker: RestBroker | undefined;

	constructor(options: LiveOptions = {}) {
		this.#options = options;
		this.exchange.matching.setPrice(symbol, decimal("42000"));
		this.world = this.#open();
	}

	#open(): World {
		const live = accountSettings({ name: "live", reconcile: this.#options.policy ?? "report" });
		const rest = { ...restSettings, ...this.#options.rest };
		const { fetch } = this.exchange;
		const log = new MemoryLog();
		const broker = new RestBroker({ account: live, rest, clock: this.clock, log, symbols: [symbol], fetch });
		this.#broker = broker;
		const names = ["One", "Two"];
		const usual = names.map((name) => strategyOf({ name, accounts: [{ account: "live" }], size: half }));
		const strategies = this.#options.strategies ?? usual;
		const onPaper = strategyOf({ name: "Paper", accounts: [{ account: "paper" }], size: half });
		return new World({
			clock: this.clock,
			journal: this.journal,
			...(this.#options.limits === undefined ? {} : { limits: this.#options.limits }),
			accounts: this.#options.paper === true ? [live, accountSettings()] : [live],
			strategies: this.#options.paper === true ? [...strategies, onPaper] : strategies,
			wrap: (paper) => (paper.account === "live" ? broker : paper),
		});
	}

	/** Connected and compared, unless `connecting` says otherwise. */
	async start(connecting?: Connecting): Promise<this> {
		await this.#broker?.start();
		await this.begin(connecting);
		await this.clock.advance(10_000);
		return this;
	}

	/** The lanes are shut when this is over, and nothing is compared yet. */
	async begin(connecting?: Connecting): Promise<void> {
		await this.world.engine.recover((account) => (account === "live" ? connecting : undefined));
		this.world.dispatcher.start();
		await flush();
	}

	connect(): Promise<void> {
		return this.#broker?.start() ?? Promise.resolve();
	}

	/** The program is gone without a word; the exchange goes on. */
	async stop(): Promise<void> {
		const { journal } = this.world;
		this.journal = MemoryJournal.from(journal.alerts, journal.commits);
		journal.before = () => new Promise(() => undefined);
		this.world.engine.execution.close();
		await this.#broker?.stop();
		this.world = this.#open();
	}

	/** Begins the next life anew, on what a test made of the journal. */
	reopen(): void {
		this.world = this.#open();
	}

	async send(action: string, strategy = "One", more: Partial<Alert> = {}): Promise<string> {
		const alert = alertOf(action, {
			strategy,
			symbol,
			price: "42000",
			received_at: new Date(this.clock.now()).toISOString(),
			...more,
		});
		this.world.hand(alert);
		await this.clock.advance(10_000);
		if (!this.world.journal.hasEnded(alert.id)) return "waits";
		const { status, code } = this.world.journal.ended(alert.id);
		return code === null ? status : `${status} ${code}`;
	}

	/** A trade that somebody makes on the exchange's own page. */
	byHand(side: "buy" | "sell", quantity: string): void {
		this.#hands += 1;
		const client_order_id = `hand-${this.#hands}`;
		const prices = { limit_price: undefined, stop_price: undefined };
		const made = this.exchange.matching.make({
			client_order_id,
			symbol,
			side,
			type: "market",
			quantity: decimal(quantity),
			...prices,
			reduce_only: false,
		});
		if (!("fills" in made)) throw new Error("the exchange refused it");
	}
	#hands = 0;

	events(kind: Event["kind"]): readonly string[] {
		return this.world.journal.commits
			.flat()
			.flatMap((change) => (change.kind === "event" && change.event.kind === kind ? [change.event.detail] : []));
	}

	held(): readonly string[] {
		return this.world.held().map((line) => line.replace(/^live /, ""));
	}

	/** At the exchange, signed. */
	get there(): bigint {
		return this.exchange.positions().get(symbol) ?? 0n;
	}

	get halted(): string | undefined {
		return this.world.engine.states.get({ scope: "account", name: "live" })?.actor;
	}

	orders(strategy: string): readonly Order[] {
		return this.world.journal.orders().filter((order) => order.strategy === strategy);
	}
}

/** Positions are the sums of fills, EXTERNAL among them. */
export function expectSums(lives: Lives): void {
	const sums = new Map<string, bigint>();
	for (const { strategy, side, quantity } of lives.world.journal.fills()) {
		sums.set(strategy, (sums.get(strategy) ?? 0n) + (side === "buy" ? decimal(quantity) : -decimal(quantity)));
	}
	for (const { strategy, side, quantity } of lives.world.journal.positions()) {
		expect(side === "short" ? -decimal(quantity) : decimal(quantity)).toBe(sums.get(strategy) ?? 0n);
	}
	expect([...sums.values()].reduce((a, b) => a + b, 0n)).toBe(lives.there);
}
