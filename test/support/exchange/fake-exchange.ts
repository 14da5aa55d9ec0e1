/** A fake exchange with its bridge: speaks the protocol of docs/rest-broker.md, does wrong what it is told to, and counts what it was asked. */
import { add, type Decimal, decimal, formatDecimal, negate, parseDecimal, zero } from "../../../src/domain/decimal.ts";
import type { Clock, Market } from "../../../src/domain/ports.ts";
import { Chance } from "./chance.ts";
import { drawn, type Faults, noFaults, type OrderFault } from "./faults.ts";
import {
	type ExchangeFill,
	type ExchangeOrder,
	filledOf,
	Matching,
	type OrderRequest,
	usualMarkets,
} from "./matching.ts";

export interface FakeExchangeOptions {
	/** The true time; the exchange's own clock is off by `skew_ms`. */
	readonly clock: Clock;
	readonly seed?: number;
	readonly faults?: Partial<Faults>;
	readonly markets?: readonly Market[];
	readonly currency?: string;
	readonly balance?: string;
	/** Share of the notional. */
	readonly fee?: string;
	/** The bearer key it demands; none where absent. */
	readonly key?: string;
}

/** One request, whatever it came through. */
export interface Call {
	readonly method: string;
	/** Without the query. */
	readonly path: string;
	readonly query: URLSearchParams;
	/** Text as it came. */
	readonly body: string;
	readonly authorization: string | undefined;
}

/** What goes back over the connection. */
export type Reply =
	| { readonly kind: "answer"; readonly status: number; readonly text: string }
	/** The head and half of the body, then the end. */
	| { readonly kind: "half"; readonly status: number; readonly text: string }
	| { readonly kind: "cut" }
	| { readonly kind: "refused" };

/** What the exchange was asked with one `POST /orders`. */
export interface AskedOrder {
	readonly client_order_id: string;
	/** True time. */
	readonly at: number;
	readonly fault: OrderFault | undefined;
	/** What the exchange did with it: undefined while it is still on its way. */
	outcome: "made" | "duplicate" | "expired" | "rejected" | "never came" | undefined;
}

const cut: Reply = { kind: "cut" };
const page_max = 100;

/** An exchange in memory. `handle` serves any network; `fetch` is one of its own, for use in the same process. */
export class FakeExchange {
	readonly matching: Matching;
	/** Every order it was sent, in order. */
	readonly asked: AskedOrder[] = [];
	/** Ids of orders it was asked to take back, in order. */
	readonly askedBack: string[] = [];
	/** Every request by method and path's first word, such as `GET /fills`. */
	readonly requests = new Map<string, number>();
	/** Faults of the next orders, before any rate counts; undefined stands for none. */
	readonly next: (OrderFault | undefined)[] = [];
	readonly #options: FakeExchangeOptions;
	readonly #clock: Clock;
	readonly #chance: Chance;
	/** Fills in the order in which they are told, some of them twice. */
	readonly #feed: ExchangeFill[] = [];
	/** How far the feed was read by anybody. */
	#read = 0;
	#faults: Faults;

	constructor(options: FakeExchangeOptions) {
		this.#options = options;
		this.#clock = options.clock;
		this.#chance = new Chance(options.seed ?? 1);
		this.#faults = { ...noFaults, ...options.faults };
		this.matching = new Matching({
			clock: options.clock,
			chance: this.#chance,
			faults: () => this.#faults,
			markets: options.markets ?? usualMarkets,
			balance: decimal(options.balance ?? "100000"),
			fee: decimal(options.fee ?? "0.001"),
			onFill: (fill) => this.#publish(fill),
		});
	}

	get faults(): Faults {
		return this.#faults;
	}

	/** Changes some of the faults; the others stay. */
	setFaults(changes: Partial<Faults>): void {
		this.#faults = { ...this.#faults, ...changes };
	}

	/** No fault from now on. */
	behave(): void {
		this.#faults = noFaults;
		this.next.length = 0;
	}

	/** The exchange's clock now, milliseconds since 1970. */
	now(): number {
		return this.#clock.now() + this.#faults.skew_ms;
	}

	/** How many orders were made under each client order id. */
	made(): ReadonlyMap<string, number> {
		const made = new Map<string, number>();
		for (const { client_order_id: id } of this.matching.orders) made.set(id, (made.get(id) ?? 0) + 1);
		return made;
	}

