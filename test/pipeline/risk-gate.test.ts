/** Stage `risk`: while trading is halted nothing goes further, and it says where, since when, by whom and why. */
import { describe, expect, test } from "bun:test";
import type { TradingStateEntry } from "../../src/domain/records.ts";
import { riskGate } from "../../src/pipeline/risk-gate.ts";
import { alertOf, failureOf, strategyOf } from "../engine/support.ts";
import { through } from "./processing-support.ts";

const entry = (changes: Partial<TradingStateEntry>): TradingStateEntry => ({
	scope: "all",
	name: "",
	state: "halted",
	freeze: false,
	actor: "cli",
	since: "2026-03-02T12:00:00.000Z",
	...changes,
});

describe("risk", () => {
	const rows: readonly (readonly [string, TradingStateEntry | undefined, boolean, string])[] = [
		["active", undefined, true, "trading is active"],
		["reducing", entry({ state: "reducing" }), true, "reducing: only exits go out"],
		["halted", entry({}), false, "everything is halted since 2026-03-02T12:00:00.000Z by cli"],
		[
			"halted for a strategy, with a reason",
			entry({ scope: "strategy", name: "MyRSIStrategy", actor: "api", reason: "weekend" }),
			false,
			"strategy MyRSIStrategy is halted since 2026-03-02T12:00:00.000Z by api: weekend",
		],
	];
	for (const [name, state, passes, words] of rows) {
		for (const action of ["buy", "close_long"]) {
			test(`${name}: ${action} ${passes ? "goes on" : "ends"}`, async () => {
				const asked: string[] = [];
				const gate = riskGate((strategy, symbol) => {
					asked.push(`${strategy} ${symbol}`);
					return state;
				});
				const { passed, code, detail } = await through(alertOf(action, { strategy: "an alias" }), strategyOf(), gate);
				expect([passed, code, detail]).toEqual([passes, passes ? undefined : "halted", words]);
				expect(asked).toEqual(["MyRSIStrategy BTC/USD"]);
			});
		}
	}

	test("before match it is a wrong composition", async () => {
		const gate = riskGate(() => undefined);
		expect(await failureOf(through(alertOf("buy"), undefined, gate))).toBe("the stage match must come first");
	});
});
