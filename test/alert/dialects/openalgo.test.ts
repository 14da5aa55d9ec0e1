/** OpenAlgo's messages, after its TradingView page, its order API and its strategy hook. */
import { openAlgo } from "../../../src/alert/dialects/openalgo.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const common = { apikey: "k-secret-77", strategy: "TradingView Strategy", symbol: "SBIN", exchange: "NSE" };
const market = { ...common, pricetype: "MARKET", product: "NRML" };
const notes = ["product is NRML"];

dialectCases(openAlgo, [
	{
		name: "a strategy's buy with the position it leaves is an entry",
		body: { ...market, action: "buy", quantity: "10", position_size: "10" },
		alerts: [
			{
				type: "LONG_ENTRY",
				action: "buy",
				symbol_sent: "SBIN",
				exchange: "NSE",
				strategy: "TradingView Strategy",
				quantity: "10",
				stated: { side: "long", size: "10" },
			},
		],
		absent: ["closes", "limit", "price"],
		notes,
	},
	{
		name: "a sell that leaves nothing closes, and does not go short",
		body: { ...market, action: "SELL", quantity: "10", position_size: "0" },
		alerts: [{ type: "LONG_EXIT", closes: "any", stated: { side: "flat", size: "0" } }],
		absent: ["quantity", "limit"],
		notes,
	},
	{
		name: "a buy that leaves nothing closes a short position",
		body: { ...market, action: "BUY", quantity: 0, position_size: 0 },
		alerts: [{ type: "LONG_EXIT", closes: "any" }],
		absent: ["quantity"],
		notes,
	},
	{
		name: "a position size below zero is short",
		body: { ...market, action: "SELL", quantity: "20", position_size: "-10" },
		alerts: [{ type: "SHORT_ENTRY", stated: { side: "short", size: "10" } }],
		absent: ["closes"],
		notes,
	},
	{
		name: "a sell that leaves a smaller long position is a part of an exit",
		body: { ...market, action: "SELL", quantity: "4", position_size: "6" },
		alerts: [{ type: "LONG_EXIT", closes: "long", quantity: "4", stated: { side: "long", size: "6" } }],
		notes,
	},
	{
		name: "a line alert without a position size is what its action says",
		body: { ...market, action: "SELL", quantity: "5" },
		alerts: [{ type: "SHORT_ENTRY", quantity: "5" }],
		absent: ["stated"],
		notes,
	},
	{
		name: "the key alone marks the format where the price type is left out",
		body: { apikey: "k-secret-77", symbol: "SBIN", action: "BUY", position_size: 10 },
		alerts: [{ type: "LONG_ENTRY", stated: { side: "long", size: "10" } }],
		secrets: ["k-secret-77"],
		never: ["k-secret-77"],
	},
	{
		name: "the key is a credential and is shown nowhere",
		body: { ...market, action: "BUY", quantity: 1, tag: "mine" },
		alerts: [{ type: "LONG_ENTRY", fields: { tag: "mine" } }],
		secrets: ["k-secret-77"],
		never: ["k-secret-77"],
		notes,
	},
	{
		name: "a limit order",
		body: { ...common, action: "BUY", pricetype: "LIMIT", quantity: "10", price: "812.5", trigger_price: "0" },
		alerts: [{ type: "LONG_ENTRY", limit: "812.5" }],
		absent: ["price"],
	},
	{
		name: "an intraday entry says that nobody closes it at the day's end",
		body: { ...common, pricetype: "MARKET", product: "MIS", action: "BUY", quantity: "10", disclosed_quantity: "0" },
		alerts: [{ type: "LONG_ENTRY" }],
		notes: ["product is MIS", "does not close the position at the day's end"],
	},
	{
		name: "an exit is not refused for its trigger and its price type",
		body: { ...common, pricetype: "SL-M", action: "SELL", quantity: "10", position_size: "0", trigger_price: "800" },
		alerts: [{ type: "LONG_EXIT" }],
		absent: ["limit", "stop_loss"],
	},
	{
		name: "an exit at a limit goes out at the market and says so",
		body: { ...common, pricetype: "LIMIT", price: 800, action: "SELL", quantity: "10", position_size: "0" },
		alerts: [{ type: "LONG_EXIT" }],
		absent: ["limit"],
		notes: ["an exit goes out at the market"],
	},
	{
		name: "a stop entry is refused, not sent at the market",
		body: { ...common, pricetype: "SL-M", action: "BUY", quantity: "10", trigger_price: "830" },
		refuse: { code: "unsupported_field", says: ["pricetype", "SL-M"] },
		never: ["k-secret-77"],
	},
	{
		name: "a trigger without its price type is refused on an entry",
		body: { ...market, action: "BUY", quantity: "10", trigger_price: "830" },
		refuse: { code: "unsupported_field", says: ["trigger_price", "830"] },
	},
	{
		name: "a stop entry without its trigger is refused too",
		body: { ...common, pricetype: "SL", action: "BUY", quantity: "10", price: "830" },
		refuse: { code: "unsupported_field", says: ["pricetype", "SL"] },
	},
	{
		name: "a limit order without its price is refused",
		body: { ...common, pricetype: "LIMIT", action: "BUY", quantity: "10", price: "0" },
		refuse: { code: "missing_field", says: ["price", "LIMIT"] },
	},
	{
		name: "an action that OpenAlgo does not know is refused",
		body: { ...market, action: "EXIT", quantity: "10" },
		refuse: { code: "bad_field", says: ["action", "exit"] },
	},
	{
		name: "a position size that was not filled is named",
		body: { ...market, action: "BUY", quantity: "10", position_size: "{{strategy.positon_size}}" },
		refuse: { code: "unfilled_placeholder", says: ["position_size", "{{strategy.position_size}}"] },
	},
	{
		name: "a position size that is no number is refused",
		body: { ...market, action: "BUY", quantity: "10", position_size: "ten" },
		refuse: { code: "bad_field", says: ["position_size", "ten"] },
	},
]);
