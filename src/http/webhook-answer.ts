/** What the sender of an alert is told: the outcomes of the reception as one HTTP response. */
import { Type } from "@sinclair/typebox";
import { AlertStatus, type AlertView } from "../domain/records.ts";
import { type Outcome, refusalStatus } from "../pipeline/reception-context.ts";
import { json, jsonHeaders, problem, problemBody } from "./problem.ts";

/** 202 and 200 `duplicate`. */
export const Receipt = Type.Object({ id: Type.String(), status: AlertStatus });

/** How alerts have ended, by id, as far as it is known. */
export type Ended = ReadonlyMap<string, AlertView>;

/** The answer; a list where the body held several commands. */
export function webhookAnswer(outcomes: readonly Outcome[], several: boolean, ended: Ended): Response {
	const [first] = outcomes;
	if (first === undefined) throw new Error("the reception gave no outcome");
	if (several) return listAnswer(outcomes, ended);
	if (first.kind === "refused") return problem(first.refusal);
	const view = ended.get(first.id);
	if (first.kind === "accepted" && view !== undefined) return json(view);
	// The journal's ids are letters and digits, which JSON takes as they are.
	return new Response(
		`{"id":"${first.id}","status":"${first.kind}"}`,
		first.kind === "accepted" ? recorded : seenBefore,
	);
}

const headers = new Headers(jsonHeaders);
const recorded = { status: 202, headers };
const seenBefore = { status: 200, headers };

function listAnswer(outcomes: readonly Outcome[], ended: Ended): Response {
	const items = outcomes.map((outcome) => item(outcome, ended));
	const status = statusOf(outcomes, ended);
	if (status < 400) return json({ items }, status);
	const worst = outcomes.find((outcome) => outcome.kind === "refused" && refusalStatus(outcome.refusal) === status);
	if (worst?.kind !== "refused") throw new Error("a status of 400 and more without a refusal");
	const retry = worst.refusal.retry_after_s;
	return json({ ...problemBody(worst.refusal), items }, status, {
		"content-type": "application/problem+json",
		...(retry === undefined ? {} : { "retry-after": String(retry) }),
	});
}

function item(outcome: Outcome, ended: Ended): object {
	switch (outcome.kind) {
		case "accepted":
			return ended.get(outcome.id) ?? { id: outcome.id, status: "accepted" };
		case "duplicate":
			return { id: outcome.id, status: "duplicate" };
		case "refused":
			return problemBody(outcome.refusal);
		default:
			return outcome satisfies never;
	}
}

/** 202 where anything was recorded (never a 5xx then: it would be sent again), 200 where it has ended or nothing was new. */
function statusOf(outcomes: readonly Outcome[], ended: Ended): number {
	const accepted = outcomes.filter((outcome) => outcome.kind === "accepted");
	if (accepted.length > 0) return accepted.every(({ id }) => ended.has(id)) ? 200 : 202;
	const statuses = outcomes.flatMap((outcome) => (outcome.kind === "refused" ? [refusalStatus(outcome.refusal)] : []));
	if (statuses.includes(503)) return 503;
	return statuses.length < outcomes.length ? 200 : (statuses[0] ?? 200);
}
