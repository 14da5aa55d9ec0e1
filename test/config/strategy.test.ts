/** A strategy's declaration from a plugin, and what it is with YAML over plugin over default. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { unknownDialect } from "../../src/config/dialect-name.ts";
import { completeStrategy, decodeStrategy } from "../../src/config/strategy.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { AccountSettings } from "../../src/domain/settings.ts";
import { settingsOf } from "./reading.ts";

const account = (name: string, currency: string): AccountSettings => ({
	name,
	broker: "paper",
	currency,
	balance: decimal("1000"),
	fee: decimal("0"),
	slippage: decimal("0"),
	spot: false,
});
const paper = account("paper", "USD");

describe("what a plugin declares", () => {
	test("is decoded like YAML; functions and undefined are left alone", () => {
		const written = {
			name: "MyRSIStrategy",
			symbols: ["BTCUSD", "ETH/USD"],
			timeframes: ["60", 240],
			risk_multiplier: 1.5,
			max_positions: 2,
			enabled: true,
			size: "risk 1%",
			direction: undefined,
			settings: { length: 14, levels: [30, 70], nested: { on: true } },
			onAlert: () => "skip",
		};
		expect(decodeStrategy(written, "plugins/rsi.ts")).toEqual({
			ok: true,
			declaration: {
				name: "MyRSIStrategy",
				symbols: ["BTC/USD", "ETH/USD"],
				timeframes: ["1h", "4h"],
				risk_multiplier: decimal("1.5"),
				max_positions: 2,
				enabled: true,
				size: { kind: "risk_share", share: decimal("0.01") },
				settings: { length: 14, levels: [30, 70], nested: { on: true } },
			},
		});
	});

	test("nothing is filled in: what is left out stays undefined", () => {
		expect(decodeStrategy({ name: "A" }, "plugins/a.ts")).toEqual({ ok: true, declaration: { name: "A" } });
	});

	test("and YAML decode to the same declaration, but for the account", () => {
		const written = {
			name: "A",
			symbols: ["BTCUSD"],
			timeframes: [60],
			size: "0.5 BTC",
			on_opposite: "close",
			pyramiding: 2,
		};
		const decoded = decodeStrategy(written, "plugins/a.ts");
		const [fromYaml] = settingsOf(`strategies: [${JSON.stringify(written)}]\n`).strategies;
		expect(decoded.ok ? { ...decoded.declaration, accounts: [{ account: "paper" }] } : decoded).toEqual(
			fromYaml as never,
		);
	});

	test("expect_every becomes milliseconds, from YAML and from a plugin, and YAML goes first", () => {
		const decoded = decodeStrategy({ name: "A", expect_every: "90m" }, "plugins/a.ts");
		expect(decoded).toEqual({ ok: true, declaration: { name: "A", expect_every_ms: 5_400_000 } });
		const [fromYaml] = settingsOf("strategies: [{ name: A, expect_every: 1h }]\n").strategies;
		expect(fromYaml).toMatchObject({ name: "A", expect_every_ms: 3_600_000 });
		expect(fromYaml).not.toHaveProperty("expect_every");
		const plugin = decoded.ok ? decoded.declaration : undefined;
		expect(completeStrategy("A", fromYaml, plugin, [paper]).expect_every_ms).toBe(3_600_000);
		expect(completeStrategy("A", { name: "A" }, plugin, [paper]).expect_every_ms).toBe(5_400_000);
		expect(completeStrategy("A", { name: "A" }, undefined, [paper]).expect_every_ms).toBeUndefined();
	});

	test.each([
		["500ms", "500ms is below 1s"],
		["32d", "32d is above 31d"],
		["1", "1 has no unit; write a duration like 30s"],
		["1w", "1w is not a duration; its unit must be ms, s, m, h or d"],
	])("expect_every: %s is refused", (expect_every, message) => {
		const decoded = decodeStrategy({ name: "A", expect_every }, "plugins/a.ts");
		expect(decoded).toEqual({ ok: false, problems: [{ path: "expect_every", message: expect.any(String) }] });
		expect(decoded.ok ? "" : decoded.problems[0]?.message).toContain(message);
	});

	test("a reference to the environment is plain text: a plugin never reads it", () => {
		const decoded = decodeStrategy({ name: "${HOME}" }, "plugins/a.ts");
		expect(decoded.ok && decoded.declaration.name).toBe("${HOME}");
	});

	test("where the money is and who may ask for it, only the owner says", () => {
		const written = { name: "A", account: "paper", accounts: ["paper"], token: "hunter2", secrets: ["hunter2"] };
		const decoded = decodeStrategy(written, "plugins/a.ts");
		expect(decoded.ok).toBe(false);
		expect(decoded.ok ? [] : decoded.problems).toEqual(
			["account", "accounts", "token", "secrets"].map((path) => ({
				path,
				message: "only nexus.yaml may set this; remove it from plugins/a.ts",
			})),
		);
	});

	test("every problem is told, with its path", () => {
		const written = { symbols: [3, "a b"], risk_multiplier: 7, size: "5", onalert: 1, max_position: 1 };
		const decoded = decodeStrategy(written, "plugins/a.ts");
		expect(decoded.ok ? [] : decoded.problems).toEqual([
			{
				path: "",
				message:
					'unknown key "onalert"; the keys here are name, description, aliases, symbols, timeframes, enabled, risk_multiplier, max_positions, direction, on_opposite, pyramiding, size, dialect, expect_every, settings',
			},
			{ path: "", message: 'unknown key "max_position"; did you mean "max_positions"?' },
			{ path: "name", message: "this key is missing" },
			{ path: "symbols[1]", message: '"a b" is not a symbol; write it like BTC/USD, or BTC/USDT:USDT for a perpetual' },
			{ path: "risk_multiplier", message: "7 is above 3.0" },
			{ path: "size", message: "5 has no unit; write it like 1%, 250 USD, 0.01 BTC, risk 1% or alert" },
		]);
	});

	test("may name a dialect, built in or a plugin's; whether there is such a plugin is not judged here", () => {
		for (const dialect of ["traderspost", "3commas", "signalstack-json", "my_own-format2"]) {
			expect(decodeStrategy({ name: "A", dialect }, "plugins/a.ts")).toEqual({
				ok: true,
				declaration: { name: "A", dialect },
			});
		}
		for (const dialect of ["TradersPost", "a b", "", "-x", "x".repeat(65), "ö"]) {
			const decoded = decodeStrategy({ name: "A", dialect }, "plugins/a.ts");
			expect(decoded.ok ? [] : decoded.problems.map(({ path }) => path)).toEqual(["dialect"]);
		}
	});

	for (const [name, written] of [
		["nothing", undefined],
		["null", null],
		["a text", "MyRSIStrategy"],
		["a list", [{ name: "A" }]],
		["a function", () => ({ name: "A" })],
	] as const) {
		test(`that is ${name} is refused`, () => {
			expect(decodeStrategy(written, "plugins/a.ts").ok).toBe(false);
		});
	}

	test("that contains itself is refused, not followed for ever", () => {
		const settings: Record<string, unknown> = {};
		settings["a"] = settings;
		settings["b"] = settings;
		expect(decodeStrategy({ name: "A", settings }, "plugins/a.ts")).toEqual({
			ok: false,
			problems: [{ path: "", message: "nested too deeply, or contains itself" }],
		});
	});

	test("whatever it is, the answer is a value", () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.anything(),
					fc.object().map((rest) => ({ name: "A", ...rest })),
				),
				(written) => {
					expect(typeof decodeStrategy(written, "plugins/a.ts").ok).toBe("boolean");
				},
			),
			{ numRuns: 500 },
		);
	});
});

describe("a complete strategy", () => {
	test("without YAML and plugin has every default, on the only account", () => {
		expect(completeStrategy("A", undefined, undefined, [paper])).toEqual({
			name: "A",
			aliases: [],
			symbols: [],
			timeframes: [],
			enabled: true,
			risk_multiplier: decimal("1"),
			max_positions: 5,
			accounts: [{ account: "paper" }],
			direction: "both",
			on_opposite: "reverse",
			pyramiding: 0,
			size: { kind: "equity_share", share: decimal("0.01") },
			tokens: [],
			secrets: [],
			settings: {},
		});
	});

	test("takes each key from YAML, else from the plugin, else the default", () => {
		const yaml = { name: "A", size: { kind: "alert" }, enabled: false, symbols: [], tokens: ["t"] } as const;
		const plugin = { name: "A", description: "mine", symbols: ["BTC/USD"], enabled: true, pyramiding: 3 } as const;
		expect(completeStrategy("A", yaml, plugin, [paper])).toMatchObject({
			description: "mine",
			size: { kind: "alert" },
			enabled: false,
			symbols: [],
			pyramiding: 3,
			direction: "both",
			tokens: ["t"],
		});
	});

	test("what is there and undefined overrides nothing", () => {
		const settings = completeStrategy("A", { name: "A", pyramiding: undefined }, { name: "A", pyramiding: 3 }, [paper]);
		expect(settings.pyramiding).toBe(3);
	});

	test("merges settings by their own keys", () => {
		const yaml = { name: "A", settings: { length: 21 } };
		const plugin = { name: "A", settings: { length: 14, stop: "2%" } };
		expect(completeStrategy("A", yaml, plugin, [paper]).settings).toEqual({ length: 21, stop: "2%" });
	});

	test("without an account of its own trades on the first of several", () => {
		const accounts = [account("b", "EUR"), account("a", "USD")];
		expect(completeStrategy("A", undefined, { name: "A" }, accounts).accounts).toEqual([{ account: "b" }]);
	});

	test("a plugin cannot choose accounts, even if its declaration says so", () => {
		const plugin = { name: "A", accounts: [{ account: "other" }] };
		expect(completeStrategy("A", undefined, plugin, [paper]).accounts).toEqual([{ account: "paper" }]);
	});

	test("an amount in the account's currency becomes money, whoever declared it", () => {
		const decoded = decodeStrategy({ name: "A", size: "250 USD" }, "plugins/a.ts");
		const plugin = decoded.ok ? decoded.declaration : undefined;
		expect(plugin?.size?.kind).toBe("units");
		expect(completeStrategy("A", undefined, plugin, [paper]).size).toEqual({
			kind: "money",
			amount: decimal("250"),
			currency: "USD",
		});
	});

	test("each account reads the strategy's amount in its own currency", () => {
		const yaml = {
			name: "A",
			size: { kind: "units", quantity: decimal("100"), currency: "USD" },
			accounts: [{ account: "usd" }, { account: "eur" }, { account: "usd2", size: { kind: "alert" } }],
		} as const;
		const settings = completeStrategy("A", yaml, undefined, [
			account("usd", "USD"),
			account("eur", "EUR"),
			account("usd2", "USD"),
		]);
		expect(settings.size).toMatchObject({ kind: "money" });
		expect(settings.accounts).toEqual([
			{ account: "usd" },
			{ account: "eur", size: { kind: "units", quantity: decimal("100"), currency: "USD" } },
			{ account: "usd2", size: { kind: "alert" } },
		]);
	});
});

describe("the dialect", () => {
	test("of nexus.yaml goes before the plugin's, and is absent where neither names one", () => {
		const declared = { name: "A", dialect: "okx" };
		expect(completeStrategy("A", { name: "A", dialect: "whook" }, declared, [paper]).dialect).toBe("whook");
		expect(completeStrategy("A", { name: "A" }, declared, [paper]).dialect).toBe("okx");
		expect("dialect" in completeStrategy("A", { name: "A" }, undefined, [paper])).toBe(false);
	});

	test("reaches the strategy from nexus.yaml", () => {
		const [one, other] = settingsOf("strategies: [{ name: A, dialect: traderspost }, { name: B }]\n").strategies;
		expect([one?.dialect, other?.dialect]).toEqual(["traderspost", undefined]);
	});
});

describe("a dialect that nothing defines", () => {
	test("is told with the near one, or with all there are", () => {
		expect(unknownDialect("traderspost", [])).toBeUndefined();
		expect(unknownDialect("ninja", ["ninja"])).toBeUndefined();
		expect(unknownDialect("traderpost", [])).toBe(
			'nothing defines the dialect traderpost; did you mean "traderspost"?',
		);
		expect(unknownDialect("ninjo", ["ninja"])).toBe('nothing defines the dialect ninjo; did you mean "ninja"?');
		expect(unknownDialect("elsewhere", ["ninja"])).toMatch(
			/^nothing defines the dialect elsewhere; there is 3commas, .*, ninja$/,
		);
	});
});
