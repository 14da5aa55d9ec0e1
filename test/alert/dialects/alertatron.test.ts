/** Alertatron's scripts, after its documentation and the templates its users send. */
import { describe, expect, test } from "bun:test";
import { alertatron } from "../../../src/alert/dialects/alertatron.ts";
import { readBody } from "../../../src/alert/read.ts";
import { dialectCases } from "./support/dialect-cases.ts";

dialectCases(alertatron, [
	{
		name: "a market order by side and amount in units, for the account as the strategy",
		body: "MyKeys(XBTUSD) { market(side=buy, amount=100); }\n#bot",
		alerts: [{ type: "LONG_ENTRY", action: "buy", symbol_sent: "XBTUSD", strategy: "MyKeys", quantity: "100" }],
		absent: ["size", "stated", "closes", "cancel", "limit", "stop_loss", "take_profit"],
	},
	{
		name: "the usual strategy template: cancel, target position and bracket are one command",
		body: "MyKeys(BTCUSDT) {\ncancel(which=all);\nmarket(position=-0.5);\nstopOrTakeProfit(tp=@38000, sl=@43000.5, position=0, reduceOnly=true, tag=trail);\n}\n#bot",
		alerts: [
			{
				...{ type: "SHORT_ENTRY", cancel: true, stated: { side: "short", size: "0.5" } },
				...{ stop_loss: "43000.5", take_profit: "38000", fields: {} },
			},
		],
		absent: ["quantity", "size"],
	},
	{
		name: "a target position of 0 closes whatever is open, and a bracket beside it is left out",
		body: "MyKeys(BTCUSDT) { cancel(which=all); market(position=0); stopOrTakeProfit(tp=@1, sl=@2, position=0); }",
		alerts: [{ type: "LONG_EXIT", closes: "any", cancel: true, stated: { side: "flat" } }],
		absent: ["stop_loss", "take_profit"],
		notes: ["stopOrTakeProfit() beside an exit does nothing"],
	},
	{
		name: "a share of equity, with the stop and target as orders of their own in percent",
		body: "keys(BTCUSDT) { market(side=buy, amount=50%); stopOrder(side=sell, amount=100%p, offset=2%); limit(side=sell, amount=100%p, offset=e3%); }",
		alerts: [{ type: "LONG_ENTRY", size: "50%", stop_loss: "2%", take_profit: "3%" }],
		absent: ["quantity", "limit"],
	},
	{
		name: "a limit order at a price",
		body: "keys(BTCUSDT) { limit(side=sell, amount=5%b, offset=@68000); stopMarket(position=0, stop=e-1%); }",
		alerts: [{ type: "SHORT_ENTRY", limit: "68000", size: "5%", stop_loss: "1%" }],
	},
	{
		name: "a part of the position closes that part of the side it reduces",
		body: "keys(BTCUSDT) { market(side=sell, amount=50%p); }",
		alerts: [{ type: "LONG_EXIT", closes: "long", quantity: "50%" }],
		absent: ["size"],
	},
	{
		name: "the whole position, and units that only reduce",
		body: "keys(BTCUSDT) { market(side=buy, amount=100%p); market(side=sell, amount=0.2, reduceOnly=TRUE); }",
		alerts: [
			{ type: "SHORT_EXIT", closes: "short" },
			{ type: "LONG_EXIT", closes: "long", quantity: "0.2" },
		],
	},
	{
		name: "a misspelt reduceOnly is not lost: it would open the other side",
		body: "keys(BTCUSDT) { market(side=sell, amount=0.2, ReduceOnly=true); }",
		alerts: [{ type: "LONG_EXIT", closes: "long" }],
	},
	{
		name: "wait needs nothing and is shown",
		body: "keys(BTCUSDT) { market(position=0); wait(3s); market(side=sell, amount=1); }",
		alerts: [{ type: "LONG_EXIT" }, { type: "SHORT_ENTRY", quantity: "1" }],
		notes: ["wait(3s) is not waited out"],
	},
	{
		name: "cancel with nothing behind it only takes back what rests",
		body: "keys(ETHUSDT) { cancel(which=all); }",
		alerts: [{ type: "CUSTOM", action: "cancel", cancel: true, strategy: "keys" }],
	},
	{
		name: "several blocks, text around them, and comments that are not stored",
		body: "Long!\nmain(BTCUSDT) {\n# hush-hush\n market(side=buy, amount=1)\n}\nsub(ETHUSDT) { market(side=sell, amount=2); } #bot",
		alerts: [
			{ strategy: "main", type: "LONG_ENTRY" },
			{ strategy: "sub", type: "SHORT_ENTRY", symbol_sent: "ETHUSDT" },
		],
		never: ["hush-hush"],
	},
	{
		name: "an exit is done though the block holds a command that nexus cannot do",
		body: "keys(BTCUSDT) { market(position=0); cancel(which=tagged, tag=a); }",
		alerts: [{ type: "LONG_EXIT" }],
		notes: ["cancel() beside an exit does nothing"],
	},
	{
		name: "a stop alone is refused by name",
		body: "keys(BTCUSDT) { stopOrTakeProfit(tp=@70000, sl=@60000, position=0); }",
		refuse: { code: "unsupported_field", says: ["stopOrTakeProfit()", "behind its entry"] },
	},
	{
		name: "a stop entry is refused by name",
		body: "keys(BTCUSDT) { stopOrder(side=buy, amount=1, offset=@71000); }",
		refuse: { code: "unsupported_field", says: ["stopOrder()"] },
	},
	{
		name: "an entry does not go in without its trailing stop",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); trailingStop(side=sell, amount=100%p, offset=1%); }",
		refuse: { code: "unsupported_field", says: ["trailingStop()"] },
	},
	{
		name: "a ladder of targets is refused",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); limit(side=sell, amount=50%p, offset=@70000); limit(side=sell, amount=50%p, offset=@72000); }",
		refuse: { code: "unsupported_field", says: ["limit()", "part of the position"] },
	},
	{
		name: "two whole targets are refused",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); limit(position=0, offset=@70000); limit(position=0, offset=@72000); }",
		refuse: { code: "unsupported_field", says: ["more than one target"] },
	},
	{
		name: "one stop for two entries is refused: the first would go in without",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); limit(side=buy, amount=1, offset=@60000); stopOrTakeProfit(sl=@50000, position=0); }",
		refuse: { code: "unsupported_field", says: ["stopOrTakeProfit()"] },
	},
	{
		name: "a condition refuses the entry",
		body: "keys(BTCUSDT) { continue(if=positionNone); market(side=buy, amount=1); }",
		refuse: { code: "unsupported_field", says: ["continue()"] },
	},
	{
		name: "a share of what is free is refused",
		body: "keys(BTCUSDT) { market(side=buy, amount=100%a); }",
		refuse: { code: "unsupported_field", says: ["amount", "100%a", "equity"] },
	},
	{
		name: "so is its other spelling",
		body: "keys(BTCUSDT) { market(side=buy, amount=50%%); }",
		refuse: { code: "unsupported_field", says: ["amount", "50%%"] },
	},
	{
		name: "a limit at a distance from the market is refused",
		body: "keys(BTCUSDT) { limit(side=buy, amount=1, offset=1%); }",
		refuse: { code: "unsupported_field", says: ["offset", "1%", "@68000"] },
	},
	{
		name: "an exit that rests is refused",
		body: "keys(BTCUSDT) { limit(position=0, offset=@70000); }",
		refuse: { code: "unsupported_field", says: ["position", "limit"] },
	},
	{
		name: "a stop at a distance in money is refused",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); stopOrTakeProfit(sl=500, position=0); }",
		refuse: { code: "unsupported_field", says: ["stopOrTakeProfit()", "money"] },
	},
	{
		name: "a stop that is NaN is refused, not dropped",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); stopOrTakeProfit(sl=@NaN, tp=@70000, position=0); }",
		refuse: { code: "bad_field", says: ["stop"] },
	},
	{
		name: "a stop that may not be filled is refused",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); stopLimit(position=0, offset=@60000, limitOffset=1%); }",
		refuse: { code: "unsupported_field", says: ["limitOffset"] },
	},
	{
		name: "an exit that rests by side and amount is refused too",
		body: "keys(BTCUSDT) { limit(side=sell, amount=100%p, offset=@70000); }",
		refuse: { code: "unsupported_field", says: ["limit()", "waits for a price"] },
	},
	{
		name: "a secret among the arguments is neither stored nor shown",
		body: "keys(BTCUSDT) { trailingStop(secret=hush-hush, side=sell); }",
		refuse: { code: "unsupported_field", says: ["trailingStop()"] },
		never: ["hush"],
	},
	{
		name: "a stop inside the entry's own command is refused, not dropped",
		body: "keys(BTCUSDT) { market(side=buy, amount=1, tp=1%, sl=0.5%); }",
		refuse: { code: "unsupported_field", says: ["tp is set", "1%"] },
	},
	{
		name: "an unknown argument of a stop is refused",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); stopOrTakeProfit(sl=@60000, slTrail=1%, position=0); }",
		refuse: { code: "unsupported_field", says: ["stopOrTakeProfit.slTrail"] },
	},
	{
		name: "a placeholder left as the position is named",
		body: "keys(BTCUSDT) { cancel(which=all); market(position={{strategy.position_sizes}}); }",
		refuse: { code: "unfilled_placeholder", says: ["position", "strategy.position_size"] },
	},
	{
		name: "a placeholder left in a stop is named",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); stopOrTakeProfit(sl=@{{plot_9}}, position=0); }",
		refuse: { code: "unfilled_placeholder", says: ["stopOrTakeProfit.sl", "{{plot_9}}"] },
	},
	{
		name: "a placeholder left as the symbol is named",
		body: "keys({{tickr}}) { market(side=buy, amount=1); }",
		refuse: { code: "unfilled_placeholder", says: ["symbol", "{{ticker}}"] },
	},
	{
		name: "an order without an amount is refused",
		body: "keys(BTCUSDT) { market(side=buy); }",
		refuse: { code: "missing_field", says: ["amount"] },
	},
	{
		name: "a block that is not closed is refused: its end may be missing",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); ",
		refuse: { code: "bad_field", says: ["}"] },
	},
	{
		name: "what is no command is shown",
		body: "keys(BTCUSDT) { market(side=buy, amount=1); buy now; }",
		refuse: { code: "bad_field", says: ["buy now"] },
	},
]);

describe("one block that nexus can do in part", () => {
	test("the exit is done and the other command refused by name", () => {
		const result = readBody("keys(BTCUSDT) { market(position=0); twapOrder(side=buy, amount=1); }");
		if (!result.ok) throw new Error(JSON.stringify(result));
		expect(result.items).toMatchObject([
			{ ok: true, reading: { type: "LONG_EXIT", closes: "any" } },
			{ ok: false, refusal: { code: "unsupported_field" } },
		]);
		expect(JSON.stringify(result.items[1])).toContain("twapOrder()");
	});
});

describe("text that only resembles a script is not taken for one", () => {
	for (const body of ["function main(a) { return 1 }", "BTCUSDT { market(side=buy) }", "say (hello) { to all }"])
		test(body, () => {
			expect(alertatron.recognises(body)).toBe(false);
		});
});
