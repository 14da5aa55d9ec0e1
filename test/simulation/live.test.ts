/** Whatever the exchange and the disk do, no order is made twice, none is lost, and what is held is what the exchange says. */
import { expect, test } from "bun:test";
import { LiveRun } from "./live.ts";

const seeds = 300;
const timeout_ms = 120_000;

test(
	`${seeds} runs with crashes in front of a misbehaving exchange leave nothing wrong`,
	async () => {
		let [crashes, orders, doubtful] = [0, 0, 0];
		for (let seed = 1; seed <= seeds; seed++) {
			const run = new LiveRun(seed);
			expect(`seed ${seed}: ${(await run.play()).join("; ")}`).toBe(`seed ${seed}: `);
			crashes += run.crashes;
			orders += run.exchange.matching.orders.length;
			doubtful += run.exchange.asked.filter(({ fault }) => fault !== undefined && fault !== "reject").length;
		}
		// The runs are what they claim to be.
		expect(crashes).toBeGreaterThan(seeds);
		expect(orders).toBeGreaterThan(seeds * 3);
		expect(doubtful).toBeGreaterThan(seeds);
	},
	timeout_ms,
);

test("a bridge that sends again whatever was not answered is caught", async () => {
	let caught = 0;
	for (let seed = 1; seed <= 100; seed++) {
		const run = new LiveRun(seed, {
			broker: (broker) =>
				new Proxy(broker, {
					get(target, key) {
						// Every order counts as absent at once, as without quarantine and look-up.
						if (key === "lookup") return async () => ({ outcome: "not_found" });
						if (key === "abilities") return { ...target.abilities, request_expiry_ms: -10_000, read_lag_ms: 0 };
						const value: unknown = Reflect.get(target, key);
						return typeof value === "function" ? value.bind(target) : value;
					},
				}),
		});
		if ((await run.play()).some((violation) => violation.includes("orders were made"))) caught += 1;
	}
	expect(caught).toBeGreaterThan(10);
});
