/** `bun run bench [--quick] [--json FILE]`: the compiled binary beside a bare Bun.serve, driven by the same client in the same run. */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { build, buildVersion } from "../scripts/build.ts";
import { installDependencies } from "../scripts/install.ts";
import { startBareServer } from "./child-process.ts";
import { type FillTime, measureFillTime } from "./fill-time.ts";
import { fullJournal } from "./full-journal.ts";
import { type Memory, memoryOf } from "./memory.ts";
import { NexusFolder, type NexusUnderTest, strategies } from "./nexus-under-test.ts";
import { measureReading } from "./reading-time.ts";
import { type Results, reportLines } from "./report.ts";
import { measureStarts } from "./start-time.ts";
import { type Comparison, compare, load } from "./throughput.ts";

const connections = [64, 512] as const;

/** How much is measured. */
interface Extent {
	readonly rounds: number;
	readonly seconds: number;
	readonly warm_up_seconds: number;
	readonly starts: number;
	readonly journal_alerts: number;
	readonly memory_alerts: number;
	readonly fill_seconds: number;
	readonly readings: number;
}

const whole: Extent = {
	rounds: 3,
	seconds: 5,
	warm_up_seconds: 2,
	starts: 7,
	journal_alerts: 1_000_000,
	memory_alerts: 100_000,
	fill_seconds: 20,
	readings: 50_000,
};

const quick: Extent = {
	rounds: 1,
	seconds: 1,
	warm_up_seconds: 0.5,
	starts: 2,
	journal_alerts: 20_000,
	memory_alerts: 5_000,
	fill_seconds: 2,
	readings: 20_000,
};

const fill_pace = 200;
/** The time that an idle nexus gets before its memory is read. */
const idle_ms = 2_000;

const say = (words: string): void => console.error(words);

/** Runs `act` on a nexus of its own, with an empty journal. */
async function withNexus<T>(act: (nexus: NexusUnderTest) => Promise<T>): Promise<T> {
	const folder = new NexusFolder();
	let nexus: NexusUnderTest | undefined;
	try {
		nexus = await folder.start();
		const result = await act(nexus);
		await nexus.stop();
		return result;
	} finally {
		nexus?.kill();
		folder.remove();
	}
}

async function throughput(extent: Extent): Promise<readonly Comparison[]> {
	const bare = await startBareServer();
	try {
		const found: Comparison[] = [];
		for (const count of connections) {
			say(`throughput at ${count} connections …`);
			found.push(
				await withNexus((nexus) =>
					compare({ nexus: nexus.port, bare: bare.port }, count, extent, 202, () => nexus.settled()),
				),
			);
		}
		return found;
	} finally {
		await bare.stop();
	}
}

async function memory({ memory_alerts }: Extent): Promise<{ readonly idle: Memory; readonly after: Memory }> {
	say(`memory, idle and after ${memory_alerts} alerts …`);
	return await withNexus(async (nexus) => {
		await Bun.sleep(idle_ms);
		const idle = memoryOf(nexus.pid);
		const alerts = strategies.map((fields) => ({ ...fields, action: "buy" }));
		const job = { port: nexus.port, run: "m", connections: 64, alerts, requests: memory_alerts, cycle: false };
		await load({ ...job, seconds: 600, pace: 0 }, 202);
		await nexus.settled();
		await Bun.sleep(idle_ms);
		return { idle, after: memoryOf(nexus.pid) };
	});
}

async function fillTime({ fill_seconds }: Extent): Promise<FillTime> {
	say(`acceptance to fill at ${fill_pace} alerts a second …`);
	return await withNexus((nexus) => measureFillTime(nexus, fill_pace, fill_seconds));
}

async function bench(extent: Extent): Promise<Results> {
	const compared = await throughput(extent);
	const used = await memory(extent);
	const fill = await fillTime(extent);
	say("start to ready …");
	const start_empty = await measureStarts(extent.starts);
	const journal = await fullJournal(extent.journal_alerts, say);
	const start_full = await measureStarts(extent.starts, journal);
	say("reading of every format …");
	return {
		version: await buildVersion(),
		bun: Bun.version,
		machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, ${process.platform}`,
		quick: extent === quick,
		throughput: compared,
		start_empty,
		start_full,
		full_journal_alerts: extent.journal_alerts,
		memory_idle: used.idle,
		memory_after: used.after,
		memory_after_alerts: extent.memory_alerts,
		fill,
		reading: measureReading(extent.readings),
	};
}

const { values } = parseArgs({
	options: {
		quick: { type: "boolean", default: false },
		json: { type: "string", default: "bench-results.json" },
	},
});
try {
	await installDependencies("production");
	await build();
	const results = await bench(values.quick ? quick : whole);
	await Bun.write(values.json, `${JSON.stringify(results, null, "\t")}\n`);
	console.log(reportLines(results).join("\n"));
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(1);
}
