/** When the process is to die: a number of steps from now, between any two steps or within one. */
import { type CommitDeath, commitDeaths, type SimulatedDisk } from "./disk.ts";

/** What a process does that a death can come before. */
export type Moment = "timer" | "request" | "answer";

/** Counts every timer, request, answer and commit of the process. */
export class CrashPlan {
	readonly #disk: SimulatedDisk;
	#left: number | undefined;
	#chance = 0;
	#commitsOnly = false;

	constructor(disk: SimulatedDisk) {
		this.#disk = disk;
	}

	/**
	 * @param steps that are still done
	 * @param chance from 0 to 1: where within a commit it dies, where the step is one
	 * @param commitsOnly true: only commits are counted
	 */
	arm(steps: number, chance: number, commitsOnly: boolean): void {
		this.#left = steps;
		this.#chance = chance;
		this.#commitsOnly = commitsOnly;
	}

	disarm(): void {
		this.#left = undefined;
	}

	/** True where the process dies before this step. */
	step(_moment: Moment): boolean {
		return !this.#commitsOnly && this.#isNow();
	}

	/** Where in this commit the process dies. */
	commit(): CommitDeath | undefined {
		if (!this.#isNow()) return undefined;
		this.#disk.tear_at = (this.#chance * 7) % 1;
		return commitDeaths[Math.floor(this.#chance * commitDeaths.length)];
	}

	#isNow(): boolean {
		if (this.#left === undefined) return false;
		if (this.#left > 0) {
			this.#left -= 1;
			return false;
		}
		this.#left = undefined;
		return true;
	}
}
