/** OKX's signal bot messages, after its alert message specifications, sections A and B; BloFin's are the same. */
import { expect, test } from "bun:test";
import { okx } from "../../../src/alert/dialects/okx.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const common = { signalToken: "made-up-token", timestamp: "2026-01-31T13:37:00Z", maxLag: "60" };
const a = (action: string, now: string, size: string, before: string, sizeBefore: string) => ({
	...common,
	id: "Long",
	action,
	marketPosition: now,
	marketPositionSize: size,
	prevMarketPosition: before,
	prevMarketPositionSize: sizeBefore,
	instrument: "BTCUSDT.P",
	investmentType: "base",
	amount: "0.1",
});
const b = (action: string, more: Readonly<Record<string, unknown>> = {}) => ({
	...common,
	action,
	instrument: "BTC-USDT-SWAP",
	orderType: "market",
	orderPriceOffset: "",
	...more,
});

dialectCases(okx, [
	{
		name: "form A: flat to long enters",
		body: a("buy", "long", "0.1", "flat", "0"),
		alerts: [
			{
				type: "LONG_ENTRY",
				action: "buy",
				symbol_sent: "BTCUSDT.P",
				quantity: "0.1",
				time: "2026-01-31T13:37:00.000Z",
				max_age_s: 60,
				message: "Long",
				stated: { side: "long", size: "0.1", previous_side: "flat", previous_size: "0" },
			},
		],
		absent: ["closes", "strategy", "alert_id", "size", "limit"],
		secrets: ["made-up-token"],
		never: ["made-up-token"],
	},
	{
		name: "form A: sell from long to flat is an exit and opens no short",
		body: a("sell", "flat", "0", "long", "0.1"),
		alerts: [{ type: "LONG_EXIT", closes: "long" }],
	},
	{
		name: "form A: sell from long to short enters the short",
		body: a("sell", "short", "0.1", "long", "0.1"),
		alerts: [{ type: "SHORT_ENTRY" }],
	},
	{
		name: "form A: an exit is not refused for an amount in contracts or a limit order",
		body: { ...a("sell", "flat", "0", "long", "0.1"), investmentType: "contract", orderType: "limit" },
		alerts: [{ type: "LONG_EXIT", closes: "long" }],
		absent: ["quantity"],
		notes: ["an exit goes at the market"],
	},
	{
		name: "form A: a contradiction with the action is noted, the position fields decide",
		body: a("buy", "flat", "0", "long", "0.1"),
		alerts: [{ type: "LONG_EXIT" }],
		notes: ["the position fields decide"],
	},
	{
		name: "form B: an entry with a fixed margin",
		body: b("ENTER_LONG", { investmentType: "margin", amount: "1000", strategy: "Mirror" }),
		alerts: [
			{ type: "LONG_ENTRY", action: "enter_long", symbol_sent: "BTC-USDT-SWAP", size: "1000 USDT", strategy: "Mirror" },
		],
		absent: ["quantity", "stated"],
	},
	{
		name: "form B: an entry by a share of the investment, in lower case",
		body: b("enter_short", { investmentType: "percentage_investment", amount: "25" }),
		alerts: [{ type: "SHORT_ENTRY", size: "25%" }],
	},
	{
		name: "form B: a share of the free balance is a share of equity, and the trace says so",
		body: b("ENTER_LONG", { investmentType: "percentage_balance", amount: 100 }),
		alerts: [{ size: "100%" }],
		notes: ["percentage_balance"],
	},
	{
		name: "form B: an exit of a part of the position",
		body: b("EXIT_LONG", { investmentType: "percentage_position", amount: "50" }),
		alerts: [{ type: "LONG_EXIT", closes: "long", quantity: "50%" }],
		absent: ["size"],
	},
	{
		name: "form B: an exit without an amount closes everything",
		body: b("EXIT_SHORT"),
		alerts: [{ type: "SHORT_EXIT", closes: "short" }],
		absent: ["quantity"],
	},
	{
		name: "BloFin's message without an order type",
		body: {
			action: "ENTER_LONG",
			instrument: "ETH-USDT",
			signalToken: "made-up-token",
			timestamp: "2026-01-31T13:37:00Z",
			maxLag: "",
			investmentType: "base",
			amount: "2",
		},
		alerts: [{ type: "LONG_ENTRY", symbol_sent: "ETH-USDT", quantity: "2" }],
		absent: ["max_age_s", "limit"],
		never: ["made-up-token"],
	},
	{
		name: "an offset beside a market order says nothing",
		body: b("ENTER_LONG", { orderPriceOffset: "0.1", investmentType: "base", amount: "1" }),
		alerts: [{ type: "LONG_ENTRY" }],
		absent: ["limit"],
	},
	{
		name: "a limit entry is refused, because its price is relative",
		body: b("ENTER_LONG", { orderType: "limit", orderPriceOffset: "0.5" }),
		refuse: { code: "unsupported_field", says: ["orderType", "limit", "relative"] },
		never: ["made-up-token"],
	},
	{
		name: "a size in contracts is refused by name",
		body: b("ENTER_LONG", { investmentType: "contract", amount: "3" }),
		refuse: { code: "unsupported_field", says: ["investmentType", "contract"] },
	},
	{
		name: "an entry sized by the open position is refused",
		body: b("ENTER_LONG", { investmentType: "percentage_position", amount: "50" }),
		refuse: { code: "unsupported_field", says: ["investmentType", "percentage_position"] },
	},
	{
		name: "an amount without its unit is refused, not guessed",
		body: b("ENTER_LONG", { amount: "100" }),
		refuse: { code: "missing_field", says: ["investmentType"] },
	},
	{
		name: "a unit that OKX does not know is refused",
		body: b("ENTER_LONG", { investmentType: "lots", amount: "1" }),
		refuse: { code: "bad_field", says: ["investmentType", "lots", "margin"] },
	},
	{
		name: "an action that OKX does not know is refused",
		body: b("REVERSE"),
		refuse: { code: "bad_field", says: ["action", "reverse", "enter_long"] },
	},
	{
		name: "a placeholder left in the position is named",
		body: { ...a("buy", "long", "0.1", "flat", "0"), marketPosition: "{{strategy.market_positon}}" },
		refuse: { code: "unfilled_placeholder", says: ["marketPosition", "{{strategy.market_position}}"] },
		never: ["made-up-token"],
	},
	{
		name: "no instrument, no trade",
		body: { ...common, action: "ENTER_LONG" },
		refuse: { code: "missing_field", says: ["instrument"] },
	},
]);

test("Nexus's own payload with a token and an instrument is not taken for OKX's", () => {
	const bodies = [{ action: "buy", instrument: "BTC-USDT-SWAP", token: "t", amount: 1 }];
	for (const body of bodies) {
		const result = readBody(JSON.stringify(body));
		const item = result.ok ? result.items[0] : undefined;
		if (item?.ok !== true) throw new Error(`not understood: ${JSON.stringify(item)}`);
		expect(item.reading.dialect).toBe("nexus");
	}
});
