/** `nexus read FILE`: what a body would mean, without sending it and without a running nexus. */
import { existsSync } from "node:fs";
import { answer } from "./answer.ts";
import { bodyBytes } from "./body-bytes.ts";
import { type Call, defineCommand } from "./command.ts";
import { configuration, configurationFile, shownPath } from "./configuration.ts";
import { dialectNamed } from "./dialect-named.ts";
import { exitCode } from "./exit-code.ts";
import { startPlugins } from "./plugin-findings.ts";
import { type Surroundings, understand } from "./understand.ts";
import { understoodWords } from "./understood-words.ts";

const options = {
	dialect: { type: "string", value: "NAME", help: "read it in this vendor's format (default: by its shape)" },
} as const;

/** The configuration with what its plugins declare; undefined where there is no file and none was named. */
async function surroundingsOf(call: Call<typeof options>): Promise<Surroundings | undefined> {
	const file = configurationFile(call);
	if (call.values.config === undefined && !existsSync(file)) return undefined;
	const settings = configuration(call);
	const { strategies } = await startPlugins(settings, shownPath(file, call.terminal.folder), call.terminal);
	return { settings, strategies };
}

export const command = defineCommand({
	name: "read",
	summary: "what an alert's body would mean, without sending it",
	about: [
		"FILE holds the body, - is standard input. Shows each command in it as nexus understands it, and what would be refused, with the cause and the cure. Needs no running nexus; where a nexus.yaml is found, its strategies and its symbols_map count. Age, duplicates, signatures and risk are not judged.",
		"Exits with 65 where a command would be refused.",
	],
	positionals: ["FILE or -"],
	options,
	example: "nexus read alert.json --dialect traderspost",
	async run(call) {
		const { terminal, positionals, values } = call;
		const [file = "-"] = positionals;
		const dialect = values.dialect === undefined ? undefined : dialectNamed(values.dialect).name;
		const raw = await bodyBytes(file, terminal);
		const surroundings = await surroundingsOf(call);
		const commands = understand(raw, dialect, surroundings);
		const ok = commands.every((one) => one.ok);
		answer(call, { ok, commands }, () => [
			...commands.flatMap((one, index) => [
				...(index === 0 ? [] : [""]),
				...understoodWords(terminal, one, commands.length === 1 ? "" : `${index + 1}. `),
			]),
			...(surroundings === undefined
				? ["", "There is no nexus.yaml here: strategies, their symbols and symbols_map are not looked at."]
				: []),
		]);
		return ok ? exitCode.ok : exitCode.data;
	},
});
