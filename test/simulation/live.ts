/** One run of the simulation: the whole program from the webhook to the exchange, killed and restarted, on a disk and in front of an exchange that misbehave. */
import { decimal } from "../../src/domain/decimal.ts";
import type { Broker, Desk, Settlement } from "../../src/domain/ports.ts";
import { journalFile } from "../../src/journal/journal-file.ts";
import { snapshotOf } from "../../src/journal/snapshot.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { flush, ManualClock } from "../engine/support.ts";
import { Chance } from "../support/exchange/chance.ts";
import { FakeExchange } from "../support/exchange/fake-exchange.ts";
import { everInReview, leftOpen, truthOf } from "./at-most-once.ts";
import { CrashPlan } from "./crash-plan.ts";
import { SimulatedDisk } from "./disk.ts";
import { differences, momentary, type Scene, settled } from "./invariants.ts";
import { type Answer, Program } from "./program.ts";
import { type Message, Sender } from "./sender.ts";
import { accountIn, type Setting, settingOf } from "./setting.ts";
import { type Action, type FaultKind, type Story, storyOf } from "./story.ts";
import { byHand } from "./stranger.ts";
import { accounts, limits, strategies } from "./strategies.ts";
import { Witness } from "./witness.ts";

/** What is done differently to see whether the simulation notices. */
export interface Mutation {
	/** Puts something around the brokers that the engine sees. */
	readonly broker?: (broker: Broker) => Broker;
}

/** Everything comes to its end within this long once nothing goes wrong any more, and is looked at this often. */
const settle_ms_max = 150_000;
const settle_look_ms = 10_000;
/** A process that ended by itself is started again after this long, as by a supervisor. */
const restart_ms = 1_000;
/** A clean stop ends within this long; a little more than promised, for the disk. */
const stop_ms_max = 11_000;
const hold_ms = 1_000;
/** Alerts are taken again this long after the disk is well, at the latest. */
const disk_recovery_ms_max = 3_000;
/** With the exchange reachable and a process that runs, the fate of an order is known after this long. */
const doubt_ms_max = 10_000;

/** Sent when everything has settled: the program must still take, work on and end them. */
const probes: readonly Message[] = ["One", "Two"].map((strategy) => ({
	text: JSON.stringify({ strategy, action: "exit", symbol: "BTCUSD", price: 42_000, alert_id: `probe ${strategy}` }),
	words: `a last exit of ${strategy}`,
	closes: true,
}));

