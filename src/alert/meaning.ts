/** What an alert means, as one stable key: the same id with the same meaning is a duplicate. */
import type { Reading } from "./dialect.ts";

/** Hex digits of a key: 128 bits, as the journal keeps them. */
const key_length = 32;

/** 32 hex over everything that changes what nexus would do; not the time, the message and the other fields. */
export function meaningKey(
	reading: Pick<
		Reading,
		| ("type" | "action" | "closes" | "price" | "timeframe" | "quantity" | "stated")
		| ("size" | "limit" | "stop_loss" | "take_profit" | "cancel" | "relative")
	>,
	strategyName: string,
	symbol: string,
): string {
	const { type, closes, price, timeframe, quantity, stated } = reading;
	const position =
		stated === undefined ? "" : `${stated.side} ${stated.size} ${stated.previous_side} ${stated.previous_size}`;
	const { size, limit, stop_loss, take_profit, cancel, relative } = reading;
	const order = size ?? limit ?? stop_loss ?? take_profit ?? cancel ?? relative;
	const wishes = order === undefined ? "" : JSON.stringify([size, limit, stop_loss, take_profit, cancel, relative]);
	// Only a plugin knows what a custom action means, so its word counts; `buy` and `long` are one.
	const custom = type === "CUSTOM" ? reading.action : "";
	// The sender's own words stand last and say how long they are: nothing can pose as its neighbour.
	const meaning =
		`${type} ${closes} ${timeframe} ${price} ${quantity} ${position}${wishes}\n` +
		`${custom.length} ${strategyName.length} ${custom}${strategyName}${symbol}`;
	return Bun.SHA256.hash(meaning, "hex").slice(0, key_length);
}
