/** What alerts without position fields mean, one after the other, on the configuration that the public examples assume. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import type { Alert } from "../../src/domain/records.ts";
import type { StrategySettings } from "../../src/domain/settings.ts";
import { accountSettings, alertOf, engineWith, strategyOf } from "./support.ts";

const strategies = () => {
	const named = (name: string, changes: Partial<StrategySettings> = {}) => strategyOf({ name, ...changes });
	return [
		named("MyRSIStrategy", { timeframes: ["1h", "4h"] }),
		named("LongOnly", { symbols: ["BTC/USD"], timeframes: ["1h"], direction: "long" }),
		named("ShortOnly", { symbols: ["BTC/USD"], direction: "short" }),
		named("Closer", { symbols: ["BTC/USD"], on_opposite: "close" }),
		named("Ignorer", { symbols: ["BTC/USD"], on_opposite: "ignore" }),
		named("Adder", { symbols: ["BTC/USD"], pyramiding: 1 }),
		named("Off", { symbols: ["BTC/USD"], enabled: false }),
		named("OneOnly", { max_positions: 1, size: { kind: "money", amount: decimal("21000"), currency: "USD" } }),
		named("Ether", { symbols: ["ETH/USD"], size: { kind: "units", quantity: decimal("0.5"), currency: "ETH" } }),
	];
};

interface Story {
	readonly name: string;
	/** `action strategy`, or an alert. */
	readonly steps: readonly (readonly [action: string, strategy: string, changes?: Partial<Alert>])[];
	readonly held: readonly string[];
	readonly orders: number;
	/** How the last alert ended. */
	readonly last: string;
	readonly spot?: boolean;
}

const mine = "MyRSIStrategy";

const noPrice = { price: undefined };
const eth = { symbol: "ETH/USD", price: "2500" };

