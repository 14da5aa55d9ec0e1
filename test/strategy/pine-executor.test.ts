/** PineExecutor as an embedding program uses it: register, find, ask, and the words of its results. */
import { describe, expect, test } from "bun:test";
import type { Strategy } from "../../src/domain/ports.ts";
import type { Alert } from "../../src/domain/records.ts";
import { type ExecutionResult, PineExecutor } from "../../src/strategy/pine-executor.ts";
import { defineStrategy } from "../../src/strategy/plugin-api.ts";
import { aContext, anAlert, aPosition, complete, decode } from "./workshop.ts";

const rsi = defineStrategy({
	name: "MyRSIStrategy",
	symbols: ["BTC/USD"],
	timeframes: ["1h"],
	settings: { stop: "2%" },
	onAlert: (alert, { position, settings, enterLong, exit, skip }) =>
		alert.type === "LONG_ENTRY" ? enterLong({ stopLoss: settings.stop }) : position ? exit() : skip("nothing to close"),
});

function executor(...strategies: Parameters<PineExecutor["register"]>[0][]): PineExecutor {
	const made = new PineExecutor({ decode, complete, clock: { now: () => 0 } });
	for (const strategy of strategies) made.register(strategy);
	return made;
}

describe("register, unregister, get, find, list", () => {
	test("a strategy is found by name, alias and either in another case; the exact name goes first", () => {
		const all = executor(
			defineStrategy({ name: "Rsi", onAlert: () => undefined }),
			defineStrategy({ name: "RSI", onAlert: () => undefined }),
		);
		expect(all.get("RSI")?.settings.name).toBe("RSI");
		expect(all.get("Rsi")?.settings.name).toBe("Rsi");
		expect(all.find("rsi")?.name).toBe("Rsi");
		expect(all.get("other")).toBeUndefined();
		expect(all.all().map(({ name }) => name)).toEqual(["Rsi", "RSI"]);
		const aliased: Strategy = {
			settings: { ...complete("Other", undefined, undefined), aliases: ["bot-7"] },
			plugin: null,
			follows: false,
			decide: async () => ({ ok: true, signals: [] }),
		};
		expect(executor(aliased).get("BOT-7")).toBe(aliased);
	});

	test("a name that is taken, a bare object and a bad declaration are thrown back", () => {
		const all = executor(rsi);
		expect(() => all.register(rsi)).toThrow("a strategy named MyRSIStrategy is registered already");
		expect(() => all.register({ name: "X", onAlert: () => undefined })).toThrow("defineStrategy()");
		const bad = defineStrategy({ name: "Bad", risk_multiplier: 7, onAlert: () => undefined });
		expect(() => all.register(bad)).toThrow(/strategy Bad: risk_multiplier/);
		const invalid = defineStrategy({
			name: "Bad",
			settings: { n: 1 },
			validate: () => "n is 1",
			onAlert: () => undefined,
		});
		expect(() => all.register(invalid)).toThrow("strategy Bad: its settings: n is 1");
		expect(all.list().length).toBe(1);
	});

	test("a strategy copied under another name is a strategy", () => {
		const all = executor(rsi, { ...rsi, name: "Copy" } as typeof rsi);
		expect(all.find("Copy")?.symbols).toEqual(["BTC/USD"]);
	});

	test("what was unregistered is gone and may come again", () => {
		const all = executor(rsi);
		expect(all.unregister("myrsistrategy")).toBe(false);
		expect(all.unregister("MyRSIStrategy")).toBe(true);
		expect(all.unregister("MyRSIStrategy")).toBe(false);
		expect(all.get("MyRSIStrategy")).toBeUndefined();
		all.register(rsi);
		expect(all.list().length).toBe(1);
	});

	test("defineStrategy refuses what has no name or no onAlert", () => {
		expect(() => defineStrategy({ name: "", onAlert: () => undefined })).toThrow("name must be a text");
		expect(() => defineStrategy({ name: "A" } as never)).toThrow("onAlert must be a function");
		expect(() => defineStrategy(undefined as never)).toThrow("needs an object");
	});
});

