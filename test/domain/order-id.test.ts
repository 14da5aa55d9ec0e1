/** Which leg of a plan an order's id names; what is no id of the alert's orders names none. */
import { describe, expect, test } from "bun:test";
import { accountIndexes, orderPlaceOf } from "../../src/domain/order-id.ts";

const alert = "6E17V4Y0000";

describe("the place of an order", () => {
	test.each([
		["1", 0, 0, undefined],
		["2", 0, 1, undefined],
		["100", 0, 99, undefined],
		["101", 1, 0, undefined],
		["203", 2, 2, undefined],
		["1-sl", 0, 0, "stop_loss"],
		["102-tp", 1, 1, "take_profit"],
		["1-sl2", 0, 0, "stop_loss"],
		["1-tp37", 0, 0, "take_profit"],
	] as const)("%s is of account %d, leg %d, protected by it as %s", (behind, account_index, leg, protects) => {
		expect(orderPlaceOf(`${alert}-${behind}`, alert)).toEqual({ account_index, leg, protects });
	});

	test.each([
		"",
		"0",
		"01",
		"-1",
		"1.5",
		"1-",
		"1-back",
		"1-sl-back",
		"1-sl1",
		"1-sl0",
		"1-sl02",
		"1-SL",
		"1-sl-tp",
		"1 ",
		"1234567890",
	])("-%s behind the alert's id is none", (behind) => {
		expect(orderPlaceOf(`${alert}-${behind}`, alert)).toBeUndefined();
	});

	test.each([alert, `${alert}1`, "6E17V4Y0001-1", `x${alert}-1`, "flatten-1-1"])("%s is none of this alert's", (id) => {
		expect(orderPlaceOf(id, alert)).toBeUndefined();
	});
});

describe("the numbers that an account's orders have", () => {
	const indexes = (accounts: readonly string[], orders: readonly (readonly [string, string])[]) =>
		Object.fromEntries(
			accountIndexes(
				alert,
				accounts,
				orders.map(([behind, account]) => ({ id: `${alert}-${behind}`, account })),
			),
		);

	test("are one hundred after the other, as the accounts are listed", () => {
		expect(indexes(["a", "b", "c"], [])).toEqual({ a: 0, b: 1, c: 2 });
	});

	test("stay what a restart finds, in whatever order the accounts are listed by then", () => {
		const found = [["1", "a"] as const, ["101-sl", "b"] as const];
		expect(indexes(["b", "a"], found)).toEqual({ a: 0, b: 1 });
	});

	test("are never those of another account", () => {
		expect(indexes(["b", "a"], [["101", "b"]])).toEqual({ b: 1, a: 2 });
		expect(indexes(["c", "a", "b"], [["1", "a"]])).toEqual({ a: 0, c: 1, b: 2 });
	});
});
