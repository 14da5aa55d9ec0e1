/** `alerts`, `orders`, `positions`: the tables in 80 columns, what they ask of the API, and their JSON. */
import { describe, expect, test } from "bun:test";
import { statusPaint } from "../../src/cli/alerts.ts";
import { orderPaint } from "../../src/cli/orders.ts";
import { AlertStatus, OrderStatus, type StatedView } from "../../src/domain/records.ts";
import { call, nexusFolder } from "./support/call-command.ts";
import { type Answer, adminToken, fakeNexus } from "./support/fake-nexus.ts";
import { executed, flat, order, position, rejected, stated, waiting } from "./support/records.ts";

const answers: Readonly<Record<string, Answer>> = {
	"GET /api/v1/alerts": { items: [waiting, rejected, executed], next: null },
	"GET /api/v1/orders": {
		items: [
			order,
			{
				...order,
				id: "2",
				alert_id: null,
				type: "stop",
				leg: "stop_loss",
				stop_price: "41000",
				average_price: null,
				status: "accepted",
			},
			{
				...order,
				id: "3",
				strategy: "AStrategyWithAVeryLongNameIndeed",
				average_price: "0.123456789123",
				status: "partially_filled",
			},
		],
		next: null,
	},
	"GET /api/v1/positions": { items: [position, flat], next: null },
};

async function ask(words: readonly string[], options: Parameters<typeof call>[2] = {}, table = answers) {
	using nexus = fakeNexus(table);
	using folder = nexusFolder({ port: nexus.port });
	return { ...(await call(folder.path, words, options)), asked: nexus.asked };
}

describe("tables in 80 columns", () => {
	test("alerts", async () => {
		const { exit, out, err } = await ask(["alerts"]);
		expect(out).toBe(
			`\
ID           TIME UTC  STRATEGY         TYPE         SYMBOL   RESULT
01KFB3R0001  13:41:00  AStrategyWithA…  LONG_ENTRY   BTC/USD  waiting
01KFB3R0000  13:40:00  MyRSIStrategy    SHORT_ENTRY  ETHUSD   symbol_not_allowed
01KFB3Q7Z80  13:37:00  MyRSIStrategy    LONG_ENTRY   BTC/USD  executed
`,
		);
		expect({ exit, err }).toEqual({ exit: 0, err: "" });
	});

	test("orders", async () => {
		expect((await ask(["orders"])).out).toBe(
			`\
ALERT        TIME UTC  STRATEGY  SIDE  QUANTITY  SYMBOL         PRICE  STATUS
01KFB3Q7Z80  13:37:00  MyRSISt…  buy        0.5  BTC/USD  42021.50025  filled
-            13:37:00  MyRSISt…  buy        0.5  BTC/USD   stop 41000  accepted
01KFB3Q7Z80  13:37:00  AStrate…  buy        0.5  BTC/USD   0.1234567…  partiall…
`,
		);
	});

	test("positions shows what is open, and with --all what is flat again", async () => {
		const open = `\
STRATEGY       SYMBOL   SIDE  QUANTITY        ENTRY   MARK  OPEN P/L  TAKEN P/L
MyRSIStrategy  BTC/USD  long       0.5  42021.50025  42000    -10.75     -21.01
`;
		expect((await ask(["positions"])).out).toBe(open);
		expect((await ask(["positions", "--all"])).out).toBe(
			`${open}MyRSIStrategy  ETH/USD  flat         0            -   2500      0.00  +1,234.50\n`,
		);
	});

	test("nothing found is said in words, not as an empty table", async () => {
		const empty = { items: [], next: null };
		const none = { "GET /api/v1/alerts": empty, "GET /api/v1/orders": empty, "GET /api/v1/positions": empty };
		const said = async (...words: string[]) => (await ask(words, {}, none)).out;
		expect(await said("alerts")).toBe("No alerts.\n");
		expect(await said("orders")).toBe("No orders.\n");
		expect(await said("orders", "--open")).toBe("No open orders.\n");
		expect(await said("positions")).toBe("No open positions.\n");
		expect(await said("positions", "--all")).toBe("No positions.\n");
	});
});

