/** The book: every strategy's own position, each account's net, money and day, as they stand now; pure arithmetic, no waiting. */
import {
	absolute,
	add,
	type Decimal,
	decimal,
	divide,
	formatDecimal,
	minimum,
	multiply,
	negate,
	sign,
	subtract,
	zero,
} from "../domain/decimal.ts";
import type { BrokerFill } from "../domain/ports.ts";
import type { Account, Fill, Order, Position } from "../domain/records.ts";
import type { AccountSettings } from "../domain/settings.ts";

interface Holding {
	readonly account: string;
	readonly strategy: string;
	readonly symbol: string;
	/** Signed: below zero is short. */
	quantity: Decimal;
	average: Decimal;
	/** After fees. */
	realized: Decimal;
	additions: number;
	updated: number;
}

interface Money {
	readonly settings: AccountSettings;
	balance: Decimal;
	realized: Decimal;
	day: string;
	dayStartEquity: Decimal;
	updated: number;
}

interface Reservation {
	readonly account: string;
	readonly strategy: string;
	readonly symbol: string;
	/** Signed units that an opening order may still add. */
	readonly quantity: Decimal;
	readonly price: Decimal;
}

const holdingKey = (account: string, strategy: string, symbol: string): string =>
	`${account}\u0000${strategy}\u0000${symbol}`;
const marketKey = (account: string, symbol: string): string => `${account}\u0000${symbol}`;
const iso = (ms: number): string => new Date(ms).toISOString();

/** What the records of one fill are after it was applied. */
export interface AppliedFill {
	readonly fill: Fill;
	readonly position: Position;
	readonly account: Account;
}

export class Book {
	readonly #holdings = new Map<string, Holding>();
	readonly #money = new Map<string, Money>();
	/** Last price by account and symbol. */
	readonly #marks = new Map<string, Decimal>();
	readonly #reservations = new Map<string, Reservation>();

