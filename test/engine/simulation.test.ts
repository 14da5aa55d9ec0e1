/** A seeded simulation: random alerts, prices, halts, disk faults and crashes at once; afterwards every figure must still add up. */
import { describe, expect, test } from "bun:test";
import { add, decimal, formatDecimal, negate, subtract, zero } from "../../src/domain/decimal.ts";
import type { Signal } from "../../src/domain/records.ts";
import {
	accountSettings,
	alertOf,
	enter,
	flush,
	ManualClock,
	MemoryJournal,
	seeded,
	strategyOf,
	World,
	type WorldOptions,
} from "./support.ts";

const seeds = 60;
const steps = 60;
const symbols = ["BTC/USD", "ETH/USD"] as const;
const start = decimal("1000000");

const exitOf = (quantity: string | undefined): readonly Signal[] => [
	{ kind: "exit", side: "any", ...(quantity === undefined ? {} : { quantity }) },
];

const units = { kind: "equity_share", share: decimal("0.03") } as const;

const options: Pick<WorldOptions, "accounts" | "strategies"> = {
	accounts: ["a", "b"].map((name) =>
		accountSettings({ name, fee: decimal("0.001"), slippage: decimal("0.0005"), balance: start }),
	),
	strategies: [
		strategyOf({ name: "Follow", accounts: [{ account: "a" }], size: units, pyramiding: 1 }),
		strategyOf({ name: "LongOnly", accounts: [{ account: "a" }], size: units, direction: "long" }, (alert) => {
			if (alert.type === "LONG_ENTRY") return [enter("long", { stop_loss: "1%", take_profit: "1.5%" })];
			return exitOf(alert.quantity);
		}),
		strategyOf(
			{ name: "Guarded", accounts: [{ account: "a" }, { account: "b" }], size: units, pyramiding: 2 },
			(alert) => {
				const stops = { stop_loss: "0.7%", take_profit: "1%" };
				if (alert.type === "LONG_ENTRY") return [enter("long", stops)];
				if (alert.type === "SHORT_ENTRY") return [enter("short", stops)];
				return exitOf(alert.quantity);
			},
		),
	],
};

/** What goes on in one run; a crash replaces the world and keeps the disk. */
class Simulation {
	readonly random: () => number;
	readonly clock = new ManualClock();
	readonly prices = new Map<string, number>(symbols.map((symbol) => [symbol, 4_000_000]));
	world: World;
	crashes = 0;

