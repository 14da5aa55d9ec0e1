/** The runs with a person at the exchange and those with a broker that proves nothing are there, leave nothing wrong, and leave all others as they were. */
import { expect, test } from "bun:test";
import { LiveRun } from "./live.ts";
import { type Setting, settingKinds, settingOf } from "./setting.ts";
import { storyOf, told } from "./story.ts";

const everySeed = Array.from({ length: 2_000 }, (_, seed) => seed);

test("a tenth of the seeds each, every policy and every inability among them", () => {
	const share = (kind: Setting["kind"]): number =>
		everySeed.filter((seed) => settingOf(seed).kind === kind).length / everySeed.length;
	expect(share("by_hand")).toBeCloseTo(0.1, 1);
	expect(share("at_most_once")).toBeCloseTo(0.1, 1);
	const words = new Set(everySeed.map((seed) => JSON.stringify(settingOf(seed))));
	// Three policies, three inabilities with orders that come late or very late, and the usual.
	expect(words.size).toBe(3 + 3 * 2 + 1);
});

test("only the seeds by hand have somebody trade, in more than one way", () => {
	const done = new Map(settingKinds.map((kind) => [kind, new Set<string>()]));
	for (const seed of everySeed.slice(0, 300)) {
		for (const { deed } of storyOf(seed).actions) {
			if (deed.do === "hand") done.get(settingOf(seed).kind)?.add(deed.deed.what);
		}
	}
	expect([...(done.get("by_hand") ?? [])].sort()).toEqual(["cancel", "close", "deposit", "limit", "market"]);
	expect(done.get("usual")?.size).toBe(0);
	expect(done.get("at_most_once")?.size).toBe(0);
	expect(told(storyOf(1))).not.toEqual([]);
});

for (const kind of ["by_hand", "at_most_once"] as const) {
	test(`20 runs ${kind.replaceAll("_", " ")} leave nothing wrong, and are what they claim to be`, async () => {
		const seeds = everySeed.filter((seed) => settingOf(seed).kind === kind).slice(20, 40);
		let seen = 0;
		for (const seed of seeds) {
			const run = new LiveRun(seed);
			const violations = await run.play();
			expect(`bun run simulate --seed ${seed}: ${violations.join("; ")}`).toBe(`bun run simulate --seed ${seed}: `);
			seen += run.log.filter((line) => / by hand is | person settles /.test(line)).length;
		}
		expect(seen).toBeGreaterThan(kind === "by_hand" ? 30 : 3);
	}, 120_000);
}
