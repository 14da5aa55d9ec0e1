/** A journal, an intake, a desk and strategies in memory, which tests can look into and break. */
import { decimal } from "../../../src/domain/decimal.ts";
import type {
	Acceptance,
	AlertFilter,
	Change,
	Clock,
	Desk,
	Intake,
	JournalReader,
	OpenAlert,
	Page,
	Reception,
	Scope,
	Settlement,
	StrategyDirectory,
} from "../../../src/domain/ports.ts";
import type {
	Account,
	AlertView,
	Event,
	Fill,
	FollowView,
	Order,
	Position,
	PositionView,
	RiskView,
	StatedView,
	StrategyView,
	TradingState,
	TradingStateEntry,
} from "../../../src/domain/records.ts";
import type { StrategySettings } from "../../../src/domain/settings.ts";
import { MemoryRecord } from "../../../src/http/memory-record.ts";

/** Keeps what it is given; `trouble` makes it fail or hang. */
export class FakeJournal {
	/** What was accepted. */
	readonly receptions: Reception[] = [];
	readonly changes: Change[] = [];
	trouble: "none" | "rejects" | "throws" | "hangs" = "none";
	readonly #memory: MemoryRecord;
	readonly #held: (() => void)[] = [];

	constructor(clock: Clock) {
		this.#memory = new MemoryRecord(clock);
	}

	readonly reader = { alert: (id: string) => this.#memory.reader.alert(id) };

	accept(reception: Reception): Promise<Acceptance> {
		if (this.trouble === "throws") throw new Error("the journal threw");
		if (this.trouble === "rejects") return Promise.reject(new Error("disk full"));
		const record = async () => {
			const acceptance = await this.#memory.accept(reception);
			if (acceptance.outcome === "accepted") this.receptions.push(reception);
			return acceptance;
		};
		if (this.trouble === "none") return record();
		return new Promise((resolve) => {
			this.#held.push(() => resolve(record()));
		});
	}

	/** Records that hang. */
	get held(): number {
		return this.#held.length;
	}

	/** What hung goes through after all. */
	release(): void {
		for (const go of this.#held.splice(0)) go();
	}

	async commit(changes: readonly Change[]): Promise<void> {
		this.changes.push(...changes);
		await this.#memory.commit(changes);
	}
}

/** Ends every alert at once as executed, unless `ends` is false. */
export class FakeIntake implements Intake {
	readonly taken: { open: OpenAlert; idReused: boolean }[] = [];
	rechecks = 0;
	room = true;
	ends = true;
	throws = false;
	readonly #journal: FakeJournal;

	constructor(journal: FakeJournal) {
		this.#journal = journal;
	}

	hasRoom(_strategy: string, type: string): boolean {
		return this.room || !type.endsWith("ENTRY");
	}
	accepted(open: OpenAlert, idReused: boolean): void {
		this.taken.push({ open, idReused });
		if (this.throws) throw new Error("the intake threw");
	}
	recheck(): void {
		this.rechecks += 1;
	}
	async ended(id: string, ms: number): Promise<void> {
		if (!this.ends) return new Promise(() => ms);
		const alert = this.taken.find(({ open }) => open.alert.id === id)?.open.alert;
		if (alert === undefined) return;
		const ended_at = alert.received_at;
		await this.#journal.commit([
			{ kind: "alert_ended", id, status: "executed", type: alert.type, code: null, reason: null, trace: [], ended_at },
		]);
	}
}

export function strategy(name: string, declared: Partial<StrategySettings> = {}): StrategySettings {
	return {
		name,
		aliases: [],
		symbols: ["BTC/USD", "ETH/USD"],
		timeframes: ["1h"],
		enabled: true,
		risk_multiplier: decimal("1"),
		max_positions: 5,
		accounts: [{ account: "paper" }],
		direction: "both",
		on_opposite: "reverse",
		pyramiding: 0,
		size: { kind: "alert" },
		tokens: [],
		secrets: [],
		settings: {},
		...declared,
	};
}

export function directory(...strategies: readonly StrategySettings[]): StrategyDirectory {
	return {
		all: () => strategies,
		find: (wanted) =>
			strategies.find(({ name, aliases }) => name === wanted || aliases.includes(wanted)) ??
			strategies.find(({ name }) => name.toLowerCase() === wanted.toLowerCase()),
	};
}

const at = "2026-01-31T13:37:00.000Z";

export const sampleOrder: Order = {
	id: "o1",
	client_order_id: "0".repeat(32),
	alert_id: "6H08TVRCM00",
	account: "paper",
	strategy: "MyRSIStrategy",
	symbol: "BTC/USD",
	side: "buy",
	type: "market",
	leg: "entry",
	quantity: "0.5",
	filled_quantity: "0.5",
	average_price: "42000.5",
	status: "filled",
	reduce_only: false,
	created_at: at,
	updated_at: at,
};

export const sampleAlert: AlertView = {
	id: "6H08TVRCM00",
	alert_id: "m1",
	status: "executed",
	type: "LONG_ENTRY",
	action: "buy",
	strategy: "MyRSIStrategy",
	symbol: "BTC/USD",
	timeframe: "1h",
	price: "42000.5",
	received_at: at,
	ended_at: at,
	code: null,
	reason: null,
	source: "127.0.0.1",
	dialect: "nexus",
};