	/** @param positions and accounts as the journal has them; accounts it does not know start with their balance */
	constructor(
		accounts: readonly AccountSettings[],
		positions: readonly Position[],
		known: readonly Account[],
		now: number,
	) {
		for (const settings of accounts) {
			const before = known.find((account) => account.name === settings.name);
			this.#money.set(settings.name, {
				settings,
				balance: before === undefined ? settings.balance : decimal(before.balance),
				realized: before === undefined ? zero : decimal(before.realized_pnl),
				day: before?.day ?? iso(now).slice(0, 10),
				dayStartEquity: before === undefined ? settings.balance : decimal(before.day_start_equity),
				updated: before === undefined ? now : Date.parse(before.updated_at),
			});
		}
		for (const position of positions) this.#restore(position);
	}

	#restore(position: Position): void {
		const quantity = decimal(position.quantity);
		this.#holdings.set(holdingKey(position.account, position.strategy, position.symbol), {
			account: position.account,
			strategy: position.strategy,
			symbol: position.symbol,
			quantity: position.side === "short" ? negate(quantity) : quantity,
			average: position.average_price === null ? zero : decimal(position.average_price),
			realized: decimal(position.realized_pnl),
			additions: position.additions,
			updated: Date.parse(position.updated_at),
		});
		if (position.mark_price !== null) this.mark(position.account, position.symbol, decimal(position.mark_price));
	}

	/** Takes a price as the last one known. */
	mark(account: string, symbol: string, price: Decimal): void {
		this.#marks.set(marketKey(account, symbol), price);
	}

	/** Signed units the strategy holds. */
	quantity(account: string, strategy: string, symbol: string): Decimal {
		return this.#holdings.get(holdingKey(account, strategy, symbol))?.quantity ?? zero;
	}

	/** The strategy's position as a record; undefined where it is flat. */
	position(account: string, strategy: string, symbol: string): Position | undefined {
		const holding = this.#holdings.get(holdingKey(account, strategy, symbol));
		return holding === undefined || holding.quantity === 0n ? undefined : this.#positionRecord(holding);
	}

	/** Signed units the account holds over all strategies. */
	net(account: string, symbol: string): Decimal {
		let sum = zero;
		for (const holding of this.#holdings.values()) {
			if (holding.account === account && holding.symbol === symbol) sum = add(sum, holding.quantity);
		}
		return sum;
	}

	positions(): readonly Position[] {
		return [...this.#holdings.values()].map((holding) => this.#positionRecord(holding));
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
			day: money.day,
			day_start_equity: formatDecimal(money.dayStartEquity),
			updated_at: iso(money.updated),
		};
	}

	/** Balance plus the unrealised profit and loss of every position, at the last known prices. */
	equity(name: string): Decimal {
		let sum = this.#account(name).balance;
		for (const holding of this.#holdings.values()) {
			if (holding.account === name) sum = add(sum, this.#unrealized(holding));
		}
		return sum;
	}

	/** Starts the account's day anew when the UTC date has changed: the day's loss is measured from here. */
	turnDay(name: string, now: number): void {
		const money = this.#account(name);
		const today = iso(now).slice(0, 10);
		if (money.day === today) return;
		money.day = today;
		money.dayStartEquity = this.equity(name);
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

	/** Sum of |net × price| over the account's symbols, reservations and `extra` included. */
	exposure(
		account: string,
		extra?: { readonly symbol: string; readonly quantity: Decimal; readonly price: Decimal },
	): Decimal {
		const nets = new Map<string, { quantity: Decimal; price: Decimal }>();
		const put = (symbol: string, quantity: Decimal, price: Decimal): void => {
			nets.set(symbol, { quantity: add(nets.get(symbol)?.quantity ?? zero, quantity), price });
		};
		for (const holding of this.#holdings.values()) {
			if (holding.account === account) put(holding.symbol, holding.quantity, this.#price(holding));
		}
		for (const reserved of this.#reservations.values()) {
			if (reserved.account === account) put(reserved.symbol, reserved.quantity, reserved.price);
		}
		if (extra !== undefined) put(extra.symbol, extra.quantity, extra.price);
		let sum = zero;
		for (const { quantity, price } of nets.values()) sum = add(sum, absolute(multiply(quantity, price)));
		return sum;
	}

	/** Symbols other than `symbol` on which the strategy holds or is opening a position. */
	otherPositions(account: string, strategy: string, symbol: string): number {
		const symbols = new Set<string>();
		for (const entry of [...this.#holdings.values(), ...this.#reservations.values()]) {
			if (entry.account === account && entry.strategy === strategy && entry.quantity !== 0n) symbols.add(entry.symbol);
		}
		symbols.delete(symbol);
		return symbols.size;
	}

	/** Applies one fill to the strategy's position and the account's money. `order` says whose it is. */
	apply(order: Order, told: BrokerFill): AppliedFill {
		const key = holdingKey(order.account, order.strategy, order.symbol);
		const holding = this.#holdings.get(key) ?? {
			account: order.account,
			strategy: order.strategy,
			symbol: order.symbol,
			quantity: zero,
			average: zero,
			realized: zero,
			additions: 0,
			updated: told.at,
		};
		this.#holdings.set(key, holding);
		const change = order.side === "buy" ? told.quantity : negate(told.quantity);
		const realized = applyToHolding(holding, change, told.price, order.leg === "entry");
		holding.realized = add(holding.realized, subtract(realized, told.fee));
		holding.updated = told.at;
		const money = this.#account(order.account);
		money.balance = add(money.balance, subtract(realized, told.fee));
		money.realized = add(money.realized, subtract(realized, told.fee));
		money.updated = told.at;
		this.mark(order.account, order.symbol, told.price);
		return {
			fill: {
				trade_id: told.trade_id,
				order_id: order.id,
				account: order.account,
				strategy: order.strategy,
				symbol: order.symbol,
				side: order.side,
				quantity: formatDecimal(told.quantity),
				price: formatDecimal(told.price),
				fee: formatDecimal(told.fee),
				fee_currency: told.fee_currency,
				realized_pnl: formatDecimal(realized),
				filled_at: iso(told.at),
			},
			position: this.#positionRecord(holding),
			account: this.account(order.account),
		};
	}

	#account(name: string): Money {
		const money = this.#money.get(name);
		if (money === undefined) throw new Error(`no account ${name}`);
		return money;
	}

	#price(holding: Holding): Decimal {
		return this.#marks.get(marketKey(holding.account, holding.symbol)) ?? holding.average;
	}

	#unrealized(holding: Holding): Decimal {
		return multiply(holding.quantity, subtract(this.#price(holding), holding.average));
	}

	#positionRecord(holding: Holding): Position {
		const flat = holding.quantity === 0n;
		const mark = this.#marks.get(marketKey(holding.account, holding.symbol));
		return {
			account: holding.account,
			strategy: holding.strategy,
			symbol: holding.symbol,
			side: flat ? "flat" : holding.quantity > 0n ? "long" : "short",
			quantity: formatDecimal(absolute(holding.quantity)),
			average_price: flat ? null : formatDecimal(holding.average),
			unrealized_pnl: flat ? "0" : formatDecimal(this.#unrealized(holding)),
			realized_pnl: formatDecimal(holding.realized),
			additions: holding.additions,
			mark_price: mark === undefined ? null : formatDecimal(mark),
			updated_at: iso(holding.updated),
		};
	}
}

/** Moves the holding by `change` units at `price` and gives the profit or loss realised by the part that closed. */
function applyToHolding(holding: Holding, change: Decimal, price: Decimal, entry: boolean): Decimal {
	const before = holding.quantity;
	const after = add(before, change);
	if (before === 0n || sign(before) === sign(change)) {
		const cost = add(multiply(absolute(before), holding.average), multiply(absolute(change), price));
		holding.average = before === 0n ? price : divide(cost, absolute(after));
		holding.additions = before === 0n ? 0 : holding.additions + (entry ? 1 : 0);
		holding.quantity = after;
		return zero;
	}
	const closed = minimum(absolute(before), absolute(change));
	const perUnit = before > 0n ? subtract(price, holding.average) : subtract(holding.average, price);
	const realized = multiply(closed, perUnit);
	holding.quantity = after;
	if (after === 0n || sign(after) !== sign(before)) {
		holding.average = after === 0n ? zero : price;
		holding.additions = 0;
	}
	return realized;
}
