/** A child that stands for a running nexus: it has the folder's lock and a port. Arguments: folder, port, how it takes the signal. */
import { listen } from "../../../src/http/listen.ts";
import { lockDataFolder } from "../../../src/journal/lock.ts";
import { claimRequest, onHandOverSignal } from "../../../src/take-over/request.ts";

/** `leaves` does as nexus does · `deaf` handles the signal and stays · `stuck` takes the wish and stays · `unknowing` knows no such signal. */
const [folder = "", port = "0", manner = "leaves"] = process.argv.slice(2);
const lock = lockDataFolder(folder);
const server = listen({
	host: "127.0.0.1",
	port: Number(port),
	fetch: async () => new Response("old"),
	replaceable: true,
});
if (manner !== "unknowing") {
	onHandOverSignal(() => {
		if (manner === "deaf" || !claimRequest(folder) || manner === "stuck") return;
		lock.release();
		process.exit(0);
	});
}
process.stdout.write(`${server.port}\n`);
await Bun.stdin.text();
process.exit(0);
