/** The position fields: what TradingView says its strategy held before and holds after the order. */
import { absolute, type Decimal, formatDecimal, sign } from "../domain/decimal.ts";
import type { Stated } from "../domain/records.ts";
import { type CommandFields, type Given, shown } from "./command-fields.ts";
import { decimalOf } from "./number-text.ts";

type StatedSide = Stated["side"];
const positionFields = [
	...(["market_position", "market_position_size", "position_size"] as const),
	...(["prev_market_position", "prev_market_position_size"] as const),
];
const sides: ReadonlySet<string> = new Set<StatedSide>(["long", "short", "flat"]);

/** One side and size, as far as the message states it. */
interface Holding {
	readonly side?: StatedSide;
	/** Never below zero. */
	readonly size?: Decimal;
}

/**
 * The stated position, from `market_position` and its size, or from the signed `position_size`; undefined where the
 * message states none. Fields that contradict one another are refused through `fields`.
 */
export function readStated(fields: CommandFields): Stated | undefined {
	if (!fields.hasAny(positionFields)) return undefined;
	const now = holding(fields, fields.single("market_position"), fields.single("market_position_size"));
	const before = holding(fields, fields.single("prev_market_position"), fields.single("prev_market_position_size"));
	const signed = fields.single("position_size");
	const stated = signed === undefined ? now : withSigned(fields, now, signed);
	if (stated.side === undefined) return undefined;
	return {
		side: stated.side,
		...(stated.size === undefined ? {} : { size: formatDecimal(stated.size) }),
		...(before.side === undefined ? {} : { previous_side: before.side }),
		...(before.size === undefined ? {} : { previous_size: formatDecimal(before.size) }),
	};
}

function holding(fields: CommandFields, side: Given | undefined, size: Given | undefined): Holding {
	const word = side?.text.toLowerCase();
	if (side !== undefined && word !== undefined && !sides.has(word)) {
		fields.refuse("bad_field", `${side.key} ${shown(side.text)} is none of long, short and flat`);
		return {};
	}
	const read = size === undefined ? undefined : decimalOf(size.text);
	if (size !== undefined && read === undefined) {
		fields.refuse("bad_field", `${size.key} ${shown(size.text)} is not a decimal number`);
		return {};
	}
	const stated = word as StatedSide | undefined;
	if (side !== undefined && size !== undefined && read !== undefined && !agree(stated, read)) {
		contradiction(fields, side, size);
	}
	return {
		...(stated === undefined ? {} : { side: stated }),
		...(read === undefined ? {} : { size: absolute(read) }),
	};
}

/** A size agrees with its side where flat is nothing and nothing is flat; a minus is right only with short. */
function agree(side: StatedSide | undefined, size: Decimal): boolean {
	if (side === undefined) return true;
	if (side === "flat") return size === 0n;
	return size > 0n || (size < 0n && side === "short");
}

function withSigned(fields: CommandFields, now: Holding, given: Given): Holding {
	const read = decimalOf(given.text);
	if (read === undefined) {
		fields.refuse("bad_field", `${given.key} ${shown(given.text)} is not a decimal number`);
		return {};
	}
	const side = ({ 1: "long", 0: "flat", [-1]: "short" } as const)[sign(read)];
	const size = absolute(read);
	const otherSide = now.side !== undefined && now.side !== side ? fields.single("market_position") : undefined;
	const otherSize = now.size !== undefined && now.size !== size ? fields.single("market_position_size") : undefined;
	const other = otherSide ?? otherSize;
	if (other !== undefined) contradiction(fields, other, given);
	return { side, size };
}

function contradiction(fields: CommandFields, a: Given, b: Given): void {
	fields.refuse("contradictory_fields", `${a.key} says ${shown(a.text)} and ${b.key} says ${shown(b.text)}`);
}
