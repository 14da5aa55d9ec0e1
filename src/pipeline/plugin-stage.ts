/** A stage that a plugin adds: its process is asked, and when it fails the alert fails with it, never passes by mistake. */
import type { EndCode } from "../domain/codes.ts";
import type { StageAnswer } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";
import type { ProcessingStage } from "./processing.ts";

/** What asking the plugin came to. */
export type StageOutcome =
	| StageAnswer
	| { readonly verdict: "failed"; readonly code: EndCode; readonly detail: string };

/** @param ask asks the plugin's process; its failures come back as values */
export function pluginStage(name: string, ask: (alert: Alert) => Promise<StageOutcome>): ProcessingStage {
	return {
		name,
		async run(context, next) {
			const answer = await ask(context.alert);
			switch (answer.verdict) {
				case "refuse":
					return context.end("stage_refused", answer.detail);
				case "skip":
					return context.end("strategy_skip", answer.detail, "skip");
				case "failed":
					return context.end(answer.code, answer.detail);
				case "pass":
				case "notice":
					await next();
					return { verdict: answer.verdict, ...(answer.detail === undefined ? {} : { detail: answer.detail }) };
			}
		},
	};
}
