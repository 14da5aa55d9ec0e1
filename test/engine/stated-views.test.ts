/** Stated and ours: the target and the difference of each chain, whose settings make another side right, and what leads there. */
import { describe, expect, test } from "bun:test";
import { PaperBroker } from "../../src/broker/paper.ts";
import { decimal, formatDecimal } from "../../src/domain/decimal.ts";
import type { StatedChain, StatedStep, Strategy } from "../../src/domain/ports.ts";
import type { StrategySettings } from "../../src/domain/settings.ts";
import type { StatedPosition } from "../../src/domain/stated-change.ts";
import { aimOf, legsTo, newestChain, statedViews, type ViewParts } from "../../src/engine/stated-views.ts";
import { accountSettings, ManualClock, startOfTest, strategyOf, strategySettings } from "./support.ts";

const alert = { kind: "alert" } as const;

/** `long 1`, `short`, `flat`. */
function position(words: string): StatedPosition {
	const [side, size] = words.split(" ");
	if (side !== "long" && side !== "short" && side !== "flat") throw new Error(words);
	return { side, size: side === "flat" ? "0" : size };
}

/** The chain of one who went this way, step by step; a `?` in front of a position: no alert for it came. */
function chainOf(way: readonly string[], changes: Partial<StatedChain> = {}): StatedChain {
	const places = way.map((words) => position(words.replace("?", "")));
	const steps = places.slice(1).map(
		(to, index): StatedStep => ({
			alert_id: way[index + 1]?.startsWith("?") === true ? null : `alert-${index + 1}`,
			from: places[index],
			to,
			outcome: way[index + 1]?.startsWith("?") === true ? "assumed" : "run",
			at: startOfTest + index,
			price: "42000",
		}),
	);
	return {
		strategy: "MyRSIStrategy",
		symbol: "BTC/USD",
		timeframe: "1h",
		position: places.at(-1) ?? position("flat"),
		alert_id: "alert-1",
		updated_at: new Date(startOfTest).toISOString(),
		steps,
		...changes,
	};
}

function partsOf(
	chains: readonly StatedChain[],
	{
		settings = {},
		held = "0",
		spot = false,
		strategies = [strategyOf(settings)],
	}: {
		settings?: Partial<StrategySettings>;
		held?: string;
		spot?: boolean;
		strategies?: readonly Strategy[];
	} = {},
): ViewParts {
	const broker = new PaperBroker(accountSettings({ spot }), new ManualClock());
	return {
		chains,
		strategies,
		held: () => decimal(held),
		market: (_account, symbol) => broker.market(symbol),
		spot: () => spot,
	};
}

/** `target difference in_step` of the only account. */
function compared(way: readonly string[], options: Parameters<typeof partsOf>[1]): string {
	const [view] = statedViews(partsOf([chainOf(way)], options));
	const ours = view?.ours[0];
	if (ours === undefined) throw new Error("no account");
	return `${ours.target ?? "-"} ${ours.difference ?? "-"} ${ours.in_step ? "in step" : "out of step"}`;
}

