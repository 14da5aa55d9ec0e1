/** Each risk rule at its very edge: what it denies, what it still allows, what it says would have been allowed. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { paperMarket } from "../../src/broker/paper.ts";
import { absolute, add, type Decimal, decimal, formatDecimal, multiply, subtract } from "../../src/domain/decimal.ts";
import type { Market, RuleResult, Situation } from "../../src/domain/ports.ts";
import type { TradingStateEntry } from "../../src/domain/records.ts";
import type { RiskSettings } from "../../src/domain/settings.ts";
import { makeOrder } from "../../src/engine/orders.ts";
import { riskOfficer } from "../../src/risk/approve.ts";
import { rules } from "../../src/risk/rules.ts";
import { noLimits, strategySettings } from "../engine/support.ts";

const market = paperMarket("BTC/USD", "USD");
const limits: RiskSettings = {
	max_position_size: decimal("0.1"),
	max_exposure: decimal("0.5"),
	max_daily_loss: decimal("0.05"),
};

function stateOf(state: "halted" | "reducing", changes: Partial<TradingStateEntry> = {}): TradingStateEntry {
	return { scope: "all", name: "", state, freeze: false, actor: "cli", since: "2026-03-02T12:00:00.000Z", ...changes };
}

/** An entry of 1 BTC at 100 on an account worth 100000 that holds nothing. */
function entry(changes: Partial<Situation> = {}): Situation {
	const quantity = changes.sized_quantity ?? decimal("1");
	const price = "price" in changes ? changes.price : decimal("100");
	const worth = multiply(quantity, price ?? decimal("0"));
	const exposure_before = changes.exposure_before ?? decimal("0");
	const equity = changes.equity ?? decimal("100000");
	return {
		order: makeOrder({
			id: "x-1",
			alert_id: "x",
			account: "paper",
			strategy: "Mine",
			symbol: "BTC/USD",
			side: "buy",
			leg: "entry",
			quantity,
			reduce_only: false,
			at: "2026-03-02T12:00:00.000Z",
		}),
		opening: true,
		sized_quantity: quantity,
		market,
		price,
		settings: strategySettings(),
		trading_state: undefined,
		equity,
		free: subtract(equity, exposure_before),
		fee: decimal("0"),
		other_positions: 0,
		quantity_after: quantity,
		exposure_before,
		exposure_after: add(exposure_before, worth),
		daily_loss: decimal("0"),
		day_start_equity: decimal("100000"),
		stale: undefined,
		...changes,
	};
}

const exit = (changes: Partial<Situation> = {}): Situation => entry({ opening: false, ...changes });

function verdict(situation: Situation, settings: RiskSettings = limits): string {
	const approval = riskOfficer(settings).approve(situation);
	return "denied" in approval ? approval.denied.code : "approved";
}

function resultOf(situation: Situation, code: string, settings: RiskSettings = limits): RuleResult {
	const found = riskOfficer(settings)
		.approve(situation)
		.results.find(({ rule }) => rule === code);
	if (found === undefined) throw new Error(`no rule ${code}`);
	return found;
}

/** The number in "… N BTC would have been allowed". */
function allowed(situation: Situation, code: string, settings: RiskSettings = limits): Decimal {
	const text = /; (\S+) BTC would have been allowed$/.exec(resultOf(situation, code, settings).detail)?.[1];
	if (text === undefined) throw new Error(`nothing is said in "${resultOf(situation, code, settings).detail}"`);
	return decimal(text);
}

