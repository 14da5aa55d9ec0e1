/** `nexus settle` at the desk: a person ends an order in review; what it then counts for, and what is refused. */
import { describe, expect, test } from "bun:test";
import { decimal, formatDecimal } from "../../src/domain/decimal.ts";
import type { Settlement } from "../../src/domain/ports.ts";
import type { Alert, Order } from "../../src/domain/records.ts";
import { readSettlement } from "../../src/engine/settlement.ts";
import { expectSums, Lives, symbol } from "./lives.ts";

/** The bridge loses the answer, and can neither expire requests nor find orders. */
async function doubtful(fault: "lost_after" | "lost_before", more: Partial<Alert> = {}) {
	const lives = await new Lives({ rest: { request_expiry_ms: undefined, lookup: false, poll_ms: 60_000 } }).start();
	lives.exchange.next.push(fault);
	expect(await lives.send("buy", "One", more)).toBe("failed order_in_review");
	return { lives, order: inReview(lives) };
}

function inReview(lives: Lives): Order {
	const [order, ...others] = lives.world.journal.orders().filter(({ status }) => status === "review");
	if (order === undefined || others.length > 0) throw new Error("not one order in review");
	return order;
}

const recorded = (lives: Lives, { id }: Order) => lives.world.journal.orders().find((order) => order.id === id);

async function settle(lives: Lives, id: string, said: Settlement, reason?: string) {
	const by = { actor: "cli", ...(reason === undefined ? {} : { reason }) };
	const settled = await lives.world.desk.settle(id, said, by);
	await lives.clock.advance(10_000);
	return settled;
}

/** Stops and targets that are open at the exchange. */
const standing = (lives: Lives): readonly string[] =>
	[...lives.exchange.matching.orders.values()]
		.filter(({ status, type }) => status === "open" && type !== "market")
		.map(({ type, side, quantity }) => `${type} ${side} ${formatDecimal(quantity)}`);

describe("an order in review that a person settles as nothing", () => {
	test("is abandoned, and the next entry goes out", async () => {
		const { lives, order } = await doubtful("lost_before");
		expect(await lives.send("buy")).toBe("failed order_in_review");
		expect(await settle(lives, order.id, { filled: "0" }, "not on its page")).toMatchObject({
			order: { id: order.id, status: "abandoned", filled_quantity: "0", average_price: null },
		});
		expect(recorded(lives, order)).toMatchObject({
			status: "abandoned",
			reason: "cli says that nothing of it was filled: not on its page",
		});
		expect(lives.world.journal.fills()).toEqual([]);
		expect(await lives.send("buy")).toBe("executed");
		expect(lives.there).toBe(decimal("0.5"));
		expect(lives.held()).toEqual(["One BTC/USD long 0.5"]);
		expectSums(lives);
	});

	test("is told by one event that names who said it", async () => {
		const { lives, order } = await doubtful("lost_before");
		await settle(lives, order.id, { filled: "0" });
		const events = lives.world.journal.commits
			.flat()
			.flatMap((change) => (change.kind === "event" && change.event.kind === "OrderSettled" ? [change.event] : []));
		expect(events).toMatchObject([
			{
				detail: "buy 0.5 BTC/USD market was in review: cli says that nothing of it was filled",
				data: { order_id: order.id, account: "live", strategy: "One", symbol, actor: "cli" },
			},
		]);
	});

	test("and was filled all the same counts when the exchange tells of it", async () => {
		const { lives, order } = await doubtful("lost_after");
		await settle(lives, order.id, { filled: "0" });
		expect(lives.held()).toEqual([]);
		await lives.clock.advance(120_000);
		expect(lives.held()).toEqual(["One BTC/USD long 0.5"]);
		expect(lives.events("OrderFilledLate")).toHaveLength(1);
		expectSums(lives);
	});

	test("stays so over a restart", async () => {
		const { lives, order } = await doubtful("lost_before");
		await settle(lives, order.id, { filled: "0" });
		await lives.stop();
		await lives.start();
		expect(recorded(lives, order)?.status).toBe("abandoned");
		expect(await lives.send("buy")).toBe("executed");
		expectSums(lives);
	});
});

