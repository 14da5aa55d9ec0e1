/** WunderTrading's JSON, after its guide and the messages that public programs send to it. */
import { expect, test } from "bun:test";
import { wunderTrading } from "../../../src/alert/dialects/wundertrading.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const symbol = "BTCUSDT";
const enter = { code: "Enter-Long", symbol, orderType: "market", amountPerTradeType: "quote", amountPerTrade: 150 };

dialectCases(wunderTrading, [
	{
		name: "an entry by money with one target and a stop, given as shares",
		body: {
			...enter,
			takeProfits: [{ priceDeviation: 0.02, portfolio: 1 }],
			stopLoss: { priceDeviation: "0.015" },
			reduceOnly: true,
			placeConditionalOrdersOnExchange: false,
			leverage: 1,
		},
		alerts: [
			{
				type: "LONG_ENTRY",
				action: "enter-long",
				symbol_sent: "BTCUSDT",
				size: "150 USDT",
				take_profit: "2%",
				stop_loss: "1.5%",
			},
		],
		absent: ["quantity", "limit", "strategy", "exchange", "stated", "closes"],
	},
	{
		name: "a code with the bot's parts names exchange, pair and bot",
		body: {
			code: "ENTER-SHORT_Bybit_ETHUSDT_Eth short 15_15M_0123456789abcdef01234567",
			amountPerTrade: "1.0",
			amountPerTradeType: "percents",
		},
		alerts: [
			{ type: "SHORT_ENTRY", symbol_sent: "ETHUSDT", exchange: "Bybit", strategy: "Eth short 15", size: "100%" },
		],
		absent: ["timeframe"],
	},
	{
		name: "a bot's name may hold the mark between the parts, and the exchange a second word",
		body: { code: "EXIT-LONG_BINANCE_FUTURES_SOL-USDC_My_SOL_bot_15M_botid" },
		alerts: [
			{ type: "LONG_EXIT", closes: "long", symbol_sent: "SOL-USDC", exchange: "BINANCE", strategy: "My_SOL_bot" },
		],
	},
	{
		name: "a bot for several pairs needs the symbol in a field",
		body: { code: "ENTER-LONG_Bybit_NONE_Mirror_15M_id", ticker: "BTCUSDT.P" },
		alerts: [{ type: "LONG_ENTRY", symbol_sent: "BTCUSDT.P", strategy: "Mirror" }],
	},
	{
		name: "a field that names the same pair more exactly wins over the code, and strategy over the bot's name",
		body: { code: "ENTER-LONG_Bybit_BTCUSDT_Mirror_15M_id", symbol: "BTCUSDT.P", strategy: "Other" },
		alerts: [{ symbol_sent: "BTCUSDT.P", strategy: "Other" }],
	},
	{
		name: "the case of a code does not matter",
		body: { code: "enter-LONG", symbol },
		alerts: [{ type: "LONG_ENTRY", action: "enter-long" }],
		absent: ["size", "quantity"],
	},
	{
		name: "Exit-All closes whichever side is open",
		body: { code: "Exit-All", symbol, orderType: "market", reduceOnly: true },
		alerts: [{ type: "LONG_EXIT", closes: "any" }],
		absent: ["quantity", "size"],
	},
	{
		name: "Exit-Short closes a short",
		body: { code: "Exit-Short", symbol },
		alerts: [{ type: "SHORT_EXIT", closes: "short" }],
	},
	{
		name: "an exit is not refused for what it carries of an entry, and the trace says what is not read",
		body: {
			...enter,
			code: "Exit-Long",
			orderType: "limit",
			leverage: 5,
			timeToLive: 60,
			amountPerTradeType: "contracts",
			stopLoss: "NaN",
			moveToBreakeven: { activationPrice: 101, executePrice: 100 },
		},
		alerts: [{ type: "LONG_EXIT", closes: "long" }],
		absent: ["quantity", "size", "stop_loss", "limit"],
		notes: ["whole position", "at the market"],
	},
	{
		name: "a share of the portfolio and prices for stop and target",
		body: {
			...enter,
			amountPerTradeType: "percents",
			amountPerTrade: 0.025,
			takeProfits: [{ price: 45000 }],
			stopLoss: { price: "40000", priceDeviation: "" },
			moveToBreakeven: {},
		},
		alerts: [{ size: "2.5%", take_profit: "45000", stop_loss: "40000" }],
	},
	{
		name: "units of the base and a limit price",
		body: { ...enter, orderType: "limit", price: 41000, amountPerTradeType: "base", amountPerTrade: "0.5" },
		alerts: [{ quantity: "0.5", limit: "41000" }],
		absent: ["size", "price"],
	},
	{
		name: "dollars, and the price of a market order",
		body: { ...enter, amountPerTradeType: "$", price: 42000.5, takeProfits: [], stopLoss: null },
		alerts: [{ size: "150 USD", price: "42000.5" }],
		absent: ["limit", "stop_loss", "take_profit"],
	},
	{
		name: "several targets are refused, not cut to one",
		body: {
			...enter,
			takeProfits: [
				{ priceDeviation: 0.01, portfolio: 0.5 },
				{ priceDeviation: 0.02, portfolio: 0.5 },
			],
		},
		refuse: { code: "unsupported_field", says: ["takeProfits", "a list of 2"] },
	},
	{
		name: "a target for a part of the position is refused",
		body: { ...enter, takeProfits: [{ priceDeviation: 0.01, portfolio: 0.5 }] },
		refuse: { code: "unsupported_field", says: ["portfolio", "0.5"] },
	},
	{
		name: "a stop that moves to the entry price is refused by name",
		body: { ...enter, moveToBreakeven: { activationPrice: 101, executePrice: 100 } },
		refuse: { code: "unsupported_field", says: ["moveToBreakeven"] },
	},
	{
		name: "a leverage is refused by name",
		body: { ...enter, leverage: 5 },
		refuse: { code: "unsupported_field", says: ["leverage", "5"] },
	},
	{
		name: "a limit order that ends by itself is refused by name",
		body: { ...enter, orderType: "limit", price: 41000, timeToLive: 60 },
		refuse: { code: "unsupported_field", says: ["timeToLive", "60"] },
	},
	{
		name: "contracts are refused by name",
		body: { ...enter, amountPerTradeType: "contracts" },
		refuse: { code: "unsupported_field", says: ["amountPerTradeType", "contracts"] },
	},
	{
		name: "percent instead of a share is refused, not taken a hundredfold",
		body: { ...enter, amountPerTradeType: "percents", amountPerTrade: 2 },
		refuse: { code: "bad_field", says: ["amountPerTrade", "0.02"] },
	},
	{
		name: "a stop as far away as the price is high is refused",
		body: { ...enter, stopLoss: { priceDeviation: 1 } },
		refuse: { code: "bad_field", says: ["stopLoss.priceDeviation", "0.01"] },
	},
	{
		name: "a stop that is NaN is refused",
		body: '{"code":"Enter-Long","symbol":"BTCUSDT","stopLoss":{"priceDeviation":NaN}}',
		refuse: { code: "bad_field", says: ["stopLoss.priceDeviation", "NaN"] },
	},
	{
		name: "a stop that is no object is refused",
		body: { ...enter, stopLoss: 0.02 },
		refuse: { code: "bad_field", says: ["stopLoss", "object"] },
	},
	{
		name: "a part of a stop that nobody knows is refused",
		body: { ...enter, stopLoss: { deviation: 0.02 } },
		refuse: { code: "unsupported_field", says: ["stopLoss.deviation"] },
	},
	{
		name: "a code without a pair and no symbol: nobody knows the market",
		body: { code: "Enter-Long", amountPerTradeType: "quote", amountPerTrade: 150 },
		refuse: { code: "missing_field", says: ["symbol", "{{ticker}}"] },
	},
	{
		name: "a field that names another pair than the code is refused",
		body: { code: "ENTER-LONG_Bybit_ETHUSDT_Mirror_15M_0123456789abcdef", symbol },
		refuse: { code: "contradictory_fields", says: ["symbol", "BTCUSDT", "ETHUSDT"] },
		never: [],
	},
	{
		name: "entering everything is nothing",
		body: { code: "Enter-All", symbol },
		refuse: { code: "bad_field", says: ["enter-all"] },
	},
]);

test("Nexus's own payload with a code is not taken for WunderTrading's", () => {
	const bodies = [
		{ action: "buy", symbol: "BTCUSD", code: "Enter-Long" },
		{ side: "buy", symbol: "BTCUSD", code: "entered-long" },
		{ side: "buy", symbol: "BTCUSD", code: 7 },
	];
	for (const body of bodies) {
		const result = readBody(JSON.stringify(body));
		const item = result.ok ? result.items[0] : undefined;
		if (item?.ok !== true) throw new Error(`not understood: ${JSON.stringify(item)}`);
		expect(item.reading.dialect).toBe("nexus");
	}
});