	/** Signed units of every symbol, without zeros and without any lag. */
	positions(): ReadonlyMap<string, Decimal> {
		const symbols = (this.#options.markets ?? usualMarkets).map(({ symbol }) => symbol);
		const held = symbols.map((symbol) => [symbol, this.matching.position(symbol)] as const);
		return new Map(held.filter(([, quantity]) => quantity !== 0n));
	}

	/** True while an order is on its way to the exchange. */
	get underWay(): boolean {
		return this.asked.some(({ outcome }) => outcome === undefined);
	}

	/** The network of a program in the same process. */
	readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
		const { pathname, searchParams } = new URL(url);
		const authorization = new Headers(init.headers).get("authorization") ?? undefined;
		const body = typeof init.body === "string" ? init.body : "";
		const call = { method: init.method ?? "GET", path: pathname, query: searchParams, body, authorization };
		const reply = await Promise.race([this.handle(call), abortOf(init.signal ?? undefined)]);
		switch (reply.kind) {
			case "answer":
				return new Response(reply.text, { status: reply.status });
			case "half":
				throw networkError("ECONNRESET", "the connection was cut in the middle of an answer");
			case "cut":
				throw networkError("ECONNRESET", "the connection was cut");
			case "refused":
				throw networkError("ECONNREFUSED", "the connection was refused");
			default:
				return reply satisfies never;
		}
	};

