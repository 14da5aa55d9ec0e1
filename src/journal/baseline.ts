/** What a position came to by the fills that are no longer kept one by one, so that position = baseline + fills holds for good. */
import type { Database } from "bun:sqlite";
import { decimal } from "../domain/decimal.ts";
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

/** A position as it was after fill `fills`. */
export interface Baseline {
	/** The row number of the last fill in it; 0 where there is none. */
	readonly fills: number;
	readonly holding: Holding;
}

/** A fill of a position, in the order in which they came. */
export interface FillRow {
	readonly n: number;
	/** "" where its order was removed. */
	readonly order_id: string;
	readonly record: string;
}

const of_position = "account = ? AND record ->> 'strategy' = ? AND record ->> 'symbol' = ?";

/** Where a position's sum begins. */
export function baselineOf(db: Database, { account, strategy, symbol }: PositionKey): Baseline {
	const sql = "SELECT fills, record FROM baselines WHERE account = ? AND strategy = ? AND symbol = ?";
	const [row] = db.query(sql).values(account, strategy, symbol) as [number, string][];
	if (row === undefined) return { fills: 0, holding: nothingHeld };
	return { fills: row[0], holding: holdingOf(JSON.parse(row[1]) as Position) };
}

/** A position's fills after row `after`, oldest first. */
export function fillsOf(db: Database, { account, strategy, symbol }: PositionKey, after: number): Iterable<FillRow> {
	const sql = `SELECT n, order_id, record FROM fills WHERE ${of_position} AND n > ? ORDER BY n`;
	return db.query<FillRow, [string, string, string, number]>(sql).iterate(account, strategy, symbol, after);
}

/**
 * One fill onto a holding, with the book's arithmetic. Additions are not counted: they depend on the order, which may be gone.
 * `realized` is before the fee.
 */
export function withFill(holding: Holding, fill: Fill): ReturnType<typeof applyToHolding> {
	return applyToHolding(holding, {
		side: fill.side,
		quantity: decimal(fill.quantity),
		price: decimal(fill.price),
		fee: decimal(fill.fee),
		addition: false,
	});
}

/**
 * Takes a position's oldest fills whose orders were removed into its baseline and removes them. It stops at the first fill
 * whose order is still kept, because what a fill does to an average depends on those before it.
 */
export function foldFills(db: Database, key: PositionKey): void {
	const begin = baselineOf(db, key);
	let { fills, holding } = begin;
	let last: Fill | undefined;
	for (const { n, order_id, record } of oldest(db, key)) {
		if (order_id !== "") break;
		// What lies before the baseline is in it already.
		if (n > begin.fills) {
			last = JSON.parse(record) as Fill;
			holding = withFill(holding, last).holding;
		}
		fills = Math.max(fills, n);
		db.query("DELETE FROM fills WHERE n = ?").run(n);
		rememberRow(db, n);
	}
	if (last !== undefined) writeBaseline(db, key, { fills, holding }, last);
}

function oldest(db: Database, { account, strategy, symbol }: PositionKey): readonly FillRow[] {
	const sql = `SELECT n, order_id, record FROM fills WHERE ${of_position} ORDER BY n LIMIT ?`;
	return db.query<FillRow, [string, string, string, number]>(sql).all(account, strategy, symbol, folded_max);
}

/** Row numbers of fills are never given again: a baseline knows by them what is in it. */
function rememberRow(db: Database, n: number): void {
	const sql =
		"INSERT INTO meta VALUES ('fills_to', ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)";
	db.query(sql).run(n);
}

function writeBaseline(db: Database, key: PositionKey, { fills, holding }: Baseline, last: Fill): void {
	const position: Position = {
		...key,
		...holdingRecord(holding),
		unrealized_pnl: "0",
		mark_price: null,
		updated_at: last.filled_at,
	};
	const { account, strategy, symbol } = key;
	const sql = "INSERT OR REPLACE INTO baselines VALUES (?, ?, ?, ?, ?)";
	db.query(sql).run(account, strategy, symbol, fills, JSON.stringify(position));
}
