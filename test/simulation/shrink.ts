/** From a story that fails to a small part of it that still fails in the same way. */
import { LiveRun, type Mutation } from "./live.ts";
import type { Story } from "./story.ts";

/** What shrinking came to. */
export interface Shrunk {
	readonly story: Story;
	/** Of the story that is left. */
	readonly violations: readonly string[];
	/** What happened in it. */
	readonly log: readonly string[];
	/** How many stories were played. */
	readonly played: number;
}

/** Stories that are played for one failure. */
const played_max = 400;

/**
 * Leaves out halves, then quarters, down to single actions, as long as what is left still fails in the same way.
 * @returns undefined where the whole story does not fail
 */
export async function shrink(story: Story, mutation: Mutation = {}, played = played_max): Promise<Shrunk | undefined> {
	const search = new Search(mutation);
	const first = await search.play(story);
	if (first === undefined) return undefined;
	let best = first;
	for (let size = Math.ceil(story.actions.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
		best = await search.pass(best, size, played);
	}
	// What was needed before others were left out may not be needed any more.
	for (let before = 0; before !== best.story.actions.length && search.played < played; ) {
		before = best.story.actions.length;
		best = await search.pass(best, 1, played);
	}
	return { ...best, played: search.played };
}

type Found = Omit<Shrunk, "played">;

class Search {
	readonly #mutation: Mutation;
	/** The kinds of violation that count. */
	#kinds: ReadonlySet<string> | undefined;
	played = 0;

	constructor(mutation: Mutation) {
		this.#mutation = mutation;
	}

	/** Undefined where it does not fail as the first one did. */
	async play(story: Story): Promise<Found | undefined> {
		this.played += 1;
		const run = new LiveRun(story, this.#mutation);
		const violations = await run.play();
		const kinds = violations.map(kindOf);
		this.#kinds ??= new Set(kinds);
		const isSame = kinds.some((kind) => this.#kinds?.has(kind) === true);
		return isSame ? { story, violations, log: run.log } : undefined;
	}

	/** Leaves out `size` actions at a time wherever that does not mend it. */
	async pass(found: Found, size: number, played_max: number): Promise<Found> {
		let best = found;
		for (let from = 0; from < best.story.actions.length && this.played < played_max; ) {
			const actions = best.story.actions.filter((_, index) => index < from || index >= from + size);
			const smaller = await this.play({ ...best.story, actions });
			if (smaller === undefined) from += size;
			else best = smaller;
		}
		return best;
	}
}

/** A violation without its ids and numbers. */
export function kindOf(violation: string): string {
	return violation.replace(/\b(?=\w*\d)[\w.-]+\b/g, "#").slice(0, 60);
}
