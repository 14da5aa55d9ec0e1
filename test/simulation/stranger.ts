/** Somebody who trades the same account on the exchange's own page. */
import {
	absolute,
	add,
	type Decimal,
	decimal,
	floorToStep,
	formatDecimal,
	multiply,
	zero,
} from "../../src/domain/decimal.ts";
import type { Chance } from "../support/exchange/chance.ts";
import type { FakeExchange } from "../support/exchange/fake-exchange.ts";
import { type ExchangeOrder, filledOf } from "../support/exchange/matching.ts";
import { symbols } from "./strategies.ts";

/** What is done by hand. */
export type HandDeed =
	| { readonly what: "market"; readonly symbol: string; readonly side: "buy" | "sell"; readonly quantity: string }
	/** At so much of the price of the moment, such as 0.995. */
	| {
			readonly what: "limit";
			readonly symbol: string;
			readonly side: "buy" | "sell";
			readonly quantity: string;
			readonly at: string;
	  }
	/** So much of what the account holds, such as 0.5. */
	| { readonly what: "close"; readonly symbol: string; readonly share: string }
	/** Takes the oldest order of his own back that is open. */
	| { readonly what: "cancel" }
	/** Below zero for money taken out. */
	| { readonly what: "deposit"; readonly amount: string };

/** What ids of the exchange's own begin with. */
const mark = "by-hand-";

/** True for an order that nexus did not send. */
export const isByHand = (client_order_id: string): boolean => client_order_id.startsWith(mark);

/** A few things done by hand in a run. */
export function handDeeds(chance: Chance): readonly HandDeed[] {
	return Array.from({ length: chance.whole(2, 7) }, () => drawn(chance));
}

function drawn(chance: Chance): HandDeed {
	const roll = chance.number();
	const symbol = symbols[chance.number() < 0.7 ? 0 : 1];
	const side = chance.number() < 0.5 ? "buy" : "sell";
	const quantity = String(chance.whole(1, 8) / 10);
	if (roll < 0.25) return { what: "market", symbol, side, quantity };
	if (roll < 0.5) return { what: "limit", symbol, side, quantity, at: String(0.99 + chance.whole(0, 20) / 1_000) };
	if (roll < 0.8) return { what: "close", symbol, share: chance.number() < 0.6 ? "1" : "0.5" };
	if (roll < 0.9) return { what: "cancel" };
	return { what: "deposit", amount: String(chance.whole(-50, 100) * 100) };
}

/** Does it at once, whatever the network to the exchange is like; in words what came of it. */
export function byHand(exchange: FakeExchange, deed: HandDeed): string {
	const { matching } = exchange;
	switch (deed.what) {
		case "market":
			return ordered(exchange, deed.symbol, deed.side, decimal(deed.quantity), undefined);
		case "limit": {
			const { price = zero } = matching.price(deed.symbol) ?? {};
			const limit = floorToStep(multiply(price, decimal(deed.at)), matching.market(deed.symbol)?.price_tick ?? zero);
			return ordered(exchange, deed.symbol, deed.side, decimal(deed.quantity), limit);
		}
		case "close": {
			const held = matching.position(deed.symbol);
			const step = matching.market(deed.symbol)?.quantity_step ?? zero;
			const quantity = floorToStep(multiply(absolute(held), decimal(deed.share)), step);
			return ordered(exchange, deed.symbol, held > 0n ? "sell" : "buy", quantity, undefined);
		}
		case "cancel": {
			const mine = matching.orders.find((order) => order.status === "open" && isByHand(order.client_order_id));
			if (mine === undefined) return "there is nothing to take back by hand";
			matching.cancel(mine);
			return `${mine.client_order_id} is taken back by hand`;
		}
		case "deposit":
			matching.deposit(decimal(deed.amount));
			return `${deed.amount} USD come from outside`;
	}
}

function ordered(
	{ matching }: FakeExchange,
	symbol: string,
	side: "buy" | "sell",
	quantity: Decimal,
	limit_price: Decimal | undefined,
): string {
	const client_order_id = `${mark}${matching.orders.length + 1}`;
	const type = limit_price === undefined ? "market" : "limit";
	const request = {
		client_order_id,
		symbol,
		side,
		type,
		quantity,
		limit_price,
		stop_price: undefined,
		reduce_only: false,
	} as const;
	const made = matching.make(request);
	const words = `${side} ${formatDecimal(quantity)} ${symbol} ${type} by hand`;
	return "code" in made ? `${words}: ${made.detail}` : `${words} is ${client_order_id}`;
}

/** Units of an order that were filled, and their average price; undefined where nothing was. */
export function filledAt(order: Pick<ExchangeOrder, "fills">): { readonly filled: Decimal; readonly cost: Decimal } {
	const cost = order.fills.reduce((sum, { quantity, price }) => add(sum, multiply(quantity, price)), zero);
	return { filled: filledOf(order), cost };
}

/** For the story. */
export function handWords(deed: HandDeed): string {
	switch (deed.what) {
		case "market":
			return `somebody does ${deed.side} ${deed.quantity} ${deed.symbol} by hand`;
		case "limit":
			return `somebody does ${deed.side} ${deed.quantity} ${deed.symbol} by hand at ${deed.at} of its price`;
		case "close":
			return `somebody closes ${deed.share} of the account's ${deed.symbol} by hand`;
		case "cancel":
			return "somebody takes an order of his own back";
		case "deposit":
			return `somebody pays ${deed.amount} USD in`;
	}
}
