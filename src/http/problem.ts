/** Refusals as `application/problem+json` (RFC 9457), and every other answer as JSON. */
import { Type } from "@sinclair/typebox";
import { codes, type Refusal } from "../domain/codes.ts";

/** What a refusal looks like from outside. */
export const Problem = Type.Object({
	type: Type.String({ examples: ["urn:nexus:not_authentic"] }),
	title: Type.String(),
	status: Type.Integer(),
	detail: Type.String(),
	hint: Type.String(),
	code: Type.String({ enum: Object.keys(codes).filter((code) => "status" in codes[code as keyof typeof codes]) }),
});

export type ProblemBody = ReturnType<typeof problemBody>;

/** The refusal as an object: what happened, exactly, and the cure. */
export function problemBody(refusal: Refusal) {
	const { title, status, cure } = codes[refusal.code];
	return {
		type: `urn:nexus:${refusal.code}`,
		title,
		status,
		detail: refusal.detail,
		hint: refusal.hint ?? cure,
		code: refusal.code,
	} as const;
}

/** The refusal as a response; `headers` are added to its own. */
export function problem(refusal: Refusal, headers: Readonly<Record<string, string>> = {}): Response {
	const body = problemBody(refusal);
	const all: Record<string, string> = {
		"content-type": "application/problem+json",
		"cache-control": "no-store",
		...headers,
	};
	if (refusal.retry_after_s !== undefined) all["retry-after"] = String(refusal.retry_after_s);
	return new Response(JSON.stringify(body), { status: body.status, headers: all });
}

/** Of every JSON answer that is no problem: no cache keeps it. */
export const jsonHeaders = { "content-type": "application/json", "cache-control": "no-store" } as const;

/** A JSON answer that no cache keeps. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
	return new Response(JSON.stringify(body), {
		status,
		headers: { ...jsonHeaders, ...headers },
	});
}
