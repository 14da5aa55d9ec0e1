/** The bridge's answers as docs/rest-broker.md has them: JSON in, exact records out; whatever is not as written there is named. */
import { type Decimal, formatDecimal, parseDecimal } from "../domain/decimal.ts";
import type { BrokerAccount, BrokerFill, Market } from "../domain/ports.ts";

/** The bridge answered something that its protocol does not know; the message says where and what. */
export class BadAnswer extends Error {
	override readonly name = "BadAnswer";
}

export const orderStates = ["open", "filled", "canceled", "expired", "rejected"] as const;

/** An order as the bridge knows it. */
export interface BridgeOrder {
	readonly client_order_id: string;
	readonly symbol: string;
	readonly side: "buy" | "sell";
	readonly type: "market" | "limit" | "stop";
	readonly limit_price?: string;
	readonly stop_price?: string;
	readonly quantity: Decimal;
	readonly filled_quantity: Decimal;
	readonly status: (typeof orderStates)[number];
	readonly fills: readonly BrokerFill[];
	readonly reason?: string;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads one JSON object; throws {@link BadAnswer} where a key is missing or of another kind. */
class Keys {
	readonly #of: Json;
	readonly #where: string;

	constructor(value: unknown, where: string) {
		if (typeof value !== "object" || value === null || Array.isArray(value)) {
			throw new BadAnswer(`${where} is not an object`);
		}
		this.#of = value as Json;
		this.#where = where;
	}

	text(key: string): string {
		const value = this.#of[key];
		if (typeof value === "string" && value !== "" && value.length <= text_characters_max) return value;
		throw new BadAnswer(`${this.#where}.${key} must be text of 1 to ${text_characters_max} characters`);
	}

	optional(key: string): string | undefined {
		const value = this.#of[key];
		return value === undefined || value === null || value === "" ? undefined : this.text(key);
	}

	/** Decimals are text: a JSON number may have lost digits before anyone could see it. */
	decimal(key: string, least: "any" | "zero" | "above zero"): Decimal {
		const value = this.#of[key];
		const read = typeof value === "string" ? parseDecimal(value) : undefined;
		if (read === undefined) throw new BadAnswer(`${this.#where}.${key} must be a decimal as text, such as "0.5"`);
		if (least !== "any" && read < 0n) throw new BadAnswer(`${this.#where}.${key} must not be below zero`);
		if (least === "above zero" && read === 0n) throw new BadAnswer(`${this.#where}.${key} must be above zero`);
		return read;
	}

	/** A price as decimal text; undefined where there is none. */
	price(key: string): string | undefined {
		return this.optional(key) === undefined ? undefined : formatDecimal(this.decimal(key, "zero"));
	}

	word<const W extends readonly string[]>(key: string, words: W): W[number] {
		const value = this.#of[key];
		const word = words.find((candidate) => candidate === value);
		if (word === undefined) throw new BadAnswer(`${this.#where}.${key} must be one of ${words.join(", ")}`);
		return word;
	}

	/** Milliseconds since 1970 of an ISO 8601 time with its zone. */
	time(key: string): number {
		const text = this.text(key);
		const at = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
		if (Number.isNaN(at)) throw new BadAnswer(`${this.#where}.${key} must be a time such as 2026-01-31T13:37:00.000Z`);
		return at;
	}

