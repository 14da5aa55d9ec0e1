/** Dialects of plugins: asked where they are named or alone recognise a message, without credentials, and believed in nothing. */
import { describe, expect, test } from "bun:test";
import type { ReadItem } from "../../src/alert/dialect.ts";
import { bodyReader, commands_max, type ReadOptions } from "../../src/alert/read.ts";
import type { DeclaredDialect, DialectAnswer, PluginDialects } from "../../src/domain/plugin-dialects.ts";

/** Plugins that answer with what a test says, and keep what they were asked. */
class FakePlugins implements PluginDialects {
	readonly asked: { readonly name: string; readonly message: unknown }[] = [];
	answer: (message: unknown) => DialectAnswer = () => payload({ action: "buy", symbol: "BTCUSD" });

	constructor(readonly declared: readonly DeclaredDialect[]) {}

	dialects(): readonly DeclaredDialect[] {
		return this.declared;
	}

	async readDialect(name: string, message: unknown): Promise<DialectAnswer> {
		this.asked.push({ name, message });
		return this.answer(message);
	}

	brokenFor(name: string) {
		return name === "torn" ? { error: "plugins/torn.ts:1:2: Unexpected end" } : undefined;
	}
}

const payload = (...commands: readonly object[]): DialectAnswer => ({ ok: true, payloads: JSON.stringify(commands) });

const ninja: DeclaredDialect = { name: "ninja", recognises: { keys: ["do", "what"] } };
const stars: DeclaredDialect = { name: "stars", recognises: { starts_with: "***" } };
const quiet: DeclaredDialect = { name: "quiet" };

async function read(body: unknown, options: ReadOptions = {}, plugins = new FakePlugins([ninja, stars, quiet])) {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	const result = bodyReader(plugins)(text, options);
	return { waits: result instanceof Promise, result: await result, plugins };
}

function said(item: ReadItem | undefined): string {
	if (item === undefined) return "nothing";
	if (!item.ok) return `${item.refusal.code}: ${item.refusal.detail}`;
	return `${item.reading.dialect}: ${item.reading.type} ${item.reading.symbol_sent} for ${item.reading.strategy}`;
}

const items = (result: Awaited<ReturnType<typeof read>>["result"]) =>
	result.ok ? result.items.map(said) : [said(result)];

describe("a plugin's dialect is asked", () => {
	const rows: { name: string; body: unknown; options?: ReadOptions; asked: readonly string[]; said: string }[] = [
		{
			name: "where its keys stand in the message and no vendor's shape fits",
			body: { do: "go", what: "BTCUSD" },
			asked: ["ninja"],
			said: "ninja: LONG_ENTRY BTCUSD for undefined",
		},
		{ name: "where a text begins as it says", body: "*** go", asked: ["stars"], said: "stars: LONG_ENTRY BTCUSD" },
		{
			name: "where the sender names it, in any case",
			body: { x: 1 },
			options: { dialect: " Quiet " },
			asked: ["quiet"],
			said: "quiet: LONG_ENTRY BTCUSD",
		},
		{
			name: "where its strategy names it",
			body: { strategy: "A", x: 1 },
			options: { dialectOf: (name) => (name === "A" || name === undefined ? "quiet" : undefined) },
			asked: ["quiet"],
			said: "quiet: LONG_ENTRY BTCUSD",
		},
		{
			name: "where only the message names the strategy, which by its shape could not be read",
			body: { strategy: "A", x: 1 },
			options: { dialectOf: (name) => (name === "A" ? "quiet" : undefined) },
			asked: ["quiet"],
			said: "quiet: LONG_ENTRY BTCUSD for A",
		},
	];
	test.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
		const { result, plugins } = await read(row.body, row.options);
		expect(plugins.asked.map(({ name }) => name)).toEqual([...row.asked]);
		expect(items(result)[0]).toStartWith(row.said);
	});
});

