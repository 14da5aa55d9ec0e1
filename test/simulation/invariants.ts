/** What must hold: at every moment, and once everything has come to its end. */
import { add, type Decimal, decimal, formatDecimal } from "../../src/domain/decimal.ts";
import { external } from "../../src/domain/external.ts";
import { isFinal } from "../../src/domain/order-life.ts";
import type { Snapshot } from "../../src/domain/ports.ts";
import type { Fill, Order, Position } from "../../src/domain/records.ts";
import type { TradingEngine } from "../../src/engine/trading-engine.ts";
import { snapshotOf } from "../../src/journal/snapshot.ts";
import type { FakeExchange } from "../support/exchange/fake-exchange.ts";
import { filledOf } from "../support/exchange/matching.ts";
import { doubled, everInReview, isGuessed } from "./at-most-once.ts";
import { misled, unfollowed, unheld } from "./by-hand.ts";
import type { SimulatedDisk } from "./disk.ts";
import type { Program } from "./program.ts";
import type { Sender } from "./sender.ts";
import type { Setting } from "./setting.ts";
import { isByHand } from "./stranger.ts";
import { accounts, symbols } from "./strategies.ts";
import { neverForExits, type Witness } from "./witness.ts";

/** Everything there is to look at. */
export interface Scene {
	readonly setting: Setting;
	readonly exchange: FakeExchange;
	readonly disk: SimulatedDisk;
	readonly witness: Witness;
	readonly sender: Sender;
	readonly program: Program | undefined;
}

/** What must hold between any two things that happen. */
export function momentary(scene: Scene): readonly string[] {
	const { exchange, witness } = scene;
	const wrong = [...witness.violations];
	for (const [id, made] of exchange.made()) if (made > 1) wrong.push(`${made} orders were made for intent ${id}`);
	for (const order of exchange.matching.orders) {
		if (filledOf(order) > order.quantity) wrong.push(`order ${order.client_order_id} was filled over its quantity`);
	}
	return [...wrong, ...strangers(scene), ...misled(scene), ...doubled(scene), ...forgotten(scene)];
}

/** Orders at the exchange that no journal knows, and those in the journal that nobody made. */
function strangers({ setting, exchange, witness, disk }: Scene): readonly string[] {
	if (exchange.matching.orders.length === 0) return [];
	const orders = witness.orders(disk.folder);
	const known = new Set(orders.map(({ client_order_id }) => client_order_id));
	const unknown = exchange.matching.orders.filter(
		({ client_order_id }) => !known.has(client_order_id) && !isByHand(client_order_id),
	);
	// Which one of several in review it was that filled, the position alone cannot say: what is told later differs.
	const guessed = new Set(orders.filter(isGuessed).map(({ symbol }) => symbol));
	const others =
		setting.kind === "by_hand" ? [] : orders.filter((order) => isNobodys(order) && !guessed.has(order.symbol));
	return [
		...unknown.map(({ client_order_id }) => `order ${client_order_id} is at the exchange and not in the journal`),
		...others.map(({ side, quantity, symbol }) => `${side} ${quantity} ${symbol} was taken for somebody else's`),
	];
}

/** True for a change of a position that no order of ours made, and for a stranger's order. */
const isNobodys = ({ id }: Order): boolean => id.startsWith("external-");

/** Where nothing waits for the disk, what is in memory is what a restart would find. */
function forgotten({ program, witness, disk }: Scene): readonly string[] {
	const engine = program?.engine;
	if (program === undefined || engine === undefined || program.dead || program.stopping) return [];
	if (witness.busy || engine.recorder.failing) return [];
	return differences(engine, snapshotOf(witness.look(disk.folder)));
}

/** Differences between the engine's memory and a snapshot of the journal. */
export function differences(engine: TradingEngine, snapshot: Snapshot): readonly string[] {
	const ours = snapshot.open_orders.filter(({ strategy }) => strategy !== external);
	return [
		...unequal("position", engine.book.positions().map(shownPosition), snapshot.positions.map(shownPosition)),
		...unequal("open order", engine.open.all().map(shownOrder), ours.map(shownOrder)),
		...unequal(
			"trading state",
			engine.states.all().map((entry) => JSON.stringify(entry)),
			snapshot.trading_states.map((entry) => JSON.stringify(entry)),
		),
		...unequal(
			"balance",
			balances(engine, snapshot),
			snapshot.accounts.map(({ name, balance }) => `${name} ${balance}`),
		),
	];
}

function balances(engine: TradingEngine, { accounts: known }: Snapshot): readonly string[] {
	return known.map(({ name }) => `${name} ${engine.book.account(name).balance}`);
}

