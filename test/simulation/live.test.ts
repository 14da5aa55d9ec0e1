/** Whatever exchange, disk and death do, no order is made twice, no acknowledged alert is lost, and what is held is what the exchange says. */
import { describe, expect, test } from "bun:test";
import { LiveRun } from "./live.ts";
import { sendsAgain } from "./sends-again.ts";
import { storyOf } from "./story.ts";
import { nothing, sum, totalsOf } from "./totals.ts";

const seeds = 120;
const timeout_ms = 180_000;

test(
	`${seeds} runs of the whole program, killed in front of a misbehaving exchange on a misbehaving disk, leave nothing wrong`,
	async () => {
		let totals = nothing;
		for (let seed = 1; seed <= seeds; seed++) {
			const run = new LiveRun(seed);
			const violations = await run.play();
			expect(`bun run simulate --seed ${seed}: ${violations.join("; ")}`).toBe(`bun run simulate --seed ${seed}: `);
			totals = sum(totals, totalsOf(run, violations.length));
		}
		// The runs are what they claim to be.
		expect(totals.crashes).toBeGreaterThan(seeds * 2);
		expect(totals.in_commit).toBeGreaterThan(seeds / 2);
		expect(totals.alerts).toBeGreaterThan(seeds * 10);
		expect(totals.refused).toBeGreaterThan(seeds / 2);
		expect(totals.duplicates).toBeGreaterThan(seeds);
		expect(totals.orders).toBeGreaterThan(seeds * 8);
		expect(totals.doubtful).toBeGreaterThan(seeds);
		expect(totals.denied).toBeGreaterThan(seeds / 4);
	},
	timeout_ms,
);

describe("the simulation", () => {
	test("catches a bridge that sends again whatever was not answered", async () => {
		let caught = 0;
		for (let seed = 1; seed <= 40; seed++) {
			const violations = await new LiveRun(seed, sendsAgain).play();
			if (violations.some((violation) => /orders were made|was sent \d+ times/.test(violation))) caught += 1;
		}
		expect(caught).toBeGreaterThan(10);
	});

	test("is the same again from the same seed, and another from another", async () => {
		const logOf = async (seed: number): Promise<string> => {
			const run = new LiveRun(seed);
			await run.play();
			return [...run.log, ...run.exchange.asked.map((asked) => JSON.stringify(asked))].join("\n");
		};
		for (const seed of [11, 12, 13]) expect(await logOf(seed)).toBe(await logOf(seed));
		expect(await logOf(11)).not.toBe(await logOf(12));
	});

	test("draws a story before anything happens, the same for the same seed", () => {
		expect(storyOf(5)).toEqual(storyOf(5));
		expect(storyOf(5)).not.toEqual(storyOf(6));
		const deeds = new Set(
			Array.from({ length: 50 }, (_, seed) => storyOf(seed).actions.map(({ deed }) => deed.do)).flat(),
		);
		expect([...deeds].sort()).toEqual([
			"away",
			"crash",
			"desk",
			"disk",
			"drift",
			"fault",
			"hand",
			"pause",
			"price",
			"send",
			"stop",
		]);
	});
});
