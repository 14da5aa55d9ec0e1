/** Failed attempts are limited for each source; what is authentic never is. */
import { describe, expect, test } from "bun:test";
import { failures } from "../../src/pipeline/failures.ts";
import { bench, hexOf, payload, secretKey, secretOfRsi, tokenOfAll } from "../http/support/bench.ts";
import { directory, strategy } from "../http/support/fakes.ts";
import { ManualClock } from "../http/support/manual-clock.ts";

const limited = { secret_key: secretKey, failures: { per_second: 1, burst: 3 } };
const body = payload();

async function statuses(times: number, ask: () => Promise<{ status: number }>): Promise<number[]> {
	const seen: number[] = [];
	for (let i = 0; i < times; i++) seen.push((await ask()).status);
	return seen;
}

describe("failures", () => {
	test("so many failures get 401, the next ones 429 with Retry-After", async () => {
		const { post } = bench(limited);
		expect(await statuses(4, () => post(body))).toEqual([401, 401, 401, 429]);
		const answer = await post(body);
		expect(answer.status).toBe(429);
		expect(answer.json["code"]).toBe("too_many");
		expect(answer.headers.get("retry-after")).toBe("1");
	});

	test("an authentic alert from the same address is recorded all the same", async () => {
		const { post, journal } = bench(limited);
		await statuses(50, () => post(body));
		expect((await post(body, { "x-signature": hexOf(body) })).status).toBe(202);
		expect(journal.receptions).toHaveLength(1);
	});

	test("authentic alerts take nothing from the bucket", async () => {
		const { post } = bench(limited);
		for (let i = 0; i < 20; i++) {
			const unique = payload({ alert_id: String(i) });
			expect((await post(unique, { "x-signature": hexOf(unique) })).status).toBe(202);
		}
		expect((await post(body)).status).toBe(401);
	});

	test("an authentic body that is no alert is no failed attempt", async () => {
		const { post } = bench(limited);
		expect(await statuses(6, () => post("hello", { "x-signature": hexOf("hello") }))).toEqual(Array(6).fill(400));
	});

	test("each source has its own bucket", async () => {
		const { post } = bench(limited);
		expect(await statuses(4, () => post(body, {}, "/webhook", "203.0.113.1"))).toEqual([401, 401, 401, 429]);
		expect((await post(body, {}, "/webhook", "203.0.113.2")).status).toBe(401);
	});

	test("the bucket fills again with time, and never above its size", async () => {
		const { post, clock } = bench(limited);
		await statuses(4, () => post(body));
		await clock.advance(999);
		expect((await post(body)).status).toBe(429);
		await clock.advance(1001);
		expect(await statuses(3, () => post(body))).toEqual([401, 401, 429]);
		await clock.advance(3_600_000);
		expect(await statuses(4, () => post(body))).toEqual([401, 401, 401, 429]);
	});

	test("Retry-After says how long it takes for one more attempt", async () => {
		const { post } = bench({ secret_key: secretKey, failures: { per_second: 0.1, burst: 1 } });
		await post(body);
		expect((await post(body)).headers.get("retry-after")).toBe("10");
	});

	test("wrong tokens and wrong secrets in the body are failed attempts as well", async () => {
		const strategies = directory(strategy("MyRSIStrategy", { secrets: [secretOfRsi] }));
		const { post } = bench({ tokens: [tokenOfAll], strategies, failures: { per_second: 1, burst: 2 } });
		expect((await post(body, {}, "/webhook/wrong")).status).toBe(401);
		expect((await post(payload({ secret: "guess" }))).status).toBe(401);
		expect((await post(payload({ secret: "guess 2" }))).status).toBe(429);
		expect((await post(payload({ secret: secretOfRsi }))).status).toBe(202);
	});

	test("what could not be read before it was authentic is a failed attempt", async () => {
		const strategies = directory(strategy("MyRSIStrategy", { secrets: [secretOfRsi] }));
		const { post } = bench({ strategies, failures: { per_second: 1, burst: 2 } });
		expect(await statuses(3, () => post("hello"))).toEqual([400, 400, 429]);
	});

	test("in a body of several commands only those that are not authentic turn into 429", async () => {
		const strategies = directory(strategy("MyRSIStrategy", { secrets: [secretOfRsi] }));
		const { post } = bench({ strategies, failures: { per_second: 1, burst: 1 } });
		const two = () =>
			`[${payload({ secret: "guess" })},${payload({ secret: secretOfRsi, alert_id: crypto.randomUUID() })}]`;
		const first = await post(two());
		const second = await post(two());
		const codes = (answer: typeof first) =>
			(answer.json["items"] as { code?: string; status: unknown }[]).map((item) => item.code ?? item.status);
		expect([first.status, codes(first)]).toEqual([202, ["not_authentic", "accepted"]]);
		expect([second.status, codes(second)]).toEqual([202, ["too_many", "accepted"]]);
	});

	test("only so many sources are remembered, the one that failed longest ago is forgotten", () => {
		const clock = new ManualClock();
		const stage = failures({ rate: { per_second: 0.001, burst: 1 }, sources_max: 2, clock });
		const fail = (source: string) => {
			const refusal = { code: "not_authentic", detail: "" } as const;
			const context = { source, refusal, commands: [], proof: undefined } as unknown as Parameters<
				typeof stage.after
			>[0];
			stage.after(context);
			return context.refusal?.code;
		};
		expect([fail("a"), fail("b"), fail("a"), fail("c")]).toEqual([
			"not_authentic",
			"not_authentic",
			"too_many",
			"not_authentic",
		]);
		expect(fail("a")).toBe("too_many");
		expect(fail("b")).toBe("not_authentic");
	});

	test.each([
		[{ per_second: 0, burst: 1 }, 10],
		[{ per_second: 1, burst: 0 }, 10],
		[{ per_second: 1, burst: 1 }, 0],
	])("a rate of %p with %p sources is refused at once", (rate, sources_max) => {
		expect(() => failures({ rate, sources_max, clock: new ManualClock() })).toThrow(RangeError);
	});
});
