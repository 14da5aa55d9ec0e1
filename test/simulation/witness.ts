/** The witness of a run: sees what the processes approve, write down and send, and outlives them all. */
import type { Database } from "bun:sqlite";
import { type Decimal, decimal, formatDecimal, multiply } from "../../src/domain/decimal.ts";
import type { Approval, Change, Journal, Reception, RiskOfficer, Situation } from "../../src/domain/ports.ts";
import type { Order } from "../../src/domain/records.ts";
import type { Book } from "../../src/engine/book.ts";
import { openForReading } from "../../src/journal/journal-file.ts";
import { limits } from "./strategies.ts";

/** Rules about losses and money: they must never hold an exit back. */
export const neverForExits: readonly string[] = [
	"max_daily_loss",
	"insufficient_funds",
	"max_exposure",
	"max_position_size",
	"max_positions",
	"stale_alert",
	"price_needed",
];

/** What it saw that must not be, and what it needs to judge the rest. */
export class Witness {
	readonly violations: string[] = [];
	/** client order id → the most that was approved. */
	readonly #approved = new Map<string, Decimal>();
	/** alert and account → the strategy's answer as it was first on disk. */
	readonly #answers = new Map<string, string>();
	readonly #underWay = new WeakMap<Journal, { commits: number }>();
	/** A connection that only looks, on the folder of the process that runs. */
	#db: { readonly folder: string; readonly db: Database } | undefined;
	/** How often a rule denied an order. */
	denied = 0;

	/** The journal as the process has it, its commits watched. */
	watchJournal(journal: Journal): Journal {
		const count = { commits: 0 };
		const watched: Journal = {
			reader: journal.reader,
			accept: (reception: Reception) => journal.accept(reception),
			load: () => journal.load(),
			openAlerts: (after, limit) => journal.openAlerts(after, limit),
			work: (alertId) => journal.work(alertId),
			strategyState: (strategy, account) => journal.strategyState(strategy, account),
			close: () => {
				this.close();
				return journal.close();
			},
			commit: async (changes) => {
				count.commits += 1;
				try {
					await journal.commit(changes);
				} finally {
					count.commits -= 1;
				}
				for (const change of changes) this.#keptAnswer(change);
			},
		};
		this.#underWay.set(watched, count);
		this.journal = watched;
		return watched;
	}

	/** The journal of the newest process. */
	journal: Journal | undefined;

	/** True while a commit is under way in the newest process. */
	get busy(): boolean {
		const journal = this.journal;
		return journal !== undefined && (this.#underWay.get(journal)?.commits ?? 0) > 0;
	}

	/** A strategy's answer that is on disk stays the answer. */
	#keptAnswer(change: Change): void {
		if (change.kind !== "intent") return;
		const { alert_id, account, signals } = change.intent;
		const answer = JSON.stringify(signals);
		const key = `${alert_id} on ${account}`;
		const first = this.#answers.get(key);
		if (first !== undefined && first !== answer) {
			this.violations.push(`the answer to alert ${key} was ${first} and became ${answer}`);
		}
		this.#answers.set(key, first ?? answer);
	}

	/** The risk officer as the process has it. */
	watchRisk(officer: RiskOfficer): RiskOfficer {
		// What another process approved must be asked again: the day, the money and the clock are others by now.
		this.#approved.clear();
		return {
			limits: officer.limits,
			reinstate: (order) => officer.reinstate(order),
			approve: (situation): Approval => {
				const approval = officer.approve(situation);
				if ("approved" in approval) this.#approve(approval.approved, situation);
				else this.#deny(situation, approval.denied.code);
				return approval;
			},
		};
	}

	#approve({ id, client_order_id, quantity, leg }: Order, situation: Situation): void {
		if (leg === "entry" && situation.opening) this.violations.push(...overLimits(id, situation));
		const before = this.#approved.get(client_order_id);
		const now = decimal(quantity);
		this.#approved.set(client_order_id, before !== undefined && before > now ? before : now);
	}

	#deny({ order, opening }: Situation, code: string): void {
		this.denied += 1;
		if (order.leg === "entry" && opening) return;
		if (neverForExits.includes(code)) this.violations.push(`exit ${order.id} was denied by ${code}`);
	}

	/** An order leaves the process: it must be on disk as being sent, and an entry approved for as much. */
	orderLeaves({ method, body }: RequestInit, folder: string, book: Book | undefined): void {
		if (method !== "POST" || typeof body !== "string") return;
		const sent = JSON.parse(body) as {
			readonly client_order_id: string;
			readonly quantity: string;
			readonly reduce_only: boolean;
		};
		const orders = this.orders(folder);
		const order = orders.find((one) => one.client_order_id === sent.client_order_id);
		if (order === undefined) {
			this.violations.push(`order ${sent.client_order_id} left without being in the journal`);
			return;
		}
		if (order.status !== "submitting" && order.status !== "partially_filled") {
			this.violations.push(`order ${order.id} left while the journal said ${order.status}`);
		}
		const approved = this.#approved.get(order.client_order_id);
		if (order.leg !== "entry") {
			// With both sides held the net may grow by an exit; otherwise none may turn what the exchange holds.
			const bound = book?.opposed(order.account, order.symbol) === false;
			if (bound && !sent.reduce_only)
				this.violations.push(`exit ${order.id} (${order.leg}) left without being reduce-only`);
			return;
		}
		const doubtful = orders.find(({ status, symbol }) => status === "review" && symbol === order.symbol);
		if (doubtful !== undefined) this.violations.push(`entry ${order.id} left while ${doubtful.id} was in review`);
		if (approved === undefined) this.violations.push(`entry ${order.id} left without approval`);
		else if (decimal(sent.quantity) > approved) this.violations.push(`entry ${order.id} left larger than approved`);
	}

	/** Every order that is on disk now. */
	orders(folder: string): readonly Order[] {
		const rows = this.look(folder).query("SELECT record FROM orders").values() as [string][];
		return rows.map(([record]) => JSON.parse(record) as Order);
	}

	/** What is on disk now, for questions. */
	look(folder: string): Database {
		if (this.#db?.folder !== folder) {
			this.close();
			this.#db = { folder, db: openForReading(folder) };
		}
		return this.#db.db;
	}

	/** Lets go of the files. */
	close(): void {
		this.#db?.db.close();
		this.#db = undefined;
	}
}

/** Rules of money that an entry breaks although it was approved, worked out from the same numbers. */
function overLimits(id: string, { daily_loss, day_start_equity, free, sized_quantity, price }: Situation): string[] {
	const wrong: string[] = [];
	const { max_daily_loss } = limits;
	if (max_daily_loss !== undefined && daily_loss >= multiply(day_start_equity, max_daily_loss)) {
		wrong.push(`entry ${id} was approved after a loss of ${formatDecimal(daily_loss)}`);
	}
	const cost = multiply(sized_quantity, price ?? decimal("0"));
	if (cost > free) wrong.push(`entry ${id} was approved for ${formatDecimal(cost)} with ${formatDecimal(free)} free`);
	return wrong;
}
