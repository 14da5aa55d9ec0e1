/** Checks what a strategy or stage answered, in the parent: a child process is never believed. */
import { parseDecimal } from "../domain/decimal.ts";
import type { StageAnswer, StrategyAnswer } from "../domain/ports.ts";
import { Signal } from "../domain/records.ts";
import { state_bytes_max } from "./ask-strategy.ts";

/** Signals in one answer. */
export const signals_max = 16;
/** Characters of one text in an answer. */
const text_characters_max = 1000;

interface Rule {
	readonly type?: string;
	readonly const?: string;
	readonly enum?: readonly string[];
	readonly pattern?: string;
}

interface Shape {
	readonly properties: Readonly<Record<string, Rule>>;
	readonly required?: readonly string[];
}

// The shapes come from the schema itself, so that a field added there is checked here.
const shapes = new Map(Signal.anyOf.map((shape) => [shape.properties.kind.const as string, shape as unknown as Shape]));

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
	const text = JSON.stringify(value) ?? String(value);
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function fieldProblem(rule: Rule, value: unknown): string | undefined {
	if (typeof value !== "string") return `is ${show(value)}, not a text`;
	if (value.length > text_characters_max) return `is longer than ${text_characters_max} characters`;
	if (rule.const !== undefined && value !== rule.const) return `is ${show(value)}, not "${rule.const}"`;
	if (rule.enum !== undefined && !rule.enum.includes(value)) return `is ${show(value)}, not ${rule.enum.join(" or ")}`;
	if (rule.pattern === undefined) return undefined;
	const parsed = parseDecimal(value.replace(/%$/, ""));
	if (!new RegExp(rule.pattern).test(value) || parsed === undefined) return `is ${show(value)}, not a decimal number`;
	return parsed > 0n ? undefined : `is ${show(value)}, not above zero`;
}

/** What is wrong with one signal, or undefined. */
export function signalProblem(signal: unknown): string | undefined {
	if (!isRecord(signal)) {
		return `${show(signal)} is not a signal: return what enterLong(), enterShort(), exit() or skip() gives`;
	}
	const shape = typeof signal.kind === "string" ? shapes.get(signal.kind) : undefined;
	if (shape === undefined) return `kind is ${show(signal.kind)}, not ${[...shapes.keys()].join(" or ")}`;
	for (const name of shape.required ?? []) {
		if (signal[name] === undefined) return `${name} is missing`;
	}
	for (const [name, value] of Object.entries(signal)) {
		if (value === undefined) continue;
		const rule = Object.hasOwn(shape.properties, name) ? shape.properties[name] : undefined;
		if (rule === undefined) return `${name} is not a field of a signal of kind ${signal.kind}`;
		const problem = fieldProblem(rule, value);
		if (problem !== undefined) return `${name} ${problem}`;
	}
	return undefined;
}

function failed(detail: string): StrategyAnswer {
	return { ok: false, code: "strategy_error", detail };
}

function signalsProblem(signals: unknown): string | undefined {
	if (!Array.isArray(signals) || signals.length === 0) return "the answer holds no signals";
	if (signals.length > signals_max) {
		return `the answer holds ${signals.length} signals; at most ${signals_max} are allowed`;
	}
	for (const [index, signal] of signals.entries()) {
		const problem = signalProblem(signal);
		if (problem !== undefined) return `signal ${index + 1}: ${problem}`;
	}
	return undefined;
}

function parseObject(text: string): object | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return isRecord(value) ? value : undefined;
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

/** The answer as the engine takes it; a bad one becomes strategy_error and names what is wrong. */
export function checkAnswer(unchecked: unknown, state: unknown): StrategyAnswer {
	const problem = signalsProblem(unchecked);
	if (problem !== undefined) return failed(problem);
	const signals = unchecked as readonly Signal[];
	if (state === undefined) return { ok: true, signals };
	if (typeof state !== "string" || Buffer.byteLength(state) > state_bytes_max) {
		return failed(`state is not JSON text of at most ${state_bytes_max} bytes`);
	}
	const parsed = parseObject(state);
	return parsed === undefined ? failed("state is not a JSON object") : { ok: true, signals, state: parsed };
}

/** A stage's answer, or what is wrong with it. */
export function checkStageAnswer(answer: unknown): StageAnswer | string {
	if (!isRecord(answer)) {
		return `onAlert of a stage returned ${show(answer)}: return what pass(), refuse() or skip() gives`;
	}
	const { verdict, detail } = answer;
	if (detail !== undefined && (typeof detail !== "string" || detail.length > text_characters_max)) {
		return `detail is not a text of at most ${text_characters_max} characters`;
	}
	if (verdict === "pass" || verdict === "notice") return detail === undefined ? { verdict } : { verdict, detail };
	if (verdict !== "refuse" && verdict !== "skip") return `verdict is ${show(verdict)}, not pass, refuse or skip`;
	return detail === undefined ? `${verdict} without a reason` : { verdict, detail };
}
