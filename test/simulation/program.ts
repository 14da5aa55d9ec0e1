/** One process of nexus in the simulation: the parts as src/nexus.ts joins them, on a clock, a disk and a network of its own. */
import { meaningKey } from "../../src/alert/meaning.ts";
import { readBody } from "../../src/alert/read.ts";
import { type OpenedBrokers, openBrokers } from "../../src/broker/open-brokers.ts";
import type { Fetch } from "../../src/broker/rest-transport.ts";
import { parseSize } from "../../src/config/size.ts";
import { SequenceMaker } from "../../src/domain/id.ts";
import type { Broker, Change, Journal, Log, Scope, Snapshot, Strategy } from "../../src/domain/ports.ts";
import type { AccountSettings, RiskSettings } from "../../src/domain/settings.ts";
import { resolveSymbol } from "../../src/domain/symbol.ts";
import { within } from "../../src/domain/within.ts";
import { Dispatcher, type Passage } from "../../src/engine/dispatcher.ts";
import { TradingDesk } from "../../src/engine/trading-desk.ts";
import { TradingEngine } from "../../src/engine/trading-engine.ts";
import { dedupeDefaults, settingsOf as webhookSettings } from "../../src/http/webhook-defaults.ts";
import { openJournal } from "../../src/journal/sqlite-journal.ts";
import { compose } from "../../src/pipeline/compose.ts";
import { freshness } from "../../src/pipeline/freshness.ts";
import { match } from "../../src/pipeline/match.ts";
import { type AnyProcessingStage, Processing } from "../../src/pipeline/processing.ts";
import { type Receive, reception } from "../../src/pipeline/reception.ts";
import { refusalStatus } from "../../src/pipeline/reception-context.ts";
import { riskGate } from "../../src/pipeline/risk-gate.ts";
import { moveOn, sequence, type Take } from "../../src/pipeline/sequence.ts";
import { riskOfficer } from "../../src/risk/approve.ts";
import { Sequencer } from "../../src/sequence/sequencer.ts";
import { notAllowed } from "../../src/strategy/allowed.ts";
import type { ManualClock } from "../engine/support.ts";
import type { CrashPlan, Moment } from "./crash-plan.ts";
import type { SimulatedDisk } from "./disk.ts";
import { JournalThread } from "./journal-thread.ts";
import { ProcessClock } from "./process-clock.ts";
import { strategyNamed } from "./strategies.ts";
import type { Witness } from "./witness.ts";

/** How long a clean stop waits: the same as src/nexus.ts. */
const under_way_ms_max = 4_500;
const requests_ms_max = 4_000;
const lanes_ms_max = 9_000;

/** What a sender is told. */
export type Answer =
	| { readonly kind: "answer"; readonly status: number; readonly id: string | undefined; readonly detail: string }
	/** Nobody listens. */
	| { readonly kind: "refused" }
	/** The process died over it. */
	| { readonly kind: "cut" };

export interface ProgramParts {
	readonly world: ManualClock;
	readonly ahead_ms: number;
	readonly disk: SimulatedDisk;
	readonly crashes: CrashPlan;
	/** How long the next call to the journal takes. */
	readonly disk_ms: () => number;
	/** The exchange's network. */
	readonly fetch: Fetch;
	readonly accounts: readonly AccountSettings[];
	/** Its strategies on this process's clock. */
	readonly strategies: (clock: ProcessClock) => readonly Strategy[];
	readonly limits: RiskSettings;
	readonly hold_ms: number;
	/** An alert that was at work at two kills in a row is not tried again, as in src/nexus.ts; otherwise each comes to its own end. */
	readonly counts_tries: boolean;
	readonly witness: Witness;
	/** Puts something around each broker. */
	readonly broker: (broker: Broker) => Broker;
	/** Told once, when it has died. */
	readonly died: (how: string) => void;
}

/** From its start to its clean stop or its death. */
export class Program {
	readonly clock: ProcessClock;
	readonly log: Log;
	readonly #parts: ProgramParts;
	readonly #thread: JournalThread;
	readonly #death = Promise.withResolvers<Answer>();
	#journal: Journal | undefined;
	#brokers: OpenedBrokers | undefined;
	#receive: Receive | undefined;
	#sequencer: Sequencer | undefined;
	#inFlight = 0;
	dead = false;
	/** True from the end of its start to the beginning of its stop. */
	ready = false;
	stopping = false;
	engine: TradingEngine | undefined;
	dispatcher: Dispatcher | undefined;
	desk: TradingDesk | undefined;

