/** Lanes: tasks with the same key run one after the other, in the order they were given; different keys run side by side. */

export class Lanes {
	readonly #tails = new Map<string, Promise<void>>();

	/** Runs `task` after every earlier task of this lane, whether those succeeded or failed. */
	run<T>(lane: string, task: () => Promise<T>): Promise<T> {
		const before = this.#tails.get(lane);
		const result = before === undefined ? task() : before.then(task);
		const leave = (): void => {
			if (this.#tails.get(lane) === tail) this.#tails.delete(lane);
		};
		const tail: Promise<void> = result.then(leave, leave);
		this.#tails.set(lane, tail);
		return result;
	}

	/** Resolves when every task given so far has ended. */
	async drained(): Promise<void> {
		while (this.#tails.size > 0) await Promise.all(this.#tails.values());
	}

	/** Resolves when the tasks under way or waiting at this moment have ended, whatever comes after them. */
	async settled(): Promise<void> {
		await Promise.all(this.#tails.values());
	}

	/** Lanes with work in them. */
	get size(): number {
		return this.#tails.size;
	}
}
