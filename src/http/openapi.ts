/** /openapi.json, made from the same table of routes that is served. */
import { codes } from "../domain/codes.ts";
import { Problem } from "./problem.ts";
import type { Route } from "./route.ts";

/** An OpenAPI 3.1 document. */
export interface OpenApi {
	readonly openapi: "3.1.0";
	readonly info: { readonly title: string; readonly version: string };
	readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
	readonly components: object;
	readonly security: readonly object[];
}

export interface Operation {
	readonly summary: string;
	/** Empty: no bearer token is asked for. Absent: one is. */
	readonly security?: readonly object[];
	readonly parameters?: readonly object[];
	readonly requestBody?: object;
	readonly responses: Readonly<Record<string, object>>;
}

/** @param extra operations that are no rows of the table (the webhook), by path and method */
export function openapi(routes: readonly Route[], version: string, extra: OpenApi["paths"] = {}): OpenApi {
	const paths: Record<string, Record<string, Operation>> = {};
	for (const [path, operations] of Object.entries(extra)) paths[path] = { ...operations };
	for (const route of routes) {
		const path = route.path.replace(/:(\w+)/g, "{$1}");
		paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
	}
	return {
		openapi: "3.1.0",
		info: { title: "nexus", version },
		paths,
		components: {
			schemas: { Problem },
			securitySchemes: {
				bearer: { type: "http", scheme: "bearer", description: "NEXUS_ADMIN_TOKEN, or admin.token in the data folder" },
			},
		},
		security: [{ bearer: [] }],
	};
}

function operation(route: Route): Operation {
	const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
	const required = new Set<unknown>(route.query?.required ?? []);
	const parameters = [
		...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
		...Object.entries(route.query?.properties ?? {}).map(([name, schema]) => ({
			name,
			in: "query",
			required: required.has(name),
			schema,
		})),
	];
	const refusals = [
		...(route.open ? [] : (["not_authentic"] as const)),
		...(route.query === undefined && route.body === undefined ? [] : (["bad_field"] as const)),
		...(route.refusals ?? []),
	];
	const bodyRequired = (route.body?.required?.length ?? 0) > 0;
	return {
		summary: route.summary,
		...(route.open ? { security: [] } : {}),
		...(parameters.length === 0 ? {} : { parameters }),
		...(route.body === undefined
			? {}
			: { requestBody: { required: bodyRequired, content: { "application/json": { schema: route.body } } } }),
		responses: {
			200: { description: "OK", content: { [route.answer_type ?? "application/json"]: { schema: route.answer } } },
			...problemResponses(refusals),
		},
	};
}

/** The problem responses of some codes, by status. */
export function problemResponses(refusals: readonly (keyof typeof codes)[]): Readonly<Record<string, object>> {
	const byStatus: Record<string, object> = {};
	for (const code of refusals) {
		const entry = codes[code];
		if (!("status" in entry)) continue;
		const schema = { $ref: "#/components/schemas/Problem" };
		byStatus[entry.status] = { description: entry.title, content: { "application/problem+json": { schema } } };
	}
	return byStatus;
}
