/** What a sender is told: statuses, bodies and headers of the webhook, and what must not be in them. */
import { describe, expect, test } from "bun:test";
import type { Alert } from "../../src/domain/records.ts";
import { WebhookServer } from "../../src/http/webhook-server.ts";
import { bench, hexOf, payload, reader, secretKey } from "./support/bench.ts";
import { ManualClock, settle } from "./support/manual-clock.ts";

interface Row {
	readonly name: string;
	readonly method?: string;
	readonly path: string;
	readonly body?: string;
	readonly status: number;
	readonly code?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly contains?: readonly string[];
}

const rows: readonly Row[] = [
	{
		name: "an alert",
		path: "/webhook",
		status: 202,
		contains: ['"status":"accepted"'],
		headers: { "content-type": "application/json" },
	},
	{ name: "an alert with a slash behind the path", path: "/webhook/", status: 202 },
	{ name: "an alert with a token nobody asks for", path: "/webhook/abc", status: 202 },
	{
		name: "a browser's GET",
		method: "GET",
		path: "/webhook",
		status: 405,
		code: "method_not_allowed",
		headers: { allow: "POST, OPTIONS" },
		contains: ["TradingView"],
	},
	{
		name: "a GET with a token",
		method: "GET",
		path: "/webhook/a-secret-token",
		status: 405,
		code: "method_not_allowed",
	},
	{ name: "PUT", method: "PUT", path: "/webhook", status: 405, code: "method_not_allowed" },
	{ name: "DELETE", method: "DELETE", path: "/webhook", status: 405, code: "method_not_allowed" },
	{ name: "OPTIONS", method: "OPTIONS", path: "/webhook", status: 204, headers: { allow: "POST, OPTIONS" } },
	{ name: "HEAD", method: "HEAD", path: "/webhook", status: 405, headers: { allow: "POST, OPTIONS" } },
	{ name: "an unknown address", path: "/nowhere", status: 404, code: "not_found" },
	{ name: "the root, which has no page", method: "GET", path: "/", status: 404, code: "not_found" },
	{ name: "too many parts behind the path", path: "/webhook/a-secret-token/b", status: 404, code: "not_found" },
	{ name: "the path in capitals", path: "/WEBHOOK", status: 404, code: "not_found" },
	{ name: "a token that is no valid percent encoding", path: "/webhook/%zz", status: 202 },
	{ name: "an unreadable body", path: "/webhook", body: "hello", status: 400, code: "unreadable_body" },
	{ name: "no alert", path: "/webhook", body: "{}", status: 422, code: "missing_field" },
	{ name: "alive", method: "GET", path: "/healthz", status: 200, contains: ['"status":"ok"'] },
	{ name: "alive, asked with HEAD", method: "HEAD", path: "/healthz", status: 200 },
	{
		name: "alive, asked with POST",
		path: "/healthz",
		status: 405,
		code: "method_not_allowed",
		headers: { allow: "GET, HEAD, OPTIONS" },
	},
	{ name: "ready", method: "GET", path: "/readyz", status: 200, contains: ['"status":"ready"'] },
	{ name: "the API where there is none", method: "GET", path: "/api/v1/alerts", status: 404, code: "not_found" },
];

