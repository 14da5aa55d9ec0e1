/** The sequencer: puts alerts that state positions into the order in which things happened, and notices the ones that never came. */
import type { Change, Clock, Park, Sequenced, StatedChain, StatedStep } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";
import {
	describeStated,
	meaningOfStated,
	type StatedPosition,
	sameStated,
	statedBefore,
	statedNow,
} from "../domain/stated-change.ts";
import { type AlertEdge, assumedStep, extended, fillGap, passesTwice, type Splice, splice, stepOf } from "./chain.ts";
import { headOf, longestTrail } from "./trail.ts";

/** Alerts of one chain that may wait; the next one ends the waiting of the oldest. */
const waiting_max = 16;

export interface SequencerOptions {
	readonly clock: Clock;
	/** How long an alert waits for its predecessor; 0 never waits. */
	readonly hold_ms: number;
	readonly on_gap: "follow" | "ignore" | "halt";
	readonly chains: readonly StatedChain[];
	/** Hands facts to the journal, in order; nothing waits for it. */
	readonly record: (changes: readonly Change[]) => void;
	/** Halts a strategy, with what is to be recorded about it. */
	readonly halt: (strategy: string, reason: string) => readonly Change[];
}

/** An alert that waits for its predecessor. */
interface Waiting extends AlertEdge {
	readonly alert: Alert;
	/** Milliseconds on the monotonic clock. */
	readonly since: number;
	/** What was decided while it waited. */
	fate: Fate | undefined;
	wake: () => void;
	stopTimer: () => void;
}

type Fate =
	/** Nobody comes before it: go on with it. */
	| { readonly kind: "overdue" }
	/** Its outcome has been passed. */
	| { readonly kind: "late"; readonly sequenced: Sequenced };

interface Entry {
	chain: StatedChain | undefined;
	waiting: Waiting[];
}

const keyOf = (strategy: string, symbol: string, timeframe: string): string =>
	`${strategy}\u0000${symbol}\u0000${timeframe}`;

/**
 * One chain for each strategy, symbol and timeframe. Call {@link Sequencer.take} for the alerts of one strategy and symbol
 * one after the other; what it decides is handed to the journal before it answers.
 */
export class Sequencer {
	readonly #options: SequencerOptions;
	readonly #entries = new Map<string, Entry>();
	readonly #waiting = new Map<string, Waiting>();
	#closed = false;

	constructor(options: SequencerOptions) {
		this.#options = options;
		for (const chain of options.chains) {
			this.#entries.set(keyOf(chain.strategy, chain.symbol, chain.timeframe), { chain, waiting: [] });
		}
	}

	/** What TradingView is known to hold. */
	chains(): readonly StatedChain[] {
		return [...this.#entries.values()].flatMap(({ chain }) => (chain === undefined ? [] : [chain]));
	}

	/** Why an alert waits; undefined where it does not. */
	waitsFor(alertId: string): string | undefined {
		const waiting = this.#waiting.get(alertId);
		if (waiting === undefined) return undefined;
		const known = this.#entry(waiting.alert).chain?.position;
		const last = known === undefined ? "nothing" : describeStated(known);
		return `TradingView's strategy was last known to be ${last}, but this alert states ${describeStated(waiting.from)} before its order: an alert in between has not come yet; this one waits for it, at most ${this.#options.hold_ms} ms (pipeline.sequence.hold)`;
	}

	/** Ends the waiting without deciding anything: what waits stays open in the journal. */
	close(): void {
		this.#closed = true;
		for (const waiting of this.#waiting.values()) waiting.stopTimer();
	}

	/** What to do with an alert that states a position; at once where its turn has come, after waiting where it has not. */
	take(alert: Alert, park: Park): Sequenced | Promise<Sequenced> {
		const stated = alert.stated;
		if (stated === undefined) throw new Error("an alert without a stated position has no place in a chain");
		const entry = this.#entry(alert);
		const known = entry.chain?.steps.findIndex((step) => step.alert_id === alert.id) ?? -1;
		if (entry.chain !== undefined && known >= 0) return again(alert, entry.chain, known);
		const edge = edgeOf(alert, entry.chain);
		if (entry.chain === undefined || edge === undefined) return this.#begin(entry, alert);
		return this.#decide(entry, edge, alert, undefined) ?? this.#hold(entry, edge, alert, park);
	}

	#entry({ strategy, symbol, timeframe = "" }: Alert): Entry {
		const key = keyOf(strategy, symbol, timeframe);
		const known = this.#entries.get(key);
		if (known !== undefined) return known;
		const entry: Entry = { chain: undefined, waiting: [] };
		this.#entries.set(key, entry);
		return entry;
	}

	/** The first alert ever is taken as it is. */
	#begin(entry: Entry, alert: Alert): Sequenced {
		if (alert.stated === undefined) throw new Error("nothing is stated");
		const now = this.#options.clock.now();
		const to = statedNow(alert.stated);
		const { id, strategy, symbol, timeframe = "", price } = alert;
		const time = timeOf(alert);
		const step: StatedStep = {
			alert_id: id,
			from: statedBefore(alert.stated),
			to,
			outcome: "run",
			at: now,
			...(time === undefined ? {} : { time }),
			...(price === undefined ? {} : { price }),
			...(alert.size === undefined ? {} : { own_size: true }),
		};
		const updated_at = new Date(now).toISOString();
		this.#put(entry, { strategy, symbol, timeframe, position: to, alert_id: id, updated_at, steps: [step] });
		return { alert, verdict: "pass", detail: `the first stated position here: ${describeStated(to)}` };
	}

