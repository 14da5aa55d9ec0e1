/** `nexus read`: what a body would mean, told without a running nexus, and what would be refused. */
import { describe, expect, test } from "bun:test";
import type { codes } from "../../src/domain/codes.ts";
import { type Called, type ConfigurationText, call, nexusFolder, temporaryFolder } from "./support/call-command.ts";

const bodySecret = "body-secret-0123456789abcdef";
const token = "strategytoken0123456789abcdef0123456789";

interface Answer {
	readonly ok: boolean;
	readonly commands: readonly Readonly<Record<string, unknown>>[];
}

interface Setting {
	readonly config?: Omit<ConfigurationText, "port">;
	readonly words?: readonly string[];
	/** Without a nexus.yaml. */
	readonly bare?: boolean;
}

async function read(body: unknown, { config = {}, words = [], bare = false }: Setting = {}): Promise<Called> {
	using folder = bare ? temporaryFolder() : nexusFolder({ port: 1, ...config });
	folder.write("alert.txt", typeof body === "string" ? body : JSON.stringify(body));
	return await call(folder.path, ["read", "alert.txt", ...words]);
}

async function answered(body: unknown, setting: Setting = {}): Promise<Answer & { readonly exit: number }> {
	const { exit, out, err } = await read(body, { ...setting, words: [...(setting.words ?? []), "--json"] });
	expect(err).toBe("");
	return { exit, ...(JSON.parse(out) as Answer) };
}

const order = { action: "buy", symbol: "BTCUSD", price: 42000.5, strategy: "MyRSIStrategy", timeframe: "60" };
const refusedWith = (command: Readonly<Record<string, unknown>> | undefined) =>
	(command?.["refused"] as { code: string; detail: string; cure: string } | undefined) ?? {
		code: "",
		detail: "",
		cure: "",
	};

describe("a body that is understood", () => {
	test("is shown with everything it says, and exits with 0", async () => {
		const body = {
			...order,
			...{ market_position: "flat", market_position_size: 0 },
			...{ prev_market_position: "long", prev_market_position_size: "0.10" },
			...{ action: "sell", alert_id: "m1", message: "RSI fell", exchange: "COINBASE", rsi: 71.5 },
		};
		const { exit, ok, commands } = await answered(body);
		expect({ exit, ok }).toEqual({ exit: 0, ok: true });
		expect(commands).toEqual([
			{
				ok: true,
				type: "LONG_EXIT",
				closes: "long",
				action: "sell",
				symbol: "BTC/USD",
				symbol_sent: "BTCUSD",
				dialect: "nexus",
				strategy: { name: "MyRSIStrategy", state: "known" },
				timeframe: "1h",
				price: "42000.5",
				alert_id: "m1",
				message: "RSI fell",
				exchange: "COINBASE",
				stated: { side: "flat", size: "0", previous_side: "long", previous_size: "0.1" },
				fields: { rsi: "71.5" },
				notes: [],
			},
		]);
	});

	test("in words has a line for each thing, none wider than the screen", async () => {
		const body = { ...order, limit: "41000", stop_loss: "2%", take_profit: "45000", quantity: "0.5", rsi: 1 };
		const { exit, out } = await read(body);
		expect(exit).toBe(0);
		const lines = out.trimEnd().split("\n");
		expect(lines[0]).toBe("LONG_ENTRY BTC/USD for MyRSIStrategy");
		expect(lines).toContain("  Symbol         BTC/USD (sent as BTCUSD)");
		expect(lines).toContain("  Limit          41000");
		expect(lines).toContain("  Stop loss      2%");
		expect(lines).toContain("  Take profit    45000");
		expect(lines).toContain("  Quantity       0.5");
		expect(lines).toContain("  Other fields   rsi");
		expect(out).not.toContain("Refused");
		for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
	});

	test("says how the stated position changes", async () => {
		const stated = {
			...{ market_position: "short", market_position_size: 2 },
			...{ prev_market_position: "long", prev_market_position_size: 1 },
		};
		expect((await read({ ...order, action: "sell", ...stated })).out).toContain("Stated         long 1 → short 2");
	});

	test("from standard input is the same as from a file", async () => {
		using folder = nexusFolder({ port: 1 });
		folder.write("alert.json", JSON.stringify(order));
		const file = await call(folder.path, ["read", "alert.json"]);
		expect(await call(folder.path, ["read", "-"], { piped: JSON.stringify(order) })).toEqual(file);
	});

	test("in another vendor's format is recognised, and read the same by name", async () => {
		const body = { ticker: "BTCUSD", action: "sell", sentiment: "flat", strategy: "MyRSIStrategy" };
		const found = await answered(body);
		expect(found.commands[0]).toMatchObject({ dialect: "traderspost", type: "LONG_EXIT", closes: "any" });
		expect(await answered(body, { words: ["--dialect", "TradersPost"] })).toEqual(found);
	});

	test("is read by the format that is named, not by its shape", async () => {
		const body = { ...order, ticker: "BTCUSD", sentiment: "flat", action: "sell" };
		const shaped = await answered(body);
		const named = await answered(body, { words: ["--dialect", "nexus"] });
		expect(shaped.commands[0]?.["dialect"]).not.toBe("nexus");
		expect(named.commands[0]).toMatchObject({ dialect: "nexus", type: "SHORT_ENTRY" });
	});

	test("that contradicts itself without harm is shown with the note", async () => {
		const body = { ...order, action: "buy", market_position: "flat", prev_market_position: "long" };
		const { commands, exit } = await answered(body);
		expect(exit).toBe(0);
		expect(commands[0]?.["notes"]).toMatchObject([{ code: "position_fields_contradict_action" }]);
	});
});

