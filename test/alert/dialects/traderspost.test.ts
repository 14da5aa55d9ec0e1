/** TradersPost's messages, after its webhook specification. */
import { tradersPost } from "../../../src/alert/dialects/traderspost.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const common = { ticker: "BTCUSD", price: "42000.5", interval: "60" };

dialectCases(tradersPost, [
	{
		name: "buy with the sentiment long enters",
		body: { ...common, action: "buy", sentiment: "bullish", quantity: "0.1", time: "2026-01-31T13:37:00Z" },
		alerts: [
			{
				type: "LONG_ENTRY",
				symbol_sent: "BTCUSD",
				quantity: "0.1",
				price: "42000.5",
				timeframe: "1h",
				time: "2026-01-31T13:37:00.000Z",
			},
		],
		absent: ["closes", "strategy", "stop_loss", "stated", "cancel"],
	},
	{
		name: "sell with the sentiment flat closes everything, whatever the quantity",
		body: { ...common, action: "sell", sentiment: "flat", quantity: 0.1 },
		alerts: [{ type: "LONG_EXIT", closes: "any" }],
		absent: ["quantity"],
	},
	{
		name: "sell with the sentiment long makes the long position smaller",
		body: { ...common, action: "sell", sentiment: "long", quantity: 0.1 },
		alerts: [{ type: "LONG_EXIT", closes: "long", quantity: "0.1" }],
	},
	{
		name: "exit with a share of the position",
		body: { ...common, action: "exit", quantity: 50, quantityType: "percent_of_position" },
		alerts: [{ type: "LONG_EXIT", closes: "any", quantity: "50%" }],
	},
	{
		name: "an entry by its share of equity with a stop and a target in percent",
		body: {
			...common,
			action: "sell",
			quantity: 5,
			quantityType: "percent_of_equity",
			stopLoss: { type: "stop", percent: 1.5 },
			takeProfit: { percent: 3 },
		},
		alerts: [{ type: "SHORT_ENTRY", size: "5%", stop_loss: "1.5%", take_profit: "3%" }],
		absent: ["quantity"],
	},
	{
		name: "a limit order with prices for stop and target",
		body: {
			...common,
			action: "buy",
			orderType: "limit",
			limitPrice: 41000,
			timeInForce: "gtc",
			stopLoss: { stopPrice: 40000 },
			takeProfit: { limitPrice: 45000 },
			extras: { strategy: "Mirror" },
		},
		alerts: [{ type: "LONG_ENTRY", limit: "41000", stop_loss: "40000", take_profit: "45000", strategy: "Mirror" }],
	},
	{
		name: "money as a size",
		body: { ...common, action: "buy", quantity: "250", quantityType: "dollar_amount" },
		alerts: [{ type: "LONG_ENTRY", size: "250 USD" }],
	},
	{
		name: "cancel takes back what rests",
		body: { ticker: "BTCUSD", action: "cancel", extras: {} },
		alerts: [{ type: "CUSTOM", cancel: true }],
	},
	{
		name: "add makes the open position larger",
		body: { ...common, action: "add", sentiment: "" },
		alerts: [{ type: "CUSTOM", relative: "add" }],
	},
	{
		name: "reverse turns the open position round",
		body: { ...common, action: "reverse", orderType: "market" },
		alerts: [{ type: "CUSTOM", relative: "reverse" }],
	},
	{
		name: "an exit is not refused for the stop it carries",
		body: { ...common, action: "exit", stopLoss: { type: "trailing_stop", trailPercent: 1 } },
		alerts: [{ type: "LONG_EXIT" }],
		absent: ["stop_loss"],
	},
	{
		name: "a trailing stop is refused by name",
		body: { ...common, action: "buy", stopLoss: { trailPercent: 1 } },
		refuse: { code: "unsupported_field", says: ["stopLoss.trailPercent", "trailing"] },
	},
	{
		name: "a stop entry is refused, not sent at the market",
		body: { ...common, action: "buy", orderType: "stop", stopPrice: 43000 },
		refuse: { code: "unsupported_field", says: ["stopPrice"] },
	},
	{
		name: "an option is refused",
		body: { ...common, action: "buy", orderType: "market", optionType: "call" },
		refuse: { code: "unsupported_field", says: ["optionType", "call"] },
	},
	{
		name: "an action that TradersPost does not know is refused",
		body: { ...common, action: "moon", sentiment: "long" },
		refuse: { code: "bad_field", says: ["action", "moon"] },
	},
	{
		name: "a stop with two places is refused",
		body: { ...common, action: "buy", stopLoss: { percent: 1, stopPrice: 40000 } },
		refuse: { code: "contradictory_fields", says: ["stopLoss.stopPrice", "stopLoss.percent"] },
	},
	{
		name: "a placeholder left in the quantity is named",
		body: { ...common, action: "buy", sentiment: "long", quantity: "{{strategy.order.contract}}" },
		refuse: { code: "unfilled_placeholder", says: ["quantity", "strategy.order.contracts"] },
	},
]);
