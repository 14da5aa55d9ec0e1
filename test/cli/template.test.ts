/** `nexus template`: the printed message, filled in as TradingView fills it, must be read as the alert that it was. */
import { describe, expect, test } from "bun:test";
import type { Reading } from "../../src/alert/dialect.ts";
import { dialects } from "../../src/alert/dialects.ts";
import { readBody } from "../../src/alert/read.ts";
import { type ConfigurationText, call, type Folder, nexusFolder } from "./support/call-command.ts";

const token = "strategytoken0123456789abcdef0123456789";
const webhookToken = "webhooktoken0123456789abcdef0123456789";
const bodySecret = "body-secret-0123456789abcdef";

interface Printed {
	readonly strategy: string;
	readonly dialect: string;
	readonly url: string;
	readonly message: string;
	readonly pine?: readonly string[];
	readonly notes: readonly string[];
}

const folderWith = (config: Omit<ConfigurationText, "port"> = {}): Folder => nexusFolder({ port: 1, ...config });

async function printed(words: readonly string[], config: Omit<ConfigurationText, "port"> = {}): Promise<Printed> {
	using folder = folderWith(config);
	const { exit, out, err } = await call(folder.path, ["template", ...words, "--json"]);
	expect({ exit, err }).toEqual({ exit: 0, err: "" });
	return JSON.parse(out) as Printed;
}

/** Everything that TradingView fills in, and nothing else: a placeholder that is not among them stays and fails the test. */
function filled(message: string, values: Readonly<Record<string, string>>): string {
	return message.replace(/\{\{([^}]*)\}\}/g, (whole, name: string) => values[name] ?? whole);
}

interface Order {
	readonly name: string;
	readonly action: "buy" | "sell";
	readonly contracts: string;
	readonly before: readonly [side: "long" | "short" | "flat", size: string];
	readonly after: readonly [side: "long" | "short" | "flat", size: string];
	readonly opens?: "LONG_ENTRY" | "SHORT_ENTRY";
	readonly closes?: "LONG_EXIT" | "SHORT_EXIT";
}

const orders: readonly Order[] = [
	{
		name: "an entry from flat",
		action: "buy",
		contracts: "0.1",
		before: ["flat", "0"],
		after: ["long", "0.1"],
		opens: "LONG_ENTRY",
	},
	{
		name: "strategy.close(), which arrives as a sell",
		action: "sell",
		contracts: "0.1",
		before: ["long", "0.1"],
		after: ["flat", "0"],
		closes: "LONG_EXIT",
	},
	{
		name: "a reversal to short",
		action: "sell",
		contracts: "0.3",
		before: ["long", "0.1"],
		after: ["short", "0.2"],
		opens: "SHORT_ENTRY",
	},
	{
		name: "the cover of a short position, which arrives as a buy",
		action: "buy",
		contracts: "0.2",
		before: ["short", "0.2"],
		after: ["flat", "0"],
		closes: "SHORT_EXIT",
	},
	{
		name: "a part of an exit",
		action: "sell",
		contracts: "0.6",
		before: ["long", "1"],
		after: ["long", "0.4"],
		closes: "LONG_EXIT",
	},
];

/** The values of one alert; prices that can be missing on a thin market are. */
function valuesOf({ action, contracts, before, after }: Order): Readonly<Record<string, string>> {
	const signed = after[0] === "short" ? `-${after[1]}` : after[1];
	const thin = { open: "NaN", high: "NaN", low: "NaN", close: "NaN", volume: "NaN" };
	return {
		...{ ticker: "BTCUSDT", exchange: "BINANCE", interval: "60", ...thin },
		...{ time: "2026-01-31T13:00:00Z", timenow: "2026-01-31T13:37:00Z" },
		...{ "strategy.order.action": action, "strategy.order.contracts": contracts, "strategy.order.price": "42000.5" },
		...{ "strategy.order.id": "Long", "strategy.order.comment": "Long", "strategy.order.alert_message": "RSI rose" },
		...{ "strategy.market_position": after[0], "strategy.market_position_size": after[1] },
		...{ "strategy.prev_market_position": before[0], "strategy.prev_market_position_size": before[1] },
		"strategy.position_size": signed,
	};
}

