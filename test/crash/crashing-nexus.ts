/** Entry of the crash binary: the shipped program's commands, and a `run` that kills itself at a named point. */
import { answer } from "../../src/cli/answer.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { loadedConfiguration } from "../../src/cli/configuration.ts";
import type { CommandTable } from "../../src/cli/front-door.ts";
import { runCommandLine } from "../../src/cli/front-door.ts";
import { createLog, secretsOf } from "../../src/cli/log.ts";
import { processTerminal } from "../../src/cli/terminal.ts";
import { commands } from "../../src/main.ts";
import { startNexus } from "../../src/nexus.ts";
import { version } from "../../src/version.ts";
import { dyingSeams } from "./dying-seams.ts";
import { KillSwitch, killVariable } from "./kill-switch.ts";

/** The journal's thread with the kill points of its own, in place of the program's. */
class CrashingWorker extends Worker {
	constructor() {
		super(new URL("./crashing-worker.ts", import.meta.url));
	}
}
globalThis.Worker = CrashingWorker as unknown as typeof Worker;

const command = defineCommand({
	name: "run",
	summary: "serve, until the kill point is reached",
	options: {},
	example: "nexus run",
	async run(call) {
		const { terminal } = call;
		const { settings } = loadedConfiguration(call);
		const log = createLog({ ...settings.log, secrets: secretsOf(settings), write: terminal.err, now: terminal.now });
		const between = dyingSeams(new KillSwitch(terminal.environment[killVariable] ?? ""));
		const nexus = await startNexus(settings, { version, log, between });
		answer(call, { url: nexus.url, data: settings.data }, () => [nexus.url]);
		return await new Promise<never>(() => undefined);
	},
});

if (import.meta.main) {
	const table: CommandTable = { ...commands, run: () => Promise.resolve({ command }) };
	process.exitCode = await runCommandLine(process.argv.slice(2), table, processTerminal(), version);
}
