/** The crash matrix: every kill point under every fault of the exchange, until enough processes were killed. */
import { build, binary as shippedBinary } from "../../scripts/build.ts";
import { Chance } from "../support/exchange/chance.ts";
import { crashBinary } from "./crash-binary.ts";
import { type CaseFault, type CasePoint, type CaseResult, caseFaults, outsidePoints, playCase } from "./crash-case.ts";
import { killPoints } from "./kill-switch.ts";

export interface MatrixOptions {
	/** At least so many processes are killed. */
	readonly kills: number;
	readonly seed: number;
	/** Cases that are played at the same time. */
	readonly side_by_side?: number;
	readonly onCase?: (result: CaseResult) => void;
}

/** Most of a case is waiting for what is in doubt. */
const side_by_side_default = 6;
/** Kills in a row on one data folder. */
const kills_each = 4;

interface Cell {
	readonly point: CasePoint;
	readonly fault: CaseFault;
}

const faults = Object.keys(caseFaults) as CaseFault[];

/** Every pair that makes sense: what only the exchange sees brings its own fault. */
function cells(): readonly Cell[] {
	const points: readonly CasePoint[] = [...killPoints, ...outsidePoints];
	return points.flatMap((point): readonly Cell[] => {
		if (point === "outside:arrived") return [{ point, fault: "taken late" }];
		if (point === "outside:accepted") return [{ point, fault: "slow" }];
		return faults.map((fault) => ({ point, fault }));
	});
}

function shuffled<T>(items: readonly T[], chance: Chance): readonly T[] {
	return items
		.map((item) => [chance.number(), item] as const)
		.sort(([a], [b]) => a - b)
		.map(([, item]) => item);
}

/** Plays as many cases as it takes, each cell once before any twice. */
export async function playMatrix(options: MatrixOptions): Promise<readonly CaseResult[]> {
	const { kills, seed, side_by_side = side_by_side_default, onCase } = options;
	const [crash] = await Promise.all([crashBinary(), build()]);
	const chance = new Chance(seed);
	const results: CaseResult[] = [];
	let waiting: Cell[] = [];
	let [planned, number] = [0, 0];
	const worker = async (): Promise<void> => {
		while (planned < kills) {
			if (waiting.length === 0) waiting = [...shuffled(cells(), chance)];
			const cell = waiting.pop();
			if (cell === undefined) return;
			const kills_here = Math.min(kills_each, kills - planned);
			planned += kills_here;
			number += 1;
			const own = seed * 10_000 + number;
			const result = await playCase({
				...cell,
				kills: kills_here,
				seed: own,
				chance: new Chance(own),
				binaries: { crash, shipped: shippedBinary },
			});
			results.push(result);
			onCase?.(result);
		}
	};
	await Promise.all(Array.from({ length: side_by_side }, worker));
	return results;
}

const sum = (results: readonly CaseResult[], of: (result: CaseResult) => number): number =>
	results.reduce((total, result) => total + of(result), 0);

/** Counts of one group of cases. */
export function totals(results: readonly CaseResult[]) {
	return {
		kills: sum(results, ({ kills }) => kills),
		elsewhere: sum(results, ({ elsewhere }) => elsewhere),
		acknowledged: sum(results, ({ acknowledged }) => acknowledged),
		executed: sum(results, ({ executed }) => executed),
		lost: sum(results, ({ lost }) => lost.length),
		doubled: sum(results, ({ doubled }) => doubled.length),
		unknown: sum(results, ({ unknown }) => unknown.length),
		wrong: sum(results, ({ wrong }) => wrong.length),
		poisoned: sum(results, ({ poisoned }) => poisoned),
		settled_ms: Math.max(0, ...results.map(({ settled_ms }) => Math.round(settled_ms))),
	};
}

/** One line for each point: kills under each fault, and what went wrong. */
export function tableOf(results: readonly CaseResult[]): readonly string[] {
	const width = 15;
	const cell = (text: string | number): string => String(text).padStart(width);
	const points = [...killPoints, ...outsidePoints].filter((point) => results.some((one) => one.point === point));
	const findings = ["lost", "doubled", "unknown", "wrong", "poisoned"] as const;
	const line = (name: string, of: readonly CaseResult[]): string => {
		const counted = totals(of);
		const perFault = faults.map((fault) => totals(of.filter((one) => one.fault === fault)).kills || "");
		return [name.padEnd(22), ...[...perFault, ...findings.map((one) => counted[one])].map(cell)].join("");
	};
	return [
		["kills at".padEnd(22), ...[...faults, ...findings].map(cell)].join(""),
		...points.map((point) =>
			line(
				point,
				results.filter((one) => one.point === point),
			),
		),
		line("all", results),
	];
}
