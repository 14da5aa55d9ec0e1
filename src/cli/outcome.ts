/** How an alert ended, as a sentence. */
import { type Code, codes } from "../domain/codes.ts";
import type { AlertView, Order } from "../domain/records.ts";
import { figure } from "./format.ts";

/** True for a code of the closed list. */
export const knownCode = (code: string): code is Code => Object.hasOwn(codes, code);

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** One filled order as words: `bought 0.5 BTC/USD at 42021 on account paper`. */
function deed(order: Order): string {
	const verb = order.side === "buy" ? "bought" : "sold";
	const price = order.average_price === null ? "" : ` at ${figure(order.average_price)}`;
	return `${verb} ${figure(order.filled_quantity)} ${order.symbol}${price} on account ${order.account}`;
}

type Ended = Pick<AlertView, "status" | "code" | "reason" | "orders">;

/** `Executed: bought 0.5 BTC/USD at 42021 on account paper.`, `Rejected: …` with the exact cause. */
export function outcomeWords({ status, code, reason, orders = [] }: Ended): string {
	const why = reason ?? (code !== null && knownCode(code) ? codes[code].title : (code ?? ""));
	const because = why === "" ? "." : `: ${sentence(why)}`;
	switch (status) {
		case "executed": {
			const filled = orders.filter(({ filled_quantity }) => /[1-9]/.test(filled_quantity));
			if (filled.length > 0) return `Executed: ${filled.map(deed).join(", ")}.`;
			return orders.length === 0 ? `Executed${because}` : "Executed: the order is placed and not filled yet.";
		}
		case "accepted":
			return "Accepted: it is on disk and has not ended yet.";
		case "rejected":
			return `Rejected${because}`;
		case "skipped":
			return `Skipped${because}`;
		case "failed":
			return `Failed${because}`;
		case "duplicate":
			return `Duplicate${because}`;
		default:
			return status satisfies never;
	}
}
