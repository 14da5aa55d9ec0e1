/** Positions and accounts worked out again from fills, beside what is stored. */
import type { Database } from "bun:sqlite";
import { add, type Decimal, decimal, formatDecimal, zero } from "../domain/decimal.ts";
import { external } from "../domain/external.ts";
import { type Holding, holdingRecord, realizedPnl } from "../domain/holding.ts";
import type { Account, Fill, Position } from "../domain/records.ts";
import { baselineOf, fillsOf, type PositionKey, withFill } from "./baseline.ts";
import type { Finding } from "./finding.ts";
import { recordsOf } from "./snapshot.ts";

const every_position = `SELECT account, strategy, symbol FROM positions
	UNION SELECT account, strategy, symbol FROM baselines
	UNION SELECT account, record ->> 'strategy', record ->> 'symbol' FROM fills`;

/** Every position, then every account, that is not what its fills come to. */
export function* wrongPositions(db: Database): Generator<Finding> {
	const realized = new Map<string, Decimal>();
	for (const key of db.query<PositionKey, []>(every_position).all()) {
		const { holding, findings } = replayed(db, key);
		yield* findings;
		yield* compared(db, key, holding);
		// What no strategy asked for is no profit or loss of ours.
		if (key.strategy === external) continue;
		realized.set(key.account, add(realized.get(key.account) ?? zero, realizedPnl(holding)));
	}
	yield* wrongAccounts(db, realized);
}

/** The baseline and every fill after it, with the book's arithmetic. */
function replayed(
	db: Database,
	key: PositionKey,
): { readonly holding: Holding; readonly findings: readonly Finding[] } {
	const findings: Finding[] = [];
	const baseline = baselineOf(db, key);
	let { holding } = baseline;
	for (const { record } of fillsOf(db, key, baseline.fills)) {
		const fill = JSON.parse(record) as Fill;
		const next = withFill(holding, fill);
		holding = next.holding;
		const comes = formatDecimal(next.realized);
		if (comes === formatDecimal(decimal(fill.realized_pnl))) continue;
		const detail = `realized_pnl ${fill.realized_pnl} is stored, after the fills before it ${comes} was realised: fills are missing, or in another order`;
		findings.push({ check: "fills", subject: `${fill.account} ${fill.trade_id}`, detail });
	}
	return { holding, findings };
}

const compared_fields = ["side", "quantity", "average_price", "realized_pnl"] as const;

function* compared(db: Database, key: PositionKey, holding: Holding): Generator<Finding> {
	const { account, strategy, symbol } = key;
	const sql = "SELECT record FROM positions WHERE account = ? AND strategy = ? AND symbol = ?";
	const [stored] = recordsOf<Position>(db, sql, account, strategy, symbol);
	// Fills without a position are told as such (verify-relations.ts).
	if (stored === undefined) return;
	const comes = holdingRecord(holding);
	const wrong = compared_fields.filter((field) => stored[field] !== comes[field]);
	if (wrong.length === 0) return;
	const shown = wrong.map(
		(field) => `${field} ${stored[field] ?? "none"} is stored, its fills come to ${comes[field] ?? "none"}`,
	);
	const detail = `${shown.join("; ")}: a fill is missing or was counted twice, or the position was changed without one`;
	yield { check: "positions", subject: `${strategy} ${symbol} on ${account}`, detail };
}

function* wrongAccounts(db: Database, realized: ReadonlyMap<string, Decimal>): Generator<Finding> {
	for (const account of recordsOf<Account>(db, "SELECT record FROM accounts")) {
		const comes = realized.get(account.name) ?? zero;
		if (decimal(account.realized_pnl) === comes) continue;
		const detail = `realized_pnl ${account.realized_pnl} is stored, its positions come to ${formatDecimal(comes)}: a fill was counted in only one of them`;
		yield { check: "accounts", subject: account.name, detail };
	}
}
