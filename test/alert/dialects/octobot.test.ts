/** OctoBot's text messages, after its TradingView alert format. */
import { describe, expect, test } from "bun:test";
import { octobot } from "../../../src/alert/dialects/octobot.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

const buy = "EXCHANGE=BINANCE\nSYMBOL=BTCUSDT\nSIGNAL=BUY";
const sell = "EXCHANGE=binance;SYMBOL=BTCUSDT.P;SIGNAL=SELL";

dialectCases(octobot, [
	{
		name: "three lines are a long entry, and resting entries are taken back first",
		body: buy,
		alerts: [{ type: "LONG_ENTRY", action: "buy", symbol_sent: "BTCUSDT", exchange: "BINANCE", cancel: true }],
		absent: ["quantity", "size", "limit", "price", "stop_loss", "take_profit", "closes", "strategy", "stated"],
	},
	{
		name: "semicolons part as well as lines, and sell is a short entry",
		body: `${sell};VOLUME=0.01;STRATEGY=MyRSIStrategy`,
		alerts: [{ type: "SHORT_ENTRY", symbol_sent: "BTCUSDT.P", quantity: "0.01", strategy: "MyRSIStrategy" }],
	},
	{
		name: "a BOM, Windows' line ends, empty lines and space around everything do no harm",
		body: `\ufeff\r\nEXCHANGE = BINANCE \r\n\r\n SYMBOL=BTCUSDT\r\nSIGNAL= buy\r\nVOLUME= 1,000.5 \r\n`,
		alerts: [{ type: "LONG_ENTRY", symbol_sent: "BTCUSDT", quantity: "1000.5" }],
	},
	{
		name: "line breaks that a relay wrote as two characters part too",
		body: "EXCHANGE=BINANCE\\nSYMBOL=BTCUSDT\\nSIGNAL=SELL\\nREDUCE_ONLY=true",
		alerts: [{ type: "LONG_EXIT", closes: "long" }],
	},
	{
		name: "a limit entry by its share of equity with prices for stop and target",
		body: `${buy}\nORDER_TYPE=LIMIT\nPRICE=42000\nVOLUME=2%\nSTOP_PRICE=25000\nTAKE_PROFIT_PRICE=50000`,
		alerts: [{ type: "LONG_ENTRY", limit: "42000", size: "2%", stop_loss: "25000", take_profit: "50000" }],
		absent: ["quantity", "price"],
	},
	{
		name: "a market order's PRICE is the price it fired at",
		body: `${buy}\nORDER_TYPE=MARKET\nPRICE=42000.5`,
		alerts: [{ type: "LONG_ENTRY", price: "42000.5" }],
		absent: ["limit"],
	},
	{
		name: "a short's stop stands above and its target below, as distances",
		body: `${sell};STOP_PRICE=5%;TAKE_PROFIT_PRICE_1=-10%;TAKE_PROFIT_VOLUME_RATIO_1=1`,
		alerts: [{ type: "SHORT_ENTRY", stop_loss: "5%", take_profit: "10%" }],
	},
	{
		name: "reduce-only sell closes a long by a share of the position",
		body: `${sell};REDUCE_ONLY=true;VOLUME=50p%`,
		alerts: [{ type: "LONG_EXIT", closes: "long", quantity: "50%" }],
	},
	{
		name: "reduce-only buy closes all of a short, whatever leverage and stops it carries, at the market",
		body: `${buy}\nREDUCE_ONLY=TRUE\nORDER_TYPE=LIMIT\nPRICE=41000\nLEVERAGE=3\nSTOP_PRICE=10d\nTRAILING_PROFILE=x\nVOLUME=100a%`,
		alerts: [{ type: "SHORT_EXIT", closes: "short", price: "41000" }],
		absent: ["quantity", "limit", "stop_loss"],
		notes: ["ORDER_TYPE is limit", "at the market"],
	},
	{
		name: "cancel only takes back what rests",
		body: "EXCHANGE=binance;SYMBOL=ETHBTC;SIGNAL=CANCEL",
		alerts: [{ type: "CUSTOM", cancel: true, symbol_sent: "ETHBTC" }],
		absent: ["quantity", "relative"],
	},
	{
		name: "the token is tried as a secret and shown nowhere",
		body: `${buy}\nTOKEN=hunter2hunter2\nLEVERAGE=1\nTAG=first\nnote=mine`,
		alerts: [{ type: "LONG_ENTRY", fields: { NOTE: "mine" } }],
		secrets: ["hunter2hunter2"],
		never: ["hunter2hunter2"],
	},
	{
		name: "a token with a refused order is shown nowhere either",
		body: `${buy};TOKEN=hunter2hunter2;LEVERAGE=5`,
		refuse: { code: "unsupported_field", says: ["LEVERAGE", "5"] },
		never: ["hunter2hunter2"],
	},
	{
		name: "several targets are refused by name",
		body: `${buy};TAKE_PROFIT_PRICE_1=50000;TAKE_PROFIT_PRICE_2=55000`,
		refuse: { code: "unsupported_field", says: ["TAKE_PROFIT_PRICE_2", "several targets"] },
	},
	{
		name: "a stop order is refused, not sent at the market",
		body: `${sell};ORDER_TYPE=STOP;STOP_PRICE=25000`,
		refuse: { code: "unsupported_field", says: ["ORDER_TYPE", "waits for a price"] },
	},
	{
		name: "a stop by a distance in money is refused",
		body: `${buy};STOP_PRICE=-500d`,
		refuse: { code: "unsupported_field", says: ["STOP_PRICE", "-500d"] },
	},
	{
		name: "a stop on the wrong side of the entry is refused",
		body: `${buy};STOP_PRICE=5%`,
		refuse: { code: "bad_field", says: ["STOP_PRICE", "below zero"] },
	},
	{
		name: "a stop that is NaN is refused, not left out",
		body: `${buy};STOP_PRICE=NaN`,
		refuse: { code: "bad_price", says: ["STOP_PRICE", "NaN"] },
	},
	{
		name: "a stop without = is refused, not left out",
		body: `${buy};STOP_PRICE 25000`,
		refuse: { code: "bad_field", says: ["no ="] },
	},
	{
		name: "a size by what is free is refused",
		body: `${buy};VOLUME=12a%`,
		refuse: { code: "unsupported_field", says: ["VOLUME", "12a%"] },
	},
	{
		name: "a limit price by its distance from the market is refused",
		body: `${buy};ORDER_TYPE=LIMIT;PRICE=-0.55%`,
		refuse: { code: "unsupported_field", says: ["PRICE", "distance"] },
	},
	{
		name: "a limit order without a price is refused",
		body: `${buy};ORDER_TYPE=limit`,
		refuse: { code: "missing_field", says: ["PRICE"] },
	},
	{
		name: "taking back the orders of one tag only is refused",
		body: "EXCHANGE=binance;SYMBOL=ETHBTC;SIGNAL=CANCEL;TAG=first",
		refuse: { code: "unsupported_field", says: ["TAG"] },
	},
	{
		name: "a parameter for the exchange is refused by name",
		body: `${buy};PARAM_postOnly=true`,
		refuse: { code: "unsupported_field", says: ["PARAM_POSTONLY"] },
	},
	{
		name: "a signal that OctoBot does not know is refused",
		body: "EXCHANGE=BINANCE;SYMBOL=BTCUSDT;SIGNAL=MOON",
		refuse: { code: "bad_field", says: ["SIGNAL", "moon"] },
	},
	{
		name: "two different symbols are refused",
		body: `${buy};SYMBOL=ETHUSDT`,
		refuse: { code: "contradictory_fields", says: ["SYMBOL", "twice"] },
	},
	{
		name: "a placeholder left in the volume is named",
		body: `${buy}\nVOLUME={{strategy.order.contract}}`,
		refuse: { code: "unfilled_placeholder", says: ["VOLUME", "{{strategy.order.contracts}}"] },
	},
	{
		name: "a missing symbol is named",
		body: "EXCHANGE=BINANCE;SIGNAL=BUY",
		refuse: { code: "missing_field", says: ["SYMBOL"] },
	},
]);

describe("every field that nexus cannot do", () => {
	const outcome = (body: string) => {
		const result = readBody(body, { dialect: "octobot" });
		const [item] = result.ok ? result.items : [];
		return item?.ok === true ? item.reading.type : `${item?.refusal.code} ${item?.refusal.detail}`;
	};
	for (const [field, { support }] of Object.entries(octobot.fields)) {
		if (support === "refused")
			test(`${field} refuses entries and exits`, () => {
				for (const body of [buy, `${buy}\nREDUCE_ONLY=true`])
					expect(outcome(`${body}\n${field}=7`)).toStartWith(`unsupported_field ${field} is set to`);
			});
		if (support === "refused_on_entry")
			test(`${field} refuses an entry and not an exit`, () => {
				expect(outcome(`${buy}\n${field}=7`)).toStartWith(`unsupported_field ${field} is set to`);
				expect(outcome(`${buy}\nREDUCE_ONLY=true\n${field}=7`)).toBe("SHORT_EXIT");
			});
		if (support !== "read")
			test(`${field} that is empty or 0 refuses nothing`, () => {
				for (const value of ["", "0", "false"]) expect(outcome(`${buy}\n${field}=${value}`)).toBe("LONG_ENTRY");
			});
	}
});
