/** The API: who may ask, what the lists say, what the switches do. */
import { describe, expect, test } from "bun:test";
import type { TSchema } from "@sinclair/typebox";
import { adminTokenOfTests, apiBench } from "./support/api-bench.ts";
import { sampleAlert, sampleOrder, sampleStated } from "./support/fakes.ts";

interface Document {
	readonly openapi: string;
	readonly paths: Record<
		string,
		Record<
			string,
			{ security?: unknown[]; responses: Record<string, { content: Record<string, { schema: TSchema }> }> }
		>
	>;
}

const described = async () =>
	(await apiBench().ask("GET", "/openapi.json", { headers: {} })).json as unknown as Document;

/** Every operation that /openapi.json describes, with its path filled in. */
const operations = Object.entries((await described()).paths).flatMap(([path, methods]) =>
	Object.entries(methods).map(([method, operation]) => ({
		name: `${method.toUpperCase()} ${path}`,
		method: method.toUpperCase(),
		path: path
			.replace("orders/{id}", `orders/${sampleOrder.id}`)
			.replace("{id}", sampleAlert.id)
			.replace("{token}", "some-token"),
		operation,
	})),
);
/** What an operation cannot be asked without. */
const bodies: Readonly<Record<string, object>> = { "POST /api/v1/orders/{id}/settle": { filled: "0" } };
const open = ["POST /webhook", "POST /webhook/{token}", "GET /healthz", "GET /readyz", "GET /openapi.json"];

describe("the description", () => {
	test("names every route of the contract, and nothing is open but these", () => {
		const names = operations.map(({ name }) => name);
		const lists = [
			"alerts",
			"alerts/{id}",
			"orders",
			"fills",
			"positions",
			"stated",
			"accounts",
			"strategies",
			"risk",
			"events",
			"refusals",
			"status",
		];
		const switches = ["halt", "reduce", "resume", "flatten"];
		expect(names.toSorted()).toEqual(
			[
				...open,
				...lists.map((list) => `GET /api/v1/${list}`),
				...switches.map((name) => `POST /api/v1/${name}`),
				"POST /api/v1/orders/{id}/settle",
			].toSorted(),
		);
		const unsecured = operations.filter(({ operation }) => operation.security?.length === 0).map(({ name }) => name);
		expect(unsecured.toSorted()).toEqual(open.toSorted());
	});

	test("is OpenAPI 3.1 and each operation says what 401 and a refusal look like", async () => {
		expect((await described()).openapi).toBe("3.1.0");
		for (const { operation, name } of operations.filter((one) => one.operation.security === undefined)) {
			expect(Object.keys(operation.responses), name).toContain("401");
		}
	});

	test.each(
		operations
			.filter(({ name }) => name.includes("/api/v1/") && !name.endsWith("/events"))
			.map((one) => [one.name, one] as const),
	)("%s answers as it is described", async (name, { method, path, operation }) => {
		const body = bodies[name];
		const authorization = `Bearer ${adminTokenOfTests}`;
		const init = body === undefined ? {} : { headers: { authorization }, body: JSON.stringify(body) };
		const answer = await apiBench().ask(method, path, init);
		expect(answer.status, answer.text).toBe(200);
		const schema = operation.responses["200"]?.content["application/json"]?.schema;
		expect(schema).toBeDefined();
		expect(strictKeys(schema as TSchema, answer.json)).toEqual([]);
	});
});

/** Properties of the value that the schema does not name, and required ones that the value has not. */
function strictKeys(schema: TSchema, value: unknown, at = ""): string[] {
	if (Array.isArray(value))
		return value.flatMap((item, index) => strictKeys((schema["items"] ?? {}) as TSchema, item, `${at}/${index}`));
	const properties = schema["properties"] as Record<string, TSchema> | undefined;
	if (typeof value !== "object" || value === null || properties === undefined) return [];
	const unknown = Object.keys(value)
		.filter((key) => !(key in properties))
		.map((key) => `${at}/${key} is not described`);
	const missing = ((schema["required"] ?? []) as string[])
		.filter((key) => !(key in value))
		.map((key) => `${at}/${key} is missing`);
	const inner = Object.entries(value).flatMap(([key, item]) =>
		strictKeys(properties[key] ?? ({} as TSchema), item, `${at}/${key}`),
	);
	return [...unknown, ...missing, ...inner];
}

