/** One plugin process, seen from nexus: starts it, asks it one thing at a time, and ends it when it breaks a limit. */
import { join } from "node:path";
import type { Subprocess } from "bun";
import type { Clock } from "../domain/ports.ts";
import type { PluginLimits } from "../domain/settings.ts";
import {
	type Farewell,
	type NumberedRequest,
	pluginArgument,
	type Reply,
	type Request,
	readMessage,
} from "./plugin-messages.ts";
import { readOutput } from "./plugin-output.ts";
import { memory_poll_busy_ms, residentBytes } from "./resident-memory.ts";

/** Milliseconds between two looks at the memory of a process that has nothing to do. */
const memory_poll_idle_ms = 1000;

/** What became of one request. */
export type Outcome =
	| { readonly outcome: "replied"; readonly reply: Reply }
	| { readonly outcome: "timeout" }
	| { readonly outcome: "out_of_memory"; readonly bytes: number }
	/** The process ended by itself, or said something that is not a reply. */
	| { readonly outcome: "died"; readonly reason: string }
	/** The process never saw the request: it is being started again, or others wait in front. */
	| { readonly outcome: "unavailable"; readonly reason: string };

export type PluginLog = (level: "info" | "warn" | "error", plugin: string, text: string) => void;

export interface ChildOptions {
	/** How the plugin is called in the log. */
	readonly label: string;
	readonly limits: PluginLimits;
	readonly clock: Clock;
	readonly log: PluginLog;
	readonly running: RunningChildren;
}

/** Every plugin process that runs; each adds and removes itself, so that all can be ended together. */
export class RunningChildren {
	readonly #children = new Set<PluginChild>();
	#closed = false;

	/** True once all were ended: then no new one is started. */
	get closed(): boolean {
		return this.#closed;
	}

