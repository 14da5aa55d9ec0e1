/** `bun run simulate --seeds 10000 [--from 1]`: the simulation in front of the fake exchange over as many seeds as wanted. */
import { parseArgs } from "node:util";
import { LiveRun } from "../test/simulation/live.ts";

const { values } = parseArgs({
	options: { seeds: { type: "string", default: "1000" }, from: { type: "string", default: "1" } },
});
const seeds = Number(values.seeds);
const from = Number(values.from);
if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(from) || from < 0) {
	console.error("--seeds and --from are whole numbers");
	process.exit(64);
}

/** Failing seeds that are printed before it ends. */
const failing_max = 20;

const start = performance.now();
let [ran, failing, crashes] = [0, 0, 0];
for (let seed = from; seed < from + seeds && failing < failing_max; seed++) {
	const run = new LiveRun(seed);
	const violations = await run.play();
	ran += 1;
	crashes += run.crashes;
	if (violations.length === 0) continue;
	failing += 1;
	console.log(`seed ${seed}: ${violations.join("; ")}`);
}
const seconds = Math.round((performance.now() - start) / 1000);
console.log(`${ran} seeds from ${from}: ${crashes} crashes, ${failing} seeds with violations; ${seconds} s`);
process.exit(failing === 0 ? 0 : 1);