	/**
	 * Undefined where it must wait.
	 * @param waited_ms undefined where it has just come
	 */
	#decide(entry: Entry, edge: AlertEdge, alert: Alert, waited_ms: number | undefined): Sequenced | undefined {
		const { chain } = entry;
		if (chain === undefined) throw new Error("a chain is never taken back");
		const now = this.#options.clock.now();
		const missing = fillGap(chain, edge, now, true);
		if (missing !== undefined) return this.#late(entry, missing, alert);
		if (sameStated(edge.from, chain.position)) {
			this.#put(entry, extended(chain, [stepOf(edge, "run", now)], now));
			this.#wakeNext(entry);
			return inTurn(
				alert,
				edge,
				waited_ms === undefined ? undefined : { ms: waited_ms, for: chain.alert_id },
				waited_ms !== undefined && passesTwice(chain, [edge, ...entry.waiting], now),
			);
		}
		const part = fillGap(chain, edge, now, false);
		if (part !== undefined) return this.#late(entry, part, alert);
		return this.#options.hold_ms > 0 ? undefined : this.#overdue(entry, edge, alert, { kind: "overdue" }, waited_ms);
	}

	#late(entry: Entry, chain: StatedChain, alert: Alert): Sequenced {
		this.#put(entry, chain);
		const step = chain.steps.find(({ alert_id }) => alert_id === alert.id);
		const change =
			step?.from === undefined ? "" : `it leads ${describeStated(step.from)} → ${describeStated(step.to)}, but `;
		const detail = `${change}it came too late: the alerts after it were not held back any longer and led to ${describeStated(chain.position)}; its outcome has been passed, and nothing is done for it`;
		return superseded(alert, detail);
	}

	/** A way round that was walked before what is known: the others of it end too, and what was done must be put right. */
	#splice(entry: Entry, spliced: Splice<AlertEdge>, alert: Alert): Sequenced {
		this.#put(entry, spliced.chain);
		const way = [spliced.edges[0]?.from, ...spliced.edges.map(({ to }) => to)];
		const words = way.flatMap((position) => (position === undefined ? [] : [describeStated(position)])).join(" → ");
		const detail = `with the alerts that came beside it, it leads ${words}: a way round that TradingView's strategy had ended before what was known when it came, so its outcome has been passed`;
		const others = entry.waiting.filter((one) => spliced.edges.includes(one));
		entry.waiting = entry.waiting.filter((one) => !others.includes(one));
		for (const one of others) {
			one.fate = { kind: "late", sequenced: superseded(one.alert, detail) };
			one.wake();
		}
		return { ...superseded(alert, detail), correction: spliced.way };
	}

	/** No predecessor came. */
	#gap(entry: Entry, edge: AlertEdge, alert: Alert, waited_ms: number | undefined): Sequenced {
		const { chain } = entry;
		if (chain === undefined) throw new Error("a gap needs two sides");
		const { clock, on_gap, halt } = this.#options;
		const now = clock.now();
		const outcome = ({ follow: "followed", ignore: "ignored", halt: "halted" } as const)[on_gap];
		const steps = [assumedStep(chain.position, edge.from, now), stepOf(edge, outcome, now)];
		const twice = passesTwice(chain, [edge, ...entry.waiting], now);
		const detail = gapWords(chain.position, edge, waited_ms, twice);
		const halted = on_gap === "halt" ? halt(alert.strategy, `a gap: ${detail}`) : [];
		this.#put(entry, extended(chain, steps, now), [
			gapEvent(alert, chain.position, edge, on_gap, detail, now),
			...halted,
		]);
		this.#wakeNext(entry);
		const said = { alert, verdict: "notice", code: "gap", detail } as const;
		switch (on_gap) {
			case "follow":
				return {
					...said,
					detail: `${detail}; what it states now is followed: ${describeStated(edge.to)} (on_gap: follow)`,
					way: steps,
				};
			case "ignore":
				return { ...said, verdict: "skip", ending: { code: "gap_ignored", detail: `${detail}; on_gap is ignore` } };
			case "halt":
				return { ...said, verdict: "refuse", ending: { code: "halted", detail: `${detail}; on_gap is halt` } };
		}
	}

	async #hold(entry: Entry, edge: AlertEdge, alert: Alert, park: Park): Promise<Sequenced> {
		const { clock } = this.#options;
		const since = clock.monotonic();
		for (;;) {
			const waiting = this.#wait(entry, edge, alert, since);
			await park(waiting.woken);
			if (this.#closed) return await new Promise<never>(() => undefined);
			this.#leave(entry, waiting.entry);
			const { fate } = waiting.entry;
			const waited_ms = clock.monotonic() - since;
			if (fate?.kind === "late") return fate.sequenced;
			const decided = this.#decide(entry, edge, alert, waited_ms) ?? this.#overdue(entry, edge, alert, fate, waited_ms);
			if (decided !== undefined) return decided;
		}
	}

	/** Goes on with the first of those that wait, once one of them has waited long enough. Undefined: another goes first. */
	#overdue(
		entry: Entry,
		edge: AlertEdge,
		alert: Alert,
		fate: Fate | undefined,
		waited_ms: number | undefined,
	): Sequenced | undefined {
		if (fate === undefined || entry.chain === undefined) return undefined;
		const spliced = splice<AlertEdge>(entry.chain, [...entry.waiting, edge], this.#options.clock.now());
		if (spliced?.edges.includes(edge) === true) return this.#splice(entry, spliced, alert);
		const head = headOf<AlertEdge>(edge, [edge, ...entry.waiting]);
		if (head === edge) return this.#gap(entry, edge, alert, waited_ms);
		const first = entry.waiting.find((one) => one === head);
		if (first === undefined) throw new Error("the first of those that wait does not wait");
		first.fate = { kind: "overdue" };
		first.wake();
		return undefined;
	}

	#wait(entry: Entry, edge: AlertEdge, alert: Alert, since: number): { entry: Waiting; woken: Promise<void> } {
		let wake = (): void => undefined;
		const woken = new Promise<void>((resolve) => {
			wake = resolve;
		});
		const waiting: Waiting = { ...edge, alert, since, fate: undefined, wake, stopTimer: () => undefined };
		waiting.stopTimer = this.#options.clock.after(this.#options.hold_ms, () => {
			waiting.fate ??= { kind: "overdue" };
			wake();
		});
		entry.waiting.push(waiting);
		this.#waiting.set(alert.id, waiting);
		const oldest = entry.waiting[0];
		if (entry.waiting.length > waiting_max && oldest !== undefined) {
			oldest.fate ??= { kind: "overdue" };
			oldest.wake();
		}
		return { entry: waiting, woken };
	}

	#leave(entry: Entry, waiting: Waiting): void {
		waiting.stopTimer();
		entry.waiting = entry.waiting.filter((one) => one !== waiting);
		this.#waiting.delete(waiting.alert.id);
	}

	/** The next of those that wait whose turn has come; it wakes the one after it. */
	#wakeNext(entry: Entry): void {
		const { chain, waiting } = entry;
		if (chain !== undefined) longestTrail(chain.position, waiting)[0]?.wake();
	}

	#put(entry: Entry, chain: StatedChain, others: readonly Change[] = []): void {
		entry.chain = chain;
		this.#options.record([{ kind: "stated", chain }, ...others]);
	}
}

