/** A chain: the steps that TradingView's strategy is known to have taken on one symbol and timeframe, put into their true order; pure. */
import { type StatedChain, type StatedStep, stated_steps_max } from "../domain/ports.ts";
import { type StatedPosition, sameStated } from "../domain/stated-change.ts";
import { type Edge, longestTrail } from "./trail.ts";

/** How long after a step an alert may still belong before it, milliseconds: TradingView's resends span 24 s. */
export const late_ms_max = 30_000;
/** The same where the alert may as well be a new one and neither message has a time of its own to tell. */
const doubtful_ms_max = 10_000;

/** Steps kept however old they are: more alerts of one chain are never under way. */
const steps_kept = 4;

/** A stated change that an alert brought. */
export interface AlertEdge extends Edge {
	readonly alert_id: string;
	/** The message's own time, milliseconds since 1970. */
	readonly time?: number;
	readonly price?: string;
	/** True where the message asked for a size of its own. */
	readonly own_size?: boolean;
}

/** The step an edge becomes. */
export function stepOf(edge: AlertEdge, outcome: StatedStep["outcome"], at: number): StatedStep {
	const { alert_id, from, to, time, price, own_size } = edge;
	return {
		alert_id,
		from,
		to,
		outcome,
		at,
		...(time === undefined ? {} : { time }),
		...(price === undefined ? {} : { price }),
		...(own_size === undefined ? {} : { own_size }),
	};
}

/** The change that no alert came for. */
export function assumedStep(from: StatedPosition, to: StatedPosition, at: number): StatedStep {
	return { alert_id: null, from, to, outcome: "assumed", at };
}

/** The chain with steps put at its end; the oldest ones leave it. */
export function extended(chain: StatedChain, steps: readonly StatedStep[], now: number): StatedChain {
	const last = steps.at(-1);
	if (last === undefined) return chain;
	return {
		...chain,
		position: last.to,
		alert_id: last.alert_id ?? chain.alert_id,
		updated_at: new Date(now).toISOString(),
		steps: kept([...chain.steps, ...steps], now),
	};
}

/** The last steps always, for alerts that a restart takes up again; before them only what a late one may still belong to. */
function kept(steps: readonly StatedStep[], now: number): readonly StatedStep[] {
	const from = Math.max(0, steps.length - steps_kept);
	return [...steps.slice(0, from).filter((step) => now - step.at <= late_ms_max), ...steps.slice(from)].slice(
		-stated_steps_max,
	);
}

/** The chain with a late edge in the place of a gap that it fills, whole or in part; undefined where it fills none. */
export function fillGap(chain: StatedChain, edge: AlertEdge, now: number, whole: boolean): StatedChain | undefined {
	for (const [index, step] of chain.steps.entries()) {
		if (step.outcome !== "assumed" || step.from === undefined || now - step.at > late_ms_max) continue;
		const starts = sameStated(edge.from, step.from);
		const ends = sameStated(edge.to, step.to);
		if (whole ? !(starts && ends) : !(starts || ends)) continue;
		// By its own time it happened after what was followed: it is a new one, not the missing one.
		const next = chain.steps[index + 1];
		const timed = edge.time !== undefined && next?.time !== undefined;
		if (timed && Number(edge.time) > Number(next.time)) continue;
		const doubtful = !timed && sameStated(edge.from, chain.position);
		if (doubtful && now - step.at > doubtful_ms_max) continue;
		const filled = stepOf(edge, "late", now);
		const before = starts ? [] : [assumedStep(step.from, edge.from, step.at)];
		const after = ends ? [] : [assumedStep(edge.to, step.to, step.at)];
		const steps = [...chain.steps.slice(0, index), ...before, filled, ...after, ...chain.steps.slice(index + 1)];
		return { ...chain, steps: steps.slice(-stated_steps_max) };
	}
	return undefined;
}

/** Late edges that lead from positions that were passed back to them, put into the chain at those places. */
export interface Splice<E extends AlertEdge> {
	readonly chain: StatedChain;
	/** In the order in which they were put in. */
	readonly edges: readonly E[];
	/** The chain's steps from the first of them on: the true way since then. */
	readonly way: readonly StatedStep[];
}

/** The closed ways that the waiting edges make from positions passed lately; undefined where there is none. */
export function splice<E extends AlertEdge>(
	chain: StatedChain,
	waiting: readonly E[],
	now: number,
): Splice<E> | undefined {
	let spliced = chain;
	const edges: E[] = [];
	for (;;) {
		const left = waiting.filter((edge) => !edges.includes(edge));
		const next = spliceOnce(spliced, left, now);
		if (next === undefined) break;
		spliced = next.chain;
		edges.push(...next.edges);
	}
	if (edges.length === 0) return undefined;
	const ids = new Set<string | null>(edges.map(({ alert_id }) => alert_id));
	const first = spliced.steps.findIndex(({ alert_id }) => ids.has(alert_id));
	return { chain: spliced, edges, way: spliced.steps.slice(Math.max(0, first)) };
}

function spliceOnce<E extends AlertEdge>(
	chain: StatedChain,
	waiting: readonly E[],
	now: number,
): { readonly chain: StatedChain; readonly edges: readonly E[] } | undefined {
	// The newest place first; the chain's end is no place, because what fits there runs.
	for (let index = chain.steps.length - 1; index >= 0; index--) {
		const step = chain.steps[index];
		if (step?.from === undefined || now - step.at > late_ms_max) continue;
		const edges = longestTrail(step.from, waiting, true);
		if (edges.length === 0) continue;
		const late = edges.map((edge) => stepOf(edge, "late", now));
		const steps = [...chain.steps.slice(0, index), ...late, ...chain.steps.slice(index)].slice(-stated_steps_max);
		return { chain: { ...chain, steps }, edges };
	}
	return undefined;
}

/** True where the late steps and those waiting pass a state twice, so that which alert is missing cannot be known. */
export function passesTwice(chain: StatedChain, waiting: readonly AlertEdge[], now: number): boolean {
	const recent = chain.steps.filter((step) => now - step.at <= late_ms_max);
	const [first] = recent;
	const passed = [
		...(first?.from === undefined ? [chain.position] : [first.from, ...recent.map((step) => step.to)]),
		...waiting.map((edge) => edge.to),
	];
	return passed.some((position, index) => passed.findIndex((other) => sameStated(other, position)) < index);
}