describe("the strategy", () => {
	test("that is the only one is meant where none is named", async () => {
		const { strategy: _, ...unnamed } = order;
		const { commands, exit } = await answered(unnamed);
		expect(exit).toBe(0);
		expect(commands[0]?.["strategy"]).toEqual({ name: "MyRSIStrategy", state: "known" });
	});

	test("is found by its alias, and by its own name first", async () => {
		const config = { strategy: "    aliases: [bot-1]" };
		const { commands } = await answered({ ...order, strategy: "BOT-1" }, { config });
		expect(commands[0]?.["strategy"]).toEqual({ name: "MyRSIStrategy", state: "known" });
	});

	test("whose direction bars the side: the entry would only close, and that is said", async () => {
		const { commands, exit } = await answered(
			{ ...order, action: "sell" },
			{ config: { strategy: "    direction: long" } },
		);
		expect(exit).toBe(0);
		expect(commands[0]?.["notes"]).toEqual([
			{
				code: "direction_makes_exit",
				detail: "direction: long opens no short position: it only closes the other side",
			},
		]);
		const buy = await answered(order, { config: { strategy: "    direction: long" } });
		expect(buy.commands[0]?.["notes"]).toEqual([]);
	});

	test("whose size is its own: the message's quantity does not count, and that is said", async () => {
		const sized = { ...order, quantity: "3" };
		const { commands } = await answered(sized);
		expect(JSON.stringify(commands[0]?.["notes"])).toContain("the size under MyRSIStrategy counts");
		using folder = nexusFolder({ port: 1 });
		folder.write("nexus.yaml", "strategies: [{ name: MyRSIStrategy, size: alert }]\n");
		folder.write("a", JSON.stringify(sized));
		const { out } = await call(folder.path, ["read", "a", "--json"]);
		expect((JSON.parse(out) as Answer).commands[0]?.["notes"]).toEqual([]);
	});

	test("without a plugin skips an action of its own, and that is no refusal", async () => {
		const { commands, exit } = await answered({ ...order, action: "moon" });
		expect(exit).toBe(0);
		expect(commands[0]?.["notes"]).toMatchObject([{ code: "custom_needs_plugin" }]);
	});

	test("that only a plugin declares is known, with its symbols", async () => {
		using folder = nexusFolder({ port: 1 });
		folder.write(
			"plugins/mine.ts",
			'import { defineStrategy } from "nexus";\nexport default defineStrategy({ name: "Mine", symbols: ["ETH/USDT:USDT"], onAlert: (_alert, { skip }) => skip("no") });\n',
		);
		folder.write("a", JSON.stringify({ action: "moon", symbol: "ETH-PERP", strategy: "Mine" }));
		const { exit, out } = await call(folder.path, ["read", "a", "--json"]);
		expect(exit).toBe(0);
		expect((JSON.parse(out) as Answer).commands[0]).toMatchObject({ symbol: "ETH/USDT:USDT", notes: [] });
	});

	test("is left to the URL's token where none is named and tokens tell them apart", async () => {
		using folder = nexusFolder({ port: 1 });
		folder.write("nexus.yaml", `strategies: [{ name: A, token: ${token} }, { name: B }]\n`);
		folder.write("a", JSON.stringify({ action: "buy", symbol: "BTCUSD" }));
		const { exit, out } = await call(folder.path, ["read", "a"]);
		expect(exit).toBe(0);
		expect(out.replace(/\s+/g, " ")).toContain("the token of the URL that it is sent to says which strategy it is for");
		expect(out).not.toContain(token);
	});
});

