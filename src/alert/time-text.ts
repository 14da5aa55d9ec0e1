/** Times as messages carry them: ISO 8601 or seconds or milliseconds since 1970. */

/** Earlier and later times are mistakes, such as seconds read as milliseconds. */
const earliest = Date.UTC(2000, 0, 1);
const latest = Date.UTC(2100, 0, 1);

const iso =
	/^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;
const epoch = /^(\d{10}|\d{13})(?:\.\d{1,9})?$/;

/**
 * Milliseconds since 1970 of `2026-01-31T13:37:00Z` (also with milliseconds, an offset or without a zone, which then is
 * UTC) or of 10 (seconds) or 13 (milliseconds) digits. Undefined for anything else and outside the years 2000 to 2099.
 */
export function instantOf(text: string): number | undefined {
	const trimmed = text.trim();
	if (trimmed.length > 64) return undefined;
	const ms = epochMs(trimmed) ?? isoMs(trimmed);
	return ms !== undefined && ms >= earliest && ms < latest ? ms : undefined;
}

/** The moment at the end of an id such as `BTCUSDT-2026-01-31T13:37:00Z`, ISO 8601; undefined where there is none. */
export function timeAtEnd(id: string): string | undefined {
	const instant = instantOf(id.trim().slice(-"2026-01-31T13:37:00Z".length));
	return instant === undefined ? undefined : new Date(instant).toISOString();
}

function epochMs(text: string): number | undefined {
	const match = epoch.exec(text);
	if (match === null) return undefined;
	const digits = match[1] ?? "";
	return digits.length === 13 ? Number(digits) : Math.floor(Number(text) * 1000);
}

function isoMs(text: string): number | undefined {
	const match = iso.exec(text);
	if (match === null) return undefined;
	const part = (index: number) => Number(match[index] ?? 0);
	const fraction = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
	const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
	const ms = Date.UTC(year, month - 1, day, hour, minute, second, fraction);
	const date = new Date(ms);
	// Date.UTC counts on: February 30 would become March 2.
	const exists =
		date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
	return exists ? ms - offsetMs(match[8]) : undefined;
}

function offsetMs(zone: string | undefined): number {
	if (zone === undefined || !/^[+-]/.test(zone)) return 0;
	const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
	const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
	return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
