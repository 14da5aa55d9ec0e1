/** Stated positions beside the last steps that led to them. */
import type { Database } from "bun:sqlite";
import { type StatedChain, stated_steps_max } from "../domain/ports.ts";
import { describeStated } from "../domain/stated-change.ts";
import type { Finding } from "./finding.ts";
import { recordsOf } from "./snapshot.ts";

/** Every chain that does not end where it says that it is. */
export function* wrongChains(db: Database): Generator<Finding> {
	for (const chain of recordsOf<StatedChain>(db, "SELECT record FROM stated")) {
		const { strategy, symbol, timeframe } = chain;
		const subject = `${strategy} ${symbol}${timeframe === "" ? "" : ` ${timeframe}`}`;
		const detail = wrongEnd(chain);
		if (detail !== undefined) yield { check: "stated", subject, detail };
	}
}

/** What is put into a chain later goes in front of its last step, which is always an alert's own. */
function wrongEnd({ position, alert_id, steps }: StatedChain): string | undefined {
	const last = steps.at(-1);
	if (last === undefined) return "no step is kept that led to it";
	if (steps.length > stated_steps_max) return `${steps.length} steps are kept, at most ${stated_steps_max} ever are`;
	if (last.to.side !== position.side || last.to.size !== position.size) {
		return `${describeStated(position)} is stored, its last step leads to ${describeStated(last.to)}: the next alert would look like a gap`;
	}
	if (last.alert_id === alert_id) return undefined;
	return `alert ${alert_id} is stored as the one that stated it, its last step is of ${last.alert_id ?? "no alert"}`;
}