	constructor(seed: number) {
		this.random = seeded(seed);
		this.world = new World({ ...options, clock: this.clock, journal: this.#disk(new MemoryJournal()) });
	}

	pick<T>(items: readonly T[]): T {
		const item = items[Math.floor(this.random() * items.length)];
		if (item === undefined) throw new Error("nothing to pick from");
		return item;
	}

	/** A disk that takes now and then a little longer. */
	#disk(journal: MemoryJournal): MemoryJournal {
		journal.before = async () => {
			for (let turns = Math.floor(this.random() * 6); turns > 0; turns--) await Promise.resolve();
			if (this.random() < 0.2) await new Promise((resolve) => setImmediate(resolve));
		};
		return journal;
	}

	/** Prices move by up to 0.6 % and are written with two decimals. */
	price(symbol: string): string {
		const cents = Math.round((this.prices.get(symbol) ?? 0) * (1 + (this.random() - 0.5) * 0.012));
		this.prices.set(symbol, cents);
		return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
	}

	async step(): Promise<void> {
		const chance = this.random();
		const symbol = this.pick(symbols);
		if (chance < 0.62) {
			const action = this.pick(["buy", "buy", "sell", "sell", "exit", "close_long", "close_short", "stop_loss"]);
			const part = action === "exit" && this.random() < 0.5 ? { quantity: this.pick(["50%", "33%", "0.1"]) } : {};
			const strategy = this.pick(["Follow", "LongOnly", "Guarded"]);
			const received_at = new Date(this.clock.now()).toISOString();
			this.world.hand(alertOf(action, { strategy, symbol, price: this.price(symbol), received_at, ...part }));
		} else if (chance < 0.85) {
			this.world.engine.observe(["a", "b"], symbol, this.price(symbol), this.clock.now());
		} else if (chance < 0.9) {
			this.world.journal.failures = 1 + Math.floor(this.random() * 3);
		} else if (chance < 0.93) {
			await this.crash();
		} else if (chance < 0.96) {
			const scope = { scope: "strategy", name: this.pick(["Follow", "LongOnly", "Guarded"]) } as const;
			const switching =
				this.random() < 0.5
					? this.world.desk.flatten(scope, { actor: "simulation" })
					: this.world.desk.setTradingState(scope, "halted", { actor: "simulation" });
			await Promise.all([switching, this.clock.advance(60_000)]);
			await this.world.desk.setTradingState(scope, "active", { actor: "simulation" });
		}
		if (this.random() < 0.5) await this.clock.advance(Math.floor(this.random() * 100));
	}

	/** The program is gone between two commits; what was not on disk never happened. */
	async crash(): Promise<void> {
		const { journal } = this.world;
		const disk = this.#disk(MemoryJournal.from(journal.alerts, journal.commits));
		journal.before = () => new Promise(() => undefined);
		this.crashes += 1;
		this.world = new World({ ...options, clock: this.clock, journal: disk });
		await this.start();
	}

	async start(): Promise<void> {
		await Promise.all([this.world.engine.recover(), this.clock.advance(60_000)]);
		this.world.dispatcher.start();
	}

	async rest(): Promise<void> {
		this.world.journal.failures = 0;
		for (let turn = 0; turn < 3; turn++) {
			await this.clock.advance(60_000);
			await this.world.idle();
			await flush();
		}
	}
}

/** The books of one run, worked out again from nothing but its fills. */
function checkFigures({ world }: Simulation): void {
	const { journal, engine } = world;
	const held = new Map<string, bigint>();
	const balances = new Map([
		["a", start],
		["b", start],
	]);
	const filled = new Map<string, bigint>();
	for (const fill of journal.fills()) {
		const key = `${fill.account} ${fill.strategy} ${fill.symbol}`;
		const quantity = decimal(fill.quantity);
		held.set(key, (held.get(key) ?? 0n) + (fill.side === "buy" ? quantity : negate(quantity)));
		const earned = subtract(decimal(fill.realized_pnl), decimal(fill.fee));
		balances.set(fill.account, add(balances.get(fill.account) ?? zero, earned));
		filled.set(fill.order_id, (filled.get(fill.order_id) ?? 0n) + quantity);
	}
	for (const order of journal.orders()) {
		expect(`${order.id} ${filled.get(order.id) ?? 0n}`).toBe(`${order.id} ${decimal(order.filled_quantity)}`);
		expect(decimal(order.filled_quantity) <= decimal(order.quantity)).toBe(true);
	}
	for (const position of journal.positions()) {
		const { account, strategy, symbol, side } = position;
		const signed = side === "short" ? negate(decimal(position.quantity)) : decimal(position.quantity);
		expect(held.get(`${account} ${strategy} ${symbol}`)).toBe(signed);
		expect(engine.book.quantity(account, strategy, symbol)).toBe(signed);
		if (strategy === "LongOnly") expect(side).not.toBe("short");
	}
	for (const account of journal.accounts()) {
		expect(account.balance).toBe(formatDecimal(balances.get(account.name) ?? zero));
		expect(engine.book.account(account.name).balance).toBe(account.balance);
	}
}

/** Every stop and target can close what is there and nothing more. */
function checkProtection({ world }: Simulation): void {
	const { journal, engine } = world;
	const onDisk = journal.snapshot().open_orders.map(({ id }) => id);
	expect(
		engine.open
			.all()
			.map(({ id }) => id)
			.sort(),
	).toEqual([...onDisk].sort());
	for (const leg of ["stop_loss", "take_profit"]) {
		const sums = new Map<string, bigint>();
		for (const order of engine.open.all().filter((one) => one.leg === leg)) {
			const key = JSON.stringify([order.account, order.strategy, order.symbol]);
			sums.set(key, (sums.get(key) ?? 0n) + (order.side === "sell" ? 1n : -1n) * decimal(order.quantity));
		}
		for (const [key, sum] of sums) {
			const [account = "", strategy = "", symbol = ""] = JSON.parse(key) as string[];
			const quantity = engine.book.quantity(account, strategy, symbol);
			expect(quantity > 0n ? sum > 0n && sum <= quantity : sum < 0n && sum >= quantity).toBe(true);
		}
	}
	expect(engine.open.all().filter(({ status }) => status !== "accepted")).toEqual([]);
}

function checkAlerts({ world }: Simulation): void {
	const ends = world.journal.commits.flat().filter((change) => change.kind === "alert_ended");
	expect(ends.map(({ id }) => id).sort()).toEqual(world.journal.alerts.map(({ id }) => id).sort());
	expect(ends.filter(({ code }) => code === "engine_error")).toEqual([]);
}

describe("whatever happens, in whatever order, every figure adds up", () => {
	for (let seed = 1; seed <= seeds; seed++) {
		test(`seed ${seed}`, async () => {
			const simulation = new Simulation(seed);
			await simulation.start();
			for (let step = 0; step < steps; step++) await simulation.step();
			await simulation.rest();
			checkFigures(simulation);
			checkProtection(simulation);
			checkAlerts(simulation);
			// Once more from the disk alone.
			await simulation.crash();
			await simulation.rest();
			checkFigures(simulation);
			checkProtection(simulation);
		});
	}
});