describe("authentication", () => {
	const secured = operations.filter(({ name }) => !open.includes(name));
	const credentials: readonly (readonly [string, Record<string, string>])[] = [
		["no header", {}],
		["a wrong token", { authorization: "Bearer wrong" }],
		["the beginning of the token", { authorization: `Bearer ${adminTokenOfTests.slice(0, -1)}` }],
		["the token without its scheme", { authorization: adminTokenOfTests }],
		["the token as Basic", { authorization: `Basic ${btoa(`admin:${adminTokenOfTests}`)}` }],
		["the token twice", { authorization: `Bearer ${adminTokenOfTests} ${adminTokenOfTests}` }],
		["an empty token", { authorization: "Bearer " }],
		["the token in another header", { "x-api-key": adminTokenOfTests }],
	];

	test.each(secured.map((one) => [one.name, one] as const))(
		"%s is closed to all but the right token",
		async (_name, { method, path }) => {
			for (const [what, headers] of credentials) {
				const { ask, desk } = apiBench();
				const answer = await ask(method, path, { headers });
				expect(answer.status, what).toBe(401);
				expect(answer.json["code"]).toBe("not_authentic");
				expect(answer.headers.get("www-authenticate")).toContain("Bearer");
				expect(answer.text).not.toContain(adminTokenOfTests);
				expect(desk.states).toEqual([]);
				expect(desk.flattened).toEqual([]);
				expect(desk.settled).toEqual([]);
			}
		},
	);

	test("the token in the URL opens nothing", async () => {
		const { ask } = apiBench();
		expect((await ask("GET", `/api/v1/status?token=${adminTokenOfTests}`, { headers: {} })).status).toBe(401);
		expect((await ask("GET", `/api/v1/events?access_token=${adminTokenOfTests}`, { headers: {} })).status).toBe(401);
	});

	test("the scheme may be written in any letters", async () => {
		const { ask } = apiBench();
		expect(
			(await ask("GET", "/api/v1/status", { headers: { authorization: `bearer ${adminTokenOfTests}` } })).status,
		).toBe(200);
	});

	test("failed attempts stand among the refusals", async () => {
		const { ask, get } = apiBench();
		await ask("GET", "/api/v1/status", { headers: { authorization: "Bearer guess" } });
		const { json } = await get("refusals");
		expect(json["counts"]).toEqual({ not_authentic: 1 });
		expect(JSON.stringify(json)).not.toContain("guess");
	});
});