describe("an order in review that a person settles as filled", () => {
	const protectedEntry = { stop_loss: "41000", take_profit: "45000" } as const;

	test("is the position, its stop and target stand, its trade told later counts once, and an exit closes it all", async () => {
		const { lives, order } = await doubtful("lost_after", protectedEntry);
		expect([lives.held(), standing(lives)]).toEqual([[], []]);
		expect(await settle(lives, order.id, { filled: "0.5", price: "42010" })).toMatchObject({
			order: { status: "filled", filled_quantity: "0.5", average_price: "42010" },
		});
		expect(lives.held()).toEqual(["One BTC/USD long 0.5"]);
		expect(standing(lives).toSorted()).toEqual(["limit sell 0.5", "stop sell 0.5"]);
		await lives.clock.advance(120_000);
		expect(lives.held()).toEqual(["One BTC/USD long 0.5"]);
		expect(lives.world.journal.fills()).toMatchObject([
			{ trade_id: `position-${order.client_order_id}`, quantity: "0.5", price: "42010", fee: "0" },
		]);
		expectSums(lives);
		expect(await lives.send("exit")).toBe("executed");
		expect([lives.there, lives.held(), standing(lives)]).toEqual([0n, [], []]);
		await lives.clock.advance(120_000);
		expectSums(lives);
	});

	test("in part is the position with that part, and the rest is not open any more", async () => {
		const { lives, order } = await doubtful("lost_before", protectedEntry);
		lives.byHand("buy", "0.2");
		expect(await settle(lives, order.id, { filled: "0.2", price: "42000" })).toMatchObject({
			order: { status: "filled", filled_quantity: "0.2", average_price: "42000" },
		});
		expect(lives.held()).toEqual(["One BTC/USD long 0.2"]);
		expect(standing(lives).toSorted()).toEqual(["limit sell 0.2", "stop sell 0.2"]);
		expectSums(lives);
		expect(await lives.send("exit")).toBe("executed");
		expect([lives.there, standing(lives)]).toEqual([0n, []]);
	});

	test("is known at the next start: nothing differs, and its stop is not sent twice", async () => {
		const { lives, order } = await doubtful("lost_after", protectedEntry);
		await settle(lives, order.id, { filled: "0.5", price: "42000" });
		const made = lives.exchange.made().size;
		await lives.stop();
		await lives.start();
		expect(lives.held()).toEqual(["One BTC/USD long 0.5"]);
		expect(lives.events("PositionDiffers")).toEqual([]);
		expect(lives.exchange.made().size).toBe(made);
		expectSums(lives);
	});

	test("and was a stop takes the target back", async () => {
		const rest = { request_expiry_ms: undefined, lookup: false, poll_ms: 60_000 };
		const lives = await new Lives({ rest }).start();
		lives.exchange.next.push(undefined, "lost_before");
		expect(await lives.send("buy", "One", protectedEntry)).toBe("executed");
		expect(standing(lives)).toEqual(["limit sell 0.5"]);
		lives.byHand("sell", "0.5");
		expect(await settle(lives, inReview(lives).id, { filled: "0.5", price: "41000" })).toMatchObject({
			order: { leg: "stop_loss", status: "filled" },
		});
		expect([lives.held(), standing(lives)]).toEqual([[], []]);
		expectSums(lives);
	});

	test("is durable before the person is answered, though the broker is away", async () => {
		const { lives, order } = await doubtful("lost_after", protectedEntry);
		lives.exchange.setFaults({ down: "cut" });
		const settled = await lives.world.desk.settle(order.id, { filled: "0.5", price: "42000" }, { actor: "cli" });
		expect(settled).toMatchObject({ order: { status: "filled" } });
		expect(recorded(lives, order)?.status).toBe("filled");
		expect(lives.world.journal.fills()).toHaveLength(1);
	});
});