describe("the symbol", () => {
	test("is that of symbols_map, before every rule", async () => {
		const rest = "symbols_map: { BTCUSD: ETH/USD }";
		const { commands } = await answered(order, { config: { rest } });
		expect(commands[0]).toMatchObject({ symbol: "ETH/USD", symbol_sent: "BTCUSD" });
	});

	test("that could be two of the strategy's is refused with both", async () => {
		using folder = nexusFolder({ port: 1 });
		folder.write("nexus.yaml", "strategies: [{ name: A, symbols: ['ETH/USDT:USDT', 'ETH/USDC:USDC'] }]\n");
		folder.write("a", JSON.stringify({ action: "buy", symbol: "ETH-PERP" }));
		const { exit, out } = await call(folder.path, ["read", "a", "--json"]);
		const [command] = (JSON.parse(out) as Answer).commands;
		expect(exit).toBe(65);
		expect(refusedWith(command)).toMatchObject({
			code: "ambiguous_symbol",
			detail: "ETH-PERP could be ETH/USDT:USDT or ETH/USDC:USDC",
		});
		expect(command).not.toHaveProperty("symbol");
	});
});

describe("what would be refused", () => {
	interface Row {
		readonly name: string;
		readonly body: unknown;
		readonly code: keyof typeof codes;
		readonly says: readonly string[];
		readonly config?: Omit<ConfigurationText, "port">;
	}
	const two = "  - { name: Other, account: paper }";
	const rows: readonly Row[] = [
		{ name: "no message at all", body: "hello world", code: "unreadable_body", says: ["nexus template"] },
		{ name: "an empty file", body: "", code: "unreadable_body", says: ["empty"] },
		{ name: "a missing field", body: { action: "buy" }, code: "missing_field", says: ["symbol", "ticker"] },
		{
			name: "a misspelt placeholder",
			body: { ...order, price: "{{cloze}}" },
			code: "unfilled_placeholder",
			says: ["{{cloze}}", "{{close}}"],
		},
		{
			name: "an unknown strategy",
			body: { ...order, strategy: "Nobody" },
			code: "unknown_strategy",
			says: ["Nobody", "MyRSIStrategy"],
		},
		{
			name: "no strategy named among several",
			body: { action: "buy", symbol: "BTCUSD" },
			code: "unknown_strategy",
			says: ["names no strategy", "Other"],
			config: { strategy: two },
		},
		{
			name: "a strategy that is switched off",
			body: order,
			code: "strategy_disabled",
			says: ["MyRSIStrategy is switched off", "enabled: true"],
			config: { strategy: "    enabled: false" },
		},
		{
			name: "another symbol",
			body: { ...order, symbol: "DOGEUSD" },
			code: "symbol_not_allowed",
			says: ["DOGEUSD", "strategies[0].symbols"],
		},
		{
			name: "another timeframe",
			body: { ...order, timeframe: "5" },
			code: "timeframe_not_allowed",
			says: ["5m", "strategies[0].timeframes"],
		},
		{
			name: "a tick chart",
			body: { ...order, timeframe: "10T" },
			code: "bad_field",
			says: ["no timeframe", "length in time"],
		},
		{
			name: "a field that nexus cannot do",
			body: { ticker: "BTCUSD", action: "buy", sentiment: "long", orderType: "trailing_stop" },
			code: "unsupported_field",
			says: ["orderType"],
		},
		{
			name: "a wrong secret",
			body: { ...order, secret: "another-secret-0123456789" },
			code: "not_authentic",
			says: ["not one of the strategy's"],
			config: { strategy: `    secrets: ${bodySecret}` },
		},
		{
			name: "too large a body",
			body: { ...order, message: "x".repeat(2000) },
			code: "body_too_large",
			says: ["webhook.body_max"],
			config: { webhook: "  body_max: 1KB" },
		},
	];
	test.each(rows.map((row) => [row.name, row] as const))("%s: code, cause and cure, and exit 65", async (_, row) => {
		const setting = row.config === undefined ? {} : { config: row.config };
		const { exit, ok, commands } = await answered(row.body, setting);
		expect({ exit, ok, commands: commands.length }).toEqual({ exit: 65, ok: false, commands: 1 });
		const refused = refusedWith(commands[0]);
		expect(refused.code).toBe(row.code);
		expect(refused.cure).not.toBe("");
		for (const word of row.says) expect(`${refused.detail} ${refused.cure}`).toContain(word);
		const shown = await read(row.body, setting);
		expect([shown.exit, shown.err]).toEqual([65, ""]);
		expect(shown.out).toContain("refused");
		expect(shown.out).toContain(`Refused        ${row.code}: `);
		expect(shown.out).toContain("\n  Cure           ");
	});

	test("a body that is no text", async () => {
		using folder = nexusFolder({ port: 1 });
		await Bun.write(`${folder.path}/a`, new Uint8Array([0x7b, 0xff, 0x7d]));
		const { exit, out } = await call(folder.path, ["read", "a", "--json"]);
		expect(exit).toBe(65);
		expect(refusedWith((JSON.parse(out) as Answer).commands[0]).code).toBe("unreadable_body");
	});

	test("UTF-16 that says so is read", async () => {
		using folder = nexusFolder({ port: 1 });
		await Bun.write(`${folder.path}/a`, Buffer.from(`\ufeff${JSON.stringify(order)}`, "utf16le"));
		expect((await call(folder.path, ["read", "a"])).exit).toBe(0);
	});
});

