/** Numbers, times and durations as people read them in a table. */
import { absolute, type Decimal, decimal, floorToStep, formatDecimal, parseDecimal } from "../domain/decimal.ts";

/** Money: two decimals, half up; with a `+` where `signed` and above zero. */
export function money(text: string, signed = false): string {
	const value = parseDecimal(text);
	if (value === undefined) return text;
	const half = decimal("0.005");
	const cents = floorToStep((value < 0n ? value - half : value + half) as Decimal, decimal("0.01"));
	const [integer = "0", fraction = ""] = formatDecimal(absolute(cents)).split(".");
	const sign = cents < 0n ? "-" : signed && cents > 0n ? "+" : "";
	return `${sign}${integer.replace(/\B(?=(\d{3})+$)/g, ",")}.${fraction.padEnd(2, "0")}`;
}

/** A price or a quantity: at most eight decimals, … where there are more. */
export function figure(text: string | null | undefined): string {
	if (text === null || text === undefined) return "-";
	const [integer = "", fraction = ""] = text.split(".");
	return fraction.length <= 8 ? text : `${integer}.${fraction.slice(0, 7)}…`;
}

/** Milliseconds with three decimals. */
export function milliseconds(ms: number): string {
	return ms.toFixed(3);
}

/** A span as `17 ms`, `3.2 s`, `4m 05s`, `3h 12m`, `2d 4h`. */
export function span(ms: number): string {
	if (ms < 1000) return `${Math.round(ms)} ms`;
	const seconds = Math.floor(ms / 1000);
	if (seconds < 60) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
	const two = (value: number) => String(value).padStart(2, "0");
	if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
	if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${two(Math.floor(seconds / 60) % 60)}m`;
	return `${Math.floor(seconds / 86_400)}d ${Math.floor(seconds / 3600) % 24}h`;
}

/** Bytes as `812 B`, `1.4 KB`, `3.0 MB`. */
export function bytes(count: number): string {
	const units = ["B", "KB", "MB", "GB", "TB"];
	let value = count;
	let unit = 0;
	while (value >= 1024 && unit < units.length - 1) {
		value /= 1024;
		unit += 1;
	}
	return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** ISO 8601 as `2026-01-31 13:37:00.123 UTC`. */
export function moment(iso: string): string {
	return `${iso.replace("T", " ").replace(/Z$/, "")} UTC`;
}

/** How a column of times (UTC) is written: only the time where all are of today, with month and day, or with the year where it is another. */
export function timeColumn(times: readonly string[], now: number): (iso: string) => string {
	const today = new Date(now).toISOString().slice(0, 10);
	if (times.every((time) => time.startsWith(today))) return (iso) => iso.slice(11, 19);
	const dayFrom = times.every((time) => time.startsWith(today.slice(0, 5))) ? 5 : 0;
	return (iso) => `${iso.slice(dayFrom, 10)} ${iso.slice(11, 16)}`;
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of `90s`, `1.5h`, `7d`. Undefined for anything else. */
export function readSpan(text: string): number | undefined {
	const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d|w)$/.exec(text);
	const unit = match?.[2];
	return unit === undefined ? undefined : Math.round(Number(match?.[1]) * units[unit as keyof typeof units]);
}

/** `1 order`, `2 orders`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
	return `${number} ${number === 1 ? noun : plural}`;
}