test("a stop in review that the position shows as filled takes the target back, and no person is needed", async () => {
	const rest = { request_expiry_ms: undefined, lookup: false, poll_ms: 60_000 };
	const lives = await new Lives({ rest }).start();
	lives.exchange.next.push(undefined, "lost_after");
	expect(await lives.send("buy", "One", { stop_loss: "41000", take_profit: "45000" })).toBe("executed");
	const stop = inReview(lives);
	lives.exchange.matching.setPrice(symbol, decimal("40900"));
	expect(standing(lives)).toEqual(["limit sell 0.5"]);
	expect(await lives.send("exit", "Two")).toBe("skipped nothing_to_close");
	expect([lives.held(), standing(lives)]).toEqual([[], []]);
	expect(await settle(lives, stop.id, { filled: "0" })).toMatchObject({ refusal: { code: "not_in_review" } });
	await lives.clock.advance(120_000);
	expectSums(lives);
});

describe("what the desk refuses", () => {
	const rows: readonly (readonly [string, Settlement, string, string])[] = [
		["less than nothing", { filled: "-0.1" }, "bad_field", '"-0.1" is not a decimal number of 0 or more'],
		["what is no number", { filled: "all" }, "bad_field", '"all" is not a decimal number of 0 or more'],
		["an empty text", { filled: "" }, "bad_field", "is not a decimal number"],
		["more than was ordered", { filled: "0.6", price: "42000" }, "bad_field", "0.6 is more than the 0.5 BTC/USD"],
		["a quantity without its price", { filled: "0.5" }, "missing_field", "at what price 0.5 was filled"],
		["a price of zero", { filled: "0.5", price: "0" }, "bad_price", '"0" is not a decimal number above 0'],
		["a price below zero", { filled: "0.5", price: "-1" }, "bad_price", '"-1" is not a decimal number above 0'],
		["a price that is no number", { filled: "0.5", price: "market" }, "bad_price", '"market" is not'],
		["a price of nothing", { filled: "0", price: "42000" }, "contradictory_fields", "filled is 0"],
	];
	test.each(rows)("%s: nothing changes, and the order stays in review", async (_, said, code, words) => {
		const { lives, order } = await doubtful("lost_before");
		const { commits } = lives.world.journal;
		const before = commits.length;
		const settled = await lives.world.desk.settle(order.id, said, { actor: "cli" });
		if (!("refusal" in settled)) throw new Error("it was taken");
		expect(settled.refusal.code as string).toBe(code);
		expect(settled.refusal.detail).toContain(words);
		expect(settled.refusal.hint).toEqual(expect.any(String));
		expect(commits.length).toBe(before);
		expect(inReview(lives)).toEqual(order);
		expect(lives.held()).toEqual([]);
		expect(await lives.send("buy", "Two")).toBe("failed order_in_review");
	});

	test("an order that nobody knows", async () => {
		const { lives, order } = await doubtful("lost_before");
		const settled = await lives.world.desk.settle(`${order.id}x`, { filled: "0" }, { actor: "cli" });
		expect(settled).toMatchObject({ refusal: { code: "not_found", detail: expect.stringContaining(`${order.id}x`) } });
		expect(inReview(lives)).toEqual(order);
	});

	test("an order that is open, and one that has ended, with what each is", async () => {
		const lives = await new Lives().start();
		expect(await lives.send("buy", "One", { stop_loss: "41000" })).toBe("executed");
		const before = lives.world.journal.orders();
		for (const order of before) {
			const settled = await lives.world.desk.settle(order.id, { filled: "0" }, { actor: "cli" });
			expect(settled).toMatchObject({
				refusal: { code: "not_in_review", detail: `order ${order.id} is ${order.status}, not in review` },
			});
		}
		expect(before.map(({ status }) => status).toSorted()).toEqual(["accepted", "filled"]);
		expect(lives.world.journal.orders()).toEqual(before);
		expect(standing(lives)).toEqual(["stop sell 0.5"]);
	});

	test("a second word on the same order", async () => {
		const { lives, order } = await doubtful("lost_after");
		await settle(lives, order.id, { filled: "0.5", price: "42000" });
		expect(await settle(lives, order.id, { filled: "0.5", price: "42000" })).toMatchObject({
			refusal: { code: "not_in_review", detail: `order ${order.id} is filled, not in review` },
		});
		expect(lives.held()).toEqual(["One BTC/USD long 0.5"]);
		expect(lives.events("OrderSettled")).toHaveLength(1);
	});

	test("a word that comes after the exchange's own, told and not yet counted", async () => {
		const { lives, order } = await doubtful("lost_after");
		const { engine } = lives.world;
		const { client_order_id } = order;
		const money = { price: decimal("42000"), fee: decimal("0"), fee_currency: "USD" };
		const trade = { trade_id: "7", client_order_id, quantity: decimal("0.5"), ...money, at: lives.clock.now() };
		engine.execution.tell(engine.broker("live"), trade);
		expect(await settle(lives, order.id, { filled: "0" })).toMatchObject({ refusal: { code: "not_in_review" } });
		expect(lives.held()).toEqual(["One BTC/USD long 0.5"]);
		expect(recorded(lives, order)?.status).toBe("filled");
		expect(lives.events("OrderSettled")).toEqual([]);
	});
});

