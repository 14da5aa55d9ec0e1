/** An alert that stops the program each time it is tried: it ends after two tries and its strategy is halted; nobody else pays for it. */
import { describe, expect, test } from "bun:test";
import type { PaperBroker } from "../../src/broker/paper.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { BrokerAccount, Change, Lookup } from "../../src/domain/ports.ts";
import type { Alert } from "../../src/domain/records.ts";
import type { ProcessingStage } from "../../src/pipeline/processing.ts";
import {
	accountSettings,
	alertOf,
	flush,
	ManualClock,
	MemoryJournal,
	strategyOf,
	WatchedBroker,
	World,
	type WorldOptions,
	watched,
} from "./support.ts";

const never = () => new Promise<never>(() => undefined);
const names = (count: number) => Array.from({ length: count }, (_, index) => `S${index}`);

/** One life of the program on what the one before left on disk. */
class Life {
	readonly world: World;
	/** Ids in the order in which their work reached the stages. */
	readonly begun: string[] = [];
	readonly #death = Promise.withResolvers<void>();
	#dead = false;

	/** @param deadly alerts whose work stops the program in a stage */
	constructor(left: MemoryJournal, deadly: readonly string[], options: WorldOptions = {}) {
		const stage: ProcessingStage = {
			name: "danger",
			run: async ({ alert }, next) => {
				this.begun.push(alert.id);
				if (deadly.includes(alert.id)) {
					this.kill();
					await never();
				}
				await next();
				return undefined;
			},
		};
		const journal = MemoryJournal.from(left.alerts, left.commits);
		journal.before = () => (this.#dead ? never() : Promise.resolve());
		this.world = new World({ stages: [stage], ...options, journal });
	}

	/** From now on nothing more gets to the disk. */
	kill(): void {
		this.#dead = true;
		this.#death.resolve();
	}

	get dead(): boolean {
		return this.#dead;
	}

	get journal(): MemoryJournal {
		return this.world.journal;
	}

	async open(): Promise<this> {
		await this.world.engine.recover();
		this.world.dispatcher.start();
		await flush();
		return this;
	}

	/** Until everything has ended, or the program has stopped. */
	async untilStill(): Promise<this> {
		await this.open();
		await Promise.race([this.world.dispatcher.idle(), this.#death.promise]);
		await flush();
		return this;
	}
}

/** Started again and again until it stays up; every life, the last one standing. */
async function lives(left: readonly Alert[], deadly: readonly string[], options: WorldOptions = {}): Promise<Life[]> {
	const all: Life[] = [];
	let journal = MemoryJournal.from(left, []);
	while (all.length < 10) {
		const life = await new Life(journal, deadly, options).untilStill();
		all.push(life);
		if (!life.dead) return all;
		journal = life.journal;
	}
	throw new Error("it does not stay up");
}

const last = (all: readonly Life[]): Life => {
	const life = all.at(-1);
	if (life === undefined) throw new Error("no life");
	return life;
};

const endOf = ({ journal }: Life, { id }: Alert): string => {
	if (!journal.hasEnded(id)) return "open";
	const { status, code } = journal.ended(id);
	return `${status} ${code}`;
};

const haltedIn = ({ journal }: Life): string[] =>
	journal.tradingStates().map(({ scope, name, state, actor }) => `${scope} ${name} ${state} by ${actor}`);

describe("one that stops the program among nine that do not", () => {
	const strategies = names(10).map((name) => strategyOf({ name }));
	const left = names(10).map((strategy) => alertOf("buy", { strategy }));
	const guilty = left[4] ?? alertOf("buy");
	const innocent = left.filter((alert) => alert !== guilty);

	test("ends failed at the third start; all others are executed, once", async () => {
		const all = await lives(left, [guilty.id], { strategies });
		const end = last(all);
		expect(all).toHaveLength(3);
		expect(endOf(end, guilty)).toBe("failed poisoned");
		expect(end.journal.ended(guilty.id).reason).toBe(
			"nexus stopped 2 times while it worked on this alert after a restart, each time that it took it up again: it is not worked on again, and S4 is halted until `nexus resume`",
		);
		expect(innocent.map((alert) => endOf(end, alert))).toEqual(innocent.map(() => "executed null"));
		expect(end.journal.fills().map(({ strategy }) => strategy)).toEqual(innocent.map(({ strategy }) => strategy));
		expect(end.journal.commits.flat().filter(({ kind }) => kind === "alert_ended")).toHaveLength(10);
		expect(left.map(({ id }) => end.journal.attempts(id))).toEqual(left.map(() => undefined));
	});

	test("is tried twice, the second time alone, and not at all the third time", async () => {
		const [first, second, third] = (await lives(left, [guilty.id], { strategies })).map(({ begun }) => begun);
		expect(first).toContain(guilty.id);
		expect(second).toEqual(left.slice(0, 5).map(({ id }) => id));
		expect(third).toEqual(left.slice(5).map(({ id }) => id));
	});

	test("halts its strategy in the transaction that ends it, and no other", async () => {
		const end = last(await lives(left, [guilty.id], { strategies }));
		const kinds = end.journal.commits.find((changes) =>
			changes.some((change) => change.kind === "alert_ended" && change.id === guilty.id),
		);
		expect(kinds?.map(({ kind }) => kind)).toEqual(["trading_state", "alert_ended", "event"]);
		expect(haltedIn(end)).toEqual(["strategy S4 halted by recovery"]);
		expect(end.world.log.troubles()).toEqual(["an alert stops nexus each time it is tried; its strategy is halted"]);
		expect(await end.world.send(alertOf("sell", { strategy: "S4" }))).toMatchObject({ code: "halted" });
		expect(await end.world.send(alertOf("sell", { strategy: "S5" }))).toMatchObject({ status: "executed" });
	});

	test("says in its trace that it was taken up again and why it ended", async () => {
		const end = last(await lives(left, [guilty.id], { strategies }));
		expect(end.journal.ended(guilty.id).trace).toMatchObject([
			{ stage: "queue", verdict: "pass" },
			{ stage: "queue", verdict: "notice", code: "recovered" },
			{ stage: "queue", verdict: "refuse", code: "poisoned" },
		]);
	});

	test("two that do it end one after the other, and the program stays up", async () => {
		const other = left[7] ?? alertOf("buy");
		const all = await lives(left, [guilty.id, other.id], { strategies });
		const end = last(all);
		expect([endOf(end, guilty), endOf(end, other)]).toEqual(["failed poisoned", "failed poisoned"]);
		expect(haltedIn(end)).toEqual(["strategy S4 halted by recovery", "strategy S7 halted by recovery"]);
		expect(end.journal.fills()).toHaveLength(8);
		expect(all.length).toBeLessThanOrEqual(5);
	});

	test("one that states a position says what becomes of its chain", async () => {
		const stated = { side: "long", size: "1" } as const;
		const [alert] = [alertOf("buy", { stated })];
		const end = last(await lives([alert], [alert.id]));
		expect(end.journal.ended(alert.id).reason).toEndWith(
			"; where the position that it states had not been taken in before, the next alert finds a gap",
		);
	});
});

describe("where the program stops on it", () => {
	const alert = alertOf("buy");
	const containing = (kind: Change["kind"]) => (changes: readonly Change[]) =>
		changes.some((change) => change.kind === kind);

	test.each([
		["before its plan is on disk", "intent", "before", []],
		["after its order is on disk", "order", "after", ["abandoned"]],
		["before its order's outcome is on disk", "fill", "before", ["abandoned"]],
	] as const)("%s, it is tried twice and leaves no order open", async (_, kind, when, orders) => {
		let journal = MemoryJournal.from([alert], []);
		for (let start = 1; ; start++) {
			const life = new Life(journal, []);
			const commit = life.journal.commit.bind(life.journal);
			life.journal.commit = async (changes) => {
				const ends = changes.some((one) => one.kind === "alert_ended" && one.code === "poisoned");
				const hit = containing(kind)(changes) && !ends;
				if (hit && when === "before") life.kill();
				await commit(changes);
				if (hit && when === "after") {
					life.kill();
					await never();
				}
			};
			await life.untilStill();
			journal = life.journal;
			if (start < 3) expect(life.dead).toBe(true);
			if (life.dead) continue;
			expect(start).toBe(3);
			expect(endOf(life, alert)).toBe("failed poisoned");
			expect(life.journal.orders().map(({ status }) => status)).toEqual([...orders]);
			expect(life.journal.snapshot().open_orders).toEqual([]);
			expect([life.journal.fills(), life.world.held()]).toEqual([[], []]);
			return;
		}
	});
});

describe("an innocent one", () => {
	/** A broker that does not answer. */
	function slow() {
		const { brokers, wrap } = watched();
		const answers = new Set<string>();
		const withOutage: NonNullable<WorldOptions["wrap"]> = (paper) => {
			const broker = wrap(paper);
			const watch = brokers.get(paper.account);
			if (watch !== undefined) watch.instead = ({ strategy }) => (answers.has(strategy) ? undefined : never());
			return broker;
		};
		return { wrap: withOutage, answers };
	}

	const accounts = [accountSettings(), accountSettings({ name: "second" })];
	const strategies = [strategyOf(), strategyOf({ name: "Other", accounts: [{ account: "second" }] })];

	test("whose broker is slow is not condemned by four kills, and is executed once in the end", async () => {
		const outage = slow();
		const alert = alertOf("buy");
		let journal = MemoryJournal.from([alert], []);
		for (let kills = 1; kills <= 4; kills++) {
			const life = await new Life(journal, [], { wrap: outage.wrap, accounts, strategies }).open();
			await life.world.clock.advance(2_100);
			life.kill();
			expect(life.journal.attempts(alert.id)).toBe(`${kills}/${kills}`);
			journal = life.journal;
		}
		outage.answers.add("MyRSIStrategy");
		const end = await new Life(journal, [], { wrap: outage.wrap, accounts, strategies }).untilStill();
		expect(endOf(end, alert)).toBe("executed null");
		expect([end.journal.fills().length, haltedIn(end)]).toEqual([1, []]);
	});

	test("that was at work when the program stopped holds the others up for 2 s at most", async () => {
		const outage = slow();
		outage.answers.add("Other");
		const [alert, other] = [alertOf("buy"), alertOf("buy", { strategy: "Other" })];
		const first = await new Life(MemoryJournal.from([alert], []), [], {
			wrap: outage.wrap,
			accounts,
			strategies,
		}).open();
		first.kill();
		first.journal.alerts.push(other);
		const second = await new Life(first.journal, [], { wrap: outage.wrap, accounts, strategies }).open();
		await second.world.clock.advance(1_999);
		expect(second.begun).toEqual([alert.id]);
		await second.world.clock.advance(1);
		expect(second.begun).toEqual([alert.id, other.id]);
		expect([endOf(second, other), endOf(second, alert)]).toEqual(["executed null", "open"]);
		expect(second.journal.attempts(alert.id)).toBe("2/2");
	});

	test("is not blamed for a clean stop", async () => {
		const outage = slow();
		const alert = alertOf("buy");
		let journal = MemoryJournal.from([alert], []);
		for (let stops = 0; stops < 6; stops++) {
			const life = await new Life(journal, [], { wrap: outage.wrap, accounts, strategies }).open();
			const stopped = life.world.dispatcher.stop(1_000);
			await life.world.clock.advance(1_000);
			await stopped;
			expect([life.journal.attempts(alert.id), life.world.clock.waiting]).toEqual(["0/0", 0]);
			life.kill();
			journal = life.journal;
		}
	});

	test("that waits for the alert before it is not blamed for what happens meanwhile", async () => {
		const stated = { side: "flat", previous_side: "long", previous_size: "2" } as const;
		const known = alertOf("buy", { stated: { side: "long", size: "1", previous_side: "flat" } });
		const waiting = alertOf("exit", { stated });
		let journal = MemoryJournal.from([known, waiting], []);
		for (let kills = 0; kills < 4; kills++) {
			const life = await new Life(journal, []).open();
			await life.world.clock.advance(1_000);
			expect(life.journal.attempts(waiting.id)).toBe("0/0");
			life.kill();
			journal = life.journal;
		}
		const end = await new Life(journal, []).open();
		await end.world.clock.advance(3_000);
		expect(endOf(end, waiting)).toBe("executed null");
	});

	test("that is fresh pays for nothing: its first try is not recorded", async () => {
		const life = await new Life(new MemoryJournal(), []).untilStill();
		await life.world.send(alertOf("buy"));
		expect(life.journal.commits.flat().some(({ kind }) => kind === "attempt")).toBe(false);
	});
});

describe("order", () => {
	test("suspects go first, one at a time; then their lanes in order; then what came meanwhile", async () => {
		const strategies = ["A", "B"].map((name) => strategyOf({ name, pyramiding: 9 }));
		const [a1, a2, a3, b1] = [
			alertOf("buy", { strategy: "A" }),
			alertOf("buy", { strategy: "A" }),
			alertOf("buy", { strategy: "A" }),
			alertOf("buy", { strategy: "B" }),
		];
		const left = [a1, a2, a3, b1];
		const gates = new Map<string, () => void>();
		const begun: string[] = [];
		const stage: ProcessingStage = {
			name: "gate",
			async run({ alert }, next) {
				begun.push(alert.id);
				await new Promise<void>((resolve) => gates.set(alert.id, resolve));
				await next();
				return undefined;
			},
		};
		const first = await new Life(MemoryJournal.from(left, []), [], { strategies, stages: [stage] }).open();
		first.kill();
		expect(begun.toSorted()).toEqual([a1.id, b1.id].toSorted());
		begun.length = 0;
		const second = await new Life(first.journal, [], { strategies, stages: [stage] }).open();
		const fresh = alertOf("buy", { strategy: "B" });
		second.world.hand(fresh);
		const order: string[][] = [];
		for (const alert of [a1, b1, a2, a3, fresh]) {
			await flush();
			order.push([...begun]);
			gates.get(alert.id)?.();
		}
		await second.world.dispatcher.idle();
		const ids = (...alerts: readonly Alert[]) => alerts.map(({ id }) => id);
		expect(order.slice(0, 2)).toEqual([ids(a1), ids(a1, b1)]);
		expect(order[2]?.slice(0, 2)).toEqual(ids(a1, b1));
		expect(order[2]?.slice(2).toSorted()).toEqual(ids(a2, fresh).toSorted());
		expect(begun.indexOf(a3.id)).toBeGreaterThan(begun.indexOf(a2.id));
		expect([...left, fresh].map((alert) => endOf(second, alert))).toEqual(Array(5).fill("executed null"));
	});

	test("a suspect behind another one that takes long waits in its lane and holds up nobody else", async () => {
		const { brokers, wrap } = watched();
		const accounts = ["A", "B"].map((name) => accountSettings({ name }));
		const strategies = ["A", "B"].map((name) => strategyOf({ name, pyramiding: 9, accounts: [{ account: name }] }));
		const alerts = [alertOf("buy", { strategy: "A" }), alertOf("buy", { strategy: "A" })];
		const other = alertOf("buy", { strategy: "B" });
		const suspects = alerts.map(({ id }): Change => ({ kind: "attempt", id, tried: 1, survived: 0 }));
		const life = new Life(MemoryJournal.from([...alerts, other], [suspects]), [], { accounts, strategies, wrap });
		for (const broker of brokers.values()) broker.instead = ({ strategy }) => (strategy === "A" ? never() : undefined);
		await life.open();
		await life.world.clock.advance(2_000);
		expect(endOf(life, other)).toBe("executed null");
		expect(life.begun).toEqual([alerts[0]?.id ?? "", other.id]);
	});

	test("a journal that cannot be read for a while is read again, and nobody is tried before", async () => {
		const [guilty, other] = [alertOf("buy"), alertOf("buy", { strategy: "Other" })];
		const journal = MemoryJournal.from([other, guilty], [[{ kind: "attempt", id: guilty.id, tried: 2, survived: 0 }]]);
		const life = new Life(journal, [guilty.id], { strategies: [strategyOf(), strategyOf({ name: "Other" })] });
		life.journal.readFailures = 2;
		await life.open();
		expect(life.begun).toEqual([]);
		await life.world.clock.advance(2_000);
		expect([endOf(life, guilty), endOf(life, other)]).toEqual(["failed poisoned", "executed null"]);
	});

	test("with more open alerts than a page, those that may be at fault are found behind them and go first", async () => {
		const many = Array.from({ length: 700 }, () => alertOf("close_long"));
		const [suspect, guilty] = [alertOf("buy", { strategy: "Other" }), alertOf("buy", { strategy: "Third" })];
		const attempts: Change[] = [
			{ kind: "attempt", id: suspect.id, tried: 1, survived: 0 },
			{ kind: "attempt", id: guilty.id, tried: 2, survived: 0 },
		];
		const strategies = ["MyRSIStrategy", "Other", "Third"].map((name) => strategyOf({ name }));
		const left = MemoryJournal.from([...many, suspect, guilty], [attempts]);
		const life = await new Life(left, [guilty.id], { strategies }).untilStill();
		expect([life.dead, endOf(life, guilty), endOf(life, suspect)]).toEqual([false, "failed poisoned", "executed null"]);
		expect(life.begun).toEqual([suspect, ...many].map(({ id }) => id));
		const ends = life.journal.commits.flat().flatMap((change) => (change.kind === "alert_ended" ? [change.id] : []));
		expect(ends.slice(0, 2)).toEqual([suspect.id, guilty.id]);
		expect(many.every(({ id }) => life.journal.hasEnded(id))).toBe(true);
	});
});

/** A broker that lives on while nexus is down. */
class Remote extends WatchedBroker {
	override readonly abilities = {
		request_expiry_ms: 1_000,
		read_lag_ms: 0,
		lookup_by_client_id: true,
		forgets: false,
	};
	answer: Lookup = { outcome: "unreachable", reason: "it is away" };
	override lookup = async (): Promise<Lookup> => this.answer;
	/** True: it does not answer, so that the account does not open. */
	away = false;
	override state = async (): Promise<BrokerAccount> => {
		if (this.away) throw new Error("it is away");
		return {
			open_orders: [],
			positions: [],
			balance: decimal("1000000"),
		};
	};
}

describe("an account that is not open yet", () => {
	const remote = (away: boolean) => (paper: PaperBroker) => Object.assign(new Remote(paper), { away });

	test("is no fault of the alert that waits for it: four kills, and it is executed once the account opens", async () => {
		const clock = new ManualClock();
		const alert = alertOf("buy");
		let journal = MemoryJournal.from([alert], []);
		for (let kills = 0; kills < 4; kills++) {
			const life = await new Life(journal, [], { wrap: remote(true), clock }).open();
			await clock.advance(500);
			expect([life.begun, life.journal.attempts(alert.id)]).toEqual([[alert.id], "0/0"]);
			life.kill();
			journal = life.journal;
		}
		const end = await new Life(journal, [], { wrap: remote(false), clock }).open();
		await clock.advance(10_000);
		expect(endOf(end, alert)).toBe("executed null");
	});

	test("an alert that stops the program after its account has opened is found like any other, and holds up no other account", async () => {
		const clock = new ManualClock();
		const accounts = [accountSettings(), accountSettings({ name: "live" })];
		const [guilty, other] = [alertOf("buy", { strategy: "Live" }), alertOf("buy")];
		let journal = MemoryJournal.from([guilty], []);
		for (let start = 1; ; start++) {
			const live: Remote[] = [];
			const wrap: NonNullable<WorldOptions["wrap"]> = (paper) => {
				if (paper.account !== "live") return paper;
				live.push(remote(true)(paper));
				return live[0] ?? paper;
			};
			const decide = () => {
				life.kill();
				return never();
			};
			const strategies = [strategyOf(), strategyOf({ name: "Live", accounts: [{ account: "live" }] }, decide)];
			const life: Life = new Life(journal, [], { accounts, strategies, wrap, clock });
			await life.open();
			if (start === 3) life.world.hand(other);
			await clock.advance(500);
			expect([life.dead, start === 3 ? endOf(life, other) : ""]).toEqual([false, start === 3 ? "executed null" : ""]);
			for (const broker of live) broker.away = false;
			await clock.advance(10_000);
			journal = life.journal;
			if (life.dead) continue;
			expect(start).toBe(3);
			expect([endOf(life, guilty), endOf(life, other)]).toEqual(["failed poisoned", "executed null"]);
			return;
		}
	});
});

describe("an order of it that may have left", () => {
	const clock = new ManualClock();

	test.each([
		["never arrived", { outcome: "not_found" }, "abandoned"],
		["was rejected", { outcome: "found", state: "rejected", fills: [] }, "rejected"],
	] as const)("is found out before it ends, and %s", async (_, answer: Lookup, status) => {
		const alert = alertOf("buy");
		const remotes: Remote[] = [];
		const wrap: NonNullable<WorldOptions["wrap"]> = (paper) => {
			const remote = new Remote(paper);
			remote.instead = () => never();
			remotes.push(remote);
			return remote;
		};
		const first = new Life(MemoryJournal.from([], []), [], { wrap, clock });
		const { engine } = first.world;
		await engine.recover();
		first.world.dispatcher.start();
		await clock.advance(5_000);
		first.world.hand(alert);
		await clock.advance(100);
		expect(first.journal.orders().map((order) => order.status)).toEqual(["submitting"]);
		first.kill();
		const blamed: Change[] = [{ kind: "attempt", id: alert.id, tried: 2, survived: 0 }];
		const journal = MemoryJournal.from(first.journal.alerts, [...first.journal.commits, blamed]);
		const second = await new Life(journal, [alert.id], { wrap, clock }).open();
		await clock.advance(3_000);
		expect(haltedIn(second)).toContain("strategy MyRSIStrategy halted by recovery");
		expect([endOf(second, alert), second.journal.orders()[0]?.status]).toEqual(["open", "unknown"]);
		for (const remote of remotes) remote.answer = answer;
		await clock.advance(20_000);
		expect([endOf(second, alert), second.journal.orders()[0]?.status]).toEqual(["failed poisoned", status]);
		expect([second.dead, second.begun]).toEqual([false, []]);
		expect(second.journal.events().filter(({ kind }) => kind === "OrderEventIgnored")).toEqual([]);
	});
});
