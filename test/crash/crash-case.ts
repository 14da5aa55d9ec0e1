/** One case of the crash matrix: a fresh data folder, several kills in a row at one point under one fault, then restarted until settled and judged. */
import type { AlertView, Order } from "../../src/domain/records.ts";
import type { Chance } from "../support/exchange/chance.ts";
import type { OrderFault } from "../support/exchange/faults.ts";
import { alertOf, Bench, token } from "./bench.ts";
import { gather, judge, type Verdict } from "./judge.ts";
import { type KillPoint, killVariable } from "./kill-switch.ts";

/** Kills from outside, by what only the exchange sees or at a random time. */
export const outsidePoints = ["outside:arrived", "outside:accepted", "outside:random"] as const;
export type CasePoint = KillPoint | (typeof outsidePoints)[number];

/** What the exchange does with the orders of a life. */
export const caseFaults = {
	ok: null,
	reject: "reject",
	"answer lost": "lost_after",
	"503 taken": "error_after",
	"503 not taken": "error_before",
	"taken late": "late",
	slow: "slow_answer",
} as const satisfies Readonly<Record<string, OrderFault | null>>;
export type CaseFault = keyof typeof caseFaults;

export interface CaseSettings {
	readonly point: CasePoint;
	readonly fault: CaseFault;
	readonly kills: number;
	readonly chance: Chance;
	readonly seed: number;
	/** With kill points for the named ones, the shipped one for those from outside. */
	readonly binaries: { readonly crash: string; readonly shipped: string };
}

export interface CaseResult extends Verdict {
	readonly point: CasePoint;
	readonly fault: CaseFault;
	readonly seed: number;
	readonly kills: number;
	/** Kills that came from outside, because the point was not reached in time. */
	readonly elsewhere: number;
	readonly acknowledged: number;
	/** The longest time from a start until nothing was unknown or open, milliseconds. */
	readonly settled_ms: number;
	/** What a reader of a failure needs. */
	readonly story: string;
}

const strategy = "Crash";
const symbols = ["S0/USD", "S1/USD", "S2/USD", "S3/USD"] as const;
/** An order may stay unknown for this long while the exchange is reachable. */
const unknown_ms_max = 10_000;
const settle_ms_max = 30_000;
/** For a process to reach its kill point after the alerts were posted. */
const reach_ms_max = 4_000;
const poll_ms = 20;
/** Of the log, where a case could not be played to its end. */
const story_characters_max = 20_000;
/** Around the request's expiry of 1 s, so that some are taken and some come too late. */
const late_ms = [200, 1_400] as const;
/** Around the time-out of 1 s. */
const slow_ms = [300, 1_500] as const;

/** Plays one case. Throws only where it cannot be set up; whatever cannot go on after that is a finding. */
export async function playCase(settings: CaseSettings): Promise<CaseResult> {
	const { point, seed, binaries } = settings;
	const binary = point.startsWith("outside:") ? binaries.shipped : binaries.crash;
	await using bench = await Bench.make({ symbols, strategies: [strategy], seed, binary });
	const played = new CrashCase(settings, bench);
	try {
		return await played.play();
	} catch (error) {
		return played.brokenOff(error instanceof Error ? (error.stack ?? error.message) : String(error));
	}
}

class CrashCase {
	readonly #settings: CaseSettings;
	readonly #bench: Bench;
	readonly #acknowledged = new Map<string, string>();
	/** Alerts without an answer: sent again at the end. */
	readonly #unanswered: ReturnType<typeof alertOf>[] = [];
	readonly #slow: string[] = [];
	#kills = 0;
	#elsewhere = 0;
	#settled_ms = 0;
	#numbered = 0;

	constructor(settings: CaseSettings, bench: Bench) {
		this.#settings = settings;
		this.#bench = bench;
	}