/** A run and everything it went through, for whoever looks into a failure. */
export class LiveRun {
	readonly clock = new ManualClock();
	readonly exchange: FakeExchange;
	readonly disk = new SimulatedDisk();
	readonly witness = new Witness();
	readonly sender: Sender;
	/** What happened, with the time in milliseconds since the run began. */
	readonly log: string[] = [];
	readonly #chance: Chance;
	readonly #story: Story;
	readonly setting: Setting;
	readonly #mutation: Mutation;
	readonly #crashes: CrashPlan;
	readonly #began: number;
	#program: Program | undefined;
	#next: { readonly down_ms: number; readonly ahead_ms: number } = { down_ms: 0, ahead_ms: 0 };
	#asked = 0;
	#failures: string[] = [];
	/** Orders whose fate the process did not know when it was last looked at, and since when. */
	#doubtful: { readonly program: Program | undefined; readonly since: ReadonlyMap<string, number> } = {
		program: undefined,
		since: new Map(),
	};
	crashes = 0;

	constructor(story: Story | number, mutation: Mutation = {}) {
		this.#story = typeof story === "number" ? storyOf(story) : story;
		const { seed } = this.#story;
		this.setting = settingOf(seed);
		this.#mutation = mutation;
		this.#began = this.clock.now();
		// Not the story's own numbers: what the exchange and the disk draw must not move with it.
		this.#chance = new Chance(seed ^ 0x5eed);
		this.exchange = new FakeExchange({ clock: this.clock, seed, balance: "100000" });
		this.exchange.matching.setPrice("BTC/USD", decimal("42000"));
		this.exchange.matching.setPrice("ETH/USD", decimal("2500"));
		this.#crashes = new CrashPlan(this.disk);
		this.sender = new Sender(
			this.clock,
			(text) => this.#post(text),
			(line) => this.#tell(line),
		);
	}

	/** Plays the story and lets everything come to its end; gives back what was wrong. */
	async play(): Promise<readonly string[]> {
		try {
			const { actions } = this.#story;
			// The exchange is as it is before the process starts: a clock that jumps by seconds is none of its faults.
			for (const { deed } of actions) if (deed.do === "fault") this.#fault(deed.kind);
			this.#unable();
			this.#boot();
			await this.clock.advance(300);
			for (const action of actions) {
				this.#act(action);
				await this.clock.advance(action.then_ms);
				const wrong = this.#wrong(momentary(this.#scene()));
				if (wrong.length > 0) return wrong;
			}
			return await this.#settle();
		} finally {
			this.#program?.kill("the run is over");
			this.witness.close();
			await flush();
			this.disk.remove();
		}
	}

	#tell(line: string): void {
		this.log.push(`${this.clock.now() - this.#began} ms: ${line}`);
	}

	#scene(): Scene {
		const { setting, exchange, disk, witness, sender } = this;
		return { setting, exchange, disk, witness, sender, program: this.#program };
	}

	#wrong(found: readonly string[]): readonly string[] {
		return [...new Set([...this.#failures, ...found])];
	}

	/** One request; where the disk has been well for long enough, it must not be told to come again. */
	async #post(text: string): Promise<Answer> {
		const begun = this.clock.now();
		const answer = (await this.#program?.post(text)) ?? { kind: "refused" };
		const isWell = this.disk.trouble === undefined && begun - this.disk.well_since > disk_recovery_ms_max;
		if (isWell && answer.kind === "answer" && answer.status >= 500) {
			this.#failures.push(`${answer.status} (${answer.detail}) while the disk is well`);
		}
		return answer;
	}

	/** What goes on by itself; a failure of it is a failure of the run. */
	#meanwhile(work: Promise<unknown>): void {
		work.catch((cause: unknown) => {
			this.#failures.push(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
		});
	}

	#boot(): void {
		const { ahead_ms } = this.#next;
		this.#next = { down_ms: 0, ahead_ms };
		this.disk.forget();
		const program = new Program({
			world: this.clock,
			ahead_ms,
			disk: this.disk,
			crashes: this.#crashes,
			disk_ms: () => this.#disk_ms(),
			fetch: (url, init) => this.exchange.fetch(url, init),
			accounts: accounts.map((account) => accountIn(this.setting, account)),
			strategies: (clock) =>
				strategies(clock, () => {
					this.#asked += 1;
					return this.#asked;
				}),
			limits,
			hold_ms,
			counts_tries: this.#story.seed % 2 === 0,
			witness: this.witness,
			broker: (broker) => this.#mutation.broker?.(broker) ?? broker,
			died: (how) => this.#died(how),
		});
		this.#program = program;
		this.#meanwhile(this.#start(program));
	}

	async #start(program: Program): Promise<void> {
		try {
			await program.start();
			this.#tell("the process is ready");
		} catch (cause) {
			if (program.dead) return;
			this.#tell(`the process cannot start: ${cause instanceof Error ? cause.message : String(cause)}`);
			await program.giveUp();
			this.#startLater(restart_ms);
		}
	}

	#startLater(ms: number): void {
		this.#program = undefined;
		this.clock.after(ms, () => this.#boot());
	}

	#died(how: string): void {
		this.#tell(how);
		this.crashes += 1;
		this.witness.close();
		this.#startLater(this.#next.down_ms);
	}

	#disk_ms(): number {
		const { trouble } = this.disk;
		if (trouble === "slow") return this.#chance.whole(40, 120);
		if (trouble === "very_slow") return this.#chance.whole(200, 600);
		return this.#chance.whole(0, 2);
	}

	#act({ deed }: Action): void {
		switch (deed.do) {
			case "fault":
				return;
			case "send":
				this.#meanwhile(this.sender.send(deed.message, deed.answers_lost));
				return;
			case "price":
				this.exchange.matching.setPrice(deed.symbol, decimal(String(deed.price)));
				return;
			case "pause":
				return;
			case "crash":
				this.#next = deed;
				this.#crashes.arm(deed.steps, deed.chance, deed.commits_only);
				return;
			case "stop":
				this.#stop(deed.down_ms);
				return;
			case "disk":
				this.disk.fail(deed.trouble);
				this.clock.after(deed.for_ms, () => this.disk.heal(deed.trouble, this.clock.now()));
				return;
			case "away":
				this.exchange.setFaults({ down: deed.how });
				this.clock.after(deed.for_ms, () => this.exchange.setFaults({ down: false }));
				return;
			case "drift":
				this.exchange.setFaults({ skew_ms: this.exchange.faults.skew_ms + deed.by_ms });
				return;
			case "desk":
				this.#desk(deed);
				return;
			case "hand":
				this.#tell(byHand(this.exchange, deed.deed));
				return;
			default:
				deed satisfies never;
		}
	}

	/** What the exchange cannot do at all, which is no fault of its. */
	#unable(): void {
		if (this.setting.kind !== "at_most_once") return;
		const { lookup, late_ms_max } = this.setting;
		this.exchange.setFaults({ finds_orders: lookup, late_ms: [200, late_ms_max] });
	}

	#fault(kind: FaultKind): void {
		const { faults } = this.exchange;
		switch (kind.of) {
			case "partial":
				this.exchange.setFaults({ partial: kind.rate });
				return;
			case "read_lag_ms":
				this.exchange.setFaults({ read_lag_ms: kind.ms });
				return;
			case "skew_ms":
				this.exchange.setFaults({ skew_ms: kind.ms });
				return;
			default:
				this.exchange.setFaults({ [kind.of]: { ...faults[kind.of], [kind.fault]: kind.rate } });
		}
	}

	#stop(down_ms: number): void {
		const program = this.#program;
		if (program?.ready !== true) return;
		this.#meanwhile(this.#stopped(program, down_ms));
	}

	async #stopped(program: Program, down_ms: number): Promise<void> {
		const begun = this.clock.now();
		await program.stop();
		const took_ms = this.clock.now() - begun;
		this.#tell(`the process has ended after ${took_ms} ms`);
		if (took_ms > stop_ms_max && this.disk.trouble === undefined)
			this.#failures.push(`a clean stop took ${took_ms} ms`);
		this.#startLater(down_ms);
	}

	/** What a person asks for may fail, and then it is said; it must not go wrong in silence. */
	#desk({ what, scope }: Extract<Action["deed"], { do: "desk" }>): void {
		const desk = this.#program?.ready === true ? this.#program.desk : undefined;
		if (desk === undefined) return;
		const by = { actor: "test" };
		const asked = (): Promise<unknown> => {
			switch (what) {
				case "halt":
					return desk.setTradingState(scope, "halted", by);
				case "freeze":
					return desk.setTradingState(scope, "halted", { ...by, freeze: true });
				case "reduce":
					return desk.setTradingState(scope, "reducing", by);
				case "resume":
					return desk.setTradingState(scope, "active", by);
				case "flatten":
					return desk.flatten(scope, by);
				default:
					return what satisfies never;
			}
		};
		asked().then(
			() => this.#tell(`${what} is done`),
			(cause: unknown) => this.#tell(`${what} failed: ${String(cause)}`),
		);
	}

	/** Nothing goes wrong from now on; everything must come to its end, and be the same after a clean stop. */
	async #settle(): Promise<readonly string[]> {
		const { skew_ms } = this.exchange.faults;
		this.#tell("nothing goes wrong any more");
		this.#crashes.disarm();
		this.disk.heal(undefined, this.clock.now());
		this.exchange.behave();
		// A clock that is wrong stays wrong: set right in this moment it would give back time that has expired.
		this.exchange.setFaults({ skew_ms });
		this.#unable();
		if (this.setting.kind === "at_most_once") await this.#untilNothingIsInReview();
		for (const probe of [false, true]) {
			if (probe) for (const message of probes) this.#meanwhile(this.sender.send(message, 0));
			const wrong = await this.#untilSettled();
			if (wrong.length > 0) return wrong;
		}
		return this.#replayed();
	}

	/** What nothing can prove: everything is closed first in half of the runs, then a person looks at the exchange's page. */
	async #untilNothingIsInReview(): Promise<void> {
		const isUnderWay = (): boolean =>
			this.#program?.ready !== true ||
			this.sender.busy ||
			this.exchange.underWay ||
			this.witness.orders(this.disk.folder).some(({ status }) => status === "submitting" || status === "unknown");
		for (let waited_ms = 0; waited_ms < settle_ms_max && (waited_ms === 0 || isUnderWay()); waited_ms += settle_look_ms)
			await this.clock.advance(settle_look_ms);
		// What is gone at the exchange is noticed by the comparison of every minute.
		await this.clock.advance(65_000);
		const { desk, engine } = this.#program ?? {};
		if (desk === undefined || engine === undefined || !everInReview(this.witness.look(this.disk.folder))) return;
		if (this.#story.seed % 2 === 0) {
			this.#desk({ do: "desk", what: "flatten", scope: { scope: "all", name: "" } });
			await this.clock.advance(30_000);
			this.#failures.push(...leftOpen(this.exchange, engine, this.witness.orders(this.disk.folder)));
		}
		await this.clock.advance(65_000);
		const doubtful = this.witness.orders(this.disk.folder).filter(({ status }) => status === "review");
		for (const order of doubtful) {
			const said = truthOf(order, this.exchange);
			this.#tell(`a person settles ${order.id}: ${JSON.stringify(said)}`);
			this.#meanwhile(this.#settledByHand(desk, order.id, said));
			await this.clock.advance(1_000);
		}
	}

	async #settledByHand(desk: Desk, id: string, said: Settlement): Promise<void> {
		const settled = await desk.settle(id, said, { actor: "test" });
		if ("order" in settled || settled.refusal.code === "not_in_review") return;
		this.#failures.push(`${id} could not be settled with ${JSON.stringify(said)}: ${settled.refusal.detail}`);
	}

	/** What is wrong after it was looked at again and again, with time going by; nothing once everything is as it must be. */
	async #untilSettled(): Promise<readonly string[]> {
		let wrong: readonly string[] = [];
		for (let waited_ms = 0; waited_ms < settle_ms_max; waited_ms += settle_look_ms) {
			await this.clock.advance(settle_look_ms);
			this.#doubt();
			const isQuiet = this.#program?.ready === true && !this.sender.busy;
			wrong = this.#wrong(isQuiet ? settled(this.#scene()) : ["not settled"]);
			if (wrong.length === 0) return [];
		}
		return wrong;
	}

	/** An order whose fate the same process has not found out since the last look. */
	#doubt(): void {
		const now = this.clock.now();
		const program = this.#program;
		const isAsking = program?.ready === true && program === this.#doubtful.program;
		const ids = (program?.ready === true ? this.witness.orders(this.disk.folder) : [])
			.filter(({ status }) => status === "unknown" || status === "submitting")
			.map(({ id }) => id);
		const since = new Map(ids.map((id) => [id, (isAsking ? this.#doubtful.since.get(id) : undefined) ?? now]));
		for (const [id, began] of since) {
			if (now - began >= doubt_ms_max) this.#failures.push(`order ${id} was in doubt for ${doubt_ms_max} ms`);
		}
		this.#doubtful = { program, since };
	}

	/** The journal on its own says the same as the memory of the process that wrote it. */
	async #replayed(): Promise<readonly string[]> {
		const program = this.#program;
		const engine = program?.engine;
		if (program === undefined || engine === undefined) return ["no process runs"];
		let stopped = false;
		this.#meanwhile(
			program.stop().then(() => {
				stopped = true;
			}),
		);
		for (let waited_ms = 0; waited_ms < stop_ms_max && !stopped; waited_ms += 500) await this.clock.advance(500);
		if (!stopped) return this.#wrong(["a clean stop did not end"]);
		const { findings } = verifyJournal(journalFile(this.disk.folder));
		const snapshot = snapshotOf(this.witness.look(this.disk.folder));
		return this.#wrong([
			...findings.map(({ check, subject, detail }) => `verify-journal: ${check} ${subject}: ${detail}`),
			...differences(engine, snapshot),
			...sameChains(program, snapshot.stated),
		]);
	}
}

function sameChains(program: Program, stored: readonly object[]): readonly string[] {
	const shown = (chains: readonly object[]): string =>
		JSON.stringify(chains.map((chain) => JSON.stringify(chain)).sort());
	return shown(program.chains()) === shown(stored) ? [] : ["stated positions in memory and on disk differ"];
}
