/** The book against exact fractions: random fills, nets, equity, exposure, reservations and the turn of the day. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { absolute, type Decimal, decimal, formatDecimal, minimum } from "../../src/domain/decimal.ts";
import { external } from "../../src/domain/external.ts";
import type { BrokerFill } from "../../src/domain/ports.ts";
import type { Order } from "../../src/domain/records.ts";
import { type AppliedFill, Book, trades_max } from "../../src/engine/book.ts";
import { makeOrder } from "../../src/engine/orders.ts";
import { accountSettings, startOfTest } from "./support.ts";

const at = new Date(startOfTest).toISOString();
let orders = 0;
let trades = 0;

function orderOf(changes: Partial<Order> = {}): Order {
	orders += 1;
	const made = makeOrder({
		id: `order-${orders}`,
		alert_id: null,
		account: "paper",
		strategy: "Mine",
		symbol: "BTC/USD",
		side: "buy",
		leg: "entry",
		quantity: decimal("1"),
		reduce_only: false,
		at,
	});
	return { ...made, ...changes };
}

function fillOf(
	order: Order,
	quantity: string | Decimal,
	price: string | Decimal,
	fee: string | Decimal = "0",
): BrokerFill {
	const text = (value: string | Decimal): Decimal => (typeof value === "string" ? decimal(value) : value);
	trades += 1;
	return {
		trade_id: `trade-${trades}`,
		client_order_id: order.client_order_id,
		quantity: text(quantity),
		price: text(price),
		fee: text(fee),
		fee_currency: "USD",
		at: startOfTest,
	};
}

/** Applies a fill that was not told before. */
function applied(book: Book, order: Order, fill: BrokerFill): AppliedFill {
	const result = book.apply(order, fill);
	if (result === undefined) throw new Error(`${fill.trade_id} was told before`);
	return result;
}

/** A book with these fills: `strategy side quantity price`, entries where nothing else is said. */
function bookOf(...fills: readonly string[]): Book {
	const book = new Book([accountSettings({ balance: decimal("100000") })], [], [], startOfTest);
	for (const fill of fills) {
		const [strategy = "", side, quantity = "", price = "", leg = "entry", symbol = "BTC/USD"] = fill.split(" ");
		const order = orderOf({ strategy, side: side as Order["side"], leg: leg as Order["leg"], quantity, symbol });
		book.apply(order, fillOf(order, quantity, price));
	}
	return book;
}

/** An exact fraction of whole numbers, its denominator above zero. */
class Fraction {
	constructor(
		readonly over: bigint,
		readonly under = 1n,
	) {}
	plus(other: Fraction): Fraction {
		return new Fraction(this.over * other.under + other.over * this.under, this.under * other.under);
	}
	times(other: Fraction): Fraction {
		return new Fraction(this.over * other.over, this.under * other.under);
	}
	minus(other: Fraction): Fraction {
		return this.plus(new Fraction(-other.over, other.under));
	}
	dividedBy(other: Fraction): Fraction {
		const sign = other.over < 0n ? -1n : 1n;
		return new Fraction(this.over * other.under * sign, this.under * other.over * sign);
	}
	absolute(): Fraction {
		return new Fraction(this.over < 0n ? -this.over : this.over, this.under);
	}
	/** Whether it is at most half a unit of the 18th decimal away. */
	isRoundedTo(value: Decimal): boolean {
		const distance = this.minus(exact(value)).absolute();
		return 2n * distance.over * 10n ** 18n <= distance.under;
	}
}

const exact = (value: Decimal): Fraction => new Fraction(value, 10n ** 18n);
const nothing = new Fraction(0n);

/** The same position in exact fractions: cost, not average, is what it keeps. */
class Oracle {
	quantity = 0n;
	average = nothing;
	realized = nothing;

	fill(change: Decimal, price: Decimal, fee: Decimal): void {
		const before = this.quantity;
		const after = before + change;
		this.realized = this.realized.minus(exact(fee));
		const same = before === 0n || before > 0n === change > 0n;
		if (same) {
			const cost = this.average.times(exact(before as Decimal)).plus(exact(price).times(exact(change)));
			this.average = after === 0n ? nothing : cost.dividedBy(exact(after as Decimal));
		} else {
			const size = minimum(absolute(before as Decimal), absolute(change));
			const closing = before > 0n ? size : -size;
			this.realized = this.realized.plus(
				exact(price)
					.minus(this.average)
					.times(exact(closing as Decimal)),
			);
			if (after === 0n) this.average = nothing;
			else if (after > 0n !== before > 0n) this.average = exact(price);
		}
		this.quantity = after;
	}
}

