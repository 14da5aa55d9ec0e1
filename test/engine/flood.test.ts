/** A flood of alerts is seen, holds work back for a bounded time and is over when it is over. */
import { describe, expect, test } from "bun:test";
import { Flood } from "../../src/engine/flood.ts";

function world(per_second: number) {
	let now = 0;
	const slept: number[] = [];
	const clock = {
		monotonic: () => now,
		sleep: async (ms: number) => {
			slept.push(ms);
			now += ms;
		},
	};
	const flood = new Flood(per_second, clock);
	const arrive = (count: number, at: number) => {
		now = at;
		for (let i = 0; i < count; i++) flood.arrived();
	};
	return { flood, slept, arrive, at: (ms: number) => (now = ms) };
}

describe("a flood", () => {
	test("is none at exactly the rate: work goes on at once and nothing is awaited", () => {
		const { flood, slept, arrive } = world(3000);
		arrive(30, 0);
		expect(flood.over()).toBeUndefined();
		expect(slept).toEqual([]);
	});

	test("is one above it, and work waits until the windows are calm again", async () => {
		const { flood, slept, arrive } = world(3000);
		arrive(31, 0);
		await flood.over();
		expect(slept).toEqual([10, 10]);
		expect(flood.over()).toBeUndefined();
	});

	test("is remembered for one window, and forgotten after a pause", () => {
		const { flood, arrive, at } = world(3000);
		arrive(100, 0);
		at(12);
		expect(flood.over()).toBeDefined();
		at(200);
		expect(flood.over()).toBeUndefined();
	});

	test("that does not end holds an alert back for 250 ms and no longer", async () => {
		const slept: number[] = [];
		let now = 0;
		const flood = new Flood(3000, {
			monotonic: () => now,
			sleep: async (ms) => {
				slept.push(ms);
				now += ms;
				for (let i = 0; i < 1000; i++) flood.arrived();
			},
		});
		for (let i = 0; i < 1000; i++) flood.arrived();
		await flood.over();
		expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(250);
	});

	test("is never one where no rate is given", () => {
		const { flood, arrive } = world(Number.POSITIVE_INFINITY);
		arrive(100_000, 0);
		expect(flood.over()).toBeUndefined();
	});
});
