/** One run of the simulation: the real engine and sequencer on a journal that crashes, in front of a fake exchange that misbehaves; all from one seed. */
import { RestBroker } from "../../src/broker/rest.ts";
import { type Decimal, decimal, formatDecimal } from "../../src/domain/decimal.ts";
import type { Broker } from "../../src/domain/ports.ts";
import {
	accountSettings,
	alertOf,
	flush,
	ManualClock,
	MemoryJournal,
	MemoryLog,
	strategyOf,
	World,
} from "../engine/support.ts";
import { Chance } from "../support/exchange/chance.ts";
import { FakeExchange } from "../support/exchange/fake-exchange.ts";

const symbol = "BTC/USD";
const steps = 30;
/** Long enough for every quarantine, look-up and retry to come to its end. */
const settle_ms = 120_000;
const names = ["One", "Two"] as const;

/** What is done differently to see whether the simulation notices. */
export interface Mutation {
	/** Puts something around the broker that the engine sees. */
	readonly broker?: (broker: Broker) => Broker;
	/** Puts something in place of the journal. */
	readonly journal?: (journal: MemoryJournal) => MemoryJournal;
}

/** A run and everything it went through, for whoever looks into a failure. */
export class LiveRun {
	readonly clock = new ManualClock();
	readonly chance: Chance;
	readonly exchange: FakeExchange;
	readonly story: string[] = [];
	readonly failures: string[] = [];
	readonly #mutation: Mutation;
	world: World;
	#broker: RestBroker;
	#price = 42_000;
	crashes = 0;

	constructor(seed: number, mutation: Mutation = {}) {
		this.chance = new Chance(seed);
		this.#mutation = mutation;
		this.exchange = new FakeExchange({ clock: this.clock, seed, balance: "1000000", faults: faultsOf(this.chance) });
		this.exchange.matching.setPrice(symbol, decimal(String(this.#price)));
		const { world, broker } = this.#open(new MemoryJournal());
		this.world = world;
		this.#broker = broker;
	}

	#open(journal: MemoryJournal): { world: World; broker: RestBroker } {
		const account = accountSettings({ name: "live", currency: "USD" });
		const broker = new RestBroker({
			account,
			rest: {
				url: "http://exchange",
				key: "",
				request_expiry_ms: 3_000,
				read_lag_ms: 200,
				timeout_ms: 2_000,
				poll_ms: 500,
				lookup: true,
			},
			clock: this.clock,
			log: new MemoryLog(),
			symbols: [symbol],
			fetch: this.exchange.fetch as unknown as typeof globalThis.fetch,
		});
		const size = { kind: "units", quantity: decimal("0.5"), currency: "BTC" } as const;
		const world = new World({
			clock: this.clock,
			journal: this.#mutation.journal?.(journal) ?? journal,
			accounts: [account],
			strategies: names.map((name, index) =>
				strategyOf({ name, accounts: [{ account: "live" }], size, pyramiding: index, max_positions: 5 }),
			),
			sequence: { hold_ms: 1_000 },
			wrap: () => this.#mutation.broker?.(broker) ?? broker,
		});
		return { world, broker };
	}

	/** The start of the program: it connects, recovers and opens its lanes. */
	async start(): Promise<void> {
		let connected = false;
		const starting = this.#connect().finally(() => {
			connected = true;
		});
		while (!connected) await this.clock.advance(200);
		await starting;
		this.#meanwhile(this.world.engine.recover());
		await flush();
		this.world.dispatcher.start();
		await flush();
	}