const stories: readonly Story[] = [
	{
		name: "a long-only script's close arrives as sell and does not go short",
		steps: [
			["buy", "LongOnly"],
			["sell", "LongOnly"],
		],
		held: [],
		orders: 2,
		last: "executed",
	},
	{
		name: "a long-only sell without a position is nothing to close",
		steps: [["sell", "LongOnly"]],
		held: [],
		orders: 0,
		last: "skipped nothing_to_close",
	},
	{
		name: "a short-only buy closes the short and does not go long",
		steps: [
			["sell", "ShortOnly"],
			["buy", "ShortOnly"],
		],
		held: [],
		orders: 2,
		last: "executed",
	},
	{
		name: "both directions: an opposite entry reverses",
		steps: [
			["buy", mine],
			["sell", mine],
		],
		held: ["paper MyRSIStrategy BTC/USD short 0.5"],
		orders: 3,
		last: "executed",
	},
	{
		name: "and back again",
		steps: [
			["buy", mine],
			["sell", mine],
			["buy", mine],
		],
		held: ["paper MyRSIStrategy BTC/USD long 0.5"],
		orders: 5,
		last: "executed",
	},
	{
		name: "on_opposite close",
		steps: [
			["buy", "Closer"],
			["sell", "Closer"],
		],
		held: [],
		orders: 2,
		last: "executed",
	},
	{
		name: "on_opposite ignore",
		steps: [
			["buy", "Ignorer"],
			["sell", "Ignorer"],
		],
		held: ["paper Ignorer BTC/USD long 0.5"],
		orders: 1,
		last: "skipped opposite_ignored",
	},
	{
		name: "a spot account closes on sell and never shorts",
		steps: [
			["buy", mine],
			["sell", mine],
			["sell", mine],
		],
		spot: true,
		held: [],
		orders: 2,
		last: "skipped nothing_to_close",
	},
	{
		name: "a spot account closes on sell also with on_opposite ignore",
		steps: [
			["buy", "Ignorer"],
			["sell", "Ignorer"],
		],
		spot: true,
		held: [],
		orders: 2,
		last: "executed",
	},
	{
		name: "same side again is skipped without pyramiding",
		steps: [
			["buy", mine],
			["buy", mine],
		],
		held: ["paper MyRSIStrategy BTC/USD long 0.5"],
		orders: 1,
		last: "skipped already_in_position",
	},
	{
		name: "with pyramiding 1 the second entry adds and the third is skipped",
		steps: [
			["buy", "Adder"],
			["buy", "Adder"],
			["buy", "Adder"],
		],
		held: ["paper Adder BTC/USD long 1"],
		orders: 2,
		last: "skipped already_in_position",
	},
	{
		name: "an exit closes the additions too, and additions count anew",
		steps: [
			["buy", "Adder"],
			["buy", "Adder"],
			["close_long", "Adder"],
			["buy", "Adder"],
			["buy", "Adder"],
		],
		held: ["paper Adder BTC/USD long 1"],
		orders: 5,
		last: "executed",
	},
	{ name: "nothing to close", steps: [["close_long", mine]], held: [], orders: 0, last: "skipped nothing_to_close" },
	{
		name: "close_short does not touch a long",
		steps: [
			["buy", mine],
			["close_short", mine],
		],
		held: ["paper MyRSIStrategy BTC/USD long 0.5"],
		orders: 1,
		last: "skipped nothing_to_close",
	},
	{
		name: "close_long does not touch a short",
		steps: [
			["sell", mine],
			["close_long", mine],
		],
		held: ["paper MyRSIStrategy BTC/USD short 0.5"],
		orders: 1,
		last: "skipped nothing_to_close",
	},
	{
		name: "stop_loss closes a short too",
		steps: [
			["sell", mine],
			["stop_loss", mine],
		],
		held: [],
		orders: 2,
		last: "executed",
	},
	{
		name: "take_profit closes a long",
		steps: [
			["buy", mine],
			["take_profit", mine],
		],
		held: [],
		orders: 2,
		last: "executed",
	},
	{
		name: "exit closes whichever side is open",
		steps: [
			["sell", mine],
			["exit", mine],
		],
		held: [],
		orders: 2,
		last: "executed",
	},
	{
		name: "stop_loss with nothing open",
		steps: [["stop_loss", mine]],
		held: [],
		orders: 0,
		last: "skipped nothing_to_close",
	},
	{
		name: "half of the position",
		steps: [
			["buy", mine],
			["exit", mine, { quantity: "50%" }],
		],
		held: ["paper MyRSIStrategy BTC/USD long 0.25"],
		orders: 2,
		last: "executed",
	},
	{
		name: "some units of the position",
		steps: [
			["buy", mine],
			["exit", mine, { quantity: "0.1" }],
		],
		held: ["paper MyRSIStrategy BTC/USD long 0.4"],
		orders: 2,
		last: "executed",
	},
	{
		name: "never more than there is",
		steps: [
			["buy", mine],
			["exit", mine, { quantity: "7" }],
		],
		held: [],
		orders: 2,
		last: "executed",
	},
	{
		name: "one strategy's exit leaves another's position alone",
		steps: [
			["buy", mine],
			["buy", "LongOnly"],
			["close_long", "LongOnly"],
		],
		held: ["paper MyRSIStrategy BTC/USD long 0.5"],
		orders: 3,
		last: "executed",
	},
	{
		name: "an exit of a strategy that holds nothing touches nobody's position",
		steps: [
			["buy", mine],
			["close_long", "LongOnly"],
		],
		held: ["paper MyRSIStrategy BTC/USD long 0.5"],
		orders: 1,
		last: "skipped nothing_to_close",
	},
	{
		name: "strategies may oppose each other, and each closes its own",
		steps: [
			["buy", mine],
			["sell", "ShortOnly"],
			["close_long", mine],
		],
		held: ["paper ShortOnly BTC/USD short 0.5"],
		orders: 3,
		last: "executed",
	},
	{
		name: "max_positions counts open positions of the strategy",
		steps: [
			["buy", "OneOnly", { timeframe: "1h" }],
			["buy", "Ether", eth],
			["sell", "OneOnly", { ...eth, timeframe: "1h" }],
		],
		held: ["paper Ether ETH/USD long 0.5", "paper OneOnly BTC/USD long 0.5"],
		orders: 2,
		last: "rejected max_positions",
	},
	{
		name: "max_positions lets a reversal of the one position through",
		steps: [
			["buy", "OneOnly"],
			["sell", "OneOnly"],
		],
		held: ["paper OneOnly BTC/USD short 0.5"],
		orders: 3,
		last: "executed",
	},
	{ name: "a strategy that is off", steps: [["buy", "Off"]], held: [], orders: 0, last: "rejected strategy_disabled" },
	{
		name: "a strategy that is not there",
		steps: [["buy", "Nobody"]],
		held: [],
		orders: 0,
		last: "rejected unknown_strategy",
	},
	{
		name: "a timeframe that is not the strategy's",
		steps: [["buy", mine, { timeframe: "5m" }]],
		held: [],
		orders: 0,
		last: "rejected timeframe_not_allowed",
	},
	{
		name: "a symbol that is not the strategy's",
		steps: [["buy", "LongOnly", eth]],
		held: [],
		orders: 0,
		last: "rejected symbol_not_allowed",
	},
	{
		name: "a size in another currency than the symbol's",
		steps: [["buy", mine, eth]],
		held: [],
		orders: 0,
		last: "rejected size_not_applicable",
	},
	{
		name: "an action of nobody's own needs a plugin",
		steps: [["dance", mine]],
		held: [],
		orders: 0,
		last: "skipped custom_needs_plugin",
	},
	{
		name: "an entry without a price on a symbol never seen",
		steps: [["buy", mine, noPrice]],
		held: [],
		orders: 0,
		last: "rejected price_needed",
	},
	{
		name: "an exit without a price trades at the last one known",
		steps: [
			["buy", mine],
			["close_long", mine, noPrice],
		],
		held: [],
		orders: 2,
		last: "executed",
	},
];

describe("stories", () => {
	for (const { name, steps, held, orders, last, spot } of stories) {
		test(name, async () => {
			const world = await engineWith({
				strategies: strategies(),
				accounts: [accountSettings({ spot: spot === true })],
			});
			const ended = await world.send(
				...steps.map(([action, strategy, changes]) => alertOf(action, { strategy, ...changes })),
			);
			expect(`${ended.status} ${ended.code ?? ""}`.trim()).toBe(last);
			expect(world.held()).toEqual([...held]);
			expect(world.journal.orders()).toHaveLength(orders);
			expect(world.journal.orders().every(({ status }) => status === "filled")).toBe(true);
			expect(world.engine.open.all()).toEqual([]);
			expect(world.log.troubles()).toEqual([]);
		});
	}
});