describe("execute", () => {
	const boom = defineStrategy({
		name: "Boom",
		onAlert: () => {
			throw new Error("boom");
		},
	});
	const forCycle = { strategy: "MyRSIStrategy", symbol: "BTC/USD", price: "42000" };
	const rows: { name: string; alert: Partial<Alert>; result: Partial<ExecutionResult>; holds?: boolean }[] = [
		{
			name: "an alert that the strategy acts on is executed, with its signals",
			alert: {},
			result: {
				status: "executed",
				message: "Alert processed",
				signals: [{ ...forCycle, signal: { kind: "enter", side: "long", stop_loss: "2%" } }],
			},
		},
		{
			name: "what the strategy skips says so in its words",
			alert: { type: "LONG_EXIT" },
			result: { status: "skipped", message: "skipped, because nothing to close", code: "strategy_skip", signals: [] },
		},
		{
			name: "the position handed in is seen",
			alert: { type: "LONG_EXIT" },
			holds: true,
			result: { status: "executed", signals: [{ ...forCycle, signal: { kind: "exit", side: "any" } }] },
		},
		{
			name: "an unknown strategy names those there are",
			alert: { strategy: "Nobody" },
			result: {
				status: "skipped",
				code: "unknown_strategy",
				message: "skipped, because no strategy is named Nobody; there is MyRSIStrategy, Boom",
			},
		},
		{
			name: "no strategy named, with two registered",
			alert: { strategy: "" },
			result: { status: "skipped", code: "unknown_strategy" },
		},
		{
			name: "a symbol that is not the strategy's names the cure",
			alert: { symbol: "ETH/USD", symbol_sent: "ETHUSD" },
			result: {
				status: "skipped",
				code: "symbol_not_allowed",
				message:
					"skipped, because ETHUSD is not among MyRSIStrategy's symbols BTC/USD; add it under strategies[0].symbols",
			},
		},
		{
			name: "a timeframe that is not the strategy's names the cure",
			alert: { timeframe: "5m" },
			result: {
				status: "skipped",
				code: "timeframe_not_allowed",
				message:
					"skipped, because 5m is not among MyRSIStrategy's timeframes 1h; add it under strategies[0].timeframes",
			},
		},
		{
			name: "a strategy that throws fails, and only its own alert",
			alert: { strategy: "Boom" },
			result: { status: "failed", code: "strategy_error", signals: [] },
		},
	];
	for (const { name, alert, result, holds } of rows) {
		test(name, async () => {
			const all = executor(rsi, boom);
			const given = anAlert({ strategy: "MyRSIStrategy", ...alert });
			const got = await all.execute(given, holds ? aContext({ position: aPosition() }) : undefined);
			expect(got).toMatchObject(result);
			expect(got.status === "executed").toBe(got.code === undefined);
		});
	}

	test("the message of what was thrown names the place in the user's file", async () => {
		const { message } = await executor(boom).execute(anAlert({ strategy: "Boom" }));
		expect(message).toMatch(/^failed, because Boom: .*pine-executor\.test\.ts:\d+:\d+: boom$/);
	});

	test("a strategy that is switched off is skipped, the only one needs no name", async () => {
		const off = defineStrategy({ name: "Off", enabled: false, onAlert: () => undefined });
		expect(await executor(off).execute(anAlert({ strategy: "Off" }))).toMatchObject({
			status: "skipped",
			code: "strategy_disabled",
			message: "skipped, because Off is switched off; set enabled: true under strategies[0]",
		});
		expect(await executor(rsi).execute(anAlert({ strategy: "" }))).toMatchObject({ status: "executed" });
	});

	test("a state is kept from one execute to the next, and lost with the strategy", async () => {
		const counting = defineStrategy({
			name: "Counting",
			state: { count: 0 },
			onAlert(_alert, { state, skip }) {
				state.count += 1;
				return skip(`call ${state.count}`);
			},
		});
		const all = executor(counting);
		const alert = anAlert({ strategy: "Counting" });
		expect((await all.execute(alert)).message).toEndWith("call 1");
		expect((await all.execute(alert)).message).toEndWith("call 2");
		all.unregister("Counting");
		all.register(counting);
		expect((await all.execute(alert)).message).toEndWith("call 1");
	});

	test("an answer in process is checked like any other", async () => {
		const wrong = defineStrategy({ name: "Wrong", onAlert: () => "buy" as never });
		expect(await executor(wrong).execute(anAlert({ strategy: "Wrong" }))).toMatchObject({
			status: "failed",
			code: "strategy_error",
			message: expect.stringContaining('"buy" is not a signal'),
		});
	});
});

test("decide asks by name and takes an unknown one for a bug", async () => {
	const all = executor(rsi);
	expect(await all.decide(anAlert(), "MyRSIStrategy", aContext())).toMatchObject({ ok: true });
	const refused = await all.decide(anAlert(), "Nobody", aContext()).catch(String);
	expect(refused).toBe("Error: no strategy is named Nobody");
});
