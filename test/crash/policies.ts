/** Four ways to go on after "no answer", killed at the same points in front of the same exchange: three stand-ins, and nexus. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertOf, Bench, key, token } from "./bench.ts";
import { crashBinary } from "./crash-binary.ts";
import { type CaseFault, caseFaults } from "./crash-case.ts";
import { killVariable } from "./kill-switch.ts";
import { openAlerts, type StandInAlert, type StandInPolicy, standInPolicies } from "./stand-in.ts";

export const policies = [...standInPolicies, "nexus"] as const;
export type Policy = (typeof policies)[number];

/** Where the first life is killed, and the second one; after that nobody is killed. A point that is not reached kills nobody. */
export const killPlans = [
	["alert:recorded"],
	["entry:planned"],
	["entry:written_ahead"],
	["entry:in_flight"],
	["entry:answered"],
	["entry:in_commit"],
	["entry:on_disk"],
	["entry:written_ahead", "again"],
	["entry:in_flight", "again"],
	["entry:answered", "again"],
] as const;
export type KillPlan = (typeof killPlans)[number];

/** The second life is killed when it has asked what became of the order, or has sent it again. */
const again = { nexus: "start:looked@1", standIn: "entry:answered@1" } as const;

export interface PolicyTally {
	/** Made once and known as executed, or refused and known as failed. */
	right: number;
	/** More than one order. */
	doubled: number;
	/** No order, or one that is not known. */
	missed: number;
	/** Processes that were killed. */
	kills: number;
}

interface Case {
	readonly symbol: string;
	readonly plan: KillPlan;
}

interface Ended {
	readonly kills: number;
	readonly believed: "executed" | "failed" | "open";
}

const strategy = "Policy";
const faults = Object.keys(caseFaults) as CaseFault[];
/** Later than a restart looks, and before the request has expired. */
const late_ms = [500, 800] as const;
const slow_ms = [300, 1_500] as const;
const side_by_side = 6;
/** Until what is on its way has reached the exchange. */
const late_over_ms = 1_000;

/** Every plan under every fault, by each policy. */
export async function comparePolicies(
	plans: readonly KillPlan[] = killPlans,
): Promise<ReadonlyMap<Policy, PolicyTally>> {
	const tallies = new Map<Policy, PolicyTally>(
		policies.map((policy) => [policy, { right: 0, doubled: 0, missed: 0, kills: 0 }]),
	);
	const waiting = policies.flatMap((policy) => faults.map((fault) => ({ policy, fault }))).reverse();
	const work = async (): Promise<void> => {
		for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
			const tally = tallies.get(job.policy);
			if (tally !== undefined) await playPlans(job.policy, job.fault, plans, tally);
		}
	};
	await Promise.all(Array.from({ length: side_by_side }, work));
	return tallies;
}

/** All plans of one policy under one fault; each has a symbol of its own, by which its orders are told. */
async function playPlans(
	policy: Policy,
	fault: CaseFault,
	plans: readonly KillPlan[],
	tally: PolicyTally,
): Promise<void> {
	const cases = plans.map((plan, index): Case => ({ plan, symbol: `P${index}/USD` }));
	await using bench = await Bench.make({
		symbols: cases.map(({ symbol }) => symbol),
		strategies: [strategy],
		seed: faults.indexOf(fault) + 1,
		binary: await crashBinary(),
	});
	const ended: (Case & Ended)[] = [];
	for (const one of cases) {
		await bench.setFaults({ faults: { late_ms, slow_ms }, next: [caseFaults[fault]] });
		const end = policy === "nexus" ? await killNexus(bench, one) : await killStandIn(bench, policy, one);
		ended.push({ ...one, ...end });
	}
	await Bun.sleep(late_over_ms);
	const { orders } = await bench.exchange.counts();
	for (const { symbol, believed, kills } of ended) {
		const made = orders.filter((order) => order.symbol === symbol).length;
		tally.kills += kills;
		if (made > 1) tally.doubled += 1;
		else if (made === 1 && believed === "executed") tally.right += 1;
		else if (made === 0 && believed === "failed" && fault === "reject") tally.right += 1;
		else tally.missed += 1;
	}
}

async function killStandIn(bench: Bench, policy: StandInPolicy, { symbol, plan }: Case): Promise<Ended> {
	const folder = mkdtempSync(join(tmpdir(), "nexus-stand-in-"));
	try {
		const file = join(folder, "alerts.sqlite");
		using db = openAlerts(file);
		db.run("INSERT INTO alerts VALUES (?, ?, 'new', NULL)", [symbol, symbol]);
		const argument = JSON.stringify({ policy, url: bench.exchange.url, key, file });
		let kills = 0;
		for (const point of [...plan.map((one) => (one === "again" ? again.standIn : `${one}@1`)), ""]) {
			const child = Bun.spawn([process.execPath, join(import.meta.dir, "stand-in.ts"), argument], {
				env: { ...process.env, [killVariable]: point },
				stdio: ["ignore", "ignore", "ignore"],
			});
			await child.exited;
			if (child.signalCode === "SIGKILL") kills += 1;
			else if (child.exitCode !== 0) throw new Error(`the stand-in (${policy}) ended with ${child.exitCode}`);
		}
		const row = db.query<StandInAlert, []>("SELECT * FROM alerts").get();
		const state = row?.state ?? "new";
		return { kills, believed: state === "executed" || state === "failed" ? state : "open" };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

async function killNexus({ nexus }: Bench, { symbol, plan }: Case): Promise<Ended> {
	const alert = alertOf(symbol.replace("/", ""), "buy", symbol, strategy);
	let kills = 0;
	let answered = false;
	for (const point of [...plan.map((one) => (one === "again" ? again.nexus : `${one}@1`)), ""]) {
		nexus.env = { PATH: "", [killVariable]: point };
		const started = await nexus.launch().then(
			() => true,
			() => false,
		);
		if (started && !answered) {
			answered = await nexus.post(alert, { tail: `/${token}` }).then(
				() => true,
				() => false,
			);
		}
		// A nexus that no longer answers is about to have ended.
		if (started) await Promise.race([nexus.exited(), nexus.settled().catch(() => nexus.exited())]);
		if (nexus.ending !== undefined) kills += 1;
		else if (point !== "") await nexus.kill9();
	}
	const { status } = await nexus.alert(alert.alert_id);
	await nexus.kill9();
	return { kills, believed: status === "executed" ? status : status === "accepted" ? "open" : "failed" };
}

/** One line for each policy. */
export function policyTable(tallies: ReadonlyMap<Policy, PolicyTally>): readonly string[] {
	const columns = ["right", "doubled", "missed", "kills"] as const;
	return [
		["policy".padEnd(22), ...columns.map((name) => name.padStart(10))].join(""),
		...[...tallies].map(([policy, tally]) =>
			[policy.padEnd(22), ...columns.map((name) => String(tally[name]).padStart(10))].join(""),
		),
	];
}
