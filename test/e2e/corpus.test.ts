/** Every case of test/corpus against the compiled binary: the answer to each alert, what became of it, and what then stands. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { dialects } from "../../src/alert/dialects.ts";
import { alertCases, configuration, expectStanding, postAndExpect, stories, tell } from "./support/corpus.ts";
import { RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const given = await alertCases("alerts.jsonl");
const own = await alertCases("own-alerts.jsonl");
const givenStories = await stories("stories.json");
const ownStories = await stories("own-stories.json");

test("nothing of the given cases is missing", () => {
	expect({ alerts: given.length, stories: givenStories.length }).toEqual({ alerts: 38, stories: 17 });
});

test("every format has a line of its own that is read, and every other vendor's one that is refused", () => {
	const all = [...given, ...own].flatMap(({ expect: expected }) =>
		[expected.alert, ...(expected.items ?? []).map(({ alert }) => alert)].flatMap((alert) => alert?.["dialect"] ?? []),
	);
	// A line that names no format is one of nexus's own.
	expect(new Set([...all, "nexus"])).toEqual(new Set(dialects.map(({ name }) => name)));
	const refusals = own.filter(
		({ expect: { code } }) => code === "unsupported_field" || code === "contradictory_fields",
	);
	expect(refusals.length).toBeGreaterThanOrEqual(dialects.length - 1);
});

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