const cents = (digits: number) => (value: bigint) => (value * 10n ** BigInt(18 - digits)) as Decimal;
const anyFill = fc.record({
	side: fc.constantFrom("buy", "sell"),
	quantity: fc.oneof(fc.bigInt({ min: 1n, max: 5n * 10n ** 8n }), fc.bigInt({ min: 1n, max: 9n })).map(cents(8)),
	price: fc.bigInt({ min: 1n, max: 10n ** 8n }).map(cents(3)),
	fee: fc.bigInt({ min: 0n, max: 10n ** 6n }).map(cents(4)),
});

describe("random fills, adding, reducing, closing and flipping", () => {
	test("quantity, average and profit are the true ones, rounded once, after any number of fills", () => {
		fc.assert(
			fc.property(fc.array(anyFill, { minLength: 1, maxLength: 30 }), (fills) => {
				const book = new Book([accountSettings({ balance: decimal("0") })], [], [], startOfTest);
				const oracle = new Oracle();
				for (const { side, quantity, price, fee } of fills) {
					const order = orderOf({ side: side as Order["side"], quantity: formatDecimal(quantity) });
					const { fill, position, account } = applied(book, order, fillOf(order, quantity, price, fee));
					oracle.fill((side === "buy" ? quantity : -quantity) as Decimal, price, fee);
					expect(book.quantity("paper", "Mine", "BTC/USD")).toBe(oracle.quantity as Decimal);
					expect(position.side).toBe(oracle.quantity === 0n ? "flat" : oracle.quantity > 0n ? "long" : "short");
					if (oracle.quantity === 0n) expect(position.average_price).toBeNull();
					else expect(oracle.average.isRoundedTo(decimal(position.average_price ?? "0"))).toBe(true);
					expect(oracle.realized.isRoundedTo(decimal(position.realized_pnl))).toBe(true);
					// Position, account and balance tell the same profit, to the last digit.
					expect(account.realized_pnl).toBe(position.realized_pnl);
					expect(account.balance).toBe(position.realized_pnl);
					expect(fill.fee).toBe(formatDecimal(fee));
				}
			}),
			{ seed: 11, numRuns: 300 },
		);
	});

	test("a close alone realises exactly price less average, for each side", () => {
		const rows: readonly (readonly [string, readonly string[], string, string])[] = [
			["a long sold higher", ["M buy 0.5 42000", "M sell 0.5 43000 exit"], "500", "100500"],
			["a long sold lower", ["M buy 0.5 42000", "M sell 0.5 41000 exit"], "-500", "99500"],
			["a short bought back lower", ["M sell 0.5 42000", "M buy 0.5 41000 exit"], "500", "100500"],
			["a short bought back higher", ["M sell 0.5 42000", "M buy 0.5 43000 exit"], "-500", "99500"],
			["half of two buys at different prices", ["M buy 1 100", "M buy 1 200", "M sell 1 160 exit"], "10", "100010"],
			["a flip realises what it closes and no more", ["M buy 1 100", "M sell 3 130 exit"], "30", "100030"],
		];
		for (const [name, fills, realized, balance] of rows) {
			const account = bookOf(...fills).account("paper");
			expect([name, account.realized_pnl, account.balance]).toEqual([name, realized, balance]);
		}
	});

	test("a fee comes off the balance and the position's profit, and the fill says its own", () => {
		const book = new Book([accountSettings({ balance: decimal("1000") })], [], [], startOfTest);
		const order = orderOf();
		const { fill, position, account } = applied(book, order, fillOf(order, "1", "100", "0.25"));
		expect([fill.realized_pnl, fill.fee, position.realized_pnl, account.balance]).toEqual([
			"0",
			"0.25",
			"-0.25",
			"999.75",
		]);
	});
});

