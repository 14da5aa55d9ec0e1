/** `nexus verify-journal`: is the state that is stored the one that the recorded facts come to. */
import { resolve } from "node:path";
import type { Finding } from "../journal/finding.ts";
import type { Verification } from "../journal/verify.ts";
import { answer } from "./answer.ts";
import { defineCommand } from "./command.ts";
import { configuration, shownPath } from "./configuration.ts";
import { exitCode } from "./exit-code.ts";
import { count } from "./format.ts";
import { withJournal } from "./journal-failure.ts";
import { harmless, paint, type Terminal } from "./terminal.ts";

function line({ check, subject, detail }: Finding): string {
	return harmless(`${check}: ${subject}: ${detail}`);
}

function words(terminal: Terminal, { file, counts, findings, found }: Verification): readonly string[] {
	const shown = shownPath(file, terminal.folder);
	const { alerts, open_alerts, orders, fills, positions } = counts;
	const looked = `${count(alerts, "alert")} (${open_alerts} open), ${count(orders, "order")}, ${count(fills, "fill")}, ${count(positions, "position")}`;
	if (found === 0) return [paint(terminal, "green", `${shown} is right: ${looked}`)];
	const more = found - findings.length;
	return [
		...findings.map(line),
		...(more === 0 ? [] : [`and ${more} more`]),
		"",
		paint(terminal, "red", `${shown}: ${count(found, "difference")} in ${looked}`),
	];
}

export const command = defineCommand({
	name: "verify-journal",
	summary: "does the stored state follow from the recorded facts",
	about: [
		"Works out positions, profits and filled quantities from the fills, and checks that no alert is lost, doubled or without its record. Writes nothing; nexus may run meanwhile. FILE is a backup; without it the journal is verified. Exits with 1 where there is a difference.",
	],
	positionals: ["[FILE]"],
	options: {},
	example: "nexus verify-journal /backups/nexus-monday.sqlite",
	async run(call) {
		const { positionals, terminal } = call;
		const [named] = positionals;
		const [{ journalFile }, { verifyJournal }] = await Promise.all([
			import("../journal/journal-file.ts"),
			import("../journal/verify.ts"),
		]);
		const file = named === undefined ? journalFile(configuration(call).data) : resolve(terminal.folder, named);
		const result = withJournal(() => verifyJournal(file), exitCode.data);
		answer(call, { ok: result.found === 0, ...result }, () => words(terminal, result));
		return result.found === 0 ? exitCode.ok : exitCode.no;
	},
});
