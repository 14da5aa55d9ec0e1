/** Asks one strategy about one alert: builds what onAlert is given, calls it, and makes plain JSON of what it returned. */
import type { StrategyContext } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";
import type { PineStage, PineStrategy, StageVerdict } from "./plugin-api.ts";
import { signalBuilders } from "./signal-builders.ts";
import { strictJson } from "./strict-json.ts";

/** The stored state of one strategy on one account may be this long as JSON. */
export const state_bytes_max = 64 * 1024;
/** The signals of one answer may be this long as JSON. */
export const answer_bytes_max = 64 * 1024;

/** What a strategy answered, not yet checked: signals as JSON values, the state as JSON text where it changed. */
export type RawAnswer =
	| { readonly ok: true; readonly signals: readonly unknown[]; readonly state?: string }
	| { readonly ok: false; readonly reason: string };

export type Log = (...values: unknown[]) => void;

/** The state a call works on: the declared one, the stored fields over it, as a copy. Undefined where what is stored is no object. */
function openState(declared: unknown, stored: unknown): Record<string, unknown> {
	const kept = typeof stored === "object" && stored !== null && !Array.isArray(stored) ? stored : {};
	return structuredClone({ ...(declared as object | undefined), ...kept });
}

function signalsOf(returned: unknown, built: number): readonly unknown[] | string {
	const some: readonly unknown[] = Array.isArray(returned) ? returned : [returned];
	const list = returned === undefined || returned === null ? [] : some;
	if (list.length > 0) return list;
	if (built > 0) return "onAlert built a signal but did not return it: write `return enterLong()`, not `enterLong()`";
	return [{ kind: "skip", reason: "the strategy returned nothing" }];
}

/** Calls onAlert. Expected mistakes of the strategy are values; what it throws is thrown on. */
export async function askStrategy(
	strategy: PineStrategy,
	alert: Alert,
	context: StrategyContext,
	settings: Readonly<Record<string, unknown>>,
	log: Log,
): Promise<RawAnswer> {
	const { built, ...builders } = signalBuilders();
	const state = openState(strategy.state, context.state);
	const before = JSON.stringify(state);
	const returned: unknown = await strategy.onAlert(alert, {
		position: context.position === null || context.position.side === "flat" ? null : context.position,
		account: context.account,
		state,
		settings,
		now: context.now,
		log,
		...builders,
	});
	const signals = signalsOf(returned, built());
	if (typeof signals === "string") return { ok: false, reason: signals };
	const answer = strictJson({ signals }, "the answer");
	if (!answer.ok) return { ok: false, reason: answer.reason };
	if (Buffer.byteLength(answer.text) > answer_bytes_max) {
		return { ok: false, reason: `the answer is larger than ${answer_bytes_max} bytes` };
	}
	const plain = (JSON.parse(answer.text) as { signals: unknown[] }).signals;
	const kept = strictJson(state, "state");
	if (!kept.ok) return { ok: false, reason: kept.reason };
	if (Buffer.byteLength(kept.text) > state_bytes_max) {
		return { ok: false, reason: `state is larger than ${state_bytes_max} bytes: keep less in it` };
	}
	const changed = kept.text !== before;
	return { ok: true, signals: plain, ...(changed ? { state: kept.text } : {}) };
}

const stageWords = (call: string, detail: unknown): string => {
	if (typeof detail !== "string" || detail.trim() === "") throw new TypeError(`${call} needs its reason as a text`);
	return detail;
};

/** Calls a stage's onAlert; what it throws is thrown on. */
export async function askStage(
	stage: PineStage,
	alert: Alert,
	settings: Readonly<Record<string, unknown>>,
	log: Log,
): Promise<unknown> {
	const returned: unknown = await stage.onAlert(alert, {
		settings,
		log,
		pass: (detail?: string): StageVerdict =>
			detail === undefined ? { verdict: "pass" } : { verdict: "notice", detail: stageWords("pass", detail) },
		refuse: (detail: string): StageVerdict => ({ verdict: "refuse", detail: stageWords("refuse", detail) }),
		skip: (detail: string): StageVerdict => ({ verdict: "skip", detail: stageWords("skip", detail) }),
	});
	return returned;
}
