/** A live account through kill -9 and take-over: every 202 ends, every intent is at the exchange at most once; in full: `bun run crash --ten-kills`. */
import { afterAll, describe, expect, test } from "bun:test";
import { playDay } from "../crash/ten-kills.ts";
import { removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const alerts = 300;
const linux = process.platform === "linux";
const why = linux ? "" : "; skipped: needs Linux, where a port can be shared and steered";
const clean = { lost: [], doubled: [], unknown: [], wrong: [], acknowledged: alerts };

test(`${alerts} alerts through two kills, with an exchange that loses answers: each 202 ends, none is ordered twice`, async () => {
	const day = await playDay({ alerts, kills: 2, take_overs: 0, seed: 1 });
	expect(day).toMatchObject(clean);
	expect(day.executed).toBeGreaterThan(alerts / 2);
	expect(day.orders).toBe(day.executed);
	// Otherwise nobody was sending when it was killed.
	expect(day.cut).toBeGreaterThan(0);
}, 120_000);

describe.skipIf(!linux)(`a take-over${why}`, () => {
	test(`${alerts} alerts through one while orders are in doubt: no connection refused or cut, each 202 ends, none is ordered twice`, async () => {
		const day = await playDay({ alerts, kills: 0, take_overs: 1, seed: 2 });
		expect(day).toMatchObject({ ...clean, cut: 0, poisoned: 0 });
		expect(day.executed).toBeGreaterThan(alerts / 2);
		expect(day.orders).toBe(day.executed);
	}, 120_000);
});
