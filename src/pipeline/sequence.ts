/** Stage `sequence`: an alert that states positions takes its turn in the order in which things happened, not in that of arrival. */
import type { Ending } from "../domain/codes.ts";
import type { Park, Sequenced } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";
import type { Check, StageVerdict } from "./compose.ts";
import type { Processing } from "./processing.ts";

/** Decides an alert's turn: at once where it has come, later where it must wait. */
export type Take = (alert: Alert, park: Park) => Sequenced | Promise<Sequenced>;

/** Lets alerts without a stated position through: only a stated position has a place in a chain. */
export function sequence(take: Take): Check<Processing> {
	return {
		name: "sequence",
		check(context) {
			if (context.alert.stated === undefined) return undefined;
			const taken = take(context.alert, context.park);
			return taken instanceof Promise ? taken.then((sequenced) => settle(context, sequenced)) : settle(context, taken);
		},
	};
}

function settle(context: Processing, sequenced: Sequenced): StageVerdict {
	context.sequenced = sequenced;
	context.alert = sequenced.alert;
	const { verdict, code, detail, ending } = sequenced;
	if (ending !== undefined) context.ending = ending;
	return code === undefined ? { verdict, detail } : { verdict, code, detail };
}

/**
 * The stated chain moves on for an alert that another stage has ended, too: what TradingView holds does not depend on what
 * we do about it. Its own end stays as it was.
 */
export async function moveOn(context: Processing, take: Take): Promise<void> {
	const { ending, alert, sequenced } = context;
	if (sequenced !== undefined || ending === undefined || alert.stated === undefined || !concerns(ending, context))
		return;
	const start = context.monotonic();
	const moved = await take(alert, context.park);
	const ms = Math.round((context.monotonic() - start) * 1000) / 1000;
	const { verdict, code, detail } = moved;
	// It ended elsewhere: here only its place in the chain is told.
	const told = verdict === "skip" || verdict === "refuse" ? "notice" : verdict;
	context.trace.push({ stage: "sequence", verdict: told, ...(code === undefined ? {} : { code }), detail, ms });
}

/** Not for an alert that is none of a known strategy's markets. */
function concerns(ending: Ending, context: Processing): boolean {
	if (context.strategy === undefined) return false;
	return !["symbol_not_allowed", "ambiguous_symbol", "timeframe_not_allowed"].includes(ending.code);
}
