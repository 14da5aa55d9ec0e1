/** The REST broker: an account at an exchange that nexus reaches through a bridge of the user's own; docs/rest-broker.md is its protocol. */
import type { Approved } from "../domain/approved.ts";
import type { Decimal } from "../domain/decimal.ts";
import type {
	Broker,
	BrokerAbilities,
	BrokerAccount,
	BrokerFill,
	Clock,
	Log,
	Lookup,
	Market,
	Submission,
} from "../domain/ports.ts";
import type { Order } from "../domain/records.ts";
import type { AccountSettings, RestSettings } from "../domain/settings.ts";
import { BridgeClock } from "./rest-clock.ts";
import { FillFeed } from "./rest-fills.ts";
import { lookupOf, proofOf, saidOf, submissionOf } from "./rest-outcome.ts";
import { BadAnswer, balanceOf, marketsOf, openOrdersOf, orderOf, positionsOf, refusalOf } from "./rest-protocol.ts";
import { QuoteBoard } from "./rest-quotes.ts";
import { Repeat } from "./rest-repeat.ts";
import { type Fetch, type Query, RestTransport } from "./rest-transport.ts";

/** The bridge's clock is measured anew after this long. */
const clock_ms = 60_000;
/** Markets are loaded anew after this long: an exchange may change its steps. */
const markets_ms = 60 * 60_000;
/** The longest wait between two questions to a bridge that does not answer. */
const wait_ms_max = 5_000;
/** Answers and symbols remembered by client order id. */
const remembered_max = 10_000;

export interface RestBrokerOptions {
	readonly account: Pick<AccountSettings, "name" | "currency" | "spot">;
	readonly rest: RestSettings;
	readonly clock: Clock;
	readonly log: Log;
	/** Symbols whose price is always kept fresh. */
	readonly symbols?: readonly string[];
	/** The network where absent. */
	readonly fetch?: Fetch;
}

/** One account behind a bridge. An order goes out once for each call of {@link RestBroker.submit}, whatever comes back. */
export class RestBroker implements Broker {
	readonly account: string;
	readonly spot: boolean;
	readonly abilities: BrokerAbilities;
	readonly #currency: string;
	readonly #rest: RestSettings;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #transport: RestTransport;
	readonly #bridgeClock: BridgeClock;
	readonly #fills: FillFeed;
	readonly #quotes: QuoteBoard;
	#markets: ReadonlyMap<string, Market> = new Map();
	/** What is known for certain of orders that were asked for, or is just being asked. */
	readonly #answers = new Map<string, Promise<Submission>>();
	readonly #symbolOf = new Map<string, string>();
	#repeats: readonly Repeat[] = [];

