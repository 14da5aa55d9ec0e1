/** What an answer proves: only the bridge's own word is a rejection or a "not found", everything else is unknown. */
import { describe, expect, test } from "bun:test";
import { lookupOf, proofOf, submissionOf } from "../../src/broker/rest-outcome.ts";
import type { Answer } from "../../src/broker/rest-transport.ts";
import { formatDecimal } from "../../src/domain/decimal.ts";

const order = { client_order_id: "c1", symbol: "BTC/USD", side: "buy" } as const;
const fill = {
	trade_id: "T1",
	client_order_id: "c1",
	quantity: "0.5",
	price: "42000",
	fee: "0.1",
	fee_currency: "USD",
	at: "2026-03-02T12:00:00.000Z",
};
const known = {
	client_order_id: "c1",
	symbol: "BTC/USD",
	side: "buy",
	type: "market",
	quantity: "0.5",
	filled_quantity: "0.5",
	reduce_only: false,
	status: "filled",
	fills: [fill],
};
const open = { ...known, status: "open", filled_quantity: "0", fills: [] };

const answered = (status: number, body?: unknown): Answer => ({ kind: "answer", status, body });
const refused = (status: number) => answered(status, { code: "insufficient_funds", detail: "not enough money" });

describe("an answer to POST /orders", () => {
	const rows: readonly (readonly [string, Answer, string])[] = [
		["a filled order", answered(200, known), "accepted 0.5"],
		["a filled order with 201", answered(201, known), "accepted 0.5"],
		["an open order", answered(200, open), "accepted"],
		["an open order that is filled in part", answered(200, { ...known, status: "open" }), "accepted 0.5"],
		["an order canceled after a part was filled", answered(200, { ...known, status: "canceled" }), "accepted 0.5"],
		["an order canceled without a fill", answered(200, { ...open, status: "canceled" }), "rejected"],
		["an order expired without a fill", answered(200, { ...open, status: "expired" }), "rejected"],
		["an order rejected with its reason", answered(200, { ...open, status: "rejected", reason: "no" }), "rejected"],
		["an order called filled, without a fill", answered(200, { ...open, status: "filled" }), "unknown"],
		["a duplicate with the order", answered(409, known), "accepted 0.5"],
		["a duplicate that still rests", answered(409, open), "accepted"],
		["a duplicate without the order", answered(409, { code: "duplicate", detail: "known" }), "duplicate"],
		["a duplicate whose body is no JSON", answered(409), "duplicate"],
		["a refusal with 400", refused(400), "rejected"],
		["a refusal with 401", refused(401), "rejected"],
		["a refusal with 422", refused(422), "rejected"],
		["a refusal with 429", refused(429), "rejected"],
		["408, which is a time-out, whatever it says", refused(408), "unknown"],
		["a proxy's 403 page", answered(403), "unknown"],
		["a 404 of a wrong path", answered(404, { message: "no route" }), "unknown"],
		["a 4xx with a code and no detail", answered(400, { code: "x" }), "unknown"],
		["a 4xx whose code is a number", answered(400, { code: 7, detail: "x" }), "unknown"],
		["500", answered(500), "unknown"],
		["503 with code and detail", refused(503), "unknown"],
		["a redirect", answered(302), "unknown"],
		["204", answered(204), "unknown"],
		["200 that is no JSON", answered(200), "unknown"],
		["200 with a list", answered(200, [known]), "unknown"],
		["200 about another id", answered(200, { ...known, client_order_id: "c2", fills: [] }), "unknown"],
		["200 about another symbol", answered(200, { ...known, symbol: "ETH/USD" }), "unknown"],
		["200 about the other side", answered(200, { ...known, side: "sell" }), "unknown"],
		[
			"200 with another order's fill",
			answered(200, { ...known, fills: [{ ...fill, client_order_id: "c2" }] }),
			"unknown",
		],
		["200 with a number for a price", answered(200, { ...known, fills: [{ ...fill, price: 42000 }] }), "unknown"],
		["200 with a fill of nothing", answered(200, { ...known, fills: [{ ...fill, quantity: "0" }] }), "unknown"],
		["200 with a fill without a trade id", answered(200, { ...known, fills: [{ ...fill, trade_id: "" }] }), "unknown"],
		["200 with a time without a zone", answered(200, { ...known, fills: [{ ...fill, at: "2026-03-02" }] }), "unknown"],
		["200 with a status nobody knows", answered(200, { ...known, status: "done" }), "unknown"],
		["no answer after something was sent", { kind: "none", sent: true, reason: "cut" }, "unknown"],
		["no connection at all", { kind: "none", sent: false, reason: "refused" }, "unknown"],
	];
	for (const [name, answer, expected] of rows) {
		test(`${name}: ${expected}`, () => {
			const proof = proofOf(answer, order, true);
			const units = proof.outcome === "accepted" ? proof.fills.map(({ quantity }) => formatDecimal(quantity)) : [];
			expect([proof.outcome, ...units].join(" ")).toBe(expected);
			if (proof.outcome === "rejected" || proof.outcome === "unknown") expect(proof.reason).not.toBe("");
		});
	}

	test("says whether some of the order is still open", () => {
		const isOpen = (status: string, body: object = known) => proofOf(answered(200, { ...body, status }), order, true);
		expect(isOpen("open")).toMatchObject({ open: true });
		expect(isOpen("open", open)).toMatchObject({ open: true });
		for (const status of ["filled", "canceled", "expired"]) expect(isOpen(status)).toMatchObject({ open: false });
	});

	test("where a bridge keeps no deadline, an order that never left is a rejection: nobody may send it again unasked", () => {
		const never: Answer = { kind: "none", sent: false, reason: "the connection was refused" };
		expect(proofOf(never, order, false)).toEqual({
			outcome: "rejected",
			reason: "nothing was sent: the connection was refused",
		});
		expect(proofOf({ ...never, sent: true }, order, false).outcome).toBe("unknown");
	});

	test("a rejection carries the bridge's own words", () => {
		expect(proofOf(refused(422), order, true)).toEqual({
			outcome: "rejected",
			reason: "insufficient_funds: not enough money",
		});
	});
});

