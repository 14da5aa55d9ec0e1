/** What a trace says of an order that did not do what it was sent for. */
import { expect, test } from "bun:test";
import { Lives } from "./lives.ts";

test("an order in review is no order that rests: the trace refuses, by its code", async () => {
	const lives = await new Lives({ rest: { request_expiry_ms: undefined, lookup: false, poll_ms: 60_000 } }).start();
	lives.exchange.next.push("lost_after");
	expect(await lives.send("buy")).toBe("failed order_in_review");
	const ended = lives.world.journal.commits.flat().findLast((change) => change.kind === "alert_ended");
	const entry = ended?.kind === "alert_ended" ? ended.trace.findLast(({ stage }) => stage === "broker") : undefined;
	expect(entry).toMatchObject({ verdict: "refuse", code: "order_in_review" });
	expect(entry?.detail).not.toContain("rests");
});
