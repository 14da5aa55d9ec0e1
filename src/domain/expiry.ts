/** Expiry dates of futures, in the spellings that stand at the end of a symbol, brought to ccxt's `yymmdd`. */

/** A text without its expiry, and the expiry as `261225`. */
export interface Dated {
	readonly rest: string;
	readonly expiry: string;
}

/** The futures trade's letters for January to December, which TradingView uses too. */
const monthLetters = "FGHJKMNQUVXZ";
const monthNames = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ");

/** `BTC-USD-261225`, `BTCUSD_261225`, `BTC-USD-20261225`. */
const digits = /^(.+)[-_](?:20)?(\d{2})(\d{2})(\d{2})$/;
/** `BTC-25DEC26`, `BTCUSDT-25DEC26`. */
const dayNameYear = /^(.+)[-_](\d{1,2})([A-Z]{3})(\d{2})$/;
/** `BTCUSDT25Z2026`, `BTCUSDZ2026`, `BTCUSDZ26`. */
const letterYear = new RegExp(`^(.+?)(\\d{2})?([${monthLetters}])(?:20)?(\\d{2})$`);

/**
 * Splits the expiry off the end of a symbol in capitals; undefined where there is none, or no such day.
 *
 * A month without a day is its last Friday: quarterly and monthly contracts on coins expire then on every large exchange.
 */
export function splitExpiry(text: string): Dated | undefined {
	const plain = digits.exec(text);
	if (plain !== null) return dated(plain[1], Number(plain[2]), Number(plain[3]), Number(plain[4]));
	const named = dayNameYear.exec(text);
	if (named !== null) {
		return dated(named[1], Number(named[4]), monthNames.indexOf(named[3] ?? "") + 1, Number(named[2]));
	}
	const lettered = letterYear.exec(text);
	if (lettered === null) return undefined;
	const year = Number(lettered[4]);
	const month = monthLetters.indexOf(lettered[3] ?? "") + 1;
	const day = lettered[2] === undefined ? lastFriday(year, month) : Number(lettered[2]);
	return dated(lettered[1], year, month, day);
}

function dated(rest: string | undefined, year: number, month: number, day: number): Dated | undefined {
	const date = new Date(Date.UTC(2000 + year, month - 1, day));
	if (rest === undefined || month < 1 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
		return undefined;
	const two = (value: number) => String(value).padStart(2, "0");
	return { rest, expiry: two(year) + two(month) + two(day) };
}

function lastFriday(year: number, month: number): number {
	const last = new Date(Date.UTC(2000 + year, month, 0));
	const friday = 5;
	return last.getUTCDate() - ((last.getUTCDay() - friday + 7) % 7);
}
