/** A nexus that one alert stops: kill -9 by itself as soon as an order of the strategy Guilty is on disk. Arguments: nexus.yaml, and "hold" to work on nothing. */
import { loadSettings } from "../../../src/config/load.ts";
import type { Change, Journal } from "../../../src/domain/ports.ts";
import { startNexus } from "../../../src/nexus.ts";

const [file = "", mode = ""] = process.argv.slice(2);

const isDeadly = (change: Change): boolean =>
	change.kind === "order" && change.order.strategy === "Guilty" && change.order.status === "submitting";

function around(journal: Journal): Journal {
	return {
		reader: journal.reader,
		accept: (reception) => journal.accept(reception),
		load: () => journal.load(),
		openAlerts: (after, limit) => journal.openAlerts(after, limit),
		work: (alertId) => journal.work(alertId),
		strategyState: (strategy, account) => journal.strategyState(strategy, account),
		close: () => journal.close(),
		commit: async (changes) => {
			if (mode === "hold") await new Promise<never>(() => undefined);
			await journal.commit(changes);
			if (changes.some(isDeadly)) process.kill(process.pid, "SIGKILL");
		},
	};
}

const loaded = loadSettings(file, {});
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const nexus = await startNexus(loaded.settings, { version: "test", log, between: { journal: around } });
process.stdout.write(`${nexus.url}\n`);
process.on("SIGTERM", () => {
	nexus.stop("SIGTERM").then(
		() => process.exit(0),
		() => process.exit(1),
	);
});
