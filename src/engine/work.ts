/** One alert's work on one account: what it is given, what it shares between its legs and what it comes to. */
import type { EndCode } from "../domain/codes.ts";
import type { Broker, Change, Intent, Market, StatedStep, Strategy } from "../domain/ports.ts";
import type { Alert, Order, TraceEntry } from "../domain/records.ts";
import type { Size, StrategySettings } from "../domain/settings.ts";

/** What became of an alert, or of a signal, on one account. */
export interface AccountResult {
	readonly status: "executed" | "rejected" | "skipped" | "failed";
	readonly code: EndCode | null;
	readonly reason: string;
}

/** What an account is asked to do because of an alert. */
export interface Job {
	readonly alert: Alert;
	readonly account: string;
	/** This account's own size; the strategy's where undefined. */
	readonly size: Size | undefined;
	/** True where the strategy does what the alert says, so that a stated size stands for a reduction's quantity too. */
	readonly follows: boolean;
	/** Which hundred of the alert's order numbers this account has; from 0. */
	readonly index: number;
	/** Why the alert is too old to open anything. */
	readonly stale: string | undefined;
	/** Waits for something that is not the alert's doing: what stops the program meanwhile is not held against it. */
	pause(wait: Promise<unknown>): Promise<void>;
	/** Where the verdicts go. */
	note(entry: TraceEntry): void;
	/** Called once, when the result is known; what it returns is recorded in the same transaction as the result. */
	end(result: AccountResult): readonly Change[];
}

/** A job whose strategy must still be asked. */
export interface AccountJob extends Job {
	readonly strategy: Strategy;
	/** Stated changes to be walked together, the alert's own last; undefined where there is only the alert's own. */
	readonly way: readonly StatedStep[] | undefined;
	/** The true way since a place that was passed: what was done otherwise is put right. */
	readonly correction: readonly StatedStep[] | undefined;
	/** What a restart found: the strategy's answer is taken from here and never asked for again. */
	readonly found: { readonly intent: Intent | undefined; readonly orders: readonly Order[] };
}

/** What the legs of one job share. */
export interface Work {
	readonly job: Job;
	readonly settings: StrategySettings;
	readonly broker: Broker;
	readonly market: Market;
	/** Changes that must be on disk before the first order goes out. */
	before: readonly Change[];
	/** Orders that an earlier run of this work made, by id. */
	readonly orders: ReadonlyMap<string, Order>;
}