describe("an answer to GET /orders/ID", () => {
	const rows: readonly (readonly [string, Answer, string])[] = [
		["an open order", answered(200, open), "found open"],
		["a filled one", answered(200, known), "found filled"],
		["a canceled one", answered(200, { ...open, status: "canceled" }), "found canceled"],
		["an expired one", answered(200, { ...open, status: "expired" }), "found expired"],
		["a rejected one", answered(200, { ...open, status: "rejected" }), "found rejected"],
		["the bridge's not_found", answered(404, { code: "not_found", detail: "none" }), "not_found"],
		["a 404 of a wrong path", answered(404), "unreachable"],
		["a 404 with another code", answered(404, { code: "no_such_path", detail: "x" }), "unreachable"],
		["410", answered(410, { code: "not_found", detail: "x" }), "unreachable"],
		["401", refused(401), "unreachable"],
		["503", answered(503), "unreachable"],
		["200 that is no JSON", answered(200), "unreachable"],
		["200 about another order", answered(200, { ...open, client_order_id: "c2" }), "unreachable"],
		["no answer", { kind: "none", sent: false, reason: "refused" }, "unreachable"],
	];
	for (const [name, answer, expected] of rows) {
		test(`${name}: ${expected}`, () => {
			const found = lookupOf(answer, order);
			expect(found.outcome === "found" ? `found ${found.state}` : found.outcome).toBe(expected);
			if (found.outcome === "unreachable") expect(found.reason).not.toBe("");
		});
	}
});

test("an order that is open, or has a fill, did something", () => {
	expect(submissionOf({ status: "open", fills: [] }).outcome).toBe("accepted");
	expect(submissionOf({ status: "canceled", fills: [], reason: "post only" })).toEqual({
		outcome: "rejected",
		reason: "post only",
	});
	expect(submissionOf({ status: "canceled", fills: [] })).toEqual({
		outcome: "rejected",
		reason: "canceled by the exchange without a fill",
	});
});
