/** One version of a plugin: asks its process in turn, and starts a new one from the same source text when it is lost. */
import type { Outcome, PluginChild } from "./plugin-child.ts";
import type { Request } from "./plugin-messages.ts";
import { type Configured, type Started, type StartOptions, startPlugin } from "./plugin-start.ts";

/** Calls of one plugin that may wait for their turn; one more fails at once. */
export const calls_waiting_max = 1024;
const restart_delay_min_ms = 100;
const restart_delay_max_ms = 30_000;

/** How long a call may wait for its turn and how long it may take then, in milliseconds. */
export interface Patience {
	readonly wait_ms: number;
	readonly call_ms: number;
}

interface Waiting {
	readonly request: Request;
	/** Absent: any time for its turn, `deadline_ms` for a restart, `deadline_ms` for the call. */
	readonly patience: Patience | undefined;
	/** When it was handed over, by the monotonic clock. */
	readonly since: number;
	readonly settle: (outcome: Outcome) => void;
}

/** Calls are serial: one that loops can only take its own process with it, and those behind it get the next one. */
export class PluginVersion {
	readonly #options: StartOptions;
	readonly #configured: Configured;
	readonly #waiting: Waiting[] = [];
	#child: PluginChild;
	#asking = false;
	#stopped = false;
	#retired: (() => void) | undefined;
	/** Losses and failed restarts since the last answer. */
	#failures = 0;
	#downSince = 0;
	#trouble = "";
	#returned = Promise.withResolvers<void>();
	#cancelRestart: () => void = () => undefined;

	/** @param options `sources` must be those of `started`, so that a restart runs the same text. */
	constructor(options: StartOptions, started: Started<Configured>) {
		this.#options = options;
		this.#configured = started.configured;
		this.#child = started.child;
		this.#adopt(started.child);
	}

	/** The process at the moment; for tests and `status`. */
	get pid(): number {
		return this.#child.pid;
	}

	/** Waits its turn, then has `deadline_ms`, or what `patience` says. Never rejects for what the plugin does. */
	ask(request: Request, patience?: Patience): Promise<Outcome> {
		if (this.#waiting.length >= calls_waiting_max) {
			const reason = `more than ${calls_waiting_max} calls wait for the plugin`;
			return Promise.resolve({ outcome: "unavailable", reason });
		}
		const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
		this.#waiting.push({ request, patience, since: this.#options.clock.monotonic(), settle: resolve });
		if (!this.#asking) this.#askInTurn().catch(reject);
		return promise;
	}

	/** Lets the calls that wait be answered, then ends the process. */
	async retire(): Promise<void> {
		if (this.#asking) await new Promise<void>((resolve) => (this.#retired = resolve));
		await this.stop();
	}

	/** Ends the process now; calls that wait fail. */
	async stop(): Promise<void> {
		this.#stopped = true;
		this.#cancelRestart();
		this.#returned.resolve();
		await this.#child.end();
	}

	async #askInTurn(): Promise<void> {
		this.#asking = true;
		try {
			for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
				next.settle(await this.#askOne(next));
			}
		} finally {
			this.#asking = false;
			this.#retired?.();
		}
	}

	async #askOne(waiting: Waiting): Promise<Outcome> {
		const { request, since, patience } = waiting;
		const { limits, clock } = this.#options;
		if (patience !== undefined && clock.monotonic() - since > patience.wait_ms) {
			return { outcome: "unavailable", reason: `its process was busy with other messages for ${patience.wait_ms} ms` };
		}
		const child = await this.#live(waiting);
		if (child === undefined) {
			return { outcome: "unavailable", reason: `it is being restarted, because ${this.#trouble}` };
		}
		const outcome = await child.ask(request, patience?.call_ms ?? limits.deadline_ms);
		if (outcome.outcome === "replied") this.#failures = 0;
		return outcome;
	}

	/** The process, waiting for a restart until the call has waited its deadline, or as long as it may wait at all. */
	async #live({ since, patience }: Waiting): Promise<PluginChild | undefined> {
		const { clock, limits } = this.#options;
		while (!this.#stopped) {
			if (!this.#child.ended) return this.#child;
			const until =
				patience === undefined ? Math.max(since, this.#downSince) + limits.deadline_ms : since + patience.wait_ms;
			const left = until - clock.monotonic();
			if (left <= 0) return undefined;
			const returned = this.#returned.promise;
			const late = Promise.withResolvers<void>();
			const cancel = clock.after(left, late.resolve);
			await Promise.race([returned, late.promise]);
			cancel();
		}
		this.#trouble = "nexus is stopping";
		return undefined;
	}

	#adopt(child: PluginChild): void {
		this.#child = child;
		this.#returned.resolve();
		child.exited
			.then((reason) => this.#lost(reason))
			.catch((error: unknown) => this.#options.log("error", this.#options.label, String(error)));
	}

	#lost(reason: string): void {
		const { clock, log, label, running } = this.#options;
		if (running.closed) this.#stopped = true;
		if (this.#stopped) return;
		this.#downSince = clock.monotonic();
		this.#returned = Promise.withResolvers<void>();
		this.#trouble = reason;
		// The deadline has already paced a call that ran over it; whoever waits behind it must not wait for a back-off too.
		const delay = this.#child.timedOut ? 0 : this.#backOff();
		log("warn", label, `${reason}; it is started again in ${delay} ms`);
		this.#restartIn(delay);
	}

	#backOff(): number {
		this.#failures += 1;
		return Math.min(restart_delay_max_ms, restart_delay_min_ms * 2 ** (this.#failures - 1));
	}

	#restartIn(delayMs: number): void {
		this.#cancelRestart = this.#options.clock.after(delayMs, () => {
			this.#restart().catch((error: unknown) => this.#options.log("error", this.#options.label, String(error)));
		});
	}

	async #restart(): Promise<void> {
		const started = await startPlugin(this.#options, () => ({ ok: true, value: this.#configured }));
		if (this.#stopped || this.#options.running.closed) {
			if (started.ok) await started.value.child.end();
			return;
		}
		if (started.ok) {
			this.#adopt(started.value.child);
			return;
		}
		this.#trouble = started.reason;
		const delay = this.#backOff();
		this.#options.log("warn", this.#options.label, `${started.reason}; the next try is in ${delay} ms`);
		this.#restartIn(delay);
	}
}