describe("a trade that is told twice", () => {
	const told = (book: Book) => [...book.positions(), ...book.accounts()];

	test("counts once, whatever else it says the second time", () => {
		const book = bookOf();
		const order = orderOf({ quantity: "2" });
		const fill = fillOf(order, "1", "100", "0.1");
		expect(book.apply(order, fill)?.position.quantity).toBe("1");
		const before = told(book);
		expect(book.apply(order, { ...fill, quantity: decimal("2"), at: startOfTest + 86_400_000 })).toBeUndefined();
		expect(told(book)).toEqual(before);
	});

	test("is another trade on another account, and under another id", () => {
		const names = ["paper", "second"];
		const settings = names.map((name) => accountSettings({ name, balance: decimal("0") }));
		const book = new Book(settings, [], [], startOfTest);
		const fill = fillOf(orderOf(), "1", "100");
		for (const account of names) expect(book.apply(orderOf({ account }), fill)?.position.quantity).toBe("1");
		expect(book.apply(orderOf(), { ...fill, trade_id: "another" })?.position.quantity).toBe("2");
	});

	test("counts once across a restart that knows the last trades, and nothing is counted that they hold", () => {
		const book = bookOf();
		const order = orderOf();
		const fill = fillOf(order, "1", "100");
		const { fill: recorded } = applied(book, order, fill);
		const known = [recorded];
		const again = new Book([accountSettings()], book.positions(), book.accounts(), startOfTest, known);
		expect(again.apply(order, fill)).toBeUndefined();
		expect(again.quantity("paper", "Mine", "BTC/USD")).toBe(decimal("1"));
	});

	test("is found among the fills of an answer, also where one answer tells it twice", () => {
		const book = bookOf();
		const order = orderOf({ quantity: "3" });
		const [a, b] = [fillOf(order, "1", "100"), fillOf(order, "1", "101")];
		book.apply(order, a);
		expect(book.fresh("paper", [a, b, b])).toEqual([b]);
		expect(book.fresh("elsewhere", [a])).toEqual([a]);
	});

	test("only the last trades are remembered, the oldest is forgotten first", () => {
		const known = Array.from({ length: trades_max }, (_, n) => ({ account: "paper", trade_id: `old-${n}` }));
		const book = new Book([accountSettings()], [], [], startOfTest, known);
		const order = orderOf();
		const named = (trade_id: string) => ({ ...fillOf(order, "1", "100"), trade_id });
		expect(book.apply(order, named("old-0"))).toBeUndefined();
		expect(book.apply(order, named("new"))).toBeDefined();
		expect(book.apply(order, named("old-0"))).toBeDefined();
		expect(book.apply(order, named("old-2"))).toBeUndefined();
	});
});

describe("additions", () => {
	test("each further entry counts once, a reduction does not, flat starts anew", () => {
		const after = (...fills: string[]) => bookOf(...fills).positions()[0]?.additions;
		expect(after("M buy 1 100")).toBe(0);
		expect(after("M buy 1 100", "M buy 1 100")).toBe(1);
		expect(after("M buy 1 100", "M buy 1 100", "M buy 1 100")).toBe(2);
		expect(after("M buy 1 100", "M buy 1 100", "M sell 1 100 exit")).toBe(1);
		expect(after("M buy 1 100", "M buy 1 100", "M sell 2 100 exit")).toBe(0);
		expect(after("M buy 1 100", "M buy 1 100", "M sell 2 100 exit", "M buy 1 100")).toBe(0);
	});

	test("an entry in several fills is one entry", () => {
		const book = bookOf("Mine buy 1 100");
		const order = orderOf({ quantity: "3" });
		book.apply(order, fillOf(order, "1", "100"));
		const { position } = applied(book, { ...order, filled_quantity: "1" }, fillOf(order, "2", "100"));
		expect(position.additions).toBe(1);
	});
});

describe("net over strategies", () => {
	test("each strategy keeps its own, the account holds the sum", () => {
		const book = bookOf("A buy 1 100", "B sell 0.4 110", "C buy 5 20 entry ETH/USD");
		expect(formatDecimal(book.net("paper", "BTC/USD"))).toBe("0.6");
		expect(formatDecimal(book.net("paper", "ETH/USD"))).toBe("5");
		expect(formatDecimal(book.net("other", "BTC/USD"))).toBe("0");
		expect(book.position("paper", "A", "BTC/USD")).toMatchObject({ side: "long", quantity: "1", average_price: "100" });
		expect(book.position("paper", "B", "BTC/USD")).toMatchObject({
			side: "short",
			quantity: "0.4",
			average_price: "110",
		});
		expect(book.position("paper", "A", "ETH/USD")).toBeUndefined();
		expect(book.opposed("paper", "BTC/USD")).toBe(true);
		expect(book.opposed("paper", "ETH/USD")).toBe(false);
	});

	test("a strategy that went flat opposes nobody and has no position", () => {
		const book = bookOf("A buy 1 100", "B sell 1 100", "B buy 1 100 exit");
		expect(book.opposed("paper", "BTC/USD")).toBe(false);
		expect(book.position("paper", "B", "BTC/USD")).toBeUndefined();
		expect(book.positions().find(({ strategy }) => strategy === "B")).toMatchObject({
			side: "flat",
			average_price: null,
		});
	});

	test("symbols on which a strategy holds or opens something, without the one asked about", () => {
		const book = bookOf(
			"A buy 1 100",
			"A buy 1 100 entry ETH/USD",
			"A buy 1 9 entry SOL/USD",
			"A sell 1 9 exit SOL/USD",
			"B buy 1 5 entry XRP/USD",
		);
		expect(book.otherPositions("paper", "A", "BTC/USD")).toBe(1);
		expect(book.otherPositions("paper", "A", "DOGE/USD")).toBe(2);
		const order = orderOf({ strategy: "A", symbol: "ADA/USD" });
		book.reserve(order, decimal("1"), decimal("1"));
		expect(book.otherPositions("paper", "A", "BTC/USD")).toBe(2);
		book.release(order.id);
		expect(book.otherPositions("paper", "A", "BTC/USD")).toBe(1);
	});
});

