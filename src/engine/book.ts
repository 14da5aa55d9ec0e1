/** The book: every strategy's own position, each account's net, money and day, as they stand now; pure arithmetic, no waiting. */
import {
	absolute,
	add,
	type Decimal,
	decimal,
	formatDecimal,
	maximum,
	minimum,
	multiply,
	negate,
	sign,
	subtract,
	weightedAverage,
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
const iso = (ms: number): string => new Date(ms).toISOString();

/** What the records of one fill are after it was applied. */
export interface AppliedFill {
	readonly fill: Fill;
	readonly position: Position;
	readonly account: Account;
}

/** All positions and money, in memory; what it returns are records for the journal. Quantities in units, money in the account's currency. */
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
		// Oldest first, so that the newest record's price is the one that stays.
		const byAge = [...positions].sort((a, b) => Date.parse(a.updated_at) - Date.parse(b.updated_at));
		for (const position of byAge) this.#restore(position);
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
		for (const holding of this.#holdings.values()) {
			if (holding.account === account && holding.symbol === symbol) signs.add(sign(holding.quantity));
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
		for (const holding of this.#holdings.values()) {
			if (holding.account !== account) continue;
			const entry = tied(holding.symbol, this.#price(holding));
			entry.net = add(entry.net, holding.quantity);
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
		for (const entry of [...this.#holdings.values(), ...this.#reservations.values()]) {
			if (entry.account === account && entry.strategy === strategy && entry.quantity !== 0n) symbols.add(entry.symbol);
		}
		symbols.delete(symbol);
		return symbols.size;
	}

	/**
	 * Applies one fill to the strategy's position and the account's money. `order` says whose it is.
	 * @param market the broker's price of the symbol now, the new mark; a fill's own price is off by its slippage
	 */
	apply(order: Order, told: BrokerFill, market: Decimal = told.price): AppliedFill {
		this.turnDay(order.account, told.at);
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
		const realized = applyToHolding(holding, change, told.price, isAddition(order));
		this.#consume(order.id, told.quantity);
		holding.realized = add(holding.realized, subtract(realized, told.fee));
		holding.updated = told.at;
		const money = this.#account(order.account);
		money.balance = add(money.balance, subtract(realized, told.fee));
		money.realized = add(money.realized, subtract(realized, told.fee));
		money.updated = told.at;
		this.mark(order.account, order.symbol, market);
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

/** An entry counts once as an addition, however many fills it takes. */
function isAddition(order: Order): boolean {
	return order.leg === "entry" && decimal(order.filled_quantity) === 0n;
}

/** Moves the holding by `change` units at `price` and gives the profit or loss realised by the part that closed. */
function applyToHolding(holding: Holding, change: Decimal, price: Decimal, addition: boolean): Decimal {
	const before = holding.quantity;
	const after = add(before, change);
	if (before === 0n || sign(before) === sign(change)) {
		holding.average = before === 0n ? price : weightedAverage(holding.average, before, price, change);
		holding.additions = before === 0n ? 0 : holding.additions + (addition ? 1 : 0);
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
