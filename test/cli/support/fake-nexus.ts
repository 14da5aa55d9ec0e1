/** A nexus that answers from a table and keeps what it was asked: the API with a bearer token, and the webhook. */

export const adminToken = "admin-token-of-the-tests-0123456789";

export interface Asked {
	readonly method: string;
	/** With the query. */
	readonly path: string;
	readonly headers: Headers;
	readonly body: string;
}

/** What a path answers: JSON, or a whole response, or a function of the request. */
export type Answer = object | Response | ((asked: Asked) => object | Response);

export interface FakeNexus extends Disposable {
	readonly url: string;
	readonly port: number;
	readonly asked: readonly Asked[];
}

function problem(status: number, code: string, detail: string, hint: string): Response {
	return Response.json(
		{ type: `urn:nexus:${code}`, title: code, status, detail, hint, code },
		{ status, headers: { "content-type": "application/problem+json" } },
	);
}

/** A refusal as the API writes it. */
export const refusal = problem;

function answerOf(answers: Readonly<Record<string, Answer>>, asked: Asked): Response {
	const [path = ""] = asked.path.split("?");
	if (path.startsWith("/api/") && asked.headers.get("authorization") !== `Bearer ${adminToken}`) {
		return problem(401, "not_authentic", "the token is wrong", "use the right one");
	}
	const found = answers[`${asked.method} ${asked.path}`] ?? answers[`${asked.method} ${path}`];
	if (found === undefined) return problem(404, "not_found", `there is no ${path}`, "look it up");
	const answer = typeof found === "function" ? found(asked) : found;
	return answer instanceof Response ? (answer.clone() as Response) : Response.json(answer);
}

/** Starts one on a free port of this machine; `using` stops it. Keys are `GET /api/v1/status`. */
export function fakeNexus(answers: Readonly<Record<string, Answer>>): FakeNexus {
	const asked: Asked[] = [];
	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		async fetch(request) {
			const { pathname, search } = new URL(request.url);
			const seen = {
				method: request.method,
				path: pathname + search,
				headers: request.headers,
				body: await request.text(),
			};
			asked.push(seen);
			return answerOf(answers, seen);
		},
	});
	return {
		url: server.url.origin,
		port: server.port ?? 0,
		asked,
		[Symbol.dispose]: () => void server.stop(true),
	};
}
