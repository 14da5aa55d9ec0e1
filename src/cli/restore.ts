/** `nexus restore FILE`: a backup takes the journal's place; the journal that was there is kept aside. */
import { resolve } from "node:path";
import type { Restored } from "../journal/restore.ts";
import { answer } from "./answer.ts";
import { defineCommand } from "./command.ts";
import { configuration, shownPath } from "./configuration.ts";
import { exitCode } from "./exit-code.ts";
import { count, moment } from "./format.ts";
import { withJournal } from "./journal-failure.ts";
import { summaryWords } from "./journal-summary.ts";

/** What the user must know before the next start. */
function warnings({ restored: { newest_alert, open_alerts } }: Restored): readonly string[] {
	const since = newest_alert === null ? "" : ` (after ${moment(newest_alert.received_at)})`;
	return [
		`Alerts accepted after the backup${since} are lost here, with their orders and fills: they are only in the replaced journal.`,
		"At a live broker, compare positions and open orders with `nexus positions` and `nexus orders --open` before you go on: what was traded after the backup is not known here.",
		...(open_alerts === 0
			? []
			: [
					`${count(open_alerts, "alert")} had not ended when the backup was made; nexus takes ${open_alerts === 1 ? "it" : "them"} up again when it starts: exits at once, entries only where they are not too old.`,
				]),
	];
}

export const command = defineCommand({
	name: "restore",
	summary: "put a backup in the place of a stopped nexus's journal",
	about: [
		"The backup is checked first. The journal that was there is kept in the data folder, as journal.sqlite.replaced-TIME. Alerts accepted after the backup are lost; positions at a live broker must be compared by hand.",
	],
	positionals: ["FILE"],
	options: {},
	example: "nexus restore /backups/nexus-monday.sqlite",
	async run(call) {
		const { positionals, terminal } = call;
		const { data } = configuration(call);
		const file = resolve(terminal.folder, positionals[0] ?? "");
		const { restoreJournal } = await import("../journal/restore.ts");
		const result = withJournal(() => restoreJournal(data, file, terminal.now()));
		const { restored, replaced } = result;
		const shown = (path: string): string => shownPath(path, terminal.folder);
		const notes = warnings(result);
		answer(call, { ...result, warnings: notes }, () => [
			`${shown(restored.file)}: ${summaryWords(restored)}`,
			...(replaced === null
				? []
				: [
						`replaced: ${shown(replaced.file)}: ${replaced.summary === null ? "it cannot be read" : summaryWords(replaced.summary)}`,
					]),
			"",
			...notes,
		]);
		return exitCode.ok;
	},
});
