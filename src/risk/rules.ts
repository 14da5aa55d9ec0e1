/** The risk rules, one row each: pure, never resizing, each says with numbers why it denies and what it would have allowed. */
import type { EndCode } from "../domain/codes.ts";
import {
	add,
	type Decimal,
	divide,
	floorToStep,
	formatDecimal,
	maximum,
	multiply,
	subtract,
	unit,
	zero,
} from "../domain/decimal.ts";
import type { Situation } from "../domain/ports.ts";
import type { RiskSettings } from "../domain/settings.ts";

export interface Rule {
	/** The code it denies with. */
	readonly code: EndCode;
	/** `openings`: exits are never held back by it. */
	readonly holds: "openings" | "everything";
	/** Undefined where the rule has nothing to say (loosened by its flag). */
	check(situation: Situation, limits: RiskSettings): { readonly denies: boolean; readonly detail: string } | undefined;
}

const money = (value: Decimal): string => formatDecimal(floorToStep(value, divide(unit, (100n * unit) as Decimal)));

function notional(situation: Situation): Decimal {
	return multiply(situation.sized_quantity, situation.price ?? zero);
}

/** How many units would still fit under `limit` where `used` is taken without this order. */
function allowedQuantity(situation: Situation, limit: Decimal, used: Decimal): string {
	const room = subtract(limit, used);
	if (situation.price === undefined || situation.price <= 0n || room <= 0n) return "0";
	return formatDecimal(floorToStep(divide(room, situation.price, "down"), situation.market.quantity_step));
}

function stateRule(code: "halted" | "reducing", holds: Rule["holds"]): Rule {
	return {
		code,
		holds,
		check: ({ trading_state: entry }) => {
			if (entry?.state !== code) return { denies: false, detail: "active" };
			const where = entry.scope === "all" ? "everywhere" : `for ${entry.scope} ${entry.name}`;
			const why = entry.reason === undefined ? "" : ` (${entry.reason})`;
			return { denies: true, detail: `${code} ${where} since ${entry.since} by ${entry.actor}${why}` };
		},
	};
}

/** In the order in which their codes are given when several deny. */
export const rules: readonly Rule[] = [
	stateRule("halted", "everything"),
	stateRule("reducing", "openings"),
	{
		code: "stale_alert",
		holds: "openings",
		check: ({ stale }) => ({ denies: stale !== undefined, detail: stale ?? "fresh" }),
	},
	{
		code: "max_positions",
		holds: "openings",
		check: ({ other_positions, settings }) => ({
			denies: other_positions >= settings.max_positions,
			detail: `${other_positions} of ${settings.max_positions} other positions open`,
		}),
	},
	{
		code: "below_minimum",
		holds: "everything",
		check: (situation) => {
			const { market, price } = situation;
			const size = situation.sized_quantity;
			const value = price === undefined ? undefined : multiply(size, price);
			const tooSmall = size <= 0n || size < market.quantity_min || (value !== undefined && value < market.notional_min);
			const minimum =
				market.quantity_min > 0n
					? formatDecimal(market.quantity_min)
					: `one step of ${formatDecimal(market.quantity_step)}`;
			return { denies: tooSmall, detail: `${formatDecimal(size)} ${market.base}, at least ${minimum} is needed` };
		},
	},
	{
		code: "price_needed",
		holds: "openings",
		check: ({ price }) => ({
			denies: price === undefined,
			detail: price === undefined ? "no price in the alert and no quote known" : `price ${formatDecimal(price)}`,
		}),
	},
	{
		code: "max_position_size",
		holds: "openings",
		check: (situation, limits) => {
			if (limits.max_position_size === undefined) return undefined;
			const limit = multiply(situation.equity, limits.max_position_size);
			const after = multiply(situation.quantity_after, situation.price ?? zero);
			const denies = after > limit;
			const allowed = denies
				? `; ${allowedQuantity(situation, limit, subtract(after, notional(situation)))} ${situation.market.base} would have been allowed`
				: "";
			return { denies, detail: `position ${money(after)} of at most ${money(limit)}${allowed}` };
		},
	},
	{
		code: "max_exposure",
		holds: "openings",
		check: (situation, limits) => {
			if (limits.max_exposure === undefined) return undefined;
			const limit = multiply(situation.equity, limits.max_exposure);
			// An order that makes the exposure no larger (against another strategy's position) is not held back by it.
			const bound = maximum(limit, situation.exposure_before);
			const denies = situation.exposure_after > bound;
			const used = subtract(situation.exposure_after, notional(situation));
			const allowed = denies
				? `; ${allowedQuantity(situation, bound, used)} ${situation.market.base} would have been allowed`
				: "";
			return { denies, detail: `exposure ${money(situation.exposure_after)} of at most ${money(limit)}${allowed}` };
		},
	},
	{
		code: "max_daily_loss",
		holds: "openings",
		check: ({ daily_loss, day_start_equity }, limits) => {
			if (limits.max_daily_loss === undefined) return undefined;
			const limit = multiply(day_start_equity, limits.max_daily_loss);
			return { denies: daily_loss >= limit, detail: `day's loss ${money(daily_loss)}, entries end at ${money(limit)}` };
		},
	},
	{
		code: "insufficient_funds",
		holds: "openings",
		check: (situation) => {
			const cost = notional(situation);
			const needed = add(cost, multiply(cost, situation.fee, "up"));
			const denies = needed > situation.free;
			const allowed = denies
				? `; ${allowedQuantity(situation, divide(situation.free, add(unit, situation.fee), "down"), zero)} ${situation.market.base} would have been allowed`
				: "";
			return { denies, detail: `needs ${money(needed)}, free ${money(situation.free)}${allowed}` };
		},
	},
];