describe("an order of which the exchange has told a part already", () => {
	const part = {
		id: "o1",
		client_order_id: "0".repeat(32),
		alert_id: null,
		account: "live",
		strategy: "One",
		symbol,
		side: "buy",
		type: "limit",
		limit_price: "60000",
		leg: "entry",
		quantity: "0.5",
		filled_quantity: "0.2",
		average_price: "60000",
		status: "review",
		reduce_only: false,
		created_at: "2026-01-31T13:37:00.000Z",
		updated_at: "2026-01-31T13:37:00.000Z",
	} as const satisfies Order;

	test("only the rest is counted, at the price that makes the average what was said", () => {
		const rest = { outcome: "filled", quantity: decimal("0.3"), price: decimal("30000") } as const;
		expect(readSettlement(part, { filled: "0.5", price: "42000" })).toEqual(rest);
		expect(readSettlement({ ...part, filled_cost: "12000" }, { filled: "0.5", price: "42000" })).toEqual(rest);
	});

	test("the same quantity again is nothing more", () => {
		expect(readSettlement(part, { filled: "0.2" })).toEqual({ outcome: "nothing" });
		expect(readSettlement(part, { filled: "0.20", price: "60000" })).toEqual({ outcome: "nothing" });
	});

	test.each([
		["less than that", { filled: "0.1", price: "42000" }, "bad_field", "0.1 is less than the 0.2"],
		["nothing at all", { filled: "0" }, "bad_field", "0 is less than the 0.2"],
		[
			"an average that the part alone exceeds",
			{ filled: "0.5", price: "24000" },
			"bad_price",
			"0.2 was filled at 60000",
		],
	])("%s is refused", (_, said, code, words) => {
		const read = readSettlement(part, said);
		expect(read).toMatchObject({ refusal: { code, detail: expect.stringContaining(words) } });
	});

	test("ends abandoned where nothing more was filled, and keeps what it has", async () => {
		const lives = await new Lives().start();
		await lives.world.engine.recorder.record([{ kind: "order", order: part }]);
		await lives.stop();
		await lives.begin();
		expect(await lives.world.desk.settle("o1", { filled: "0.2" }, { actor: "cli" })).toMatchObject({
			order: {
				status: "abandoned",
				filled_quantity: "0.2",
				average_price: "60000",
				reason: "cli says that no more than 0.2 of it was filled",
			},
		});
		expect(lives.world.journal.fills()).toEqual([]);
	});
});
