/** What a request gets that comes to an address which does not exist, or with a method that it does not answer. */
import type { Refusal } from "../domain/codes.ts";
import { problem } from "./problem.ts";

/** 404 */
export function notFound(request: Request): Response {
	return problem({ code: "not_found", detail: `there is nothing at ${shown(request)}` });
}

/** The path without what may be a secret or somebody's joke: its first part, in plain characters. */
function shown(request: Request): string {
	const [first = ""] = new URL(request.url).pathname.slice(1).split("/");
	return `/${first.replace(/[^\w.~-]/g, "?").slice(0, 32)}`;
}

/** 405 with Allow; 204 with Allow for OPTIONS. */
export function wrongMethod(request: Request, allowed: readonly string[], hint?: string): Response {
	const allow = [...allowed, "OPTIONS"].join(", ");
	if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
	const detail = `${request.method.slice(0, 16)} is not answered here; ${allowed.join(" or ")} is`;
	const refusal: Refusal = { code: "method_not_allowed", detail, ...(hint === undefined ? {} : { hint }) };
	const answer = problem(refusal, { allow });
	return request.method === "HEAD" ? new Response(null, answer) : answer;
}
