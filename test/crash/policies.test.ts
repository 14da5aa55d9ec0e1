/** That the crash runs can fail: the usual ways to go on after "no answer" double orders at the same points at which nexus does not. */
import { afterAll, expect, test } from "bun:test";
import { removeLeftovers } from "../e2e/support/running-nexus.ts";
import { comparePolicies, policyTable } from "./policies.ts";

afterAll(removeLeftovers);

const plans = [["entry:written_ahead"], ["entry:in_flight"], ["entry:answered", "again"]] as const;
/** Plans under seven faults. */
const cases = plans.length * 7;

test("killed at the same points, a new id, blind resending and looking up at once double orders; nexus does not", async () => {
	const tallies = await comparePolicies(plans);
	console.log(policyTable(tallies).join("\n"));
	for (const policy of ["new id", "same id, blind", "same id, looked up"] as const) {
		expect({ policy, doubled: tallies.get(policy)?.doubled }).toEqual({ policy, doubled: expect.any(Number) });
		expect(tallies.get(policy)?.doubled ?? 0).toBeGreaterThan(0);
	}
	expect(tallies.get("nexus")).toMatchObject({ right: cases, doubled: 0, missed: 0 });
	// Whoever is not killed proves nothing.
	for (const [policy, { kills }] of tallies)
		expect({ policy, enough: kills >= cases / 2 }).toEqual({ policy, enough: true });
}, 120_000);
