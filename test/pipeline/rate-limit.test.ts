/** Stage `rate_limit`: a burst goes at once, the rest waits its turn in order, nothing is dropped. */
import { describe, expect, test } from "bun:test";
import { Pacer, rateLimit } from "../../src/pipeline/rate-limit.ts";
import { alertOf, flush, ManualClock, strategyOf } from "../engine/support.ts";
import { through } from "./processing-support.ts";

describe("Pacer", () => {
	test("the burst is free, then one every 1/rate", () => {
		const pacer = new Pacer({ per_second: 10, burst: 3 });
		expect(Array.from({ length: 6 }, () => pacer.take(["a"], 1000))).toEqual([0, 0, 0, 100, 200, 300]);
	});

	test("time gives tokens back, never more than the burst", () => {
		const pacer = new Pacer({ per_second: 10, burst: 2 });
		const waits = [0, 0, 0, 100, 150, 9000, 9000, 9000].map((now) => pacer.take(["a"], now));
		expect(waits).toEqual([0, 0, 100, 100, 150, 0, 0, 100]);
	});

	test("every name has its own bucket, and the fuller wait counts", () => {
		const pacer = new Pacer({ per_second: 1, burst: 1 });
		expect(pacer.take(["a", "x"], 0)).toBe(0);
		expect(pacer.take(["b", "y"], 0)).toBe(0);
		expect(pacer.take(["a", "y"], 0)).toBe(1000);
		expect(pacer.take(["a", "z"], 0)).toBe(2000);
	});

	test("over any stretch of time no more than burst + rate × time are let go", () => {
		const pacer = new Pacer({ per_second: 3, burst: 5 });
		const leaves = Array.from({ length: 200 }, (_, index) => index * 37 + pacer.take(["a"], index * 37)).sort(
			(a, b) => a - b,
		);
		for (let from = 0; from < leaves.length; from++) {
			for (let to = from; to < leaves.length; to++) {
				const stretch = (leaves[to] ?? 0) - (leaves[from] ?? 0);
				expect(to - from + 1).toBeLessThanOrEqual(5 + Math.ceil((stretch * 3) / 1000) + 1);
			}
		}
	});

	test("the oldest of too many buckets is forgotten, the used ones are not", () => {
		const pacer = new Pacer({ per_second: 0.001, burst: 1 });
		pacer.take(["kept"], 0);
		pacer.take(["old"], 0);
		pacer.take(["kept"], 0);
		for (let index = 0; index < 9_999; index++) pacer.take([`n${index}`], 0);
		expect(pacer.take(["old"], 0)).toBe(0);
		expect(pacer.take(["n9998"], 0)).toBeGreaterThan(0);
	});

	for (const rate of [
		{ per_second: 0, burst: 1 },
		{ per_second: 1, burst: 0 },
		{ per_second: Number.NaN, burst: 1 },
	]) {
		test(`${rate.per_second}/s with a burst of ${rate.burst} is refused`, () =>
			expect(() => new Pacer(rate)).toThrow(RangeError));
	}
});

describe("rate_limit", () => {
	test("lets alerts of one source through in the order they came, and says what waited", async () => {
		const clock = new ManualClock();
		const stage = rateLimit({ per_second: 1, burst: 1 }, clock);
		const seen: string[] = [];
		const runs = ["1", "2", "3"].map(async (alert_id) => {
			const result = await through(alertOf("buy", { alert_id }), strategyOf(), stage);
			seen.push(alert_id);
			return result;
		});
		await flush();
		expect(seen).toEqual(["1"]);
		await clock.advance(999);
		expect(seen).toEqual(["1"]);
		await clock.advance(1);
		expect(seen).toEqual(["1", "2"]);
		await clock.advance(1000);
		const [first, second, third] = await Promise.all(runs);
		expect([first?.verdict, second?.verdict, third?.verdict]).toEqual(["pass", "hold", "hold"]);
		expect(second?.context.trace[0]).toMatchObject({ code: "paced" });
		expect(third?.detail).toBe("waited 2000 ms for its turn at 1/s after a burst of 1");
		expect(third?.passed).toBe(true);
	});

	test("another source with another strategy does not wait", async () => {
		const stage = rateLimit({ per_second: 1, burst: 1 }, new ManualClock());
		await through(alertOf("buy"), strategyOf(), stage);
		const other = await through(alertOf("buy", { source: "10.0.0.1", strategy: "Other" }), strategyOf(), stage);
		expect(other.verdict).toBe("pass");
	});
});
