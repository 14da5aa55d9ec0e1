/** A child that accepts alerts without end, prints the id of each one that is on disk, and waits to be killed. Arguments: folder, first number. */
import { openJournal } from "../../../src/journal/sqlite-journal.ts";
import { systemClock } from "../../../src/system-clock.ts";
import { ended, reception } from "./samples.ts";

const [folder = "", first = "0"] = process.argv.slice(2);
const journal = await openJournal({ folder, size_max_bytes: 1e9, keep_ms: 1e12, clock: systemClock });
let n = Number(first);

async function post(): Promise<void> {
	for (;;) {
		const mine = n++;
		const { outcome } = await journal.accept(reception(mine));
		process.stdout.write(`${outcome} ${mine}\n`);
		if (mine % 3 !== 0) continue;
		await journal.commit([ended(mine)]);
		process.stdout.write(`ended ${mine}\n`);
	}
}

await Promise.all(Array.from({ length: 16 }, post));
