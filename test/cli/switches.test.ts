/** `halt`, `reduce`, `resume`, `flatten`: what they post, whom they ask first, and what they say afterwards. */
import { describe, expect, test } from "bun:test";
import { call, nexusFolder } from "./support/call-command.ts";
import { type Answer, fakeNexus, refusal } from "./support/fake-nexus.ts";
import type { FakeTerminalOptions } from "./support/fake-terminal.ts";
import { halted, order, stated } from "./support/records.ts";

const status = (trading_states: readonly unknown[]) => ({ version: "0.1.0", ready: true, alerts: {}, trading_states });
const answers: Readonly<Record<string, Answer>> = {
	"GET /api/v1/status": status([halted]),
	"POST /api/v1/halt": { trading_states: [halted] },
	"POST /api/v1/reduce": { trading_states: [{ ...halted, state: "reducing" }] },
	"POST /api/v1/resume": { trading_states: [halted] },
	"POST /api/v1/flatten": { items: [{ ...order, side: "sell", leg: "exit", alert_id: null }], next: null },
};

async function ask(
	words: readonly string[],
	options: FakeTerminalOptions = {},
	changed: Readonly<Record<string, Answer>> = {},
) {
	using nexus = fakeNexus({ ...answers, ...changed });
	using folder = nexusFolder({ port: nexus.port });
	const called = await call(folder.path, words, options);
	const posts = nexus.asked.filter(({ method }) => method === "POST");
	for (const { headers } of posts) expect(headers.get("x-nexus-actor")).toBe("cli");
	return { ...called, posts: posts.map(({ path, body }) => [path, JSON.parse(body)]) };
}

describe("what is posted", () => {
	const rows: readonly (readonly [readonly string[], string, object])[] = [
		[["halt"], "halt", {}],
		[["halt", "--freeze", "--reason", "news"], "halt", { freeze: true, reason: "news" }],
		[["halt", "--strategy", "A"], "halt", { strategy: "A" }],
		[["reduce", "--symbol", "BTC/USD"], "reduce", { symbol: "BTC/USD" }],
		[["resume", "--account", "paper"], "resume", { account: "paper" }],
		[["resume"], "resume", {}],
		[["resume", "--follow", "--strategy", "A"], "resume", { follow: true, strategy: "A" }],
		[["flatten", "--symbol", "BTC/USD", "--reason", "x", "--yes"], "flatten", { symbol: "BTC/USD", reason: "x" }],
	];
	test.each(rows)("%p", async (words, path, body) => {
		const { exit, posts, err } = await ask(words);
		expect({ exit, err }).toEqual({ exit: 0, err: "" });
		expect(posts).toEqual([[`/api/v1/${path}`, body]]);
	});

	test.each([
		[["halt", "--account", "a", "--strategy", "b"], "--account and --strategy do not go together"],
		[["flatten", "--strategy", "b", "--symbol", "c", "--yes"], "--strategy and --symbol do not go together"],
		[["resume", "--freeze"], "`nexus resume` has no option --freeze"],
		[["halt", "--follow"], "`nexus halt` has no option --follow"],
		[["reduce", "--freeze"], "`nexus reduce` has no option --freeze"],
		[["halt", "MyRSIStrategy"], "`nexus halt` has no place for 'MyRSIStrategy'"],
	])("%p is refused, and nothing is posted", async (words, cause) => {
		const { exit, posts, err } = await ask(words);
		expect(exit).toBe(64);
		expect(err).toStartWith(`nexus: ${cause};`);
		expect(posts).toEqual([]);
	});
});

