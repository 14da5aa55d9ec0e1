/** Stage `dedupe`: duplicate check and record in one transaction; what comes out of it is on disk. */
import type { Refusal } from "../domain/codes.ts";
import type { Acceptance, Clock, Intake, Journal, OpenAlert, Reception } from "../domain/ports.ts";
import type { TraceEntry } from "../domain/records.ts";
import type { DedupeSettings } from "../domain/settings.ts";
import type { Stage, StageVerdict } from "./compose.ts";
import { Deadlines } from "./deadlines.ts";
import type { CommandContext, Log } from "./reception-context.ts";

export interface DedupeOptions extends DedupeSettings {
	readonly journal: Pick<Journal, "accept">;
	readonly intake: Pick<Intake, "hasRoom" | "accepted">;
	/** Milliseconds the journal may take before the sender is told to send again; default 2,000. */
	readonly record_ms_max?: number;
	readonly clock: Pick<Clock, "after" | "monotonic">;
	readonly log: Log;
}

interface RecordOptions extends DedupeOptions {
	readonly record_ms_max: number;
	readonly deadlines: Deadlines;
}

/** Seconds after which a sender should try again. */
const retryAfter = 5;

/** @throws RangeError where a window or the limit is not positive */
export function dedupe(options: DedupeOptions): Stage<CommandContext> {
	const { window_ms, id_window_ms, header_id_window_ms, record_ms_max = 2000 } = options;
	if (![window_ms, id_window_ms, header_id_window_ms, record_ms_max].every((ms) => ms > 0)) {
		throw new RangeError("dedupe: windows and record_ms_max must be positive");
	}
	const deadlines = new Deadlines(record_ms_max, options.clock);
	return {
		name: "dedupe",
		async run(context, next) {
			const start = context.monotonic();
			const { alert } = context.command;
			if (!options.intake.hasRoom(alert.strategy, alert.type)) {
				const detail = `as many entries of ${alert.strategy || "this strategy"} are waiting as may (queue under pipeline.rate_limit)`;
				return refuse(context, { code: "too_many", detail, retry_after_s: retryAfter });
			}
			const { dedupe: key, ...rest } = keysOf(context, options);
			// The trace goes into the same record, so this stage's time in it ends where the journal's begins.
			const ms = Math.round((context.monotonic() - start) * 1000) / 1000;
			const trace: TraceEntry[] = [...context.trace, { stage: "dedupe", verdict: "pass", ms }];
			const reception: Reception = { alert, raw: context.request.redacted, trace, dedupe: key, ...rest };
			const acceptance = await record(reception, { ...options, deadlines, record_ms_max });
			if (acceptance === undefined) {
				const detail = "the journal did not confirm the record in time or refused it; the log has the cause";
				return refuse(context, { code: "not_recorded", detail, retry_after_s: retryAfter });
			}
			return concluded(acceptance, context, next);
		},
	};
}

async function concluded(
	acceptance: Acceptance,
	context: CommandContext,
	next: () => Promise<void>,
): Promise<StageVerdict | undefined> {
	switch (acceptance.outcome) {
		case "accepted": {
			const { alert } = context.command;
			context.outcome = { kind: "accepted", id: alert.id, alert, id_reused: acceptance.id_reused };
			await next();
			return undefined;
		}
		case "duplicate":
			context.outcome = { kind: "duplicate", id: acceptance.id };
			return { verdict: "skip", detail: `the same as ${acceptance.id}` };
		case "replayed":
			return refuse(context, {
				code: "not_authentic",
				detail: `this signed body was accepted before, as ${acceptance.id}; a signature over the body alone is good for one alert only`,
				hint: 'Make each signed body differ: add "time": "{{timenow}}" to the message. An alert_id that repeats does not help.',
			});
		default:
			return acceptance satisfies never;
	}
}

/**
 * Undefined where the journal failed or is slow. An alert whose record comes through after that is on disk and its resend will be a duplicate,
 * so it is handed over all the same, whenever that is.
 */
function record(reception: Reception, options: RecordOptions): Promise<Acceptance | undefined> {
	const { alert, trace } = reception;
	const recording = (async () => {
		try {
			const start = options.clock.monotonic();
			const acceptance = await options.journal.accept(reception);
			if (acceptance.outcome === "accepted") {
				const record_ms = Math.round((options.clock.monotonic() - start) * 1000) / 1000;
				handOver({ alert, trace, recovered: false, record_ms }, acceptance.id_reused, options);
			}
			return acceptance;
		} catch (error) {
			options.log(
				"error",
				`alert ${alert.id} was not recorded: ${error instanceof Error ? error.message : String(error)}`,
			);
			return undefined;
		}
	})();
	return new Promise((resolve) => {
		const cancel = options.deadlines.after(() => {
			options.log("error", `the journal has not confirmed alert ${alert.id} after ${options.record_ms_max} ms`);
			resolve(undefined);
		});
		// It never rejects.
		void recording.then((acceptance) => {
			cancel();
			resolve(acceptance);
		});
	});
}

/** The alert is on disk: an intake that breaks its promise and throws must not turn that into a refusal. */
function handOver(open: OpenAlert, idReused: boolean, { intake, log }: DedupeOptions): void {
	try {
		intake.accepted(open, idReused);
	} catch (error) {
		log("error", `alert ${open.alert.id} is recorded, but was not taken up: ${String(error)}; a restart will do so`);
	}
}

type Keys = Pick<Reception, "dedupe" | "replay_key">;

/** What identifies the command: the header's id, else its own, else the raw body and its place in it. */
function keysOf(context: CommandContext, windows: DedupeSettings): Keys {
	const { command, request } = context;
	const { raw, proof } = request;
	const { alert, index, meaning } = command;
	const scope = [alert.strategy, command.scope];
	const headerId = proof?.header_id;
	const replay = proof?.replayable === true ? { replay_key: bodyHash(raw, index) } : {};
	if (headerId !== undefined) {
		const key = hash(JSON.stringify([...scope, "header", headerId, index]));
		return { dedupe: { key, meaning, window_ms: windows.header_id_window_ms, by_id: true }, ...replay };
	}
	if (alert.alert_id !== undefined && alert.alert_id !== "") {
		const key = hash(JSON.stringify([...scope, "id", alert.alert_id]));
		return { dedupe: { key, meaning, window_ms: windows.id_window_ms, by_id: true }, ...replay };
	}
	const key = hash(JSON.stringify([...scope, "body", bodyHash(raw, index)]));
	return { dedupe: { key, meaning, window_ms: windows.window_ms, by_id: false }, ...replay };
}

/** Not scoped: a body signed once is remembered whatever strategy or URL it is sent to next. */
function bodyHash(raw: Uint8Array, index: number): string {
	const hasher = new Bun.CryptoHasher("sha256").update(raw);
	return (index === 0 ? hasher : hasher.update(`\n${index}`)).digest("hex").slice(0, 32);
}

function hash(text: string): string {
	return Bun.SHA256.hash(text, "hex").slice(0, 32);
}

function refuse(context: CommandContext, refusal: Refusal): StageVerdict {
	context.outcome = { kind: "refused", stage: "dedupe", refusal };
	return { verdict: "refuse", code: refusal.code, detail: refusal.detail };
}
