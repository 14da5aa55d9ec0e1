/** The stated change: what a message's position fields say happened, from the position before its order to the one after. */
import { type Decimal, decimal, formatDecimal, fromInteger, multiplyDivide, subtract, zero } from "./decimal.ts";
import type { Alert, AlertType, Side, Signal, Stated } from "./records.ts";

/** What TradingView says its strategy holds: side and size in its own units. The size is unknown where only a side was sent. */
export interface StatedPosition {
	readonly side: Side | "flat";
	/** Decimal text above zero; "0" when flat; undefined where it was not sent. */
	readonly size: string | undefined;
}

/** From one stated position to the next, as the message's words mean it. */
export type StatedChange =
	| { readonly kind: "enter"; readonly side: Side }
	| { readonly kind: "exit"; readonly side: Side }
	| { readonly kind: "reverse"; readonly side: Side }
	| { readonly kind: "add"; readonly side: Side }
	| { readonly kind: "reduce"; readonly side: Side }
	/** The same before and after. */
	| { readonly kind: "none"; readonly side: Side | "flat" }
	/** The sizes that would tell an addition from a reduction were not sent. */
	| { readonly kind: "unknown"; readonly side: Side };

/** The position a message states as held after its order. */
export function statedNow(stated: Stated): StatedPosition {
	return statedPosition(stated.side, stated.size);
}

/** The position a message states as held before its order; undefined where it states none. */
export function statedBefore(stated: Stated): StatedPosition | undefined {
	return stated.previous_side === undefined ? undefined : statedPosition(stated.previous_side, stated.previous_size);
}

function statedPosition(side: Side | "flat", size: string | undefined): StatedPosition {
	return { side, size: side === "flat" ? "0" : size };
}

/** True where both state the same; an unknown size agrees with every size of its side. */
export function sameStated(a: StatedPosition, b: StatedPosition): boolean {
	if (a.side !== b.side) return false;
	return a.size === undefined || b.size === undefined || decimal(a.size) === decimal(b.size);
}

/** What leads from one stated position to the other. */
export function statedChange(from: StatedPosition, to: StatedPosition): StatedChange {
	if (to.side === "flat")
		return from.side === "flat" ? { kind: "none", side: "flat" } : { kind: "exit", side: from.side };
	if (from.side === "flat") return { kind: "enter", side: to.side };
	if (from.side !== to.side) return { kind: "reverse", side: to.side };
	if (from.size === undefined || to.size === undefined) return { kind: "unknown", side: to.side };
	const difference: Decimal = decimal(to.size);
	const before = decimal(from.size);
	if (difference === before) return { kind: "none", side: to.side };
	return { kind: difference > before ? "add" : "reduce", side: to.side };
}

/** The alert's type and side because of its position fields; undefined where they leave that to the action. */
export function meaningOfStated(
	stated: Stated,
	action: AlertType,
): { readonly type: AlertType; readonly closes?: Alert["closes"] } | undefined {
	const before = statedBefore(stated);
	const now = statedNow(stated);
	if (before === undefined) return withoutBefore(now, action);
	const change = statedChange(before, now);
	switch (change.kind) {
		case "enter":
		case "reverse":
		case "add":
			return entry(change.side);
		case "exit":
		case "reduce":
			return exit(change.side, action);
		case "none":
			return change.side === "flat" ? { type: "LONG_EXIT", closes: "any" } : entry(change.side);
		case "unknown":
			return withoutBefore(now, action);
	}
}

/** Only the outcome is stated: an order against the stated side has made the position smaller. */
function withoutBefore(now: StatedPosition, action: AlertType): ReturnType<typeof meaningOfStated> {
	if (now.side === "flat") {
		return closing(action) ? { type: action, closes: "any" } : { type: "LONG_EXIT", closes: "any" };
	}
	const against = now.side === "long" ? "SHORT_ENTRY" : "LONG_ENTRY";
	return action === against || action.endsWith("_EXIT") || closing(action) ? exit(now.side, action) : entry(now.side);
}