/** The alert's change; undefined only for a first alert that does not say what was before. */
function edgeOf(alert: Alert, chain: StatedChain | undefined): AlertEdge | undefined {
	if (alert.stated === undefined) return undefined;
	const from = statedBefore(alert.stated) ?? chain?.position;
	if (from === undefined) return undefined;
	const time = timeOf(alert);
	return {
		alert_id: alert.id,
		from,
		to: statedNow(alert.stated),
		...(time === undefined ? {} : { time }),
		...(alert.price === undefined ? {} : { price: alert.price }),
		...(alert.size === undefined ? {} : { own_size: true }),
	};
}

function timeOf(alert: Alert): number | undefined {
	return alert.time === undefined ? undefined : Date.parse(alert.time);
}

/** `twice`: a position was passed twice meanwhile, so other orders fit as well; what is stated in the end is the same. */
function inTurn(
	alert: Alert,
	edge: AlertEdge,
	waited: { readonly ms: number; readonly for: string } | undefined,
	twice: boolean,
): Sequenced {
	const filled = withBefore(alert, edge.from);
	const words = `${describeStated(edge.from)} → ${describeStated(edge.to)}`;
	if (waited === undefined) return { alert: filled, verdict: "pass", detail: `${words}, in its turn` };
	const doubt = twice
		? "; TradingView's strategy was in one position twice, so these alerts fit in another order too, with the same end"
		: "";
	const detail = `${words}: it came before the alert that leads to it (${waited.for}) and waited ${Math.round(waited.ms)} ms for that one, so that both are worked on in the order in which they happened${doubt}`;
	return { alert: filled, verdict: "hold", detail };
}