describe("equity", () => {
	test("is the balance with every position at the last price", () => {
		const book = bookOf("A buy 2 100", "B sell 1 120");
		expect(book.account("paper").equity).toBe("100040");
		book.mark("paper", "BTC/USD", decimal("130"));
		// A: 2 × 30, B: 1 × −10.
		expect(book.account("paper")).toMatchObject({ equity: "100050", balance: "100000" });
		expect(book.position("paper", "B", "BTC/USD")).toMatchObject({ unrealized_pnl: "-10", mark_price: "130" });
	});

	test("survives a restart to the last digit", () => {
		const book = bookOf("A buy 3 99.99", "B sell 0.7 101.3", "A buy 1 100.01 entry ETH/USD");
		const again = new Book(
			[accountSettings({ balance: decimal("100000") })],
			book.positions(),
			book.accounts(),
			startOfTest,
		);
		expect(again.accounts()).toEqual([...book.accounts()]);
		expect(again.positions()).toEqual([...book.positions()]);
	});

	test("after a restart the newest record's price is the last one known, in whatever order they come", () => {
		const book = bookOf("A buy 1 100");
		const [a] = book.positions();
		if (a === undefined) throw new Error("no position");
		const newer = { ...a, strategy: "B", mark_price: "150", updated_at: new Date(startOfTest + 1).toISOString() };
		for (const positions of [
			[a, newer],
			[newer, a],
		]) {
			const again = new Book([accountSettings()], positions, [], startOfTest);
			expect(again.position("paper", "A", "BTC/USD")?.mark_price).toBe("150");
		}
	});

	test("a balance raised in nexus.yaml does not overwrite what was earned", () => {
		const book = bookOf("A buy 1 100", "A sell 1 150 exit");
		const again = new Book([accountSettings({ balance: decimal("7") })], [], book.accounts(), startOfTest);
		expect(again.account("paper").balance).toBe("100050");
	});

	test("an account that is not configured is a bug", () => {
		expect(() => bookOf().equity("elsewhere")).toThrow("no account elsewhere");
	});
});

describe("exposure", () => {
	const exposure = (book: Book) => formatDecimal(book.exposure("paper"));

	test("is the net of each symbol at its last price, longs and shorts alike", () => {
		expect(exposure(bookOf("A buy 1 100", "B sell 0.4 100", "C sell 5 20 entry ETH/USD"))).toBe("160");
		expect(exposure(bookOf("A buy 1 100", "B sell 1 100"))).toBe("0");
	});

	test("counts what orders may still open, and no longer once they are released", () => {
		const book = bookOf("A buy 1 100");
		const order = orderOf({ quantity: "2" });
		book.reserve(order, decimal("2"), decimal("90"));
		expect(exposure(book)).toBe("300");
		book.release(order.id);
		expect(exposure(book)).toBe("100");
	});

	test("an order that may never fill does not hide what is held", () => {
		const book = bookOf("A buy 1 100");
		const order = orderOf({ side: "sell", quantity: "1" });
		book.reserve(order, decimal("1"), decimal("500"));
		expect(exposure(book)).toBe("100");
		book.reserve(orderOf({ side: "sell" }), decimal("3"), decimal("500"));
		expect(exposure(book)).toBe("300");
	});

	test("what has been filled of an order is counted once", () => {
		const book = bookOf();
		const order = orderOf({ quantity: "2", strategy: "A" });
		book.reserve(order, decimal("2"), decimal("100"));
		book.apply(order, fillOf(order, "0.5", "100"));
		expect(exposure(book)).toBe("200");
		expect(formatDecimal(book.reserved("paper", "A", "BTC/USD"))).toBe("1.5");
		expect(formatDecimal(book.reserved("paper", "B", "BTC/USD"))).toBe("0");
	});

	test("an order to come is valued at its own price", () => {
		const book = bookOf("A buy 1 100");
		const extra = { symbol: "BTC/USD", quantity: decimal("-3"), price: decimal("110") };
		expect(formatDecimal(book.exposure("paper", extra))).toBe("220");
		expect(exposure(book)).toBe("100");
	});
});

