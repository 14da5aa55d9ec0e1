/** A broker that finds no order by its id: what its position and its fills say of an order in doubt, and when that may be believed. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import type { Strategy } from "../../src/domain/ports.ts";
import type { RestSettings } from "../../src/domain/settings.ts";
import { expectSums, Lives, symbol } from "./lives.ts";
import { alertOf, enter, strategyOf } from "./support.ts";

const half = { kind: "units", quantity: decimal("0.5"), currency: "BTC" } as const;
const unasked = { lookup: false, read_lag_ms: 200 } as const;

/** Enters with a target, leaves whole. */
const targeted: Strategy = strategyOf({ name: "One", accounts: [{ account: "live" }], size: half }, (alert) =>
	alert.type === "LONG_ENTRY" ? [enter("long", { take_profit: "2%" })] : [{ kind: "exit", side: "any" }],
);

async function living(strategies?: readonly Strategy[], more: Partial<RestSettings> = {}): Promise<Lives> {
	const rest = { ...unasked, ...more };
	const lives = new Lives(strategies === undefined ? { rest } : { rest, strategies });
	lives.exchange.setFaults({ finds_orders: false });
	return await lives.start();
}

/** Hands an alert over and lets only a moment go by. */
async function quickly(lives: Lives, action: string, strategy = "One"): Promise<void> {
	const received_at = new Date(lives.clock.now()).toISOString();
	lives.world.hand(alertOf(action, { strategy, symbol, price: "42000", received_at }));
	await lives.clock.advance(20);
}

describe("the position at the broker", () => {
	test("does not count for a target in review before it can show the entry", async () => {
		const lives = await living([targeted]);
		lives.exchange.setFaults({ read_lag_ms: 150 });
		lives.exchange.next.push(undefined, "lost_before");
		await quickly(lives, "buy");
		expect(await lives.send("exit")).toBe("executed");
		expect(lives.events("OrderSettled")).toEqual([]);
		expect(lives.there).toBe(0n);
		expect(lives.held()).toEqual([]);
		expectSums(lives);
	});

	test("is read for a second exit only when it can show the first, so that nothing of another strategy is sold", async () => {
		const lives = await living(undefined, { poll_ms: 60_000 });
		for (const strategy of ["One", "Two"]) expect(await lives.send("buy", strategy)).toBe("executed");
		lives.exchange.setFaults({ read_lag_ms: 150 });
		lives.exchange.next.push("lost_after", "lost_after");
		await quickly(lives, "exit");
		expect(await lives.send("exit")).toBe("skipped nothing_to_close");
		expect(lives.there).toBe(decimal("0.5"));
		expect(lives.held()).toEqual(["Two BTC/USD long 0.5"]);
		expectSums(lives);
	});

	test("does not count for a target in review that is still open there: it was the stop that filled", async () => {
		const both = strategyOf({ name: "One", accounts: [{ account: "live" }], size: half }, () => [
			enter("long", { stop_loss: "2%", take_profit: "2%" }),
		]);
		const lives = await living([both], { poll_ms: 600_000 });
		lives.exchange.next.push(undefined, "lost_after", "lost_after");
		await lives.send("buy");
		lives.exchange.matching.setPrice(symbol, decimal("41000"));
		await lives.clock.advance(120_000);
		const ended = lives.orders("One").map(({ leg, filled_quantity }) => `${leg} ${filled_quantity}`);
		expect(ended).toEqual(["entry 0.5", "stop_loss 0.5", "take_profit 0"]);
		expect(lives.events("PositionDiffers")).toEqual([]);
		expectSums(lives);
	});
});

describe("a broker that finds no orders", () => {
	test("is not waited for once the fills of a market order are told", async () => {
		const lives = await living();
		lives.exchange.setFaults({ partial: 1, part_ms: [100, 200] });
		await quickly(lives, "buy");
		await lives.clock.advance(4_000);
		expect(lives.orders("One").map(({ status, filled_quantity }) => `${status} ${filled_quantity}`)).toEqual([
			"filled 0.5",
		]);
		expect(lives.events("AlertEnded")).toHaveLength(1);
		expectSums(lives);
	});

	test("that does not answer at a start is asked again: what rests there is not in review, and the account opens", async () => {
		const lives = await living([targeted]);
		expect(await lives.send("buy")).toBe("executed");
		await lives.stop();
		await lives.connect();
		lives.exchange.setFaults({ reads: { error: 1 } });
		await lives.begin();
		await lives.clock.advance(5_000);
		lives.exchange.setFaults({ reads: {} });
		await lives.clock.advance(20_000);
		expect(lives.halted).toBeUndefined();
		const target = lives.orders("One").find(({ leg }) => leg === "take_profit");
		expect(target?.status).toBe("accepted");
		expect(await lives.send("exit")).toBe("executed");
		expect(lives.there).toBe(0n);
	});

	test("that refused the connection has no order in review: nothing was sent, and nothing is sent again", async () => {
		const lives = await living();
		lives.exchange.setFaults({ down: "refused" });
		expect(await lives.send("buy")).toBe("failed broker_rejected");
		lives.exchange.setFaults({ down: false });
		await lives.clock.advance(60_000);
		expect(lives.exchange.made().size).toBe(0);
		expect(await lives.send("buy")).toBe("executed");
	});
});