describe("with size: alert the stated size is the target", () => {
	const rows: readonly (readonly [string, readonly string[], string, string, Partial<StrategySettings>?])[] = [
		["held as stated", ["flat", "long 1"], "1", "1 0 in step"],
		["nothing is held: all of it is to be bought", ["flat", "long 1"], "0", "1 1 out of step"],
		["less is held", ["flat", "long 1"], "0.4", "1 0.6 out of step"],
		["more is held: the rest is to be sold", ["flat", "long 2", "long 1"], "1.5", "1 -0.5 out of step"],
		["a short: target and difference by units", ["flat", "short 1"], "-0.25", "1 -0.75 out of step"],
		["the other side is held: both ways together", ["flat", "long 0.7"], "-0.5", "0.7 1.2 out of step"],
		["flat is stated and something held", ["long 1", "flat"], "1", "0 -1 out of step"],
		["flat is stated and nothing held", ["long 1", "flat"], "0", "0 0 in step"],
		["less than a step is missing: it cannot be traded", ["flat", "long 1"], "0.999999999", "1 0.000000001 in step"],
		["the multiplier counts", ["flat", "long 1"], "0.5", "0.5 0 in step", { risk_multiplier: decimal("0.5") }],
		[
			"the multiplier's outcome is rounded down to the step",
			["flat", "long 0.00000003"],
			"0",
			"0.00000001 0.00000001 out of step",
			{ risk_multiplier: decimal("0.5") },
		],
		["only a side is stated: only the side counts", ["flat", "long"], "7", "- - in step"],
		["only a side is stated, and the other is held", ["flat", "long"], "-7", "- - out of step"],
		[
			"the account's own size goes before the strategy's",
			["flat", "long 1"],
			"7",
			"- - in step",
			{ accounts: [{ account: "paper", size: { kind: "units", quantity: decimal("7"), currency: "BTC" } }] },
		],
	];
	test.each(rows)("%s", (_name, way, held, expected, settings = {}) => {
		expect(compared(way, { settings: { size: alert, ...settings }, held })).toBe(expected);
	});

	test("a message that asked for a size of its own makes no target of the stated one", () => {
		const chain = chainOf(["flat", "long 1"]);
		const steps = chain.steps.map((step) => ({ ...step, own_size: true }));
		const [view] = statedViews(partsOf([{ ...chain, steps }], { settings: { size: alert }, held: "0.3" }));
		expect(view?.ours).toMatchObject([{ target: null, difference: null, in_step: true }]);
	});
});

describe("with every other size only the side can be compared", () => {
	const rows: readonly (readonly [string, readonly string[], string, string])[] = [
		["the same side with another quantity", ["flat", "long 3"], "0.5", "- - in step"],
		["nothing is held", ["flat", "long 3"], "0", "- - out of step"],
		["the other side is held", ["flat", "long 3"], "-0.5", "- - out of step"],
		["flat is the one target that is known", ["long 3", "flat"], "0.5", "0 -0.5 out of step"],
		["flat and flat", ["long 3", "flat"], "0", "0 0 in step"],
	];
	test.each(rows)("%s", (_name, way, held, expected) => {
		expect(compared(way, { held })).toBe(expected);
	});
});

describe("the strategy's own settings make another side right", () => {
	const rows: readonly (readonly [
		string,
		readonly string[],
		string,
		string,
		Partial<StrategySettings>,
		{ spot: boolean }?,
	])[] = [
		["direction long, short stated: flat is right", ["flat", "short 1"], "0", "0 0 in step", { direction: "long" }],
		[
			"direction long, short stated: a long is not",
			["flat", "short 1"],
			"1",
			"0 -1 out of step",
			{ direction: "long" },
		],
		[
			"direction long, short stated: a short is not",
			["flat", "short 1"],
			"-1",
			"0 1 out of step",
			{ direction: "long" },
		],
		["direction short, long stated: flat is right", ["flat", "long 1"], "0", "0 0 in step", { direction: "short" }],
		["direction long, long stated: it is held", ["flat", "long 1"], "0", "1 1 out of step", { direction: "long" }],
		["a spot account, short stated: flat is right", ["flat", "short 1"], "0", "0 0 in step", {}, { spot: true }],
		["a spot account, reversed: flat is right", ["flat", "long 1", "short 1"], "0", "0 0 in step", {}, { spot: true }],
		["on_opposite close, reversed: flat is right", ["long 1", "short 1"], "0", "0 0 in step", { on_opposite: "close" }],
		[
			"on_opposite close, reversed: the short too",
			["long 1", "short 1"],
			"-1",
			"1 0 in step",
			{ on_opposite: "close" },
		],
		[
			"on_opposite close, reversed: the old side is not",
			["long 1", "short 1"],
			"1",
			"0 -1 out of step",
			{ on_opposite: "close" },
		],
		[
			"on_opposite close, no reversal: the stated side is right",
			["long 1", "flat", "short 1"],
			"0",
			"1 -1 out of step",
			{ on_opposite: "close" },
		],
		[
			"on_opposite ignore, reversed: the old side",
			["long 1", "short 1"],
			"1",
			"- - in step",
			{ on_opposite: "ignore" },
		],
		[
			"on_opposite ignore, reversed: nothing held, so the stated side and never the old one",
			["long 1", "short 1"],
			"0",
			"1 -1 out of step",
			{ on_opposite: "ignore" },
		],
		["on_opposite reverse: flat is not", ["long 1", "short 1"], "0", "1 -1 out of step", {}],
	];
	test.each(rows)("%s", (_name, way, held, expected, settings, { spot } = { spot: false }) => {
		expect(compared(way, { settings: { size: alert, ...settings }, held, spot })).toBe(expected);
	});

	test("the first alert that does not say what was before counts as what it states", () => {
		const chain = chainOf(["flat", "long 1"]);
		const steps = chain.steps.map((step) => ({ ...step, from: undefined }));
		const parts = partsOf([{ ...chain, steps }], { settings: { size: alert, on_opposite: "close" } });
		expect(statedViews(parts)[0]?.ours).toMatchObject([{ target: "1", in_step: false }]);
	});
});

