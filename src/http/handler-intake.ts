/** Where alerts go in an embedding program without an engine: to its own handlers, and their end is recorded. */
import type { Clock, Intake, Journal, OpenAlert } from "../domain/ports.ts";
import type { Alert, AlertType } from "../domain/records.ts";
import { within } from "../domain/within.ts";
import type { Log } from "../pipeline/reception-context.ts";

/** Called with each alert once it is recorded. What it throws is logged and never changes the answer. */
export type AlertHandler = (alert: Alert) => void | Promise<void>;

export interface HandlerIntakeOptions {
	/** Runs every handler; rejects with the first error. */
	readonly run: (alert: Alert) => Promise<void>;
	readonly journal: Pick<Journal, "commit">;
	readonly clock: Clock;
	readonly log: Log;
	/** Alerts that may be in handlers at a time before further entries get 429; default 1,000. */
	readonly running_max?: number;
}

/** Hands each alert to the handlers once its answer is out, and records how that went. */
export class HandlerIntake implements Intake {
	readonly #options: HandlerIntakeOptions;
	readonly #running = new Map<string, Promise<void>>();

	constructor(options: HandlerIntakeOptions) {
		this.#options = options;
	}

	hasRoom(_strategy: string, type: AlertType): boolean {
		const entry = type === "LONG_ENTRY" || type === "SHORT_ENTRY";
		return !entry || this.#running.size < (this.#options.running_max ?? 1000);
	}

	accepted({ alert }: OpenAlert): void {
		const ending = this.#process(alert).finally(() => this.#running.delete(alert.id));
		this.#running.set(alert.id, ending);
	}

	/** Handlers are only told what was handed over; an embedding program with a journal of its own has an intake of its own. */
	recheck(): void {
		this.#options.log("warn", "an alert may be recorded that no handler was told of");
	}

	async ended(id: string, ms: number): Promise<void> {
		const ending = this.#running.get(id);
		if (ending !== undefined) await within(ending, ms, this.#options.clock);
	}

	/** Resolves when nothing runs any more. */
	async idle(): Promise<void> {
		await Promise.all(this.#running.values());
	}

	async #process(alert: Alert): Promise<void> {
		const { run, journal, clock, log } = this.#options;
		// The answer goes out first: a handler that computes for long must not hold it back.
		await clock.sleep(0);
		const start = clock.monotonic();
		const failure = await run(alert).then(
			() => undefined,
			(error: unknown) => (error instanceof Error ? error.message : String(error)),
		);
		if (failure !== undefined) log("error", `on_alert failed for ${alert.id}: ${failure}`);
		const ms = Math.round((clock.monotonic() - start) * 1000) / 1000;
		const reason = failure ?? "Alert processed";
		const end =
			failure === undefined
				? ({ status: "executed", code: null } as const)
				: ({ status: "failed", code: "strategy_error" } as const);
		const verdict =
			failure === undefined
				? ({ verdict: "pass" } as const)
				: ({ verdict: "refuse", code: "strategy_error", detail: reason } as const);
		const trace = [{ stage: "on_alert", ...verdict, ms }];
		const ended_at = new Date(clock.now()).toISOString();
		try {
			await journal.commit([{ kind: "alert_ended", id: alert.id, type: alert.type, ...end, reason, trace, ended_at }]);
		} catch (error) {
			log(
				"error",
				`the end of alert ${alert.id} was not recorded: ${error instanceof Error ? error.message : String(error)}`,
			);
		}
	}
}