describe("what TradingView says it holds", () => {
	const both = (...items: readonly unknown[]) => ({
		...answers,
		"GET /api/v1/positions": { items: [position], next: null },
		"GET /api/v1/stated": { items, next: null },
	});
	const inStep = { ...stated.ours[0], in_step: true, quantity: "1", difference: "0" };
	const flatBoth = {
		...stated,
		symbol: "ETH/USD",
		side: "flat",
		size: "0",
		ours: [{ ...inStep, side: "flat", quantity: "0", target: "0" }],
	};

	test("a second table: what is stated, what is held and what is left to trade", async () => {
		const { out, asked } = await ask(["positions"], {}, both(stated));
		expect(out).toEndWith(`
What TradingView says it holds
STRATEGY       ACCOUNT  SYMBOL   TIMEFRAME  TRADINGVIEW  OURS      DIFFERENCE
MyRSIStrategy  paper    BTC/USD  1h         long 1       long 0.5  buy 0.5
`);
		expect(asked.map(({ path }) => path).toSorted()).toEqual(["/api/v1/positions", "/api/v1/stated"]);
	});

	const words: readonly (readonly [string, Partial<StatedView>, RegExp])[] = [
		[
			"nothing held",
			{ ours: [{ ...inStep, side: "flat", quantity: "0", in_step: false, difference: "1" }] as never },
			/long 1 +flat +buy 1$/m,
		],
		["too much held", { ours: [{ ...inStep, in_step: false, difference: "-0.25" }] as never }, /sell 0\.25$/m],
		["in step", { ours: [inStep] as never }, /long 1 +long 1 +in step$/m],
		[
			"only a side can be compared",
			{ size: null, ours: [{ ...inStep, side: "short", target: null, difference: null, in_step: false }] as never },
			/ long +short 1 +should be long$/m,
		],
		["another timeframe speaks", { ours: [] }, /long 1 +- +-$/m],
		["no timeframe: no column", { timeframe: null }, /SYMBOL +TRADINGVIEW/],
	];
	test.each(words)("%s", async (_name, changes, line) => {
		expect((await ask(["positions"], {}, both({ ...stated, ...changes }))).out).toMatch(line);
	});

	test("also where nothing at all is held", async () => {
		const table = { ...both(stated), "GET /api/v1/positions": { items: [], next: null } };
		expect((await ask(["positions"], {}, table)).out).toStartWith(
			"No open positions.\n\nWhat TradingView says it holds\n",
		);
	});

	test("where both are flat there is no line, except with --all", async () => {
		expect((await ask(["positions"], {}, both(flatBoth))).out).not.toContain("TradingView");
		expect((await ask(["positions", "--all"], {}, both(flatBoth))).out).toMatch(/ETH\/USD .* flat +flat +in step$/m);
	});

	test("--strategy and --symbol narrow it as well, and --json has it whole", async () => {
		const other = { ...stated, strategy: "Other" };
		const { out } = await ask(["positions", "--strategy", "Other"], {}, both(stated, other));
		expect(out).toContain("Other");
		expect(out).not.toContain("MyRSIStrategy");
		const json = JSON.parse(
			(await ask(["positions", "--symbol", "BTC/USD", "--json"], {}, both(stated, flatBoth))).out,
		);
		expect(json).toEqual({ items: [position], next: null, stated: [stated] });
	});

	test("a nexus that does not know it is asked in vain and no harm is done", async () => {
		const { out, err, exit } = await ask(["positions", "--json"]);
		expect({ exit, err }).toEqual({ exit: 0, err: "" });
		expect(JSON.parse(out)).toEqual({ items: [position], next: null });
	});

	test("it fits in 80 columns, and cannot colour the screen", async () => {
		const long = { ...stated, strategy: `AStrategyWithAVeryLongNameIndeed\u001b[31m`, symbol: "BTC/USDT:USDT" };
		const { out } = await ask(["positions"], {}, both(long));
		for (const line of out.split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
		expect(out).not.toContain("\u001b");
	});
});

describe("width and colours", () => {
	test("no line is wider than 80 columns, and a wide terminal shows more", async () => {
		for (const words of [["alerts"], ["orders"], ["positions", "--all"]]) {
			const narrow = (await ask(words)).out;
			for (const line of narrow.split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
		}
		const [titles = ""] = (await ask(["alerts"], { columns: 160 })).out.split("\n");
		expect(titles).toMatch(/PRICE +TIMEFRAME +STATUS +RESULT$/);
		expect((await ask(["orders"], { columns: 200 })).out).toContain("AStrategyWithAVeryLongNameIndeed");
	});

	test("several accounts are told apart even where the table is narrow", async () => {
		const other = { ...position, account: "second" };
		const { out } = await ask(["positions"], {}, { "GET /api/v1/positions": { items: [position, other], next: null } });
		expect(out).toContain("ACCOUNT");
		expect(out).toContain("second");
	});

	test("colours only where the terminal has them; hints only where a person looks", async () => {
		expect((await ask(["alerts"])).out).not.toContain("\u001b");
		const { out } = await ask(["alerts"], { colors: true, interactive: true });
		expect(out).toContain("\u001b[32mexecuted\u001b[0m");
		expect(out).toContain("\u001b[31msymbol_not_allowed\u001b[0m");
		expect(out).toContain("nexus explain 01KFB3R0001");
	});

	test("every status has a colour or none, and no status is forgotten", () => {
		for (const status of AlertStatus["enum"]) expect(() => statusPaint(status)).not.toThrow();
		for (const status of OrderStatus["enum"])
			expect([undefined, "red", "green", "yellow"]).toContain(orderPaint(status));
		expect(statusPaint("rejected")).toBe("red");
		expect(orderPaint("denied")).toBe("red");
	});
});

describe("what is asked of the API", () => {
	const rows: readonly (readonly [string, readonly string[], string])[] = [
		[
			"filters of alerts",
			["alerts", "--strategy", "A B", "--symbol", "BTC/USD", "--status", "rejected"],
			"/api/v1/alerts?strategy=A+B&symbol=BTC%2FUSD&status=rejected&limit=20",
		],
		[
			"a span before now",
			["alerts", "--since", "1h", "--limit", "5"],
			"/api/v1/alerts?since=2026-01-31T13%3A00%3A00.000Z&limit=5",
		],
		[
			"a time as it is",
			["alerts", "--since", "2026-01-30"],
			"/api/v1/alerts?since=2026-01-30T00%3A00%3A00.000Z&limit=20",
		],
		["open orders", ["orders", "--open", "--symbol", "ETH/USD"], "/api/v1/orders?symbol=ETH%2FUSD&open=true&limit=20"],
		["all orders", ["orders"], "/api/v1/orders?limit=20"],
	];
	test.each(rows)("%s", async (_, words, path) => {
		const { asked, exit } = await ask(words);
		expect(exit).toBe(0);
		expect(asked.map((request) => request.path)).toEqual([path]);
		expect(asked[0]?.headers.get("authorization")).toBe(`Bearer ${adminToken}`);
	});

	test("a limit beyond a page follows the cursor, and stops at the limit", async () => {
		const page = (from: number, size: number, next: string | null) => ({
			items: Array.from({ length: size }, (_, index) => ({ ...executed, id: `A${from + index}` })),
			next,
		});
		const { out, asked } = await ask(
			["alerts", "--limit", "700", "--json"],
			{},
			{
				"GET /api/v1/alerts": ({ path }) =>
					path.includes("cursor=more") ? page(500, 200, "evenmore") : page(0, 500, "more"),
			},
		);
		expect(asked.map(({ path }) => path)).toEqual(["/api/v1/alerts?limit=500", "/api/v1/alerts?limit=200&cursor=more"]);
		const { items, next } = JSON.parse(out) as { items: readonly { id: string }[]; next: string };
		expect([items.length, items.at(-1)?.id, next]).toEqual([700, "A699", "evenmore"]);
	});

	test.each([
		[
			"a status that is none",
			["alerts", "--status", "done"],
			"nexus: --status 'done' is not one of accepted, executed, rejected, skipped, failed, duplicate\n",
		],
		[
			"a time that is none",
			["alerts", "--since", "yesterday"],
			"nexus: --since 'yesterday' is neither a span nor a time; write 30m, 1h or 7d, or 2026-01-31T13:00:00Z\n",
		],
		["a limit of nothing", ["alerts", "--limit", "0"], "nexus: --limit '0' is not a whole number from 1 to 5000\n"],
		[
			"a limit beyond the largest",
			["orders", "--limit", "5001"],
			"nexus: --limit '5001' is not a whole number from 1 to 5000\n",
		],
		[
			"a limit that is no number",
			["orders", "--limit", "1e3"],
			"nexus: --limit '1e3' is not a whole number from 1 to 5000\n",
		],
	] as const)("%s is refused before anything is asked", async (_, words, line) => {
		expect(await ask(words)).toMatchObject({ exit: 64, out: "", err: line, asked: [] });
	});
});

describe("--json", () => {
	test("is the API's list as it came", async () => {
		expect(JSON.parse((await ask(["alerts", "--json"])).out)).toEqual({
			items: [waiting, rejected, executed],
			next: null,
		});
		expect(JSON.parse((await ask(["positions", "--json"])).out)).toEqual({ items: [position], next: null });
		expect(JSON.parse((await ask(["positions", "--json", "--symbol", "X"])).out)).toEqual({ items: [], next: null });
		expect(JSON.parse((await ask(["orders", "--json"])).out).items[0]).toEqual(order);
	});

	test("carries no colour and no hint", async () => {
		const { out } = await ask(["alerts", "--json"], { colors: true, interactive: true });
		expect(() => JSON.parse(out)).not.toThrow();
	});
});
