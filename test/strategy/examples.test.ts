/** The two examples in plugins/: they load, decide as their comments say, and type-check against nexus.d.ts alone. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StrategyContext } from "../../src/domain/ports.ts";
import type { Alert, Signal } from "../../src/domain/records.ts";
import { pluginTypesText } from "../../src/strategy/plugin-types.ts";
import { anAlert, aPosition, Workshop } from "./workshop.ts";

const repository = join(import.meta.dir, "../..");
let shop: Workshop;
beforeAll(async () => {
	shop = await Workshop.make();
	await cp(join(repository, "plugins"), shop.folder, { recursive: true });
	await shop.open({ declarations: [{ name: "MyRSIStrategy", symbols: ["BTC/USD"] }] });
});
afterAll(() => shop.close());

test("every example in docs/plugins.md loads, and decides as the text says", async () => {
	const text = await Bun.file(join(repository, "docs/plugins.md")).text();
	const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1] ?? "");
	expect(blocks.length).toBe(3);
	const docs = await Workshop.make();
	try {
		for (const [index, block] of blocks.entries()) await docs.write(`example-${index}.ts`, block);
		const { host } = await docs.open();
		expect(host.plugins().map(({ name, error }) => [name, error])).toEqual([
			["MyRSIStrategy", null],
			["weekend", null],
			["lotbot", null],
		]);
		expect(await docs.reason("MyRSIStrategy")).toBe("no reason");
		expect(await docs.ask("MyRSIStrategy", { type: "LONG_EXIT" })).toMatchObject({
			signals: [{ reason: "nothing to close" }],
		});
		const saturday = anAlert({ received_at: "2026-01-31T12:00:00.000Z" });
		expect(await host.stage("weekend")?.run(saturday, {})).toEqual({
			verdict: "refuse",
			detail: "closed at the weekend",
		});
		expect(await host.stage("weekend")?.run(saturday, { days: [1] })).toEqual({ verdict: "pass" });
		const lots = { bot: "A", dir: "B", lots: "1", market: "BTCUSD" };
		expect(await host.readDialect("lotbot", lots)).toEqual({
			ok: true,
			payloads: '[{"strategy":"A","action":"buy","symbol":"BTCUSD"}]',
		});
		expect(await host.readDialect("lotbot", { ...lots, lots: "0" })).toMatchObject({
			ok: false,
			refusal: { code: "dialect_refused" },
		});
	} finally {
		await docs.close();
	}
});

interface Row {
	readonly name: string;
	readonly alert: Partial<Alert>;
	readonly context?: Partial<StrategyContext>;
	readonly signal: Partial<Signal>;
	readonly state?: unknown;
}

const long = { position: aPosition() };
const short = { position: aPosition({ side: "short" }) };

function check(strategy: string, rows: readonly Row[]): void {
	for (const { name, alert, context, signal, state } of rows) {
		test(name, async () => {
			const answer = await shop.ask(strategy, alert, context);
			expect(answer).toMatchObject({ ok: true, signals: [signal] });
			expect(answer.ok ? answer.state : "none").toEqual(state);
		});
	}
}

test("both load without an error; nexus.yaml's words go before the file's", () => {
	expect(shop.strategies.host.plugins().map(({ name, error }) => [name, error])).toEqual([
		["MyRSIStrategy", null],
		["TrendRider", null],
	]);
	expect(shop.strategies.executor.find("MyRSIStrategy")).toMatchObject({
		symbols: ["BTC/USD"],
		timeframes: ["1h", "4h"],
	});
	expect(shop.strategies.executor.find("TrendRider")).toMatchObject({ direction: "long", pyramiding: 2 });
});

describe("MyRSIStrategy", () => {
	check("MyRSIStrategy", [
		{ name: "buy enters long with a stop", alert: {}, signal: { kind: "enter", side: "long", stop_loss: "2%" } },
		{
			name: "buy with a short open still enters long",
			alert: {},
			context: short,
			signal: { kind: "enter", side: "long" },
		},
		{
			name: "sell when flat enters short with a stop",
			alert: { type: "SHORT_ENTRY" },
			signal: { kind: "enter", side: "short", stop_loss: "2%" },
		},
		{
			name: "sell with a long open closes it and does not go short",
			alert: { type: "SHORT_ENTRY" },
			context: long,
			signal: { kind: "exit", side: "long" },
		},
		{
			name: "close_long closes long only",
			alert: { type: "LONG_EXIT" },
			context: long,
			signal: { kind: "exit", side: "long" },
		},
		{
			name: "stop_loss closes whichever is open",
			alert: { type: "STOP_LOSS" },
			context: short,
			signal: { kind: "exit", side: "any" },
		},
		{
			name: "take_profit when flat is skipped",
			alert: { type: "TAKE_PROFIT" },
			signal: { kind: "skip", reason: "nothing to close" },
		},
		{
			name: "an unknown action is skipped with its name",
			alert: { type: "CUSTOM", action: "dance" },
			signal: { kind: "skip", reason: "this strategy does not know the action dance" },
		},
	]);
});

describe("TrendRider", () => {
	const fresh = { losses_in_a_row: 0, rests_until: "" };
	check("TrendRider", [
		{
			name: "buy enters with a stop",
			alert: {},
			signal: { kind: "enter", side: "long", stop_loss: "3%" },
		},
		{
			name: "buy adds to a position in profit",
			alert: { price: "42000" },
			context: { ...long, state: fresh },
			signal: { kind: "enter", side: "long", reason: "addition 1" },
		},
		{
			name: "buy does not add to a loss",
			alert: { price: "39000" },
			context: { ...long, state: fresh },
			signal: { kind: "skip" },
		},
		{
			name: "buy does not add a third time",
			alert: {},
			context: { position: aPosition({ additions: 2 }), state: fresh },
			signal: { kind: "skip", reason: "has been added to twice" },
		},
		{
			name: "the first stop-loss is counted",
			alert: { type: "STOP_LOSS" },
			context: { ...long, state: fresh },
			signal: { kind: "exit", side: "any" },
			state: { losses_in_a_row: 1, rests_until: "" },
		},
		{
			name: "the second one in a row sends it to rest for a day",
			alert: { type: "STOP_LOSS" },
			context: { ...long, state: { losses_in_a_row: 1, rests_until: "" } },
			signal: { kind: "exit" },
			state: { losses_in_a_row: 0, rests_until: "2026-02-01T12:00:00.000Z" },
		},
		{
			name: "while it rests it does not buy",
			alert: {},
			context: { state: { losses_in_a_row: 0, rests_until: "2026-01-31T12:00:00.001Z" } },
			signal: { kind: "skip", reason: "resting until 2026-01-31T12:00:00.001Z" },
		},
		{
			name: "when the rest is over it buys again",
			alert: {},
			context: { state: { losses_in_a_row: 0, rests_until: "2026-01-31T12:00:00.000Z" } },
			signal: { kind: "enter" },
		},
		{
			name: "an ordinary exit forgets the losses and hands on how much",
			alert: { type: "LONG_EXIT", quantity: "50%" },
			context: { ...long, state: { losses_in_a_row: 1, rests_until: "" } },
			signal: { kind: "exit", quantity: "50%" },
			state: fresh,
		},
		{
			name: "an exit when flat is skipped",
			alert: { type: "SHORT_ENTRY" },
			context: { state: fresh },
			signal: { kind: "skip", reason: "nothing to close" },
		},
	]);
});

describe("nexus.d.ts", () => {
	const options = {
		target: "ESNext",
		module: "Preserve",
		moduleResolution: "bundler",
		lib: ["ESNext", "DOM"],
		types: [] as string[],
		allowImportingTsExtensions: true,
		noEmit: true,
		strict: true,
		skipLibCheck: true,
	};
	async function typeErrors(folder: string, compilerOptions: object, files: readonly string[]): Promise<string> {
		await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
		const tsc = Bun.spawn([process.execPath, join(repository, "node_modules/typescript/bin/tsc"), "-p", folder], {
			stdout: "pipe",
			stderr: "pipe",
		});
		return (await new Response(tsc.stdout).text()).trim();
	}

	test("is all that the examples need, and a wrong use of it is an error", async () => {
		const folder = join(shop.root, "types");
		await cp(join(repository, "plugins"), folder, { recursive: true });
		await writeFile(join(folder, "nexus.d.ts"), pluginTypesText);
		const files = ["nexus.d.ts", "my-rsi-strategy.ts", "trend-rider/index.ts"];
		expect(await typeErrors(folder, options, files)).toBe("");
		await writeFile(
			join(folder, "wrong.ts"),
			'import { defineStrategy } from "nexus";\nexport default defineStrategy({ name: "A", state: { n: 1 }, onAlert: (_, { enterLong, state }) => enterLong({ stoploss: state.m }) });',
		);
		const errors = await typeErrors(folder, options, [...files, "wrong.ts"]);
		expect(errors).toContain("'stoploss' does not exist");
		expect(errors).toContain("'m' does not exist");
	});

	test("agrees with what the binary gives plugins, both ways", async () => {
		const folder = join(shop.root, "agreement");
		await cp(join(repository, "src"), join(folder, "src"), { recursive: true });
		await writeFile(join(folder, "nexus.d.ts"), pluginTypesText);
		await writeFile(
			join(folder, "agree.ts"),
			`import type * as told from "nexus";
import type * as given from "./src/strategy/plugin-api.ts";
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : "missing in the binary") : "missing in nexus.d.ts";
export const pairs: [
	Same<told.Alert, given.Alert>, Same<told.Position, given.Position>, Same<told.Signal, given.Signal>,
	Same<told.EnterOptions, given.EnterOptions>, Same<told.ExitOptions, given.ExitOptions>,
	Same<Required<told.StrategyCall>, Required<given.StrategyCall>>, Same<told.StrategyReturn, given.StrategyReturn>,
	Same<Required<told.PineStrategy>, Required<given.PineStrategy>>, Same<Required<told.PineStage>, Required<given.PineStage>>,
	Same<Required<told.StageCall>, Required<given.StageCall>>, Same<told.StageVerdict, given.StageVerdict>,
	Same<typeof told.defineStrategy, typeof given.defineStrategy>, Same<typeof told.defineStage, typeof given.defineStage>,
	Same<Required<told.PineDialect>, Required<given.PineDialect>>, Same<keyof told.PineDialect, keyof given.PineDialect>,
	Same<typeof told.defineDialect, typeof given.defineDialect>,
	Same<keyof told.PineStrategy, keyof given.PineStrategy>, Same<keyof told.StrategyCall, keyof given.StrategyCall>,
	Same<keyof told.EnterOptions, keyof given.EnterOptions>, Same<keyof told.ExitOptions, keyof given.ExitOptions>,
	Same<keyof told.Alert, keyof given.Alert>, Same<keyof told.Position, keyof given.Position>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true];
`,
		);
		const paths = { "@sinclair/typebox": [join(repository, "node_modules/@sinclair/typebox")] };
		const errors = await typeErrors(folder, { ...options, paths }, ["nexus.d.ts", "agree.ts"]);
		expect(errors.split("\n").filter((line) => !line.startsWith("src/"))).toEqual([""]);
	});
});
