/** Every case of test/corpus against the compiled binary: the answer to each alert, what became of it, and what then stands. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
	alertCases,
	configuration,
	expectStanding,
	isNextStep,
	postAndExpect,
	type Story,
	stories,
	tell,
} from "./support/corpus.ts";
import { RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const given = await alertCases("alerts.jsonl");
const own = await alertCases("own-alerts.jsonl");
const givenStories = await stories("stories.json");
const ownStories = await stories("own-stories.json");

const laterStory = ({ steps }: Story): boolean => steps.some(({ body }) => isNextStep(body));

// The next step: alerts with position fields and other vendors' formats. Once they are read, nothing is left out here.
const [nowGiven, nowStories] = [
	given.filter(({ body }) => !isNextStep(body)),
	givenStories.filter((one) => !laterStory(one)),
];

test("only cases of the next step are left out", () => {
	expect(given.length - nowGiven.length).toBe(3);
	expect(givenStories.length - nowStories.length).toBe(6);
	expect(own.some(({ body }) => isNextStep(body))).toBe(false);
	expect(ownStories.some(laterStory)).toBe(false);
});

for (const { file, cases, yaml } of [
	{ file: "alerts.jsonl", cases: nowGiven, yaml: "nexus.yaml" },
	{ file: "own-alerts.jsonl", cases: own, yaml: "own-nexus.yaml" },
]) {
	describe(file, () => {
		let nexus: RunningNexus;
		beforeAll(async () => {
			nexus = await RunningNexus.start({ yaml: await configuration(yaml) });
		});

		for (const { name, body, headers, expect: expected } of cases) {
			test(name, () => postAndExpect(nexus, body, expected, headers ?? {}));
		}

		test("and every alert that was accepted has ended", async () => {
			const alerts = await nexus.list<{ id: string }>("alerts");
			expect(alerts.length).toBeGreaterThan(20);
			const ends = await Promise.all(alerts.map(({ id }) => nexus.ended(id)));
			expect(ends.filter(({ status, code }) => status === "failed" || code === "engine_error")).toEqual([]);
		});
	});
}

for (const { file, cases, yaml } of [
	{ file: "stories.json", cases: nowStories, yaml: "nexus.yaml" },
	{ file: "own-stories.json", cases: ownStories, yaml: "own-nexus.yaml" },
]) {
	describe(file, () => {
		for (const story of cases) {
			test(story.name, async () => {
				await using nexus = await RunningNexus.start({ yaml: await configuration(story.configuration ?? yaml) });
				await tell(nexus, story);
				await expectStanding(nexus, story.expect);
			});
		}
	});
}
