/** The parent's check of what a child answered: it agrees with the Signal schema and never throws. */
import { describe, expect, test } from "bun:test";
import { Value } from "@sinclair/typebox/value";
import fc from "fast-check";
import { Signal } from "../../src/domain/records.ts";
import { checkAnswer, checkStageAnswer, signalProblem, signals_max } from "../../src/strategy/check-answer.ts";

const word = fc.constantFrom(
	"long",
	"short",
	"any",
	"up",
	"",
	"0",
	"0.5",
	"50%",
	"-1",
	"1e5",
	"abc",
	"2%",
	"__proto__",
);
const fields = ["kind", "side", "size", "limit", "stop_loss", "take_profit", "quantity", "reason", "code", "extra"];
const almostSignal = fc
	.dictionary(fc.constantFrom(...fields), fc.oneof(word, fc.integer(), fc.constant(null)))
	.chain((rest) => fc.constantFrom("enter", "exit", "skip", "buy").map((kind) => ({ ...rest, kind })));

describe("signalProblem", () => {
	test("what it lets through fits the schema", () => {
		fc.assert(
			fc.property(almostSignal, (signal) => {
				if (signalProblem(signal) === undefined) expect(Value.Check(Signal, signal)).toBe(true);
			}),
			{ numRuns: 2000 },
		);
	});

	test("anything at all is judged without throwing", () => {
		fc.assert(
			fc.property(fc.anything(), fc.anything(), (signals, state) => {
				expect(typeof checkAnswer(signals, state).ok).toBe("boolean");
				expect(["string", "object"]).toContain(typeof checkStageAnswer(signals));
			}),
		);
	});

	const good: Signal[] = [
		{ kind: "enter", side: "short", size: "1%", limit: "1", stop_loss: "2%", take_profit: "0.5", reason: "r" },
		{ kind: "exit", side: "any", quantity: "100%" },
		{ kind: "skip", code: "strategy_skip", reason: "r" },
	];
	for (const signal of good) {
		test(`a full ${signal.kind} signal is let through, and not with a field missing, unknown or of another kind`, () => {
			expect(signalProblem(signal)).toBeUndefined();
			expect(signalProblem({ ...signal, side: undefined, reason: undefined })).toBe(
				signal.kind === "skip" ? "reason is missing" : "side is missing",
			);
			expect(signalProblem({ ...signal, colour: "red" })).toBe(
				`colour is not a field of a signal of kind ${signal.kind}`,
			);
			expect(signalProblem({ ...signal, reason: 7 })).toBe("reason is 7, not a text");
		});
	}

	test("a price with more digits than a decimal has is refused", () => {
		expect(signalProblem({ kind: "enter", side: "long", limit: `0.${"1".repeat(19)}` })).toContain(
			"not a decimal number",
		);
	});
});

describe("checkAnswer", () => {
	const skip: Signal = { kind: "skip", reason: "r" };
	const rows: { name: string; signals: unknown; state?: unknown; detail: string }[] = [
		{ name: "no list", signals: "skip", detail: "the answer holds no signals" },
		{ name: "an empty list", signals: [], detail: "the answer holds no signals" },
		{ name: "one too many", signals: Array(signals_max + 1).fill(skip), detail: "at most 16" },
		{ name: "a bad second signal", signals: [skip, { kind: "skip" }], detail: "signal 2: reason is missing" },
		{ name: "a state that is no text", signals: [skip], state: {}, detail: "state is not JSON text" },
		{ name: "a state that is no JSON", signals: [skip], state: "{", detail: "state is not a JSON object" },
		{ name: "a state that is a list", signals: [skip], state: "[]", detail: "state is not a JSON object" },
		{
			name: "a state too long",
			signals: [skip],
			state: `{"a":"${"x".repeat(65_536)}"}`,
			detail: "at most 65536 bytes",
		},
	];
	for (const { name, signals, state, detail } of rows) {
		test(`${name} is strategy_error`, () => {
			const answer = checkAnswer(signals, state);
			expect(answer).toMatchObject({ ok: false, code: "strategy_error" });
			expect(answer.ok ? "" : answer.detail).toContain(detail);
		});
	}

	test("as many signals as allowed pass, with the state as an object and none where none was sent", () => {
		const signals = Array(signals_max).fill(skip) as Signal[];
		expect(checkAnswer(signals, '{"a":1}')).toEqual({ ok: true, signals, state: { a: 1 } });
		expect(checkAnswer([skip], undefined)).toEqual({ ok: true, signals: [skip] });
	});
});
