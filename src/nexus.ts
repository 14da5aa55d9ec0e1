/** The composition root: settings in, a running nexus out. The only place that knows every part. */
import { mkdirSync } from "node:fs";
import { meaningKey } from "./alert/meaning.ts";
import { bodyReader } from "./alert/read.ts";
import { type OpenedBrokers, openBrokers } from "./broker/open-brokers.ts";
import type { Fetch } from "./broker/rest-transport.ts";
import { unknownDialect } from "./config/dialect-name.ts";
import { parseSize } from "./config/size.ts";
import { completeStrategy, decodeStrategy } from "./config/strategy.ts";
import { SequenceMaker } from "./domain/id.ts";
import type { Change, Clock, Journal, Log, Park, Scope, Snapshot } from "./domain/ports.ts";
import type { Alert, Side } from "./domain/records.ts";
import type { Settings, StageSettings } from "./domain/settings.ts";
import { resolveSymbol } from "./domain/symbol.ts";
import { within } from "./domain/within.ts";
import { Dispatcher, type Passage } from "./engine/dispatcher.ts";
import { TradingDesk } from "./engine/trading-desk.ts";
import { TradingEngine } from "./engine/trading-engine.ts";
import { stateChanges } from "./engine/trading-states.ts";
import { adminToken } from "./http/admin-token.ts";
import { canSharePorts } from "./http/reuse-port.ts";
import { WebhookServer } from "./http/webhook-server.ts";
import { JournalError } from "./journal/journal-error.ts";
import { journalBytes, openForReading } from "./journal/journal-file.ts";
import { type FolderLock, lockDataFolder } from "./journal/lock.ts";
import { openJournal } from "./journal/sqlite-journal.ts";
import { compose } from "./pipeline/compose.ts";
import { freshness } from "./pipeline/freshness.ts";
import { match } from "./pipeline/match.ts";
import { pluginStage } from "./pipeline/plugin-stage.ts";
import { type AnyProcessingStage, Processing } from "./pipeline/processing.ts";
import { rateLimit } from "./pipeline/rate-limit.ts";
import { riskGate } from "./pipeline/risk-gate.ts";
import { moveOn, sequence, type Take } from "./pipeline/sequence.ts";
import { riskOfficer } from "./risk/approve.ts";
import { Sequencer } from "./sequence/sequencer.ts";
import { SilenceWatch } from "./sequence/silence-watch.ts";
import { notAllowed } from "./strategy/allowed.ts";
import { type OpenedStrategies, openStrategies } from "./strategy/open-strategies.ts";
import type { PluginChange, PluginView } from "./strategy/plugin-host.ts";
import { systemClock } from "./system-clock.ts";
import { type Place, takeOver } from "./take-over/take-over.ts";

/** How long a stop waits for the work that is under way, with the port still open. */
const under_way_ms_max = 4_500;
/** How long it waits after that for requests that are being received or recorded. */
const requests_ms_max = 4_000;
/** How long it waits for all that together; the rest stays in the journal. With closing it, 10 s are not exceeded. */
const lanes_ms_max = 9_000;
/** A connection that was begun before a successor took the new ones may need this long to come through. */
const last_connections_ms = 600;
/** Its requests get this long when a successor waits: those that reach it are held for 2 s. */
const last_requests_ms_max = 900;
/** So do the lanes: what is in doubt by then is found out by the successor, as after a crash. */
const last_lanes_ms_max = 900;

/** More alerts a second than this are recorded first and worked on after. */
const flood_per_second = 3_000;

/** Entries of one strategy that may wait where no rate_limit stage says otherwise; its own default. */
const unpaced_queue_max = 20_000;

/** nexus cannot start: one line that names the cause and the cure. */
export class StartError extends Error {
	override readonly name = "StartError";
	/** True where the configuration is at fault, so that starting again without changing it is no use. */
	readonly configuration: boolean;

	constructor(message: string, options: ErrorOptions & { readonly configuration?: boolean } = {}) {
		super(message, options);
		this.configuration = options.configuration === true;
	}
}

export interface NexusOptions {
	readonly version: string;
	readonly log: Log;
	readonly clock?: Clock;
	/** Takes the place of a nexus that runs on the same data folder, without refusing a connection (Linux). Default: false. */
	readonly take_over?: boolean;
	/**
	 * Ends the program at once: too much waits for a disk that takes nothing, and only a restart can go on from what is on it.
	 * Default: a line in the log, then exit code 1.
	 */
	readonly fatal?: (reason: string) => void;
	/** What stands between the parts and what they rely on; tests stop the program there. */
	readonly between?: Between;
}

