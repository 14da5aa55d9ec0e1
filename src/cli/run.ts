/** `nexus run`: serve until told to stop. */
import type { Settings } from "../domain/settings.ts";
import { answer } from "./answer.ts";
import { clientOf } from "./client.ts";
import { type Call, defineCommand } from "./command.ts";
import { configurationFile, loadedConfiguration, shownPath } from "./configuration.ts";
import { CommandFailure, type ExitCode, exitCode } from "./exit-code.ts";
import { createLog, type Log, secretsOf } from "./log.ts";
import { startUpText } from "./start-up-text.ts";

const port_max = 65_535;

const options = {
	port: { type: "string", value: "N", help: "listen on this port instead of webhook.port" },
} as const;

function readPort(text: string): number {
	const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
	if (port >= 0 && port <= port_max) return port;
	throw new CommandFailure(exitCode.usage, `--port '${text}' is not a whole number from 0 to ${port_max}`);
}

/** Resolves to the signal that asks to stop; a second one ends the process at once. */
function stopSignal(log: Log): Promise<string> {
	const { promise, resolve } = Promise.withResolvers<string>();
	let asked = false;
	const onSignal = (signal: string): void => {
		if (asked) {
			log.warn("run.stopped_at_once", { signal });
			process.exit(exitCode.no);
		}
		asked = true;
		resolve(signal);
	};
	for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, onSignal);
	return promise;
}

async function start(settings: Settings, version: string, log: Log) {
	const { startNexus } = await import("../nexus.ts");
	try {
		return await startNexus(settings, { version, log });
	} catch (error) {
		if (error instanceof Error && error.name === "StartError") throw new CommandFailure(exitCode.no, error.message);
		throw error;
	}
}

async function serve(call: Call<typeof options>): Promise<ExitCode> {
	const { values, terminal, version } = call;
	const { settings: written, warnings } = loadedConfiguration(call);
	const port = values.port === undefined ? written.webhook.port : readPort(values.port);
	const settings: Settings = { ...written, webhook: { ...written.webhook, port } };
	const log = createLog({ ...settings.log, secrets: secretsOf(settings), write: terminal.err, now: terminal.now });
	for (const warning of warnings) log.warn("configuration.doubtful", { problem: warning });
	const signal = stopSignal(log);
	const nexus = await start(settings, version, log);
	const strategies = await clientOf(settings, nexus.url).strategies();
	const { webhook, dashboard, api } = nexus.urls;
	answer(call, { version, pid: process.pid, url: nexus.url, api, dashboard, data: settings.data, strategies }, () =>
		startUpText(terminal, { version, settings, urls: { webhook, dashboard, api }, strategies }),
	);
	log.info("run.ready", { version, url: nexus.url, config: shownPath(configurationFile(call), terminal.folder) });
	const reason = await signal;
	log.info("run.stopping", { reason });
	await nexus.stop(reason);
	log.info("run.stopped", { reason });
	return exitCode.ok;
}

export const command = defineCommand({
	name: "run",
	summary: "serve: take alerts in, send orders out (also just 'nexus')",
	about: [
		"SIGTERM and SIGINT (Ctrl-C) finish what is under way and leave the rest in the journal; a second one stops at once. The log goes to stderr.",
	],
	options,
	example: "nexus run --config nexus.yaml --port 8080",
	run: serve,
});
