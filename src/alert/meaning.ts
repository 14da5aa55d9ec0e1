/** What an alert means, as one stable key: the same id with the same meaning is a duplicate. */
import type { Reading } from "./dialect.ts";

/** Hex digits of a key: 128 bits, as the journal keeps them. */
const key_length = 32;

/** 32 hex over everything that changes what nexus would do; not the time, the message and the other fields. */
export function meaningKey(
	reading: Pick<Reading, "type" | "action" | "closes" | "price" | "timeframe" | "quantity" | "stated">,
	strategyName: string,
	symbol: string,
): string {
	const { type, closes, price, timeframe, quantity, stated } = reading;
	const meaning = JSON.stringify([
		// Only a plugin knows what a custom action means, so its word counts; `buy` and `long` are one.
		type === "CUSTOM" ? [type, reading.action] : type,
		closes ?? null,
		strategyName,
		symbol,
		timeframe ?? null,
		price ?? null,
		quantity ?? null,
		stated === undefined
			? null
			: [stated.side, stated.size ?? null, stated.previous_side ?? null, stated.previous_size ?? null],
	]);
	return new Bun.CryptoHasher("sha256").update(meaning).digest("hex").slice(0, key_length);
}
