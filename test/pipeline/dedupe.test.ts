/** Duplicates, replays, and what happens when the journal fails or is slow. */
import { describe, expect, test } from "bun:test";
import { late_ms_max } from "../../src/pipeline/deadlines.ts";
import { dedupe, record_ms_max } from "../../src/pipeline/dedupe.ts";
import { bench, hexOf, payload, secretKey, standardHeaders, tokenOfAll, tokenOfRsi } from "../http/support/bench.ts";
import { directory, strategy } from "../http/support/fakes.ts";
import { ManualClock, settle } from "../http/support/manual-clock.ts";

const hour = 3_600_000;

describe("duplicates", () => {
	test("the same id with the same meaning is a duplicate for an hour, with the first one's id", async () => {
		const { post, clock, intake } = bench();
		const first = await post(payload({ alert_id: "m1" }));
		await clock.advance(hour - 1);
		const second = await post(payload({ alert_id: "m1", message: "another comment" }));
		expect([second.status, second.json]).toEqual([200, { id: first.json["id"], status: "duplicate" }]);
		expect(intake.taken).toHaveLength(1);
		await clock.advance(2);
		expect((await post(payload({ alert_id: "m1" }))).status).toBe(202);
		expect(intake.taken).toHaveLength(2);
	});

	test("an id used again with another meaning is processed and told to the intake", async () => {
		const { post, intake } = bench();
		await post(payload({ alert_id: "m1" }));
		expect((await post(payload({ alert_id: "m1", action: "sell" }))).status).toBe(202);
		expect(intake.taken.map(({ idReused }) => idReused)).toEqual([false, true]);
	});

	test("without an id the same raw body is a duplicate for 30 seconds", async () => {
		const { post, clock } = bench();
		expect((await post(payload())).status).toBe(202);
		await clock.advance(29_999);
		expect((await post(payload())).status).toBe(200);
		await clock.advance(2);
		expect((await post(payload())).status).toBe(202);
	});

	test("without an id another body of the same meaning is another alert", async () => {
		const { post } = bench();
		expect((await post(payload())).status).toBe(202);
		expect((await post(`${payload()} `)).status).toBe(202);
	});

	test("the webhook-id header is the id, for seven days, whatever the body's id is", async () => {
		const { post, clock } = bench({ secret_key: secretKey });
		const deliver = (body: string) => post(body, standardHeaders(body, Math.floor(clock.now() / 1000)));
		expect((await deliver(payload({ alert_id: "a" }))).status).toBe(202);
		await clock.advance(7 * 24 * hour - 1000);
		expect((await deliver(payload({ alert_id: "b" }))).status).toBe(200);
		await clock.advance(2000);
		expect((await deliver(payload({ alert_id: "c" }))).status).toBe(202);
	});

	test("windows come from the settings", async () => {
		const { post, clock } = bench({ dedupe: { window_ms: 100, id_window_ms: 200 } });
		await post(payload());
		await post(payload({ alert_id: "m1" }));
		await clock.advance(150);
		expect((await post(payload())).status).toBe(202);
		expect((await post(payload({ alert_id: "m1" }))).status).toBe(200);
	});

	test("the same id of two strategies is two alerts, and no id is reported as reused", async () => {
		const { post, intake } = bench();
		expect((await post(payload({ alert_id: "m1" }))).status).toBe(202);
		expect((await post(payload({ alert_id: "m1", strategy: "Other" }))).status).toBe(202);
		expect(intake.taken.map(({ idReused }) => idReused)).toEqual([false, false]);
	});

	test("the same id, or the same body, under two tokens is two alerts", async () => {
		const strategies = directory(strategy("MyRSIStrategy", { tokens: [tokenOfRsi] }), strategy("Other"));
		const { post } = bench({ tokens: [tokenOfAll], strategies });
		for (const body of [payload({ alert_id: "m1" }), payload()]) {
			expect((await post(body, {}, `/webhook/${tokenOfAll}`)).status).toBe(202);
			expect((await post(body, {}, `/webhook/${tokenOfRsi}`)).status).toBe(202);
			expect((await post(body, {}, `/webhook/${tokenOfRsi}`)).status).toBe(200);
		}
	});

	test("keys are 32 hex and hold neither the token nor the id", async () => {
		const { post, journal } = bench({ tokens: [tokenOfAll] });
		await post(payload({ alert_id: "m1" }), {}, `/webhook/${tokenOfAll}`);
		const [reception] = journal.receptions;
		expect(reception?.dedupe.key).toMatch(/^[0-9a-f]{32}$/);
		expect(reception?.dedupe.meaning).toMatch(/^[0-9a-f]{32}$/);
		expect(JSON.stringify(reception)).not.toContain(tokenOfAll);
	});
});