/** What is known to have been held before stands in for what the message leaves out. */
function withBefore(alert: Alert, from: StatedPosition): Alert {
	const { stated } = alert;
	if (stated === undefined || stated.previous_side !== undefined) return alert;
	const filled = {
		...stated,
		previous_side: from.side,
		...(from.size === undefined ? {} : { previous_size: from.size }),
	};
	const { closes: _, ...rest } = alert;
	return { ...rest, stated: filled, ...(meaningOfStated(filled, alert.type) ?? { type: alert.type }) };
}

function superseded(alert: Alert, detail: string): Sequenced {
	return { alert, verdict: "skip", code: "superseded", detail, ending: { code: "superseded", detail } };
}

function gapWords(known: StatedPosition, edge: AlertEdge, waited_ms: number | undefined, twice: boolean): string {
	const missing = `the alert that led from ${describeStated(known)} to ${describeStated(edge.from)} never came`;
	const waited = waited_ms === undefined ? "" : ` (waited ${Math.round(waited_ms)} ms)`;
	const doubt = twice
		? "; TradingView's strategy was in one position twice, so what arrived fits two stories and this may be the wrong one"
		: "";
	const states = `TradingView's strategy was last known to be ${describeStated(known)}, but this alert states ${describeStated(edge.from)} before its order`;
	return `${states}: ${missing}${waited}${doubt}`;
}

function gapEvent(
	alert: Alert,
	known: StatedPosition,
	edge: AlertEdge,
	on_gap: string,
	detail: string,
	now: number,
): Change {
	const { id, strategy, symbol, timeframe } = alert;
	return {
		kind: "event",
		event: {
			kind: "GapFound",
			at: new Date(now).toISOString(),
			alert_id: id,
			detail: `${strategy} ${symbol}${timeframe === undefined ? "" : ` ${timeframe}`}: ${detail}`,
			data: {
				strategy,
				symbol,
				timeframe: timeframe ?? null,
				known: describeStated(known),
				before: describeStated(edge.from),
				after: describeStated(edge.to),
				on_gap,
			},
		},
	};
}

/** An alert that was put in its place before a restart and not worked on. */
function again(alert: Alert, chain: StatedChain, index: number): Sequenced {
	const step = chain.steps[index];
	if (step === undefined) throw new Error("the step was just found");
	const detail = "its place was decided before a restart";
	switch (step.outcome) {
		case "run":
			return { alert: step.from === undefined ? alert : withBefore(alert, step.from), verdict: "pass", detail };
		case "followed": {
			const before = chain.steps[index - 1];
			const way = before?.outcome === "assumed" ? [before, step] : [step];
			return { alert, verdict: "notice", code: "gap", detail: `${detail}: followed after a gap`, way };
		}
		case "late":
			return superseded(alert, `${detail}: its outcome had been passed`);
		case "ignored":
			return { alert, verdict: "skip", code: "gap", detail, ending: { code: "gap_ignored", detail } };
		case "halted":
			return { alert, verdict: "refuse", code: "gap", detail, ending: { code: "halted", detail } };
		case "assumed":
			throw new Error("an assumed step has no alert");
	}
}