describe("several commands", () => {
	test("are told one by one; one that is refused makes the exit 65 and hides none of the others", async () => {
		const body = [order, { ...order, symbol: "DOGEUSD" }, { ...order, action: "close_long" }];
		const { exit, commands } = await answered(body);
		expect(exit).toBe(65);
		expect(commands.map(({ ok }) => ok)).toEqual([true, false, true]);
		const { out } = await read(body);
		expect(out).toStartWith("1. LONG_ENTRY BTC/USD for MyRSIStrategy\n");
		expect(out).toContain("\n\n2. refused: LONG_ENTRY DOGE/USD for MyRSIStrategy\n");
		expect(out).toContain("\n\n3. LONG_EXIT BTC/USD for MyRSIStrategy\n");
	});
});

describe("without a nexus.yaml", () => {
	test("the message alone is judged, and that is said", async () => {
		const { exit, commands } = await answered({ ...order, strategy: "Any", symbol: "BTCUSDT.P" }, { bare: true });
		expect(exit).toBe(0);
		expect(commands[0]).toMatchObject({
			symbol: "BTC/USDT:USDT",
			strategy: { name: "Any", state: "unchecked" },
			notes: [],
		});
		expect((await read(order, { bare: true })).out).toContain("There is no nexus.yaml here");
		expect((await read(order)).out).not.toContain("There is no nexus.yaml");
	});

	test("what cannot be understood is refused all the same", async () => {
		expect((await answered({ action: "buy" }, { bare: true })).exit).toBe(65);
	});

	test("one that was named and is not there is an error", async () => {
		const { exit, err, out } = await read(order, { bare: true, words: ["--config", "other.yaml"] });
		expect({ exit, out }).toEqual({ exit: 78, out: "" });
		expect(err).toContain("there is no other.yaml");
	});
});