	constructor(parts: ProgramParts) {
		this.#parts = parts;
		this.log = quiet;
		const { world, ahead_ms, disk, disk_ms, crashes } = parts;
		this.clock = new ProcessClock(world, ahead_ms, () => this.#step("timer"));
		const death = () => (this.dead ? undefined : crashes.commit());
		this.#thread = new JournalThread(
			this.clock,
			disk.faults(death, (how) => this.kill(how)),
			disk_ms,
		);
	}

	/** What stands in memory of stated positions. */
	chains() {
		return this.#sequencer?.chains() ?? [];
	}

	/** Resolves when the lanes are open; rejects where the program would end with an error. */
	async start(): Promise<void> {
		const { clock, log } = this;
		const { disk, witness, accounts, limits } = this.#parts;
		const opened = await openJournal({
			folder: disk.folder,
			size_max_bytes: 1e9,
			keep_ms: 30 * 86_400_000,
			clock,
			writer: () => this.#thread.asWorker,
		});
		const journal = witness.watchJournal(opened);
		this.#journal = journal;
		const snapshot = await journal.load();
		const list = this.#parts.strategies(clock);
		const strategies = list.map(({ settings }) => settings);
		const fetch: Fetch = (url, init) => this.#fetch(url, init);
		const brokers = openBrokers({ accounts, strategies }, { clock, log, positions: snapshot.positions, fetch });
		this.#brokers = brokers;
		const risk = witness.watchRisk(riskOfficer(limits));
		const engine = new TradingEngine({
			clock,
			log,
			journal,
			risk,
			snapshot,
			accounts,
			brokers: brokers.brokers.map((broker) => this.#parts.broker(broker)),
			parseSize,
			settingsOf: (name) => strategyNamed(list, name)?.settings,
		});
		this.engine = engine;
		const sequencer = this.#openSequencer(engine, snapshot);
		const dispatcher = this.#openDispatcher(engine, sequencer, journal, snapshot, list);
		this.dispatcher = dispatcher;
		this.desk = new TradingDesk({
			engine,
			risk,
			clock,
			strategies: () => list,
			waiting: (name) => dispatcher.waiting(name),
			stated: () => sequencer.chains(),
			waitsFor: (id) => sequencer.waitsFor(id),
			silence: () => ({ last_alert_at: null, silent: false }),
		});
		this.#receive = this.#openReception(journal, dispatcher, list, snapshot);
		const connecting = brokers.start();
		await engine.recover((account) => connecting.get(account));
		dispatcher.start();
		this.ready = true;
	}

	/** Ends as after SIGTERM; resolves when the process would have ended. */
	async stop(): Promise<void> {
		this.ready = false;
		this.stopping = true;
		const { clock } = this;
		const start = clock.monotonic();
		await within(Promise.all([this.dispatcher?.quiet(), this.engine?.lanes.drained()]), under_way_ms_max, clock);
		this.#receive = undefined;
		while (this.#inFlight > 0 && clock.monotonic() - start < requests_ms_max) await clock.sleep(5);
		this.#sequencer?.close();
		await this.dispatcher?.stop(Math.max(0, lanes_ms_max - (clock.monotonic() - start)));
		this.engine?.close();
		await this.#brokers?.stop();
		this.engine?.recorder.close();
		await this.#journal?.close();
		this.clock.kill();
		this.dead = true;
	}

	/** Gives back what a failed start holds, as startNexus does. */
	async giveUp(): Promise<void> {
		this.#receive = undefined;
		this.stopping = true;
		await this.#brokers?.stop();
		this.engine?.recorder.close();
		await this.#journal?.close();
		this.clock.kill();
		this.dead = true;
	}

	/** The process is gone: nothing in it goes on, and what was on its way to the exchange still arrives. */
	kill(how: string): void {
		if (this.dead) return;
		this.dead = true;
		this.ready = false;
		this.clock.kill();
		this.#parts.disk.leave();
		this.#death.resolve({ kind: "cut" });
		// The writer may be in the middle of a transaction: its connection is closed when that has come back.
		setImmediate(() => this.#thread.abandon());
		this.#parts.died(how);
	}

	/** One request with an alert. */
	async post(body: string): Promise<Answer> {
		const receive = this.#receive;
		if (this.dead || receive === undefined) return { kind: "refused" };
		this.#inFlight += 1;
		const answer = await Promise.race([this.#death.promise, this.#answer(receive, body)]);
		this.#inFlight -= 1;
		return answer;
	}

	async #answer(receive: Receive, body: string): Promise<Answer> {
		const headers = { "content-length": String(Buffer.byteLength(body)) };
		const request = new Request("http://nexus/webhook", { method: "POST", body, headers });
		const { outcomes } = await receive({ request, peer: "52.89.214.238", token: "" });
		const [outcome] = outcomes;
		if (outcome === undefined || outcomes.length !== 1) throw new Error("one command has one outcome");
		if (outcome.kind !== "refused") {
			return { kind: "answer", status: outcome.kind === "accepted" ? 202 : 200, id: outcome.id, detail: outcome.kind };
		}
		const { refusal } = outcome;
		return {
			kind: "answer",
			status: refusalStatus(refusal),
			id: undefined,
			detail: `${refusal.code}: ${refusal.detail}`,
		};
	}

	/** A step of this kind; the process may die in it. */
	#step(moment: Moment): void {
		if (!this.dead && this.#parts.crashes.step(moment)) this.kill(`killed before a ${moment}`);
	}

	/** The process's network: what has left arrives whatever becomes of the process, and a dead one hears nothing. */
	async #fetch(url: string, init: RequestInit): Promise<Response> {
		const never = () => new Promise<never>(() => undefined);
		this.#step("request");
		if (this.dead) return never();
		this.#parts.witness.orderLeaves(init, this.#parts.disk.folder, this.engine?.book);
		try {
			const response = await this.#parts.fetch(url, init);
			this.#step("answer");
			return this.dead ? await never() : response;
		} catch (cause) {
			if (this.dead) return never();
			throw cause;
		}
	}

	#openSequencer(engine: TradingEngine, snapshot: Snapshot): Sequencer {
		const sequencer = new Sequencer({
			clock: this.clock,
			hold_ms: this.#parts.hold_ms,
			on_gap: "follow",
			chains: snapshot.stated,
			record: (changes) => {
				engine.recorder.record(changes).catch((cause: unknown) => {
					this.log.error("a stated position could not be recorded", { cause: String(cause) });
				});
			},
			halt: (name, reason) => this.#halt(engine, { scope: "strategy", name }, "sequence", reason),
		});
		this.#sequencer = sequencer;
		return sequencer;
	}

	#halt(engine: TradingEngine, { scope, name }: Scope, actor: string, reason: string): readonly Change[] {
		const since = new Date(this.clock.now()).toISOString();
		const entry = { scope, name, state: "halted", freeze: false, actor, reason, since } as const;
		engine.states.put(entry);
		return [{ kind: "trading_state", entry }];
	}

	#openDispatcher(
		engine: TradingEngine,
		sequencer: Sequencer,
		journal: Journal,
		snapshot: Snapshot,
		list: readonly Strategy[],
	): Dispatcher {
		const { clock, log } = this;
		const take: Take = (alert, park) => sequencer.take(alert, park);
		const stages: readonly AnyProcessingStage[] = [
			match({
				list: () => list,
				find: (name) => strategyNamed(list, name),
				notAllowed,
				resolveSymbol: (sent, allowed) => resolveSymbol(sent, allowed, {}),
			}),
			freshness({ max_age_ms: 300_000, clock, holds: (strategy, symbol) => heldSides(engine, strategy, symbol) }),
			sequence(take),
			riskGate((strategy, symbol) => engine.states.strictest({ strategy, symbol })),
		];
		const run = compose(stages);
		return new Dispatcher({
			engine,
			journal,
			clock,
			log,
			pass: async (alert, park): Promise<Passage> => {
				const context = new Processing(alert, () => clock.monotonic(), park);
				if (!(await run(context))) await moveOn(context, take);
				return context;
			},
			queue_max: 20_000,
			flood_per_second: 3_000,
			last_sequence: snapshot.last_sequence,
			...(this.#parts.counts_tries
				? {
						halt: (name: string, reason: string) => {
							const scope = { scope: "strategy", name } as const;
							const isHalted = engine.states.get(scope)?.state === "halted";
							return isHalted ? [] : this.#halt(engine, scope, "recovery", reason);
						},
					}
				: {}),
		});
	}

	#openReception(journal: Journal, dispatcher: Dispatcher, list: readonly Strategy[], snapshot: Snapshot): Receive {
		return reception({
			webhook: webhookSettings({}),
			dedupe: dedupeDefaults,
			symbols_map: {},
			strategies: {
				find: (name) => strategyNamed(list, name)?.settings,
				all: () => list.map(({ settings }) => settings),
			},
			reader: {
				readBody,
				meaningKey,
				resolveSymbol,
			},
			sequences: new SequenceMaker(snapshot.last_sequence),
			journal,
			intake: dispatcher,
			clock: this.clock,
			log: (level, message) => this.log[level](message),
		});
	}
}

function heldSides(engine: TradingEngine, strategy: string, symbol: string) {
	return engine.book
		.positions()
		.filter((position) => position.strategy === strategy && position.symbol === symbol)
		.flatMap(({ side }) => (side === "flat" ? [] : [side]));
}

const quiet: Log = {
	debug: () => undefined,
	info: () => undefined,
	warn: () => undefined,
	error: () => undefined,
};