	constructor({ account, rest, clock, log, symbols = [], fetch = globalThis.fetch }: RestBrokerOptions) {
		this.account = account.name;
		this.spot = account.spot;
		this.abilities = {
			request_expiry_ms: rest.request_expiry_ms,
			read_lag_ms: rest.read_lag_ms,
			lookup_by_client_id: rest.lookup,
			forgets: false,
		};
		this.#currency = account.currency;
		this.#rest = rest;
		this.#clock = clock;
		this.#log = log;
		this.#transport = new RestTransport({ url: rest.url, key: rest.key, timeout_ms: rest.timeout_ms, clock, fetch });
		this.#bridgeClock = new BridgeClock(this.#transport, clock);
		this.#fills = new FillFeed(this.#transport, log);
		this.#quotes = new QuoteBoard({
			transport: this.#transport,
			clock,
			bridgeClock: this.#bridgeClock,
			symbols,
			trades: (symbol) => this.#markets.has(symbol),
		});
	}

	market(symbol: string): Market | undefined {
		return this.#markets.get(symbol);
	}

	quote(symbol: string): { readonly price: Decimal; readonly at: number } | undefined {
		return this.#quotes.get(symbol);
	}

	/** The exchange has its own prices; an alert only says that somebody looks at the symbol. */
	observe(symbol: string): void {
		this.#quotes.want(symbol);
	}

	onFill(listener: (fill: BrokerFill) => void): void {
		this.#fills.onFill(listener);
	}

	/**
	 * Measures the bridge's clock, checks the account, loads markets and prices, and begins to tell fills: those that come
	 * from now on. What was filled before is found by {@link RestBroker.lookup}. May be called again after it failed.
	 * @throws Error where the bridge does not answer as its protocol says, or keeps another currency
	 */
	async start(): Promise<void> {
		if (this.#repeats.length > 0) return;
		this.#demand(await this.#bridgeClock.measure());
		const { currency } = await this.#get(["account"], balanceOf);
		if (currency !== this.#currency) {
			const cure = `write currency: ${currency} under accounts.${this.account}`;
			throw this.#error(`the account is kept in ${currency}, and nexus.yaml says ${this.#currency}; ${cure}`);
		}
		await this.#loadMarkets();
		this.#demand(await this.#fills.poll());
		this.#demand(await this.#quotes.refresh());
		const { poll_ms } = this.#rest;
		this.#repeats = [
			this.#repeat("fills", poll_ms, () => this.#fills.poll()),
			this.#repeat("prices", poll_ms, () => this.#quotes.refresh()),
			this.#repeat("the clock", clock_ms, () => this.#bridgeClock.measure()),
			this.#repeat("markets", markets_ms, () => this.#loadMarkets()),
		];
	}

	/** Tells nothing any more and gives up every question that is under way; orders and cancels still get their answer. */
	async stop(): Promise<void> {
		const stopped = this.#repeats.map((repeat) => repeat.stop());
		this.#repeats = [];
		this.#transport.stopAsking();
		await Promise.all(stopped);
	}

	async submit(order: Approved<Order>): Promise<Submission> {
		const known = this.#answers.get(order.client_order_id);
		if (known !== undefined) return known;
		const asking = this.#post(order);
		remember(this.#answers, order.client_order_id, asking);
		const submission = await asking;
		// Without evidence nothing is known, and whoever looked it up may ask again.
		if (submission.outcome === "unknown") this.#answers.delete(order.client_order_id);
		return submission;
	}

	async cancel(client_order_id: string): Promise<boolean> {
		const symbol = this.#symbolOf.get(client_order_id);
		const query = symbol === undefined ? {} : { query: { symbol } };
		const answer = await this.#transport.ask("DELETE", ["orders", client_order_id], query);
		if (answer.kind === "none") throw this.#error(answer.reason);
		const { status, body } = answer;
		if (status === 404 && refusalOf(body)?.code === "not_found") return false;
		if (status !== 200 && status !== 409) throw this.#answered("DELETE /orders", status, body);
		const order = this.#read(body, orderOf);
		if (order.client_order_id !== client_order_id) throw this.#error("DELETE /orders was answered with another order");
		this.#fills.tell(order.fills);
		if (status === 200 && order.status === "open") throw this.#error("DELETE /orders left the order open");
		return status === 200 && order.status === "canceled";
	}

	async lookup(order: Pick<Order, "client_order_id" | "symbol">): Promise<Lookup> {
		const { client_order_id, symbol } = order;
		remember(this.#symbolOf, client_order_id, symbol);
		const answer = await this.#transport.ask("GET", ["orders", client_order_id], { query: { symbol } });
		const found = lookupOf(answer, order);
		if (found.outcome === "not_found") return found;
		return found.reason === undefined ? found : { ...found, reason: this.#transport.said(found.reason) };
	}

	async state(): Promise<BrokerAccount> {
		const [{ balance }, positions, orders] = await Promise.all([
			this.#get(["account"], balanceOf),
			this.#get(["positions"], positionsOf),
			this.#get(["orders"], openOrdersOf, { status: "open" }),
		]);
		for (const { client_order_id, symbol } of orders) remember(this.#symbolOf, client_order_id, symbol);
		const open_orders = orders.map(({ status: _, fills: __, reason: ___, ...order }) => order);
		return { open_orders, positions, balance };
	}

	async #post(order: Order): Promise<Submission> {
		const { client_order_id, symbol, side, type, quantity, limit_price, stop_price, reduce_only } = order;
		remember(this.#symbolOf, client_order_id, symbol);
		const expiry = this.#rest.request_expiry_ms;
		// Without the bridge's time there is no deadline that it could keep.
		if (expiry !== undefined && this.#bridgeClock.now() === undefined) {
			const failure = await this.#bridgeClock.measure();
			if (failure !== undefined) return this.#shown({ outcome: "unknown", reason: `nothing was sent: ${failure}` });
		}
		const now = this.#bridgeClock.now();
		const body = {
			client_order_id,
			symbol,
			side,
			type,
			quantity,
			...(limit_price === undefined ? {} : { limit_price }),
			...(stop_price === undefined ? {} : { stop_price }),
			reduce_only,
			...(expiry === undefined || now === undefined ? {} : { expires_at: new Date(now + expiry).toISOString() }),
		};
		const answer = await this.#transport.ask("POST", ["orders"], { body });
		// Only an order that can be looked up is ever sent again.
		const proof = proofOf(answer, order, expiry !== undefined && this.#rest.lookup);
		const submission = proof.outcome === "duplicate" ? await this.#adopt(order) : proof;
		if (submission.outcome === "accepted") this.#fills.know(submission.fills);
		return this.#shown(submission);
	}

	/** The bridge knows the id: what it has under it is our order. */
	async #adopt(order: Order): Promise<Submission> {
		const found = await this.lookup(order);
		if (found.outcome === "found") return submissionOf({ ...found, status: found.state });
		const why = found.outcome === "unreachable" ? found.reason : "then it did not find it";
		return { outcome: "unknown", reason: `the bridge says that it has the order already; ${why}` };
	}

	#shown(submission: Submission): Submission {
		if (submission.outcome === "accepted") return submission;
		return { ...submission, reason: this.#transport.said(submission.reason) };
	}

	async #loadMarkets(): Promise<undefined> {
		const markets = await this.#get(["markets"], marketsOf);
		this.#markets = new Map(markets.map((market) => [market.symbol, market]));
	}

	async #get<T>(path: readonly string[], read: (body: unknown) => T, query?: Query): Promise<T> {
		const answer = await this.#transport.ask("GET", path, query === undefined ? {} : { query });
		if (answer.kind === "none") throw this.#error(answer.reason);
		if (answer.status !== 200) throw this.#answered(`GET /${path.join("/")}`, answer.status, answer.body);
		return this.#read(answer.body, read);
	}

	#read<T>(body: unknown, read: (body: unknown) => T): T {
		try {
			return read(body);
		} catch (error) {
			throw error instanceof BadAnswer ? this.#error(error.message) : error;
		}
	}

	#demand(failure: string | undefined): void {
		if (failure !== undefined) throw this.#error(failure);
	}

	#answered(what: string, status: number, body: unknown): Error {
		const cure = status === 401 || status === 403 ? `; correct accounts.${this.account}.key` : "";
		return this.#error(`${what} was answered with ${status}${saidOf(body)}${cure}`);
	}

	#error(reason: string): Error {
		return new Error(this.#transport.said(`account ${this.account}, bridge ${this.#transport.place}: ${reason}`));
	}

	#repeat(what: string, every_ms: number, act: () => Promise<string | undefined>): Repeat {
		const tell = (failure: string | undefined): void => {
			const fields = { account: this.account, what };
			if (failure === undefined) this.#log.info("the bridge answers again", fields);
			else
				this.#log.warn("the bridge does not answer as it should", { ...fields, cause: this.#transport.said(failure) });
		};
		return new Repeat({ clock: this.#clock, every_ms, wait_ms_max, act, tell });
	}
}

/** Keeps at most `remembered_max` entries, the oldest going first. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
	map.set(key, value);
	if (map.size <= remembered_max) return;
	const [oldest] = map.keys();
	if (oldest !== undefined) map.delete(oldest);
}
