/** The mission's long-only Pine example as TradingView sends it: its close arrives as sell, and in every set-up that a user may write it never goes short. */
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { add, type Decimal, decimal, formatDecimal, negate, zero } from "../../src/domain/decimal.ts";
import type { AlertView, Fill } from "../../src/domain/records.ts";
import { RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const root = join(import.meta.dir, "../..");
const rest = `
webhook: { host: 127.0.0.1, port: 0 }
accounts:
  paper: { broker: paper, currency: USD, balance: 100000, fee: 0.1%, slippage: 0.05% }
`;
const strategy = (more: string): string =>
	`${rest}strategies:\n  - { name: MyRSIStrategy, symbols: [BTC/USD, ETH/USD], timeframes: [1h, 4h], size: 1%${more} }\n`;

/** What ships with nexus, on a free port. */
async function asItComes(): Promise<{ readonly yaml: string; readonly plugins: Readonly<Record<string, string>> }> {
	const text = await Bun.file(join(root, "nexus.yaml")).text();
	const plugin = await Bun.file(join(root, "plugins/my-rsi-strategy.ts")).text();
	const yaml = text.replace("host: 0.0.0.0", "host: 127.0.0.1").replace("port: 8080", "port: 0");
	return { yaml, plugins: { "my-rsi-strategy.ts": plugin } };
}

interface Setup {
	readonly name: string;
	/** Whether the message that was pasted into TradingView has the position fields. */
	readonly fields: boolean;
	/** True: a close that comes alone, its entry lost, may not open a short either. */
	readonly alone: boolean;
	readonly files: () => Promise<{ readonly yaml: string; readonly plugins?: Readonly<Record<string, string>> }>;
}

const written = (more: string) => () => Promise.resolve({ yaml: strategy(more) });

const setups: readonly Setup[] = [
	{ name: "direction: long", fields: false, alone: true, files: written(", direction: long") },
	{ name: "direction: long, with position fields", fields: true, alone: true, files: written(", direction: long") },
	{ name: "position fields and no direction", fields: true, alone: true, files: written("") },
	{ name: "nexus.yaml and the plugin as they come", fields: false, alone: false, files: asItComes },
	{ name: "nexus.yaml and the plugin as they come, with position fields", fields: true, alone: true, files: asItComes },
	{ name: "on_opposite: close", fields: false, alone: false, files: written(", on_opposite: close") },
	{
		name: "on_opposite: close, with position fields",
		fields: true,
		alone: true,
		files: written(", on_opposite: close"),
	},
];

/** One bar's order, as TradingView fills the mission's message. */
interface Bar {
	readonly action: "buy" | "sell";
	readonly price: string;
	/** TradingView's own count of the position, in its units. */
	readonly before: string;
	readonly after: string;
}

/** In on a crossing of 30, out on a crossing of 70, three times. */
const bars: readonly Bar[] = ["42000.5", "42100", "41990.25"].flatMap((price, index): readonly Bar[] => [
	{ action: "buy", price, before: "0", after: "2.3" },
	{ action: "sell", price: String(42_300 + index), before: "2.3", after: "0" },
]);

const side = (size: string): string => (size === "0" ? "flat" : "long");

function message({ action, price, before, after }: Bar, fields: boolean): string {
	const stated = `,
  "market_position": "${side(after)}",
  "market_position_size": ${after},
  "prev_market_position": "${side(before)}",
  "prev_market_position_size": ${before}`;
	return `{
  "action": "${action}",
  "symbol": "BTCUSD",
  "price": ${price},
  "strategy": "MyRSIStrategy",
  "timeframe": "60",
  "message": "${action === "buy" ? "Long" : "Close entry(s) order Long"}"${fields ? stated : ""}
}`;
}

const signed = ({ side: bought, quantity }: Fill): Decimal =>
	bought === "buy" ? decimal(quantity) : negate(decimal(quantity));

/** What was held after each fill, in the order in which they happened. */
async function heldAfterEachFill(nexus: RunningNexus): Promise<readonly string[]> {
	const fills = [...(await nexus.fills())].sort((a, b) => a.order_id.localeCompare(b.order_id));
	let held = zero;
	return fills.map((fill) => {
		held = add(held, signed(fill));
		return formatDecimal(held);
	});
}

async function expectNeverShort(nexus: RunningNexus): Promise<void> {
	const held = await heldAfterEachFill(nexus);
	expect(held.filter((quantity) => quantity.startsWith("-"))).toEqual([]);
	const opened = (await nexus.orders()).filter(({ leg, side: sold }) => leg === "entry" && sold === "sell");
	expect(opened).toEqual([]);
}

for (const { name, fields, alone, files } of setups) {
	describe(name, () => {
		test("goes long, goes flat, three times over, and never short", async () => {
			await using nexus = await RunningNexus.start(await files());
			const ends: AlertView[] = [];
			for (const bar of bars) {
				ends.push(await nexus.send(message(bar, fields)));
				const standing = await nexus.positions();
				expect(standing.map((position) => position.side)).toEqual(bar.action === "buy" ? ["long"] : []);
			}
			expect(ends.map(({ status, code }) => [status, code])).toEqual(bars.map(() => ["executed", null]));
			expect(await heldAfterEachFill(nexus)).toHaveLength(bars.length);
			const market = (await nexus.orders()).filter(({ type }) => type === "market");
			expect(market.map(({ leg, status }) => `${leg} ${status}`).sort()).toEqual(
				[...bars.map(({ action }) => (action === "buy" ? "entry filled" : "exit filled"))].sort(),
			);
			await expectNeverShort(nexus);
		});

		if (!alone) return;
		test("a close whose entry never came opens nothing", async () => {
			await using nexus = await RunningNexus.start(await files());
			const ended = await nexus.send(message({ action: "sell", price: "42000", before: "2.3", after: "0" }, fields));
			expect({ status: ended.status, orders: ended.orders }).toEqual({ status: "skipped", orders: [] });
			expect(await nexus.positions()).toEqual([]);
			await expectNeverShort(nexus);
		});
	});
}
