/** How a credential is compared, and what a sender without a good one is told. */
import { timingSafeEqual } from "node:crypto";
import type { Refusal } from "../domain/codes.ts";
import type { StrategyDirectory } from "../domain/ports.ts";

/** The refusal of a request or command that is not authentic, with the tokened URL's shape and never a token. */
export function notAuthentic(
	detail: string,
	options: { readonly public_url: string; readonly strategies: StrategyDirectory },
): Refusal {
	const all = options.strategies.all();
	const name = (all.find((strategy) => strategy.tokens.length > 0) ?? all[0])?.name ?? "STRATEGY";
	const url = `${options.public_url}/<token of ${name}>`;
	return {
		code: "not_authentic",
		detail,
		hint: `TradingView cannot sign: post to ${url} (the token is in nexus.yaml), or put the strategy's secret into the message.`,
	};
}

/** SHA-256 of a secret: digests have equal lengths, so that they can be compared in constant time. */
export function digestOf(secret: string): Uint8Array {
	return Bun.SHA256.hash(secret) as Uint8Array;
}

/** True where one of the digests is the presented one; looks at all of them, so that the time does not tell which. */
export function isAmong(presented: Uint8Array, digests: readonly Uint8Array[]): boolean {
	let found = false;
	for (const digest of digests) found = timingSafeEqual(presented, digest) || found;
	return found;
}

/** True where both hold the same 64 hex digits, in either case; looks at all of them, so that the time does not tell how many are right. */
export function sameHex(presented: string, expected: string): boolean {
	if (presented.length !== 64 || expected.length !== 64) return false;
	let different = 0;
	// 0x20 is what tells `A` from `a`, and every digit has it.
	for (let i = 0; i < 64; i++) different |= (presented.charCodeAt(i) | 0x20) ^ (expected.charCodeAt(i) | 0x20);
	return different === 0;
}