describe("the day", () => {
	const midnight = Date.parse("2026-03-03T00:00:00.000Z");

	test("the loss is measured from the equity at 00:00 UTC", () => {
		const book = bookOf("A buy 10 100");
		book.mark("paper", "BTC/USD", decimal("90"));
		expect(formatDecimal(book.dailyLoss("paper").loss)).toBe("100");
		expect(book.turnDay("paper", midnight - 1)).toBe(false);
		expect(formatDecimal(book.dailyLoss("paper").loss)).toBe("100");
		expect(book.turnDay("paper", midnight)).toBe(true);
		expect(book.turnDay("paper", midnight + 1)).toBe(false);
		expect(book.account("paper")).toMatchObject({ day: "2026-03-03", day_start_equity: "99900" });
		expect(formatDecimal(book.dailyLoss("paper").loss)).toBe("0");
	});

	test("a profit is no loss", () => {
		const book = bookOf("A buy 10 100");
		book.mark("paper", "BTC/USD", decimal("150"));
		expect(formatDecimal(book.dailyLoss("paper").loss)).toBe("0");
	});

	test("a clock that goes back does not begin a day", () => {
		const book = bookOf();
		expect(book.turnDay("paper", startOfTest - 86_400_000)).toBe(false);
		expect(book.account("paper").day).toBe("2026-03-02");
	});

	test("the first fill of a new day counts as that day's", () => {
		const book = bookOf("A buy 10 100");
		const order = orderOf({ strategy: "A", side: "sell", leg: "stop_loss", quantity: "10" });
		const { account } = applied(book, order, { ...fillOf(order, "10", "80"), at: midnight + 5 });
		expect(account).toMatchObject({ day: "2026-03-03", day_start_equity: "100000", balance: "99800" });
		expect(formatDecimal(book.dailyLoss("paper").loss)).toBe("200");
	});
});

describe("what came from outside", () => {
	/** Bought at 100 and sold at 90 by this strategy, with a fee of 1 each time: 22 lost. */
	function lose(book: Book, strategy = "Mine"): Book {
		const bought = orderOf({ strategy, quantity: "2" });
		applied(book, bought, fillOf(bought, "2", "100", "1"));
		const sold = orderOf({ strategy, side: "sell", leg: "exit", quantity: "2" });
		applied(book, sold, fillOf(sold, "2", "90", "1"));
		return book;
	}
	const money = (book: Book): string => {
		const { funded, realized_pnl, balance } = book.account("paper");
		return `${funded} and ${realized_pnl} is ${balance}`;
	};

	test("is what the account starts with, and no profit or loss", () => {
		expect(money(bookOf())).toBe("100000 and 0 is 100000");
		expect(money(lose(bookOf()))).toBe("100000 and -22 is 99978");
	});

	test("is the broker's first balance, and every later correction, before and after profits and losses", () => {
		const book = bookOf();
		book.fund("paper", decimal("500"), startOfTest);
		expect(money(book)).toBe("500 and 0 is 500");
		lose(book);
		expect(money(book)).toBe("500 and -22 is 478");
		book.correct("paper", decimal("578.5"), startOfTest);
		expect(money(book)).toBe("600.5 and -22 is 578.5");
		book.correct("paper", decimal("470"), startOfTest);
		expect(money(lose(book))).toBe("492 and -44 is 448");
		book.fund("paper", decimal("1000"), startOfTest);
		expect(money(book)).toBe("1044 and -44 is 1000");
	});

	test("what no strategy asked for changes none of it", () => {
		expect(money(lose(bookOf(), external))).toBe("100000 and 0 is 100000");
	});

	test("is read back, and worked out where a record of an older version does not say it", () => {
		const { funded, ...older } = lose(bookOf()).account("paper");
		expect(funded).toBe("100000");
		const settings = [accountSettings({ balance: decimal("7") })];
		expect(money(new Book(settings, [], [{ ...older, funded: "99999" }], startOfTest))).toBe("99999 and -22 is 99978");
		expect(money(lose(new Book(settings, [], [older], startOfTest)))).toBe("100000 and -44 is 99956");
	});
});