describe("replay of signed bodies", () => {
	const signed = (body: string) => ({ "x-signature": hexOf(body) });

	test("a signed body is a duplicate within its window and refused for good after it", async () => {
		const { post, clock, intake } = bench({ secret_key: secretKey });
		const body = payload();
		expect((await post(body, signed(body))).status).toBe(202);
		expect((await post(body, signed(body))).status).toBe(200);
		await clock.advance(365 * 24 * hour);
		const replay = await post(body, signed(body));
		expect([replay.status, replay.json["code"]]).toEqual([401, "not_authentic"]);
		expect(replay.json["hint"]).toContain('"timenow": "{{timenow}}"');
		expect(intake.taken).toHaveLength(1);
	});

	test.each([
		["with an id", payload({ alert_id: "m1" })],
		["with a time of its own", payload({ time: "2026-01-31T13:37:00Z" })],
		["that closes, for exits are never too old", payload({ action: "close_long", time: "2026-01-31T13:37:00Z" })],
	])("a signed body %s cannot be replayed after its window", async (_name, body) => {
		const { post, clock } = bench({ secret_key: secretKey });
		expect((await post(body, { "x-hub-signature-256": `sha256=${hexOf(body)}` })).status).toBe(202);
		await clock.advance(2 * hour);
		expect((await post(body, { "x-hub-signature-256": `sha256=${hexOf(body)}` })).status).toBe(401);
	});

	test("a new webhook-id header, which the hex form does not sign, makes nothing new of it", async () => {
		const { post, intake } = bench({ secret_key: secretKey });
		const body = payload();
		await post(body, { ...signed(body), "webhook-id": "msg_1" });
		expect((await post(body, { ...signed(body), "webhook-id": "msg_2" })).status).toBe(401);
		expect(intake.taken).toHaveLength(1);
	});

	test("a body accepted with both forms is not accepted again with the hex form alone", async () => {
		const { post, clock } = bench({ secret_key: secretKey });
		const body = payload();
		expect(
			(await post(body, { ...signed(body), ...standardHeaders(body, Math.floor(clock.now() / 1000)) })).status,
		).toBe(202);
		await clock.advance(hour);
		expect((await post(body, signed(body))).status).toBe(401);
	});

	test("it is remembered whatever token it comes with next", async () => {
		const { post, clock } = bench({ secret_key: secretKey, tokens: [tokenOfAll] });
		const body = payload();
		expect((await post(body, signed(body))).status).toBe(202);
		await clock.advance(hour);
		expect((await post(body, signed(body), `/webhook/${tokenOfAll}`)).status).toBe(401);
	});

	test("Standard Webhooks and tokens need no such memory", async () => {
		const { post, clock, journal } = bench({ secret_key: secretKey, tokens: [tokenOfAll] });
		const body = payload();
		await post(body, standardHeaders(body, Math.floor(clock.now() / 1000)));
		await post(body, {}, `/webhook/${tokenOfAll}`);
		expect(journal.receptions.map(({ replay_key }) => replay_key)).toEqual([undefined, undefined]);
	});

	test("what is remembered of a signed body is half of its signature, with which nobody can sign", async () => {
		const { post, journal } = bench({ secret_key: secretKey });
		const body = payload();
		await post(body, signed(body));
		expect(journal.receptions[0]?.replay_key).toBe(hexOf(body).slice(0, 32));
	});

	test("the commands of one signed body are not each other's replay", async () => {
		const { post, clock } = bench({ secret_key: secretKey });
		const body = `[${payload()},${payload()}]`;
		const first = await post(body, signed(body));
		expect((first.json["items"] as { status: string }[]).map(({ status }) => status)).toEqual(["accepted", "accepted"]);
		await clock.advance(hour);
		const replay = await post(body, signed(body));
		expect([replay.status, replay.json["code"]]).toEqual([401, "not_authentic"]);
	});
});