describe("each rule denies exactly at its edge", () => {
	const rows: readonly (readonly [string, Situation, Situation, string])[] = [
		[
			"a position of 10 % of equity",
			entry({ sized_quantity: decimal("100") }),
			entry({ sized_quantity: decimal("100.00000001") }),
			"max_position_size",
		],
		[
			"a position of 10 % together with what is held",
			entry({ quantity_after: decimal("100") }),
			entry({ quantity_after: decimal("100.00000001") }),
			"max_position_size",
		],
		[
			"an exposure of 50 % of equity",
			entry({ exposure_before: decimal("49900") }),
			entry({ exposure_before: decimal("49900.01") }),
			"max_exposure",
		],
		[
			"one position fewer than max_positions elsewhere",
			entry({ other_positions: 4 }),
			entry({ other_positions: 5 }),
			"max_positions",
		],
		[
			"a day's loss just below 5 %",
			entry({ daily_loss: decimal("4999.99") }),
			entry({ daily_loss: decimal("5000") }),
			"max_daily_loss",
		],
		[
			"all the money there is",
			entry({ free: decimal("100"), fee: decimal("0") }),
			entry({ free: decimal("99.99"), fee: decimal("0") }),
			"insufficient_funds",
		],
		[
			"all the money there is, with the fee",
			entry({ free: decimal("100.1"), fee: decimal("0.001") }),
			entry({ free: decimal("100.099999"), fee: decimal("0.001") }),
			"insufficient_funds",
		],
		["an alert that is fresh", entry(), entry({ stale: "it came 900 s ago" }), "stale_alert"],
		["active trading", entry(), entry({ trading_state: stateOf("reducing") }), "reducing"],
		["active trading, again", entry(), entry({ trading_state: stateOf("halted") }), "halted"],
		["a known price", entry(), entry({ price: undefined }), "price_needed"],
		[
			"the market's smallest quantity",
			entry({ market: { ...market, quantity_min: decimal("1") } }),
			entry({ market: { ...market, quantity_min: decimal("1.00000001") } }),
			"below_minimum",
		],
		[
			"the market's smallest value",
			entry({ market: { ...market, notional_min: decimal("100") } }),
			entry({ market: { ...market, notional_min: decimal("100.01") } }),
			"below_minimum",
		],
		[
			"one step",
			entry({ sized_quantity: decimal("0.00000001") }),
			entry({ sized_quantity: decimal("0") }),
			"below_minimum",
		],
	];
	for (const [name, passes, denied, code] of rows) {
		test(`${name} is allowed, a little more is ${code}`, () => {
			expect(verdict(passes)).toBe("approved");
			expect(verdict(denied)).toBe(code);
		});
	}

	test("the approved order is the order itself, not another size", () => {
		const situation = entry();
		const approval = riskOfficer(limits).approve(situation);
		expect("approved" in approval && (approval.approved as unknown)).toBe(situation.order);
	});
});

describe("what would have been allowed is then allowed, and one step more is not", () => {
	const step = market.quantity_step;
	/** The same situation with another quantity, everything that follows from it worked out anew. */
	function resized(
		situation: Situation,
		quantity: Decimal,
		net: Decimal,
		elsewhere: Decimal,
		held: Decimal,
	): Situation {
		const price = situation.price ?? decimal("1");
		return {
			...situation,
			sized_quantity: quantity,
			quantity_after: add(held, quantity),
			exposure_before: add(elsewhere, multiply(absolute(net), price)),
			exposure_after: add(elsewhere, multiply(absolute(add(net, quantity)), price)),
		};
	}

	const cents = (min: bigint, max: bigint) => fc.bigInt({ min, max }).map((value) => (value * 10n ** 16n) as Decimal);
	const units = (min: bigint, max: bigint) => fc.bigInt({ min, max }).map((value) => (value * 10n ** 10n) as Decimal);

	test("for max_position_size, max_exposure and insufficient_funds, whatever is held and by whom", () => {
		fc.assert(
			fc.property(
				fc.record({
					price: cents(1n, 10n ** 8n),
					quantity: units(1n, 10n ** 13n),
					held: units(0n, 10n ** 11n),
					net: units(-(10n ** 12n), 10n ** 12n),
					elsewhere: cents(0n, 10n ** 7n),
					equity: cents(0n, 10n ** 8n),
					free: cents(-(10n ** 6n), 10n ** 8n),
					fee: fc.bigInt({ min: 0n, max: 100n }).map((value) => (value * 10n ** 14n) as Decimal),
				}),
				({ price, quantity, held, net, elsewhere, equity, free, fee }) => {
					const base = entry({ price, equity, free, fee, daily_loss: decimal("0") });
					const asked = resized(base, quantity, net, elsewhere, held);
					for (const code of ["max_position_size", "max_exposure", "insufficient_funds"] as const) {
						if (resultOf(asked, code).result !== "deny") continue;
						const most = allowed(asked, code);
						expect(most < quantity).toBe(true);
						expect(most % step).toBe(0n);
						const again = resized(base, most, net, elsewhere, held);
						const more = resized(base, add(most, step), net, elsewhere, held);
						if (most > 0n) expect([code, resultOf(again, code).result]).toEqual([code, "pass"]);
						expect([code, resultOf(more, code).result]).toEqual([code, "deny"]);
					}
				},
			),
			{ seed: 21, numRuns: 2000 },
		);
	});

	test("the numbers are said", () => {
		const situation = entry({ sized_quantity: decimal("250") });
		expect(resultOf(situation, "max_position_size").detail).toBe(
			"position 25000 of at most 10000; 100 BTC would have been allowed",
		);
		expect(formatDecimal(allowed(entry({ free: decimal("50") }), "insufficient_funds"))).toBe("0.5");
		expect(formatDecimal(allowed(entry({ free: decimal("-50") }), "insufficient_funds"))).toBe("0");
	});

	test("whole shares are said in whole shares", () => {
		const stock: Market = { ...paperMarket("BTC", "USD") };
		const situation = entry({ market: stock, sized_quantity: decimal("1000"), price: decimal("33") });
		expect(formatDecimal(allowed(situation, "max_position_size"))).toBe("303");
	});
});