	async #connect(): Promise<void> {
		for (let attempt = 0; attempt < 20; attempt++) {
			const failed = await this.#broker.start().then(
				() => false,
				() => true,
			);
			if (!failed) return;
			await this.clock.sleep(100);
		}
	}

	/** What goes on by itself; a failure of it is a failure of the run. */
	#meanwhile(work: Promise<unknown>): void {
		work.catch((cause: unknown) => this.failures.push(String(cause)));
	}

	/** One thing that happens. */
	async step(): Promise<void> {
		const what = this.chance.number();
		if (what < 0.55) this.#alert();
		else if (what < 0.75) this.#move();
		else if (what < 0.87) await this.crash();
		else await this.#pause(this.chance.whole(500, 6_000));
		await this.#pause(this.chance.whole(0, 400));
	}

	#alert(): void {
		const action = ["buy", "sell", "exit", "close_long", "close_short", "stop_loss"][this.chance.whole(0, 5)] ?? "exit";
		const strategy = names[this.chance.whole(0, 1)] ?? "One";
		const received_at = new Date(this.clock.now()).toISOString();
		const alert = alertOf(action, { strategy, symbol, price: String(this.#price), received_at });
		this.story.push(`${strategy} ${action} (${alert.id})`);
		this.world.hand(alert);
	}

	#move(): void {
		this.#price = Math.round(this.#price * (1 + (this.chance.number() - 0.5) * 0.02));
		this.story.push(`price ${this.#price}`);
		this.exchange.matching.setPrice(symbol, decimal(String(this.#price)));
	}

	async #pause(ms: number): Promise<void> {
		await this.clock.advance(ms);
	}

	/** The program is gone; what was not on disk never happened, what was on its way to the exchange still arrives. */
	async crash(): Promise<void> {
		this.story.push("crash");
		const { journal } = this.world;
		const disk = MemoryJournal.from(journal.alerts, journal.commits);
		journal.before = () => new Promise(() => undefined);
		this.world.engine.execution.close();
		this.#meanwhile(this.#broker.stop());
		this.crashes += 1;
		const { world, broker } = this.#open(disk);
		this.world = world;
		this.#broker = broker;
		await this.start();
	}

	/** Plays the whole run; the exchange behaves at its end, so that everything can come to its end. */
	async play(): Promise<readonly string[]> {
		await this.start();
		for (let step = 0; step < steps; step++) await this.step();
		const { skew_ms } = this.exchange.faults;
		this.exchange.behave();
		// A clock that is wrong stays wrong: set right in this moment it would give back time that has expired.
		this.exchange.setFaults({ skew_ms });
		await this.clock.advance(settle_ms);
		await flush();
		return this.violations();
	}

	/** What must never be, whatever happened. */
	violations(): readonly string[] {
		const { journal, engine } = this.world;
		const wrong: string[] = [...this.failures];
		for (const [id, made] of this.exchange.made()) {
			if (made > 1) wrong.push(`${made} orders were made for intent ${id}`);
			if (!journal.orders().some((order) => order.client_order_id === id))
				wrong.push(`order ${id} is not in the journal`);
		}
		for (const alert of journal.alerts) {
			if (!journal.hasEnded(alert.id)) wrong.push(`alert ${alert.id} (${alert.action}) never ended`);
			else if (journal.ended(alert.id).code === "engine_error")
				wrong.push(`alert ${alert.id}: ${journal.ended(alert.id).reason}`);
		}
		for (const order of journal.orders()) {
			if (order.status === "unknown" || order.status === "submitting")
				wrong.push(`order ${order.id} is ${order.status}`);
		}
		const truth = this.exchange.positions().get(symbol) ?? decimal("0");
		const net = engine.book.net("live", symbol);
		if (net !== truth) wrong.push(`holds ${formatDecimal(net)}, the exchange ${formatDecimal(truth)}`);
		const filled = sumOf(journal);
		if (filled !== net) wrong.push(`fills sum up to ${formatDecimal(filled)}, the book holds ${formatDecimal(net)}`);
		return wrong;
	}
}

function sumOf(journal: MemoryJournal): Decimal {
	let sum = 0n;
	for (const fill of journal.fills()) sum += fill.side === "buy" ? decimal(fill.quantity) : -decimal(fill.quantity);
	return sum as Decimal;
}

/** Faults of one run: each kind in some runs and not in others, so that they meet in every combination. */
function faultsOf(chance: Chance) {
	const some = (rate: number): number => (chance.number() < 0.5 ? rate : 0);
	return {
		orders: {
			lost_before: some(0.1),
			lost_after: some(0.15),
			late: some(0.1),
			slow_accept: some(0.05),
			slow_answer: some(0.1),
			error_before: some(0.1),
			error_after: some(0.1),
			garbled: some(0.05),
			reject: some(0.05),
		},
		reads: { cut: some(0.1), error: some(0.1), slow: some(0.05) },
		feed: { duplicate: some(0.2), reorder: some(0.2) },
		partial: some(0.4),
		read_lag_ms: chance.number() < 0.3 ? 150 : 0,
		skew_ms: chance.number() < 0.3 ? chance.whole(-2_000, 2_000) : 0,
	};
}
