/** `nexus init`: a commented nexus.yaml and a plugins folder to begin with; never overwrites anything. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { nexusYamlTemplate } from "../config/template.ts";
import { pluginTypesText } from "../strategy/plugin-types.ts";
import { answer } from "./answer.ts";
import { defineCommand } from "./command.ts";
import { shownPath } from "./configuration.ts";
import { editorSchemaFile } from "./editor-schema.ts";
import { examplePlugin } from "./example-plugin.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";

const tsconfig = `{
	"compilerOptions": {
		"target": "ESNext",
		"module": "Preserve",
		"moduleResolution": "bundler",
		"lib": ["ESNext", "DOM"],
		"types": [],
		"allowImportingTsExtensions": true,
		"noEmit": true,
		"strict": true
	},
	"include": ["**/*.ts"]
}
`;

const files: readonly { readonly path: string; readonly text: string; readonly what: string }[] = [
	{ path: "nexus.yaml", text: nexusYamlTemplate, what: "the configuration, with comments" },
	{ path: `plugins/${examplePlugin.file}`, text: examplePlugin.text, what: "an example strategy" },
	{ path: "plugins/nexus.d.ts", text: pluginTypesText, what: 'what editors know about "nexus"' },
	{ path: "plugins/tsconfig.json", text: tsconfig, what: "for editors" },
	{ path: editorSchemaFile.file, text: editorSchemaFile.text, what: "what editors know about nexus.yaml" },
];

const codeOf = (error: unknown): string =>
	error instanceof Error && "code" in error ? String(error.code) : String(error);

function unwritable(path: string, error: unknown): CommandFailure {
	return new CommandFailure(
		exitCode.no,
		`${path} cannot be written (${codeOf(error)})`,
		"choose another folder: nexus init DIR",
	);
}

/** Writes a file that is not there yet. False where something of its name is. */
function writeNew(path: string, text: string): boolean {
	const folder = dirname(path);
	try {
		mkdirSync(folder, { recursive: true });
	} catch (error) {
		throw unwritable(folder, error);
	}
	try {
		writeFileSync(path, text, { flag: "wx" });
		return true;
	} catch (error) {
		if (codeOf(error) === "EEXIST") return false;
		throw unwritable(path, error);
	}
}

export const command = defineCommand({
	name: "init",
	summary: "write a commented nexus.yaml and plugins/ with an example",
	about: ["Files that are there already are kept as they are."],
	positionals: ["[DIR]"],
	options: {},
	example: "nexus init my-bridge",
	async run(call) {
		const { terminal, positionals } = call;
		const folder = resolve(terminal.folder, positionals[0] ?? ".");
		const results = files.map(({ path, text, what }) => ({ path, what, written: writeNew(join(folder, path), text) }));
		const written = results.filter((result) => result.written).map(({ path }) => path);
		const kept = results.filter((result) => !result.written).map(({ path }) => path);
		answer(call, { folder, written, kept }, () => {
			const shown = shownPath(folder, terminal.folder);
			return [
				`In ${shown === "." ? "this folder" : shown}`,
				...results.map(({ path, what, written: isNew }) =>
					isNew ? `  wrote  ${path.padEnd(32)}${what}` : `  kept   ${path.padEnd(32)}it was there already`,
				),
				"",
				`Next: ${shown === "." ? "" : `cd ${shown} && `}nexus run`,
			];
		});
		return exitCode.ok;
	},
});
