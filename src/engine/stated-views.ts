/** Stated and ours: what TradingView says its strategies hold, beside what we hold for them; pure. */
import { absolute, type Decimal, formatDecimal, negate, subtract, unit, zero } from "../domain/decimal.ts";
import type { Market, StatedChain, Strategy } from "../domain/ports.ts";
import type { Side, StatedBrief, StatedGap, StatedOurs, StatedView } from "../domain/records.ts";
import type { StrategySettings } from "../domain/settings.ts";
import { describeStated } from "../domain/stated-change.ts";
import { targetUnits } from "./legs.ts";
import type { Leg } from "./plan.ts";
import { difference, type WayRules, walked } from "./stated-way.ts";

/** Gaps that a view shows. */
const gaps_max = 5;

/** What the views must know of the rest. */
export interface ViewParts {
	readonly chains: readonly StatedChain[];
	readonly strategies: readonly Strategy[];
	/** Signed units, below zero is short. */
	held(account: string, strategy: string, symbol: string): Decimal;
	market(account: string, symbol: string): Market | undefined;
	/** True: no short positions. */
	spot(account: string): boolean;
}

/** Where a strategy's position on one account should be. */
export interface Aim {
	readonly side: Side | "flat";
	/** Signed units; undefined where only the side can be compared. */
	readonly units: Decimal | undefined;
}

/** Every chain as a view, by strategy, symbol and timeframe. */
export function statedViews(parts: ViewParts): readonly StatedView[] {
	const place = ({ strategy, symbol, timeframe }: StatedChain): string =>
		`${strategy}\u0000${symbol}\u0000${timeframe}`;
	return [...parts.chains].sort((a, b) => (place(a) < place(b) ? -1 : 1)).map((chain) => viewOf(chain, parts));
}

/** The chain that speaks for the position of its strategy and symbol: the one stated last. */
export function newestChain(chains: readonly StatedChain[], strategy: string, symbol: string): StatedChain | undefined {
	let newest: StatedChain | undefined;
	for (const chain of chains) {
		if (chain.strategy !== strategy || chain.symbol !== symbol) continue;
		if (newest === undefined || chain.updated_at >= newest.updated_at) newest = chain;
	}
	return newest;
}

function viewOf(chain: StatedChain, parts: ViewParts): StatedView {
	const { strategy: name, symbol } = chain;
	const strategy = parts.strategies.find(({ settings }) => settings.name === name);
	const newest = newestChain(parts.chains, name, symbol);
	const speaks = newest === chain && strategy !== undefined;
	return {
		strategy: name,
		symbol,
		...briefOf(chain),
		ours: speaks
			? strategy.settings.accounts.map(({ account }) => oursOf(chain, strategy.settings, account, parts))
			: [],
		gaps: gapsOf(chain),
		not_followed: newest === chain ? notFollowed(strategy) : `timeframe ${newest?.timeframe} speaks for the position`,
	};
}

/** What a chain states, in short. */
export function briefOf({ position, timeframe, alert_id, updated_at }: StatedChain): StatedBrief {
	const { side, size } = position;
	return { side, size: size ?? null, timeframe: timeframe === "" ? null : timeframe, alert_id, updated_at };
}

function gapsOf({ steps }: StatedChain): StatedGap[] {
	const gaps = steps.flatMap((step, index): StatedGap[] => {
		if (step.outcome !== "assumed" || step.from === undefined) return [];
		const shown = steps[index + 1]?.alert_id ?? null;
		const at = new Date(step.at).toISOString();
		return [{ at, alert_id: shown, from: describeStated(step.from), to: describeStated(step.to) }];
	});
	return gaps.slice(-gaps_max).reverse();
}

function notFollowed(strategy: Strategy | undefined): string | null {
	if (strategy === undefined) return "no strategy of this name is configured";
	if (!strategy.settings.enabled) return "the strategy is disabled";
	if (!strategy.follows) return "its plugin decides what it holds";
	return null;
}

