/** trade-relay's messages, after its payload reference. */
import { describe, expect, test } from "bun:test";
import { tradeRelay } from "../../../src/alert/dialects/trade-relay.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const common = { symbol: "BTCUSD", price: "42000.5", signalId: "Long-2026-01-31T13:37:00Z" };

dialectCases(tradeRelay, [
	{
		name: "a strategy's order with its id",
		body: { ...common, action: "buy", quantity: "0.1" },
		alerts: [
			{
				type: "LONG_ENTRY",
				action: "buy",
				symbol_sent: "BTCUSD",
				quantity: "0.1",
				price: "42000.5",
				alert_id: "Long-2026-01-31T13:37:00Z",
				time: "2026-01-31T13:37:00.000Z",
				fields: {},
			},
		],
		absent: ["closes", "size", "limit", "stop_loss", "take_profit", "cancel", "stated", "strategy"],
	},
	{
		name: "an entry by its risk with stop and target",
		body: { action: "sell", symbol: "BTCUSD", riskPercent: 1, price: 42000, stopLoss: "43000", takeProfit: "40000" },
		alerts: [{ type: "SHORT_ENTRY", size: "risk 1%", stop_loss: "43000", take_profit: "40000" }],
		absent: ["quantity", "alert_id", "time"],
	},
	{
		name: "money and a share of equity as sizes, the first one counting",
		body: [
			{ ...common, action: "buy", notional: 250 },
			{ ...common, action: "buy", percent_equity: "5", risk_percent: 1 },
			{ ...common, action: "buy", cash: "100", percentEquity: 5 },
		],
		alerts: [{ size: "250 USD" }, { size: "5%" }, { size: "100 USD" }],
		absent: ["quantity"],
	},
	{
		name: "names in any case and other names",
		body: {
			ACTION: "Long",
			action: "buy",
			Ticker: "NASDAQ:AAPL",
			ticker: "NASDAQ:AAPL",
			QTY: 10,
			signal_id: "a-1",
			note: "go",
		},
		alerts: [{ type: "LONG_ENTRY", symbol_sent: "NASDAQ:AAPL", quantity: "10", alert_id: "a-1", message: "go" }],
		absent: ["time"],
	},
	{
		name: "close closes whichever side is open, all of it, and takes resting entries back",
		body: [
			{ ...common, action: "close", quantity: 5 },
			{ ...common, action: "exit" },
			{ ...common, action: "flat" },
		],
		alerts: [
			{ type: "LONG_EXIT", closes: "any", cancel: true, action: "close" },
			{ type: "LONG_EXIT", closes: "any" },
			{ type: "LONG_EXIT", closes: "any" },
		],
		absent: ["quantity"],
	},
	{
		name: "flatten closes what is held of the symbol, and says that it is no more",
		body: { ...common, action: "close-all" },
		alerts: [{ type: "LONG_EXIT", closes: "any", cancel: true, action: "close_all" }],
		notes: ["only this symbol", "nexus flatten"],
	},
	{
		name: "cancel takes back what rests, whatever position is stated",
		body: { ...common, action: "cancel_all", market_position: "long" },
		alerts: [{ type: "CUSTOM", cancel: true }],
		absent: ["closes", "stated"],
	},
	{
		name: "a limit order is recognised without an id",
		body: { action: "buy", symbol: "AAPL", quantity: 1, orderType: "limit", limitPrice: 171.5, timeInForce: "gtc" },
		alerts: [{ type: "LONG_ENTRY", limit: "171.5" }],
	},
	{
		name: "a price limit beside a market order does not make it a limit order",
		body: { ...common, action: "buy", quantity: 1, orderType: "market", limitPrice: 41000, timeInForce: "day" },
		alerts: [{ type: "LONG_ENTRY" }],
		absent: ["limit"],
	},
	{
		name: "position fields decide, as in Nexus's own",
		body: {
			...common,
			action: "sell",
			quantity: 1,
			market_position: "flat",
			prev_market_position: "long",
			stopLoss: "NaN",
		},
		alerts: [{ type: "LONG_EXIT", closes: "long", stated: { side: "flat", previous_side: "long" } }],
		absent: ["stop_loss", "quantity"],
	},
	{
		name: "an exit is not refused for the order type, stop and account it carries",
		body: { ...common, action: "close", orderType: "stop", stopPrice: 41000, account: "live", stopLossLimit: 1 },
		alerts: [{ type: "LONG_EXIT" }],
	},
	{
		name: "with a ticker it is not taken for TradersPost's, whose stop is an object",
		body: { action: "buy", ticker: "AAPL", signalId: "x", quantity: 1, stopLoss: 165, takeProfit: 190 },
		alerts: [{ type: "LONG_ENTRY", stop_loss: "165", take_profit: "190" }],
	},
	{
		name: "a stop entry is refused, not sent at the market",
		body: { action: "buy", symbol: "AAPL", quantity: 1, orderType: "stop", stopPrice: 175 },
		refuse: { code: "unsupported_field", says: ["orderType", "stop"] },
	},
	{
		name: "a stop's price alone is refused too",
		body: { action: "buy", symbol: "AAPL", quantity: 1, stop_price: 175 },
		refuse: { code: "unsupported_field", says: ["stopPrice", "175"] },
	},
	{
		name: "a stop that may not be filled is refused",
		body: { ...common, action: "buy", quantity: 1, stopLoss: 41000, stopLossLimit: 40900 },
		refuse: { code: "unsupported_field", says: ["stopLossLimit", "40900"] },
	},
	{
		name: "an entry for another account is refused",
		body: { ...common, action: "buy", quantity: 1, accountId: "live" },
		refuse: { code: "unsupported_field", says: ["account", "live", "nexus.yaml"] },
	},
	{
		name: "the kill switch is refused by name",
		body: { ...common, action: "kill" },
		refuse: { code: "unsupported_field", says: ["action", "kill", "nexus halt"] },
	},
	{
		name: "flatten without a symbol is refused",
		body: { action: "flatten", symbol: "", signalId: "x" },
		refuse: { code: "missing_field", says: ["symbol"] },
	},
	{
		name: "a word that trade-relay does not know is refused",
		body: { ...common, action: "hold" },
		refuse: { code: "bad_field", says: ["action", "hold", "flatten"] },
	},
	{
		name: "two quantities are refused",
		body: { ...common, action: "buy", quantity: 1, contracts: 2 },
		refuse: { code: "contradictory_fields", says: ["quantity", "contracts"] },
	},
	{
		name: "an action and a side that say different things are refused",
		body: { ...common, action: "buy", side: "short", quantity: 1 },
		refuse: { code: "contradictory_fields", says: ["action", "side"] },
	},
	{
		name: "a stop that is NaN is refused",
		body: '{"action": "buy", "symbol": "BTCUSD", "riskPercent": 1, "stopLoss": NaN}',
		refuse: { code: "bad_price", says: ["stopLoss", "NaN"] },
	},
	{
		name: "a placeholder left in the id is named",
		body: { action: "buy", symbol: "BTCUSD", quantity: 1, signalId: "{{timenw}}" },
		refuse: { code: "unfilled_placeholder", says: ["signalId", "{{timenow}}"] },
	},
]);

describe("what trade-relay and others share", () => {
	for (const [name, body, dialect] of [
		[
			"action, symbol, quantity and price are Nexus's own",
			{ action: "buy", symbol: "A", quantity: 1, price: 2 },
			"nexus",
		],
		[
			"a strategy's own order type goes to its plugin",
			{ action: "buy", symbol: "A", strategy: "S", orderType: "ioc" },
			"nexus",
		],
		[
			"a custom action's own order type goes to its plugin",
			{ action: "rebalance", symbol: "A", orderType: "ioc" },
			"nexus",
		],
		[
			"TradersPost's order types stay its own",
			{ action: "buy", ticker: "A", orderType: "limit", limitPrice: 2 },
			"traderspost",
		],
	] as const) {
		test(name, () => {
			const result = readBody(JSON.stringify(body));
			const item = result.ok ? result.items[0] : undefined;
			expect(item?.ok === true ? item.reading.dialect : item?.refusal).toBe(dialect);
		});
	}
});