describe("the list", () => {
	test("a chain as it is shown", () => {
		const chain = chainOf(["flat", "?long 1", "long 2"]);
		expect(statedViews(partsOf([chain], { settings: { size: alert }, held: "2" }))).toEqual([
			{
				strategy: "MyRSIStrategy",
				symbol: "BTC/USD",
				timeframe: "1h",
				side: "long",
				size: "2",
				alert_id: "alert-1",
				updated_at: "2026-03-02T12:00:00.000Z",
				ours: [{ account: "paper", side: "long", quantity: "2", target: "2", difference: "0", in_step: true }],
				gaps: [{ at: "2026-03-02T12:00:00.000Z", alert_id: "alert-2", from: "flat", to: "long 1" }],
				not_followed: null,
			},
		]);
	});

	test("without a timeframe and a size both are null, and flat needs none", () => {
		const [bare] = statedViews(partsOf([chainOf(["flat", "short"], { timeframe: "" })]));
		expect(bare).toMatchObject({ timeframe: null, size: null });
	});

	test("only the last gaps are listed, the newest first", () => {
		const way = ["flat", ...Array.from({ length: 8 }, (_, index) => `?long ${index + 1}`)];
		const [view] = statedViews(partsOf([chainOf(way)]));
		expect(view?.gaps.map(({ to }) => to)).toEqual(["long 8", "long 7", "long 6", "long 5", "long 4"]);
	});

	test("of several timeframes the one stated last speaks for the position, the others are compared with nothing", () => {
		const old = chainOf(["long 1", "flat"], { timeframe: "4h" });
		const fresh = chainOf(["flat", "long 1"], { updated_at: new Date(startOfTest + 1).toISOString() });
		const views = statedViews(partsOf([old, fresh], { settings: { size: alert }, held: "1" }));
		expect(views.map(({ timeframe, ours, not_followed }) => [timeframe, ours.length, not_followed])).toEqual([
			["1h", 1, null],
			["4h", 0, "timeframe 1h speaks for the position"],
		]);
		expect(newestChain([old, fresh], "MyRSIStrategy", "BTC/USD")).toBe(fresh);
		expect(newestChain([old, fresh], "MyRSIStrategy", "ETH/USD")).toBeUndefined();
		expect(newestChain([old, fresh], "Other", "BTC/USD")).toBeUndefined();
	});

	test.each([
		["a disabled strategy", [strategyOf({ enabled: false })], "the strategy is disabled", 1],
		["a plugin's", [strategyOf({}, () => [])], "its plugin decides what it holds", 1],
		[
			"one that is not configured any more",
			[strategyOf({ name: "Other" })],
			"no strategy of this name is configured",
			0,
		],
	] as const)("%s is listed with why it is not followed", (_name, strategies, reason, accounts) => {
		const [view] = statedViews(partsOf([chainOf(["flat", "long 1"])], { strategies }));
		expect(view).toMatchObject({ side: "long", not_followed: reason });
		expect(view?.ours).toHaveLength(accounts);
	});

	test("each account has its own line", () => {
		const settings = { accounts: [{ account: "a" }, { account: "b", size: alert }] };
		const [view] = statedViews(partsOf([chainOf(["flat", "long 1"])], { settings }));
		expect(view?.ours.map(({ account, target }) => [account, target])).toEqual([
			["a", null],
			["b", "1"],
		]);
	});
});

