/** A plugin's own stage: its words in the trace, and when it fails the alert fails with it. */
import { describe, expect, test } from "bun:test";
import type { EndCode } from "../../src/domain/codes.ts";
import { pluginStage, type StageOutcome } from "../../src/pipeline/plugin-stage.ts";
import { alertOf, failureOf, strategyOf } from "../engine/support.ts";
import { through } from "./processing-support.ts";

describe("a plugin's stage", () => {
	const rows: readonly (readonly [StageOutcome, boolean, string, EndCode | undefined])[] = [
		[{ verdict: "pass" }, true, "pass", undefined],
		[{ verdict: "pass", detail: "fine" }, true, "pass", undefined],
		[{ verdict: "notice", detail: "odd hour" }, true, "notice", undefined],
		[{ verdict: "refuse", detail: "weekend" }, false, "refuse", "stage_refused"],
		[{ verdict: "skip", detail: "no trend" }, false, "skip", "strategy_skip"],
		[{ verdict: "failed", code: "strategy_timeout", detail: "2 s" }, false, "refuse", "strategy_timeout"],
		[{ verdict: "failed", code: "strategy_error", detail: "boom" }, false, "refuse", "strategy_error"],
	];
	for (const [answer, passes, verdict, code] of rows) {
		test(`${JSON.stringify(answer)} ${passes ? "lets the alert through" : `ends it: ${code}`}`, async () => {
			const alert = alertOf("buy");
			const asked: unknown[] = [];
			const stage = pluginStage("weekend", async (given) => {
				asked.push(given);
				return answer;
			});
			const result = await through(alert, strategyOf(), stage);
			expect([result.passed, result.verdict, result.code]).toEqual([passes, verdict as never, code]);
			expect(result.detail).toBe(answer.detail ?? "");
			expect(result.context.trace[0]?.stage).toBe("weekend");
			expect(asked).toEqual([alert]);
		});
	}

	test("one that throws is a bug and comes out", async () => {
		const stage = pluginStage("weekend", () => Promise.reject(new Error("lost")));
		expect(await failureOf(through(alertOf("buy"), strategyOf(), stage))).toBe("lost");
	});
});
