/** TV-Hub's messages, after its documentation of trade commands. */
import { tvHub } from "../../../src/alert/dialects/tvhub.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const common = { exchange: "binance-futures", pair: "BTCUSDT", apiKey: "account-name-5", token: "tvh-secret-5" };
const buy = { ...common, isBuy: true, isMarket: true };

dialectCases(tvHub, [
	{
		name: "the smallest buy",
		body: { ...common, isBuy: true, units: 0.01, unitsType: "absolute" },
		alerts: [
			{
				type: "LONG_ENTRY",
				action: "buy",
				symbol_sent: "BTCUSDT",
				exchange: "binance-futures",
				quantity: "0.01",
				fields: {},
			},
		],
		absent: ["closes", "size", "limit", "price", "stop_loss", "take_profit", "cancel", "alert_id", "time", "strategy"],
		secrets: ["tvh-secret-5"],
		never: ["tvh-secret-5", "account-name-5"],
	},
	{
		name: "a sell in percent with a stop, one target and its id",
		body: {
			...common,
			isSell: "true",
			isMarket: true,
			unitsType: "percent",
			unitsPercent: 5,
			leverage: 1,
			marginType: "isolated",
			stopLossType: "percent",
			stopLossPercent: 1.5,
			targetType: "percent",
			targetAmountInPercent: true,
			targets: [{ takeProfitPercent: 3, amount: 100 }],
			alertTimestamp: "BTCUSDT-2026-01-31T13:37:00Z",
			delay: 0,
			retries: 1,
		},
		alerts: [
			{
				type: "SHORT_ENTRY",
				size: "5%",
				stop_loss: "1.5%",
				take_profit: "3%",
				alert_id: "BTCUSDT-2026-01-31T13:37:00Z",
				time: "2026-01-31T13:37:00.000Z",
			},
		],
		absent: ["quantity"],
	},
	{
		name: "a limit order with prices for stop and target",
		body: {
			...common,
			isBuy: true,
			isLimit: true,
			price: "41000",
			units: 2,
			stopLossType: "absolute",
			stopLoss: 40000,
			targetType: "absolute",
			targets: [{ price: 45000, amount: 2 }],
			postOnly: false,
		},
		alerts: [{ limit: "41000", stop_loss: "40000", take_profit: "45000", quantity: "2" }],
		absent: ["price"],
	},
	{
		name: "a strategy's alert says its direction with orderType",
		body: { ...common, orderType: "sell", units: "0.5", strategy: "Mirror" },
		alerts: [{ type: "SHORT_ENTRY", action: "sell", quantity: "0.5", strategy: "Mirror" }],
	},
	{
		name: "close closes whichever side is open",
		body: { ...common, isClose: true, cancelAllOrders: true },
		alerts: [{ type: "LONG_EXIT", closes: "any", cancel: true }],
		absent: ["quantity"],
	},
	{
		name: "close one side",
		body: [
			{ ...common, isClose: true, closeLong: true },
			{ ...common, closeShort: true },
			{ ...common, closeCurrentPosition: true },
		],
		alerts: [
			{ type: "LONG_EXIT", closes: "long" },
			{ type: "SHORT_EXIT", closes: "short" },
			{ type: "LONG_EXIT", closes: "any" },
		],
		absent: ["cancel"],
	},
	{
		name: "close a part of the position, in percent and in units",
		body: [
			{ ...common, isClose: true, unitsType: "percentPosition", units: 50 },
			{ ...common, isClose: true, unitsType: "absolute", units: 0.25 },
			{ ...common, isClose: true, unitsType: "percent", unitsPercent: 100 },
		],
		alerts: [{ quantity: "50%" }, { quantity: "0.25" }, { type: "LONG_EXIT", closes: "any" }],
	},
	{
		name: "a sell that may only reduce closes a long position",
		body: { ...common, isSell: true, reduceOnly: true, units: 0.5 },
		alerts: [{ type: "LONG_EXIT", closes: "long", quantity: "0.5", action: "sell" }],
	},
	{
		name: "cancel alone only takes back what rests",
		body: { ...common, cancelAll: true },
		alerts: [{ type: "CUSTOM", cancel: true }],
		absent: ["closes"],
	},
	{
		name: "money and risk as sizes",
		body: [
			{ ...buy, useFixedSize: true, fixedQuoteSize: 100, units: 3 },
			{ ...buy, unitsType: "risk", units: 1, stopLossPercent: 2 },
		],
		alerts: [{ size: "100 USD" }, { size: "risk 1%", stop_loss: "2%" }],
		absent: ["quantity"],
	},
	{
		name: "closing the current position before an entry is left to on_opposite, and said",
		body: { ...buy, closeCurrentPosition: true },
		alerts: [{ type: "LONG_ENTRY" }],
		absent: ["closes"],
		notes: ["closeCurrentPosition", "on_opposite"],
	},
	{
		name: "an exit is not refused for leverage, trails and targets, and its limit is said",
		body: {
			...common,
			isClose: true,
			leverage: 10,
			hedgeMode: true,
			useTrailingStopLoss: true,
			trailingStopLossPercent: 1,
			stopLoss: "NaN",
			targets: [{ price: 1 }, { price: 2 }],
			useLimitClose: true,
		},
		alerts: [{ type: "LONG_EXIT", closes: "any" }],
		absent: ["stop_loss", "take_profit", "limit"],
		notes: ["an exit goes out at the market"],
	},
	{
		name: "several targets are refused",
		body: {
			...buy,
			targets: [
				{ takeProfitPercent: 1, amount: 50 },
				{ takeProfitPercent: 2, amount: 50 },
			],
		},
		refuse: { code: "unsupported_field", says: ["targets", "a list of 2"] },
		never: ["tvh-secret-5"],
	},
	{
		name: "a target for a part of the position is refused",
		body: { ...buy, targetAmountInPercent: true, targets: [{ takeProfitPercent: 1, amount: 50 }] },
		refuse: { code: "unsupported_field", says: ["targets.0.amount", "50"] },
	},
	{
		name: "a target that trails is refused",
		body: { ...buy, targets: [{ takeProfitPercent: 1, trailingPercent: 0.5 }] },
		refuse: { code: "unsupported_field", says: ["targets.0.trailingPercent", "0.5"] },
	},
	{
		name: "a target of the other type is refused, not left out",
		body: { ...buy, targetType: "absolute", targets: [{ takeProfitPercent: 1 }] },
		refuse: { code: "bad_field", says: ["targets", "absolute"] },
	},
	{
		name: "leverage is refused by name",
		body: { ...buy, leverage: "10" },
		refuse: { code: "unsupported_field", says: ["leverage", "10"] },
	},
	{
		name: "a delay is refused, on an exit too",
		body: { ...common, isClose: true, delay: 3600 },
		refuse: { code: "unsupported_field", says: ["delay", "3600"] },
	},
	{
		name: "a trailing stop is refused",
		body: { ...buy, useTrailingStopLoss: true, trailingStopLossPercent: 1 },
		refuse: { code: "unsupported_field", says: ["useTrailingStopLoss"] },
	},
	{
		name: "a message that only moves the stop is no entry",
		body: { ...common, isStopLoss: true, stopLoss: 41000 },
		refuse: { code: "unsupported_field", says: ["isStopLoss", "not an entry"] },
	},
	{
		name: "a stop of the other type is refused, not left out",
		body: { ...buy, stopLossType: "percent", stopLoss: 41000 },
		refuse: { code: "contradictory_fields", says: ["stopLossType", "stopLoss"] },
	},
	{
		name: "a stop that is NaN is refused",
		body: { ...buy, stopLossType: "absolute", stopLoss: "NaN" },
		refuse: { code: "bad_price", says: ["stopLoss", "NaN"] },
	},
	{
		name: "an entry in several orders is refused",
		body: { ...buy, useDca: true, dcaPercent: 5, dcaOrderCount: 3 },
		refuse: { code: "unsupported_field", says: ["useDca", "several orders"] },
	},
	{
		name: "an exit of a share of the balance is refused",
		body: { ...common, isClose: true, unitsType: "percentBalance", units: 20 },
		refuse: { code: "unsupported_field", says: ["unitsType", "percentBalance"] },
	},
	{
		name: "two directions are refused",
		body: { ...buy, isClose: true },
		refuse: { code: "contradictory_fields", says: ["isBuy", "isClose"] },
	},
	{
		name: "no direction is refused",
		body: { ...common, isBuy: false, units: 1 },
		refuse: { code: "missing_field", says: ["isBuy", "isSell", "isClose"] },
	},
	{
		name: "a limit order without its price is refused",
		body: { ...common, isBuy: true, isLimit: true, units: 1 },
		refuse: { code: "missing_field", says: ["price", "isLimit"] },
	},
	{
		name: "a post-only limit is refused",
		body: { ...common, isBuy: true, isLimit: true, price: 41000, postOnly: true },
		refuse: { code: "unsupported_field", says: ["postOnly"] },
	},
	{
		name: "a placeholder left in the size is named",
		body: { ...buy, units: "{{strategy.order.contract}}" },
		refuse: { code: "unfilled_placeholder", says: ["units", "strategy.order.contracts"] },
	},
]);
