/** What the tests of the stages after the answer share: one alert through one stage. */
import type { Strategy } from "../../src/domain/ports.ts";
import type { Alert } from "../../src/domain/records.ts";
import { compose } from "../../src/pipeline/compose.ts";
import { Processing, type ProcessingStage } from "../../src/pipeline/processing.ts";

/** Runs an alert through stages; gives back the context and whether every stage let it through. */
export async function through(alert: Alert, strategy: Strategy | undefined, ...stages: readonly ProcessingStage[]) {
	const context = new Processing(
		alert,
		() => 0,
		(wait) => wait.then(() => undefined),
	);
	context.strategy = strategy;
	const passed = await compose(stages)(context);
	const last = context.trace.at(-1);
	return { context, passed, verdict: last?.verdict, code: context.ending?.code, detail: last?.detail ?? "" };
}
