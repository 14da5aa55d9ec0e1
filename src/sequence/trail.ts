/** Trails: in which order stated changes fit one to the next; pure. */
import { type StatedPosition, sameStated } from "../domain/stated-change.ts";

/** A stated change: what leads from one position to the next. */
export interface Edge {
	readonly from: StatedPosition;
	readonly to: StatedPosition;
}

/** Steps of the search before the best found so far is taken; bursts are short, only a hostile one comes near it. */
const search_steps_max = 5_000;

/**
 * The longest order of edges in which each begins where the one before it ended, starting at `start`. Every edge counts
 * once; the earlier in the list goes first where two fit. With `closed`, only orders that end at `start` again.
 */
export function longestTrail<E extends Edge>(start: StatedPosition, edges: readonly E[], closed = false): readonly E[] {
	let best: readonly E[] = [];
	let left = search_steps_max;
	const used = new Set<E>();
	const trail: E[] = [];
	const visit = (at: StatedPosition): void => {
		left -= 1;
		if (trail.length > best.length && (!closed || sameStated(at, start))) best = [...trail];
		for (const edge of edges) {
			if (left <= 0 || best.length === edges.length) return;
			if (used.has(edge) || !sameStated(edge.from, at)) continue;
			used.add(edge);
			trail.push(edge);
			visit(edge.to);
			trail.pop();
			used.delete(edge);
		}
	};
	visit(start);
	return best;
}

/**
 * Where the way through these edges begins: an edge whose start no other leads to, if there is one that `wanted` comes
 * after; otherwise `wanted` itself.
 */
export function headOf<E extends Edge>(wanted: E, edges: readonly E[]): E {
	const surplus = (position: StatedPosition): number =>
		edges.filter((edge) => sameStated(edge.from, position)).length -
		edges.filter((edge) => sameStated(edge.to, position)).length;
	for (const edge of edges) {
		if (surplus(edge.from) <= 0) continue;
		const trail = longestTrail(edge.from, edges);
		const [first] = trail;
		if (first !== undefined && trail.includes(wanted)) return first;
	}
	return wanted;
}
