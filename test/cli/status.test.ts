/** `nexus status`: one screen that says whether it runs, trades and what came. */
import { describe, expect, test } from "bun:test";
import { call, nexusFolder } from "./support/call-command.ts";
import { type Answer, fakeNexus } from "./support/fake-nexus.ts";
import { account, halted, strategy } from "./support/records.ts";

const status = {
	version: "0.1.0",
	pid: 1234,
	uptime_s: 11_520,
	ready: true,
	not_ready_reason: null,
	refusals: { not_authentic: 3, missing_field: 1 },
	started_at: "2026-01-31T10:48:00.000Z",
	alerts: { executed: 12, skipped: 3, rejected: 1, accepted: 2 },
	orders: 14,
	fills: 15,
	waiting: 2,
	trading_states: [halted],
	journal_bytes: 1_250_000,
};
const broken = {
	...strategy,
	name: "Broken",
	plugin: "plugins/broken.ts",
	plugin_error: "plugins/broken.ts:3:1: Unexpected }",
	trading_state: "halted",
};
const answers: Readonly<Record<string, Answer>> = {
	"GET /api/v1/status": status,
	"GET /api/v1/accounts": { items: [account], next: null },
	"GET /api/v1/strategies": { items: [strategy, broken], next: null },
};

async function ask(words: readonly string[], changed: Readonly<Record<string, Answer>> = {}) {
	using nexus = fakeNexus({ ...answers, ...changed });
	using folder = nexusFolder({ port: nexus.port });
	return { ...(await call(folder.path, ["status", ...words])), url: nexus.url };
}

test("everything in 80 columns", async () => {
	const { exit, out, err, url } = await ask([]);
	expect(out).toBe(`\
nexus 0.1.0 is ready at ${url}, up 3h 12m, pid 1234

Trading   halted for strategy MyRSIStrategy since 2026-01-31 13:50:00 UTC by
          cli: news at 14:30
Alerts    12 executed, 1 rejected, 3 skipped, 2 waiting
Refused   3 not_authentic, 1 missing_field (since the start, before they became
          alerts)
Orders    14, with 15 fills
Journal   1.2 MB

ACCOUNT  BROKER     EQUITY    BALANCE  TAKEN P/L  CURRENCY
paper    paper   99,968.24  99,978.99     -21.01  USD

STRATEGY       STATE              WAITING  SYMBOLS          TIMEFRAMES  ACCOUNT
MyRSIStrategy  follows the alert        0  BTC/USD ETH/USD  1h 4h       paper
Broken         plugin broken            0  BTC/USD ETH/USD  1h 4h       paper

plugins/broken.ts:3:1: Unexpected }
`);
	expect({ exit, err }).toEqual({ exit: 0, err: "" });
});

describe("what the answer is", () => {
	test("not ready is exit 1 and says so", async () => {
		const { exit, out } = await ask([], {
			"GET /api/v1/status": { ...status, ready: false, not_ready_reason: "the disk is full" },
		});
		expect(exit).toBe(1);
		expect(out).toMatch(/^nexus 0\.1\.0 is not ready at .*\nWhy not: the disk is full\n/);
	});

	test("where nothing is limited trading is active for everything", async () => {
		const { out } = await ask([], { "GET /api/v1/status": { ...status, trading_states: [] } });
		expect(out).toContain("\nTrading   active for everything\n");
	});

	test("nothing refused and a journal of unknown size", async () => {
		const { out } = await ask([], { "GET /api/v1/status": { ...status, refusals: {}, journal_bytes: null } });
		expect(out).not.toContain("Refused");
		expect(out).toContain("\nJournal   size not known\n");
	});

	test("strategies whose alerts stay away are named, those that speak are not", async () => {
		const silent = { ...strategy, silent: true, expect_every_s: 3600, last_alert_at: "2026-01-31T10:48:00.000Z" };
		const never = { ...strategy, name: "Never", silent: true, expect_every_s: 90, last_alert_at: null };
		const fine = { ...strategy, name: "Fine", expect_every_s: 3600, last_alert_at: "2026-01-31T13:48:00.000Z" };
		const strategies = { items: [silent, never, fine], next: null };
		const { out } = await ask([], { "GET /api/v1/strategies": strategies });
		expect(out).toContain(
			"\nSilent    MyRSIStrategy: no alert comes (the last one 3h 12m ago, expected every\n          1h 00m)\n",
		);
		expect(out).toContain("\n          Never: no alert comes (none ever, expected every 1m 30s)\n");
		expect(out).not.toContain("Fine: no alert");
		expect((await ask([])).out).not.toContain("Silent");
	});

	test("frozen stops are told", async () => {
		const frozen = { ...halted, scope: "all", name: "", freeze: true };
		const { out } = await ask([], { "GET /api/v1/status": { ...status, trading_states: [frozen] } });
		expect(out).toContain("halted for everything, standing stops held back too, since");
	});

	test("--json is the API's status with its accounts and strategies", async () => {
		expect(JSON.parse((await ask(["--json"])).out)).toEqual({
			...status,
			accounts: [account],
			strategies: [strategy, broken],
		});
	});
});
