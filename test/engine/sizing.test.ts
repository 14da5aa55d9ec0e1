/** Sizes: every kind, rounded down to the step, and what cannot be sized. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { paperMarket } from "../../src/broker/paper.ts";
import { type Decimal, decimal, formatDecimal, multiply } from "../../src/domain/decimal.ts";
import type { Size } from "../../src/domain/settings.ts";
import { protectivePrice, type SizingInput, sizeEntry, sizeExit } from "../../src/engine/sizing.ts";

const pair = paperMarket("BTC/USD", "USD");
const stock = paperMarket("AAPL", "USD");

const input = (size: Size, changes: Partial<SizingInput> = {}): SizingInput => ({
	size,
	risk_multiplier: decimal("1"),
	equity: decimal("100000"),
	currency: "USD",
	market: pair,
	price: decimal("42000"),
	stop: undefined,
	alert_quantity: undefined,
	...changes,
});

const units = (quantity: string, currency = "BTC"): Size => ({ kind: "units", quantity: decimal(quantity), currency });
const money = (amount: string, currency = "USD"): Size => ({ kind: "money", amount: decimal(amount), currency });
const share = (of: string): Size => ({ kind: "equity_share", share: decimal(of) });
const risk = (of: string): Size => ({ kind: "risk_share", share: decimal(of) });

describe("an entry's size", () => {
	const rows: readonly (readonly [string, SizingInput, string])[] = [
		["units are units, whatever the price", input(units("0.5"), { price: undefined }), "0.5"],
		["units in the base currency's other case", input(units("0.5", "btc")), "0.5"],
		["the multiplier multiplies", input(units("0.5"), { risk_multiplier: decimal("1.5") }), "0.75"],
		["money over price, rounded down to eight decimals", input(money("250")), "0.00595238"],
		[
			"money in the market's own currency",
			input(money("420", "EUR"), { market: paperMarket("BTC/EUR", "USD") }),
			"0.01",
		],
		["a share of equity over price", input(share("0.01")), "0.02380952"],
		[
			"a share of equity in whole shares of a stock",
			input(share("0.01"), { market: stock, price: decimal("190.5") }),
			"5",
		],
		["too little for one whole share is nothing", input(money("100"), { market: stock, price: decimal("190.5") }), "0"],
		[
			"the multiplier comes before the rounding",
			input(units("1", "AAPL"), { market: stock, risk_multiplier: decimal("2.7") }),
			"2",
		],
		["risk over the distance to a stop below", input(risk("0.01"), { stop: decimal("41000") }), "1"],
		["risk over the distance to a stop above", input(risk("0.01"), { stop: decimal("42500") }), "2"],
		["the message's quantity", input({ kind: "alert" }, { alert_quantity: "0.123456789" }), "0.12345678"],
		[
			"the message's quantity is multiplied too",
			input({ kind: "alert" }, { alert_quantity: "2", risk_multiplier: decimal("0.5") }),
			"1",
		],
		["no equity buys nothing", input(share("0.01"), { equity: decimal("0") }), "0"],
	];
	for (const [name, given, quantity] of rows) {
		test(name, () => {
			const sized = sizeEntry(given);
			expect(sized.ok ? formatDecimal(sized.quantity) : sized).toBe(quantity);
		});
	}

	const errors: readonly (readonly [string, SizingInput, string, string])[] = [
		["units of another currency", input(units("0.5", "ETH")), "size_not_applicable", "ETH"],
		["money of another currency", input(money("250", "EUR")), "size_not_applicable", "EUR"],
		["money without a price", input(money("250"), { price: undefined }), "price_needed", "money"],
		["a share without a price", input(share("0.01"), { price: undefined }), "price_needed", "equity"],
		["risk without a stop", input(risk("0.01")), "size_not_applicable", "stop_loss"],
		[
			"risk with the stop at the price",
			input(risk("0.01"), { stop: decimal("42000") }),
			"size_not_applicable",
			"42000",
		],
		["alert without a quantity", input({ kind: "alert" }), "size_not_applicable", "none"],
		["alert with a percentage", input({ kind: "alert" }, { alert_quantity: "50%" }), "size_not_applicable", "50%"],
	];
	for (const [name, given, code, words] of errors) {
		test(`${name} cannot be sized: ${code}`, () => {
			const sized = sizeEntry(given);
			expect(sized).toMatchObject({ ok: false, code });
			expect(sized.ok ? "" : sized.detail).toContain(words);
		});
	}

	test("money never buys more than it is worth, and no less than a step below it", () => {
		const positive = fc.bigInt({ min: 1n, max: 10n ** 26n }).map((value) => value as Decimal);
		fc.assert(
			fc.property(positive, positive, (amount, price) => {
				const sized = sizeEntry(input({ kind: "money", amount, currency: "USD" }, { price }));
				if (!sized.ok) throw new Error(sized.detail);
				expect(multiply(sized.quantity, price, "up") <= amount).toBe(true);
				const more = (sized.quantity + pair.quantity_step) as Decimal;
				expect(multiply(more, price, "up") > amount).toBe(true);
			}),
			{ seed: 5, numRuns: 500 },
		);
	});
});

describe("an exit's size", () => {
	const step = decimal("0.01");
	const rows: readonly (readonly [string, string, string | undefined, string])[] = [
		["everything", "0.5", undefined, "0.5"],
		["everything of a short", "-0.5", undefined, "0.5"],
		["everything, though it is no multiple of the step", "0.505", undefined, "0.505"],
		["half", "0.5", "50%", "0.25"],
		["a third, rounded down", "1", "33.333%", "0.33"],
		["all by percentage, though it is no multiple of the step", "0.505", "100%", "0.505"],
		["more than all by percentage", "0.5", "250%", "0.5"],
		["units", "0.5", "0.2", "0.2"],
		["units rounded down", "0.5", "0.209", "0.2"],
		["more units than there are", "0.5", "7", "0.5"],
		["units of a short", "-0.5", "0.2", "0.2"],
		["less than one step", "0.5", "1%", "0"],
		["of nothing", "0", undefined, "0"],
	];
	for (const [name, held, quantity, size] of rows) {
		test(`${name}: ${quantity ?? "all"} of ${held} is ${size}`, () => {
			expect(formatDecimal(sizeExit(decimal(held), quantity, step))).toBe(size);
		});
	}
});

describe("the price of a stop or target", () => {
	const rows: readonly (readonly [string, string, "long" | "short", boolean, string])[] = [
		["a long's stop is below", "2%", "long", true, "41160"],
		["a long's target is above", "2%", "long", false, "42840"],
		["a short's stop is above", "2%", "short", true, "42840"],
		["a short's target is below", "2%", "short", false, "41160"],
		["a price is itself", "41000.5", "long", true, "41000.5"],
		["a fraction of a percent", "0.05%", "long", true, "41979"],
	];
	for (const [name, text, side, worse, price] of rows) {
		test(name, () => {
			const at = protectivePrice(text, decimal("42000"), side, worse);
			expect(at === undefined ? undefined : formatDecimal(at)).toBe(price);
		});
	}

	test("what is no number is none", () => {
		expect(protectivePrice("two%", decimal("42000"), "long", true)).toBeUndefined();
		expect(protectivePrice("soon", decimal("42000"), "long", true)).toBeUndefined();
	});
});