describe("what leads there", () => {
	const legs = (held: string, way: readonly string[], settings: Partial<StrategySettings> = {}): string[] => {
		const chain = chainOf(way);
		const aim = aimOf(chain, strategySettings(settings), "paper", partsOf([chain], { settings, held }));
		return legsTo(decimal(held), aim).map((leg) =>
			leg.leg === "exit" ? `exit ${leg.quantity ?? "all"}` : `enter ${leg.side} ${leg.units ?? "its size"}`,
		);
	};
	test.each([
		["0", ["flat", "long 1"], { size: alert }, ["enter long 1"]],
		["0.4", ["flat", "long 1"], { size: alert }, ["enter long 0.6"]],
		["1.5", ["flat", "long 1"], { size: alert }, ["exit 0.5"]],
		["-0.5", ["flat", "long 1"], { size: alert }, ["exit all", "enter long 1"]],
		["1", ["long 1", "flat"], { size: alert }, ["exit all"]],
		["1", ["flat", "long 1"], { size: alert }, []],
		["0", ["flat", "long 1"], {}, ["enter long its size"]],
		["-0.5", ["flat", "long 1"], {}, ["exit all", "enter long its size"]],
		["0.5", ["long 1", "flat"], {}, ["exit all"]],
		["0.5", ["flat", "long 1"], {}, []],
		["0.5", ["flat", "short 1"], { direction: "long" }, ["exit all"]],
		["1", ["long 1", "short 1"], { on_opposite: "close" }, ["exit all"]],
		["1", ["long 1", "short 1"], { on_opposite: "ignore" }, []],
	] as const)("from %p over %p with %p", (held, way, settings, expected) => {
		expect(legs(held, way, settings)).toEqual([...expected]);
	});

	test("it never ends on a side that is not stated, whatever is held and set", () => {
		for (const direction of ["both", "long", "short"] as const) {
			for (const on_opposite of ["reverse", "close", "ignore"] as const) {
				for (const held of ["-1", "0", "1"]) {
					for (const way of [
						["flat", "long 1"],
						["long 1", "short 1"],
						["short 1", "long 1"],
						["long 1", "flat"],
					]) {
						const entries = legs(held, way, { direction, on_opposite }).filter((leg) => leg.startsWith("enter"));
						const [stated = ""] = (way.at(-1) ?? "").split(" ");
						for (const entry of entries) {
							expect(entry, `${direction} ${on_opposite} ${held}`).toContain(stated);
							expect(direction === "both" || direction === stated).toBe(true);
						}
					}
				}
			}
		}
	});

	test("the units of the difference are those of the view", () => {
		const chain = chainOf(["flat", "short 2"]);
		const parts = partsOf([chain], { settings: { size: alert }, held: "0.5" });
		const aim = aimOf(chain, strategySettings({ size: alert }), "paper", parts);
		expect(aim.units === undefined ? "" : formatDecimal(aim.units)).toBe("-2");
		expect(statedViews(parts)[0]?.ours).toMatchObject([{ difference: "-2.5" }]);
	});
});