describe("answers", () => {
	test.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
		const { send, logged } = bench();
		const method = row.method ?? "POST";
		const answer = await send(row.path, { method, ...(method === "POST" ? { body: row.body ?? payload() } : {}) });
		expect(answer.status, answer.text).toBe(row.status);
		for (const [name, value] of Object.entries(row.headers ?? {})) expect(answer.headers.get(name)).toBe(value);
		for (const part of row.contains ?? []) expect(answer.text).toContain(part);
		if (row.code !== undefined) {
			expect(answer.headers.get("content-type")).toBe("application/problem+json");
			expect(answer.json).toMatchObject({ code: row.code, status: row.status, type: `urn:nexus:${row.code}` });
			for (const field of ["title", "detail", "hint"]) expect(answer.json[field]).toBeString();
		}
		if (method === "HEAD") expect(answer.text).toBe("");
		expect(answer.text).not.toMatch(/ at .*\.ts|a-secret-token/);
		expect(answer.headers.get("server")).toBeNull();
		expect(answer.headers.get("x-powered-by")).toBeNull();
		expect(answer.headers.get("location")).toBeNull();
		expect(logged.filter((line) => line.startsWith("error"))).toEqual([]);
	});

	test("another path, also one of several parts and with a slash at its end", async () => {
		const { post } = bench({ path: "/hooks/tv/" });
		expect((await post(payload(), {}, "/hooks/tv")).status).toBe(202);
		expect((await post(payload(), {}, "/webhook")).status).toBe(404);
		expect(() => bench({ path: "hooks" })).toThrow("must begin with /");
	});

	test("the server is not ready: 503 with the reason, and it still takes alerts", async () => {
		const { send, post } = bench({ readiness: () => ({ ready: false, reason: "the journal is full" }) });
		const answer = await send("/readyz");
		expect([answer.status, answer.json["reason"]]).toEqual([503, "the journal is full"]);
		expect((await post(payload())).status).toBe(202);
	});

	test("a bug is a 500 without its words, and the log has them", async () => {
		const broken = {
			...reader,
			readBody: () => {
				throw new Error("the innermost secret");
			},
		};
		const { post, logged } = bench({ reader: broken });
		const answer = await post(payload());
		expect([answer.status, answer.json["code"]]).toEqual([500, "internal_error"]);
		expect(answer.text).not.toContain("innermost");
		expect(logged.join("\n")).toContain("the innermost secret");
	});

	test("refusals leave a line each in a bounded ring, newest first, counters, and nothing in the journal", async () => {
		const { post, server, journal, clock } = bench({ secret_key: secretKey, refusals_max: 3 });
		for (let i = 0; i < 5; i++) {
			await clock.advance(1000);
			await post(payload(), {}, "/webhook", `203.0.113.${i}`);
		}
		await post("hello", { "x-signature": hexOf("hello") });
		const list = server.refusals.list();
		expect(list.map(({ code, source, stage }) => `${code} ${source} ${stage}`)).toEqual([
			"unreadable_body 127.0.0.1 read",
			"not_authentic 203.0.113.4 signature",
			"not_authentic 203.0.113.3 signature",
		]);
		expect(list[0]?.at).toBe(new Date(clock.now()).toISOString());
		expect(server.refusals.counts()).toEqual({ not_authentic: 5, unreadable_body: 1 });
		expect(journal.receptions).toHaveLength(0);
	});
});

describe("the short way past the router", () => {
	for (const [name, path, method, status] of [
		["the webhook's address", "/webhook", "POST", 202],
		["with a query", "/webhook?wait=nonsense", "POST", 202],
		["with a question mark alone", "/webhook?", "POST", 202],
		["a longer name", "/webhooks", "POST", 404],
		["a path below", "/webhook/one/two", "POST", 404],
		["a path above", "/other/webhook", "POST", 404],
		["another method", "/webhook", "GET", 405],
		["an unknown dialect", "/webhook?dialect=none", "POST", 422],
	] as const) {
		test(`${name} is answered as the router answers it: ${status}`, async () => {
			const { server } = bench();
			const ask = () =>
				new Request(`http://localhost${path}`, method === "POST" ? { method, body: payload() } : { method });
			expect((await server.app.fetch(ask())).status).toBe(status);
			const again = await server.handle(ask());
			// The same body again is a duplicate.
			expect(again.status).toBe(status === 202 ? 200 : status);
		});
	}

	test("an error inside is one line in the log and a 500 without its cause", async () => {
		const { post, logged } = bench({
			reader: {
				...reader,
				readBody() {
					throw new Error("a broken reader");
				},
			},
		});
		const answer = await post(payload());
		expect([answer.status, answer.json["code"]]).toEqual([500, "internal_error"]);
		expect(answer.text).not.toContain("a broken reader");
		expect(logged.join("\n")).toContain("a broken reader");
	});
});

