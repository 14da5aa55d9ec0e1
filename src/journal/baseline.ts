/** What a position came to by the fills that are no longer kept one by one, so that position = baseline + fills holds for good. */
import type { Database } from "bun:sqlite";
import { absolute, type Decimal, decimal, sign } from "../domain/decimal.ts";
import { applyToHolding, type Holding, holdingOf, holdingRecord, nothingHeld } from "../domain/holding.ts";
import type { Fill, Position } from "../domain/records.ts";

/** Fills of one position that one call of {@link foldFills} takes in. */
const folded_max = 1000;

/** Whose position it is. */
export interface PositionKey {
	readonly account: string;
	readonly strategy: string;
	readonly symbol: string;
}

/** A position worked out from fills. */
export interface Replayed {
	readonly holding: Holding;
	/** False where an order that may have been an addition is not kept, until the position was flat or turned. */
	readonly additions_known: boolean;
}

/** A position as it was after fill `fills`. */
export interface Baseline extends Replayed {
	/** The row number of the last fill in it; 0 where there is none. */
	readonly fills: number;
}

/** Baselines of versions that did not count additions do not say whether they are known. */
type BaselineRecord = Position & { readonly additions_known?: boolean };

/** A fill of a position, in the order in which they came. */
export interface FillRow {
	readonly n: number;
	/** "" where its order was removed. */
	readonly order_id: string;
	/** 1 for the first fill of an entry, which counts as an addition where a position is open; null where its order was removed. */
	readonly addition: 0 | 1 | null;
	readonly record: string;
}

/** The rule of the book: an entry counts once, however many fills it takes. */
const is_addition = `(SELECT o.record ->> 'leg' = 'entry'
	AND NOT EXISTS (SELECT 1 FROM fills e WHERE e.order_id = f.order_id AND e.n < f.n) FROM orders o WHERE o.id = f.order_id)`;
const of_position = "account = ? AND record ->> 'strategy' = ? AND record ->> 'symbol' = ?";

/** Where a position's sum begins. */
export function baselineOf(db: Database, { account, strategy, symbol }: PositionKey): Baseline {
	const sql = "SELECT fills, record FROM baselines WHERE account = ? AND strategy = ? AND symbol = ?";
	const [row] = db.query(sql).values(account, strategy, symbol) as [number, string][];
	if (row === undefined) return { fills: 0, holding: nothingHeld, additions_known: true };
	const [fills, text] = row;
	const record = JSON.parse(text) as BaselineRecord;
	const holding = holdingOf(record);
	return { fills, holding, additions_known: record.additions_known ?? holding.quantity === 0n };
}

/** A position's fills after row `after`, oldest first. */
export function fillsOf(db: Database, { account, strategy, symbol }: PositionKey, after: number): Iterable<FillRow> {
	const sql = `SELECT n, order_id, record, ${is_addition} AS addition FROM fills f
		WHERE ${of_position} AND n > ? ORDER BY n`;
	return db.query<FillRow, [string, string, string, number]>(sql).iterate(account, strategy, symbol, after);
}

/**
 * One fill more, with the book's arithmetic. `realized` is before the fee.
 * @param addition undefined where its order is not kept, so that nobody knows
 */
export function withFill(
	before: Replayed,
	fill: Fill,
	addition: boolean | undefined,
): Replayed & { readonly realized: Decimal } {
	const { holding, realized } = applyToHolding(before.holding, {
		side: fill.side,
		quantity: decimal(fill.quantity),
		price: decimal(fill.price),
		fee: decimal(fill.fee),
		addition: addition === true,
	});
	const [was, is] = [before.holding.quantity, holding.quantity];
	const begins = was === 0n || is === 0n || sign(was) !== sign(is);
	const grows = absolute(is) > absolute(was);
	const additions_known = begins || (before.additions_known && !(grows && addition === undefined));
	return { holding, realized, additions_known };
}

/**
 * Takes a position's oldest fills whose orders were removed into its baseline and removes them. It stops at the first fill
 * whose order is still kept, because what a fill does to an average depends on those before it.
 */
export function foldFills(db: Database, key: PositionKey): void {
	const begin = baselineOf(db, key);
	let { fills } = begin;
	let replayed: Replayed = begin;
	let last: Fill | undefined;
	for (const { n, order_id, record } of oldest(db, key)) {
		if (order_id !== "") break;
		// What lies before the baseline is in it already.
		if (n > begin.fills) {
			last = JSON.parse(record) as Fill;
			replayed = withFill(replayed, last, undefined);
		}
		fills = Math.max(fills, n);
		db.query("DELETE FROM fills WHERE n = ?").run(n);
		rememberRow(db, n);
	}
	if (last !== undefined) writeBaseline(db, key, { ...replayed, fills }, last);
}

function oldest(
	db: Database,
	{ account, strategy, symbol }: PositionKey,
): readonly Pick<FillRow, "n" | "order_id" | "record">[] {
	const sql = `SELECT n, order_id, record FROM fills WHERE ${of_position} ORDER BY n LIMIT ?`;
	return db.query<FillRow, [string, string, string, number]>(sql).all(account, strategy, symbol, folded_max);
}

/** Row numbers of fills are never given again: a baseline knows by them what is in it. */
function rememberRow(db: Database, n: number): void {
	const sql =
		"INSERT INTO meta VALUES ('fills_to', ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)";
	db.query(sql).run(n);
}

function writeBaseline(
	db: Database,
	key: PositionKey,
	{ fills, holding, additions_known }: Baseline,
	last: Fill,
): void {
	const position: BaselineRecord = {
		...key,
		...holdingRecord(holding),
		unrealized_pnl: "0",
		mark_price: null,
		updated_at: last.filled_at,
		additions_known,
	};
	const { account, strategy, symbol } = key;
	const sql = "INSERT OR REPLACE INTO baselines VALUES (?, ?, ?, ?, ?)";
	db.query(sql).run(account, strategy, symbol, fills, JSON.stringify(position));
}
