/** A way of stated changes walked on paper: what a strategy would hold after several of them; pure. */
import { absolute, add, type Decimal, minimum, negate, sign, subtract, zero } from "../domain/decimal.ts";
import type { StatedStep } from "../domain/ports.ts";
import type { Side } from "../domain/records.ts";
import { signalsOf, statedChange } from "../domain/stated-change.ts";
import { type Leg, type PlanInput, plan } from "./plan.ts";

/** What a strategy holds on one account: signed units, below zero is short, and the additions made to it. */
export interface Holding {
	readonly quantity: Decimal;
	readonly additions: number;
}

/** How the strategy's own settings answer to a step. */
export interface WayRules
	extends Pick<PlanInput, "strategy" | "symbol" | "direction" | "on_opposite" | "pyramiding" | "spot"> {
	/** Units that the step's entry adds, where `held` units stand on its side already. */
	entry(step: StatedStep, held: Decimal): Decimal;
	/** Units that the step's exit takes off `held` units; `quantity` as in a {@link Leg}. */
	exit(step: StatedStep, held: Decimal, quantity: string | undefined): Decimal;
	/** True where the step's exit was filled in part only. */
	cutShort(step: StatedStep): boolean;
}

/** What is held at the end of the way. */
export function walked(start: Holding, way: readonly StatedStep[], rules: WayRules): Holding {
	return way.reduce((holding, step) => stepped(holding, step, rules), start);
}

function stepped(holding: Holding, step: StatedStep, rules: WayRules): Holding {
	const signals = step.from === undefined ? undefined : signalsOf(step.from, step.to);
	if (signals === undefined) return holding;
	const holds = sideOf(holding.quantity);
	const { legs } = plan({ ...rules, signals, holds, additions: holding.additions });
	let now = holding;
	for (const leg of legs) {
		const next = applied(now, leg, step, rules);
		// As in the engine: an exit that the broker refused or cut short ends the work.
		const ends = leg.leg === "exit" && (next.quantity === now.quantity || rules.cutShort(step));
		now = next;
		if (ends) break;
	}
	return now;
}

function applied(holding: Holding, leg: Leg, step: StatedStep, rules: WayRules): Holding {
	const { quantity, additions } = holding;
	const held = absolute(quantity);
	if (leg.leg === "exit") {
		const left = subtract(held, minimum(rules.exit(step, held, leg.quantity), held));
		return { quantity: quantity < 0n ? negate(left) : left, additions: left === 0n ? 0 : additions };
	}
	const same = sideOf(quantity) === leg.side;
	const more = rules.entry(step, same ? held : zero);
	if (more <= 0n) return holding;
	return {
		quantity: add(quantity, leg.side === "long" ? more : negate(more)),
		additions: same ? additions + 1 : 0,
	};
}

/** The legs that lead from one holding to another by their difference alone. */
export function difference(from: Decimal, to: Decimal, format: (units: Decimal) => string): readonly Leg[] {
	if (from === to) return [];
	const side: Side = to > 0n ? "long" : "short";
	const none = { size: undefined, limit: undefined, stop_loss: undefined, take_profit: undefined };
	const entry = (units: Decimal): Leg => ({ leg: "entry", side, ...none, units: format(units) });
	if (sign(from) === sign(to)) {
		const units = subtract(absolute(to), absolute(from));
		return units > 0n ? [entry(units)] : [{ leg: "exit", quantity: format(negate(units)), exact: true }];
	}
	const exit: readonly Leg[] = from === zero ? [] : [{ leg: "exit", quantity: undefined }];
	return to === zero ? exit : [...exit, entry(absolute(to))];
}

/** True where the way closes and opens again on the way to its last step: what stands on that side already is kept as it is. */
export function onlyReopens(way: readonly StatedStep[]): boolean {
	const changes = way.flatMap((step) => (step.from === undefined ? [] : [statedChange(step.from, step.to)]));
	const last = changes.at(-1);
	if (last === undefined || (last.kind !== "enter" && last.kind !== "reverse")) return false;
	return changes.slice(0, -1).some(({ kind }) => kind === "exit" || kind === "reverse");
}

function sideOf(quantity: Decimal): Side | undefined {
	if (quantity === 0n) return undefined;
	return quantity > 0n ? "long" : "short";
}