describe("an order against another strategy's position", () => {
	test("that makes the exposure smaller is not held back, though the account is over its limit", () => {
		const before = { exposure_before: decimal("60000"), free: decimal("40000") };
		expect(verdict(entry({ ...before, exposure_after: decimal("59900") }))).toBe("approved");
		expect(verdict(entry({ ...before, exposure_after: decimal("60000") }))).toBe("approved");
		expect(verdict(entry({ ...before, exposure_after: decimal("60000.01") }))).toBe("max_exposure");
	});
});

describe("exits", () => {
	const everything = {
		other_positions: 99,
		daily_loss: decimal("99999"),
		free: decimal("-1"),
		exposure_before: decimal("1000000"),
		exposure_after: decimal("2000000"),
		quantity_after: decimal("1000000"),
		stale: "it came an hour ago",
		trading_state: stateOf("reducing"),
	};

	test("are held back by no rule on loss, balance, position, age or reducing", () => {
		expect(verdict(exit(everything))).toBe("approved");
		expect(verdict(entry(everything))).not.toBe("approved");
	});

	test("need no price", () => expect(verdict(exit({ price: undefined }))).toBe("approved"));

	test("are held back by halted", () => expect(verdict(exit({ trading_state: stateOf("halted") }))).toBe("halted"));

	test("of nothing are held back", () => expect(verdict(exit({ sized_quantity: decimal("0") }))).toBe("below_minimum"));
});

describe("the record", () => {
	const hopeless = entry({
		trading_state: stateOf("halted", { scope: "strategy", name: "Mine", reason: "weekend" }),
		stale: "it came 900 s ago",
		other_positions: 9,
		daily_loss: decimal("9000"),
		free: decimal("1"),
		quantity_after: decimal("100000"),
		exposure_after: decimal("1000000"),
	});

	test("holds every rule, also after the first that denies", () => {
		const { results } = riskOfficer(limits).approve(hopeless);
		expect(results.map(({ rule }) => rule)).toEqual(rules.map(({ code }) => code));
		expect(results.filter(({ result }) => result === "deny").map(({ rule }) => rule)).toEqual([
			...(["halted", "stale_alert", "max_positions", "max_position_size", "max_exposure"] as const),
			...(["max_daily_loss", "insufficient_funds"] as const),
		]);
	});

	test("the first that denies gives the code and its words", () => {
		const approval = riskOfficer(limits).approve(hopeless);
		expect("denied" in approval && approval.denied).toEqual({
			code: "halted",
			detail: "halted for strategy Mine since 2026-03-02T12:00:00.000Z by cli (weekend)",
		});
	});

	test("a rule loosened in nexus.yaml says so and never denies", () => {
		for (const code of ["max_position_size", "max_exposure", "max_daily_loss"]) {
			expect(resultOf(hopeless, code, noLimits)).toMatchObject({
				result: "not_applicable",
				detail: "loosened in nexus.yaml",
			});
		}
	});

	test("a rule on entries says of an exit that it does not apply", () => {
		expect(resultOf(exit(), "max_daily_loss").result).toBe("not_applicable");
		expect(resultOf(exit(), "halted").result).toBe("pass");
	});

	test("reinstate gives the order back as it is, unasked", () => {
		const { order } = hopeless;
		expect(riskOfficer(limits).reinstate(order) as unknown).toBe(order);
	});
});
