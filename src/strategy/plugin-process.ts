/** The inside of a plugin's process: loads one plugin file, then answers the calls of the nexus that started it. */
import { readFileSync } from "node:fs";
import { sep } from "node:path";
import { format } from "node:util";
import { askDialect } from "./ask-dialect.ts";
import { askStage, askStrategy, type Log } from "./ask-strategy.ts";
import { describeError } from "./describe-error.ts";
import { dieWithParent } from "./die-with-parent.ts";
import * as nexus from "./plugin-api.ts";
import type { Farewell, NumberedRequest, Reply, Sources } from "./plugin-messages.ts";
import { strictJson } from "./strict-json.ts";

/** All source files of one plugin together. */
const sources_bytes_max = 4 * 1024 * 1024;

const log: Log = (...values) => {
	process.stdout.write(`${format(...values)}\n`);
};

type Definition = nexus.PineStrategy | nexus.PineStage | nexus.PineDialect;

/** What a file's default export defines; undefined for anything else. */
function whatIs(exported: unknown): Extract<Reply, { kind: "loaded" }>["what"] | undefined {
	if (nexus.isStrategy(exported)) return "strategy";
	if (nexus.isStage(exported)) return "stage";
	return nexus.isDialect(exported) ? "dialect" : undefined;
}

/** One loaded plugin file. */
class LoadedPlugin {
	readonly #folder: string;
	readonly #read = new Map<string, string>();
	#definition: Definition | undefined;
	#settings: Readonly<Record<string, unknown>> = {};

	constructor(folder: string) {
		this.#folder = folder;
	}

	describe(thrown: unknown): string {
		return describeError(thrown, this.#folder, (file) => this.#read.has(file));
	}

	/** Makes `nexus` importable and keeps the text of every file the plugin consists of. */
	#prepareImports(sources: Sources | undefined): void {
		const read = this.#read;
		let bytes = 0;
		Bun.plugin({
			name: "nexus",
			setup(build) {
				build.module("nexus", () => ({
					loader: "object",
					exports: {
						defineStrategy: nexus.defineStrategy,
						defineStage: nexus.defineStage,
						defineDialect: nexus.defineDialect,
					},
				}));
				build.onLoad({ filter: /\.(ts|js|mts|mjs|tsx|jsx|json)$/ }, ({ path }) => {
					const contents = sources?.[path] ?? readFileSync(path, "utf8");
					if (!path.includes(`${sep}node_modules${sep}`)) {
						bytes += Buffer.byteLength(contents);
						if (bytes > sources_bytes_max) throw new Error(`the plugin's files exceed ${sources_bytes_max} bytes`);
						read.set(path, contents);
					}
					if (path.endsWith(".json"))
						return { loader: "object", exports: { default: JSON.parse(contents) as unknown } };
					return { contents, loader: path.endsWith("x") ? "tsx" : path.endsWith("ts") ? "ts" : "js" };
				});
			},
		});
	}

	async load(file: string, sources: Sources | undefined): Promise<Omit<Extract<Reply, { kind: "loaded" }>, "call">> {
		this.#prepareImports(sources);
		const exported = ((await import(file)) as { default?: unknown }).default;
		const what = whatIs(exported);
		if (what === undefined) {
			throw new Error(
				"it has no default export made by defineStrategy(), defineStage() or defineDialect(); start the file's name with _ if it is no plugin",
			);
		}
		const definition = exported as Definition;
		this.#definition = definition;
		const {
			onAlert: _onAlert,
			read: _read,
			validate: _validate,
			state,
			...declared
		} = definition as nexus.PineStrategy & nexus.PineDialect;
		const initial = strictJson(state ?? {}, "state");
		if (!initial.ok) throw new Error(initial.reason);
		const declaration = strictJson(declared, "the declaration");
		if (!declaration.ok) throw new Error(declaration.reason);
		return {
			kind: "loaded",
			what,
			declaration: JSON.parse(declaration.text) as Record<string, unknown>,
			sources: Object.fromEntries(this.#read),
		};
	}

	configure(settings: Readonly<Record<string, unknown>>): void {
		const definition = this.#definition;
		const wrong: unknown =
			definition !== undefined && "validate" in definition ? definition.validate?.(settings) : undefined;
		const list = Array.isArray(wrong) ? wrong : wrong === undefined || wrong === null ? [] : [wrong];
		if (list.length > 0) throw new Error(`its settings: ${list.map(String).join("; ")}`);
		this.#settings = Object.freeze(settings);
	}

	async answer(request: NumberedRequest): Promise<Reply> {
		const { call } = request;
		const definition = this.#definition;
		switch (request.kind) {
			case "load":
				return { ...(await this.load(request.file, request.sources)), call };
			case "configure":
				this.configure(request.settings);
				return { kind: "configured", call };
			case "strategy": {
				if (!nexus.isStrategy(definition)) throw new Error("it is not a strategy");
				const raw = await askStrategy(definition, request.alert, request.context, this.#settings, log);
				if (!raw.ok) return { kind: "failed", call, reason: raw.reason };
				return {
					kind: "answered",
					call,
					signals: [...raw.signals],
					...(raw.state === undefined ? {} : { state: raw.state }),
				};
			}
			case "stage": {
				if (!nexus.isStage(definition)) throw new Error("it is not a stage");
				const answer = strictJson(
					{ answer: await askStage(definition, request.alert, request.settings, log) },
					"the answer",
				);
				if (!answer.ok) return { kind: "failed", call, reason: answer.reason };
				return { kind: "stage_answered", call, ...(JSON.parse(answer.text) as { answer: unknown }) };
			}
			case "dialect": {
				if (!nexus.isDialect(definition)) throw new Error("it is not a dialect");
				return { ...(await askDialect(definition, request.message)), call };
			}
			default:
				return request satisfies never;
		}
	}
}

/** Takes the process's channel for itself and leaves the plugin no environment and no channel. */
function takeChannel(): (message: Reply | Farewell, sent?: () => void) => void {
	const send = process.send?.bind(process);
	if (send === undefined) throw new Error("a plugin's process is started by nexus only, not by hand");
	for (const name of Object.keys(process.env)) delete process.env[name];
	Object.defineProperty(process, "send", { value: undefined });
	return (message, sent) => {
		send(message, undefined, undefined, sent);
	};
}

/**
 * Runs until nexus goes away. `main.ts` calls it when its first argument is `__plugin`.
 * Throws when it was not started by nexus.
 */
export async function pluginProcessMain(_argv: readonly string[]): Promise<void> {
	const send = takeChannel();
	dieWithParent();
	let plugin: LoadedPlugin | undefined;
	const crash = (what: string) => (thrown: unknown) => {
		const reason = plugin?.describe(thrown) ?? String(thrown);
		send({ kind: "crashed", reason: `${what}: ${reason}` }, () => process.exit(70));
	};
	process.on("uncaughtException", crash("an error outside of a call"));
	process.on("unhandledRejection", crash("an unhandled rejection"));
	process.on("disconnect", () => process.exit(0));
	const { promise, resolve } = Promise.withResolvers<void>();
	process.on("disconnect", resolve);
	process.on("message", (message: NumberedRequest) => {
		if (message.kind === "load") plugin = new LoadedPlugin(message.folder);
		const loaded = plugin;
		if (loaded === undefined) throw new Error("a request came before the plugin was loaded");
		loaded.answer(message).then(send, (thrown: unknown) => {
			send({ kind: "failed", call: message.call, reason: loaded.describe(thrown) });
		});
	});
	await promise;
}