export const sampleStated: StatedView = {
	strategy: "MyRSIStrategy",
	symbol: "BTC/USD",
	timeframe: "1h",
	side: "long",
	size: "1",
	alert_id: "6H08TVRCM00",
	updated_at: at,
	ours: [{ account: "paper", side: "long", quantity: "0.5", target: "1", difference: "0.5", in_step: false }],
	gaps: [{ at, alert_id: "6H08TVRCM00", from: "flat", to: "long 0.5" }],
	not_followed: null,
};

/** A full reader whose questions are kept, and whose answers are set. */
export class FakeReader implements JournalReader {
	readonly asked: { what: string; filter: unknown }[] = [];
	readonly events_kept: Event[] = [];
	broken = false;

	async alerts(filter: AlertFilter): Promise<Page<AlertView>> {
		return this.#page("alerts", filter, [sampleAlert], "next-page");
	}
	async alert(id: string): Promise<AlertView | undefined> {
		return id === sampleAlert.id || id === "m1"
			? { ...sampleAlert, trace: [], orders: [sampleOrder], fills: [] }
			: undefined;
	}
	async orders(filter: object): Promise<Page<Order>> {
		return this.#page("orders", filter, [sampleOrder], null);
	}
	async fills(filter: object): Promise<Page<Fill>> {
		return this.#page("fills", filter, [], null);
	}
	async positions(): Promise<readonly Position[]> {
		return [];
	}
	async accounts(): Promise<readonly Account[]> {
		return [];
	}
	async trading_states(): Promise<readonly TradingStateEntry[]> {
		return [];
	}
	async events(after: number, limit: number): Promise<readonly Event[]> {
		if (this.broken) throw new Error("secret internals of the journal");
		return this.events_kept.filter(({ sequence }) => sequence > after).slice(0, limit);
	}
	async counts() {
		if (this.broken) throw new Error("secret internals of the journal");
		return { alerts: { executed: 3, rejected: 1 }, orders: 4, fills: 5 };
	}

	#page<T>(what: string, filter: unknown, items: readonly T[], next: string | null): Page<T> {
		this.asked.push({ what, filter });
		return { items, next };
	}
}

/** Switches are kept as they were asked for. */
export class FakeDesk implements Desk {
	readonly settled: { order: string; said: Settlement; by: object }[] = [];
	readonly states: TradingStateEntry[] = [];
	readonly flattened: { scope: Scope; by: object }[] = [];

	/** Alerts that wait, and why. */
	readonly held = new Map<string, string>();
	readonly followed: { scope: Scope; by: object }[] = [];

	stated(): readonly StatedView[] {
		return [sampleStated];
	}
	outOfStep(): readonly StatedView[] {
		return this.followed.length > 0 ? [] : [sampleStated];
	}
	async follow(scope: Scope, by: { actor: string }): Promise<readonly FollowView[]> {
		this.followed.push({ scope, by });
		const { strategy, symbol, alert_id } = sampleStated;
		return [{ strategy, symbol, alert_id, account: "paper", status: "executed", code: null, reason: "bought 0.5" }];
	}
	waitsFor(id: string): string | undefined {
		return this.held.get(id);
	}
	positions(): readonly PositionView[] {
		return [
			{
				account: "paper",
				strategy: "MyRSIStrategy",
				symbol: "BTC/USD",
				side: "long",
				quantity: "0.5",
				average_price: "42000.5",
				unrealized_pnl: "0",
				realized_pnl: "0",
				additions: 0,
				mark_price: "42000.5",
				updated_at: at,
			},
		];
	}
	accounts(): readonly Account[] {
		return [
			{
				name: "paper",
				broker: "paper",
				currency: "USD",
				balance: "100000",
				equity: "100000",
				realized_pnl: "0",
				day: "2026-01-31",
				day_start_equity: "100000",
				updated_at: at,
			},
		];
	}
	strategies(): readonly StrategyView[] {
		return [
			{
				name: "MyRSIStrategy",
				enabled: true,
				symbols: ["BTC/USD", "BTC/USDT:USDT"],
				timeframes: ["1h"],
				accounts: ["paper"],
				plugin: null,
				plugin_version: 0,
				plugin_error: null,
				waiting: 2,
				trading_state: "active",
				expect_every_s: 3600,
				last_alert_at: at,
				silent: false,
			},
		];
	}
	risk(): readonly RiskView[] {
		return [
			{
				account: "paper",
				equity: "100000",
				exposure: "21000",
				exposure_max: "50000",
				position_size_max: null,
				daily_loss: "0",
				daily_loss_max: null,
			},
		];
	}
	trading_states(): readonly TradingStateEntry[] {
		return this.states;
	}
	async setTradingState(
		scope: Scope,
		state: TradingState,
		by: { actor: string; reason?: string; freeze?: boolean },
	): Promise<TradingStateEntry | undefined> {
		const { actor, reason, freeze = false } = by;
		const entry = { ...scope, state, freeze, actor, since: at, ...(reason === undefined ? {} : { reason }) };
		this.states.push(entry);
		return entry;
	}
	async flatten(scope: Scope, by: { actor: string; reason?: string }): Promise<readonly Order[]> {
		this.flattened.push({ scope, by });
		return [sampleOrder];
	}
	/** `o1` is in review, `o2` is filled, and there is no other. */
	async settle(order: string, said: Settlement, by: { actor: string; reason?: string }): ReturnType<Desk["settle"]> {
		if (order === "o2") return { refusal: { code: "not_in_review", detail: "order o2 is filled, not in review" } };
		if (order !== "o1") return { refusal: { code: "not_found", detail: `no order "${order}"`, hint: "Look again." } };
		this.settled.push({ order, said, by });
		return { order: sampleOrder };
	}
}