/** Seams: each puts something around what nexus would use by itself. */
export interface Between {
	readonly journal?: (journal: Journal) => Journal;
	/** Every request to a live account's broker goes through it. */
	readonly fetch?: Fetch;
}

export interface RunningNexus {
	/** The server's own address, such as `http://127.0.0.1:8080`. */
	readonly url: string;
	readonly urls: {
		/** Where alerts go, without a token. */
		readonly webhook: readonly string[];
		readonly dashboard: string;
		readonly api: string;
	};
	readonly server: WebhookServer;
	readonly engine: TradingEngine;
	/** Every plugin file, with why its newest save is not in use. */
	plugins(): readonly PluginView[];
	/** Resolves when every alert accepted so far has ended. */
	idle(): Promise<void>;
	/** Finishes what is under way for at most 10 s and leaves the rest in the journal. */
	stop(reason: string): Promise<void>;
	/** Leaves for a successor that has the port's new connections already: records what the open ones still send, then stops. */
	hand_over(): Promise<void>;
}

/**
 * Starts nexus: opens the data folder, the strategies and the port, then the lanes.
 * @throws StartError where the data folder, the journal or the port cannot be had
 */
export async function startNexus(settings: Settings, options: NexusOptions): Promise<RunningNexus> {
	const clock = options.clock ?? systemClock;
	const undo: (() => unknown)[] = [];
	try {
		return await start(
			settings,
			{ take_over: false, between: {}, fatal: endAtOnce(options.log), ...options, clock },
			(step) => undo.push(step),
		);
	} catch (cause) {
		for (const step of undo.reverse()) await step();
		if (cause instanceof StartError || !(cause instanceof Error)) throw cause;
		throw new StartError(cause.message, { cause });
	}
}

async function start(
	settings: Settings,
	{ version, log, clock, take_over, between, fatal }: Required<NexusOptions>,
	onFailure: (step: () => unknown) => void,
): Promise<RunningNexus> {
	const started_at = clock.now();
	makeDataFolder(settings.data);
	const opened = Promise.withResolvers<Journal>();
	const openPlugins = once(() => openStrategiesChecked(settings, { clock, log, journal: opened.promise }, onFailure));
	const { lock, port } = await takePlace(settings, { take_over, clock, log }, openPlugins);
	onFailure(() => lock.release());
	onFailure(() => port?.giveBack());
	const disk = await openJournal({ folder: settings.data, ...settings.journal, clock });
	onFailure(() => disk.close());
	const journal = between.journal?.(disk) ?? disk;
	opened.resolve(journal);
	const [snapshot, strategies] = await Promise.all([journal.load(), openPlugins()]);
	const last_alerts = await lastAlerts(journal, strategies);
	const brokers = openBrokers(settings, { clock, log, positions: snapshot.positions, ...between });
	onFailure(() => brokers.stop());
	const parts = openCore(settings, { clock, log, journal, snapshot, strategies, last_alerts, brokers, fatal });
	const { engine, dispatcher } = parts;
	let ready = false;
	const server = openServer(settings, {
		...parts,
		clock,
		log,
		version,
		journal,
		started_at,
		last_sequence: snapshot.last_sequence,
		strategies,
		readiness: () => readiness(ready, engine.recorder.failing),
	});
	const { url, webhook_url } = await server.start(port);
	onFailure(() => server.stop(0));
	// Nothing is sent any more once the journal is closed.
	onFailure(() => engine.close());
	const connecting = brokers.start();
	await engine.recover((account) => connecting.get(account));
	dispatcher.start();
	parts.silence.start();
	onFailure(() => parts.silence.close());
	ready = true;
	return {
		url,
		urls: { webhook: [webhook_url], dashboard: url, api: `${url}/api/v1` },
		server,
		engine,
		plugins: () => strategies.host.plugins(),
		idle: () => dispatcher.idle(),
		async stop(reason) {
			log.info("stopping", { reason });
			ready = false;
			await leave({ ...parts, brokers, clock, server, strategies, journal, lock }, false);
		},
		async hand_over() {
			log.info("handing_over");
			ready = false;
			await leave({ ...parts, brokers, clock, server, strategies, journal, lock }, true);
		},
	};
}