const closing = (type: AlertType): boolean => type === "STOP_LOSS" || type === "TAKE_PROFIT";

function entry(side: Side): { readonly type: AlertType } {
	return { type: side === "long" ? "LONG_ENTRY" : "SHORT_ENTRY" };
}

/** A stop or target stays one, so that `explain` says why the position was closed. */
function exit(side: Side, action: AlertType): { readonly type: AlertType; readonly closes: Side } {
	const plain = side === "long" ? "LONG_EXIT" : "SHORT_EXIT";
	return { type: closing(action) ? action : plain, closes: side };
}

/** Why action and position fields do not fit together: which way the order went, by each of them; undefined where they fit. */
export function contradictsAction(
	stated: Stated,
	{ type, closes }: { readonly type: AlertType; readonly closes?: Alert["closes"] },
): string | undefined {
	const before = statedBefore(stated);
	if (before === undefined) return undefined;
	const change = statedChange(before, statedNow(stated));
	const bought = buys(change);
	if (bought === undefined) return undefined;
	const opened = change.kind === "enter" || change.kind === "add";
	const closesOnly = closing(type) || type.endsWith("_EXIT");
	const says = type === "LONG_ENTRY" ? true : type === "SHORT_ENTRY" ? false : sideBought(closes);
	if (!(closesOnly && opened) && (says === undefined || bought === says)) return undefined;
	const word = closesOnly
		? `close ${closes === undefined || closes === "any" ? "what is open" : closes}`
		: says
			? "buy"
			: "sell";
	const what = `${bought ? "a purchase" : "a sale"}${closesOnly && opened ? " that opens" : ""}`;
	return `the action says ${word}, but the position fields say ${describeStated(before)} before and ${describeStated(statedNow(stated))} after, which is ${what}; the position fields decide`;
}

/** Closing a short is a purchase, closing a long a sale. */
function sideBought(closes: Alert["closes"]): boolean | undefined {
	return closes === undefined || closes === "any" ? undefined : closes === "short";
}

/** True where the change is a purchase, false where a sale; undefined where it is neither. */
function buys(change: StatedChange): boolean | undefined {
	switch (change.kind) {
		case "enter":
		case "reverse":
		case "add":
			return change.side === "long";
		case "exit":
		case "reduce":
			return change.side === "short";
		case "none":
		case "unknown":
			return undefined;
	}
}

/** Signed units: below zero is short; undefined where the size is unknown. */
export function signedSize(position: StatedPosition): Decimal | undefined {
	if (position.side === "flat") return zero;
	if (position.size === undefined) return undefined;
	const size = decimal(position.size);
	return (position.side === "long" ? size : -size) as Decimal;
}

/** `flat`, `long 0.5`, `short` where the size is unknown. */
export function describeStated(position: StatedPosition): string {
	return position.side === "flat" || position.size === undefined ? position.side : `${position.side} ${position.size}`;
}

/**
 * What a strategy that follows the alert wants because of a stated change; undefined where the sizes that would tell were
 * not sent. A reduction takes the same share off our position.
 */
export function signalsOf(from: StatedPosition, to: StatedPosition): readonly Signal[] | undefined {
	const change = statedChange(from, to);
	switch (change.kind) {
		case "enter":
		case "reverse":
		case "add":
			return [{ kind: "enter", side: change.side }];
		case "exit":
			return [{ kind: "exit", side: change.side }];
		case "reduce":
			return [{ kind: "exit", side: change.side, quantity: `${shareTakenOff(from, to)}%` }];
		case "none": {
			const reason = `the message states ${describeStated(to)} before and after its order`;
			return [{ kind: "skip", code: "no_change", reason }];
		}
		case "unknown":
			return undefined;
	}
}

/** Percent, rounded up at the 18th decimal: units rounded down to a step must not come out one step short. */
function shareTakenOff(from: StatedPosition, to: StatedPosition): string {
	const before = decimal(from.size ?? "0");
	const off = subtract(before, decimal(to.size ?? "0"));
	return formatDecimal(multiplyDivide(off, fromInteger(100), before, "up"));
}