describe("a plugin's dialect is not asked", () => {
	const rows: { name: string; body: unknown; options?: ReadOptions; said: string }[] = [
		{ name: "where a key is missing", body: { do: "go", action: "buy", symbol: "X" }, said: "nexus: " },
		{
			name: "where a vendor's shape fits as well",
			body: { do: "go", what: "x", ticker: "AAPL", action: "exit", sentiment: "flat" },
			said: "traderspost: ",
		},
		{ name: "where it is neither named nor declares a shape", body: { action: "buy", symbol: "X" }, said: "nexus: " },
		{
			name: "where the sender names another one",
			body: { do: "go", what: "x", action: "buy", symbol: "X" },
			options: { dialect: "nexus" },
			said: "nexus: ",
		},
		{ name: "for a text that begins otherwise", body: "** go", said: "unreadable_body: " },
		{
			name: "for broken JSON, whose credentials cannot be found",
			body: "{ do",
			options: { dialect: "ninja" },
			said: "unreadable_body",
		},
		{ name: "for an empty body", body: " ", options: { dialect: "ninja" }, said: "unreadable_body" },
		{ name: "under a name that nobody has", body: {}, options: { dialect: "nobody" }, said: "bad_field" },
		{
			name: "while no version of it has ever worked: the cause is named",
			body: {},
			options: { dialect: "torn" },
			said: "dialect_failed: no version of the plugin works yet that defines the dialect torn: plugins/torn.ts:1:2",
		},
		{
			name: "where the credentials prove nothing",
			body: { do: "go", what: "x", secret: "wrong" },
			options: { admits: (sent) => ({ code: "not_authentic", detail: `no: ${sent.length}` }) },
			said: "not_authentic: no: 1",
		},
		{
			name: "for a message that is too long for it",
			body: { do: "x".repeat(66_000), what: "x" },
			said: "body_too_large",
		},
	];
	test.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
		const { result, plugins } = await read(row.body, row.options);
		expect(plugins.asked).toEqual([]);
		expect(items(result)[0]).toStartWith(row.said);
	});

	test("and nothing waits: what needs no plugin is read at once, though there are plugins", async () => {
		expect((await read({ action: "buy", symbol: "X" })).waits).toBe(false);
		expect((await read("BUY 10 AAPL")).waits).toBe(false);
		expect((await read({ do: 1, what: 2 })).waits).toBe(true);
	});
});

describe("what a plugin gets", () => {
	test("is plain data with numbers as exact text, NaN as null, and no credential at any depth", async () => {
		const body =
			'{ "do": "go", "what": 0.10000000000000000001, "x": NaN, "secret": "hunter2hunter2", "in": [{ "api_key": "hunter3" }, 1e2] }';
		const { plugins, result } = await read(body);
		expect(JSON.stringify(plugins.asked[0]?.message)).toBe(
			'{"do":"go","what":"0.10000000000000000001","x":null,"in":[{},"100"]}',
		);
		if (!result.ok || !result.items[0]?.ok) throw new Error("it was not read");
		expect(result.items[0].reading.secrets).toEqual(["hunter2hunter2"]);
		expect(result.raw).not.toContain("hunter");
	});

	test("of a text is the text with *** where a credential is named; the stored body has it too", async () => {
		const text = `*** go secret=hunter2hunter2 Token: "hunter3 with space", api_key='hunter4' key: hunter5 price=1`;
		const { plugins, result } = await read(text);
		const kept = "*** go secret=*** Token: ***, api_key=*** key: *** price=1";
		expect(plugins.asked[0]?.message).toBe(kept);
		if (!result.ok || !result.items[0]?.ok) throw new Error("it was not read");
		expect(result.raw).toBe(kept);
		expect(result.items[0].reading.secrets).toEqual(["hunter2hunter2", "hunter3 with space"]);
	});
});

