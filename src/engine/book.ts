/** The book: every strategy's own position, each account's net, money and day, as they stand now; pure arithmetic, no waiting. */
import {
	absolute,
	add,
	type Decimal,
	decimal,
	formatDecimal,
	maximum,
	multiply,
	negate,
	sign,
	subtract,
	zero,
} from "../domain/decimal.ts";
import { external } from "../domain/external.ts";
import {
	applyToHolding,
	averagePrice,
	type Holding,
	holdingOf,
	holdingRecord,
	nothingHeld,
	unrealizedPnl,
} from "../domain/holding.ts";
import type { BrokerFill } from "../domain/ports.ts";
import type { Account, Fill, Order, Position } from "../domain/records.ts";
import type { AccountSettings } from "../domain/settings.ts";

interface Held {
	readonly account: string;
	readonly strategy: string;
	readonly symbol: string;
	holding: Holding;
	updated: number;
}

interface Money {
	readonly settings: AccountSettings;
	balance: Decimal;
	realized: Decimal;
	/** What came from outside: the balance without what was realised. */
	funded: Decimal;
	day: string;
	dayStartEquity: Decimal;
	updated: number;
}

interface Reservation {
	readonly account: string;
	readonly strategy: string;
	readonly symbol: string;
	/** Signed units that an opening order may still add. */
	quantity: Decimal;
	readonly price: Decimal;
}

/** What one symbol ties up: the net held, and what orders may still buy and sell. */
interface Tied {
	net: Decimal;
	buying: Decimal;
	selling: Decimal;
	price: Decimal;
}

const holdingKey = (account: string, strategy: string, symbol: string): string =>
	`${account}\u0000${strategy}\u0000${symbol}`;
const marketKey = (account: string, symbol: string): string => `${account}\u0000${symbol}`;
const tradeKey = (account: string, tradeId: string): string => `${account}\u0000${tradeId}`;
const iso = (ms: number): string => new Date(ms).toISOString();

/** Trades that are remembered, so that one told twice counts once. */
export const trades_max = 100_000;

/** What the records of one fill are after it was applied. */
export interface AppliedFill {
	readonly fill: Fill;
	readonly position: Position;
	readonly account: Account;
}

/** All positions and money, in memory; what it returns are records for the journal. Quantities in units, money in the account's currency. */
export class Book {
	readonly #held = new Map<string, Held>();
	readonly #money = new Map<string, Money>();
	/** Last price by account and symbol. */
	readonly #marks = new Map<string, Decimal>();
	readonly #reservations = new Map<string, Reservation>();
	/** Account and trade id of the last fills, oldest first. */
	readonly #trades = new Set<string>();

