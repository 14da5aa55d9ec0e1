/** The plan: what a strategy's signals mean for the position it holds, as a list of legs; pure. */
import { type Code, codes, type EndCode } from "../domain/codes.ts";
import type { Side, Signal } from "../domain/records.ts";
import type { Direction, OnOpposite } from "../domain/settings.ts";

/** One order to come. An exit is resolved against the position at the time it is sent. */
export type Leg =
	| {
			readonly leg: "exit";
			/** `0.5` units or `50%` of the position; all of it where undefined. */
			readonly quantity: string | undefined;
			/** Exact units already, that no stated size replaces. */
			readonly exact?: boolean;
	  }
	| {
			readonly leg: "entry";
			readonly side: Side;
			readonly size: string | undefined;
			/** Exact units, in the place of any size; a way that was walked needs no sizing. */
			readonly units?: string;
			readonly limit: string | undefined;
			readonly stop_loss: string | undefined;
			readonly take_profit: string | undefined;
	  };

export interface PlanNote {
	readonly verdict: "notice" | "skip";
	readonly code: string;
	readonly detail: string;
}

export interface Plan {
	readonly legs: readonly Leg[];
	/** What was decided on the way; with no legs the first `skip` tells why there are none. */
	readonly notes: readonly PlanNote[];
}

/** What the plan must know. */
export interface PlanInput {
	readonly signals: readonly Signal[];
	readonly strategy: string;
	readonly symbol: string;
	/** The side held now. */
	readonly holds: Side | undefined;
	/** Additions already made to it. */
	readonly additions: number;
	readonly direction: Direction;
	readonly on_opposite: OnOpposite;
	readonly pyramiding: number;
	/** The account cannot short. */
	readonly spot: boolean;
}

interface Draft {
	holds: Side | undefined;
	additions: number;
	readonly legs: Leg[];
	readonly notes: PlanNote[];
}

const opposite = (side: Side): Side => (side === "long" ? "short" : "long");

function skip(draft: Draft, code: EndCode, detail: string): void {
	draft.notes.push({ verdict: "skip", code, detail });
}

/** A code that a strategy gives counts only where it is one of ours for skipping. */
function skipCode(code: string | undefined): EndCode {
	const known = code !== undefined && Object.hasOwn(codes, code) ? (code as Code) : "strategy_skip";
	return codes[known].kind === "skipped" ? (known as EndCode) : "strategy_skip";
}

function planExit(draft: Draft, input: PlanInput, side: Side | "any", quantity: string | undefined): void {
	const held = draft.holds === undefined ? "nothing" : `a ${draft.holds}`;
	if (draft.holds === undefined || (side !== "any" && side !== draft.holds)) {
		const wanted = side === "any" ? "a position" : `a ${side}`;
		skip(draft, "nothing_to_close", `${input.strategy} holds ${held} of ${input.symbol}; ${wanted} was to be closed`);
		return;
	}
	draft.legs.push({ leg: "exit", quantity });
	if (quantity === undefined || quantity === "100%") {
		draft.holds = undefined;
		draft.additions = 0;
	}
}

function planEntry(draft: Draft, input: PlanInput, signal: Extract<Signal, { kind: "enter" }>): void {
	const { side } = signal;
	const opens = input.direction === "both" || input.direction === side;
	const barred = !opens
		? `direction: ${input.direction}`
		: input.spot && side === "short"
			? "a spot account"
			: undefined;
	if (barred !== undefined) {
		const detail = `${barred} opens no ${side} position: the ${side} entry only closes a ${opposite(side)}`;
		draft.notes.push({ verdict: "notice", code: "direction_makes_exit", detail });
		planExit(draft, input, opposite(side), undefined);
		return;
	}
	if (draft.holds === side) {
		if (draft.additions >= input.pyramiding) {
			const allowed = `pyramiding allows ${input.pyramiding} addition${input.pyramiding === 1 ? "" : "s"}`;
			skip(
				draft,
				"already_in_position",
				`${input.strategy} is already ${side} ${input.symbol}; ${allowed}, ${draft.additions} made`,
			);
			return;
		}
		draft.additions += 1;
	} else if (draft.holds !== undefined) {
		if (input.on_opposite === "ignore") {
			skip(draft, "opposite_ignored", `${input.strategy} is ${draft.holds} ${input.symbol} and on_opposite is ignore`);
			return;
		}
		planExit(draft, input, draft.holds, undefined);
		if (input.on_opposite === "close") return;
	}
	const { size, limit, stop_loss, take_profit } = signal;
	draft.legs.push({ leg: "entry", side, size, limit, stop_loss, take_profit });
	draft.holds = side;
}

/** The legs, in the order in which they must be filled, and what was decided on the way. */
export function plan(input: PlanInput): Plan {
	const draft: Draft = { holds: input.holds, additions: input.additions, legs: [], notes: [] };
	for (const signal of input.signals) {
		switch (signal.kind) {
			case "enter":
				planEntry(draft, input, signal);
				break;
			case "exit":
				planExit(draft, input, signal.side, signal.quantity);
				break;
			case "cancel":
				if (input.signals.length === 1) skip(draft, "nothing_to_close", `no entry of ${input.strategy} rests`);
				break;
			case "skip":
				skip(draft, skipCode(signal.code), signal.reason);
				break;
			default:
				signal satisfies never;
		}
	}
	if (draft.legs.length === 0 && draft.notes.every((note) => note.verdict !== "skip")) {
		skip(draft, "strategy_skip", `${input.strategy} gave no signal`);
	}
	return { legs: draft.legs, notes: draft.notes };
}
