/** Stage `dedupe`: duplicate check and record in one transaction; what comes out of it is on disk. */
import type { Refusal } from "../domain/codes.ts";
import type { Acceptance, Clock, Intake, Journal, OpenAlert, Reception } from "../domain/ports.ts";
import type { DedupeSettings } from "../domain/settings.ts";
import type { Check, StageVerdict } from "./compose.ts";
import { Deadlines, late_ms_max } from "./deadlines.ts";
import type { CommandContext, Log } from "./reception-context.ts";

export interface DedupeOptions extends DedupeSettings {
	readonly journal: Pick<Journal, "accept">;
	readonly intake: Pick<Intake, "hasRoom" | "accepted" | "recheck">;
	/** Milliseconds after which the sender is told to send again, more than 50; default {@link record_ms_max}. */
	readonly record_ms_max?: number;
	readonly clock: Pick<Clock, "after" | "monotonic">;
	readonly log: Log;
}

/**
 * Milliseconds after which a sender whose alert is not on disk is told to send again (503), at the latest. TradingView hangs up
 * after 3 s and resends after a 503, not after a silence. A record that comes through later counts: its resend is a duplicate.
 */
export const record_ms_max = 250;
/** Hex digits of a key: 128 bits, as the journal keeps them. */
const key_length = 32;
/** Seconds after which a sender should try again. */
const retryAfter = 5;

/** @throws RangeError where a window or the limit is not positive */
export function dedupe(options: DedupeOptions): Check<CommandContext> {
	const { window_ms, id_window_ms, header_id_window_ms, record_ms_max: limit_ms = record_ms_max } = options;
	if (![window_ms, id_window_ms, header_id_window_ms, limit_ms - late_ms_max].every((ms) => ms > 0)) {
		throw new RangeError(`dedupe: windows must be positive, and record_ms_max more than ${late_ms_max}`);
	}
	const record = recorder(options, new Deadlines(limit_ms - late_ms_max, options.clock));
	return {
		name: "dedupe",
		check(context) {
			const start = context.monotonic();
			const { alert } = context.command;
			if (!options.intake.hasRoom(alert.strategy, alert.type)) {
				const detail = `as many entries of ${alert.strategy || "this strategy"} are waiting as may (queue under pipeline.rate_limit)`;
				return refuse(context, { code: "too_many", detail, retry_after_s: retryAfter });
			}
			const keys = keysOf(context, options);
			const trace = context.trace.slice();
			const reception: Reception = { alert, raw: context.request.redacted, trace, ...keys };
			// The trace goes into the same record, so this stage's time in it ends where the journal's begins.
			const now = context.monotonic();
			trace.push({ stage: "dedupe", verdict: "pass", ms: Math.round((now - start) * 1000) / 1000 });
			return new Promise((resolve) => {
				record(reception, now, (acceptance) => resolve(concluded(acceptance, context)));
			});
		},
	};
}

function concluded(acceptance: Acceptance | undefined, context: CommandContext): StageVerdict | undefined {
	if (acceptance === undefined) {
		const detail = "the journal did not confirm the record in time or refused it; the log has the cause";
		return refuse(context, { code: "not_recorded", detail, retry_after_s: retryAfter });
	}
	switch (acceptance.outcome) {
		case "accepted": {
			const { alert } = context.command;
			context.outcome = { kind: "accepted", id: alert.id, alert, id_reused: acceptance.id_reused };
			return undefined;
		}
		case "duplicate":
			context.outcome = { kind: "duplicate", id: acceptance.id };
			return { verdict: "skip", detail: `the same as ${acceptance.id}` };
		case "replayed":
			return refuse(context, {
				code: "not_authentic",
				detail: `this signed body was accepted before, as ${acceptance.id}; a signature over the body alone is good for one alert only`,
				hint: 'Make each signed body differ: add "timenow": "{{timenow}}" to the message. An alert_id that repeats does not help.',
			});
		default:
			return acceptance satisfies never;
	}
}

/** Calls `end` once. */
type Recorder = (reception: Reception, start: number, end: (acceptance: Acceptance | undefined) => void) => void;

/**
 * Ends with undefined where the journal failed or is slow. An alert whose record comes through after that is on disk and its resend will be
 * a duplicate, so it is handed over all the same, whenever that is.
 */
function recorder(options: DedupeOptions, deadlines: Deadlines): Recorder {
	const { journal, clock, log } = options;
	return (reception, start, end) => {
		const { alert, trace } = reception;
		let waiting = true;
		const settle = (acceptance: Acceptance | undefined): void => {
			if (!waiting) return;
			waiting = false;
			cancel();
			end(acceptance);
		};
		const cancel = deadlines.after(() => {
			log("error", `the journal has not confirmed alert ${alert.id} after ${deadlines.ms} ms`);
			settle(undefined);
		});
		attempt(() => journal.accept(reception)).then(
			(acceptance) => {
				if (acceptance.outcome === "accepted") {
					const record_ms = Math.round((clock.monotonic() - start) * 1000) / 1000;
					handOver({ alert, trace, recovered: false, record_ms }, acceptance.id_reused, options);
				}
				settle(acceptance);
			},
			(error: unknown) => {
				log("error", `alert ${alert.id} was not recorded: ${error instanceof Error ? error.message : String(error)}`);
				settle(undefined);
				options.intake.recheck();
			},
		);
	};
}

/** A journal that throws instead of rejecting has failed as well. */
async function attempt<T>(act: () => Promise<T>): Promise<T> {
	return act();
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

function keysOf(context: CommandContext, windows: DedupeSettings): Keys {
	const mac = context.request.proof?.body_mac;
	const dedupe = identityOf(context, windows);
	if (mac === undefined) return { dedupe };
	// Not scoped: a body signed once is remembered whatever strategy or URL it is sent to next.
	const { index } = context.command;
	return { dedupe, replay_key: index === 0 ? mac.slice(0, key_length) : hash(`${mac}\n${index}`) };
}

/** What identifies the command: the header's id, else its own, else the raw body and its place in it. */
function identityOf({ command, request }: CommandContext, windows: DedupeSettings): Reception["dedupe"] {
	const { alert, index, meaning } = command;
	const scope = `${alert.strategy.length}:${alert.strategy}${command.scope.length}:${command.scope}`;
	const headerId = request.proof?.header_id;
	if (headerId !== undefined) {
		return {
			key: hash(`${scope}header ${index} ${headerId}`),
			meaning,
			window_ms: windows.header_id_window_ms,
			by_id: true,
		};
	}
	if (alert.alert_id !== undefined && alert.alert_id !== "") {
		return { key: hash(`${scope}id ${alert.alert_id}`), meaning, window_ms: windows.id_window_ms, by_id: true };
	}
	const key = hash(`${scope}body ${index} ${Bun.SHA256.hash(request.raw, "hex")}`);
	return { key, meaning, window_ms: windows.window_ms, by_id: false };
}

function hash(text: string): string {
	return Bun.SHA256.hash(text, "hex").slice(0, key_length);
}

function refuse(context: CommandContext, refusal: Refusal): StageVerdict {
	context.outcome = { kind: "refused", stage: "dedupe", refusal };
	return { verdict: "refuse", code: refusal.code, detail: refusal.detail };
}
