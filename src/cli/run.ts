/** `nexus run`: serve until told to stop. */
import type { Log } from "../domain/ports.ts";
import type { StrategyView } from "../domain/records.ts";
import type { Settings } from "../domain/settings.ts";
import type { NexusOptions } from "../nexus.ts";
import { claimRequest, handOverSignal, onHandOverSignal } from "../take-over/request.ts";
import { answer } from "./answer.ts";
import { baseUrl, clientOf } from "./client.ts";
import { type Call, defineCommand } from "./command.ts";
import { configurationFile, loadedConfiguration, shownPath } from "./configuration.ts";
import { CommandFailure, type ExitCode, exitCode } from "./exit-code.ts";
import { createLog, secretsOf } from "./log.ts";
import { startUpText } from "./start-up-text.ts";

const port_max = 65_535;
/** Of a URL that names none. */
const http_port = 80;
/** From "stopped" to the end of the process. */
const leave_ms_max = 500;
/** From the signal to the end of the process, whatever hangs. */
const stop_ms_max = 10_000;

const options = {
	port: { type: "string", value: "N", help: "listen on this port instead of webhook.port" },
	"take-over": {
		type: "boolean",
		help: "take the place of the nexus that runs here, without refusing an alert (Linux)",
	},
} as const;

function readPort(text: string): number {
	const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
	if (port >= 0 && port <= port_max) return port;
	throw new CommandFailure(exitCode.usage, `--port '${text}' is not a whole number from 0 to ${port_max}`);
}

/** A limit on the size of files (ulimit -f, LimitFSIZE) must fail one write, which the journal answers for, and not end nexus. */
function outliveFileLimit(log: Log): void {
	if (process.platform !== "win32") process.on("SIGXFSZ", (signal) => log.debug("file_limit_reached", { signal }));
}

/** Resolves to the signal that asks to stop, or to hand over to a newcomer; a second one ends the process at once. */
function stopSignal(log: Log, dataFolder: string): Promise<string> {
	const { promise, resolve } = Promise.withResolvers<string>();
	let asked = false;
	const onSignal = (signal: string): void => {
		if (asked) {
			log.warn("stopped_at_once", { signal });
			process.exit(exitCode.no);
		}
		asked = true;
		resolve(signal);
	};
	for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, onSignal);
	onHandOverSignal(() => {
		if (asked) return;
		asked = claimRequest(dataFolder);
		if (asked) resolve(handOverSignal);
		else log.warn("hand_over_not_wanted", { reason: "no newcomer waits for it (any more)" });
	});
	return promise;
}

async function start(settings: Settings, options: NexusOptions) {
	const { startNexus } = await import("../nexus.ts");
	try {
		return await startNexus(settings, options);
	} catch (error) {
		if (!(error instanceof Error) || error.name !== "StartError") throw error;
		const configured = "configuration" in error && error.configuration === true;
		throw new CommandFailure(configured ? exitCode.configuration : exitCode.no, error.message);
	}
}

/** The strategies as the running nexus shows them; none where it does not answer. */
async function strategiesOf(settings: Settings, url: string, log: Log): Promise<readonly StrategyView[]> {
	const port = Number(URL.parse(url)?.port || http_port);
	try {
		return await clientOf(settings, baseUrl({ host: settings.webhook.host, port })).strategies();
	} catch (error) {
		if (!(error instanceof CommandFailure)) throw error;
		log.warn("strategies_not_shown", { error });
		return [];
	}
}

async function serve(call: Call<typeof options>): Promise<ExitCode> {
	const { values, terminal, version } = call;
	const { settings: written, warnings } = loadedConfiguration(call);
	const port = values.port === undefined ? written.webhook.port : readPort(values.port);
	const settings: Settings = { ...written, webhook: { ...written.webhook, port } };
	const log = createLog({ ...settings.log, secrets: secretsOf(settings), write: terminal.err, now: terminal.now });
	const signal = stopSignal(log, settings.data);
	outliveFileLimit(log);
	const nexus = await start(settings, { version, log, take_over: values["take-over"] });
	const strategies = await strategiesOf(settings, nexus.url, log);
	const { webhook, dashboard, api } = nexus.urls;
	answer(
		call,
		{ version, pid: process.pid, url: nexus.url, api, dashboard, data: settings.data, strategies, warnings },
		() => startUpText(terminal, { version, settings, urls: { webhook, dashboard, api }, strategies, warnings }),
	);
	log.info("ready", { version, url: nexus.url, config: shownPath(configurationFile(call), terminal.folder) });
	const reason = await signal;
	const late = setTimeout(() => {
		log.error("stopped_at_its_limit", { reason, limit_ms: stop_ms_max });
		process.exit(exitCode.no);
	}, stop_ms_max);
	await (reason === handOverSignal ? nexus.hand_over() : nexus.stop(reason));
	clearTimeout(late);
	log.info("stopped", { reason });
	// What is left over (a timer, a slow reader of the log) gets a moment, not the last word.
	setTimeout(() => process.exit(exitCode.ok), leave_ms_max).unref();
	return exitCode.ok;
}

export const command = defineCommand({
	name: "run",
	summary: "serve: take alerts in, send orders out (also just `nexus`)",
	about: [
		"With --take-over it gets ready beside the nexus that runs on the same data folder and port, takes its new connections, asks it to leave and goes on with its journal: the way to a new version or configuration. Where none runs, it just starts.",
		"SIGTERM and SIGINT (Ctrl-C) finish what is under way and leave the rest in the journal; a second one stops at once. The log goes to stderr.",
	],
	options,
	example: "nexus run --config nexus.yaml --port 8080",
	run: serve,
});
