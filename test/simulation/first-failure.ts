/** `bun test/simulation/first-failure.ts FROM SEEDS`: the first seed that fails and what is wrong, as one line of JSON; nothing where none does. */
import { LiveRun } from "./live.ts";

const [from = 1, seeds = 100] = process.argv.slice(2).map(Number);
for (let seed = from; seed < from + seeds; seed++) {
	const [violation] = await new LiveRun(seed).play();
	if (violation === undefined) continue;
	console.log(JSON.stringify({ seed, violation }));
	process.exit(0);
}
