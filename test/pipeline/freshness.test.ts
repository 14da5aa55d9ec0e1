/** Stage `freshness`: an entry that is too old ends, everything that may close goes on. */
import { describe, expect, test } from "bun:test";
import type { Alert, Side } from "../../src/domain/records.ts";
import type { StrategySettings } from "../../src/domain/settings.ts";
import { freshness } from "../../src/pipeline/freshness.ts";
import { alertOf, enter, ManualClock, startOfTest, strategyOf } from "../engine/support.ts";
import { through } from "./processing-support.ts";

const minute = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();

interface Case {
	readonly action?: string;
	readonly holds?: readonly Side[];
	readonly settings?: Partial<StrategySettings>;
	readonly plugin?: boolean;
	/** Milliseconds before the test's start. */
	readonly time?: number;
	readonly received?: number;
	/** Milliseconds that went by since. */
	readonly waited?: number;
}

async function run({
	action = "buy",
	holds = [],
	settings = {},
	plugin = false,
	time,
	received = 0,
	waited = 0,
}: Case) {
	const clock = new ManualClock(startOfTest + waited);
	const stage = freshness({ max_age_ms: 5 * minute, clock, holds: () => holds });
	const changes: Partial<Alert> = {
		received_at: iso(startOfTest - received),
		...(time === undefined ? {} : { time: iso(startOfTest - time) }),
	};
	const strategy = plugin ? strategyOf(settings, () => [enter("long")]) : strategyOf(settings);
	return through(alertOf(action, changes), strategy, stage);
}

describe("fresh", () => {
	const rows: readonly (readonly [string, Case])[] = [
		["no time of its own, just received", {}],
		["a time of its own within max_age", { time: 4 * minute }],
		["exactly max_age by its own time", { time: 5 * minute }],
		["exactly max_age by the time of receipt", { waited: 5 * minute }],
		["a time of its own in the future", { time: -10 * minute }],
		["old by its own time, but measured at receipt and not now", { time: 4 * minute, waited: 4 * minute }],
	];
	for (const [name, one] of rows) {
		test(name, async () => {
			const { passed, verdict, context } = await run(one);
			expect([passed, verdict, context.stale]).toEqual([true, "pass", undefined]);
		});
	}
});

describe("too old", () => {
	const old = { time: 5 * minute + 1 } as const;
	const waited = { waited: 5 * minute + 1 } as const;

	for (const [name, age] of [
		["by its own time", old],
		["by the time of receipt", waited],
	] as const) {
		for (const [what, one] of [
			["an entry that opens", {}],
			["an addition", { holds: ["long"] }],
			["a short entry while flat", { action: "sell" }],
		] as const satisfies readonly (readonly [string, Case])[]) {
			test(`${what} ${name} ends`, async () => {
				const { passed, code, detail } = await run({ ...one, ...age });
				expect([passed, code]).toEqual([false, "stale_alert"]);
				expect(detail).toContain("max_age is 300 s");
			});
		}

		for (const [what, one] of [
			["an exit", { action: "close_long", holds: ["long"] }],
			["a stop loss", { action: "stop_loss" }],
			["a custom action", { action: "dance" }],
			["an entry against an open position", { action: "sell", holds: ["long"] }],
			["an entry against one of two accounts' positions", { action: "sell", holds: ["short", "long"] }],
			["an entry that the direction makes an exit", { action: "sell", settings: { direction: "long" } }],
			[
				"an opposite entry that may be an exit on a spot account, whatever on_opposite says",
				{ action: "sell", holds: ["long"], settings: { on_opposite: "ignore" } },
			],
			["an entry that a plugin may read as an exit", { plugin: true }],
		] as const satisfies readonly (readonly [string, Case])[]) {
			test(`${what} ${name} goes on, with its entries barred`, async () => {
				const { passed, verdict, context, code } = await run({ ...one, ...age });
				expect([passed, verdict, code]).toEqual([true, "notice", undefined]);
				expect(context.stale).toBeString();
			});
		}
	}

	test("says which time was too old", async () => {
		expect((await run({ time: 7 * minute })).detail).toBe(
			"its own time 2026-03-02T11:53:00.000Z was 420 s old when it came; max_age is 300 s",
		);
		expect((await run({ received: minute, waited: 6 * minute })).detail).toBe(
			"it came 420 s ago and is only worked on now; max_age is 300 s",
		);
	});
});

test("a max_age of nothing is refused", () => {
	expect(() => freshness({ max_age_ms: 0, clock: new ManualClock(), holds: () => [] })).toThrow(RangeError);
});
