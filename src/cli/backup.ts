/** `nexus backup FILE`: a consistent copy of the journal, while nexus runs or without one. */
import { resolve } from "node:path";
import { answer } from "./answer.ts";
import { defineCommand } from "./command.ts";
import { configuration, shownPath } from "./configuration.ts";
import { exitCode } from "./exit-code.ts";
import { withJournal } from "./journal-failure.ts";
import { summaryWords } from "./journal-summary.ts";

export const command = defineCommand({
	name: "backup",
	summary: "copy the journal into one file, also while nexus runs",
	about: [
		"The copy is consistent, checked, on disk when the command ends, and readable by its owner alone. It holds every alert's body: keep it as safe as the journal. nexus.yaml, plugins/ and the admin token are not in it.",
	],
	positionals: ["FILE"],
	options: {
		force: { type: "boolean", help: "replace FILE where it is there already" },
	},
	example: "nexus backup /backups/nexus-monday.sqlite",
	async run(call) {
		const { values, positionals, terminal } = call;
		const { data } = configuration(call);
		const file = resolve(terminal.folder, positionals[0] ?? "");
		const { backUpJournal } = await import("../journal/backup.ts");
		const summary = withJournal(() => backUpJournal(data, file, values.force));
		answer(call, summary, () => [`${shownPath(file, terminal.folder)}: ${summaryWords(summary)}`]);
		return exitCode.ok;
	},
});
