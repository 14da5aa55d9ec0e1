/** Sizes: a share, money, units, risk, the message's own; and which of money and units an amount is. */
import { describe, expect, test } from "bun:test";
import { parseSize, settleSize } from "../../src/config/size.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { Size } from "../../src/domain/settings.ts";

const rows: readonly (readonly [text: string, currency: string | undefined, size: Size])[] = [
	["1%", "USD", { kind: "equity_share", share: decimal("0.01") }],
	["12.5 %", "USD", { kind: "equity_share", share: decimal("0.125") }],
	["1000%", "USD", { kind: "equity_share", share: decimal("10") }],
	["250 USD", "USD", { kind: "money", amount: decimal("250"), currency: "USD" }],
	["250USD", "USD", { kind: "money", amount: decimal("250"), currency: "USD" }],
	["250 usd", "USD", { kind: "money", amount: decimal("250"), currency: "USD" }],
	["250 USD", "EUR", { kind: "units", quantity: decimal("250"), currency: "USD" }],
	["250 USD", undefined, { kind: "units", quantity: decimal("250"), currency: "USD" }],
	["0.01 BTC", "USD", { kind: "units", quantity: decimal("0.01"), currency: "BTC" }],
	["0.01 BTC", "BTC", { kind: "money", amount: decimal("0.01"), currency: "BTC" }],
	["100 1INCH", "USD", { kind: "units", quantity: decimal("100"), currency: "1INCH" }],
	["risk 1%", "USD", { kind: "risk_share", share: decimal("0.01") }],
	["Risk  0.5 %", "USD", { kind: "risk_share", share: decimal("0.005") }],
	["alert", "USD", { kind: "alert" }],
	[" ALERT ", "USD", { kind: "alert" }],
];

const refused = [
	"",
	"5",
	"-1%",
	"0%",
	"0 USD",
	"risk 0%",
	"risk",
	"risk 5",
	"risk 250 USD",
	"1001%",
	"risk 101%",
	"USD 250",
	"1 % 2",
	"alerts",
];

describe("sizes", () => {
	for (const [text, currency, size] of rows) {
		test(`${JSON.stringify(text)} on an account in ${currency ?? "no currency yet"} is ${size.kind}`, () => {
			expect(parseSize(text, currency)).toEqual(size);
		});
	}

	for (const text of refused) {
		test(`${JSON.stringify(text)} is no size`, () => {
			expect(parseSize(text, "USD")).toBeUndefined();
		});
	}

	test("an amount changes its kind with the account and back", () => {
		const units = parseSize("5 BTC");
		expect(units).toBeDefined();
		if (units === undefined) return;
		const money = settleSize(units, "BTC");
		expect(money).toEqual({ kind: "money", amount: decimal("5"), currency: "BTC" });
		expect(settleSize(money, "USD")).toEqual(units);
	});
});
