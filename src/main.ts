#!/usr/bin/env bun
/** The command line's front door: one line per command, each loaded only when it is called. */
import type { CommandTable } from "./cli/front-door.ts";
import { version } from "./version.ts";

/** Every command; its own file says what it does. */
export const commands: CommandTable = {
	run: () => import("./cli/run.ts"),
	init: () => import("./cli/init.ts"),
	check: () => import("./cli/check.ts"),
	template: () => import("./cli/template.ts"),
	read: () => import("./cli/read.ts"),
	send: () => import("./cli/send.ts"),
	explain: () => import("./cli/explain.ts"),
	status: () => import("./cli/status.ts"),
	positions: () => import("./cli/positions.ts"),
	orders: () => import("./cli/orders.ts"),
	alerts: () => import("./cli/alerts.ts"),
	halt: () => import("./cli/halt.ts"),
	reduce: () => import("./cli/reduce.ts"),
	flatten: () => import("./cli/flatten.ts"),
	resume: () => import("./cli/resume.ts"),
	settle: () => import("./cli/settle.ts"),
	backup: () => import("./cli/backup.ts"),
	restore: () => import("./cli/restore.ts"),
	"verify-journal": () => import("./cli/verify-journal.ts"),
};

async function main(words: readonly string[]): Promise<void> {
	if (words[0] === "__plugin") {
		// This process is one plugin of a running nexus: it loads nothing else.
		const { pluginProcessMain } = await import("./strategy/plugin-process.ts");
		await pluginProcessMain(process.argv);
		return;
	}
	const { runCommandLine } = await import("./cli/front-door.ts");
	const { processTerminal } = await import("./cli/terminal.ts");
	process.exitCode = await runCommandLine(words, commands, processTerminal(), version);
}

if (import.meta.main) await main(process.argv.slice(2));