function readingOf(body: string): Reading {
	const result = readBody(body);
	if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.refusal)}\n${body}`);
	const [item, ...others] = result.items;
	if (item?.ok !== true || others.length > 0) throw new Error(`refused: ${JSON.stringify(item)}\n${body}`);
	return item.reading;
}

const withTemplate = dialects.filter(({ template }) => template !== undefined);
/** Formats that state only the position afterwards cannot tell a part of an exit from an addition. */
const withoutBefore = ["alertatron", "whook"];

describe.each(withTemplate.map(({ name, form }) => [name, form] as const))("the message of %s", (dialect, form) => {
	const rows = orders.filter(({ before, after }) => before[0] !== after[0] || !withoutBefore.includes(dialect));

	test.each(rows.map((order) => [order.name, order] as const))("means %s", async (_, order) => {
		const { message } = await printed(["MyRSIStrategy", "--dialect", dialect]);
		const body = filled(message, valuesOf(order));
		expect(body).not.toContain("{{");
		expect(body).not.toMatch(/<\w+>/);
		const reading = readingOf(body);
		expect([reading.dialect, reading.symbol_sent, reading.strategy]).toEqual([dialect, "BTCUSDT", "MyRSIStrategy"]);
		if (order.opens !== undefined) expect(reading.type).toBe(order.opens);
		else expect(["LONG_EXIT", "SHORT_EXIT"]).toContain(reading.type);
		// An exit that names a side must name the right one.
		if (order.closes !== undefined && reading.closes !== "any") expect(reading.type).toBe(order.closes);
	});

	test("is valid JSON where it is JSON, also with prices that are NaN", async () => {
		const { message } = await printed(["MyRSIStrategy", "--dialect", dialect]);
		for (const order of orders) {
			const body = filled(message, valuesOf(order));
			if (form === "json") expect(JSON.parse(body)).toBeObject();
			else expect(() => JSON.parse(body) as unknown).toThrow(SyntaxError);
		}
	});
});

describe("nexus's own message", () => {
	test("states everything that the order said, exactly", async () => {
		const { message, dialect } = await printed(["MyRSIStrategy"]);
		expect(dialect).toBe("nexus");
		const [entry] = orders;
		if (entry === undefined) throw new Error("there is no order");
		const { secrets, fields, ...reading } = readingOf(filled(message, valuesOf(entry)));
		expect({ secrets, fields: Object.keys(fields) }).toEqual({ secrets: [], fields: [] });
		expect(reading).toEqual({
			type: "LONG_ENTRY",
			action: "buy",
			alert_id: "BTCUSDT 60 Long 2026-01-31T13:37:00Z 0 0.1",
			symbol_sent: "BTCUSDT",
			exchange: "BINANCE",
			price: "42000.5",
			strategy: "MyRSIStrategy",
			timeframe: "1h",
			time: "2026-01-31T13:37:00.000Z",
			dialect: "nexus",
			stated: { side: "long", size: "0.1", previous_side: "flat", previous_size: "0" },
		});
	});

	test("has another id for each order of one name in one second", async () => {
		const { message } = await printed(["MyRSIStrategy"]);
		const ids = orders.map((order) => readingOf(filled(message, valuesOf(order))).alert_id);
		expect(new Set(ids).size).toBe(orders.length);
	});

	test("has the same id when TradingView resends it", async () => {
		const { message } = await printed(["MyRSIStrategy"]);
		const [order] = orders;
		if (order === undefined) throw new Error("there is no order");
		const bodies = [filled(message, valuesOf(order)), filled(message, { ...valuesOf(order), volume: "7" })];
		expect(new Set(bodies.map((body) => readingOf(body).alert_id)).size).toBe(1);
	});

	test("pasted into an indicator's alert it is refused, and what was not filled is named", async () => {
		const { message } = await printed(["MyRSIStrategy"]);
		const [order] = orders;
		const indicator = Object.entries(order === undefined ? {} : valuesOf(order)).filter(
			([name]) => !name.startsWith("strategy."),
		);
		const result = readBody(filled(message, Object.fromEntries(indicator)));
		const [item] = result.ok ? result.items : [result];
		if (item === undefined || item.ok) throw new Error("it was understood");
		expect(`${item.refusal.detail} ${item.refusal.hint}`).toContain("{{strategy.");
	});
});

describe("the URL", () => {
	const url = "  public_url: https://nexus.example.com/";
	test("holds the strategy's token before the webhook's", async () => {
		const own = { webhook: `${url}\n  token: ${webhookToken}`, strategy: `    token: ${token}` };
		expect((await printed(["MyRSIStrategy"], own)).url).toBe(`https://nexus.example.com/webhook/${token}`);
		const shared = { webhook: own.webhook };
		expect((await printed(["MyRSIStrategy"], shared)).url).toBe(`https://nexus.example.com/webhook/${webhookToken}`);
	});

	test("where nobody said the server's name says so, and does not show a port that TradingView never calls", async () => {
		const { url: shown, notes } = await printed(["MyRSIStrategy"]);
		expect(shown).toBe("https://HOST/webhook");
		expect(notes.join("\n")).toContain("webhook.public_url");
	});

	test("with a token puts no secret into the message", async () => {
		const both = { strategy: `    token: ${token}\n    secrets: ${bodySecret}` };
		const { message } = await printed(["MyRSIStrategy"], both);
		expect(message).not.toContain(bodySecret);
	});

	test.each(withTemplate.filter(({ form }) => form === "json").map(({ name }) => name))(
		"without a token but with a secret leaves it to the message: %s",
		async (dialect) => {
			const config = { strategy: `    secrets: ${bodySecret}` };
			const { message, url: shown } = await printed(["MyRSIStrategy", "--dialect", dialect], config);
			expect(shown).toBe("https://HOST/webhook");
			const [order] = orders;
			const reading = readingOf(filled(message, order === undefined ? {} : valuesOf(order)));
			expect(reading.secrets).toEqual([bodySecret]);
			expect(reading.dialect).toBe(dialect);
		},
	);

	test("a text message without a place for the secret says that a token is needed", async () => {
		const config = { strategy: `    secrets: ${bodySecret}` };
		const { message, notes } = await printed(["MyRSIStrategy", "--dialect", "whook"], config);
		expect(message).not.toContain(bodySecret);
		expect(notes.join("\n")).toContain("no place for the secret");
	});

	test("with only a signature says that TradingView cannot sign", async () => {
		const config = { webhook: "  secret_key: hmac-key-0123456789abcdef0123456789abcdef" };
		const { notes } = await printed(["MyRSIStrategy"], config);
		expect(notes.join("\n")).toContain("TradingView cannot sign");
		expect(notes.join("\n")).toContain("not_authentic");
		expect(JSON.stringify(await printed(["MyRSIStrategy"], config))).not.toContain("hmac-key");
	});

	test("without any credential says that everyone may post", async () => {
		expect((await printed(["MyRSIStrategy"])).notes.join("\n")).toContain("Whoever knows this URL");
	});
});

