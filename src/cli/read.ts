/** `nexus read FILE`: what a body would mean, without sending it and without a running nexus. */
import { existsSync } from "node:fs";
import { answer } from "./answer.ts";
import { bodyBytes } from "./body-bytes.ts";
import { type Call, defineCommand } from "./command.ts";
import { configuration, configurationFile, shownPath } from "./configuration.ts";
import { dialectNamed } from "./dialect-named.ts";
import { exitCode } from "./exit-code.ts";
import { startPlugins } from "./plugin-findings.ts";
import { type Understood, understand } from "./understand.ts";
import { understoodWords } from "./understood-words.ts";

const options = {
	dialect: {
		type: "string",
		value: "NAME",
		help: "read it in this format (default: its strategy's, else by its shape)",
	},
} as const;

/** What a body was understood as, and whether a configuration was there to understand it by. */
interface ReadBody {
	readonly commands: readonly Understood[];
	readonly configured: boolean;
}

/** Understands the body by the configuration and its plugins; without them where there is no file and none was named. */
async function readBody(call: Call<typeof options>, raw: Uint8Array): Promise<ReadBody> {
	const { dialect } = call.values;
	const file = configurationFile(call);
	if (call.values.config === undefined && !existsSync(file)) {
		if (dialect !== undefined) dialectNamed(dialect, []);
		return { commands: await understand(raw, dialect, undefined), configured: false };
	}
	const settings = configuration(call);
	let commands: readonly Understood[] = [];
	await startPlugins(
		settings,
		shownPath(file, call.terminal.folder),
		call.terminal,
		async ({ strategies }, plugins) => {
			if (dialect !== undefined)
				dialectNamed(
					dialect,
					plugins.dialects().map(({ name }) => name),
				);
			commands = await understand(raw, dialect, { settings, strategies, plugins });
		},
	);
	return { commands, configured: true };
}

export const command = defineCommand({
	name: "read",
	summary: "what an alert's body would mean, without sending it",
	about: [
		"FILE holds the body, - is standard input. Shows each command in it as nexus understands it, and what would be refused, with the cause and the cure. Needs no running nexus; where a nexus.yaml is found, its strategies, its symbols_map and the dialects of its plugins count. Age, duplicates, signatures and risk are not judged.",
		"Exits with 65 where a command would be refused.",
	],
	positionals: ["FILE or -"],
	options,
	example: "nexus read alert.json --dialect traderspost",
	async run(call) {
		const { terminal, positionals } = call;
		const [file = "-"] = positionals;
		const { commands, configured } = await readBody(call, await bodyBytes(file, terminal));
		const ok = commands.every((one) => one.ok);
		answer(call, { ok, commands }, () => [
			...commands.flatMap((one, index) => [
				...(index === 0 ? [] : [""]),
				...understoodWords(terminal, one, commands.length === 1 ? "" : `${index + 1}. `),
			]),
			...(!configured
				? ["", "There is no nexus.yaml here: strategies, their symbols and symbols_map are not looked at."]
				: []),
		]);
		return ok ? exitCode.ok : exitCode.data;
	},
});
