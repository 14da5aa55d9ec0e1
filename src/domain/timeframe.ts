/** Timeframes: TradingView's `60` and `1D` and people's `1h` and `15 min` brought to one spelling, so that they can be compared. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;
/** A month counts as 30 days: the length is only used for ages. */
const month = 30 * day;

type Unit = "s" | "m" | "h" | "d" | "w" | "M";
const unitMs: Readonly<Record<Unit, number>> = { s: second, m: minute, h: hour, d: day, w: week, M: month };

/** Longer than any chart's bar (`12M`, `52W`, `365D`); beyond it the text is a mistake. */
const timeframe_ms_max = 365 * day;
/** `525600` minutes are a year; no timeframe needs more digits. */
const digits_max = 6;

/** Words for a unit, in lower case. `M` alone is TradingView's month and handled by its case. */
const unitWords: ReadonlyMap<string, readonly [count: number, unit: Unit]> = new Map(
	(
		[
			[1, "s", "s sec secs second seconds"],
			[1, "m", "m min mins minute minutes"],
			[1, "h", "h hr hrs hour hours hourly"],
			[1, "d", "d day days daily"],
			[1, "w", "w wk wks week weeks weekly"],
			[1, "M", "mo mon mn month months monthly"],
			[12, "M", "y yr yrs year years yearly"],
		] as const
	).flatMap(([count, unit, words]) => words.split(" ").map((word) => [word, [count, unit] as const] as const)),
);

/** Spellings whose reading is remembered; the memory is emptied when it is full. */
const remembered_max = 1000;
/** Longer spellings are read afresh each time. */
const text_length_max = 64;
const remembered = new Map<string, string | undefined>();

const digitsThenUnit = /^(\d*)\s*([A-Za-z]*)$/;
/** MetaTrader's order: `M15`, `H4`, `D1`, `MN1`; its `M` is always a minute. */
const unitThenDigits = /^(M|H|D|W|MN)(\d+)$/i;

/**
 * The canonical spelling of a timeframe: `15s 1m 90m 1h 4h 1d 1w 1M`.
 *
 * A plain number is minutes (`60` → `1h`), a capital `M` is a month and a small `m` a minute (`1M`, `1m`); every other
 * unit and word is read without regard to case. Undefined where the text is no timeframe (also tick and range bars).
 */
export function canonicalTimeframe(text: string): string | undefined {
	if (text.length > text_length_max) return readTimeframe(text);
	const before = remembered.get(text);
	if (before !== undefined || remembered.has(text)) return before;
	const canonical = readTimeframe(text);
	if (remembered.size >= remembered_max) remembered.clear();
	remembered.set(text, canonical);
	return canonical;
}

function readTimeframe(text: string): string | undefined {
	const trimmed = text.trim();
	const swapped = unitThenDigits.exec(trimmed);
	if (swapped !== null) {
		const word = (swapped[1] ?? "").toLowerCase();
		return spelled(swapped[2] ?? "", unitWords.get(word));
	}
	const match = digitsThenUnit.exec(trimmed);
	if (match === null || trimmed === "") return undefined;
	const [, digits = "", word = ""] = match;
	if (word === "") return spelled(digits, [1, "m"]);
	if (word === "M") return spelled(digits, [1, "M"]);
	return spelled(digits, unitWords.get(word.toLowerCase()));
}

/** TradingView's `100T`, `10R`; also the words people use. */
const withoutLength = /^\d*\s*(t|ticks?|r|range|renko|kagi|pnf|linebreak)$/i;

/** True for a chart whose bars end by trades or prices and not by the clock: ticks, ranges, Renko. No timeframe at all. */
export function hasNoLength(text: string): boolean {
	return text.length <= text_length_max && withoutLength.test(text.trim());
}

/** Counts up to the largest unit that holds the span without a rest: 60m → 1h, 24h → 1d, 7d → 1w. Months stay months. */
function spelled(digits: string, found: readonly [number, Unit] | undefined): string | undefined {
	if (found === undefined || digits.length > digits_max) return undefined;
	const count = (digits === "" ? 1 : Number.parseInt(digits, 10)) * found[0];
	const unit = found[1];
	const ms = count * unitMs[unit];
	if (count < 1 || ms > timeframe_ms_max) return undefined;
	if (unit === "M") return `${count}M`;
	for (const larger of ["w", "d", "h", "m"] as const) {
		if (ms % unitMs[larger] === 0) return `${ms / unitMs[larger]}${larger}`;
	}
	return `${ms / second}s`;
}

/** The length of a canonical timeframe in milliseconds; a month counts as 30 days. Throws RangeError for any other text. */
export function timeframeMs(canonical: string): number {
	const unit = canonical.at(-1) ?? "";
	const count = Number(canonical.slice(0, -1));
	if (!Object.hasOwn(unitMs, unit) || !Number.isInteger(count) || count < 1) {
		throw new RangeError(`not a canonical timeframe: ${JSON.stringify(canonical)}`);
	}
	return count * unitMs[unit as Unit];
}