describe("what a plugin answers", () => {
	const answered = async (answer: DialectAnswer, options: ReadOptions = {}) => {
		const plugins = new FakePlugins([ninja, quiet]);
		plugins.answer = () => answer;
		return (await read({ do: "go", what: "x", secret: "hunter2hunter2" }, options, plugins)).result;
	};
	const rows: { name: string; answer: DialectAnswer; said: readonly string[] }[] = [
		{
			name: "is read as Nexus's own payload, position fields and all",
			answer: payload({ action: "sell", symbol: "BTCUSD", market_position: "flat", prev_market_position: "long" }),
			said: ["ninja: LONG_EXIT BTCUSD for undefined"],
		},
		{
			name: "may be several commands",
			answer: payload({ action: "exit", symbol: "A" }, { action: "buy", symbol: "B", strategy: "S" }),
			said: ["ninja: LONG_EXIT A for undefined", "ninja: LONG_ENTRY B for S"],
		},
		{
			name: "is refused where Nexus's own payload would be, and the rest stands",
			answer: payload({ action: "buy" }, { action: "buy", symbol: "B" }),
			said: [
				"missing_field: in what the dialect ninja made of the message: symbol is missing or empty",
				"ninja: LONG_ENTRY B for undefined",
			],
		},
		{ name: "that is no list is refused", answer: { ok: true, payloads: "{}" }, said: ["dialect_failed: "] },
		{ name: "that is an empty list is refused", answer: { ok: true, payloads: "[]" }, said: ["dialect_failed: "] },
		{ name: "that is no JSON is refused", answer: { ok: true, payloads: "[{" }, said: ["dialect_failed: "] },
		{ name: "that lists no objects is refused", answer: { ok: true, payloads: "[1]" }, said: ["dialect_failed: "] },
		{
			name: "with its own refusal is that refusal",
			answer: { ok: false, refusal: { code: "dialect_refused", detail: "no such lot" } },
			said: ["dialect_refused: no such lot"],
		},
	];
	test.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
		const found = items(await answered(row.answer));
		expect(found).toHaveLength(row.said.length);
		for (const [index, wanted] of row.said.entries()) expect(found[index]).toStartWith(wanted);
	});

	test("brings no credential of its own: only what the sender sent counts", async () => {
		const result = await answered(payload({ action: "buy", symbol: "B", secret: "made up by the plugin" }));
		if (!result.ok || !result.items[0]?.ok) throw new Error("it was not read");
		expect(result.items[0].reading.secrets).toEqual(["hunter2hunter2"]);
	});

	test("with more commands than a body may hold is refused as a whole", async () => {
		const many = Array.from({ length: commands_max + 1 }, () => ({ action: "buy", symbol: "B" }));
		expect(items(await answered(payload(...many)))[0]).toStartWith("body_too_large");
	});

	test("for a strategy of another dialect is read again in that one where it is the only command, else refused", async () => {
		const dialectOf = (name: string | undefined) => (name === "S" ? "nexus" : undefined);
		const one = await answered(payload({ action: "buy", symbol: "B", strategy: "S" }), { dialectOf });
		expect(items(one)[0]).toStartWith("missing_field: action");
		const two = await answered(
			payload({ action: "buy", symbol: "B", strategy: "S" }, { action: "buy", symbol: "B", strategy: "T" }),
			{ dialectOf },
		);
		expect(items(two)[0]).toStartWith("contradictory_fields: this command is for S");
		expect(items(two)[1]).toBe("ninja: LONG_ENTRY B for T");
	});

	test("several commands of one body are each asked for, beside those that need nobody", async () => {
		const { result, plugins } = await read([
			{ do: 1, what: 1 },
			{ action: "sell", symbol: "X" },
			{ do: 2, what: 2 },
		]);
		expect(plugins.asked).toHaveLength(2);
		expect(items(result).map((text) => text.split(":")[0])).toEqual(["ninja", "nexus", "ninja"]);
	});
});
