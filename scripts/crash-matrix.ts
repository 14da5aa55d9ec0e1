/** `bun run crash [--kills 640] [--seed 1]`: kills real processes at every point under every fault of a fake exchange and judges what is left; `--policies` and `--ten-kills` are runs of their own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { CaseResult } from "../test/crash/crash-case.ts";
import { playMatrix, tableOf, totals } from "../test/crash/matrix.ts";
import { comparePolicies, policyTable } from "../test/crash/policies.ts";
import { type Day, playDay } from "../test/crash/ten-kills.ts";
import { removeLeftovers } from "../test/e2e/support/running-nexus.ts";
import { root } from "./install.ts";

const { values } = parseArgs({
	options: {
		kills: { type: "string", default: "640" },
		seed: { type: "string", default: "1" },
		policies: { type: "boolean", default: false },
		"ten-kills": { type: "boolean", default: false },
	},
});
const kills = Number(values.kills);
const seed = Number(values.seed);
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed) || seed < 0) {
	console.error("--kills and --seed are whole numbers");
	process.exit(64);
}

/** Alerts of the run with ten kills, and of the one with a take-over. */
const day_alerts = 2_000;
const day_kills = 10;
/** Where what belongs to a finding is written. */
const stories = join(root, "dist", "crash-stories");

const findingsOf = ({ lost, doubled, unknown, wrong }: Pick<CaseResult, "lost" | "doubled" | "unknown" | "wrong">) => [
	...lost,
	...doubled,
	...unknown,
	...wrong,
];

/** Tells what is wrong as soon as it is known, and keeps the case's records. */
function tell(result: CaseResult): void {
	const findings = findingsOf(result);
	if (findings.length === 0) return;
	mkdirSync(stories, { recursive: true });
	const file = join(stories, `${result.seed}.json`);
	writeFileSync(file, result.story);
	console.log(`${result.point}, ${result.fault}, case ${result.seed} (${file}):`);
	for (const finding of findings) console.log(`  ${finding}`);
}

async function matrix(): Promise<boolean> {
	const results = await playMatrix({ kills, seed, onCase: tell });
	for (const line of tableOf(results)) console.log(line);
	const all = totals(results);
	console.log(
		`${all.kills} kills (${all.elsewhere} from outside, their point was not reached), ${all.acknowledged} alerts acknowledged, ${all.executed} executed, ${all.poisoned} poisoned; the slowest start had settled after ${all.settled_ms} ms`,
	);
	console.log(
		`${all.lost} lost, ${all.doubled} doubled, ${all.unknown} unknown too long, ${all.wrong} otherwise wrong`,
	);
	return all.lost + all.doubled + all.unknown + all.wrong === 0;
}

async function policies(): Promise<boolean> {
	const tallies = await comparePolicies();
	for (const line of policyTable(tallies)) console.log(line);
	const ours = tallies.get("nexus");
	return ours !== undefined && ours.doubled + ours.missed === 0;
}

function describeDay(name: string, day: Day): boolean {
	const { acknowledged, executed, orders, poisoned, cut, refused, settled_ms } = day;
	console.log(
		`${name}: ${acknowledged} alerts acknowledged, ${executed} executed, ${orders} orders at the exchange, ${poisoned} poisoned; ${cut} connections refused or cut, ${refused} answers 5xx; settled ${settled_ms} ms after the last`,
	);
	const findings = findingsOf(day);
	for (const finding of findings) console.log(`  ${finding}`);
	return findings.length === 0 && acknowledged === day_alerts;
}

async function tenKills(): Promise<boolean> {
	const killed = await playDay({ alerts: day_alerts, kills: day_kills, take_overs: 0, seed });
	const rightly = describeDay(`${day_kills} kills`, killed);
	if (process.platform !== "linux") return rightly;
	const replaced = await playDay({ alerts: day_alerts, kills: 0, take_overs: 1, seed: seed + 1 });
	return describeDay("1 take-over", replaced) && rightly && replaced.cut === 0;
}

const start = performance.now();
try {
	const right = await (values.policies ? policies() : values["ten-kills"] ? tenKills() : matrix());
	console.log(`${Math.round((performance.now() - start) / 1000)} s, seed ${seed}`);
	process.exitCode = right ? 0 : 1;
} finally {
	await removeLeftovers();
}