describe("lists", () => {
	test("alerts: filters reach the journal, the page comes back with its cursor", async () => {
		const { get, reader } = apiBench();
		const { json } = await get(
			"alerts?strategy=MyRSIStrategy&symbol=BTCUSD&status=executed&since=2026-01-31&limit=10&cursor=abc",
		);
		expect(json).toMatchObject({ items: [{ id: sampleAlert.id }], next: "next-page" });
		expect(reader.asked).toEqual([
			{
				what: "alerts",
				filter: {
					strategy: "MyRSIStrategy",
					symbol: "BTC/USD",
					status: "executed",
					since: "2026-01-31T00:00:00.000Z",
					limit: 10,
					cursor: "abc",
				},
			},
		]);
	});

	test("an alert by its id and by the sender's; an unknown one is a 404", async () => {
		const { get } = apiBench();
		expect((await get(`alerts/${sampleAlert.id}`)).json).toMatchObject({ trace: [], orders: [{ id: "o1" }] });
		expect((await get("alerts/m1")).json["id"]).toBe(sampleAlert.id);
		const unknown = await get("alerts/nothing");
		expect([unknown.status, unknown.json["code"]]).toEqual([404, "not_found"]);
	});

	test("orders and fills: their filters", async () => {
		const { get, reader } = apiBench();
		await get("orders?open=true&strategy=A");
		await get("fills?order_id=o1");
		expect(reader.asked.map(({ filter }) => filter)).toEqual([{ open: true, strategy: "A" }, { order_id: "o1" }]);
	});

	test.each([
		["alerts?limit=0", "limit"],
		["alerts?limit=501", "from 1 to 500"],
		["alerts?limit=ten", "limit"],
		["alerts?limit=1e2", "limit"],
		["alerts?status=done", "accepted, executed"],
		["alerts?since=yesterday", "2026-01-31T13:37:00Z"],
		["alerts?strat=A", "strategy, symbol"],
		["orders?open=yes", "true or false"],
		["positions?symbol=A", "not a parameter"],
		["refusals?limit=5000", "limit"],
		["events?after=-1", "after"],
	])("%s is refused and says how it is right", async (path, words) => {
		const { get, reader } = apiBench();
		const answer = await get(path);
		expect([answer.status, answer.json["code"]]).toEqual([422, "bad_field"]);
		expect(`${answer.json["detail"]} ${answer.json["hint"]}`).toContain(words);
		expect(reader.asked).toEqual([]);
	});

	test("refusals: newest first, as many as asked for, and the counts", async () => {
		const { get, post } = apiBench();
		await post("hello");
		await post("{}");
		const { json } = await get("refusals?limit=1");
		expect(json).toMatchObject({
			items: [{ code: "missing_field" }],
			next: null,
			counts: { unreadable_body: 1, missing_field: 1 },
		});
	});

	test("status says what `nexus status` shows", async () => {
		const { get } = apiBench();
		expect((await get("status")).json).toEqual({
			version: "1.2.3",
			pid: process.pid,
			started_at: "2026-01-31T13:00:00.000Z",
			uptime_s: 37 * 60,
			ready: true,
			not_ready_reason: null,
			alerts: { executed: 3, rejected: 1 },
			orders: 4,
			fills: 5,
			waiting: 2,
			refusals: {},
			trading_states: [],
			journal_bytes: 4096,
		});
	});

	test("an error inside is a 500 problem without its words", async () => {
		const { get, reader, logged } = apiBench();
		reader.broken = true;
		const answer = await get("status");
		expect([answer.status, answer.json["code"]]).toEqual([500, "internal_error"]);
		expect(answer.text).not.toContain("secret internals");
		expect(logged.join("\n")).toContain("secret internals");
	});

	test.each([
		["POST", "/api/v1/alerts", "GET, OPTIONS"],
		["GET", "/api/v1/halt", "POST, OPTIONS"],
		["DELETE", "/api/v1/positions", "GET, OPTIONS"],
	])("%s %s is a 405 that names what is allowed", async (method, path, allow) => {
		const answer = await apiBench().ask(method, path);
		expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
	});

	test("an unknown address below the API is a 404 problem", async () => {
		const answer = await apiBench().get("nothing");
		expect([answer.status, answer.json["code"]]).toEqual([404, "not_found"]);
	});
});

