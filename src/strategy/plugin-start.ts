/** Starts a process for one plugin file: load, settle its settings, validate them; ready or the reason why not, in bounded time. */
import { megabytes } from "./plugin-answer.ts";
import { type ChildOptions, type Outcome, PluginChild } from "./plugin-child.ts";
import type { Reply, Request, Sources } from "./plugin-messages.ts";

export type LoadedReply = Extract<Reply, { kind: "loaded" }>;
export type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };
export interface Configured {
	readonly settings: Readonly<Record<string, unknown>>;
}

export interface StartOptions extends ChildOptions {
	/** Absolute path of the plugin's file. */
	readonly file: string;
	/** Absolute path of the plugin folder. */
	readonly folder: string;
	/** The files of a version that ran before; absent: read them from disk. */
	readonly sources?: Sources;
}

export interface Started<T extends Configured> {
	readonly child: PluginChild;
	readonly loaded: LoadedReply;
	readonly configured: T;
}

function failure(outcome: Outcome, startMs: number): string {
	switch (outcome.outcome) {
		case "replied":
			return outcome.reply.kind === "failed" ? outcome.reply.reason : `its process answered with ${outcome.reply.kind}`;
		case "timeout":
			return `it was not ready ${startMs} ms after its start`;
		case "out_of_memory":
			return `it used ${megabytes(outcome.bytes)} of memory while loading, more than plugin_limits.memory`;
		case "died":
		case "unavailable":
			return `${outcome.reason} while loading`;
		default:
			return outcome satisfies never;
	}
}

/**
 * @param settle decides from the declaration what the plugin's settings are, or what is wrong with it
 * @returns the ready process, or one line that says why there is none (then no process is left)
 */
export async function startPlugin<T extends Configured>(
	options: StartOptions,
	settle: (loaded: LoadedReply) => Settled<T>,
): Promise<Settled<Started<T>>> {
	const { file, folder, sources, clock, limits, running } = options;
	if (running.closed) return { ok: false, reason: "nexus is stopping" };
	const child = new PluginChild(options);
	const start = clock.monotonic();
	const ask = async (request: Request): Promise<Outcome> =>
		child.ask(request, Math.max(1, limits.start_ms - (clock.monotonic() - start)));
	const giveUp = async (reason: string): Promise<Settled<Started<T>>> => {
		await child.end();
		return { ok: false, reason };
	};

	const load = await ask({ kind: "load", file, folder, ...(sources === undefined ? {} : { sources }) });
	if (load.outcome !== "replied" || load.reply.kind !== "loaded") return giveUp(failure(load, limits.start_ms));
	const loaded = load.reply;
	const settled = settle(loaded);
	if (!settled.ok) return giveUp(settled.reason);
	const configure = await ask({ kind: "configure", settings: settled.value.settings });
	if (configure.outcome !== "replied" || configure.reply.kind !== "configured") {
		return giveUp(failure(configure, limits.start_ms));
	}
	return { ok: true, value: { child, loaded, configured: settled.value } };
}
