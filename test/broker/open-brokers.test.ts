/** From accounts to brokers: which kind, which symbols are watched, and a start that says who was not reached. */
import { describe, expect, test } from "bun:test";
import { openBrokers, start_tries } from "../../src/broker/open-brokers.ts";
import { PaperBroker } from "../../src/broker/paper.ts";
import { RestBroker } from "../../src/broker/rest.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { Position } from "../../src/domain/records.ts";
import type { AccountSettings } from "../../src/domain/settings.ts";
import { accountSettings, ManualClock, MemoryLog, startOfTest } from "../engine/support.ts";
import { FakeExchange } from "../support/exchange/fake-exchange.ts";
import type { Faults } from "../support/exchange/faults.ts";
import { inTime, restSettings } from "./bridged.ts";

const live: AccountSettings = accountSettings({ name: "live", broker: "rest", rest: { ...restSettings, key: "" } });

const held = (account: string, symbol: string, side: Position["side"]): Position => ({
	account,
	strategy: "Mine",
	symbol,
	side,
	quantity: side === "flat" ? "0" : "1",
	average_price: null,
	unrealized_pnl: "0",
	realized_pnl: "0",
	additions: 0,
	mark_price: null,
	updated_at: new Date(startOfTest).toISOString(),
});

function opened(faults: Partial<Faults> = {}, positions: readonly Position[] = []) {
	const clock = new ManualClock();
	const exchange = new FakeExchange({ clock, faults });
	for (const symbol of ["BTC/USD", "ETH/USD"]) exchange.matching.setPrice(symbol, decimal("42000"));
	const log = new MemoryLog();
	const strategies = [
		{ name: "A", accounts: [{ account: "live" }], symbols: ["BTC/USD"] },
		{ name: "B", accounts: [{ account: "paper" }], symbols: ["ETH/USD"] },
	];
	const all = openBrokers(
		{ accounts: [accountSettings(), live], strategies },
		{ clock, log, positions, fetch: exchange.fetch },
	);
	/** The accounts that were not reached in the first tries. */
	const start = async (): Promise<readonly { readonly account: string; readonly reason: string }[]> => {
		const tried = [...all.start()].map(async ([account, connecting]) => ({ account, reason: await connecting.tried }));
		return (await Promise.all(tried)).flatMap(({ account, reason }) =>
			reason === undefined ? [] : [{ account, reason }],
		);
	};
	return { ...all, start, clock, exchange, log };
}

describe("the brokers of a configuration", () => {
	test("are one for each account, in their order, and ask nobody before the start", () => {
		const { brokers, exchange } = opened();
		expect(brokers.map(({ account }) => account)).toEqual(["paper", "live"]);
		expect(brokers[0]).toBeInstanceOf(PaperBroker);
		expect(brokers[1]).toBeInstanceOf(RestBroker);
		expect(exchange.requests.size).toBe(0);
	});

	test("know after the start the prices of what their strategies name and of what is held", async () => {
		const { brokers, start, stop } = opened({}, [held("live", "ETH/USD", "long"), held("paper", "X", "long")]);
		expect(await start()).toEqual([]);
		expect(brokers[1]?.quote("BTC/USD")?.price).toBe(decimal("42000"));
		expect(brokers[1]?.quote("ETH/USD")?.price).toBe(decimal("42000"));
		await stop();
	});

	test("do not ask for what only another account trades, or what is not held any more", async () => {
		const { brokers, start, stop } = opened({}, [held("live", "ETH/USD", "flat")]);
		await start();
		expect(brokers[1]?.quote("ETH/USD")).toBeUndefined();
		await stop();
	});
});

describe("an account that cannot be reached", () => {
	test(`is named after ${start_tries} tries, does not keep the others, and is connected when it is there again`, async () => {
		const { brokers, start, stop, clock, exchange, log } = opened({ down: "refused" });
		expect(await inTime(clock, start())).toEqual([
			{ account: "live", reason: "account live, bridge http://bridge.test: the connection was refused" },
		]);
		expect(exchange.requests.get("GET /time")).toBe(start_tries);
		exchange.behave();
		await clock.advance(40_000);
		expect(brokers[1]?.quote("BTC/USD")?.price).toBe(decimal("42000"));
		expect(log.lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
			"warn the broker cannot be reached",
			"info the broker is connected",
		]);
		await stop();
		expect(clock.waiting).toBe(0);
	});

	test("that comes up in time is not named", async () => {
		const { start, stop, clock, exchange } = opened({ down: "cut" });
		clock.after(600, () => exchange.behave());
		expect(await inTime(clock, start())).toEqual([]);
		await stop();
	});

	test("is not tried on after the stop", async () => {
		const { start, stop, clock, exchange } = opened({ down: "cut" });
		const starting = start();
		await clock.advance(100);
		await stop();
		expect(await starting).toEqual([{ account: "live", reason: "it was stopped before it was connected" }]);
		const asked = exchange.requests.get("GET /time");
		await clock.advance(120_000);
		expect(exchange.requests.get("GET /time")).toBe(asked);
		expect(clock.waiting).toBe(0);
	});
});