	/**
	 * @param positions and accounts as the journal has them; accounts it does not know start with their balance
	 * @param trades the last fills that these positions hold already, oldest first
	 */
	constructor(
		accounts: readonly AccountSettings[],
		positions: readonly Position[],
		known: readonly Account[],
		now: number,
		trades: readonly Pick<Fill, "account" | "trade_id">[] = [],
	) {
		for (const settings of accounts) {
			const before = known.find((account) => account.name === settings.name);
			const balance = before === undefined ? settings.balance : decimal(before.balance);
			const realized = before === undefined ? zero : decimal(before.realized_pnl);
			this.#money.set(settings.name, {
				settings,
				balance,
				realized,
				funded: before?.funded === undefined ? subtract(balance, realized) : decimal(before.funded),
				day: before?.day ?? iso(now).slice(0, 10),
				dayStartEquity: before === undefined ? settings.balance : decimal(before.day_start_equity),
				updated: before === undefined ? now : Date.parse(before.updated_at),
			});
		}
		// Oldest first, so that the newest record's price is the one that stays.
		const byAge = [...positions].sort((a, b) => Date.parse(a.updated_at) - Date.parse(b.updated_at));
		for (const position of byAge) this.#restore(position);
		for (const { account, trade_id } of trades) this.#remember(tradeKey(account, trade_id));
	}

	#remember(trade: string): void {
		this.#trades.add(trade);
		if (this.#trades.size <= trades_max) return;
		const [oldest] = this.#trades;
		if (oldest !== undefined) this.#trades.delete(oldest);
	}

	#restore(position: Position): void {
		const { account, strategy, symbol, updated_at } = position;
		const held = { account, strategy, symbol, holding: holdingOf(position), updated: Date.parse(updated_at) };
		this.#held.set(holdingKey(account, strategy, symbol), held);
		if (position.mark_price !== null) this.mark(position.account, position.symbol, decimal(position.mark_price));
	}

	/** Takes a price as the last one known. */
	mark(account: string, symbol: string, price: Decimal): void {
		this.#marks.set(marketKey(account, symbol), price);
	}

	/** Signed units the strategy holds. */
	quantity(account: string, strategy: string, symbol: string): Decimal {
		return this.#held.get(holdingKey(account, strategy, symbol))?.holding.quantity ?? zero;
	}

	/** The strategy's position as a record; undefined where it is flat. */
	position(account: string, strategy: string, symbol: string): Position | undefined {
		const held = this.#held.get(holdingKey(account, strategy, symbol));
		return held === undefined || held.holding.quantity === 0n ? undefined : this.#positionRecord(held);
	}

	/** Signed units the account holds over all strategies; what no strategy asked for is not among them. */
	net(account: string, symbol: string): Decimal {
		let sum = zero;
		for (const held of this.#held.values()) {
			if (held.account === account && held.symbol === symbol && isOurs(held)) sum = add(sum, held.holding.quantity);
		}
		return sum;
	}

	/** Strategies with their signed units of one symbol, none that is flat, the largest first. */
	holders(account: string, symbol: string): readonly { readonly strategy: string; readonly quantity: Decimal }[] {
		return [...this.#held.values()]
			.filter((held) => held.account === account && held.symbol === symbol && isOurs(held))
			.map(({ strategy, holding }) => ({ strategy, quantity: holding.quantity }))
			.filter(({ quantity }) => quantity !== 0n)
			.sort((a, b) => {
				const larger = absolute(b.quantity) - absolute(a.quantity);
				return larger === 0n ? a.strategy.localeCompare(b.strategy) : larger > 0n ? 1 : -1;
			});
	}

	/** Symbols that the account holds or has held. */
	symbols(account: string): readonly string[] {
		return [...new Set([...this.#held.values()].filter((held) => held.account === account).map((held) => held.symbol))];
	}

	positions(): readonly Position[] {
		return [...this.#held.values()].map((held) => this.#positionRecord(held));
	}

	accounts(): readonly Account[] {
		return [...this.#money.keys()].map((name) => this.account(name));
	}

	/** The account as a record. Throws for a name that is not configured: a bug. */
	account(name: string): Account {
		const money = this.#account(name);
		return {
			name,
			broker: money.settings.broker,
			currency: money.settings.currency,
			balance: formatDecimal(money.balance),
			equity: formatDecimal(this.equity(name)),
			realized_pnl: formatDecimal(money.realized),
			funded: formatDecimal(money.funded),
			day: money.day,
			day_start_equity: formatDecimal(money.dayStartEquity),
			updated_at: iso(money.updated),
		};
	}

	/** Balance plus the unrealised profit and loss of every position, at the last known prices. */
	equity(name: string): Decimal {
		let sum = this.#account(name).balance;
		for (const held of this.#held.values()) {
			if (held.account === name && isOurs(held)) sum = add(sum, unrealizedPnl(held.holding, this.#price(held)));
		}
		return sum;
	}

	/** The account as its broker has it at the very first start, when the journal knows nothing of it yet. */
	fund(name: string, balance: Decimal, now: number): Account {
		const money = this.#account(name);
		money.funded = add(money.funded, subtract(balance, money.balance));
		money.balance = balance;
		money.dayStartEquity = this.equity(name);
		money.updated = now;
		return this.account(name);
	}

	/**
	 * Takes the balance over that the broker has. What it is off by came from outside (a deposit, funding, a trade by hand) and
	 * is neither profit nor loss of the day.
	 */
	correct(name: string, balance: Decimal, now: number): Account {
		const money = this.#account(name);
		const off = subtract(balance, money.balance);
		money.dayStartEquity = add(money.dayStartEquity, off);
		money.funded = add(money.funded, off);
		money.balance = balance;
		money.updated = now;
		return this.account(name);
	}

	/** The last price known of a symbol: a mark, else what it was bought for; undefined where there is none. */
	lastPrice(account: string, symbol: string): Decimal | undefined {
		const mark = this.#marks.get(marketKey(account, symbol));
		if (mark !== undefined) return mark;
		for (const held of this.#held.values()) {
			const average = held.account === account && held.symbol === symbol ? averagePrice(held.holding) : undefined;
			if (average !== undefined) return average;
		}
		return undefined;
	}

	/**
	 * Starts the account's day anew when the UTC date has moved on: the day's loss is measured from here, so call it before
	 * a price or fill of the new day is taken in. True where it did.
	 */
	turnDay(name: string, now: number): boolean {
		const money = this.#account(name);
		const today = iso(now).slice(0, 10);
		if (today <= money.day) return false;
		money.day = today;
		money.dayStartEquity = this.equity(name);
		money.updated = now;
		return true;
	}

	/** Equity lost since the day began, 0 in profit, and the equity it began with. */
	dailyLoss(name: string): { readonly loss: Decimal; readonly from: Decimal } {
		const from = this.#account(name).dayStartEquity;
		const loss = subtract(from, this.equity(name));
		return { loss: loss > 0n ? loss : zero, from };
	}

	/** Ties up what an opening order may still add, until {@link release}. */
	reserve(order: Order, quantity: Decimal, price: Decimal): void {
		this.#reservations.set(order.id, {
			account: order.account,
			strategy: order.strategy,
			symbol: order.symbol,
			quantity: order.side === "buy" ? quantity : negate(quantity),
			price,
		});
	}

	release(orderId: string): void {
		this.#reservations.delete(orderId);
	}

	/** Takes what has been filled off a reservation: it is held now. */
	#consume(orderId: string, filled: Decimal): void {
		const reserved = this.#reservations.get(orderId);
		if (reserved === undefined) return;
		const left = maximum(subtract(absolute(reserved.quantity), filled), zero);
		reserved.quantity = reserved.quantity < 0n ? negate(left) : left;
	}

	/** Units that the strategy's opening orders on this symbol may still add. */
	reserved(account: string, strategy: string, symbol: string): Decimal {
		let sum = zero;
		for (const entry of this.#reservations.values()) {
			if (entry.account === account && entry.strategy === strategy && entry.symbol === symbol) {
				sum = add(sum, absolute(entry.quantity));
			}
		}
		return sum;
	}

	/** True where strategies hold both sides of the symbol, so that no order of one of them is sure to reduce the net. */
	opposed(account: string, symbol: string): boolean {
		const signs = new Set<number>();
		for (const held of this.#held.values()) {
			if (held.account === account && held.symbol === symbol && isOurs(held)) signs.add(sign(held.holding.quantity));
		}
		return signs.has(1) && signs.has(-1);
	}

	/**
	 * Sum of |net × price| over the account's symbols with `extra`. Orders that may still fill count on whichever side makes
	 * the sum larger: one that may never fill must not hide what is held.
	 */
	exposure(
		account: string,
		extra?: { readonly symbol: string; readonly quantity: Decimal; readonly price: Decimal },
	): Decimal {
		const symbols = new Map<string, Tied>();
		const tied = (symbol: string, price: Decimal): Tied => {
			const known = symbols.get(symbol) ?? { net: zero, buying: zero, selling: zero, price };
			symbols.set(symbol, known);
			return known;
		};
		for (const held of this.#held.values()) {
			if (held.account !== account) continue;
			const entry = tied(held.symbol, this.#price(held));
			entry.net = add(entry.net, held.holding.quantity);
		}
		for (const reserved of this.#reservations.values()) {
			if (reserved.account !== account) continue;
			const mark = this.#marks.get(marketKey(account, reserved.symbol));
			const entry = tied(reserved.symbol, mark ?? reserved.price);
			if (reserved.quantity > 0n) entry.buying = add(entry.buying, reserved.quantity);
			else entry.selling = subtract(entry.selling, reserved.quantity);
		}
		if (extra !== undefined) {
			const entry = tied(extra.symbol, extra.price);
			entry.net = add(entry.net, extra.quantity);
			entry.price = extra.price;
		}
		let sum = zero;
		for (const { net, buying, selling, price } of symbols.values()) {
			const units = maximum(absolute(add(net, buying)), absolute(subtract(net, selling)));
			sum = add(sum, multiply(units, price));
		}
		return sum;
	}

	/** Symbols other than `symbol` on which the strategy holds or is opening a position. */
	otherPositions(account: string, strategy: string, symbol: string): number {
		const symbols = new Set<string>();
		const held = [...this.#held.values()].map((one) => ({ ...one, quantity: one.holding.quantity }));
		for (const entry of [...held, ...this.#reservations.values()]) {
			if (entry.account === account && entry.strategy === strategy && entry.quantity !== 0n) symbols.add(entry.symbol);
		}
		symbols.delete(symbol);
		return symbols.size;
	}

	/** Those of an account's fills that have not been applied yet, each trade once. */
	fresh(account: string, fills: readonly BrokerFill[]): readonly BrokerFill[] {
		const seen = new Set<string>();
		return fills.filter(({ trade_id }) => {
			const twice = seen.has(trade_id) || this.#trades.has(tradeKey(account, trade_id));
			seen.add(trade_id);
			return !twice;
		});
	}

	/** True where the account's trade of this id was applied before. */
	counted(account: string, trade_id: string): boolean {
		return this.#trades.has(tradeKey(account, trade_id));
	}

	/**
	 * Applies one fill to the strategy's position and the account's money. `order` says whose it is. Undefined, and nothing
	 * is changed, where the account's trade of this id was applied before.
	 * @param market the broker's price of the symbol now, the new mark; a fill's own price is off by its slippage
	 */
	apply(order: Order, told: BrokerFill, market: Decimal = told.price): AppliedFill | undefined {
		const { account, strategy, symbol, side } = order;
		const trade = tradeKey(account, told.trade_id);
		if (this.#trades.has(trade)) return undefined;
		this.#remember(trade);
		this.turnDay(account, told.at);
		const key = holdingKey(account, strategy, symbol);
		const held = this.#held.get(key) ?? { account, strategy, symbol, holding: nothingHeld, updated: told.at };
		this.#held.set(key, held);
		const { quantity, price, fee } = told;
		const { holding, realized } = applyToHolding(held.holding, {
			side,
			quantity,
			price,
			fee,
			addition: isAddition(order),
		});
		held.holding = holding;
		held.updated = told.at;
		this.#consume(order.id, quantity);
		const money = this.#account(account);
		// The broker's own balance says what was made or lost with what no strategy asked for.
		if (strategy !== external) {
			money.balance = add(money.balance, subtract(realized, fee));
			money.realized = add(money.realized, subtract(realized, fee));
		}
		money.updated = told.at;
		if (market > 0n) this.mark(account, symbol, market);
		const fill = fillRecord(order, told, realized);
		return { fill, position: this.#positionRecord(held), account: this.account(account) };
	}

	#account(name: string): Money {
		const money = this.#money.get(name);
		if (money === undefined) throw new Error(`no account ${name}`);
		return money;
	}

	#price(held: Held): Decimal {
		return this.#marks.get(marketKey(held.account, held.symbol)) ?? averagePrice(held.holding) ?? zero;
	}

	#positionRecord(held: Held): Position {
		const { account, strategy, symbol, holding, updated } = held;
		const mark = this.#marks.get(marketKey(account, symbol));
		return {
			account,
			strategy,
			symbol,
			...holdingRecord(holding),
			unrealized_pnl: formatDecimal(unrealizedPnl(holding, this.#price(held))),
			mark_price: mark === undefined ? null : formatDecimal(mark),
			updated_at: iso(updated),
		};
	}
}

const isOurs = ({ strategy }: Pick<Held, "strategy">): boolean => strategy !== external;

/** An entry counts once as an addition, however many fills it takes. */
function isAddition(order: Order): boolean {
	return order.leg === "entry" && decimal(order.filled_quantity) === 0n;
}

function fillRecord(order: Order, told: BrokerFill, realized: Decimal): Fill {
	const { account, strategy, symbol, side } = order;
	return {
		trade_id: told.trade_id,
		order_id: order.id,
		account,
		strategy,
		symbol,
		side,
		quantity: formatDecimal(told.quantity),
		price: formatDecimal(told.price),
		fee: formatDecimal(told.fee),
		fee_currency: told.fee_currency,
		realized_pnl: formatDecimal(realized),
		filled_at: iso(told.at),
	};
}