	/** Answers one request, sooner or later. */
	async handle(call: Call): Promise<Reply> {
		const [resource = "", id] = call.path.split("/").slice(1).map(decodeURIComponent);
		const what = `${call.method} /${resource}`;
		this.requests.set(what, (this.requests.get(what) ?? 0) + 1);
		const { down, reads } = this.#faults;
		if (what === "POST /orders") return this.#post(call);
		if (down !== false) return { kind: down };
		if (!this.#isAuthentic(call)) return refusal(401, "not_authentic", "the key is not the one of this exchange");
		if (what === "DELETE /orders" && id !== undefined) return this.#delete(id);
		const fault = drawn(reads, this.#chance);
		if (fault === "cut") return cut;
		if (fault === "error") return { kind: "answer", status: 502, text: "<h1>Bad gateway</h1>" };
		if (fault === "slow") await this.#clock.sleep(this.#chance.whole(...this.#faults.slow_ms));
		return this.#get(resource, id, call.query);
	}

	#isAuthentic({ authorization }: Call): boolean {
		const { key } = this.#options;
		return key === undefined || authorization === `Bearer ${key}`;
	}

	async #post(call: Call): Promise<Reply> {
		const request = requestOf(call.body);
		const { down, orders } = this.#faults;
		const fault = this.next.length > 0 ? this.next.shift() : drawn(orders, this.#chance);
		const { client_order_id = "" } = "code" in request ? {} : request;
		const asked: AskedOrder = { client_order_id, at: this.#clock.now(), fault, outcome: undefined };
		this.asked.push(asked);
		if (down !== false) {
			asked.outcome = "never came";
			return { kind: down };
		}
		if (!this.#isAuthentic(call)) return this.#rejected(asked, 401, { code: "not_authentic", detail: "wrong key" });
		if ("code" in request) return this.#rejected(asked, 400, request);
		return this.#withFault(asked, request);
	}

	async #withFault(asked: AskedOrder, request: Sent): Promise<Reply> {
		const { late_ms, slow_ms } = this.#faults;
		switch (asked.fault) {
			case undefined:
				return this.#take(asked, request);
			case "lost_before":
			case "error_before":
			case "proxy":
				asked.outcome = "never came";
				if (asked.fault === "lost_before") return cut;
				return { kind: "answer", status: asked.fault === "proxy" ? 403 : 503, text: "<h1>not today</h1>" };
			case "lost_after":
				this.#take(asked, request);
				return cut;
			case "error_after":
				this.#take(asked, request);
				return { kind: "answer", status: 503, text: '{"code":"unavailable","detail":"the engine does not answer"}' };
			case "garbled": {
				const reply = this.#take(asked, request);
				return { ...reply, kind: "half" };
			}
			case "late":
				this.#clock.after(this.#chance.whole(...late_ms), () => this.#take(asked, request));
				return cut;
			case "slow_accept":
				await this.#clock.sleep(this.#chance.whole(...late_ms));
				return this.#take(asked, request);
			case "slow_answer": {
				const reply = this.#take(asked, request);
				await this.#clock.sleep(this.#chance.whole(...slow_ms));
				return reply;
			}
			case "reject":
				return this.#rejected(asked, 422, { code: "insufficient_funds", detail: "not enough money" });
			default:
				return asked.fault satisfies never;
		}
	}

	/** The order has reached the exchange. */
	#take(asked: AskedOrder, { expires_at, ...request }: Sent): Extract<Reply, { kind: "answer" }> {
		const { keeps_expiry, unique_among } = this.#faults;
		if (keeps_expiry && expires_at !== undefined && this.now() > expires_at) {
			asked.outcome = "expired";
			return refusal(422, "expired", `it came after ${new Date(expires_at).toISOString()}`);
		}
		const known = this.matching.find(request.client_order_id);
		if (known !== undefined && (known.status === "open" || unique_among === "all")) {
			asked.outcome = "duplicate";
			return answer(409, this.#shownOrder(known));
		}
		const made = this.matching.make(request);
		if ("code" in made) return this.#rejected(asked, 422, made);
		asked.outcome = "made";
		return answer(200, this.#shownOrder(made));
	}

	#rejected(asked: AskedOrder, status: number, { code, detail }: { readonly code: string; readonly detail: string }) {
		asked.outcome = "rejected";
		return refusal(status, code, detail);
	}

	#delete(id: string): Reply {
		this.askedBack.push(id);
		const fault = drawn(this.#faults.cancels, this.#chance);
		if (fault === "lost_before") return cut;
		const order = this.matching.find(id);
		if (order === undefined) return refusal(404, "not_found", `there is no order ${id}`);
		const wasOpen = order.status === "open";
		this.matching.cancel(order);
		return fault === "lost_after" ? cut : answer(wasOpen ? 200 : 409, this.#shownOrder(order));
	}

	#get(resource: string, id: string | undefined, query: URLSearchParams): Reply {
		switch (resource) {
			case "time":
				return answer(200, { time: new Date(this.now()).toISOString() });
			case "account":
				return answer(200, {
					currency: this.#options.currency ?? "USD",
					balance: formatDecimal(this.matching.balance),
				});
			case "positions":
				return answer(200, { items: this.#seenPositions() });
			case "markets":
				return answer(200, { items: (this.#options.markets ?? usualMarkets).map(shownMarket) });
			case "quotes":
				return answer(200, { items: query.getAll("symbol").flatMap((symbol) => this.#quote(symbol)) });
			case "fills":
				return this.#fills(query.get("after"));
			case "orders":
				return id === undefined ? this.#openOrders() : this.#order(id);
			default:
				return refusal(404, "no_such_path", `there is nothing under /${resource}`);
		}
	}

	/** What happened long enough ago to be seen. */
	#isSeen(at: number): boolean {
		return at + this.#faults.read_lag_ms <= this.#clock.now();
	}

	#order(id: string): Reply {
		if (!this.#faults.finds_orders) return refusal(404, "no_such_path", "orders are not found by their id here");
		const order = this.matching.orders.findLast((one) => one.client_order_id === id && this.#isSeen(one.made_at));
		if (order === undefined) return refusal(404, "not_found", `there is no order ${id}`);
		return answer(200, this.#shownOrder(order));
	}

	#openOrders(): Reply {
		const open = this.matching.orders.filter((one) => one.status === "open" && this.#isSeen(one.made_at));
		return answer(200, { items: open.map((order) => this.#shownOrder(order)) });
	}

	#seenPositions(): readonly object[] {
		const held = new Map<string, Decimal>();
		for (const { symbol, side, quantity, at } of this.matching.fills) {
			if (!this.#isSeen(at)) continue;
			held.set(symbol, add(held.get(symbol) ?? zero, side === "buy" ? quantity : negate(quantity)));
		}
		return [...held].map(([symbol, quantity]) => ({ symbol, quantity: formatDecimal(quantity) }));
	}

	#quote(symbol: string): readonly object[] {
		const known = this.matching.price(symbol);
		if (known === undefined) return [];
		const at = new Date(known.at + this.#faults.skew_ms).toISOString();
		return [{ symbol, price: formatDecimal(known.price), at }];
	}

	#publish(fill: ExchangeFill): void {
		const { duplicate, reorder } = this.#faults.feed;
		const place = this.#chance.happens(reorder) ? this.#chance.whole(this.#read, this.#feed.length) : this.#feed.length;
		this.#feed.splice(place, 0, fill);
		if (this.#chance.happens(duplicate)) this.#feed.push(fill);
	}

	#fills(after: string | null): Reply {
		const unseen = this.#feed.findIndex(({ at }) => !this.#isSeen(at));
		const seen = unseen < 0 ? this.#feed.length : unseen;
		const from = after === null ? seen : Number(after);
		if (!Number.isSafeInteger(from) || from < 0) return refusal(400, "bad_cursor", "after is not one of our cursors");
		const until = Math.max(from, Math.min(seen, from + page_max));
		this.#read = Math.max(this.#read, until);
		const items = this.#feed.slice(from, until).map((fill) => this.#shownFill(fill));
		return answer(200, { items, next: String(until) });
	}

	#shownOrder(order: ExchangeOrder): object {
		const { client_order_id, symbol, side, type, quantity, limit_price, stop_price, reduce_only, status } = order;
		return {
			client_order_id,
			symbol,
			side,
			type,
			quantity: formatDecimal(quantity),
			...(limit_price === undefined ? {} : { limit_price: formatDecimal(limit_price) }),
			...(stop_price === undefined ? {} : { stop_price: formatDecimal(stop_price) }),
			reduce_only,
			status,
			filled_quantity: formatDecimal(filledOf(order)),
			fills: order.fills.map((fill) => this.#shownFill(fill)),
		};
	}

	#shownFill({ trade_id, client_order_id, quantity, price, fee, at }: ExchangeFill): object {
		return {
			trade_id,
			client_order_id,
			quantity: formatDecimal(quantity),
			price: formatDecimal(price),
			fee: formatDecimal(fee),
			fee_currency: this.#options.currency ?? "USD",
			at: new Date(at + this.#faults.skew_ms).toISOString(),
		};
	}
}

interface Sent extends OrderRequest {
	readonly expires_at: number | undefined;
}

/** What a body asks for, or why it cannot be understood. */
function requestOf(body: string): Sent | { readonly code: string; readonly detail: string } {
	const bad = (detail: string) => ({ code: "bad_order", detail });
	let sent: Readonly<Record<string, unknown>>;
	try {
		sent = JSON.parse(body) as Readonly<Record<string, unknown>>;
	} catch (error) {
		return bad(`not JSON: ${String(error)}`);
	}
	const { client_order_id, symbol, side, type, quantity, limit_price, stop_price, reduce_only, expires_at } = sent;
	if (typeof client_order_id !== "string" || typeof symbol !== "string")
		return bad("client_order_id and symbol are texts");
	if (side !== "buy" && side !== "sell") return bad("side is buy or sell");
	if (type !== "market" && type !== "limit" && type !== "stop") return bad("type is market, limit or stop");
	if (typeof reduce_only !== "boolean") return bad("reduce_only is true or false");
	const amounts = [quantity, limit_price ?? "0", stop_price ?? "0"].map((value) =>
		typeof value === "string" ? parseDecimal(value) : undefined,
	);
	const [units, limit, stop] = amounts;
	if (units === undefined || limit === undefined || stop === undefined) return bad("decimals are texts");
	const deadline = expires_at === undefined ? undefined : Date.parse(String(expires_at));
	if (Number.isNaN(deadline)) return bad("expires_at is a time");
	return {
		client_order_id,
		symbol,
		side,
		type,
		quantity: units,
		limit_price: limit_price === undefined ? undefined : limit,
		stop_price: stop_price === undefined ? undefined : stop,
		reduce_only,
		expires_at: deadline,
	};
}

function shownMarket(market: Market): object {
	const { symbol, base, quote, quantity_step, price_tick, quantity_min, notional_min } = market;
	return {
		symbol,
		base,
		quote,
		quantity_step: formatDecimal(quantity_step),
		price_tick: formatDecimal(price_tick),
		quantity_min: formatDecimal(quantity_min),
		notional_min: formatDecimal(notional_min),
	};
}

function answer(status: number, body: object): Extract<Reply, { kind: "answer" }> {
	return { kind: "answer", status, text: JSON.stringify(body) };
}

function refusal(status: number, code: string, detail: string): Extract<Reply, { kind: "answer" }> {
	return answer(status, { code, detail });
}

function networkError(code: string, message: string): Error {
	return Object.assign(new TypeError(message), { code });
}

/** Rejects when the caller has lost patience. */
function abortOf(signal: AbortSignal | undefined): Promise<never> {
	return new Promise((_, reject) => {
		signal?.addEventListener("abort", () => reject(networkError("ABORT_ERR", "the request was given up")), {
			once: true,
		});
	});
}