describe("the journal in trouble", () => {
	test.each(["rejects", "throws"] as const)(
		"one that %s: 503 with Retry-After, nothing handed on, no cause shown",
		async (trouble) => {
			const { post, journal, intake, logged } = bench();
			journal.trouble = trouble;
			const answer = await post(payload());
			expect([answer.status, answer.json["code"]]).toEqual([503, "not_recorded"]);
			expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
			expect(answer.text).not.toMatch(/disk full|journal threw/);
			expect(logged.join("\n")).toMatch(/disk full|journal threw/);
			expect(intake.taken).toHaveLength(0);
			journal.trouble = "none";
			expect((await post(payload())).status).toBe(202);
		},
	);

	test("one that is slow: 503 before 250 ms are over; what is recorded after that is still worked on, and its resend is a duplicate", async () => {
		const { post, journal, intake, clock } = bench();
		journal.trouble = "hangs";
		const answering = post(payload());
		await settle();
		await clock.advance(record_ms_max - late_ms_max - 1);
		expect(await Promise.race([answering.then(({ status }) => status), settle().then(() => "waits")])).toBe("waits");
		await clock.advance(1);
		expect((await answering).status).toBe(503);
		expect(intake.taken).toHaveLength(0);
		journal.trouble = "none";
		journal.release();
		await settle();
		expect(intake.taken).toHaveLength(1);
		const resend = await post(payload());
		expect([resend.status, resend.json["id"]]).toEqual([200, intake.taken[0]?.open.alert.id]);
		expect(intake.taken).toHaveLength(1);
	});

	test("an intake that throws does not turn a recorded alert into a refusal", async () => {
		const { post, intake, journal, logged } = bench();
		intake.throws = true;
		expect((await post(payload())).status).toBe(202);
		expect(journal.receptions).toHaveLength(1);
		expect(logged.join("\n")).toContain("the intake threw");
	});

	test("no timer stays behind a record that came in time", async () => {
		const { post, clock } = bench();
		await post(payload());
		expect(clock.timers).toBe(0);
	});
});

describe("room", () => {
	test("an entry over the strategy's bound gets 429 and is not recorded, an exit always has room", async () => {
		const { post, intake, journal } = bench();
		intake.room = false;
		const entry = await post(payload());
		expect([entry.status, entry.json["code"]]).toEqual([429, "too_many"]);
		expect(entry.headers.get("retry-after")).not.toBeNull();
		expect(journal.receptions).toHaveLength(0);
		expect((await post(payload({ action: "close_long" }))).status).toBe(202);
		expect((await post(payload({ action: "stop_loss" }))).status).toBe(202);
	});

	test("windows of nothing are refused at once", () => {
		const { journal, intake } = bench();
		const options = {
			window_ms: 1,
			id_window_ms: 1,
			header_id_window_ms: 1,
			journal,
			intake,
			clock: new ManualClock(),
			log: () => undefined,
		};
		expect(() => dedupe({ ...options, window_ms: 0 })).toThrow(RangeError);
		expect(() => dedupe({ ...options, record_ms_max: late_ms_max })).toThrow(RangeError);
		expect(dedupe({ ...options, record_ms_max: late_ms_max + 1 }).name).toBe("dedupe");
	});
});