describe("several commands", () => {
	const items = (answer: { json: Record<string, unknown> }) =>
		answer.json["items"] as { id?: string; status: unknown; code?: string }[];

	test("each is an alert of its own, recorded with its own id", async () => {
		const { post, journal, intake } = bench();
		const answer = await post(`[${payload()},${payload({ action: "sell" })}]`);
		expect(answer.status).toBe(202);
		expect(items(answer).map(({ status }) => status)).toEqual(["accepted", "accepted"]);
		expect(items(answer).map(({ id }) => id)).toEqual(journal.receptions.map(({ alert }) => alert.id));
		expect(new Set(items(answer).map(({ id }) => id)).size).toBe(2);
		expect(intake.taken.map(({ open }) => open.alert.type)).toEqual(["LONG_ENTRY", "SHORT_ENTRY"]);
	});

	test("lines are commands as well", async () => {
		const { post } = bench();
		const answer = await post(`${payload({ alert_id: "a" })}\n${payload({ alert_id: "b" })}`);
		expect([answer.status, items(answer).length]).toEqual([202, 2]);
	});

	test("an array of one is answered like the one", async () => {
		const { post } = bench();
		const answer = await post(`[${payload()}]`);
		expect([answer.status, answer.json["status"]]).toEqual([202, "accepted"]);
	});

	test("one that is refused does not keep the others from being recorded", async () => {
		const { post, server } = bench();
		const answer = await post(`[${payload({ price: -1 })},${payload()}]`);
		expect(answer.status).toBe(202);
		expect(items(answer).map(({ status, code }) => code ?? status)).toEqual(["bad_price", "accepted"]);
		expect(server.refusals.counts()).toEqual({ bad_price: 1 });
	});

	test("all refused: the first one's status, with every problem", async () => {
		const { post, journal } = bench();
		const answer = await post(`[${payload({ price: -1 })},${payload({ symbol: undefined })}]`);
		expect([answer.status, answer.json["code"]]).toEqual([422, "bad_price"]);
		expect(answer.headers.get("content-type")).toBe("application/problem+json");
		expect(items(answer).map(({ code }) => code)).toEqual(["bad_price", "missing_field"]);
		expect(journal.receptions).toHaveLength(0);
	});

	test("all seen before: 200; one new among them: 202", async () => {
		const { post } = bench();
		const [a, b, c] = ["a", "b", "c"].map((alert_id) => payload({ alert_id }));
		await post(`[${a},${b}]`);
		expect((await post(`[${b},${a}]`)).status).toBe(200);
		const mixed = await post(`[${a},${c}]`);
		expect(mixed.status).toBe(202);
		expect(items(mixed).map(({ status }) => status)).toEqual(["duplicate", "accepted"]);
	});

	test("none could be recorded: 503, so that it is sent again", async () => {
		const { post, journal } = bench();
		journal.trouble = "rejects";
		const answer = await post(`[${payload({ price: -1 })},${payload()}]`);
		expect(answer.status).toBe(503);
		expect(answer.headers.get("retry-after")).not.toBeNull();
	});

	test("one was recorded and the journal then failed: no 5xx", async () => {
		const { post, journal } = bench();
		const accept = journal.accept.bind(journal);
		let asked = 0;
		journal.accept = (reception) => (asked++ === 0 ? accept(reception) : Promise.reject(new Error("disk full")));
		const answer = await post(`[${payload()},${payload({ action: "sell" })}]`);
		expect(answer.status).toBe(202);
		expect(items(answer).map(({ status, code }) => code ?? status)).toEqual(["accepted", "not_recorded"]);
	});
});