function endAtOnce(log: Log): (reason: string) => never {
	return (reason) => {
		log.error("ended_at_once", { reason: `${reason}; a restart goes on from what is on disk` });
		process.exit(1);
	};
}

/** Where a nexus runs that is to be replaced, everything that can fail comes before it is asked to leave. */
async function takePlace(
	settings: Settings,
	{ take_over, clock, log }: { readonly take_over: boolean; readonly clock: Clock; readonly log: Log },
	openPlugins: () => Promise<unknown>,
): Promise<Pick<Place, "lock"> & Partial<Place>> {
	const { data: folder, webhook } = settings;
	if (!take_over) return { lock: lockOrHint(folder) };
	const { host, port, body_max_bytes } = webhook;
	const prepare = async (): Promise<void> => {
		adminToken(settings, folder);
		openForReading(folder).close();
		await openPlugins();
	};
	return await takeOver({ folder, host, port, body_bytes_max: body_max_bytes, clock, log, prepare });
}

function lockOrHint(folder: string): FolderLock {
	try {
		return lockDataFolder(folder);
	} catch (cause) {
		if (!(cause instanceof JournalError) || cause.kind !== "locked" || !canSharePorts) throw cause;
		throw new StartError(`${cause.message}; \`nexus run --take-over\` takes its place`, { cause });
	}
}

interface Leaving extends Core {
	readonly brokers: OpenedBrokers;
	readonly clock: Clock;
	readonly server: WebhookServer;
	readonly strategies: OpenedStrategies;
	readonly journal: Journal;
	readonly lock: FolderLock;
}

/** Ends everything within 10 s: a successor gets the lanes' work as it stands, otherwise what was received is worked on as long as there is time. */
async function leave(parts: Leaving, forSuccessor: boolean): Promise<void> {
	const { clock, server, dispatcher, strategies, journal } = parts;
	const start = clock.monotonic();
	const lanes_max = forSuccessor ? last_lanes_ms_max : lanes_ms_max;
	const left = (): number => Math.max(0, lanes_max - (clock.monotonic() - start));
	server.leave();
	if (forSuccessor) {
		const drained = dispatcher.stop(left());
		await clock.sleep(last_connections_ms);
		await server.stop(last_requests_ms_max);
		await drained;
	} else {
		// The port stays open meanwhile: an alert that finds it closed is not sent again.
		await within(Promise.all([dispatcher.quiet(), parts.engine.lanes.drained()]), under_way_ms_max, clock);
		await server.stop(requests_ms_max);
	}
	parts.sequencer.close();
	parts.silence.close();
	await dispatcher.stop(left());
	parts.engine.close();
	await parts.brokers.stop();
	parts.engine.recorder.close();
	const plugins = strategies.stop();
	await journal.close();
	parts.lock.release();
	await plugins;
}

/** The same promise for every call, begun by the first. */
function once<T>(begin: () => Promise<T>): () => Promise<T> {
	let begun: Promise<T> | undefined;
	return () => {
		begun ??= begin();
		return begun;
	};
}

interface Core {
	readonly engine: TradingEngine;
	readonly dispatcher: Dispatcher;
	readonly desk: TradingDesk;
	readonly sequencer: Sequencer;
	readonly silence: SilenceWatch;
}

/** What works on alerts once they are recorded. */
function openCore(settings: Settings, parts: EngineParts): Core {
	const risk = riskOfficer(settings.risk);
	const engine = openEngine(settings, { ...parts, risk });
	const sequencer = openSequencer(settings, { ...parts, engine });
	const silence = openSilenceWatch({ ...parts, engine });
	const dispatcher = openDispatcher(settings, { ...parts, engine, sequencer, silence });
	const desk = new TradingDesk({
		engine,
		risk,
		clock: parts.clock,
		strategies: () => parts.strategies.executor.list(),
		waiting: (strategy) => dispatcher.waiting(strategy),
		stated: () => sequencer.chains(),
		waitsFor: (alertId) => sequencer.waitsFor(alertId),
		silence: (strategy) => silence.view(strategy),
	});
	return { engine, dispatcher, desk, sequencer, silence };
}

interface ServerParts extends Core, Omit<EngineParts, "fatal" | "snapshot" | "last_alerts" | "brokers"> {
	readonly version: string;
	readonly started_at: number;
	readonly last_sequence: number;
	readonly readiness: () => { ready: boolean; reason?: string };
}

