/** What must hold after the last restart, whatever was killed: told from the journal, as its API shows it, and from what the exchange made. */

import { add, type Decimal, decimal, formatDecimal, negate, zero } from "../../src/domain/decimal.ts";
import { external } from "../../src/domain/external.ts";
import type { AlertView, Order, Position } from "../../src/domain/records.ts";
import type { Ran, RunningNexus } from "../e2e/support/running-nexus.ts";
import type { Counts } from "../support/exchange/exchange-server.ts";

/** Everything that is compared. */
export interface Evidence {
	/** The sender's alert_id → our id, of every alert that was answered with 202, or with a duplicate's id after a first try without an answer. */
	readonly acknowledged: ReadonlyMap<string, string>;
	readonly alerts: readonly AlertView[];
	readonly orders: readonly Order[];
	readonly positions: readonly Position[];
	readonly exchange: Counts;
	/** What `nexus verify-journal` said. */
	readonly verified: Ran;
}

/** One line for each thing that is wrong. */
export interface Verdict {
	/** Acknowledged and not in the journal, or without an end. */
	readonly lost: readonly string[];
	/** More than one order for an intent, or for an alert that asks for one. */
	readonly doubled: readonly string[];
	/** Left without an outcome. */
	readonly unknown: readonly string[];
	/** Journal and exchange do not say the same, or the journal does not agree with itself. */
	readonly wrong: readonly string[];
	readonly executed: number;
	/** Alerts that ended `poisoned`, on purpose: they were in work at two kills in a row. */
	readonly poisoned: number;
}

/** Asks a running nexus, which has settled, and the exchange. */
export async function gather(
	nexus: RunningNexus,
	exchange: Counts,
	acknowledged: ReadonlyMap<string, string>,
): Promise<Evidence> {
	const [alerts, orders, positions] = await Promise.all([
		nexus.list<AlertView>("alerts"),
		nexus.orders(),
		nexus.positions(),
	]);
	return { acknowledged, alerts, orders, positions, exchange, verified: await nexus.command("verify-journal") };
}

export function judge(evidence: Evidence): Verdict {
	const { alerts, orders, verified } = evidence;
	const inDoubt = orders.filter(({ status }) => status === "unknown" || status === "submitting" || status === "review");
	return {
		lost: lostOf(evidence),
		doubled: doubledOf(evidence),
		unknown: inDoubt.map(({ id, status }) => `order ${id} is ${status}`),
		wrong: [
			...wrongEnds(evidence),
			...wrongPositions(evidence),
			...(verified.exit === 0 ? [] : [`verify-journal: ${verified.out}${verified.err}`]),
		],
		executed: alerts.filter(({ status }) => status === "executed").length,
		poisoned: alerts.filter(({ code }) => code === "poisoned").length,
	};
}

function lostOf({ acknowledged, alerts }: Evidence): readonly string[] {
	const byId = new Map(alerts.map((alert) => [alert.id, alert]));
	return [...acknowledged].flatMap(([sent, id]) => {
		const alert = byId.get(id);
		if (alert === undefined) return [`alert ${sent} was acknowledged as ${id} and is not in the journal`];
		return alert.status === "accepted" ? [`alert ${sent} (${id}) has no end`] : [];
	});
}

/** Under how many ids the exchange made orders for each alert; every alert of these runs asks for one. */
function madeFor({ orders, exchange }: Evidence): ReadonlyMap<string, number> {
	const made = new Map<string, number>();
	for (const { alert_id, client_order_id } of orders) {
		if (alert_id === null || (exchange.made[client_order_id] ?? 0) === 0) continue;
		made.set(alert_id, (made.get(alert_id) ?? 0) + 1);
	}
	return made;
}

function doubledOf(evidence: Evidence): readonly string[] {
	const intents = Object.entries(evidence.exchange.made).filter(([, made]) => made > 1);
	const alerts = [...madeFor(evidence)].filter(([, made]) => made > 1);
	return [
		...intents.map(([id, made]) => `${made} orders were made under client order id ${id}`),
		...alerts.map(([id, made]) => `orders under ${made} ids were made for alert ${id}`),
	];
}

/** An executed alert has its order, any other has none; all that is at the exchange was asked for, and the journal knows it so. */
function wrongEnds(evidence: Evidence): readonly string[] {
	const { alerts, orders, positions, exchange } = evidence;
	const known = new Set(orders.map(({ client_order_id }) => client_order_id));
	const made = madeFor(evidence);
	const strangers = Object.keys(exchange.made).filter((id) => !known.has(id));
	const adopted = [...orders, ...positions].filter((one) => one.strategy === external);
	return [
		...adopted.map(({ symbol }) => `something of ${symbol} is ${external}, and nobody else trades here`),
		...strangers.map((id) => `the exchange has order ${id}, and the journal does not know it`),
		...alerts.flatMap(({ id, alert_id, status, code, reason }) => {
			const isMade = (made.get(id) ?? 0) > 0;
			if (code === "poisoned" || (status === "executed") === isMade) return [];
			return [
				`alert ${alert_id ?? id} is ${status} (${reason ?? ""}), and the exchange made ${isMade ? "its order" : "none"}`,
			];
		}),
	];
}

function wrongPositions({ positions, exchange }: Evidence): readonly string[] {
	const held = new Map<string, Decimal>();
	for (const { symbol, side, quantity } of positions) {
		const signed = side === "short" ? negate(decimal(quantity)) : decimal(quantity);
		held.set(symbol, add(held.get(symbol) ?? zero, signed));
	}
	const symbols = new Set([...held.keys(), ...Object.keys(exchange.positions)]);
	return [...symbols].flatMap((symbol) => {
		const ours = formatDecimal(held.get(symbol) ?? zero);
		const theirs = exchange.positions[symbol] ?? "0";
		return ours === theirs ? [] : [`the journal holds ${ours} ${symbol}, the exchange ${theirs}`];
	});
}
