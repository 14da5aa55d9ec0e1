/** Every case of test/corpus against the compiled binary: the answer to each alert, what became of it, and what then stands. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { alertCases, configuration, expectStanding, postAndExpect, stories, tell } from "./support/corpus.ts";
import { RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const given = await alertCases("alerts.jsonl");
const own = await alertCases("own-alerts.jsonl");
const givenStories = await stories("stories.json");
const ownStories = await stories("own-stories.json");

for (const { file, cases, yaml } of [
	{ file: "alerts.jsonl", cases: given, yaml: "nexus.yaml" },
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
	{ file: "stories.json", cases: givenStories, yaml: "nexus.yaml" },
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