function openServer(settings: Settings, parts: ServerParts): WebhookServer {
	const { clock, log, journal, strategies, dispatcher, desk, version, started_at } = parts;
	return new WebhookServer({
		...settings.webhook,
		replaceable: true,
		clock,
		version,
		journal,
		intake: dispatcher,
		strategies: strategies.executor,
		reader: { readBody: bodyReader(strategies.host), meaningKey, resolveSymbol },
		symbols_map: settings.symbols_map,
		sequences: new SequenceMaker(parts.last_sequence),
		...receptionSettings(settings.pipeline),
		log: (level, message) => log[level]("http", { message }),
		api: {
			token: adminToken(settings, settings.data),
			reader: journal.reader,
			desk,
			version,
			started_at,
			journal_bytes: () => journalBytes(settings.data),
		},
		readiness: parts.readiness,
	});
}

/** A stage that nobody defines must not be left out in silence. */
function refuseMissingStages(settings: Settings, { host }: OpenedStrategies): void {
	for (const stage of settings.pipeline) {
		if (stage.stage !== "plugin" || host.stage(stage.name) !== undefined) continue;
		const broken = host.plugins().find(({ error }) => error !== null);
		const hint = broken === undefined ? "" : `; ${broken.error}`;
		throw new StartError(
			`pipeline: no plugin defines the stage ${stage.name}${hint}; put its file into ${settings.plugins}, or take it out of pipeline`,
			{ configuration: true },
		);
	}
}

/** A strategy whose messages nobody can read would be told so by its first alert; what only a plugin says must not keep the others from starting. */
function refuseMissingDialects(settings: Settings, { host, executor }: OpenedStrategies, log: Log): void {
	const known = host.dialects().map(({ name }) => name);
	for (const { name, dialect } of executor.all()) {
		const wrong = dialect === undefined ? undefined : unknownDialect(dialect, known);
		if (dialect === undefined || wrong === undefined) continue;
		const broken = host.brokenFor(dialect)?.error;
		const text = `dialect of ${name}: ${wrong}${broken == null ? "" : `; ${broken}`}`;
		if (settings.strategies.some((written) => written.name === name && written.dialect === dialect)) {
			throw new StartError(`${text}; correct it, or put its plugin into ${settings.plugins}`, { configuration: true });
		}
		log.warn("plugin", { text: `${text}; its alerts are refused (dialect_failed)` });
	}
}

function readiness(ready: boolean, failing: boolean): { ready: boolean; reason?: string } {
	if (!ready) return { ready, reason: "starting or stopping" };
	return failing ? { ready: false, reason: "the journal does not take what is handed to it" } : { ready };
}

function makeDataFolder(folder: string): void {
	try {
		mkdirSync(folder, { recursive: true });
	} catch (cause) {
		const why = cause instanceof Error ? cause.message : String(cause);
		throw new StartError(`the data folder ${folder} cannot be made (${why}); set another under data:`, { cause });
	}
}

/** Loading plugins needs no journal; what they have to tell waits for it. */
interface PluginParts extends Pick<EngineParts, "clock" | "log"> {
	readonly journal: Promise<Pick<Journal, "commit">>;
}

/** Opens them all and refuses what cannot work. */
async function openStrategiesChecked(
	settings: Settings,
	parts: PluginParts,
	onFailure: (step: () => unknown) => void,
): Promise<OpenedStrategies> {
	const strategies = await openAllStrategies(settings, parts);
	onFailure(() => strategies.stop());
	refuseMissingStages(settings, strategies);
	refuseMissingDialects(settings, strategies, parts.log);
	return strategies;
}

function openAllStrategies(settings: Settings, { clock, log, journal }: PluginParts): Promise<OpenedStrategies> {
	return openStrategies({
		declarations: settings.strategies,
		stages: settings.pipeline.filter((one) => one.stage === "plugin"),
		folder: settings.plugins,
		limits: settings.plugin_limits,
		decode: decodeStrategy,
		complete: (name, yaml, plugin) => completeStrategy(name, yaml, plugin, settings.accounts),
		clock,
		log: (level, plugin, text) => log[level]("plugin", { plugin, text }),
		onChange: (change) => tellChange(change, { clock, log, journal }),
	});
}

