/**
 * `bun run simulate --seeds 10000 [--from 1] [--jobs 2] [--only by_hand]`: the simulation over as many seeds as wanted, on all
 * cores, or those of one setting among them.
 * `bun run simulate --seed 7 [--keep 3,9,12]`: one seed, or a part of its story, with everything that happened.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { failureReport, partOf } from "../test/simulation/failure-report.ts";
import { LiveRun } from "../test/simulation/live.ts";
import { settingKinds, settingOf } from "../test/simulation/setting.ts";
import { shrink } from "../test/simulation/shrink.ts";
import { storyOf, told } from "../test/simulation/story.ts";
import { nothing, sum, type Totals, totalsLine, totalsOf } from "../test/simulation/totals.ts";

/** Failing seeds that one process reports before it ends. */
const failing_max = 10;

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "1000" },
		from: { type: "string", default: "1" },
		jobs: { type: "string", default: String(availableParallelism()) },
		seed: { type: "string" },
		keep: { type: "string" },
		/** Only the seeds of one setting: usual, by_hand or at_most_once. */
		only: { type: "string" },
		/** Plays every so many seeds and writes JSON lines: one of this program's own processes. */
		step: { type: "string" },
	},
});

if (values.only !== undefined && !settingKinds.some((kind) => kind === values.only)) {
	console.error(`--only is one of ${settingKinds.join(", ")}`);
	process.exit(64);
}
if (values.seed !== undefined) process.exit(await playOne(whole("seed", values.seed), values.keep));
const from = whole("from", values.from);
const end = from + Math.max(1, whole("seeds", values.seeds));
if (values.step !== undefined) await playPart(from, end, whole("step", values.step));
else process.exit(await playAll(from, end, Math.max(1, whole("jobs", values.jobs))));

function whole(name: string, text: string): number {
	const number = Number(text);
	if (Number.isSafeInteger(number) && number >= 0) return number;
	console.error(`--${name} is a whole number`);
	process.exit(64);
}

/** A line from a process that plays a part. */
type Line = { readonly report: string } | { readonly totals: Totals };

async function playPart(first: number, before: number, step: number): Promise<void> {
	const say = (line: Line): void => console.log(JSON.stringify(line));
	// Ends with the process that started it.
	process.stdin.on("end", () => process.exit(1)).resume();
	let totals = nothing;
	let failing = 0;
	for (let seed = first; seed < before && failing < failing_max; seed += step) {
		if (values.only !== undefined && settingOf(seed).kind !== values.only) continue;
		const run = new LiveRun(seed);
		const violations = await run.play();
		totals = sum(totals, totalsOf(run, violations.length));
		if (violations.length === 0) continue;
		failing += 1;
		const shrunk = await shrink(storyOf(seed));
		say({ report: shrunk === undefined ? `seed ${seed} fails once: ${violations.join("; ")}` : failureReport(shrunk) });
	}
	say({ totals });
	process.stdin.pause();
}

async function playAll(first: number, before: number, jobs: number): Promise<number> {
	const start = performance.now();
	let totals = nothing;
	const processes = Array.from({ length: Math.min(jobs, before - first) }, async (_, job) => {
		const words = ["--from", String(first + job), "--seeds", String(before - first - job), "--step", String(jobs)];
		if (values.only !== undefined) words.push("--only", values.only);
		const command = [process.execPath, import.meta.path, ...words];
		const child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
		for await (const line of linesOf(child.stdout)) {
			const said = JSON.parse(line) as Line;
			if ("report" in said) console.log(`${said.report}\n`);
			else totals = sum(totals, said.totals);
		}
		if ((await child.exited) !== 0) throw new Error("a process of the simulation failed; its words stand above");
	});
	await Promise.all(processes);
	console.log(totalsLine(totals, (performance.now() - start) / 1000));
	return totals.violations === 0 ? 0 : 1;
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
	const decoder = new TextDecoder();
	let text = "";
	for await (const chunk of stream) {
		text += decoder.decode(chunk, { stream: true });
		const lines = text.split("\n");
		text = lines.pop() ?? "";
		yield* lines;
	}
}

/** One seed with its story; where it fails as a whole, the smallest part that still fails. */
async function playOne(seed: number, keep: string | undefined): Promise<number> {
	const story =
		keep === undefined
			? storyOf(seed)
			: partOf(
					seed,
					keep.split(",").map((one) => whole("keep", one)),
				);
	const run = new LiveRun(story);
	const violations = await run.play();
	console.log([...told(story), "", ...run.log, "", ...violations].join("\n"));
	if (violations.length === 0) {
		console.log("0 violations");
		return 0;
	}
	const shrunk = keep === undefined ? await shrink(story) : undefined;
	if (shrunk !== undefined) console.log(`\n${failureReport(shrunk)}`);
	return 1;
}