describe("secrets", () => {
	test("are shown nowhere, right or wrong, in words or JSON, known or not", async () => {
		const config = { strategy: `    secrets: ${bodySecret}` };
		for (const secret of [bodySecret, "another-secret-0123456789"]) {
			for (const words of [[], ["--json"]]) {
				const { out, err } = await read({ ...order, secret, api_key: secret }, { config, words });
				expect(out + err).not.toContain(secret);
				expect(out + err).not.toContain(bodySecret);
			}
		}
	});

	test("that are right let the command pass, and a message without one is not judged by them", async () => {
		const config = { strategy: `    secrets: ${bodySecret}` };
		expect((await answered({ ...order, secret: bodySecret }, { config })).exit).toBe(0);
		expect((await answered(order, { config })).exit).toBe(0);
	});
});

describe("words that are wrong", () => {
	test("control characters in a message do not reach the screen", async () => {
		const { out } = await read({ ...order, message: "a\u001b[31mb\u202ec" });
		expect(out).not.toContain("\u001b");
		expect(out).not.toContain("\u202e");
	});

	const failures: readonly (readonly [string, readonly string[], number, string])[] = [
		["no file named", ["read"], 64, "nexus: `nexus read` needs FILE or -; see `nexus read --help`\n"],
		["a file that is not there", ["read", "missing"], 64, "nexus: missing cannot be read (ENOENT)\n"],
		[
			"a misspelt dialect",
			["read", "-", "--dialect", "nexxus"],
			64,
			"nexus: there is no dialect 'nexxus'; did you mean 'nexus'?\n",
		],
	];
	test.each(failures)("%s", async (_, words, exit, err) => {
		using folder = nexusFolder({ port: 1 });
		expect(await call(folder.path, words)).toMatchObject({ exit, err, out: "" });
	});

	test("a configuration that cannot be used is not passed over", async () => {
		using folder = nexusFolder({ port: 1 });
		folder.write("nexus.yaml", "strategiez: []\n");
		folder.write("a", JSON.stringify(order));
		const { exit, out, err } = await call(folder.path, ["read", "a"]);
		expect({ exit, out }).toEqual({ exit: 78, out: "" });
		expect(err).toContain("strategiez");
	});
});

describe("the dialect of a strategy", () => {
	const body = { ticker: "BTCUSD", action: "buy", sentiment: "flat" };
	const dialect = `import { defineDialect } from "nexus";
export default defineDialect({
	name: "ninja",
	recognises: { keys: ["go"] },
	read: (message: any) => (message.go === "no" ? { refuse: "not today" } : { action: message.go, symbol: "BTC/USD" }),
});
`;
	const withPlugin = async (text: string, words: readonly string[] = []) => {
		using folder = nexusFolder({ port: 1 });
		folder.write("plugins/ninja.ts", dialect);
		folder.write("alert.txt", text);
		const { exit, out, err } = await call(folder.path, ["read", "alert.txt", "--json", ...words]);
		return { exit, err, ...(out === "" ? {} : (JSON.parse(out) as Answer)) };
	};

	test("counts before the shape, and --dialect before it", async () => {
		const config = { strategy: "    dialect: nexus" };
		expect((await answered(body)).commands[0]).toMatchObject({ dialect: "traderspost", type: "LONG_EXIT" });
		expect((await answered(body, { config })).commands[0]).toMatchObject({ dialect: "nexus", type: "LONG_ENTRY" });
		const named = await answered(body, { config, words: ["--dialect", "traderspost"] });
		expect(named.commands[0]).toMatchObject({ dialect: "traderspost", type: "LONG_EXIT" });
	});

	test("of a plugin reads by its shape and by its name, and its refusal is shown", async () => {
		const { exit, commands } = await withPlugin('[{"go": "buy"}, {"go": "no"}]');
		expect(exit).toBe(65);
		expect(commands?.[0]).toMatchObject({ ok: true, dialect: "ninja", type: "LONG_ENTRY" });
		expect(commands?.[1]).toMatchObject({
			refused: { code: "dialect_refused", detail: "plugins/ninja.ts: not today" },
		});
		expect((await withPlugin('{"go": "buy"}', ["--dialect", "ninja"])).exit).toBe(0);
		const unknown = await withPlugin('{"go": "buy"}', ["--dialect", "ninjo"]);
		expect(unknown).toMatchObject({ exit: 64, err: expect.stringContaining("did you mean 'ninja'?") });
	});
});
