/** Stage `failures`: limits failed attempts per source; what is authentic is never held up by it. */
import type { Refusal } from "../domain/codes.ts";
import type { Clock } from "../domain/ports.ts";
import type { Rate } from "../domain/settings.ts";
import type { Afterthought } from "./compose.ts";
import { type Command, type ReceptionContext, refuse } from "./reception-context.ts";

export interface FailuresOptions {
	/** Failed attempts per source: so many at once (burst), and so many more each second. */
	readonly rate: Rate;
	/** Sources remembered; the one that failed longest ago is forgotten first. Default 10,000. */
	readonly sources_max?: number;
	readonly clock: Pick<Clock, "monotonic">;
}

/**
 * All customers of TradingView share four addresses, so a stranger's failures must not lock out the owner's alerts. The stage
 * therefore lets every request go on to be verified (a digest costs less than the answer) and only after, if it failed, takes
 * a token; with none left the sender gets 429 instead of 401. Guessing a token of 128 bits is hopeless at any rate; what is limited is what
 * a guesser learns and how much a broken sender fills the log.
 * @throws RangeError where the rate or the bound is not positive
 */
export function failures(options: FailuresOptions): Afterthought<ReceptionContext> {
	const { rate, clock, sources_max = 10_000 } = options;
	if (!(rate.per_second > 0) || !(rate.burst >= 1)) throw new RangeError("failures: rate and burst must be positive");
	if (!(sources_max >= 1)) throw new RangeError("failures: sources_max must be 1 or more");
	const buckets = new Map<string, { tokens: number; at: number }>();

	/** Seconds to wait, 0 where the failure is within the rate. */
	function take(sender: string): number {
		const now = clock.monotonic();
		const last = buckets.get(sender) ?? { tokens: rate.burst, at: now };
		const tokens = Math.min(rate.burst, last.tokens + ((now - last.at) / 1000) * rate.per_second);
		const left = tokens >= 1 ? tokens - 1 : tokens;
		buckets.delete(sender);
		buckets.set(sender, { tokens: left, at: now });
		if (buckets.size > sources_max) {
			const oldest = buckets.keys().next();
			if (!oldest.done) buckets.delete(oldest.value);
		}
		return tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - tokens) / rate.per_second));
	}

	return {
		name: "failures",
		after(context) {
			if (!failed(context)) return undefined;
			const wait = take(context.source);
			if (wait === 0) return undefined;
			const refusal: Refusal = {
				code: "too_many",
				detail: `too many failed attempts from ${context.source === "" ? "this source" : context.source}`,
				hint: "Correct the sender's credential; requests with a right one are not limited.",
				retry_after_s: wait,
			};
			if (context.refusal !== undefined) return refuse(context, refusal);
			context.commands = context.commands.map((command) => (isFailure(command) ? { ...command, refusal } : command));
			return { verdict: "refuse", code: refusal.code, detail: refusal.detail };
		},
	};
}

/** Not authentic, or refused before anything could show that it is. */
function failed(context: ReceptionContext): boolean {
	if (context.refusal?.code === "not_authentic") return true;
	// What nexus could not do itself (not_recorded) is no failure of the sender's, and must be sent again.
	const refused = context.refusal !== undefined && context.refusal.code !== "not_recorded";
	if (refused && context.proof?.by === "body") return true;
	for (const command of context.commands) if (isFailure(command)) return true;
	return false;
}

function isFailure(command: Command): boolean {
	return !command.ok && command.refusal.code === "not_authentic";
}