describe("what is said", () => {
	test("halt says what it did and what holds now", async () => {
		expect((await ask(["halt", "--strategy", "MyRSIStrategy"])).out).toBe(`\
Halted: nothing new goes out for strategy MyRSIStrategy.
Trading is now
  halted for strategy MyRSIStrategy since 2026-01-31 13:50:00 UTC by cli: news
  at 14:30
`);
	});

	test("resume says what is still held back", async () => {
		const { out } = await ask(["resume", "--symbol", "ETH/USD"]);
		expect(out).toStartWith("Resumed for symbol ETH/USD.\nTrading is now\n  halted for strategy MyRSIStrategy");
	});

	test("resume says when everything is active", async () => {
		const { out } = await ask(["resume"], {}, { "POST /api/v1/resume": { trading_states: [] } });
		expect(out).toBe("Resumed for everything.\nTrading is now\n  active for everything\n");
	});

	describe("what TradingView holds and we do not", () => {
		const resumed = (more: object) => ({ "POST /api/v1/resume": { trading_states: [], ...more } });
		const followed = {
			strategy: "MyRSIStrategy",
			symbol: "BTC/USD",
			account: "paper",
			alert_id: "01KFB3Q7Z80",
			status: "executed",
			code: null,
			reason: "bought 0.5 BTC/USD at 42000",
		};

		test("resume lists it and says how to close it", async () => {
			expect((await ask(["resume"], {}, resumed({ out_of_step: [stated] }))).out).toBe(`\
Resumed for everything.
Trading is now
  active for everything

TradingView holds what we do not:
  STRATEGY       ACCOUNT  SYMBOL   TIMEFRAME  TRADINGVIEW  OURS      DIFFERENCE
  MyRSIStrategy  paper    BTC/USD  1h         long 1       long 0.5  buy 0.5
\`nexus resume --follow\` trades the difference; without it the position stays as
it is until the next alert.
`);
		});

		test("in step, nothing more is said", async () => {
			const { out } = await ask(["resume"], {}, resumed({ out_of_step: [] }));
			expect(out).toBe("Resumed for everything.\nTrading is now\n  active for everything\n");
		});

		test("--follow says what was traded, and nothing is left", async () => {
			const { out } = await ask(["resume", "--follow"], {}, resumed({ out_of_step: [], followed: [followed] }));
			expect(out).toEndWith(`
Followed TradingView for 1 position:
  MyRSIStrategy BTC/USD on paper: executed: bought 0.5 BTC/USD at 42000
`);
		});

		test("--follow that a rule denied says which, and what is still open", async () => {
			const denied = { ...followed, status: "rejected", code: "max_position_size", reason: "42000 is above 10000" };
			const { out } = await ask(["resume", "--follow"], {}, resumed({ out_of_step: [stated], followed: [denied] }));
			expect(out).toContain("rejected max_position_size: 42000 is above");
			expect(out).toContain("TradingView still holds what we do not:");
			expect(out).not.toContain("`nexus resume --follow` trades");
		});

		test("a plugin's is listed with why it is left alone, and no cure that is none", async () => {
			const plugin = { ...stated, not_followed: "its plugin decides what it holds" };
			const { out } = await ask(["resume"], {}, resumed({ out_of_step: [plugin] }));
			expect(out).toContain("MyRSIStrategy BTC/USD is not followed by --follow: its plugin decides what it\nholds.");
			expect(out).not.toContain("trades the difference");
		});

		test("--json is the API's answer", async () => {
			const { out } = await ask(["resume", "--json"], {}, resumed({ out_of_step: [stated] }));
			expect(JSON.parse(out)).toEqual({ trading_states: [], out_of_step: [stated] });
		});
	});

	test("a reason from elsewhere cannot colour the screen", async () => {
		const { out } = await ask(
			["halt"],
			{},
			{ "POST /api/v1/halt": { trading_states: [{ ...halted, reason: "\u001b[31mred" }] } },
		);
		expect(out).not.toContain("\u001b");
	});

	test("--json is the API's answer", async () => {
		expect(JSON.parse((await ask(["halt", "--json"])).out)).toEqual({ trading_states: [halted] });
		expect(JSON.parse((await ask(["flatten", "--json"])).out).items).toHaveLength(1);
	});

	test("a name that nexus does not know is a no", async () => {
		const no = refusal(404, "not_found", 'no strategy is named "X"', "There are: A, B.");
		const { exit, err, out } = await ask(["halt", "--strategy", "X"], {}, { "POST /api/v1/halt": no });
		expect({ exit, out }).toEqual({ exit: 1, out: "" });
		expect(err).toBe('nexus: no strategy is named "X" (not_found); There are: A, B.\n');
	});
});

describe("flatten asks first", () => {
	const question = "Cancel every open order and close every position of symbol BTC/USD, then halt? [y/N] ";
	const words = ["flatten", "--symbol", "BTC/USD"];

	test.each(["y", "yes", " Y "])("%p does it", async (typed) => {
		const { exit, posts, questions, out } = await ask(words, { interactive: true, typed });
		expect(questions).toEqual([question]);
		expect(posts).toHaveLength(1);
		expect(exit).toBe(0);
		expect(out).toStartWith("Flattened and halted symbol BTC/USD: 1 order sent.\n");
		expect(out).toContain("sell");
	});

	test.each(["", "n", "no", "yesterday"])("%p does nothing", async (typed) => {
		const { exit, posts, err } = await ask(words, { interactive: true, typed });
		expect(posts).toEqual([]);
		expect(exit).toBe(1);
		expect(err).toBe("nexus: nothing was done\n");
	});

	test("--yes, or nobody to ask, does it without a question", async () => {
		expect(await ask([...words, "-y"], { interactive: true })).toMatchObject({ exit: 0, questions: [] });
		expect(await ask(words, { interactive: false })).toMatchObject({ exit: 0, questions: [] });
	});

	test("nothing to close is said", async () => {
		const { out } = await ask(["flatten"], {}, { "POST /api/v1/flatten": { items: [], next: null } });
		expect(out).toContain("Flattened and halted everything: 0 orders sent.\nThere was nothing to close.\n");
	});
});
