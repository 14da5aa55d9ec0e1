/** Calls back when something in a folder may have changed: at once where the system tells, by looking every second where it does not. */
import { type FSWatcher, watch } from "node:fs";
import type { Clock } from "../domain/ports.ts";

/** A save is often several writes: the folder must be quiet this long. */
const quiet_ms = 100;
const poll_ms = 1000;
/** A folder that is never quiet is looked at all the same, after so many postponements. */
const postponements_max = 10;

/** Looks at `folder` until stopped. `look` is called one at a time and never again after `stop`. */
export class FolderWatch {
	readonly #folder: string;
	readonly #clock: Clock;
	readonly #look: () => Promise<void>;
	readonly #onError: (error: unknown) => void;
	#watcher: FSWatcher | undefined;
	#cancel: () => void = () => undefined;
	#looking: Promise<void> | undefined;
	#again = false;
	#postponed = 0;
	#stopped = false;

	constructor(options: { folder: string; clock: Clock; look: () => Promise<void>; onError: (error: unknown) => void }) {
		this.#folder = options.folder;
		this.#clock = options.clock;
		this.#look = options.look;
		this.#onError = options.onError;
	}

	start(): void {
		this.#watch();
		this.#lookIn(poll_ms);
	}

	/** Resolves when the last look is over. */
	async stop(): Promise<void> {
		this.#stopped = true;
		this.#cancel();
		this.#watcher?.close();
		await this.#looking;
	}

	/** Where the system cannot watch the folder (it is missing, or on a network), looking every second is enough. */
	#watch(): void {
		try {
			this.#watcher = watch(this.#folder, { recursive: true }, () => this.#hint());
			this.#watcher.on("error", () => this.#unwatch());
		} catch (error) {
			if (!(error instanceof Error)) throw error;
			this.#unwatch();
		}
	}

	#unwatch(): void {
		this.#watcher?.close();
		this.#watcher = undefined;
	}

	#hint(): void {
		if (this.#looking !== undefined) this.#again = true;
		else if (this.#postponed < postponements_max) {
			this.#postponed += 1;
			this.#lookIn(quiet_ms);
		}
	}

	#lookIn(ms: number): void {
		if (this.#stopped) return;
		this.#cancel();
		this.#cancel = this.#clock.after(ms, () => {
			this.#again = false;
			this.#postponed = 0;
			this.#looking = this.#look()
				.catch(this.#onError)
				.finally(() => {
					this.#looking = undefined;
					if (this.#watcher === undefined && !this.#stopped) this.#watch();
					this.#lookIn(this.#again ? quiet_ms : poll_ms);
				});
		});
	}
}
