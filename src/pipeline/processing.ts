/** What the stages after the answer share: the recorded alert, its strategy once it is matched, and how it ends. */
import type { EndCode, Ending } from "../domain/codes.ts";
import type { Park, Sequenced, Strategy } from "../domain/ports.ts";
import type { Alert, TraceEntry } from "../domain/records.ts";
import type { AnyStage, Stage, StageVerdict, Traced } from "./compose.ts";

/** One alert on its way through the stages after the answer. */
export class Processing implements Traced {
	/** With the position before it filled in, once the stage `sequence` knows it. */
	alert: Alert;
	readonly trace: TraceEntry[] = [];
	readonly monotonic: () => number;
	/** Set by the stage `match`. */
	strategy: Strategy | undefined;
	/** Set by the stage `freshness`: why the alert is too old to open anything. */
	stale: string | undefined;
	/** Set by the stage `sequence` for an alert that states a position. */
	sequenced: Sequenced | undefined;
	/** Lets go of the lane while the alert waits for another. */
	readonly park: Park;
	/** Set by the stage that ended it. */
	ending: Ending | undefined;

	constructor(alert: Alert, monotonic: () => number, park: Park) {
		this.alert = alert;
		this.park = park;
		this.monotonic = monotonic;
	}

	/** Ends the alert here; give the result back as the stage's verdict. */
	end(code: EndCode, detail: string, verdict: "refuse" | "skip" = "refuse"): StageVerdict {
		this.ending = { code, detail };
		return { verdict, code, detail };
	}

	/** The matched strategy. Throws where `match` did not run before: a wrong composition. */
	matched(): Strategy {
		if (this.strategy === undefined) throw new Error("the stage match must come first");
		return this.strategy;
	}
}

export type ProcessingStage = Stage<Processing>;
export type AnyProcessingStage = AnyStage<Processing>;
