/** `nexus explain`: a stranger sees what came, what each stage said, what was done and what to do. */
import { describe, expect, test } from "bun:test";
import { outcomeWords } from "../../src/cli/outcome.ts";
import type { AlertView } from "../../src/domain/records.ts";
import { call, nexusFolder } from "./support/call-command.ts";
import { fakeNexus } from "./support/fake-nexus.ts";
import { executed, executedInFull, order, rejected } from "./support/records.ts";

async function explain(alert: AlertView, words: readonly string[] = [], columns = 80) {
	using nexus = fakeNexus({ [`GET /api/v1/alerts/${encodeURIComponent(alert.id)}`]: alert });
	using folder = nexusFolder({ port: nexus.port });
	return await call(folder.path, ["explain", alert.id, ...words], { columns });
}

test("an executed alert in 80 columns", async () => {
	const { exit, out, err } = await explain(executedInFull);
	expect(out).toBe(`\
Alert 01KFB3Q7Z80: LONG_ENTRY BTC/USD for MyRSIStrategy
Executed: bought 0.5 BTC/USD at 42021.50025 on account paper.

  Received     2026-01-31 13:37:00.123 UTC from 52.89.214.238
  Ended        2026-01-31 13:37:00.140 UTC, 17 ms later
  Action       buy (format nexus)
  Price        42000.5
  Timeframe    1h
  Sender's id  m1
  Message      RSI crossed 30

What each stage decided
  STAGE      VERDICT     MS  CODE
  size       pass     0.012
  signature  pass     0.081
      signed with webhook.secret_key
  dedupe     pass     1.204
  direction  notice   0.200  id_reused
      The id m1 came before, at 2026-01-31 09:00:00 UTC, and meant LONG_EXIT
      BTC/USD then.
  broker     pass     8.500
  5 stages, 9.997 ms together

Orders
  SIDE  QUANTITY  SYMBOL   TYPE    LEG    ACCOUNT  STATUS  ORDER
  buy        0.5  BTC/USD  market  entry  paper    filled  01KFB3Q7Z80-paper-1

Fills
  TIME UTC      SIDE  QUANTITY  SYMBOL         PRICE               FEE  TRADE
  13:37:00.138  buy        0.5  BTC/USD  42021.50025  21.010750125 USD  paper-1

What the codes mean, and what to do
  id_reused
      The id was used before with another meaning; the alert was processed all
      the same. Make the alert_id unique; \`nexus template\` shows how.

The body as it came, secrets taken out
  {"action": "buy", "symbol": "BTC/USD", "price": 42000.5, "strategy":
  "MyRSIStrategy", "alert_id": "m1"}
`);
	expect({ exit, err }).toEqual({ exit: 0, err: "" });
});

test("a rejected alert says why in its second line and what to do below", async () => {
	const { out } = await explain({
		...rejected,
		trace: [
			{ stage: "size", verdict: "pass", ms: 0.01 },
			{ stage: "strategy", verdict: "refuse", code: "symbol_not_allowed", detail: rejected.reason ?? "", ms: 0.1 },
		],
		orders: [],
		fills: [],
		raw: "action=sell\nsymbol=ETHUSD",
	});
	expect(out).toStartWith(`\
Alert 01KFB3R0000: SHORT_ENTRY ETHUSD for MyRSIStrategy
Rejected: ETHUSD is not among MyRSIStrategy's symbols BTC/USD; add it under
strategies[0].symbols.
`);
	expect(out).toContain("strategy  refuse   0.100  symbol_not_allowed");
	expect(out).toContain("Add it under the\n      strategy's symbols in nexus.yaml");
	expect(out).toEndWith("secrets taken out\n  action=sell\n  symbol=ETHUSD\n");
	for (const absent of ["Orders", "Fills", "Price", "Timeframe"]) expect(out).not.toContain(absent);
});

test("an alert that waits for another says for what in its second line", async () => {
	const { code: _, ...rest } = executedInFull;
	const { out } = await explain({
		...rest,
		code: null,
		status: "accepted",
		ended_at: null,
		orders: [],
		fills: [],
		trace: [{ stage: "sequence", verdict: "hold", detail: "an alert in between has not come yet", ms: 120 }],
	});
	expect(out).toContain("\nWaiting: an alert in between has not come yet.\n");
	expect(out).toContain("Ended        not yet");
	expect(out).not.toContain("Accepted:");
});

