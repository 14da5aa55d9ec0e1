/** Positions and accounts worked out again from fills, beside what is stored. */
import type { Database } from "bun:sqlite";
import { add, type Decimal, decimal, formatDecimal, subtract, zero } from "../domain/decimal.ts";
import { external } from "../domain/external.ts";
import { averagePrice, holdingRecord, realizedPnl, unrealizedPnl } from "../domain/holding.ts";
import type { Account, Fill, Position } from "../domain/records.ts";
import { baselineOf, fillsOf, type PositionKey, type Replayed, withFill } from "./baseline.ts";
import type { Finding } from "./finding.ts";
import { recordsOf } from "./snapshot.ts";

const every_position = `SELECT account, strategy, symbol FROM positions
	UNION SELECT account, strategy, symbol FROM baselines
	UNION SELECT account, record ->> 'strategy', record ->> 'symbol' FROM fills`;

/** Every position, then every account, that is not what its fills come to. */
export function* wrongPositions(db: Database): Generator<Finding> {
	const realized = new Map<string, Decimal>();
	for (const key of db.query<PositionKey, []>(every_position).all()) {
		const { replayed, findings } = replay(db, key);
		yield* findings;
		yield* compared(db, key, replayed);
		// What no strategy asked for is no profit or loss of ours.
		if (key.strategy === external) continue;
		realized.set(key.account, add(realized.get(key.account) ?? zero, realizedPnl(replayed.holding)));
	}
	yield* wrongAccounts(db, realized);
}

/** The baseline and every fill after it, with the book's arithmetic. */
function replay(
	db: Database,
	key: PositionKey,
): { readonly replayed: Replayed; readonly findings: readonly Finding[] } {
	const findings: Finding[] = [];
	const baseline = baselineOf(db, key);
	let replayed: Replayed = baseline;
	for (const { record, addition } of fillsOf(db, key, baseline.fills)) {
		const fill = JSON.parse(record) as Fill;
		const { realized, ...next } = withFill(replayed, fill, addition === null ? undefined : addition === 1);
		replayed = next;
		const comes = formatDecimal(realized);
		if (comes === formatDecimal(decimal(fill.realized_pnl))) continue;
		const detail = `realized_pnl ${fill.realized_pnl} is stored, after the fills before it ${comes} was realised: fills are missing, or in another order`;
		findings.push({ check: "fills", subject: `${fill.account} ${fill.trade_id}`, detail });
	}
	return { replayed, findings };
}

/** A field of a position, as it is stored and as it comes out. */
type Field = readonly [name: string, stored: string | number | null, comes: string | number | null];

function* compared(db: Database, key: PositionKey, replayed: Replayed): Generator<Finding> {
	const { account, strategy, symbol } = key;
	const sql = "SELECT record FROM positions WHERE account = ? AND strategy = ? AND symbol = ?";
	const [stored] = recordsOf<Position>(db, sql, account, strategy, symbol);
	// Fills without a position are told as such (verify-relations.ts).
	if (stored === undefined) return;
	const differs = ([, is, comes]: Field): boolean => is !== comes;
	const wrong = shownFields(stored, replayed).filter(differs);
	// What only follows from a wrong quantity or price says nothing more.
	const told = wrong.length > 0 ? wrong : exactFields(stored, replayed).filter(differs);
	if (told.length === 0) return;
	const shown = told.map(
		([name, is, comes]) => `${name} ${is ?? "none"} is stored, its fills come to ${comes ?? "none"}`,
	);
	const detail = `${shown.join("; ")}: a fill is missing or was counted twice, or the position was changed without one`;
	yield { check: "positions", subject: `${strategy} ${symbol} on ${account}`, detail };
}

function shownFields(stored: Position, { holding, additions_known }: Replayed): readonly Field[] {
	const comes = holdingRecord(holding);
	const names = ["side", "quantity", "average_price", "realized_pnl"] as const;
	const additions: readonly Field[] = additions_known ? [["additions", stored.additions, comes.additions]] : [];
	return [...names.map((name): Field => [name, stored[name], comes[name]]), ...additions];
}

/** What a start goes on from, and what was still to be made at the price known then; none in records of versions that did not keep it. */
function exactFields(stored: Position, { holding }: Replayed): readonly Field[] {
	const { exact, mark_price, unrealized_pnl } = stored;
	const comes = holdingRecord(holding).exact;
	if (exact === undefined || comes === undefined) return [];
	const price = mark_price === null ? (averagePrice(holding) ?? zero) : decimal(mark_price);
	return [
		["exact cost", exact.cost, comes.cost],
		["exact gross profit", exact.gross, comes.gross],
		["fees", exact.fees, comes.fees],
		["unrealized_pnl", unrealized_pnl, formatDecimal(unrealizedPnl(holding, price))],
	];
}

function* wrongAccounts(db: Database, realized: ReadonlyMap<string, Decimal>): Generator<Finding> {
	for (const account of recordsOf<Account>(db, "SELECT record FROM accounts")) {
		const comes = realized.get(account.name) ?? zero;
		const stored = decimal(account.realized_pnl);
		if (stored !== comes) {
			const detail = `realized_pnl ${account.realized_pnl} is stored, its positions come to ${formatDecimal(comes)}: a fill was counted in only one of them`;
			yield { check: "accounts", subject: account.name, detail };
		}
		if (account.funded === undefined) continue;
		const made = subtract(decimal(account.balance), decimal(account.funded));
		// Where only the realised profit is wrong, that was told.
		if (made === stored || made === comes) continue;
		const due = formatDecimal(add(decimal(account.funded), comes));
		const detail = `balance ${account.balance} is stored, the ${account.funded} from outside and what its positions realised come to ${due}: money was counted without a fill or a correction`;
		yield { check: "accounts", subject: account.name, detail };
	}
}