	get pids(): readonly number[] {
		return [...this.#children].map((child) => child.pid);
	}

	add(child: PluginChild): void {
		this.#children.add(child);
	}

	delete(child: PluginChild): void {
		this.#children.delete(child);
	}

	/** Ends them all and lets no other start. */
	async close(): Promise<void> {
		this.#closed = true;
		await Promise.all([...this.#children].map((child) => child.end()));
	}
}

interface Pending {
	readonly call: number;
	settle(outcome: Outcome): void;
}

/** True inside the binary made by `bun build --compile`. */
function isCompiled(): boolean {
	return (
		import.meta.url.includes("/$bunfs/") || import.meta.url.includes("/~BUN/") || import.meta.url.includes("%7EBUN")
	);
}

function command(): string[] {
	return isCompiled()
		? [process.execPath, pluginArgument]
		: [process.execPath, "--no-install", "--no-env-file", join(import.meta.dir, "../main.ts"), pluginArgument];
}

/** The root folder: no .env and no bunfig.toml of the plugin or the user lies there. */
function emptyFolder(): string {
	return process.platform === "win32" ? `${process.env.SystemDrive ?? "C:"}\\` : "/";
}

/** One process. It is never reused after a broken limit: a new one takes its place. */
export class PluginChild {
	readonly #options: ChildOptions;
	readonly #process: Subprocess<"ignore", "pipe", "pipe">;
	#calls = 0;
	#pending: Pending | undefined;
	#farewell: string | undefined;
	/** What nexus itself killed it for. */
	#verdict: Outcome | undefined;
	#stopPolling: () => void = () => undefined;
	#ended = false;
	/** Resolves, with the reason, when the process is gone; never rejects. */
	readonly exited: Promise<string>;

	constructor(options: ChildOptions) {
		this.#options = options;
		this.#process = Bun.spawn(command(), {
			cwd: emptyFolder(),
			env: {},
			stdin: "ignore",
			stdout: "pipe",
			stderr: "pipe",
			serialization: "json",
			ipc: (message: unknown) => this.#heard(message),
		});
		const { label, log, clock } = options;
		const outputs = [
			readOutput(this.#process.stdout, { clock, line: (text) => log("info", label, text) }),
			readOutput(this.#process.stderr, { clock, line: (text) => log("warn", label, text) }),
		];
		for (const output of outputs) output.catch((error: unknown) => log("error", label, `its output: ${String(error)}`));
		options.running.add(this);
		this.exited = this.#process.exited.then(() => this.#gone());
		this.#pollMemory(memory_poll_idle_ms);
	}

	get pid(): number {
		return this.#process.pid;
	}

	get ended(): boolean {
		return this.#ended;
	}

	/** True where nexus ended it because a call ran over its deadline. */
	get timedOut(): boolean {
		return this.#verdict?.outcome === "timeout";
	}

	/** Asks one thing. Only after the last answer: a second question at once is a bug and throws. */
	async ask(request: Request, deadlineMs: number): Promise<Outcome> {
		if (this.#pending !== undefined) throw new Error("a plugin's process is asked one thing at a time");
		if (this.#ended) return { outcome: "died", reason: await this.exited };
		this.#calls += 1;
		const call = this.#calls;
		const { promise, resolve } = Promise.withResolvers<Outcome>();
		this.#pending = { call, settle: resolve };
		const cancelDeadline = this.#options.clock.after(deadlineMs, () => this.#kill({ outcome: "timeout" }));
		this.#pollMemory(memory_poll_busy_ms);
		try {
			this.#send({ ...request, call });
			return await promise;
		} finally {
			cancelDeadline();
			this.#pending = undefined;
			if (!this.#ended) this.#pollMemory(memory_poll_idle_ms);
		}
	}

	/** Kills it; resolves when it is gone. */
	async end(): Promise<void> {
		this.#kill(undefined);
		await this.exited;
	}

	#send(request: NumberedRequest): void {
		try {
			this.#process.send(request);
		} catch (error) {
			if (!(error instanceof Error)) throw error;
			this.#kill({ outcome: "died", reason: `its process could not be reached: ${error.message}` });
		}
	}

	#kill(verdict: Outcome | undefined): void {
		if (this.#ended) return;
		this.#verdict ??= verdict;
		this.#process.kill("SIGKILL");
	}

	#heard(raw: unknown): void {
		const message = readMessage(raw);
		if (message === undefined) {
			this.#kill({ outcome: "died", reason: "its process sent a message that is not part of the protocol" });
		} else if (message.kind === "crashed") {
			this.#farewell = (message satisfies Farewell).reason;
		} else if (message.call === this.#pending?.call) {
			this.#pending.settle({ outcome: "replied", reply: message });
		}
	}

	#gone(): string {
		this.#ended = true;
		this.#options.running.delete(this);
		this.#stopPolling();
		const { exitCode, signalCode } = this.#process;
		const how = signalCode === null ? `ended with exit code ${exitCode}` : `was ended by ${signalCode}`;
		const reason = this.#farewell ?? `its process ${how}`;
		const verdict = this.#verdict ?? { outcome: "died", reason };
		this.#pending?.settle(verdict);
		if (verdict.outcome === "died") return verdict.reason;
		return verdict.outcome === "timeout" ? "it did not answer in time" : "it used too much memory";
	}

	#pollMemory(everyMs: number): void {
		this.#stopPolling();
		let stopped = false;
		let cancel: () => void = () => undefined;
		const look = async (): Promise<void> => {
			const bytes = await residentBytes(this.#process.pid);
			if (stopped) return;
			if (bytes !== undefined && bytes > this.#options.limits.memory_bytes)
				this.#kill({ outcome: "out_of_memory", bytes });
			else cancel = this.#options.clock.after(everyMs, lookLater);
		};
		const lookLater = (): void => {
			look().catch((error: unknown) => this.#options.log("error", this.#options.label, `its memory: ${String(error)}`));
		};
		cancel = this.#options.clock.after(everyMs, lookLater);
		this.#stopPolling = () => {
			stopped = true;
			cancel();
		};
	}
}
