/** What must hold where the broker can prove nothing: no order is sent again, and a person ends what is in doubt. */
import type { Database } from "bun:sqlite";
import { divide, formatDecimal } from "../../src/domain/decimal.ts";
import { external } from "../../src/domain/external.ts";
import type { Settlement } from "../../src/domain/ports.ts";
import type { Order } from "../../src/domain/records.ts";
import type { TradingEngine } from "../../src/engine/trading-engine.ts";
import type { FakeExchange } from "../support/exchange/fake-exchange.ts";
import type { Scene } from "./invariants.ts";
import { filledAt } from "./stranger.ts";
import { symbols } from "./strategies.ts";

/** Orders that were sent twice although nothing could prove that they had not arrived. */
export function doubled({ setting, exchange }: Scene): readonly string[] {
	if (setting.kind !== "at_most_once") return [];
	const sent = new Map<string, number>();
	for (const { client_order_id: id } of exchange.asked) sent.set(id, (sent.get(id) ?? 0) + 1);
	return [...sent].filter(([, times]) => times > 1).map(([id, times]) => `order ${id} was sent ${times} times`);
}

/** What a person who looks at the exchange's page says of an order in review. */
export function truthOf({ client_order_id }: Order, { matching }: FakeExchange): Settlement {
	const found = matching.find(client_order_id);
	if (found === undefined || found.fills.length === 0) return { filled: "0" };
	const { filled, cost } = filledAt(found);
	return { filled: formatDecimal(filled), price: formatDecimal(divide(cost, filled, "down")) };
}

/** After everything was closed: what is still there and of no stranger. */
export function leftOpen(
	{ matching }: FakeExchange,
	{ book }: TradingEngine,
	orders: readonly Order[],
): readonly string[] {
	return symbols.flatMap((symbol) => {
		const [there, others] = [matching.position(symbol), book.quantity("live", external, symbol)];
		// Which one of several in review it was, the position cannot say: then a strategy holds too much or too little.
		if (there === others || orders.some((order) => order.symbol === symbol && isGuessed(order))) return [];
		return [
			`after all was closed the exchange holds ${formatDecimal(there)} ${symbol}, EXTERNAL ${formatDecimal(others)}`,
		];
	});
}

/** True for an order that is counted by the position at the exchange alone. */
export const isGuessed = ({ reason }: Order): boolean =>
	reason?.startsWith("the position at the broker shows") === true;

/** True where an order of this journal was ever in review. */
export function everInReview(db: Database): boolean {
	const sql = "SELECT 1 FROM events WHERE record ->> 'kind' IN ('OrderInReview', 'OrderSettled') LIMIT 1";
	return db.query(sql).values().length > 0;
}