describe("stated and ours", () => {
	test("what TradingView states, beside what we hold", async () => {
		expect((await apiBench().get("stated")).json).toEqual({
			items: [JSON.parse(JSON.stringify(sampleStated))],
			next: null,
		});
	});

	test("an alert that waits for another has a live line in its trace, one that does not has none", async () => {
		const { get, desk, reader } = apiBench();
		const waiting = { ...sampleAlert, status: "accepted" as const, ended_at: null, trace: [], orders: [], fills: [] };
		reader.alert = async () => waiting;
		expect((await get(`alerts/${sampleAlert.id}`)).json["trace"]).toEqual([]);
		desk.held.set(sampleAlert.id, "an alert in between has not come yet");
		expect((await get("alerts/m1")).json["trace"]).toEqual([
			{ stage: "sequence", verdict: "hold", detail: "an alert in between has not come yet", ms: expect.any(Number) },
		]);
		reader.alert = async () => ({ ...waiting, status: "executed" });
		expect((await get(`alerts/${sampleAlert.id}`)).json["trace"]).toEqual([]);
	});

	test("resume lists what is out of step and trades nothing", async () => {
		const { command, desk } = apiBench();
		const { json } = await command("resume", { strategy: "MyRSIStrategy" });
		expect(json["out_of_step"]).toMatchObject([{ strategy: "MyRSIStrategy", ours: [{ difference: "0.5" }] }]);
		expect(json).not.toHaveProperty("followed");
		expect(desk.followed).toEqual([]);
	});

	test("resume with follow trades it in the same scope, after resuming, and says what came of it", async () => {
		const { command, desk } = apiBench();
		const { json } = await command("resume", { symbol: "BTCUSD", follow: true });
		expect(json["followed"]).toMatchObject([{ status: "executed", reason: "bought 0.5" }]);
		expect(json["out_of_step"]).toEqual([]);
		expect(desk.followed).toEqual([{ scope: { scope: "symbol", name: "BTC/USD" }, by: { actor: "api" } }]);
		expect(desk.states).toMatchObject([{ state: "active", scope: "symbol" }]);
	});

	test("follow: false is no follow", async () => {
		const { command, desk } = apiBench();
		await command("resume", { follow: false });
		expect(desk.followed).toEqual([]);
	});

	test.each([
		["resume", { follow: "yes" }, "follow"],
		["resume", { freeze: true }, "freeze"],
		["halt", { follow: true }, "follow"],
		["flatten", { follow: true }, "follow"],
	])("%s %p is refused, nothing is switched and nothing traded", async (path, body, field) => {
		const { command, desk } = apiBench();
		const answer = await command(path, body);
		expect([answer.status, answer.json["code"]]).toEqual([422, "bad_field"]);
		expect(`${answer.json["detail"]}`).toContain(field);
		expect([desk.states, desk.followed, desk.flattened]).toEqual([[], [], []]);
	});
});

describe("switches", () => {
	test.each([
		["halt", "halted"],
		["reduce", "reducing"],
		["resume", "active"],
	])("%s without a body sets %s for everything", async (path, state) => {
		const { command, desk } = apiBench();
		const answer = await command(path);
		expect(answer.status).toBe(200);
		expect(desk.states).toMatchObject([{ scope: "all", name: "", state, freeze: false, actor: "api" }]);
		expect(answer.json["trading_states"]).toEqual(JSON.parse(JSON.stringify(desk.states)));
	});

	test.each([
		[{ account: "paper" }, { scope: "account", name: "paper" }],
		[
			{ strategy: "MyRSIStrategy", reason: "news" },
			{ scope: "strategy", name: "MyRSIStrategy", reason: "news" },
		],
		[{ symbol: "BTC/USD" }, { scope: "symbol", name: "BTC/USD" }],
		[{ symbol: "BTCUSD" }, { scope: "symbol", name: "BTC/USD" }],
		[{ symbol: "BTCUSDT.P" }, { scope: "symbol", name: "BTC/USDT:USDT" }],
		[{ symbol: "SOL/USD" }, { scope: "symbol", name: "SOL/USD" }],
		// As symbols_map has it: a halt of GOLD must stop what alerts on GOLD trade.
		[{ symbol: "gold" }, { scope: "symbol", name: "XAU/USD" }],
		[{ freeze: true }, { scope: "all", freeze: true }],
	])("halt %p holds for %p", async (body, entry) => {
		const { command, desk } = apiBench();
		expect((await command("halt", body)).status).toBe(200);
		expect(desk.states).toMatchObject([entry]);
	});

	test("flatten closes what is in scope and lists its orders", async () => {
		const { command, desk } = apiBench();
		const { json } = await command("flatten", { symbol: "BTCUSD", reason: "trouble" });
		expect(json).toMatchObject({ items: [{ id: "o1" }], next: null });
		expect(desk.flattened).toEqual([
			{ scope: { scope: "symbol", name: "BTC/USD" }, by: { actor: "api", reason: "trouble" } },
		]);
	});

	test("who says that he is the command line is kept as such; others are not believed", async () => {
		const { ask, desk } = apiBench();
		for (const actor of ["cli", "risk", "plugin:x"]) {
			await ask("POST", "/api/v1/halt", {
				headers: { authorization: `Bearer ${adminTokenOfTests}`, "x-nexus-actor": actor },
			});
		}
		expect(desk.states.map(({ actor }) => actor)).toEqual(["cli", "api", "api"]);
	});

	test.each([
		["halt", { account: "paper", symbol: "BTC/USD" }, 422, "contradictory_fields", "do not go together"],
		["halt", { acount: "paper" }, 422, "bad_field", "acount"],
		["halt", { account: 7 }, 422, "bad_field", "account"],
		["halt", { account: "" }, 422, "bad_field", "account"],
		["halt", { freeze: "yes" }, 422, "bad_field", "freeze"],
		["reduce", { freeze: true }, 422, "bad_field", "freeze"],
		["halt", { account: "nobody" }, 404, "not_found", "paper"],
		["flatten", { strategy: "nobody" }, 404, "not_found", "MyRSIStrategy"],
		["halt", { symbol: "B T C" }, 422, "bad_field", "BTC/USD"],
		["halt", { reason: "x".repeat(501) }, 422, "bad_field", "reason"],
		["halt", "not json", 400, "unreadable_body", "JSON"],
		["halt", "[]", 422, "bad_field", "body"],
		["halt", "null", 422, "bad_field", "body"],
		["halt", `{"reason":"${"x".repeat(20_000)}"}`, 413, "body_too_large", "16384"],
	])("%s %p is refused with %p %s and nothing is switched", async (path, body, status, code, words) => {
		const { command, desk } = apiBench();
		const answer = await command(path, body);
		expect([answer.status, answer.json["code"]]).toEqual([status, code]);
		expect(`${answer.json["detail"]} ${answer.json["hint"]}`).toContain(words);
		expect(desk.states).toEqual([]);
		expect(desk.flattened).toEqual([]);
	});
});

