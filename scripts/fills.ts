/** `bun run fills --sequences 1000000 [--from 1]`: random fill sequences against exact fractions, over as many as wanted. */
import { parseArgs } from "node:util";
import { fillSequenceProblem } from "../test/engine/fill-sequences.ts";

const { values } = parseArgs({
	options: { sequences: { type: "string", default: "100000" }, from: { type: "string", default: "1" } },
});
const sequences = Number(values.sequences);
const from = Number(values.from);
if (!Number.isInteger(sequences) || sequences < 1 || !Number.isInteger(from) || from < 0) {
	console.error("--sequences and --from are whole numbers");
	process.exit(64);
}

/** Problems that are printed before it ends. */
const problems_max = 20;

const start = performance.now();
let [checked, problems] = [0, 0];
for (let seed = from; seed < from + sequences && problems < problems_max; seed++) {
	checked += 1;
	const problem = fillSequenceProblem(seed);
	if (problem === undefined) continue;
	problems += 1;
	console.log(problem);
}
const seconds = Math.round((performance.now() - start) / 1000);
console.log(`${checked} sequences from seed ${from}: ${problems} problems; ${seconds} s`);
process.exit(problems === 0 ? 0 : 1);