function oursOf(chain: StatedChain, settings: StrategySettings, account: string, parts: ViewParts): StatedOurs {
	const held = parts.held(account, settings.name, chain.symbol);
	const aim = aimOf(chain, settings, account, parts);
	const market = parts.market(account, chain.symbol);
	const off = aim.units === undefined ? undefined : subtract(aim.units, held);
	const quantity = formatDecimal(absolute(held));
	return {
		account,
		side: sideOf(held),
		quantity,
		target: aim.units === undefined ? null : formatDecimal(absolute(aim.units)),
		difference: off === undefined ? null : formatDecimal(off),
		// Less than a step cannot be traded: a fee taken in the coin leaves as much.
		in_step:
			off === undefined ? sideOf(held) === aim.side : off === zero || absolute(off) < (market?.quantity_step ?? zero),
	};
}

/**
 * Where the position should be: on the stated side, unless the strategy's own settings (`direction`, `on_opposite`, a spot
 * account) led elsewhere on the same way. It never leads to a side that is not stated; what stands there by those settings
 * is left as it is.
 */
export function aimOf(chain: StatedChain, settings: StrategySettings, account: string, parts: ViewParts): Aim {
	const { position, steps } = chain;
	const spot = parts.spot(account);
	const stated = opened(position.side, settings, spot);
	const own = sideByOwnSettings(chain, settings, spot);
	const held = sideOf(parts.held(account, settings.name, chain.symbol));
	const side = held === stated || held === own ? held : own === "flat" ? "flat" : stated;
	if (side === "flat") return { side, units: zero };
	const market = parts.market(account, chain.symbol);
	const own_size = steps.at(-1)?.own_size === true;
	if (side !== position.side || market === undefined || own_size) return { side, units: undefined };
	const size = settings.accounts.find((one) => one.account === account)?.size ?? settings.size;
	const units = targetUnits(size, settings.risk_multiplier, market, position);
	return { side, units: units !== undefined && side === "short" ? negate(units) : units };
}

/** The side, or flat where `direction` or a spot account opens nothing on it. */
function opened(side: Side | "flat", { direction }: StrategySettings, spot: boolean): Side | "flat" {
	return (direction !== "both" && direction !== side) || (spot && side === "short") ? "flat" : side;
}

/** The side at the end of the chain's steps for one who did as this strategy's settings say from its first step on. */
function sideByOwnSettings(
	{ steps, strategy, symbol, position }: StatedChain,
	settings: StrategySettings,
	spot: boolean,
): Side | "flat" {
	const { direction, on_opposite, pyramiding } = settings;
	const rules: WayRules = {
		strategy,
		symbol,
		direction,
		on_opposite,
		pyramiding,
		spot,
		// Only the side counts: a whole exit takes all, any other leaves something.
		entry: () => unit,
		cutShort: () => false,
		exit: (_step, held, quantity) => (quantity === undefined || quantity === "100%" ? held : zero),
	};
	const [first] = steps;
	const start = opened((first?.from ?? first?.to ?? position).side, settings, spot);
	const quantity = start === "flat" ? zero : start === "long" ? unit : negate(unit);
	return sideOf(walked({ quantity, additions: 0 }, steps, rules).quantity);
}

/** The legs that lead from what is held to the aim; where only the side is known, an entry gets the strategy's own size. */
export function legsTo(held: Decimal, aim: Aim): readonly Leg[] {
	if (aim.units !== undefined) return difference(held, aim.units, formatDecimal);
	if (sideOf(held) === aim.side) return [];
	const exit: readonly Leg[] = held === zero ? [] : [{ leg: "exit", quantity: undefined }];
	if (aim.side === "flat") return exit;
	const open = { size: undefined, limit: undefined, stop_loss: undefined, take_profit: undefined };
	return [...exit, { leg: "entry", side: aim.side, ...open }];
}

function sideOf(quantity: Decimal): Side | "flat" {
	if (quantity === zero) return "flat";
	return quantity > zero ? "long" : "short";
}
