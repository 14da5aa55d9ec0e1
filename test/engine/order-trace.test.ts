/** What a trace says of an order that did not do what it was sent for. */
import { expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import { Lives } from "./lives.ts";
import { alertOf, engineWith, startOfTest, watched } from "./support.ts";

test("an order in review is no order that rests: the trace refuses, by its code", async () => {
	const lives = await new Lives({ rest: { request_expiry_ms: undefined, lookup: false, poll_ms: 60_000 } }).start();
	lives.exchange.next.push("lost_after");
	expect(await lives.send("buy")).toBe("failed order_in_review");
	const ended = lives.world.journal.commits.flat().findLast((change) => change.kind === "alert_ended");
	const entry = ended?.kind === "alert_ended" ? ended.trace.findLast(({ stage }) => stage === "broker") : undefined;
	expect(entry).toMatchObject({ verdict: "refuse", code: "order_in_review" });
	expect(entry?.detail).not.toContain("rests");
});

test("a reversal whose exit was cut short enters nothing, and says what was closed", async () => {
	const { brokers, wrap } = watched();
	const world = await engineWith({ wrap });
	await world.send(alertOf("buy"));
	const [broker] = brokers.values();
	if (broker === undefined) throw new Error("no broker");
	broker.instead = ({ client_order_id, leg }) => {
		if (leg !== "exit") return undefined;
		const units = { quantity: decimal("0.2"), price: decimal("42000"), fee: decimal("0"), fee_currency: "USD" };
		const fill = { trade_id: "cut", client_order_id, ...units, at: startOfTest };
		return Promise.resolve({ outcome: "accepted", fills: [fill], open: false });
	};
	const ended = await world.send(alertOf("sell"));
	expect(ended).toMatchObject({ status: "executed", code: "broker_rejected" });
	expect(ended.reason).toMatch(
		/^sold 0\.2 BTC\/USD at 42000; the next leg: 0\.2 of 0\.5 of the exit were filled \(order .+\), so nothing was entered/,
	);
	expect(world.held()).toEqual(["paper MyRSIStrategy BTC/USD long 0.3"]);
	expect(broker.asked.map(({ leg }) => leg)).toEqual(["entry", "exit"]);
});
