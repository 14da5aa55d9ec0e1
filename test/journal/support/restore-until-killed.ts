/** A child that restores two backups in turn without end, says so each time, and waits to be killed. Arguments: folder, backup, other backup. */
import { restoreJournal } from "../../../src/journal/restore.ts";

const [folder = "", one = "", other = ""] = process.argv.slice(2);
for (let n = 0; ; n++) {
	restoreJournal(folder, n % 2 === 0 ? one : other, Date.UTC(2026, 0, 1) + n * 1000);
	process.stdout.write(`restored ${n}\n`);
	await Bun.sleep(0);
}