/** A plugin that was loaded or broke is a fact like any other. */
function tellChange(change: PluginChange, { clock, log, journal }: PluginParts): void {
	const { kind, file, what, name, version, error } = change;
	const subject = name === null ? file : `${what ?? "plugin"} ${name} (${file})`;
	const words =
		kind === "broken" ? `${subject} is broken: ${error ?? "unknown"}` : `${subject} ${kind}, version ${version}`;
	log[kind === "broken" ? "warn" : "info"]("plugin", { text: words });
	const event = {
		kind: kind === "broken" ? ("StrategyBroken" as const) : ("StrategyReloaded" as const),
		at: new Date(clock.now()).toISOString(),
		detail: words,
	};
	const told = journal.then((one) => one.commit([{ kind: "event", event }]));
	told.catch((cause: unknown) => {
		log.warn("a plugin's change is not in the journal", { cause: String(cause) });
	});
}

interface EngineParts {
	readonly fatal: (reason: string) => void;
	readonly clock: Clock;
	readonly log: Log;
	readonly journal: Journal;
	readonly snapshot: Snapshot;
	readonly strategies: OpenedStrategies;
	readonly brokers: OpenedBrokers;
	/** When the last alert came of each strategy that expects some. */
	readonly last_alerts: ReadonlyMap<string, number>;
}

/** One look into the journal for each strategy whose silence is told, none for the others. */
async function lastAlerts(journal: Journal, { executor }: OpenedStrategies): Promise<ReadonlyMap<string, number>> {
	const last = new Map<string, number>();
	for (const { settings } of executor.list()) {
		if (settings.expect_every_ms === undefined) continue;
		const { items } = await journal.reader.alerts({ strategy: settings.name, limit: 1 });
		if (items[0] !== undefined) last.set(settings.name, Date.parse(items[0].received_at));
	}
	return last;
}

function openSilenceWatch(parts: EngineParts & { engine: TradingEngine }): SilenceWatch {
	const { clock, log, snapshot, strategies, engine, last_alerts } = parts;
	const { executor } = strategies;
	return new SilenceWatch({
		clock,
		log,
		list: () => executor.list().map(({ settings }) => settings),
		find: (name) => executor.get(name)?.settings,
		last: last_alerts,
		silences: snapshot.silences,
		record: (changes) => {
			engine.recorder.record(changes).catch((cause: unknown) => {
				log.error("a silence could not be recorded", { cause: String(cause) });
			});
		},
	});
}

function openEngine(
	settings: Settings,
	{
		clock,
		log,
		journal,
		snapshot,
		strategies,
		brokers,
		risk,
		fatal,
	}: EngineParts & { risk: ReturnType<typeof riskOfficer> },
): TradingEngine {
	return new TradingEngine({
		fatal,
		clock,
		log,
		journal,
		risk,
		snapshot,
		accounts: settings.accounts,
		brokers: brokers.brokers,
		parseSize,
		settingsOf: (name) => strategies.executor.find(name),
	});
}

/** Where `pipeline:` has no stage `sequence`, stated positions are kept all the same and nothing waits. */
function openSequencer(settings: Settings, parts: EngineParts & { engine: TradingEngine }): Sequencer {
	const { clock, log, snapshot, engine } = parts;
	const { hold_ms = 0, on_gap = "follow" } = settings.pipeline.find((one) => one.stage === "sequence") ?? {};
	return new Sequencer({
		clock,
		hold_ms,
		on_gap,
		chains: snapshot.stated,
		record: (changes) => {
			engine.recorder.record(changes).catch((cause: unknown) => {
				log.error("a stated position could not be recorded", { cause: String(cause) });
			});
		},
		halt: (name, reason) => haltScope(engine, clock, { scope: "strategy", name }, "sequence", reason),
	});
}

function haltScope(
	engine: TradingEngine,
	clock: Clock,
	{ scope, name }: Scope,
	actor: string,
	reason: string,
): readonly Change[] {
	// A halt that a person set stays as it is, above all where it is a freeze.
	if (engine.states.get({ scope, name })?.state === "halted") return [];
	const since = new Date(clock.now()).toISOString();
	const entry = { scope, name, state: "halted", freeze: false, actor, reason, since } as const;
	engine.states.put(entry);
	return stateChanges(entry);
}

