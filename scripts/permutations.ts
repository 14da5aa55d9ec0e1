/** `bun run permutations --bursts 1000000 [--from 1]`: the permutation property over as many bursts as wanted. */
import { parseArgs } from "node:util";
import { completeBurstProblem, gapProblem } from "../test/sequence/burst-properties.ts";

const { values } = parseArgs({
	options: { bursts: { type: "string", default: "100000" }, from: { type: "string", default: "1" } },
});
const bursts = Number(values.bursts);
const from = Number(values.from);
if (!Number.isInteger(bursts) || bursts < 1 || !Number.isInteger(from) || from < 0) {
	console.error("--bursts and --from are whole numbers");
	process.exit(64);
}

/** One burst in this many has an alert missing. */
const gap_every = 5;
/** Problems that are printed before it ends. */
const problems_max = 20;

const start = performance.now();
let [checked, problems, ambiguous, gaps] = [0, 0, 0, 0];
for (let seed = from; seed < from + bursts && problems < problems_max; seed++) {
	const gap = seed % gap_every === 0;
	const result = await (gap ? gapProblem(seed) : completeBurstProblem(seed));
	checked += 1;
	if (gap) gaps += 1;
	if (result.ambiguous) ambiguous += 1;
	if (result.problem === undefined) continue;
	problems += 1;
	console.log(result.problem);
}
const seconds = Math.round((performance.now() - start) / 1000);
console.log(
	`${checked} bursts from seed ${from}: ${checked - gaps} complete, ${gaps} with an alert missing; ${ambiguous} fit several ` +
		`orders with different sizes; ${problems} problems; ${seconds} s`,
);
process.exit(problems === 0 ? 0 : 1);