describe("?wait=", () => {
	test("an alert that ends in time is answered with 200 and its outcome, without the body it came in", async () => {
		const { post } = bench();
		const answer = await post(payload({ message: "a long story" }), {}, "/webhook?wait=2s");
		expect(answer.status).toBe(200);
		expect(answer.json).toMatchObject({ status: "executed", type: "LONG_ENTRY", orders: [] });
		expect(answer.json["raw"]).toBeUndefined();
	});

	test.each([
		["2s", 2000],
		["500ms", 500],
		["1", 1000],
		["1.5", 1500],
		["60s", 2000],
	])("one that does not end within wait=%s is answered with 202 after %p ms", async (wait, ms) => {
		const { post, intake, clock } = bench();
		intake.ends = false;
		let status: number | undefined;
		const answering = post(payload(), {}, `/webhook?wait=${wait}`).then((answer) => {
			status = answer.status;
			return answer;
		});
		await settle();
		await clock.advance(ms - 1);
		expect(status).toBeUndefined();
		await clock.advance(1);
		expect(await answering).toMatchObject({ status: 202, json: { status: "accepted" } });
		expect(clock.timers).toBe(0);
	});

	test.each(["", "abc", "-1", "0", "1h", "1e9"])(
		"wait=%p is no wish to wait, and no reason to refuse",
		async (wait) => {
			const { post, intake } = bench();
			intake.ends = false;
			expect((await post(payload(), {}, `/webhook?wait=${wait}`)).status).toBe(202);
		},
	);

	test("only so many wait at a time; the next one is answered at once", async () => {
		const { post, intake, clock } = bench({ waiters_max: 2 });
		intake.ends = false;
		const wait = (id: number) => post(payload({ alert_id: String(id) }), {}, "/webhook?wait=2s");
		const waiting = [wait(1), wait(2)];
		await settle();
		expect((await wait(3)).status).toBe(202);
		await clock.advance(2000);
		expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([202, 202]);
		intake.ends = true;
		expect((await wait(4)).status).toBe(200);
	});

	test("an outcome that cannot be read is still a 202: the alert is on disk", async () => {
		const { post, journal, logged } = bench();
		journal.reader.alert = () => Promise.reject(new Error("reader gone"));
		expect((await post(payload(), {}, "/webhook?wait=1s")).status).toBe(202);
		expect(logged.join("\n")).toContain("reader gone");
	});

	test("a duplicate is not waited for", async () => {
		const { post, intake } = bench();
		await post(payload());
		intake.ends = false;
		expect((await post(payload(), {}, "/webhook?wait=2s")).status).toBe(200);
	});

	test("several that all end are answered with 200 and their outcomes", async () => {
		const { post } = bench();
		const answer = await post(`[${payload()},${payload({ action: "sell" })}]`, {}, "/webhook?wait=1s");
		expect(answer.status).toBe(200);
		expect((answer.json["items"] as { status: string }[]).map(({ status }) => status)).toEqual([
			"executed",
			"executed",
		]);
	});
});

describe("on_alert", () => {
	/** A server as an embedding program makes it, without journal and intake. */
	function embedded() {
		const clock = new ManualClock();
		const logged: string[] = [];
		const server = new WebhookServer({ clock, reader, log: (level, message) => logged.push(`${level} ${message}`) });
		const post = (body: string, path = "/webhook") =>
			server.handle(new Request(`http://localhost${path}`, { method: "POST", body }));
		return { clock, server, post, logged };
	}

	test("alone it records in memory, answers, and then calls its handlers in order", async () => {
		const { clock, server, post } = embedded();
		const seen: string[] = [];
		server
			.on_alert((alert) => void seen.push(`first ${alert.type}`))
			.on_alert(async (alert) => void seen.push(`second ${alert.symbol}`));
		expect((await post(payload())).status).toBe(202);
		expect(seen).toEqual([]);
		await clock.advance(0);
		expect(seen).toEqual(["first LONG_ENTRY", "second BTC/USD"]);
		expect((await post(payload())).status).toBe(200);
		await clock.advance(0);
		expect(seen).toHaveLength(2);
	});

	test("with ?wait it tells how the handlers ended", async () => {
		const { clock, server, post } = embedded();
		server.on_alert((alert) => {
			if (alert.type === "SHORT_ENTRY") throw new Error("no shorts here");
		});
		const ends = async (action: string) => {
			const answering = post(payload({ action }), "/webhook?wait=2s");
			await settle();
			await clock.advance(0);
			return (await answering).json() as Promise<Record<string, unknown>>;
		};
		expect(await ends("buy")).toMatchObject({ status: "executed", reason: "Alert processed" });
		expect(await ends("sell")).toMatchObject({ status: "failed", code: "strategy_error", reason: "no shorts here" });
	});

	test("beside an intake of its own, handlers are called as well and their errors are only logged", async () => {
		const { server, post, clock, intake, logged } = bench();
		const seen: Alert[] = [];
		server.on_alert(() => Promise.reject(new Error("handler broke")));
		server.on_alert((alert) => void seen.push(alert));
		expect((await post(payload())).status).toBe(202);
		await clock.advance(0);
		expect(intake.taken).toHaveLength(1);
		expect(seen).toHaveLength(1);
		expect(logged.join("\n")).toContain("handler broke");
	});

	test("what is refused never reaches a handler", async () => {
		const { server, post, clock } = bench({ secret_key: secretKey });
		let calls = 0;
		server.on_alert(() => void calls++);
		await post(payload());
		await clock.advance(1);
		expect(calls).toBe(0);
	});
});
