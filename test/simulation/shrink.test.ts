/** A failing seed is made small: few actions are left, they fail in the same way, and the printed command names them. */
import { expect, test } from "bun:test";
import { failureReport, partOf } from "./failure-report.ts";
import { LiveRun } from "./live.ts";
import { sendsAgain } from "./sends-again.ts";
import { kindOf, shrink } from "./shrink.ts";
import { storyOf } from "./story.ts";

test("a story that fails because of a deliberate bug shrinks to a few actions that still fail in the same way", async () => {
	const seed = await firstFailing();
	const whole = storyOf(seed);
	const shrunk = await shrink(whole, sendsAgain);
	if (shrunk === undefined) throw new Error(`seed ${seed} failed once and not again`);
	expect(whole.actions.length).toBeGreaterThan(40);
	expect(shrunk.story.actions.length).toBeLessThanOrEqual(whole.actions.length / 4);

	// An alert must be among them, or nothing could have been sent twice.
	expect(shrunk.story.actions.some(({ deed }) => deed.do === "send")).toBe(true);
	const again = partOf(
		seed,
		shrunk.story.actions.map(({ number }) => number),
	);
	expect(again).toEqual(shrunk.story);
	const violations = await new LiveRun(again, sendsAgain).play();
	expect(violations).toEqual(shrunk.violations);
	expect(violations.some((violation) => violation.includes("orders were made"))).toBe(true);
	// Without the bug the same small story is well.
	expect(await new LiveRun(again).play()).toEqual([]);

	// Nothing more can be left out.
	for (const { number } of again.actions) {
		const actions = again.actions.filter((action) => action.number !== number);
		const kinds = (await new LiveRun({ seed, actions }, sendsAgain).play()).map(kindOf);
		expect(kinds.filter((kind) => violations.map(kindOf).includes(kind))).toEqual([]);
	}

	const report = failureReport(shrunk);
	const numbers = again.actions.map(({ number }) => number);
	expect(report).toContain(`again: bun run simulate --seed ${seed} --keep ${numbers.join(",")}`);
	for (const number of numbers) expect(report).toContain(`\n  ${number}. `);
}, 60_000);

test("a story that does not fail is not shrunk", async () => {
	expect(await shrink(storyOf(1))).toBeUndefined();
});

test("violations are of one kind where only ids and numbers differ", () => {
	expect(kindOf("2 orders were made for intent 43320161d58b99c5")).toBe(
		kindOf("3 orders were made for intent f4f72962"),
	);
	expect(kindOf("alert 6EAWTW1T800 never ended")).not.toBe(kindOf("order 6EAWTW1T800 is unknown"));
});

async function firstFailing(): Promise<number> {
	for (let seed = 1; seed <= 100; seed++) {
		const violations = await new LiveRun(seed, sendsAgain).play();
		if (violations.some((violation) => violation.includes("orders were made"))) return seed;
	}
	throw new Error("no seed catches the deliberate bug");
}
