/** A child that takes a data folder's lock, says so, and keeps it until it is killed or its input ends. Argument: folder. */
import { lockDataFolder } from "../../../src/journal/lock.ts";

const [folder = ""] = process.argv.slice(2);
try {
	const lock = lockDataFolder(folder);
	process.stdout.write(`locked ${process.pid}\n`);
	await Bun.stdin.text();
	lock.release();
} catch (error) {
	process.stdout.write(`${error instanceof Error ? error.message : error}\n`);
}