function unequal(what: string, memory: readonly string[], disk: readonly string[]): readonly string[] {
	const [inMemory, onDisk] = [new Set(memory), new Set(disk)];
	return [
		...memory.filter((one) => !onDisk.has(one)).map((one) => `only in memory: ${what} ${one}`),
		...disk.filter((one) => !inMemory.has(one)).map((one) => `only on disk: ${what} ${one}`),
	];
}

function shownPosition({ unrealized_pnl: _profit, mark_price: _mark, updated_at: _at, ...kept }: Position): string {
	return JSON.stringify(kept);
}

function shownOrder({ id, status, quantity, filled_quantity }: Order): string {
	return `${id} ${status} ${filled_quantity} of ${quantity}`;
}

/** What must hold once the exchange and the disk have been well for long enough. */
export function settled(scene: Scene): readonly string[] {
	const wrong = [...momentary(scene), ...unended(scene), ...unkept(scene)];
	const { witness, disk, program } = scene;
	for (const order of witness.orders(disk.folder)) {
		const doubtful = order.status === "unknown" || order.status === "submitting" || order.status === "review";
		if (doubtful) wrong.push(`order ${order.id} (${order.leg}) is ${order.status}`);
		if (isFinal(order.status) && typeof order.pending === "string")
			wrong.push(`order ${order.id} ended with a pending ${order.pending}`);
	}
	const engine = program?.engine;
	if (engine === undefined || program?.ready !== true) return [...wrong, "no process runs"];
	wrong.push(...otherwiseThere(scene), ...neverRejected(scene), ...overProtected(engine));
	wrong.push(...unfollowed(scene, engine), ...unheld(scene, engine));
	return [...wrong, ...wrongHoldings(scene, engine), ...wrongMoney(scene, engine)];
}

/** Orders that are open or filled here and not there, or the other way round. */
function otherwiseThere({ exchange, witness, disk }: Scene): readonly string[] {
	const there = new Map(exchange.matching.orders.map((order) => [order.client_order_id, order]));
	const wrong: string[] = [];
	for (const order of witness.orders(disk.folder)) {
		if (order.account !== "live" || (isNobodys(order) && !isByHand(order.client_order_id))) continue;
		const { id, status, filled_quantity } = order;
		const found = there.get(order.client_order_id);
		const isOpen = found?.status === "open";
		if (isOpen === isFinal(status))
			wrong.push(`order ${id} is ${status}, and ${found?.status ?? "unknown"} at the exchange`);
		const filled = formatDecimal(found === undefined ? decimal("0") : filledOf(found));
		if (filled !== filled_quantity && !isNobodys(order) && !isGuessed(order))
			wrong.push(`order ${id} is filled ${filled_quantity}, at the exchange ${filled}`);
	}
	return wrong;
}

/** Alerts that are said to have failed at the exchange, which never refused any of their orders. */
function neverRejected({ setting, exchange, witness, disk }: Scene): readonly string[] {
	// Where nothing is sent again, an order that found nobody to take it is given up: its connection was refused.
	const isFinalRefusal = setting.kind === "at_most_once" && !(setting.expires && setting.lookup);
	const refused = new Set([
		...exchange.asked
			.filter(
				({ outcome }) =>
					outcome === "rejected" || outcome === "expired" || (isFinalRefusal && outcome === "never came"),
			)
			.map(({ client_order_id }) => client_order_id),
		// An exit that found less to close than was held here.
		...exchange.matching.orders
			.filter(({ reduce_only, status }) => reduce_only && status === "canceled")
			.map(({ client_order_id }) => client_order_id),
	]);
	const rejected = witness
		.orders(disk.folder)
		.filter(({ client_order_id }) => refused.has(client_order_id))
		.map(({ alert_id }) => alert_id);
	// Strategies of which every account is at this exchange.
	const sql = `SELECT json_extract(r.alert, '$.id') FROM endings e JOIN alert_records r ON r.seq = e.seq
		WHERE e.code = 'broker_rejected' AND e.status <> 'executed' AND json_extract(r.alert, '$.strategy') IN ('One', 'Chain')`;
	const ended = witness.look(disk.folder).query(sql).values() as [string][];
	return ended
		.filter(([id]) => !rejected.includes(id))
		.map(([id]) => `alert ${id} ended as rejected by the exchange, which rejected none of its orders`);
}

