/** Random sequences of fills through the real book, beside an oracle in exact fractions that shares no arithmetic with it. */
import type { Decimal } from "../../src/domain/decimal.ts";
import type { BrokerFill } from "../../src/domain/ports.ts";
import type { Fill, Order, Position } from "../../src/domain/records.ts";
import { Book } from "../../src/engine/book.ts";
import { makeOrder, submitted, withFill } from "../../src/engine/orders.ts";
import { accountSettings, seeded, startOfTest } from "./support.ts";

const one = 10n ** 18n;
const accounts = [accountSettings({ balance: 0n as Decimal })];

/** Text of a whole number of 10^-18, written by hand. */
function text(value: bigint): string {
	const digits = (value < 0n ? -value : value).toString().padStart(19, "0");
	const fraction = digits.slice(-18).replace(/0+$/, "");
	return `${value < 0n ? "-" : ""}${digits.slice(0, -18)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** n ÷ d as a whole number, an exact half to the even one. */
function halfEven(n: bigint, d: bigint): bigint {
	const [over, under] = d < 0n ? [-n, -d] : [n, d];
	let floor = over / under;
	if (over < 0n && floor * under !== over) floor -= 1n;
	const twice = 2n * (over - floor * under);
	return twice > under || (twice === under && floor % 2n !== 0n) ? floor + 1n : floor;
}

/** One strategy's position as fractions: the average price is `over / under`, profit is money received plus what is held at cost. */
class Oracle {
	quantity = 0n;
	over = 0n;
	under = 1n;
	/** Received less paid, in 10^-36. */
	cash = 0n;
	fees = 0n;

	take(change: bigint, price: bigint, fee: bigint): void {
		const before = this.quantity;
		const after = before + change;
		const crosses = before !== 0n && after !== 0n && before > 0n !== after > 0n;
		if (before === 0n || crosses) {
			this.over = price;
			this.under = 1n;
		} else if (before > 0n === change > 0n) {
			this.over = this.over * before + price * change * this.under;
			this.under *= after;
		}
		this.quantity = after;
		this.cash -= change * price;
		this.fees += fee;
	}

	average(): string | null {
		return this.quantity === 0n ? null : text(halfEven(this.over, this.under));
	}

	gross(): bigint {
		if (this.quantity === 0n) return halfEven(this.cash, one);
		return halfEven(this.cash * this.under + this.over * this.quantity, this.under * one);
	}

	realized(): bigint {
		return this.gross() - this.fees;
	}
}

interface Told {
	readonly order: string;
	readonly fill: BrokerFill;
}

/** What one sequence is made of. */
interface Sequence {
	readonly orders: Map<string, Order>;
	/** In the order in which they are told; some are told more than once. */
	readonly told: readonly Told[];
}

type Pick = (max: number) => number;

/** A whole number of 10^-18 with at most so many decimals, above zero. */
function amount(pick: Pick, decimals: number, digits: number): bigint {
	let value = 0n;
	for (let digit = 0; digit < digits; digit++) value = value * 10n + BigInt(pick(10));
	return (value + 1n) * 10n ** BigInt(18 - decimals);
}

function sequenceOf(pick: Pick): Sequence {
	const quantity_decimals = [0, 1, 3, 8, 18][pick(5)] ?? 0;
	const price_decimals = [0, 1, 2, 5, 8, 18][pick(6)] ?? 0;
	const strategies = 1 + pick(3);
	const orders = new Map<string, Order>();
	const told: Told[] = [];
	const held = new Map<string, bigint>();
	const count = 2 + pick(7);
	for (let number = 1; number <= count; number++) {
		const strategy = `S${pick(strategies)}`;
		const before = held.get(strategy) ?? 0n;
		const closes = before !== 0n && pick(4) === 0;
		const buys = closes ? before < 0n : pick(2) === 0;
		const whole = amount(pick, quantity_decimals, 1 + pick(quantity_decimals === 18 ? 18 : 6));
		const quantity = closes ? (before < 0n ? -before : before) : whole;
		held.set(strategy, before + (buys ? quantity : -quantity));
		const order = makeOrder({
			id: `order-${number}`,
			alert_id: null,
			account: "paper",
			strategy,
			symbol: "BTC/USD",
			side: buys ? "buy" : "sell",
			leg: "entry",
			quantity: quantity as Decimal,
			reduce_only: false,
			at: new Date(startOfTest).toISOString(),
		});
		orders.set(order.id, order);
		told.push(...parts(pick, order, quantity, price_decimals));
	}
	return { orders, told: disordered(pick, told) };
}

/** The fills of one order, together all of it. */
function parts(pick: Pick, order: Order, quantity: bigint, price_decimals: number): readonly Told[] {
	const fills: Told[] = [];
	const count = 1 + pick(4);
	let left = quantity;
	for (let number = 1; number <= count && left > 0n; number++) {
		const part = number === count ? left : (left * BigInt(1 + pick(9))) / 10n;
		if (part === 0n) continue;
		left -= part;
		fills.push({
			order: order.id,
			fill: {
				trade_id: `${order.id}-${number}`,
				client_order_id: order.client_order_id,
				quantity: part as Decimal,
				price: amount(pick, price_decimals, 1 + pick(price_decimals === 18 ? 21 : 7)) as Decimal,
				fee: (pick(3) === 0 ? 0n : amount(pick, 8, 1 + pick(8)) * (pick(8) === 0 ? -1n : 1n)) as Decimal,
				fee_currency: "USD",
				at: startOfTest,
			},
		});
	}
	return fills;
}

/** In half of the sequences fills come later than they happened; in half of them some come twice. */
function disordered(pick: Pick, fills: readonly Told[]): readonly Told[] {
	const result = [...fills];
	if (pick(2) === 0) {
		for (let moves = pick(6); moves > 0; moves--) {
			const [moved] = result.splice(pick(result.length), 1);
			if (moved !== undefined) result.splice(pick(result.length + 1), 0, moved);
		}
	}
	if (pick(2) === 0) {
		for (let copies = pick(5); copies > 0; copies--) {
			const copied = result[pick(result.length)];
			if (copied !== undefined) result.splice(pick(result.length + 1), 0, copied);
		}
	}
	return result;
}

/** Deliberate faults, for the test that the check can fail. */
export interface Faults {
	/** The fill as the book is told it, at its place in the sequence. */
	readonly told?: (fill: BrokerFill, index: number) => BrokerFill;
	/** A position as a restart reads it back. */
	readonly position?: (position: Position) => Position;
}

/** The book after a restart: everything it knows has been through its records as JSON. */
function restarted(book: Book, trades: readonly Fill[], faults: Faults): Book {
	const copy = JSON.parse(JSON.stringify([book.positions(), book.accounts(), trades])) as [
		Position[],
		ReturnType<Book["accounts"]>,
		Fill[],
	];
	return new Book(accounts, copy[0].map(faults.position ?? ((position) => position)), copy[1], startOfTest, copy[2]);
}

function difference(what: string, is: unknown, should: unknown): string | undefined {
	return is === should ? undefined : `${what} is ${String(is)} and should be ${String(should)}`;
}

function positionProblem(position: Position, oracle: Oracle): string | undefined {
	const { quantity } = oracle;
	return (
		difference("side", position.side, quantity === 0n ? "flat" : quantity > 0n ? "long" : "short") ??
		difference("quantity", position.quantity, text(quantity < 0n ? -quantity : quantity)) ??
		difference("average price", position.average_price, oracle.average()) ??
		difference("realised profit", position.realized_pnl, text(oracle.realized())) ??
		difference("fees", position.exact?.fees, text(oracle.fees))
	);
}

/** What the orders' own records must say, whatever the order in which their fills came. */
function ordersProblem(orders: Iterable<Order>, told: readonly Told[]): string | undefined {
	for (const order of orders) {
		const fills = new Map(told.filter((one) => one.order === order.id).map(({ fill }) => [fill.trade_id, fill]));
		let [quantity, cost] = [0n, 0n];
		for (const fill of fills.values()) {
			quantity += fill.quantity;
			cost += fill.quantity * fill.price;
		}
		const problem =
			difference("filled quantity", order.filled_quantity, text(quantity)) ??
			difference("average price", order.average_price, text(halfEven(cost, quantity))) ??
			difference("status", order.status, "filled");
		if (problem !== undefined) return `${order.id}: ${problem}`;
	}
	return undefined;
}

/** What is wrong with the book after the sequence of this seed, or at any fill of it; undefined where all is equal to the last unit. */
export function fillSequenceProblem(seed: number, faults: Faults = {}): string | undefined {
	const random = seeded(seed);
	const pick: Pick = (max) => Math.floor(random() * max);
	const { orders, told } = sequenceOf(pick);
	const restart_at = pick(3) === 0 ? pick(told.length) : -1;
	const oracles = new Map<string, Oracle>();
	const shown = new Map<string, bigint>();
	const recorded: Fill[] = [];
	const seen = new Set<string>();
	let book = new Book(accounts, [], [], startOfTest);
	for (const [index, { order: id, fill }] of told.entries()) {
		const at = `seed ${seed}, fill ${index + 1} of ${told.length}`;
		if (index === restart_at) book = restarted(book, recorded, faults);
		const order = orders.get(id);
		if (order === undefined) throw new Error(`${at}: no order ${id}`);
		const applied = book.apply(order, faults.told?.(fill, index) ?? fill);
		const twice = seen.has(fill.trade_id);
		if (twice !== (applied === undefined))
			return `${at}: ${fill.trade_id} was counted ${twice ? "twice" : "not at all"}`;
		if (applied === undefined) continue;
		seen.add(fill.trade_id);
		orders.set(id, withFill(submitted(order, order.created_at), fill, false).order);
		recorded.push(applied.fill);
		const oracle = oracles.get(order.strategy) ?? new Oracle();
		oracles.set(order.strategy, oracle);
		oracle.take(order.side === "buy" ? fill.quantity : -fill.quantity, fill.price, fill.fee);
		shown.set(order.strategy, (shown.get(order.strategy) ?? 0n) + whole(applied.fill.realized_pnl));
		let sum = 0n;
		for (const one of oracles.values()) sum += one.realized();
		const problem =
			positionProblem(applied.position, oracle) ??
			difference("the sum of its fills' profits", shown.get(order.strategy), oracle.gross()) ??
			difference("the account's profit", applied.account.realized_pnl, text(sum)) ??
			difference("the balance", applied.account.balance, text(sum));
		if (problem !== undefined) return `${at}: ${problem}`;
	}
	const problem = ordersProblem(orders.values(), told);
	return problem === undefined ? undefined : `seed ${seed}: ${problem}`;
}

/** Decimal text as a whole number of 10^-18, read by hand. */
function whole(decimalText: string): bigint {
	const [integer = "", fraction = ""] = decimalText.replace("-", "").split(".");
	const magnitude = BigInt(integer + fraction.padEnd(18, "0"));
	return decimalText.startsWith("-") ? -magnitude : magnitude;
}
