/** PineConnector's messages, after its syntax guide; licence ids are made up. */
import { describe, expect, test } from "bun:test";
import { pineConnector } from "../../../src/alert/dialects/pineconnector.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const never = ["60123456789", "HappyTrader501"];

dialectCases(pineConnector, [
	{
		name: "buy enters, and the licence id is the credential and stands nowhere",
		body: '60123456789,buy,EURUSD,comment="first, and last"',
		alerts: [{ type: "LONG_ENTRY", action: "buy", symbol_sent: "EURUSD", message: "first, and last" }],
		absent: ["closes", "quantity", "size", "limit", "stop_loss", "take_profit", "strategy"],
		secrets: ["60123456789"],
		never,
	},
	{
		name: "with a secret it is the credential, and both are hidden",
		body: "60123456789,sell,EURUSD,vol_lots=1, secret=HappyTrader501",
		alerts: [{ type: "SHORT_ENTRY", symbol_sent: "EURUSD" }],
		absent: ["quantity", "size"],
		secrets: ["HappyTrader501"],
		notes: ["vol_lots=1 sizes nothing"],
		never,
	},
	{
		name: "blanks around the commas and capitals do not matter",
		body: "  60123456789 , BULLISH , US30.Cash , RISK = 0.5 ",
		alerts: [{ type: "LONG_ENTRY", action: "bullish", symbol_sent: "US30.Cash" }],
		notes: ["risk=0.5 sizes nothing"],
		never,
	},
	{
		name: "a stop as a price and a target in percent",
		body: "60123456789,bear,GBPJPY,sl_price=190.25,tp_pct=1.5,strategy=Yen",
		alerts: [{ type: "SHORT_ENTRY", stop_loss: "190.25", take_profit: "1.5%", strategy: "Yen" }],
	},
	{
		name: "the old keys are read where they say percent, and 0 is none",
		body: "60123456789,buy,BTCUSD,sl=2%,tp=0",
		alerts: [{ type: "LONG_ENTRY", stop_loss: "2%" }],
		absent: ["take_profit"],
	},
	{
		name: "buylimit rests at its price",
		body: "60123456789,buylimit,EURUSD,price=1.0650,sl_pct=1",
		alerts: [{ type: "LONG_ENTRY", action: "buylimit", limit: "1.065", stop_loss: "1%" }],
		notes: ["price=1.065 is read as a price"],
	},
	{
		name: "closelong closes a long position, whatever the sizes and stops beside it",
		body: "60123456789,closelong,GBPUSD,sl=20,sl_pips=30,trailtrig=5,risk",
		alerts: [{ type: "LONG_EXIT", closes: "long", symbol_sent: "GBPUSD" }],
		absent: ["quantity", "stop_loss"],
		notes: ['"risk" is no key=value'],
	},
	{
		name: "closeshort closes a short position and closeall either",
		body: "60123456789,closeshort,GBPUSD\r\n60123456789,closeall,EURUSD",
		alerts: [
			{ type: "SHORT_EXIT", closes: "short" },
			{ type: "LONG_EXIT", closes: "any", symbol_sent: "EURUSD" },
		],
		never,
	},
	{
		name: "closelongpct closes a share",
		body: "60123456789,closelongpct,EURUSD,risk=50",
		alerts: [{ type: "LONG_EXIT", closes: "long", quantity: "50%" }],
	},
	{
		name: "cancellong takes back resting entries and closes nothing",
		body: "60123456789,cancellong,EURUSD",
		alerts: [{ type: "CUSTOM", action: "cancellong", cancel: true }],
		absent: ["closes", "relative"],
		notes: ["either side"],
	},
	{
		name: "a line without a licence id continues the one before: its stop is not lost",
		body: "60123456789,buy,EURUSD,\n sl_price=1.05\n",
		alerts: [{ type: "LONG_ENTRY", stop_loss: "1.05" }],
	},
	{
		name: "an unknown field goes to plugins, without the licence id in it",
		body: "60123456789,buy,EURUSD,magic=7,origin=60123456789x",
		alerts: [{ fields: { magic: "7", origin: "***x" } }],
		never,
	},
	{
		name: "a bare sl is refused: whether it is pips is not in the message",
		body: "60123456789,buy,EURUSD,risk=1,sl=20,tp=40",
		refuse: { code: "unsupported_field", says: ["sl", "20", "sl_price"] },
		never,
	},
	{
		name: "pips are refused",
		body: "60123456789,sell,GBPJPY,vol_dollar=50,sl_pips=20",
		refuse: { code: "unsupported_field", says: ["sl_pips", "20"] },
	},
	{
		name: "a trailing stop is refused",
		body: "60123456789,buy,EURUSD,trailtrig=10,traildist=5",
		refuse: { code: "unsupported_field", says: ["trailtrig"] },
	},
	{
		name: "a protection that nexus has never heard of is refused",
		body: "60123456789,buy,EURUSD,sl_price=1.05,tp2_price=1.2",
		refuse: { code: "unsupported_field", says: ["tp2_price"] },
	},
	{
		name: "a stop entry is refused, not sent at the market",
		body: "60123456789,buystop,EURUSD,price=1.1",
		refuse: { code: "unsupported_field", says: ["buystop", "waits for a price"] },
	},
	{
		name: "moving a stop is refused",
		body: "60123456789,newsltplong,EURUSD,sl_price=1.1",
		refuse: { code: "unsupported_field", says: ["newsltplong"] },
	},
	{
		name: "a word that is no command is refused with the list",
		body: "60123456789,moon,EURUSD",
		refuse: { code: "bad_field", says: ["moon", "closelong"] },
		never,
	},
	{
		name: "a licence id in the command's place is not repeated",
		body: "60123456789,buy,60123456789,EURUSD",
		refuse: { code: "bad_field", says: ["licence id"] },
		never,
	},
	{
		name: "a second command on the line is refused",
		body: "60123456789,buy,EURUSD,sell",
		refuse: { code: "bad_field", says: ["sell"] },
	},
	{
		name: "a limit without its price is refused",
		body: "60123456789,selllimit,EURUSD",
		refuse: { code: "missing_field", says: ["price", "selllimit"] },
	},
	{
		name: "a stop that is NaN is refused, not dropped",
		body: "60123456789,buy,EURUSD,sl_price=NaN",
		refuse: { code: "bad_price", says: ["sl_price", "NaN"] },
	},
	{
		name: "two stops are refused",
		body: "60123456789,buy,EURUSD,sl_price=1.05,sl_pct=1",
		refuse: { code: "contradictory_fields", says: ["sl_price", "sl_pct"] },
	},
	{
		name: "one key with two values is refused",
		body: "60123456789,buy,EURUSD,sl_price=1.05,SL_PRICE=1.04",
		refuse: { code: "contradictory_fields", says: ["sl_price"] },
	},
	{
		name: "a placeholder left as the command is named",
		body: "60123456789,{{strategy.order.acton}},EURUSD",
		refuse: { code: "unfilled_placeholder", says: ["strategy.order.acton", "strategy.order.action"] },
		never,
	},
	{
		name: "a placeholder left as the symbol is named",
		body: "60123456789,buy,{{tickr}}",
		refuse: { code: "unfilled_placeholder", says: ["{{tickr}}", "{{ticker}}"] },
	},
]);

describe("a body that is read as PineConnector's because its URL says so", () => {
	test("is refused where it does not begin with a licence id, and the id is hidden all the same", () => {
		const result = readBody("alert: 60123456789,buy,EURUSD", { dialect: "pineconnector" });
		expect(result).toEqual({
			ok: true,
			items: [{ ok: false, refusal: expect.objectContaining({ code: "missing_field" }) }],
			raw: "alert: ***,buy,EURUSD",
		});
	});
	test("has its licence id hidden wherever it stands, and the rest kept as it was sent", () => {
		const result = readBody('60123456789,buy,EURUSD,secret="x y",comment=60123456789\n60999999999,closeall,EURUSD');
		expect(result.ok && result.raw).toBe("***,buy,EURUSD,secret=***,comment=***\n***,closeall,EURUSD");
	});
});

describe("text that only resembles PineConnector's is not taken for it", () => {
	for (const body of [
		"12345,buy,EURUSD",
		"buy,60123456789,EURUSD",
		"60123456789",
		"60123456789 buy EURUSD",
		"6012345678,1,2",
	])
		test(body, () => expect(pineConnector.recognises(body)).toBe(false));
});