function openDispatcher(
	settings: Settings,
	parts: EngineParts & { engine: TradingEngine; sequencer: Sequencer; silence: SilenceWatch },
): Dispatcher {
	const { clock, log, journal, snapshot, strategies, engine, sequencer, silence } = parts;
	const take: Take = (alert, park) => sequencer.take(alert, park);
	const limit = settings.pipeline.find((one) => one.stage === "rate_limit");
	const pass = passage(stagesAfterAnswer(settings, { clock, strategies, engine, take }), take, clock);
	return new Dispatcher({
		engine,
		journal,
		clock,
		log,
		pass: (alert, park) => {
			silence.heard(alert.strategy, alert.received_at);
			return pass(alert, park);
		},
		queue_max: limit?.queue_max ?? unpaced_queue_max,
		flood_per_second,
		last_sequence: snapshot.last_sequence,
		halt: (name, reason) => haltScope(engine, clock, { scope: "strategy", name }, "recovery", reason),
	});
}

/** The stages after the answer, in the order of `pipeline:`; `match` always comes first, since the others need the strategy. */
function stagesAfterAnswer(
	settings: Settings,
	{
		clock,
		strategies,
		engine,
		take,
	}: Pick<EngineParts, "clock" | "strategies"> & { engine: TradingEngine; take: Take },
): readonly AnyProcessingStage[] {
	const { executor } = strategies;
	const first = match({
		list: () => executor.list(),
		find: (name) => executor.get(name),
		notAllowed,
		resolveSymbol: (sent, allowed) => resolveSymbol(sent, allowed, settings.symbols_map),
	});
	const stages: AnyProcessingStage[] = [first];
	for (const written of settings.pipeline) {
		const stage = stageOf(written, clock, strategies.host, engine, take);
		if (stage !== undefined) stages.push(stage);
	}
	if (!settings.pipeline.some(({ stage }) => stage === "sequence")) stages.push(sequence(take));
	return stages;
}

/** Undefined for what stands before the answer. */
function stageOf(
	written: StageSettings,
	clock: Clock,
	host: OpenedStrategies["host"],
	engine: TradingEngine,
	take: Take,
): AnyProcessingStage | undefined {
	switch (written.stage) {
		case "signature":
		case "dedupe":
			return undefined;
		case "sequence":
			return sequence(take);
		case "rate_limit":
			return rateLimit(written, clock);
		case "freshness": {
			const holds = (name: string, symbol: string) => held(engine, name, symbol);
			return freshness({ max_age_ms: written.max_age_ms, clock, holds });
		}
		case "risk":
			return riskGate((strategy, symbol) => engine.states.strictest({ strategy, symbol }));
		case "plugin":
			return pluginStage(written.name, (alert) => askStage(host, written, alert));
	}
}

async function askStage(
	host: OpenedStrategies["host"],
	stage: Extract<StageSettings, { stage: "plugin" }>,
	alert: Alert,
): ReturnType<Parameters<typeof pluginStage>[1]> {
	const hosted = host.stage(stage.name);
	if (hosted === undefined) {
		const detail = `pipeline names the stage ${stage.name}, but no plugin defines it; nexus check says why`;
		return { verdict: "failed", code: "strategy_error", detail };
	}
	return hosted.run(alert, stage.settings);
}

function held(engine: TradingEngine, strategy: string, symbol: string): readonly Side[] {
	return engine.book
		.positions()
		.filter((position) => position.strategy === strategy && position.symbol === symbol)
		.flatMap(({ side }) => (side === "flat" ? [] : [side]));
}

function passage(
	stages: readonly AnyProcessingStage[],
	take: Take,
	clock: Clock,
): (alert: Alert, park: Park) => Promise<Passage> {
	const run = compose(stages);
	const monotonic = () => clock.monotonic();
	return async (alert, park) => {
		const context = new Processing(alert, monotonic, park);
		const passed = await run(context);
		if (!passed) await moveOn(context, take);
		if (!passed && context.ending === undefined) throw new Error("a stage stopped the alert without saying why");
		return context;
	};
}

/** What the stages before the answer take from `pipeline:`. */
function receptionSettings(pipeline: Settings["pipeline"]) {
	const signature = pipeline.find((one) => one.stage === "signature");
	const dedupe = pipeline.find((one) => one.stage === "dedupe");
	return {
		...(signature === undefined ? {} : { tolerance_ms: signature.tolerance_ms }),
		...(dedupe === undefined ? {} : { dedupe }),
	};
}
