/** Attempts: which of the alerts that a restart found may have stopped the program, and who of them is at fault where it stops again. */
import type { Attempts, Change, Clock, Log } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";

/** An alert that did not outlive so many tries, one after the other, is not tried again. */
const stops_max = 2;
/** Nor is one that was begun so often in all: what stops the program late, or only at times, is found by this. */
const tries_max = 5;
/** What an alert leads to at once has happened by then; a broker may rightly need longer. */
export const outlived_ms = 2_000;

const none: Attempts = { tried: 0, survived: 0 };

/** What the tries so far say: `suspect` may have stopped the program, `poisoned` did so too often. */
export type Judgement = "free" | "suspect" | "poisoned";

/** What becomes of an alert at a start by the tries so far; one that was never begun after a restart is free. */
export function judge({ tried, survived }: Attempts = none): Judgement {
	if (tried - survived >= stops_max || tried >= tries_max) return "poisoned";
	return tried > survived ? "suspect" : "free";
}

/** Why a poisoned alert is not tried again, what it means for its strategy, and what the order of alerts makes of it. */
export function poisonedWords(alert: Alert, { tried, survived }: Attempts = none): string {
	const stops = tried - survived;
	const last =
		stops === 0 ? "" : stops === tried ? ", each time that it took it up again" : `, the last ${stops} times`;
	const chain =
		alert.stated === undefined
			? ""
			: "; where the position that it states had not been taken in before, the next alert finds a gap";
	return `nexus stopped ${tried} times while it worked on this alert after a restart${last}: it is not worked on again, and ${alert.strategy} is halted until \`nexus resume\`${chain}`;
}

interface Watched {
	readonly before: Attempts;
	/** `waiting`: its try is taken back meanwhile, because nothing of it is at work. */
	state: "waiting" | "tried" | "outlived";
	/** Resolves to true when the try is on disk, to false where it was taken back before. */
	trying: Promise<boolean>;
	/** Ends its turn among the suspects. */
	letGo: () => void;
	stopTimer: () => void;
}

export interface AttemptWatchParts {
	readonly clock: Pick<Clock, "after">;
	readonly log: Log;
	/** In the order of the calls; resolves when it is on disk. */
	readonly record: (changes: readonly Change[]) => Promise<void>;
}

const nothing = (): void => undefined;

/**
 * Counts the tries of alerts that a restart found. Each is on disk before the work on it begins, and held against the alert
 * if the program stops before it has ended or outlived 2 s. Not counted are the time in which it waits for its turn and a
 * clean stop. Suspects are tried one after the other, so that only one of them is at work when the program stops.
 */
export class AttemptWatch {
	readonly #parts: AttemptWatchParts;
	readonly #watched = new Map<string, Watched>();
	readonly #passed = new Map<string, () => void>();
	/** Resolves when the suspect that has its turn, and those that wait for theirs, have let go. */
	#turns: Promise<void> = Promise.resolve();

	constructor(parts: AttemptWatchParts) {
		this.#parts = parts;
	}

	/** Resolves when the alert has ended, has outlived its time or waits for something; call it before the alert is begun. */
	passed(id: string): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#passed.set(id, resolve);
		return promise;
	}

	/** Resolves to true when the alert may be worked on, to false where nexus stops before that. */
	async begin(id: string, before: Attempts = none): Promise<boolean> {
		const trying = Promise.resolve(false);
		const watched: Watched = { before, state: "waiting", trying, letGo: nothing, stopTimer: nothing };
		this.#watched.set(id, watched);
		return await this.#begun(id, watched);
	}

	/** Waits for what is not the alert's doing, such as another alert or an account that is not open yet. */
	async pause(id: string, wait: Promise<unknown>): Promise<void> {
		const watched = this.#watched.get(id);
		if (watched?.state === "tried") this.#leave(id, watched, "waiting", watched.before);
		await wait;
		if (watched !== undefined && this.#watched.get(id) === watched) await this.#begun(id, watched);
	}

	/** What waits for the alert goes on, though it has not ended. */
	letPass(id: string): void {
		this.#passed.get(id)?.();
		this.#passed.delete(id);
	}

	/** The alert has ended, or is left for the next start. */
	ended(id: string): void {
		const watched = this.#watched.get(id);
		watched?.stopTimer();
		watched?.letGo();
		this.#watched.delete(id);
		this.letPass(id);
	}

	/** A clean stop is nobody's fault. Resolves when that is on disk. */
	async takeBack(): Promise<void> {
		const changes = [...this.#watched].flatMap(([id, { state, before }]): Change[] => {
			if (state === "waiting") return [];
			return [{ kind: "attempt", id, ...(state === "tried" ? before : cleared(before.tried)) }];
		});
		for (const id of [...this.#watched.keys(), ...this.#passed.keys()]) this.ended(id);
		if (changes.length > 0) await this.#parts.record(changes).catch((cause: unknown) => this.#notTold(cause));
	}

	/** Several accounts of one alert make one try. */
	#begun(id: string, watched: Watched): Promise<boolean> {
		if (watched.state === "waiting") {
			watched.state = "tried";
			watched.trying = this.#try(id, watched);
		}
		return watched.trying;
	}

	async #try(id: string, watched: Watched): Promise<boolean> {
		const { promise, resolve: letGo } = Promise.withResolvers<void>();
		watched.letGo = letGo;
		if (judge(watched.before) === "suspect") {
			const turn = this.#turns;
			this.#turns = turn.then(() => promise);
			await turn;
		}
		const isOver = (): boolean => watched.letGo !== letGo || this.#watched.get(id) !== watched;
		if (isOver()) return false;
		const { tried, survived } = watched.before;
		await this.#parts.record([{ kind: "attempt", id, tried: tried + 1, survived }]);
		if (isOver()) return false;
		watched.stopTimer = this.#parts.clock.after(outlived_ms, () =>
			this.#leave(id, watched, "outlived", cleared(tried + 1)),
		);
		return true;
	}

	/** It is not at work any more, or has shown that it is harmless. */
	#leave(id: string, watched: Watched, state: "waiting" | "outlived", counts: Attempts): void {
		watched.stopTimer();
		watched.state = state;
		// Whoever comes next is recorded after this, so it need not be waited for.
		this.#parts.record([{ kind: "attempt", id, ...counts }]).catch((cause: unknown) => this.#notTold(cause));
		watched.letGo();
		watched.letGo = nothing;
		this.letPass(id);
	}

	/** The alert counts as one that may have stopped the program then. */
	#notTold(cause: unknown): void {
		this.#parts.log.warn("it could not be recorded that an alert was outlived", { cause: String(cause) });
	}
}

const cleared = (tried: number): Attempts => ({ tried, survived: tried });
