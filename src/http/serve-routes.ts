/** Puts a table of routes on the server: token, query and body are checked here, for all of them alike. */
import type { Elysia } from "elysia";
import type { Refusal } from "../domain/codes.ts";
import type { Clock } from "../domain/ports.ts";
import { digestOf, isAmong } from "../pipeline/credential.ts";
import { json, problem } from "./problem.ts";
import { isRefused, type Route, readCommand, readQuery } from "./route.ts";
import { wrongMethod } from "./wrong-address.ts";

export interface ServeOptions {
	/** The bearer token; undefined: every route that is not open is refused. Secret. */
	readonly token: string | undefined;
	readonly clock: Clock;
	/** Told of each request without the right token. */
	readonly denied: (request: Request, refusal: Refusal) => void;
}

/** Mounts the routes on `app`; other methods of the same addresses get 405. */
export function serveRoutes(app: Elysia, routes: readonly Route[], options: ServeOptions): void {
	const digest = options.token === undefined ? undefined : digestOf(options.token);
	const methods = new Map<string, string[]>();
	for (const route of routes) {
		const serve = ({ request, params }: { request: Request; params: Record<string, string> }) =>
			answer(route, request, params, digest, options);
		app.route(route.method, route.path, serve, { parse: "none" });
		if (route.open) app.route("HEAD", route.path, async (call) => new Response(null, await serve(call)));
		methods.set(route.path, [...(methods.get(route.path) ?? []), route.method, ...(route.open ? ["HEAD"] : [])]);
	}
	for (const [path, allowed] of methods) {
		app.all(path, ({ request }) => wrongMethod(request, allowed), { parse: "none" });
	}
}

async function answer(
	route: Route,
	request: Request,
	params: Record<string, string>,
	digest: Uint8Array | undefined,
	options: ServeOptions,
): Promise<Response> {
	const denied = route.open ? undefined : unauthorized(request, digest);
	if (denied !== undefined) {
		options.denied(request, denied);
		return problem(denied, { "www-authenticate": 'Bearer realm="nexus"' });
	}
	const asked = readQuery(route.query, new URL(request.url).searchParams);
	if (isRefused(asked)) return problem(asked.refusal);
	const command = route.body === undefined ? { body: {} } : await readCommand(route.body, request, options.clock);
	if (isRefused(command)) return problem(command.refusal);
	const said = await route.handle({ request, params, query: asked.query, body: command.body });
	if (said instanceof Response) return said;
	return isRefused(said) ? problem(said.refusal) : json(said);
}

function unauthorized(request: Request, digest: Uint8Array | undefined): Refusal | undefined {
	const header = request.headers.get("authorization");
	const token = /^bearer +(\S+)$/i.exec(header ?? "")?.[1];
	if (token !== undefined && digest !== undefined && isAmong(digestOf(token), [digest])) return undefined;
	return {
		code: "not_authentic",
		detail: header === null ? "the request has no Authorization header" : "the bearer token is wrong",
		hint: "Send Authorization: Bearer <token>: NEXUS_ADMIN_TOKEN, or the content of admin.token in the data folder.",
	};
}
