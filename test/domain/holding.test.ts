/** One fill on one holding, worked out by hand; a thousand of them that must not drift; records old and new. */
import { describe, expect, test } from "bun:test";
import { decimal, formatDecimal } from "../../src/domain/decimal.ts";
import { exactZero, formatExact } from "../../src/domain/exact.ts";
import {
	applyToHolding,
	averagePrice,
	type Holding,
	type HoldingFill,
	holdingOf,
	holdingRecord,
	nothingHeld,
	realizedPnl,
	unrealizedPnl,
} from "../../src/domain/holding.ts";
import type { Position } from "../../src/domain/records.ts";

/** `buy 1 100`, with fee and `more` where it counts as an addition: `buy 1 100 0.1 more`. */
function fillOf(text: string): HoldingFill {
	const [side, quantity = "", price = "", fee = "0", more] = text.split(" ");
	return {
		side: side === "sell" ? "sell" : "buy",
		quantity: decimal(quantity),
		price: decimal(price),
		fee: decimal(fee),
		addition: more === "more",
	};
}

function after(...fills: readonly string[]): { holding: Holding; realized: string } {
	let result = { holding: nothingHeld, realized: decimal("0") };
	for (const fill of fills) result = applyToHolding(result.holding, fillOf(fill));
	return { holding: result.holding, realized: formatDecimal(result.realized) };
}

/** `quantity @ average, realised now / in all after fees, additions`. */
function describeHolding({ holding, realized }: ReturnType<typeof after>): string {
	const average = averagePrice(holding);
	const price = average === undefined ? "-" : formatDecimal(average);
	const all = formatDecimal(realizedPnl(holding));
	return `${formatDecimal(holding.quantity)} @ ${price}, ${realized} / ${all}, ${holding.additions}`;
}

describe("a fill", () => {
	const rows: readonly (readonly [string, readonly string[], string])[] = [
		["opens a long", ["buy 0.5 42000"], "0.5 @ 42000, 0 / 0, 0"],
		["opens a short", ["sell 0.5 42000"], "-0.5 @ 42000, 0 / 0, 0"],
		["adds to a long at its own price", ["buy 1 100", "buy 3 200 0 more"], "4 @ 175, 0 / 0, 1"],
		["adds to a short at its own price", ["sell 1 100", "sell 3 200 0 more"], "-4 @ 175, 0 / 0, 1"],
		["of the same entry is no addition", ["buy 1 100", "buy 3 200"], "4 @ 175, 0 / 0, 0"],
		["that opens is no addition, whatever it says", ["buy 1 100 0 more"], "1 @ 100, 0 / 0, 0"],
		["that reduces a long leaves its average", ["buy 4 175", "sell 1 200"], "3 @ 175, 25 / 25, 0"],
		["that reduces a short leaves its average", ["sell 4 175", "buy 1 200"], "-3 @ 175, -25 / -25, 0"],
		["that closes leaves nothing", ["buy 1 100", "buy 1 200 0 more", "sell 2 160"], "0 @ -, 20 / 20, 0"],
		[
			"through zero realises what it closes and opens the rest at its price",
			["buy 1 100", "sell 3 130"],
			"-2 @ 130, 30 / 30, 0",
		],
		["through zero the other way", ["sell 1 100", "buy 3 130"], "2 @ 130, -30 / -30, 0"],
		["through zero forgets the additions", ["buy 1 1", "buy 1 1 0 more", "sell 3 1"], "-1 @ 1, 0 / 0, 0"],
		["costs its fee, which is not its own profit", ["buy 1 100 0.25", "sell 1 100 0.5"], "0 @ -, 0 / -0.75, 0"],
		["can bring a rebate", ["buy 1 100 -0.25"], "1 @ 100, 0 / 0.25, 0"],
		[
			"of the smallest unit counts",
			["buy 1 1", "buy 0.000000000000000001 2"],
			"1.000000000000000001 @ 1.000000000000000001, 0 / 0, 0",
		],
		[
			"after a flat one starts anew and goes on counting profit",
			["buy 1 1", "sell 1 2", "sell 2 5"],
			"-2 @ 5, 0 / 1, 0",
		],
	];
	for (const [name, fills, expected] of rows) {
		test(`${name}: ${fills.join(", ")}`, () => {
			expect(describeHolding(after(...fills))).toBe(expected);
		});
	}

	test("does not change the holding it is given", () => {
		const { holding } = after("buy 1 100");
		const copy = { ...holding };
		applyToHolding(holding, fillOf("sell 3 130"));
		expect(holding).toEqual(copy);
	});
});

