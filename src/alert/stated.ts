/** The position fields: what TradingView says its strategy held before and holds after the order. */
import type { RefusalCode } from "../domain/codes.ts";
import { absolute, type Decimal, formatDecimal, sign } from "../domain/decimal.ts";
import type { Stated } from "../domain/records.ts";
import { decimalOf } from "./number-text.ts";
import { shown } from "./shown.ts";

type StatedSide = Stated["side"];
const sides: ReadonlySet<string> = new Set<StatedSide>(["long", "short", "flat"]);

interface Text {
	readonly key: string;
	readonly text: string;
}

/** The position fields as the message spells them; undefined where it leaves one out. */
export interface StatedTexts {
	readonly side: Text | undefined;
	readonly size: Text | undefined;
	readonly previous_side: Text | undefined;
	readonly previous_size: Text | undefined;
	/** Signed: below zero is short. */
	readonly signed: Text | undefined;
}

type Refuse = (code: RefusalCode, detail: string) => void;

/** One side and size, as far as the message states it. */
interface Holding {
	readonly side?: StatedSide;
	/** Never below zero. */
	readonly size?: Decimal;
}

/**
 * The stated position, from a side and its size or from a signed size; undefined where the message states none. Fields
 * that contradict one another are refused.
 */
export function statedOf(texts: StatedTexts, refuse: Refuse): Stated | undefined {
	const now = holding(texts.side, texts.size, refuse);
	const before = holding(texts.previous_side, texts.previous_size, refuse);
	const stated = texts.signed === undefined ? now : withSigned(texts, now, texts.signed, refuse);
	if (stated.side === undefined) return undefined;
	return {
		side: stated.side,
		...(stated.size === undefined ? {} : { size: formatDecimal(stated.size) }),
		...(before.side === undefined ? {} : { previous_side: before.side }),
		...(before.size === undefined ? {} : { previous_size: formatDecimal(before.size) }),
	};
}

function holding(side: Text | undefined, size: Text | undefined, refuse: Refuse): Holding {
	const word = side?.text.toLowerCase();
	if (side !== undefined && word !== undefined && !sides.has(word)) {
		refuse("bad_field", `${side.key} ${shown(side.text)} is none of long, short and flat`);
		return {};
	}
	const read = size === undefined ? undefined : decimalOf(size.text);
	if (size !== undefined && read === undefined) {
		refuse("bad_field", `${size.key} ${shown(size.text)} is not a decimal number`);
		return {};
	}
	const stated = word as StatedSide | undefined;
	if (side !== undefined && size !== undefined && read !== undefined && !agree(stated, read)) {
		contradiction(side, size, refuse);
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

function withSigned(texts: StatedTexts, now: Holding, given: Text, refuse: Refuse): Holding {
	const read = decimalOf(given.text);
	if (read === undefined) {
		refuse("bad_field", `${given.key} ${shown(given.text)} is not a decimal number`);
		return {};
	}
	const side = ({ 1: "long", 0: "flat", [-1]: "short" } as const)[sign(read)];
	const size = absolute(read);
	const otherSide = now.side !== undefined && now.side !== side ? texts.side : undefined;
	const otherSize = now.size !== undefined && now.size !== size ? texts.size : undefined;
	const other = otherSide ?? otherSize;
	if (other !== undefined) contradiction(other, given, refuse);
	return { side, size };
}

function contradiction(a: Text, b: Text, refuse: Refuse): void {
	refuse("contradictory_fields", `${a.key} says ${shown(a.text)} and ${b.key} says ${shown(b.text)}`);
}
