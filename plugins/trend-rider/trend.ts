/** What trend-rider needs beside the rules: a plugin may have as many files as it likes. */
import type { Position } from "nexus";

/** True where the price is above what the position was bought at. Floats are good enough to compare, never to pay. */
export function isInProfit(position: Position, price: string | undefined): boolean {
	const now = price ?? position.mark_price;
	if (now === null || position.average_price === null) return false;
	return Number(now) > Number(position.average_price);
}

/** The time so many hours after `time`, both ISO 8601. */
export function hoursLater(time: string, hours: number): string {
	return new Date(Date.parse(time) + hours * 3_600_000).toISOString();
}
