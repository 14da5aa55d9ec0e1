/** What the benchmark found, as a table for people. */
import type { FillTime } from "./fill-time.ts";
import type { Memory } from "./memory.ts";
import type { Readings, ReadingTime } from "./reading-time.ts";
import type { StartTime } from "./start-time.ts";
import type { Comparison } from "./throughput.ts";

/** Everything that one run of the benchmark measured; this is what bench-results.json holds. */
export interface Results {
	readonly version: string;
	readonly bun: string;
	readonly machine: string;
	readonly quick: boolean;
	readonly throughput: readonly Comparison[];
	readonly start_empty: StartTime;
	readonly start_full: StartTime;
	readonly full_journal_alerts: number;
	readonly memory_idle: Memory;
	readonly memory_after: Memory;
	readonly memory_after_alerts: number;
	readonly fill: FillTime;
	readonly reading: Readings;
}

/** What is to be reached. */
export const targets = {
	ratio: new Map([
		[64, 0.3],
		[512, 0.45],
	]),
	ready_full_ms: 250,
	idle_mb: 150,
	fill_p99_ms: 20,
	reading_mission_us: 15,
	reading_dialect_us: 60,
} as const;

type Row = readonly [name: string, value: string, target: string];

const atLeast = (value: number, target: number): string =>
	`>= ${target}  ${value >= target ? "reached" : "NOT reached"}`;
const atMost = (value: number, target: number, unit: string): string =>
	`<= ${target} ${unit}  ${value <= target ? "reached" : "NOT reached"}`;
const memory = ({ server_mb, children_mb, children }: Memory): string =>
	`${server_mb} MB, ${children} plugin processes ${children_mb} MB`;

function throughputRows({ connections, nexus, bare, ratio, ratios }: Comparison): readonly Row[] {
	const target = targets.ratio.get(connections);
	return [
		[`durable acceptance, ${connections} connections`, `${nexus.per_second}/s`, ""],
		["  bare Bun.serve in turn with it", `${bare.per_second}/s`, ""],
		[`  ratio (rounds ${ratios.join(" ")})`, String(ratio), target === undefined ? "" : atLeast(ratio, target)],
		["  latency p50 / p99", `${nexus.p50_ms} / ${nexus.p99_ms} ms`, ""],
		["  bare latency p50 / p99", `${bare.p50_ms} / ${bare.p99_ms} ms`, ""],
	];
}

function readingRows({ mission, dialects }: Readings): readonly Row[] {
	const { reading_mission_us, reading_dialect_us } = targets;
	return [
		[`reading the ${mission.name}`, readingValue(mission), atMost(mission.read_us, reading_mission_us, "µs")],
		...dialects.map(
			(one): Row => [`  one message of ${one.name}`, readingValue(one), atMost(one.read_us, reading_dialect_us, "µs")],
		),
	];
}

function readingValue({ read_us, parse_us, ratio }: ReadingTime): string {
	if (parse_us === undefined || ratio === undefined) return `${read_us} µs (no JSON)`;
	return `${read_us} µs, ${ratio} × JSON.parse (${parse_us} µs)`;
}

/** The lines to print. */
export function reportLines(results: Results): readonly string[] {
	const { fill, start_empty, start_full, memory_idle, memory_after, reading } = results;
	const rows: readonly Row[] = [
		...results.throughput.flatMap(throughputRows),
		["start to ready, empty journal", `${start_empty.median_ms} ms`, ""],
		[
			`start to ready, ${results.full_journal_alerts} ended alerts`,
			`${start_full.median_ms} ms`,
			atMost(start_full.median_ms, targets.ready_full_ms, "ms"),
		],
		["memory idle", memory(memory_idle), atMost(memory_idle.server_mb, targets.idle_mb, "MB")],
		[`memory after ${results.memory_after_alerts} alerts`, memory(memory_after), ""],
		[`received to filled at ${fill.pace}/s, p50`, `${fill.filled_p50_ms} ms`, ""],
		["  p99", `${fill.filled_p99_ms} ms`, atMost(fill.filled_p99_ms, targets.fill_p99_ms, "ms")],
		["  received to ended, p50 / p99", `${fill.ended_p50_ms} / ${fill.ended_p99_ms} ms`, ""],
		["  sent to 202, p50 / p99", `${fill.answer.p50_ms} / ${fill.answer.p99_ms} ms`, ""],
		...readingRows(reading),
	];
	const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	const [first = 0, second = 0] = widths;
	return [
		`nexus ${results.version}, Bun ${results.bun}, ${results.machine}${results.quick ? ", quick: figures are rough" : ""}`,
		...rows.map(([name, value, target]) => `${name.padEnd(first)}  ${value.padEnd(second)}  ${target}`.trimEnd()),
	];
}
