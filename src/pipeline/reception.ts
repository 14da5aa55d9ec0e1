/** Everything before the answer as one function: size → source → failures → signature → read, then dedupe for each command. */
import type { SequenceMaker } from "../domain/id.ts";
import type { Clock, Intake, Journal, StrategyDirectory } from "../domain/ports.ts";
import type { TraceEntry } from "../domain/records.ts";
import type { DedupeSettings, WebhookSettings } from "../domain/settings.ts";
import { compose } from "./compose.ts";
import { dedupe } from "./dedupe.ts";
import { failures } from "./failures.ts";
import { type Reader, read } from "./read.ts";
import type {
	Arrival,
	Command,
	CommandContext,
	CommandNote,
	Log,
	Outcome,
	ReceptionContext,
} from "./reception-context.ts";
import { signature } from "./signature.ts";
import { size } from "./size.ts";
import { source } from "./source.ts";

export interface ReceptionOptions {
	readonly webhook: Omit<WebhookSettings, "host" | "port">;
	/** `signature`'s setting in milliseconds; default 5 minutes. */
	readonly tolerance_ms?: number;
	readonly dedupe: DedupeSettings;
	readonly symbols_map: Readonly<Record<string, string>>;
	readonly strategies: StrategyDirectory;
	readonly reader: Reader;
	readonly sequences: SequenceMaker;
	readonly journal: Pick<Journal, "accept">;
	readonly intake: Pick<Intake, "hasRoom" | "accepted" | "recheck">;
	readonly clock: Clock;
	readonly log: Log;
	/** Milliseconds a body may take to arrive; default 10,000. */
	readonly body_ms_max?: number;
	/** Milliseconds until the sender is told that the journal did not confirm; default 250. */
	readonly record_ms_max?: number;
	/** Sources whose failures are counted; default 10,000. */
	readonly sources_max?: number;
}

/** How a request ended: one outcome for each of its commands, or one for all of it. */
export interface Received {
	/** The sender's address, behind trusted proxies. */
	readonly source: string;
	/** True where the body held several commands, which are answered as a list. */
	readonly several: boolean;
	readonly outcomes: readonly Outcome[];
}

export type Receive = (arrival: Arrival) => Promise<Received>;

/**
 * The reception. A request is read and verified once; each command in it is then recorded by itself, with its own trace.
 * @throws RangeError from a stage whose options are wrong
 */
export function reception(options: ReceptionOptions): Receive {
	const { webhook, clock } = options;
	const public_url = `${webhook.public_url.replace(/\/+$/, "") || "https://HOST"}${webhook.path}`;
	const admit = compose<ReceptionContext>([
		size({ ...options, body_bytes_max: webhook.body_max_bytes }),
		source(webhook),
		failures({ ...options, rate: webhook.failures }),
		signature({ ...options, ...webhook, public_url }),
		read({ ...options, public_url }),
	]);
	const record = compose<CommandContext>([dedupe({ ...options, ...options.dedupe })]);
	const monotonic = () => clock.monotonic();
	const nothing = new Uint8Array(0);

	async function recordOne(command: Command, request: ReceptionContext): Promise<Outcome> {
		if (!command.ok) return { kind: "refused", stage: "read", refusal: command.refusal };
		const { notes = [] } = command;
		const trace = notes.length === 0 ? request.trace.slice() : request.trace.map((entry) => withNotes(entry, notes));
		const context: CommandContext = { request, command, outcome: undefined, trace, monotonic };
		await record(context);
		if (context.outcome === undefined) throw new Error("stage dedupe ended without an outcome");
		return context.outcome;
	}

	return async (arrival) => {
		const context: ReceptionContext = {
			arrival,
			source: arrival.peer,
			raw: nothing,
			proof: undefined,
			redacted: "",
			commands: [],
			refusal: undefined,
			trace: [],
			monotonic,
		};
		await admit(context);
		const { refusal, source: sender, commands } = context;
		if (refusal !== undefined) {
			const stage = context.trace.find((entry) => entry.verdict === "refuse")?.stage ?? "read";
			return { source: sender, several: false, outcomes: [{ kind: "refused", stage, refusal }] };
		}
		const [only] = commands;
		if (only !== undefined && commands.length === 1) {
			return { source: sender, several: false, outcomes: [await recordOne(only, context)] };
		}
		const outcomes = await Promise.all(commands.map((command) => recordOne(command, context)));
		return { source: sender, several: commands.length > 1, outcomes };
	};
}

/** What is worth knowing about how the command was read stands at the stage that read it. */
function withNotes(entry: TraceEntry, notes: readonly CommandNote[]): TraceEntry {
	if (entry.stage !== "read") return entry;
	const code = notes.find((note) => note.code !== undefined)?.code;
	const detail = notes.map((note) => note.detail).join("; ");
	return { ...entry, verdict: "notice", ...(code === undefined ? {} : { code }), detail };
}