	async play(): Promise<CaseResult> {
		const { point, kills } = this.#settings;
		while (this.#kills < kills) await this.#die(point);
		await this.#launchAndSettle("");
		await this.#sendAgain();
		const counts = await this.#bench.exchange.counts();
		const evidence = await gather(this.#bench.nexus, counts, this.#acknowledged);
		const verdict = judge(evidence);
		const { alerts, orders, exchange } = evidence;
		const story = JSON.stringify({ alerts, orders, sent: exchange.sent, made: exchange.orders }, null, 1);
		return { ...verdict, ...this.#counts(), unknown: [...this.#slow, ...verdict.unknown], story };
	}

	/** The result of a case that could not be played to its end. */
	brokenOff(why: string): CaseResult {
		const nothing = { lost: [], doubled: [], executed: 0, poisoned: 0 };
		const log = this.#bench.nexus.log.slice(-story_characters_max);
		return { ...nothing, ...this.#counts(), unknown: this.#slow, wrong: [why], story: JSON.stringify({ why, log }) };
	}

	#counts(): Pick<CaseResult, "point" | "fault" | "seed" | "kills" | "elsewhere" | "acknowledged" | "settled_ms"> {
		const { point, fault, seed } = this.#settings;
		return {
			point,
			fault,
			seed,
			kills: this.#kills,
			elsewhere: this.#elsewhere,
			acknowledged: this.#acknowledged.size,
			settled_ms: this.#settled_ms,
		};
	}

	/** One life, or two where a start is to be killed: the first one leaves orders in doubt. */
	async #die(point: CasePoint): Promise<void> {
		if (!point.startsWith("start:")) {
			await this.#life(point);
			return;
		}
		await this.#life(this.#settings.chance.happens(0.5) ? "entry:in_flight" : "exit:answered");
		this.#arm(point, 1);
		const started = await this.#launch();
		if (!started || (await this.#diesWithin(reach_ms_max))) this.#kills += 1;
		else await this.#killFromOutside();
	}

	/** Starts, lets everything from before come to its end, sends alerts under the fault, and is killed. */
	async #life(point: CasePoint): Promise<void> {
		const { chance } = this.#settings;
		const named = !point.startsWith("outside:");
		const exits = point.startsWith("exit:") || (!named && chance.happens(0.5));
		if (exits) {
			await this.#launchAndSettle(named ? `${point}@${chance.whole(1, 3)}` : "");
			await this.#post("buy");
			await this.#settle(performance.now());
		} else {
			await this.#launchAndSettle(named ? `${point}@${chance.whole(1, 3)}` : "");
		}
		await this.#misbehave(point);
		const action = exits ? "close_long" : "buy";
		const [died] = await Promise.all([this.#end(point), this.#post(action)]);
		if (died) this.#kills += 1;
		else await this.#killFromOutside();
	}

	async #misbehave(point: CasePoint): Promise<void> {
		const { fault } = this.#settings;
		const own = { "outside:arrived": "slow_accept", "outside:accepted": "slow_answer" } as const;
		const next = point in own ? own[point as keyof typeof own] : caseFaults[fault];
		await this.#bench.setFaults({ faults: { late_ms, slow_ms }, next: symbols.map(() => next) });
	}

	/** Waits for the end, or brings it; false where the point was not reached. */
	async #end(point: CasePoint): Promise<boolean> {
		const { nexus, exchange } = this.#bench;
		if (!point.startsWith("outside:")) return await this.#diesWithin(reach_ms_max);
		if (point === "outside:random") {
			await Bun.sleep(this.#settings.chance.number() ** 2 * 1_500);
		} else {
			const before = (await exchange.counts()).orders.length;
			const late = performance.now() + reach_ms_max;
			for (;;) {
				const { under_way, orders } = await exchange.counts();
				if (point === "outside:arrived" ? under_way : orders.length > before) break;
				if (performance.now() > late) return false;
				await Bun.sleep(1);
			}
		}
		await nexus.kill9();
		return true;
	}

	async #killFromOutside(): Promise<void> {
		await this.#bench.nexus.kill9();
		this.#kills += 1;
		this.#elsewhere += 1;
	}

	async #diesWithin(ms: number): Promise<boolean> {
		const late = Promise.withResolvers<false>();
		const timer = setTimeout(() => late.resolve(false), ms);
		try {
			return await Promise.race([this.#bench.nexus.exited().then(() => true), late.promise]);
		} finally {
			clearTimeout(timer);
		}
	}

	#arm(point: string, times: number): void {
		const order = point === "" ? "" : `${point}@${times}`;
		this.#bench.nexus.env = { PATH: "", [killVariable]: order };
	}

	/** False where it was killed before it was ready. */
	async #launch(): Promise<boolean> {
		try {
			await this.#bench.nexus.launch();
			return true;
		} catch (error) {
			if (/exit 137\b/.test(String(error))) return false;
			throw error;
		}
	}

	/** @param order `POINT@N`; "" where it is not to be killed by itself */
	async #launchAndSettle(order: string): Promise<void> {
		const [point = "", times = "1"] = order.split("@");
		this.#arm(point, Number(times));
		await this.#bench.setFaults();
		const start = performance.now();
		if (!(await this.#launch())) throw new Error(`it was killed at its start, and ${order} is no point of one`);
		await this.#settle(start);
	}

	/** Until every alert has ended and no order is in doubt; what takes longer than allowed is a finding. */
	async #settle(start: number): Promise<void> {
		let told = false;
		for (;;) {
			const open = await this.#open();
			const took = performance.now() - start;
			this.#settled_ms = Math.max(this.#settled_ms, took);
			if (open.length === 0) return;
			if (took > unknown_ms_max && !told) {
				told = true;
				this.#slow.push(`${Math.round(took)} ms after a start: ${open.join(", ")}`);
			}
			if (took > settle_ms_max) return;
			await Bun.sleep(poll_ms);
		}
	}

	async #open(): Promise<readonly string[]> {
		const { nexus } = this.#bench;
		const alerts = await nexus.api<{ items: readonly AlertView[] }>("alerts?status=accepted&limit=10");
		const orders = await nexus.api<{ items: readonly Order[] }>("orders?limit=100");
		const inDoubt = orders.json.items.filter(({ status }) => status === "unknown" || status === "submitting");
		return [
			...alerts.json.items.map(({ id }) => `alert ${id} has no end`),
			...inDoubt.map(({ id, status }) => `order ${id} is ${status}`),
		];
	}

	/** One alert for each symbol, all at once. */
	async #post(action: "buy" | "close_long"): Promise<void> {
		const alerts = symbols.map((symbol) => {
			this.#numbered += 1;
			return alertOf(`${this.#settings.seed}-${this.#numbered}`, action, symbol, strategy);
		});
		await Promise.all(
			alerts.map(async (alert) => {
				if (!(await this.#deliver(alert))) this.#unanswered.push(alert);
			}),
		);
	}

	/** False where no answer came, or one that asks for it again. */
	async #deliver(alert: ReturnType<typeof alertOf>): Promise<boolean> {
		const answer = await this.#bench.nexus.post(alert, { tail: `/${token}` }).catch(() => undefined);
		if (answer === undefined || answer.status >= 500) return false;
		const { status, text, json } = answer;
		if (status !== 202 && json.status !== "duplicate") throw new Error(`alert ${alert.alert_id}: ${status} ${text}`);
		this.#acknowledged.set(alert.alert_id, json.id ?? "");
		return true;
	}

	async #sendAgain(): Promise<void> {
		for (const alert of this.#unanswered) {
			if (!(await this.#deliver(alert))) throw new Error(`alert ${alert.alert_id} is not answered by a running nexus`);
		}
		await this.#settle(performance.now());
	}
}