describe("--pine", () => {
	const script = async (config: Omit<ConfigurationText, "port"> = {}, words: readonly string[] = []) => {
		const { pine = [], message } = await printed(["MyRSIStrategy", "--pine", ...words], config);
		return { text: pine.join("\n"), message };
	};

	test("is a v6 strategy under the strategy's name, with an entry and a close that say why", async () => {
		const { text, message } = await script();
		expect(text).toStartWith('//@version=6\nstrategy("MyRSIStrategy", overlay = true)\n');
		expect(text).toMatch(/strategy\.entry\("Long", strategy\.long, alert_message = "[^"]+"\)/);
		expect(text).toMatch(/strategy\.close\("Long", alert_message = "[^"]+"\)/);
		const [order] = orders;
		expect(readingOf(filled(message, order === undefined ? {} : valuesOf(order))).message).toBe("RSI rose");
	});

	test("without it the message has no words of the script's", async () => {
		expect((await printed(["MyRSIStrategy"])).message).not.toContain("alert_message");
	});

	test("says that a strategy which only goes long needs direction: long", async () => {
		const { text } = await script();
		expect(text).toContain("arrives as a sell");
		expect(text).toContain("direction: long under MyRSIStrategy");
	});

	test("of a long-only strategy does not ask for what is there", async () => {
		const { text } = await script({ strategy: "    direction: long" });
		expect(text).toContain("direction: long does, which MyRSIStrategy has");
		expect(text).not.toContain("should have");
	});

	test("of a short-only strategy goes short and never long", async () => {
		const { text } = await script({ strategy: "    direction: short" });
		expect(text).toContain('strategy.entry("Short", strategy.short');
		expect(text).toContain('strategy.close("Short"');
		expect(text).toContain("arrives as a buy");
		expect(text).not.toContain("strategy.long");
	});

	test("allows as many entries as nexus does", async () => {
		expect((await script({ strategy: "    pyramiding: 2" })).text).toContain("pyramiding = 3)");
		expect((await script()).text).not.toContain("pyramiding");
	});

	test("beside a format without a place for the script's words leaves them out", async () => {
		const { text, message } = await script({}, ["--dialect", "traderspost"]);
		expect(text).toContain('strategy.entry("Long", strategy.long)');
		expect(text + message).not.toContain("alert_message");
	});
});

describe("what is printed for people", () => {
	test("has the URL and the message each on lines of their own, ready to be copied", async () => {
		using folder = folderWith({ strategy: `    token: ${token}` });
		const json = await printed(["MyRSIStrategy", "--pine"], { strategy: `    token: ${token}` });
		const { exit, out } = await call(folder.path, ["template", "MyRSIStrategy", "--pine"]);
		expect(exit).toBe(0);
		expect(out).toContain(`\n${json.url}\n`);
		expect(out).toContain(`\n${json.message}\n`);
		expect(out).toContain(`\n${(json.pine ?? []).join("\n")}\n`);
		const notes = out.slice(out.indexOf("\nNotes\n"));
		for (const line of notes.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
	});

	test("a strategy that is switched off is said to be", async () => {
		const { notes } = await printed(["MyRSIStrategy"], { strategy: "    enabled: false" });
		expect(notes.join("\n")).toContain("MyRSIStrategy is switched off");
	});
});

describe("names", () => {
	test("an alias or another case finds the strategy, and its own name is written", async () => {
		const config = { strategy: "    aliases: [bot-1]" };
		for (const name of ["bot-1", "myrsistrategy"]) {
			const { strategy, message } = await printed([name], config);
			expect(strategy).toBe("MyRSIStrategy");
			expect(message).toContain('"strategy": "MyRSIStrategy"');
		}
	});

	test("a strategy that only a plugin declares is known", async () => {
		using folder = folderWith();
		folder.write(
			"plugins/mine.ts",
			'import { defineStrategy } from "nexus";\nexport default defineStrategy({ name: "Mine", direction: "long", onAlert: (_alert, { skip }) => skip("no") });\n',
		);
		const { exit, out } = await call(folder.path, ["template", "Mine", "--pine", "--json"]);
		expect(exit).toBe(0);
		const { strategy, pine = [] } = JSON.parse(out) as Printed;
		expect(strategy).toBe("Mine");
		expect(pine.join("\n")).toContain("direction: long does, which Mine has");
	});

	test("a name with quotes leaves the JSON whole", async () => {
		using folder = folderWith();
		folder.write("nexus.yaml", "strategies: [{ name: 'a \"b\" c' }]\n");
		const { out } = await call(folder.path, ["template", 'a "b" c', "--json"]);
		const { message } = JSON.parse(out) as Printed;
		const [order] = orders;
		const body = filled(message, order === undefined ? {} : valuesOf(order));
		expect(readingOf(body).strategy).toBe('a "b" c');
	});

	test("in a text format an alias stands for a name of two words; without one it is refused", async () => {
		using folder = folderWith();
		folder.write("nexus.yaml", "strategies: [{ name: Two words, aliases: [two] }, { name: More words }]\n");
		const whook = ["--dialect", "whook", "--json"];
		const { out } = await call(folder.path, ["template", "Two words", ...whook]);
		expect((JSON.parse(out) as Printed).message).toStartWith("two {{ticker}} ");
		const refused = await call(folder.path, ["template", "More words", ...whook]);
		expect({ exit: refused.exit, out: refused.out }).toEqual({ exit: 1, out: "" });
		expect(refused.err).toContain("aliases: under More words");
	});

	const failures: readonly (readonly [string, readonly string[], number, readonly string[]])[] = [
		["no strategy named", [], 64, ["`nexus template` needs STRATEGY"]],
		["a misspelt strategy", ["MyRSIStrategi"], 1, ["no strategy 'MyRSIStrategi'", "did you mean 'MyRSIStrategy'?"]],
		["an unknown strategy", ["Nobody"], 1, ["no strategy 'Nobody'; there is MyRSIStrategy"]],
		[
			"an unknown dialect",
			["MyRSIStrategy", "--dialect", "zzzzzz"],
			64,
			["no dialect 'zzzzzz'", "nexus", "traderspost"],
		],
		["a misspelt dialect", ["MyRSIStrategy", "--dialect", "tradersposd"], 64, ["did you mean 'traderspost'?"]],
		[
			"a dialect without a message",
			["MyRSIStrategy", "--dialect", "pineconnector"],
			1,
			["no message to paste for the dialect pineconnector", "nexus", "traderspost", "3commas"],
		],
	];
	for (const json of [[], ["--json"]]) {
		test.each(failures)(
			`%s is refused in one line, the cure included ${json.join("")}`,
			async (_, words, code, says) => {
				using folder = folderWith();
				const { exit, out, err } = await call(folder.path, ["template", ...words, ...json]);
				expect({ exit, out }).toEqual({ exit: code, out: "" });
				expect(err.trimEnd().split("\n")).toHaveLength(1);
				for (const word of says) expect(err).toContain(word);
			},
		);
	}
});

describe("the dialect of a strategy", () => {
	const dialect =
		'import { defineDialect } from "nexus";\nexport default defineDialect({ name: "ninja", read: () => ({}) });\n';

	test("is that of the message, and another one is named in the URL, or it would be read wrongly", async () => {
		const config = { strategy: `    dialect: traderspost\n    token: ${token}` };
		const own = await printed(["MyRSIStrategy"], config);
		expect(own.dialect).toBe("traderspost");
		expect(own.url).toEndWith(`/${token}`);
		const same = await printed(["MyRSIStrategy", "--dialect", "traderspost"], config);
		expect(same.url).toBe(own.url);
		const other = await printed(["MyRSIStrategy", "--dialect", "nexus"], config);
		expect(other).toMatchObject({ dialect: "nexus", url: `${own.url}?dialect=nexus` });
	});

	test("of a plugin has no message of ours; nexus's own is offered instead", async () => {
		using folder = folderWith({ strategy: "    dialect: ninja" });
		folder.write("plugins/ninja.ts", dialect);
		const { exit, err } = await call(folder.path, ["template", "MyRSIStrategy"]);
		expect(exit).toBe(1);
		expect(err).toContain("nexus has no message to paste for the dialect ninja");
		expect(err).toContain("--dialect nexus");
		const own = await call(folder.path, ["template", "MyRSIStrategy", "--dialect", "nexus", "--json"]);
		const { dialect: chosen, url } = JSON.parse(own.out) as Printed;
		expect([chosen, url.endsWith("?dialect=nexus")]).toEqual(["nexus", true]);
	});
});
