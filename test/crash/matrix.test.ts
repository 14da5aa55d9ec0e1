/** The crash matrix in short: real processes, really killed, at a random choice of points and faults. */
import { afterAll, expect, test } from "bun:test";
import { removeLeftovers } from "../e2e/support/running-nexus.ts";
import type { Counts } from "../support/exchange/exchange-server.ts";
import { type Evidence, judge } from "./judge.ts";
import { playMatrix, totals } from "./matrix.ts";

afterAll(removeLeftovers);

const kills = 40;

test(`${kills} kills at named points and random times: nothing lost, doubled, unknown for long, or unlike the exchange`, async () => {
	const seed = Math.floor(Math.random() * 1_000_000);
	console.log(`bun run crash --kills ${kills} --seed ${seed}`);
	const results = await playMatrix({ kills, seed });
	const findings = results.flatMap(({ point, fault, lost, doubled, unknown, wrong }) =>
		[...lost, ...doubled, ...unknown, ...wrong].map((finding) => `${point}, ${fault}: ${finding}`),
	);
	expect(findings).toEqual([]);
	const all = totals(results);
	expect(all.kills).toBe(kills);
	// Points that were not reached would show nothing.
	expect(all.elsewhere).toBeLessThan(kills / 4);
	expect(all.executed).toBeGreaterThan(kills);
}, 120_000);

const nothing: Counts = {
	requests: {},
	asked: {},
	made: {},
	sent: [],
	orders: [],
	positions: {},
	balance: "0",
	under_way: false,
};

const alert = {
	id: "6H0B69XNR00",
	alert_id: "a",
	status: "executed",
	code: null,
	reason: null,
	type: "LONG_ENTRY",
	strategy: "Crash",
	symbol: "S0/USD",
	timeframe: null,
	price: null,
	received_at: "2026-01-31T13:37:00.000Z",
} as unknown as Evidence["alerts"][number];
const order = {
	id: "6H0B69XNR00-1",
	alert_id: alert.id,
	client_order_id: "one",
	status: "filled",
} as unknown as Evidence["orders"][number];
const position = { symbol: "S0/USD", side: "long", quantity: "0.1" } as unknown as Evidence["positions"][number];

/** One alert with its one order, and nothing wrong. */
const right: Evidence = {
	acknowledged: new Map([["a", alert.id]]),
	alerts: [alert],
	orders: [order],
	positions: [position],
	exchange: { ...nothing, made: { one: 1 }, positions: { "S0/USD": "0.1" } },
	verified: { exit: 0, out: "", err: "" },
};

const cases: readonly (readonly [string, Partial<Evidence>, "lost" | "doubled" | "unknown" | "wrong"])[] = [
	["an acknowledged alert that is not in the journal is lost", { alerts: [] }, "lost"],
	["an acknowledged alert without an end is lost", { alerts: [{ ...alert, status: "accepted" }] }, "lost"],
	["two orders under one id are doubled", { exchange: { ...right.exchange, made: { one: 2 } } }, "doubled"],
	[
		"two orders of one alert under two ids are doubled",
		{
			orders: [order, { ...order, id: "6H0B69XNR00-2", client_order_id: "two" }],
			exchange: { ...right.exchange, made: { one: 1, two: 1 } },
		},
		"doubled",
	],
	["an order that stays unknown is told", { orders: [{ ...order, status: "unknown" }] }, "unknown"],
	["an order that only the exchange knows is told", { orders: [] }, "wrong"],
	["an executed alert without an order is told", { exchange: { ...right.exchange, made: {} } }, "wrong"],
	["a failed alert with an order is told", { alerts: [{ ...alert, status: "failed" }] }, "wrong"],
	["a position that differs is told", { positions: [] }, "wrong"],
	["what was adopted as EXTERNAL is told", { positions: [{ ...position, strategy: "EXTERNAL" }] }, "wrong"],
	["what verify-journal finds is told", { verified: { exit: 1, out: "positions: …", err: "" } }, "wrong"],
];

test("the judge finds nothing where nothing is wrong", () => {
	expect(judge(right)).toEqual({ lost: [], doubled: [], unknown: [], wrong: [], executed: 1, poisoned: 0 });
});

for (const [name, change, where] of cases) {
	test(`the judge: ${name}`, () => {
		expect(judge({ ...right, ...change })[where]).not.toEqual([]);
	});
}