describe("settle", () => {
	test.each([
		[{ filled: "0" }, { filled: "0" }, { actor: "api" }],
		[{ filled: "0.5", price: "42000.5" }, { filled: "0.5", price: "42000.5" }, { actor: "api" }],
		[{ filled: "0", reason: "seen on its page" }, { filled: "0" }, { actor: "api", reason: "seen on its page" }],
	])("%p reaches the desk as it was said, and the order is the answer", async (body, said, by) => {
		const { command, desk } = apiBench();
		const answer = await command("orders/o1/settle", body);
		expect([answer.status, answer.json]).toEqual([200, JSON.parse(JSON.stringify(sampleOrder))]);
		expect(desk.settled).toEqual([{ order: "o1", said, by }]);
	});

	test.each([
		["an order that is not in review", "o2", { filled: "0" }, 409, "not_in_review", "is filled, not in review"],
		["no such order", "o3", { filled: "0" }, 404, "not_found", "Look again."],
		["no body at all", "o1", undefined, 422, "bad_field", "filled"],
		["nothing about what was filled", "o1", { price: "42000" }, 422, "bad_field", "filled"],
		["a number, which a float could have changed", "o1", { filled: 0.5 }, 422, "bad_field", "filled"],
		["an empty text", "o1", { filled: "" }, 422, "bad_field", "filled"],
		["a misspelt field", "o1", { filled: "0", prize: "1" }, 422, "bad_field", "prize"],
		["a reason without end", "o1", { filled: "0", reason: "x".repeat(501) }, 422, "bad_field", "reason"],
	])("%s is refused as a problem with a hint, and nothing is settled", async (_, id, body, status, code, words) => {
		const { command, desk } = apiBench();
		const answer = await command(`orders/${id}/settle`, body);
		expect([answer.status, answer.json["code"]]).toEqual([status, code]);
		expect(answer.headers.get("content-type")).toStartWith("application/problem+json");
		expect(`${answer.json["detail"]} ${answer.json["hint"]}`).toContain(words);
		expect(answer.json["hint"]).not.toBe("");
		expect(desk.settled).toEqual([]);
	});
});

test("the check of answers against their schemas can fail", () => {
	const alerts = operations.find(({ name }) => name === "GET /api/v1/alerts")?.operation.responses["200"]?.content[
		"application/json"
	]?.schema as TSchema;
	expect(strictKeys(alerts, { items: [{ ...sampleAlert, extra: 1 }] })).toEqual([
		"/next is missing",
		"/items/0/extra is not described",
	]);
});
