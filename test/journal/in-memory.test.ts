/** The contract on a journal in memory. */
import { expect, test } from "bun:test";
import { journalContract } from "./contract.ts";
import { open } from "./support/open.ts";
import { reception } from "./support/samples.ts";

journalContract("a journal in memory", (options) => open(undefined, options));

test("two journals in memory know nothing of each other", async () => {
	const [one, two] = await Promise.all([open(undefined), open(undefined)]);
	await one.journal.accept(reception(0));
	expect((await two.journal.load()).open_alerts).toBe(0);
});
