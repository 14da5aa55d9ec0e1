/** What was answered with 202 survives kill -9: it is in the journal, it ends, and it is never traded twice. */
import { afterAll, expect, test } from "bun:test";
import { add, type Decimal, decimal, formatDecimal, negate, zero } from "../../src/domain/decimal.ts";
import type { AlertView, Fill } from "../../src/domain/records.ts";
import { RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const head = `
webhook: { host: 127.0.0.1, port: 0 }
accounts:
  paper: { broker: paper, currency: USD, balance: 1000000, fee: 0.1%, slippage: 0.05% }
risk: { unlimited_position_size: true, unlimited_exposure: true, no_daily_loss_limit: true }
pipeline:
  - signature
  - dedupe
  - rate_limit: { rate: 10000/s, burst: 10000 }
  - freshness
  - sequence
  - risk
`;

const mission = {
	action: "buy",
	symbol: "BTC/USD",
	exchange: "binance",
	price: 42000.5,
	strategy: "MyRSIStrategy",
	timeframe: "1h",
	alert_id: "mission-1",
	message: "Optional message",
};

test("after kill -9 and restart the position stands, the resend is a duplicate, and nothing is ordered twice", async () => {
	await using nexus = await RunningNexus.start({
		yaml: `${head}strategies: [{ name: MyRSIStrategy, symbols: [BTC/USD, ETH/USD], timeframes: [1h, 4h], size: 1% }]\n`,
	});
	const { status, json } = await nexus.post(mission, { tail: "?wait=2s" });
	expect({ status, json }).toMatchObject({
		status: 200,
		json: { status: "executed", orders: [{ side: "buy", status: "filled" }] },
	});
	const before = { positions: await nexus.positions(), orders: await nexus.orders(), fills: await nexus.fills() };
	expect(before.positions).toMatchObject([{ strategy: "MyRSIStrategy", symbol: "BTC/USD", side: "long" }]);
	expect(before.orders).toHaveLength(1);

	await nexus.restart();

	expect(await nexus.positions()).toEqual([...before.positions]);
	const again = await nexus.post(mission, { tail: "?wait=2s" });
	expect({ status: again.status, json: again.json }).toEqual({
		status: 200,
		json: { id: json.id ?? "", status: "duplicate" },
	});
	await Bun.sleep(100);
	expect(await nexus.orders()).toEqual([...before.orders]);
	expect(await nexus.fills()).toEqual([...before.fills]);
	expect(await nexus.positions()).toEqual([...before.positions]);
});

const alerts_count = 300;
const senders = 16;
const kills = 3;
const strategies = ["One", "Two", "Three", "Four"];

/** Same seed, same moments; the seed is in the test's output. */
function chance(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}

/** Buys add 0.01, every fifth alert closes: never more than one order for an alert. */
function alertOf(number: number) {
	return {
		alert_id: `a-${number}`,
		action: number % 5 === 4 ? "close_long" : "buy",
		symbol: "BTCUSD",
		price: 40_000 + number,
		strategy: strategies[number % strategies.length],
	};
}

/** Posts until it is answered, as TradingView and every relay does; the id that the alert was accepted under. */
async function deliver(nexus: RunningNexus, number: number): Promise<string> {
	for (let attempt = 1; ; attempt += 1) {
		try {
			const { status, json, text } = await nexus.post(alertOf(number));
			if (status === 202 || (status === 200 && attempt > 1 && json.status === "duplicate")) return json.id ?? "";
			throw new RangeError(`alert ${number}, attempt ${attempt}: ${status} ${text}`);
		} catch (error) {
			// What is not about the connection is an answer that must not come.
			if (error instanceof RangeError || attempt > 1000) throw error;
			await Bun.sleep(10);
		}
	}
}

async function sendAllWhileKilling(nexus: RunningNexus, random: () => number): Promise<ReadonlyMap<number, string>> {
	const ids = new Map<number, string>();
	let next = 0;
	const send = async (): Promise<void> => {
		while (next < alerts_count) {
			const number = next++;
			ids.set(number, await deliver(nexus, number));
		}
	};
	const kill = async (): Promise<void> => {
		for (let killed = 0; killed < kills; killed += 1) {
			const span = alerts_count / (kills + 1);
			const after = Math.floor(span * (killed + 0.25 + random()));
			while (ids.size < after) await Bun.sleep(1);
			await Bun.sleep(random() * 4);
			await nexus.restart();
		}
	};
	await Promise.all([kill(), ...Array.from({ length: senders }, send)]);
	return ids;
}

const signed = ({ side, quantity }: Fill): Decimal => (side === "buy" ? decimal(quantity) : negate(decimal(quantity)));
const sum = (fills: readonly Fill[]): string => formatDecimal(fills.map(signed).reduce(add, zero));

test("300 alerts from 16 senders through three kill -9: each is recorded, ends, and has one order at most", async () => {
	const seed = Math.floor(Math.random() * 2 ** 32);
	console.log(`seed ${seed}`);
	const list = strategies.map((name) => `  - { name: ${name}, size: 0.01 BTC, pyramiding: 100, max_positions: 10 }`);
	await using nexus = await RunningNexus.start({ yaml: `${head}strategies:\n${list.join("\n")}\n` });
	const ids = await sendAllWhileKilling(nexus, chance(seed));
	expect(ids.size).toBe(alerts_count);

	await nexus.settled();
	const ends = await Promise.all([...ids.values()].map((id) => nexus.alert(id)));
	const recorded = await nexus.list<AlertView>("alerts");
	expect(recorded.filter(({ status }) => status === "accepted")).toEqual([]);
	// One row for each alert, under the id that its sender was told.
	expect(recorded.map(({ id }) => id).sort()).toEqual([...ids.values()].sort());
	expect(new Set(recorded.map(({ alert_id }) => alert_id)).size).toBe(alerts_count);
	expect(ends.filter(({ status }) => status === "failed" || status === "rejected")).toEqual([]);

	const orders = await nexus.orders();
	const fills = await nexus.fills();
	const perAlert = Map.groupBy(orders, ({ alert_id }) => alert_id);
	expect([...perAlert].filter(([, of]) => of.length > 1)).toEqual([]);
	const executed = ends.filter(({ status }) => status === "executed").map(({ id }) => id);
	expect(new Set(perAlert.keys())).toEqual(new Set(executed));
	expect(orders.filter(({ status }) => status !== "filled")).toEqual([]);
	expect(fills).toHaveLength(orders.length);
	expect(executed.length).toBeGreaterThan(alerts_count / 2);

	// Every one of them sent once more is known, whatever was killed since.
	for (const [number, id] of ids) {
		const { status, json } = await nexus.post(alertOf(number));
		expect({ status, json }).toEqual({ status: 200, json: { id, status: "duplicate" } });
	}

	const positions = await nexus.positions();
	for (const name of strategies) {
		const held = positions.find(({ strategy }) => strategy === name)?.quantity ?? "0";
		expect({ name, held }).toEqual({ name, held: sum(fills.filter(({ strategy }) => strategy === name)) });
	}
	// What the journal kept is what a fresh start reads.
	await nexus.restart();
	expect(await nexus.positions()).toEqual([...positions]);
	expect(await nexus.orders()).toHaveLength(orders.length);
}, 60_000);

const held = (hold: string): string =>
	`${head.replace("- sequence\n", `- sequence: { hold: ${hold}, on_gap: follow }\n`)}strategies: [{ name: Mirror, symbols: [BTC/USD], size: alert, pyramiding: 5 }]\n`;

/** A message that states its strategy's position, signed, before and after the order. */
function stating(before: number, after: number) {
	const side = (size: number) => (size === 0 ? "flat" : size > 0 ? "long" : "short");
	return {
		alert_id: `${before} to ${after}`,
		action: after > before ? "buy" : "sell",
		symbol: "BTCUSD",
		price: 42_000,
		strategy: "Mirror",
		market_position: side(after),
		market_position_size: Math.abs(after),
		prev_market_position: side(before),
		prev_market_position_size: Math.abs(before),
	};
}

/** Posts an alert that must be accepted; its id. */
async function accepted(nexus: RunningNexus, body: object): Promise<string> {
	const { status, json, text } = await nexus.post(body);
	expect({ status, text }).toEqual({ status: 202, text });
	return json.id ?? "";
}

const ordersOf = async (nexus: RunningNexus): Promise<readonly string[]> =>
	[...(await nexus.orders())]
		.sort((a, b) => a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id))
		.map(({ side, quantity, leg, status, alert_id }) => `${side} ${quantity} ${leg} ${status} ${alert_id}`);

