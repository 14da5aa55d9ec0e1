/** Which trading state holds where, and which of several. */
import { describe, expect, test } from "bun:test";
import type { TradingStateEntry } from "../../src/domain/records.ts";
import { TradingStates } from "../../src/engine/trading-states.ts";

const entry = (
	scope: TradingStateEntry["scope"],
	name: string,
	state: TradingStateEntry["state"],
	freeze = false,
): TradingStateEntry => ({ scope, name, state, freeze, actor: "cli", since: "2026-03-02T12:00:00.000Z" });

const here = { account: "a", strategy: "One", symbol: "BTC/USD" } as const;

describe("strictest", () => {
	const rows: readonly (readonly [string, readonly TradingStateEntry[], string | undefined])[] = [
		["nothing set", [], undefined],
		["set for everything", [entry("all", "", "reducing")], "reducing all "],
		["set for the account", [entry("account", "a", "halted")], "halted account a"],
		["set for another account", [entry("account", "b", "halted")], undefined],
		["set for the strategy", [entry("strategy", "One", "reducing")], "reducing strategy One"],
		["set for the symbol", [entry("symbol", "BTC/USD", "halted")], "halted symbol BTC/USD"],
		["a symbol that a strategy is called like", [entry("strategy", "BTC/USD", "halted")], undefined],
		[
			"the harder one wins, whichever is wider",
			[entry("all", "", "reducing"), entry("symbol", "BTC/USD", "halted")],
			"halted symbol BTC/USD",
		],
		[
			"the later one of the same scope replaces the earlier",
			[entry("all", "", "halted"), entry("all", "", "reducing")],
			"reducing all ",
		],
		[
			"active clears its own scope",
			[entry("symbol", "BTC/USD", "halted"), entry("symbol", "BTC/USD", "active")],
			undefined,
		],
		[
			"active for one leaves the others",
			[entry("account", "a", "halted"), entry("symbol", "BTC/USD", "active")],
			"halted account a",
		],
		["active for everything clears all", [entry("account", "a", "halted"), entry("all", "", "active")], undefined],
	];
	for (const [name, entries, expected] of rows) {
		test(name, () => {
			const found = new TradingStates(entries).strictest(here);
			expect(found === undefined ? undefined : `${found.state} ${found.scope} ${found.name}`).toBe(expected);
		});
	}

	test("what is not known yet is left out", () => {
		const states = new TradingStates([entry("account", "a", "halted")]);
		expect(states.strictest({ strategy: "One" })).toBeUndefined();
	});
});

describe("frozen", () => {
	test("only where a halt with freeze holds, also behind another halt", () => {
		const states = new TradingStates([entry("all", "", "halted"), entry("symbol", "BTC/USD", "halted", true)]);
		expect(states.frozen(here)).toBe(true);
		expect(states.frozen({ ...here, symbol: "ETH/USD" })).toBe(false);
	});
});