	list<T>(key: string, read: (item: unknown, where: string) => T): readonly T[] {
		const value = this.#of[key];
		if (!Array.isArray(value)) throw new BadAnswer(`${this.#where}.${key} must be a list`);
		return value.map((item, index) => read(item, `${this.#where}.${key}[${index}]`));
	}
}

const text_characters_max = 500;
const sides = ["buy", "sell"] as const;

/** `{"time": …}` of `GET /time`, in milliseconds since 1970. */
export function timeOf(body: unknown): number {
	return new Keys(body, "time").time("time");
}

/** One order. */
export function orderOf(body: unknown, where = "order"): BridgeOrder {
	const keys = new Keys(body, where);
	const client_order_id = keys.text("client_order_id");
	const fills = keys.list("fills", fillOf);
	const stray = fills.find((fill) => fill.client_order_id !== client_order_id);
	if (stray !== undefined) throw new BadAnswer(`${where}.fills has one of another order (${stray.trade_id})`);
	const reason = keys.optional("reason");
	const limit_price = keys.price("limit_price");
	const stop_price = keys.price("stop_price");
	return {
		client_order_id,
		symbol: keys.text("symbol"),
		side: keys.word("side", sides),
		type: stop_price !== undefined ? "stop" : limit_price !== undefined ? "limit" : "market",
		...(limit_price === undefined ? {} : { limit_price }),
		...(stop_price === undefined ? {} : { stop_price }),
		quantity: keys.decimal("quantity", "above zero"),
		filled_quantity: keys.decimal("filled_quantity", "zero"),
		status: keys.word("status", orderStates),
		fills,
		...(reason === undefined ? {} : { reason }),
	};
}

function fillOf(body: unknown, where: string): BrokerFill {
	const keys = new Keys(body, where);
	return {
		trade_id: keys.text("trade_id"),
		client_order_id: keys.text("client_order_id"),
		quantity: keys.decimal("quantity", "above zero"),
		price: keys.decimal("price", "above zero"),
		fee: keys.decimal("fee", "any"),
		fee_currency: keys.text("fee_currency"),
		at: keys.time("at"),
	};
}

/** One page of `GET /fills`. */
export interface FillPage {
	/** Fills of orders that have a client order id; trades made by hand have none. */
	readonly fills: readonly BrokerFill[];
	/** Why some of the page could not be read; empty where all could. */
	readonly unreadable: readonly string[];
	/** Asks for what comes after this page. */
	readonly next: string;
	/** Entries on the page, whatever they are. */
	readonly length: number;
}

/** Reads what can be read: one broken entry must not keep the others away. */
export function fillPageOf(body: unknown): FillPage {
	const keys = new Keys(body, "fills");
	const read = keys.list("items", (item, where) => {
		try {
			const stranger = new Keys(item, where).optional("client_order_id") === undefined;
			return stranger ? undefined : fillOf(item, where);
		} catch (error) {
			if (error instanceof BadAnswer) return error.message;
			throw error;
		}
	});
	return {
		fills: read.filter((one) => typeof one === "object"),
		unreadable: read.filter((one) => typeof one === "string"),
		next: keys.text("next"),
		length: read.length,
	};
}

/** `GET /account`. */
export function balanceOf(body: unknown): { readonly currency: string; readonly balance: Decimal } {
	const keys = new Keys(body, "account");
	return { currency: keys.text("currency"), balance: keys.decimal("balance", "any") };
}

/** `GET /positions`. */
export function positionsOf(body: unknown): BrokerAccount["positions"] {
	return new Keys(body, "positions").list("items", (item, where) => {
		const keys = new Keys(item, where);
		return { symbol: keys.text("symbol"), quantity: keys.decimal("quantity", "any") };
	});
}

/** `GET /orders?status=open`. */
export function openOrdersOf(body: unknown): readonly BridgeOrder[] {
	return new Keys(body, "orders").list("items", orderOf);
}

/** `GET /markets`. */
export function marketsOf(body: unknown): readonly Market[] {
	return new Keys(body, "markets").list("items", (item, where) => {
		const keys = new Keys(item, where);
		return {
			symbol: keys.text("symbol"),
			base: keys.text("base"),
			quote: keys.text("quote"),
			quantity_step: keys.decimal("quantity_step", "above zero"),
			price_tick: keys.decimal("price_tick", "zero"),
			quantity_min: keys.decimal("quantity_min", "zero"),
			notional_min: keys.decimal("notional_min", "zero"),
		};
	});
}

/** One price of `GET /quotes`, with the bridge's own time. */
export interface BridgeQuote {
	readonly symbol: string;
	readonly price: Decimal;
	readonly at: number;
}

/** `GET /quotes?symbol=…`. */
export function quotesOf(body: unknown): readonly BridgeQuote[] {
	return new Keys(body, "quotes").list("items", (item, where) => {
		const keys = new Keys(item, where);
		return { symbol: keys.text("symbol"), price: keys.decimal("price", "above zero"), at: keys.time("at") };
	});
}

/** The `code` and `detail` by which the bridge itself says no; undefined where someone in between answered. */
export function refusalOf(body: unknown): { readonly code: string; readonly detail: string } | undefined {
	if (typeof body !== "object" || body === null) return undefined;
	const { code, detail } = body as Json;
	return typeof code === "string" && code !== "" && typeof detail === "string" ? { code, detail } : undefined;
}