test("alerts that wait for their predecessor survive kill -9, and all happen in the true order, once each", async () => {
	await using nexus = await RunningNexus.start({ yaml: held("20s") });
	const first = await nexus.send(stating(0, 1));
	expect(first.status).toBe("executed");
	// The last of three comes first, then the one in the middle: both wait for what led from 1 to 0.
	const third = await accepted(nexus, stating(-0.5, -0.2));
	const second = await accepted(nexus, stating(0, -0.5));
	await Bun.sleep(100);
	expect((await nexus.alert(second)).status).toBe("accepted");
	expect((await nexus.alert(third)).status).toBe("accepted");
	expect(await nexus.orders()).toHaveLength(1);

	await nexus.restart();
	await Bun.sleep(100);
	expect(await nexus.positions()).toMatchObject([{ side: "long", quantity: "1" }]);
	expect((await nexus.alert(second)).status).toBe("accepted");
	expect((await nexus.alert(third)).status).toBe("accepted");
	// A resend of what waits is known and starts nothing.
	const resent = await nexus.post(stating(0, -0.5));
	expect({ status: resent.status, json: resent.json }).toEqual({
		status: 200,
		json: { id: second, status: "duplicate" },
	});

	// Killed once more, so that what waits is taken up a second time.
	await nexus.restart();
	const predecessor = await nexus.send(stating(1, 0));
	const ends = await Promise.all([second, third].map((id) => nexus.ended(id)));
	expect([predecessor, ...ends].map(({ status, code }) => [status, code])).toEqual([
		["executed", null],
		["executed", null],
		["executed", null],
	]);
	expect(await ordersOf(nexus)).toEqual([
		`buy 1 entry filled ${first.id}`,
		`sell 1 exit filled ${predecessor.id}`,
		`sell 0.5 entry filled ${second}`,
		`buy 0.3 exit filled ${third}`,
	]);
	for (const { trace = [] } of ends) {
		const codes = trace.flatMap(({ code }) => (code === undefined ? [] : [code]));
		expect(codes).toEqual(["recovered"]);
		expect(trace.map(({ stage, verdict }) => `${stage} ${verdict}`)).toContain("sequence hold");
	}
	expect(await nexus.positions()).toMatchObject([{ side: "short", quantity: "0.2" }]);
	await nexus.restart();
	expect(await nexus.orders()).toHaveLength(4);
	expect(await nexus.positions()).toMatchObject([{ side: "short", quantity: "0.2" }]);
});

test("a predecessor that never comes, not even after kill -9: the gap is followed once, with one order for each change", async () => {
	await using nexus = await RunningNexus.start({ yaml: held("1500ms") });
	const first = await nexus.send(stating(0, 1));
	const waits = await accepted(nexus, stating(0, -0.5));
	await Bun.sleep(50);
	expect((await nexus.alert(waits)).status).toBe("accepted");
	await nexus.restart();
	const ended = await nexus.ended(waits);
	expect(ended).toMatchObject({ status: "executed", code: null });
	const gaps = (ended.trace ?? []).filter(({ code }) => code === "gap");
	expect(gaps).toHaveLength(1);
	const orders = [`buy 1 entry filled ${first.id}`, `sell 1 exit filled ${waits}`, `sell 0.5 entry filled ${waits}`];
	expect(await ordersOf(nexus)).toEqual(orders);
	// The missing one comes after all, and after one more start.
	await nexus.restart();
	const late = await nexus.send(stating(1, 0));
	expect(late).toMatchObject({ status: "skipped", code: "superseded" });
	expect(await ordersOf(nexus)).toEqual(orders);
	expect(await nexus.positions()).toMatchObject([{ side: "short", quantity: "0.5" }]);
});
