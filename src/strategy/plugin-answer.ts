/** What became of a call, in the words of the trace: the answer checked, or which limit was broken and what was done. */
import type { DialectAnswer } from "../domain/plugin-dialects.ts";
import type { StageAnswer, StrategyAnswer } from "../domain/ports.ts";
import type { PluginLimits } from "../domain/settings.ts";
import { checkAnswer, checkStageAnswer } from "./check-answer.ts";
import type { Outcome } from "./plugin-child.ts";

/** A stage's answer, or the same failure that a strategy can have. */
export type StageOutcome =
	| StageAnswer
	| { readonly verdict: "failed"; readonly code: Failure["code"]; readonly detail: string };

type Failure = Extract<StrategyAnswer, { readonly ok: false }>;

/** `plugins/a.ts:6:25: boom`: the file in front, unless the reason begins with a place in it already. */
export function withFile(label: string, reason: string): string {
	const folder = label.slice(0, label.indexOf("/") + 1);
	return folder !== "" && reason.startsWith(folder) ? reason : `${label}: ${reason}`;
}

function error(label: string, reason: string): Failure {
	return { ok: false, code: "strategy_error", detail: withFile(label, reason) };
}

/** `128 MB`, in the units of nexus.yaml: one KB is 1024 bytes. */
export function megabytes(bytes: number): string {
	return `${Math.ceil(bytes / 1024 / 1024)} MB`;
}

/** Every outcome that is no answer. */
function failureOf(label: string, outcome: Outcome, limits: PluginLimits): Failure {
	switch (outcome.outcome) {
		case "replied":
			return error(
				label,
				outcome.reply.kind === "failed" ? outcome.reply.reason : `answered with ${outcome.reply.kind}`,
			);
		case "timeout":
			return {
				ok: false,
				code: "strategy_timeout",
				detail: `${label}: no answer within ${limits.deadline_ms} ms; its process was ended and started again`,
			};
		case "out_of_memory":
			return {
				ok: false,
				code: "strategy_out_of_memory",
				detail: `${label}: ${megabytes(outcome.bytes)} in use, ${megabytes(limits.memory_bytes)} allowed; its process was ended and started again`,
			};
		case "died":
		case "unavailable":
			return error(label, outcome.reason);
		default:
			return outcome satisfies never;
	}
}

/** The outcome of a strategy's call. */
export function strategyAnswer(label: string, outcome: Outcome, limits: PluginLimits): StrategyAnswer {
	if (outcome.outcome !== "replied" || outcome.reply.kind !== "answered") return failureOf(label, outcome, limits);
	const answer = checkAnswer(outcome.reply.signals, outcome.reply.state);
	return answer.ok ? answer : { ...answer, detail: withFile(label, answer.detail) };
}

/** A failure in the words of a stage. */
export function stageFailure(label: string, reason: string): StageOutcome {
	return { verdict: "failed", code: "strategy_error", detail: withFile(label, reason) };
}

/** The outcome of a stage's call. */
export function stageOutcome(label: string, outcome: Outcome, limits: PluginLimits): StageOutcome {
	if (outcome.outcome !== "replied" || outcome.reply.kind !== "stage_answered") {
		const { code, detail } = failureOf(label, outcome, limits);
		return { verdict: "failed", code, detail };
	}
	const answer = checkStageAnswer(outcome.reply.answer);
	return typeof answer === "string" ? stageFailure(label, answer) : answer;
}

/** Seconds after which a process that was lost is most likely back. */
const retry_after_s = 1;

/**
 * The outcome of a dialect's call. Sending the message again can help only where its process was lost or never saw it
 * (503); what the dialect refused, threw or could not do in time, it would not do better the next time (422).
 */
export function dialectAnswer(label: string, outcome: Outcome, limits: PluginLimits): DialectAnswer {
	if (outcome.outcome === "died" || outcome.outcome === "unavailable") {
		const detail = `the plugin that reads this format could not be asked: ${withFile(label, outcome.reason)}`;
		const hint = "Send it again: its process is started again.";
		return { ok: false, refusal: { code: "not_recorded", detail, hint, retry_after_s } };
	}
	if (outcome.outcome === "replied" && outcome.reply.kind === "dialect_answered") {
		return { ok: true, payloads: outcome.reply.payloads };
	}
	if (outcome.outcome === "replied" && outcome.reply.kind === "dialect_refused") {
		return { ok: false, refusal: { code: "dialect_refused", detail: withFile(label, outcome.reply.reason) } };
	}
	return { ok: false, refusal: { code: "dialect_failed", detail: failureOf(label, outcome, limits).detail } };
}
