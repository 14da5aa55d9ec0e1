/** Lanes: tasks with the same key run one after the other, in the order they were given; different keys run side by side. */

/** What waits in one lane; the task under way is not in it. */
type Queue = (() => void)[];

/** Any number of lanes; one exists as long as it has work in it. */
export class Lanes {
	readonly #queues = new Map<string, Queue>();
	readonly #idle: (() => void)[] = [];

	/** Runs `task` after every earlier task of this lane, whether those succeeded or failed. */
	run<T>(lane: string, task: () => Promise<T>): Promise<T> {
		return this.#give(lane, task, (queue, start) => queue.push(start));
	}

	/** Runs `task` right after the one under way, before all others of this lane. */
	runNext<T>(lane: string, task: () => Promise<T>): Promise<T> {
		return this.#give(lane, task, (queue, start) => queue.unshift(start));
	}

	#give<T>(lane: string, task: () => Promise<T>, place: (queue: Queue, start: () => void) => void): Promise<T> {
		const queue = this.#queues.get(lane);
		if (queue === undefined) {
			this.#queues.set(lane, []);
			return this.#go(lane, task);
		}
		return new Promise((resolve, reject) => {
			place(queue, () => {
				this.#go(lane, task).then(resolve, reject);
			});
		});
	}

	#go<T>(lane: string, task: () => Promise<T>): Promise<T> {
		const leave = (): void => this.#leave(lane);
		const result = task();
		result.then(leave, leave);
		return result;
	}

	#leave(lane: string): void {
		const next = this.#queues.get(lane)?.shift();
		if (next !== undefined) {
			next();
			return;
		}
		this.#queues.delete(lane);
		if (this.#queues.size > 0) return;
		for (const resolve of this.#idle.splice(0)) resolve();
	}

	/** True where a task given now would wait. */
	isBusy(lane: string): boolean {
		return this.#queues.has(lane);
	}

	/** Resolves when every task given so far has ended. */
	async drained(): Promise<void> {
		while (this.#queues.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
	}

	/** Resolves when the tasks under way or waiting at this moment have ended, whatever comes after them. */
	async settled(): Promise<void> {
		await Promise.all([...this.#queues.keys()].map((lane) => this.run(lane, () => Promise.resolve())));
	}

	/** Lanes with work in them. */
	get size(): number {
		return this.#queues.size;
	}
}
