/** A WebhookServer with its API on fakes. */
import { bench, read } from "./bench.ts";
import { FakeDesk, FakeReader } from "./fakes.ts";

export const adminTokenOfTests = "admin-token-of-these-tests-000001";

export function apiBench() {
	const reader = new FakeReader();
	const desk = new FakeDesk();
	const started_at = Date.UTC(2026, 0, 31, 13, 0);
	const base = bench({
		symbols_map: { GOLD: "XAU/USD" },
		api: { token: adminTokenOfTests, reader, desk, version: "1.2.3", started_at, journal_bytes: () => 4096 },
	});
	/** With the right token unless told otherwise. */
	const ask = async (method: string, path: string, init: RequestInit = {}) => read(await raw(method, path, init));
	const raw = (method: string, path: string, init: RequestInit = {}) =>
		base.server.handle(
			new Request(`http://localhost${path}`, {
				method,
				headers: { authorization: `Bearer ${adminTokenOfTests}` },
				...init,
			}),
		);
	const get = (path: string) => ask("GET", `/api/v1/${path}`);
	const command = (path: string, body?: unknown) =>
		ask(
			"POST",
			`/api/v1/${path}`,
			body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) },
		);
	return { ...base, reader, desk, ask, raw, get, command };
}