test("an alert that waited and has ended tells its end first", async () => {
	const trace = [{ stage: "sequence", verdict: "hold" as const, detail: "waited 120 ms", ms: 120 }];
	const { out } = await explain({ ...executedInFull, trace });
	expect(out).toContain("\nExecuted: bought 0.5 BTC/USD");
	expect(out).not.toContain("Waiting:");
});

describe("the outcome in words", () => {
	const { trace: _, ...base } = executed as AlertView;
	const rows: readonly (readonly [string, Partial<AlertView>, string])[] = [
		[
			"two orders",
			{ orders: [order, { ...order, side: "sell", symbol: "ETH/USD", average_price: "2500" }] },
			"Executed: bought 0.5 BTC/USD at 42021.50025 on account paper, sold 0.5 ETH/USD at 2500 on account paper.",
		],
		[
			"an order that rests",
			{ orders: [{ ...order, filled_quantity: "0", average_price: null, status: "accepted" }] },
			"Executed: the order is placed and not filled yet.",
		],
		["no order at all", { orders: [] }, "Executed."],
		["still waiting", { status: "accepted" }, "Accepted: it is on disk and has not ended yet."],
		[
			"skipped with the strategy's own words",
			{ status: "skipped", code: "strategy_skip", reason: "already long" },
			"Skipped: already long.",
		],
		[
			"failed without a reason: the code's sentence",
			{ status: "failed", code: "strategy_timeout" },
			"Failed: The strategy's plugin did not answer in time.",
		],
		[
			"rejected with a code of a newer nexus",
			{ status: "rejected", code: "from_the_future" },
			"Rejected: from_the_future.",
		],
		["a duplicate", { status: "duplicate" }, "Duplicate."],
	];
	test.each(rows)("%s", (_name, part, words) => {
		expect(outcomeWords({ ...base, ...part })).toBe(words);
	});
});

describe("what comes from outside", () => {
	const evil = "\u001b[2J\u001b[1;1Hnexus: all is well\u202e";
	test("cannot move the cursor, colour the screen or fake a line", async () => {
		const { out } = await explain({
			...executedInFull,
			action: `buy${evil}`,
			message: `a\nb${evil}`,
			symbol: `BTC${evil}`,
			strategy: `S${evil}`,
			source: evil,
			raw: `{"x":"${evil}"}`,
			trace: [{ stage: `s${evil}`, verdict: "pass", detail: evil, code: evil, ms: 1 }],
			orders: [{ ...order, symbol: evil, reason: evil }],
		});
		expect(out).not.toContain("\u001b");
		expect(out).not.toContain("\u202e");
		expect(out).not.toMatch(/^nexus: all is well/m);
	});

	test("a giant body is cut, and says where the rest is", async () => {
		const { out } = await explain({ ...executedInFull, raw: "x".repeat(60_000) });
		expect(out.length).toBeLessThan(8000);
		expect(out).toEndWith("  … --json has the rest\n");
	});

	test("no line is wider than the terminal", async () => {
		for (const columns of [60, 80, 120]) {
			const { out } = await explain({ ...executedInFull, message: "word ".repeat(60) }, [], columns);
			for (const line of out.split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
		}
	});
});

test("a stage with a list of findings has a line for each", async () => {
	const detail = "max_positions: 0 of 5; max_exposure: 10 of at most 50; max_daily_loss: 0; insufficient_funds: no";
	const { out } = await explain({ ...executedInFull, trace: [{ stage: "approval", verdict: "pass", ms: 1, detail }] });
	expect(out).toContain(
		`\n${detail
			.split("; ")
			.map((part) => `      ${part}\n`)
			.join("")}`,
	);
});

test("--json is the API's record", async () => {
	expect(JSON.parse((await explain(executedInFull, ["--json"])).out)).toEqual(executedInFull);
});

test("an id of the sender's with odd characters is asked for as it is", async () => {
	const { exit, out } = await explain({ ...executedInFull, id: "a/b?c d" });
	expect(exit).toBe(0);
	expect(out).toStartWith("Alert a/b?c d:");
});

test("an alert that is not there is exit 1, one line, and says where to look", async () => {
	using nexus = fakeNexus({});
	using folder = nexusFolder({ port: nexus.port });
	expect(await call(folder.path, ["explain", "NOPE"])).toMatchObject({
		exit: 1,
		out: "",
		err: "nexus: there is no alert 'NOPE'; `nexus alerts` lists them; a request that was refused is not among them, see the log\n",
	});
});
