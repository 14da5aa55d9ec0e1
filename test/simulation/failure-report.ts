/** A failing seed in words: what was wrong, the smallest story that still fails, what happened in it, and how to have it again. */
import type { Shrunk } from "./shrink.ts";
import { type Story, storyOf, told } from "./story.ts";

/** What happened is told up to this many lines, the last ones. */
const log_lines_max = 60;

/** The command that plays a story again. */
export function commandOf({ seed, actions }: Story): string {
	const whole = storyOf(seed).actions.length === actions.length;
	return `bun run simulate --seed ${seed}${whole ? "" : ` --keep ${actions.map(({ number }) => number).join(",")}`}`;
}

/** Text of several lines. */
export function failureReport({ story, violations, log, played }: Shrunk): string {
	const all = storyOf(story.seed).actions.length;
	return [
		`seed ${story.seed} fails:`,
		...violations.slice(0, 10).map((violation) => `  ${violation}`),
		`the smallest story found that still fails: ${story.actions.length} of ${all} actions, after ${played} runs`,
		...told(story).map((line) => `  ${line}`),
		"what happened in it:",
		...log.slice(-log_lines_max).map((line) => `  ${line}`),
		`again: ${commandOf(story)}`,
	].join("\n");
}

/** The part of a seed's story with these numbers. */
export function partOf(seed: number, numbers: readonly number[]): Story {
	const { actions } = storyOf(seed);
	return { seed, actions: actions.filter(({ number }) => numbers.includes(number)) };
}
