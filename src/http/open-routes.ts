/** The routes that ask for no token: is the process alive, can it take alerts, and what is there. */
import { Type } from "@sinclair/typebox";
import type { Readiness } from "./api.ts";
import { type OpenApi, openapi } from "./openapi.ts";
import { json } from "./problem.ts";
import type { Route } from "./route.ts";

export interface OpenRoutesOptions {
	/** The other rows, for the description. */
	readonly routes: readonly Route[];
	readonly webhook: OpenApi["paths"];
	readonly version: string;
	readonly readiness: () => Readiness;
}

const Health = Type.Object({ status: Type.String() });

/** `/healthz`, `/readyz`, `/openapi.json` */
export function openRoutes({ routes, webhook, version, readiness }: OpenRoutesOptions): readonly Route[] {
	const own: Route[] = [
		{
			method: "GET",
			path: "/healthz",
			summary: "The process lives",
			open: true,
			answer: Health,
			handle: () => ({ status: "ok" }),
		},
		{
			method: "GET",
			path: "/readyz",
			summary: "Alerts can be taken now; 503 and the reason where they cannot",
			open: true,
			answer: Health,
			handle: () => {
				const { ready, reason } = readiness();
				return ready ? { status: "ready" } : json({ status: "not ready", reason: reason ?? "starting" }, 503);
			},
		},
		{
			method: "GET",
			path: "/openapi.json",
			summary: "This description",
			open: true,
			answer: Type.Object({ openapi: Type.String() }),
			handle: () => document,
		},
	];
	const document = openapi([...own, ...routes], version, webhook);
	return own;
}