/** Stops or targets that together would close more than their strategy holds. */
function overProtected({ book, open }: TradingEngine): readonly string[] {
	const sums = new Map<string, { sum: bigint; held: bigint }>();
	for (const { account, strategy, symbol, leg, side, quantity, filled_quantity } of open.all()) {
		if (leg !== "stop_loss" && leg !== "take_profit") continue;
		const held = book.quantity(account, strategy, symbol);
		const key = `${leg} of ${strategy} on ${account} ${symbol}`;
		const closable = side === "sell" ? held : -held;
		const entry = sums.get(key) ?? { sum: 0n, held: closable };
		sums.set(key, { sum: entry.sum + decimal(quantity) - decimal(filled_quantity), held: closable });
	}
	return [...sums]
		.filter(([, { sum, held }]) => sum > (held > 0n ? held : 0n))
		.map(
			([key, { sum, held }]) =>
				`${key} would close ${formatDecimal(sum as Decimal)} of ${formatDecimal(held as Decimal)}`,
		);
}

interface AlertRow {
	readonly id: string;
	readonly raw: string;
	readonly code: string | null;
	readonly reason: string | null;
	readonly status: string | null;
}

function unended({ witness, disk }: Scene): readonly string[] {
	const open = witness.look(disk.folder).query("SELECT seq FROM open_alerts").values();
	return open.length === 0 ? [] : [`${open.length} alerts never ended`];
}

/** What the sender was promised, against what became of it. */
function unkept({ witness, disk, sender }: Scene): readonly string[] {
	const sql = `SELECT json_extract(r.alert, '$.id') AS id, r.raw, e.code, e.reason, e.status FROM alert_records r LEFT JOIN endings e ON e.seq = r.seq`;
	const rows = witness.look(disk.folder).query<AlertRow, []>(sql).all();
	const byId = new Map(rows.map((row) => [row.id, row]));
	const wrong: string[] = [];
	for (const [id, message] of sender.promised) {
		const row = byId.get(id);
		if (row === undefined) wrong.push(`alert ${id} was acknowledged and is not in the journal (${message.words})`);
		else if (row.status === null) wrong.push(`alert ${id} was acknowledged and never ended (${message.words})`);
		else if (message.closes && neverForExits.includes(row.code ?? "")) {
			wrong.push(`exit ${id} ended with ${row.code}: ${row.reason}`);
		}
	}
	const bodies = new Map<string, string>();
	for (const { id, raw, code, reason } of rows) {
		const first = bodies.get(raw);
		if (first !== undefined) wrong.push(`one message was taken twice, as ${first} and ${id}`);
		bodies.set(raw, id);
		if (code === "engine_error") wrong.push(`alert ${id}: ${reason}`);
	}
	return wrong;
}

/** What strategies hold and what is nobody's = sum of the fills = what the exchange says. */
function wrongHoldings({ witness, disk, exchange }: Scene, engine: TradingEngine): readonly string[] {
	const rows = witness.look(disk.folder).query("SELECT record FROM fills").values() as [string][];
	const fills = rows.map(([record]) => JSON.parse(record) as Fill);
	const wrong: string[] = [];
	for (const { name } of accounts) {
		for (const symbol of symbols) {
			const net = add(engine.book.net(name, symbol), engine.book.quantity(name, external, symbol));
			const sum = sumOf(fills.filter((fill) => fill.account === name && fill.symbol === symbol));
			if (sum !== net)
				wrong.push(`${name} holds ${formatDecimal(net)} ${symbol}, the fills sum up to ${formatDecimal(sum)}`);
			if (name !== "live") continue;
			const truth = exchange.matching.position(symbol);
			if (net !== truth) wrong.push(`holds ${formatDecimal(net)} ${symbol}, the exchange says ${formatDecimal(truth)}`);
		}
	}
	return wrong;
}

function sumOf(fills: readonly Fill[]): Decimal {
	let sum = 0n;
	for (const { side, quantity } of fills) sum += side === "buy" ? decimal(quantity) : -decimal(quantity);
	return sum as Decimal;
}

/** Rounding of averages may leave this much. */
const money_off_max = decimal("0.000001");

/** Profit of strategies against each other is split otherwise than at the exchange, but all in all it is the same money. */
function wrongMoney({ setting, exchange, witness, disk }: Scene, engine: TradingEngine): readonly string[] {
	// What is traded by hand changes the balance, and nobody says what an order in review cost.
	if (setting.kind === "by_hand" || everInReview(witness.look(disk.folder))) return [];
	for (const symbol of symbols) {
		const price = exchange.matching.price(symbol)?.price;
		if (price !== undefined) engine.book.mark("live", symbol, price);
	}
	const ours = engine.book.equity("live");
	const theirs = exchange.matching.equity;
	const off = ours > theirs ? ours - theirs : theirs - ours;
	if (off <= money_off_max) return [];
	return [`our equity is ${formatDecimal(ours)}, the exchange's ${formatDecimal(theirs)}`];
}
