/** The opaque place in a list: a row number in base 36 behind a letter, so that nobody counts on it. */
import type { Page, PageRequest } from "../domain/ports.ts";

const limit_default = 50;
const limit_max = 500;

/** Rows come newest first; a page begins below `before`. */
export interface Place {
	readonly before: number;
	readonly limit: number;
}

/** An unknown cursor begins at the end of the list, so that a page is never shown twice for it. */
export function placeOf({ limit = limit_default, cursor }: PageRequest): Place {
	const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number.parseInt(cursor.slice(1), 36);
	const whole = Number.isFinite(limit) ? Math.trunc(limit) : limit_default;
	return { before: Number.isSafeInteger(before) ? before : 0, limit: Math.min(limit_max, Math.max(1, whole)) };
}

/** A page out of one row more than it may hold. */
export function pageOf<T, R>(
	rows: readonly R[],
	limit: number,
	rowNumber: (row: R) => number,
	show: (row: R) => T,
): Page<T> {
	const shown = rows.slice(0, limit);
	const last = shown.at(-1);
	const next = rows.length > limit && last !== undefined ? `c${rowNumber(last).toString(36)}` : null;
	return { items: shown.map(show), next };
}
