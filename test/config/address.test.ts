/** Addresses and ranges: what is one, and what only looks like it. */
import { describe, expect, test } from "bun:test";
import { isAddressRange, tradingviewAddresses } from "../../src/config/address.ts";

const good = [
	"0.0.0.0",
	"203.0.113.7",
	"10.0.0.0/8",
	"10.0.0.0/0",
	"1.2.3.4/32",
	"::1",
	"2001:db8::/32",
	"::/0",
	"::ffff:1.2.3.4",
	"fe80::1/128",
];
const bad = [
	"",
	"/",
	"localhost",
	"1.2.3",
	"1.2.3.256",
	"1.2.3.4/33",
	"1.2.3.4/-1",
	"1.2.3.4/",
	"1.2.3.4/8/8",
	"1.2.3.4:80",
	"::1/129",
	"2001:db8::/x",
	"fe80::1%eth0",
	"*",
	"10.0.0.0-10.0.0.9",
	"1.2.3.4 ",
];

describe("addresses", () => {
	for (const text of good) {
		test(`${text} is one`, () => {
			expect(isAddressRange(text)).toBe(true);
		});
	}
	for (const text of bad) {
		test(`${JSON.stringify(text)} is none`, () => {
			expect(isAddressRange(text)).toBe(false);
		});
	}

	test("TradingView's four are addresses, each once", () => {
		expect(tradingviewAddresses.filter(isAddressRange)).toHaveLength(4);
		expect(new Set(tradingviewAddresses).size).toBe(4);
	});
});