describe("many fills do not drift", () => {
	test("a thousand thirds bought and sold leave nothing, and what was paid less what was received is the profit", () => {
		let holding = nothingHeld;
		let shown = 0n;
		for (let round = 0; round < 1_000; round++) {
			for (const text of ["buy 3 0.1", "buy 4 0.2", "sell 2 0.3", "buy 0.7 0.11", "sell 3 0.05"]) {
				const result = applyToHolding(holding, fillOf(text));
				holding = result.holding;
				shown += result.realized;
			}
		}
		const rest = applyToHolding(holding, { ...fillOf("sell 1 0.07"), quantity: holding.quantity });
		shown += rest.realized;
		// For each round 2 × 0.3 + 3 × 0.05 − 3 × 0.1 − 4 × 0.2 − 0.7 × 0.11 = −0.427; 2.7 units are left of each.
		expect(formatDecimal(realizedPnl(rest.holding))).toBe("-238");
		expect(rest.holding.cost).toBe(exactZero);
		expect(shown).toBe(realizedPnl(rest.holding));
	});

	test("a position that is only ever reduced keeps its average to the last digit", () => {
		let { holding } = after("buy 1 0.1", "buy 2 0.2");
		const average = averagePrice(holding);
		expect(formatDecimal(average ?? decimal("0"))).toBe("0.166666666666666667");
		while (holding.quantity > decimal("0.001")) {
			holding = applyToHolding(holding, fillOf("sell 0.001 0.3")).holding;
			expect(averagePrice(holding)).toBe(average);
		}
		// 2.999 units sold at 0.3 that cost 0.5 ÷ 3 each.
		expect(formatDecimal(realizedPnl(holding))).toBe("0.399866666666666667");
	});
});

describe("open profit", () => {
	test("is what closing everything would realise, to the last digit", () => {
		for (const fills of [
			["buy 1 0.1", "buy 2 0.2"],
			["sell 7 3", "buy 2 1"],
		]) {
			const { holding } = after(...fills);
			const side = holding.quantity > 0n ? "sell" : "buy";
			const quantity = formatDecimal(holding.quantity).replace("-", "");
			const closed = applyToHolding(holding, fillOf(`${side} ${quantity} 0.3`)).holding;
			expect(unrealizedPnl(holding, decimal("0.3"))).toBe((realizedPnl(closed) - realizedPnl(holding)) as never);
		}
		expect(formatDecimal(unrealizedPnl(nothingHeld, decimal("5")))).toBe("0");
	});
});

describe("records", () => {
	const record = (holding: Holding): Position => ({
		account: "paper",
		strategy: "Mine",
		symbol: "BTC/USD",
		...holdingRecord(holding),
		unrealized_pnl: "0",
		mark_price: null,
		updated_at: "2026-03-02T10:00:00.000Z",
	});

	test("a holding comes back from its record as it was", () => {
		const rows = [[], ["buy 1 0.1 0.3", "buy 2 0.2", "sell 1 5"], ["sell 7 3", "buy 2 1"], ["buy 1 1", "sell 1 2"]];
		for (const fills of rows) {
			const { holding } = after(...fills);
			expect(holdingOf(JSON.parse(JSON.stringify(record(holding))) as Position)).toEqual(holding);
		}
	});

	test("it says side, size and both roundings", () => {
		expect(holdingRecord(after("sell 1 0.1 0.3", "sell 2 0.2", "buy 1 5").holding)).toEqual({
			side: "short",
			quantity: "2",
			average_price: "0.166666666666666667",
			realized_pnl: "-5.133333333333333333",
			additions: 0,
			exact: { cost: `-0.${"3".repeat(72)}`, gross: `-4.8${"3".repeat(71)}`, fees: "0.3" },
		});
	});

	test("a record from before the sums were kept loads as exactly as it was shown", () => {
		const { exact, ...old } = record(after("sell 2 42000.5 0.5", "buy 0.5 42000").holding);
		expect(exact).toBeDefined();
		const holding = holdingOf(old);
		expect(formatDecimal(holding.quantity)).toBe("-1.5");
		expect(formatExact(holding.cost)).toBe("-63000.75");
		expect({ ...holdingRecord(holding), exact }).toEqual({ ...holdingRecord(holdingOf({ ...old, exact })), exact });
		expect(holdingRecord(holding)).toMatchObject({ realized_pnl: "-0.25", average_price: "42000.5" });
		const flat = { ...old, side: "flat", quantity: "0", average_price: null } as const;
		expect(holdingOf(flat)).toMatchObject({ quantity: 0n, cost: 0n });
	});

	test("a damaged record is not loaded as something else", () => {
		const whole = record(after("buy 1 1").holding);
		expect(() => holdingOf({ ...whole, exact: { cost: "x", gross: "0", fees: "0" } })).toThrow(RangeError);
		expect(() => holdingOf({ ...whole, quantity: "one" })).toThrow(RangeError);
	});
});
