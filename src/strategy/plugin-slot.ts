/** One plugin file: the version that runs, the reason why its newest save does not, and when it has to be loaded again. */
import type { Recognition } from "../domain/plugin-dialects.ts";
import type { StrategyDeclaration } from "../domain/settings.ts";
import { decodeDialect } from "./decode-dialect.ts";
import { stampOf } from "./plugin-folder.ts";
import type { Sources } from "./plugin-messages.ts";
import { mergeSettings } from "./plugin-settings.ts";
import { type LoadedReply, type Settled, type Started, type StartOptions, startPlugin } from "./plugin-start.ts";
import { PluginVersion } from "./plugin-version.ts";
import { type DecodeStrategy, problemLine } from "./strategy-reading.ts";

/** As much of a broken file is searched for a strategy's name. */
const text_bytes_max = 256 * 1024;

/** What a plugin file turned out to be. */
export interface Identity {
	readonly what: "strategy" | "stage" | "dialect";
	readonly declaration: StrategyDeclaration;
	/** Declared defaults with nexus.yaml over them. */
	readonly settings: Readonly<Record<string, unknown>>;
	/** Of a dialect that may be asked without being named. */
	readonly recognises?: Recognition;
}

export interface SlotOptions extends Omit<StartOptions, "sources"> {
	readonly decode: DecodeStrategy;
	/** The settings that nexus.yaml has for it. */
	readonly overrides: (what: "strategy" | "stage", name: string) => Readonly<Record<string, unknown>> | undefined;
}

/** A version that is ready but not yet in use. */
export interface Prepared {
	readonly started: Started<Identity>;
}

interface Current {
	readonly identity: Identity;
	readonly version: PluginVersion;
	readonly sources: Sources;
}

function sameSources(a: Sources, b: Sources): boolean {
	const paths = Object.keys(a);
	return paths.length === Object.keys(b).length && paths.every((path) => a[path] === b[path]);
}

/** A plugin file from its first sight to its deletion. */
export class PluginSlot {
	readonly #options: SlotOptions;
	#current: Current | undefined;
	#number = 0;
	#error: string | null = null;
	#text = "";
	/** Stamps at the time of the last attempt: of the files it read, or of the whole folder where it failed. */
	#stamps = new Map<string, string | undefined>();

	constructor(options: SlotOptions) {
		this.#options = options;
	}

	/** Absolute path. */
	get file(): string {
		return this.#options.file;
	}

	/** As a user says it: `plugins/my-rsi-strategy.ts`. */
	get label(): string {
		return this.#options.label;
	}

	get current(): { readonly identity: Identity; readonly version: PluginVersion } | undefined {
		return this.#current;
	}

	/** Counts the versions taken into use since the start. */
	get number(): number {
		return this.#number;
	}

	get error(): string | null {
		return this.#error;
	}

	/** True where the file's text, never having worked, speaks of this name in quotes: then it is most likely its strategy. */
	speaksOf(name: string): boolean {
		return ['"', "'", "`"].some((quote) => this.#text.includes(`${quote}${name}${quote}`));
	}

	/** True where what it was made of is not what lies on disk. */
	async isStale(folder: ReadonlyMap<string, string>): Promise<boolean> {
		if (this.#error !== null && [...folder].some(([path, stamp]) => this.#stamps.get(path) !== stamp)) return true;
		for (const [path, stamp] of this.#stamps) {
			if ((folder.get(path) ?? (await stampOf(path))) !== stamp) return true;
		}
		return false;
	}

	/** Loads the file into a fresh process, beside the version that runs. `folder` holds the stamps from before. */
	async prepare(folder: ReadonlyMap<string, string>): Promise<Settled<Prepared>> {
		this.#stamps = new Map(folder);
		const started = await startPlugin(this.#options, (loaded) => this.#identify(loaded));
		if (!started.ok) return started;
		const read = Object.keys(started.value.loaded.sources);
		this.#stamps = new Map();
		for (const path of read) this.#stamps.set(path, folder.get(path) ?? (await stampOf(path)));
		return { ok: true, value: { started: started.value } };
	}

	/**
	 * Takes what {@link prepare} made into use. The old version answers the calls it has, then ends.
	 * @returns false where the text is the one that runs already
	 */
	async take({ started }: Prepared): Promise<boolean> {
		const { child, loaded, configured } = started;
		const old = this.#current;
		this.#error = null;
		if (old !== undefined && sameSources(old.sources, loaded.sources)) {
			await child.end();
			return false;
		}
		const version = new PluginVersion({ ...this.#options, sources: loaded.sources }, started);
		this.#current = { identity: configured, version, sources: loaded.sources };
		this.#number += 1;
		if (old !== undefined) this.#retire(old.version);
		return true;
	}

	/** The newest save is not used; a version that runs goes on running. */
	async refuse(reason: string, stamps: ReadonlyMap<string, string>): Promise<void> {
		this.#error = reason;
		this.#stamps = new Map(stamps);
		const file = Bun.file(this.file);
		const isReadable = this.#current === undefined && (await file.exists());
		this.#text = isReadable ? await file.slice(0, text_bytes_max).text() : "";
	}

	/** The file is gone: what runs answers the calls it has, then ends. */
	remove(): void {
		if (this.#current !== undefined) this.#retire(this.#current.version);
		this.#current = undefined;
	}

	async stop(): Promise<void> {
		await this.#current?.version.stop();
	}

	#retire(version: PluginVersion): void {
		const { log, label } = this.#options;
		version.retire().catch((error: unknown) => log("error", label, `its old version: ${String(error)}`));
	}

	#identify({ what, declaration: written }: LoadedReply): Settled<Identity> {
		const { label, decode, overrides } = this.#options;
		if (what === "dialect") {
			const dialect = decodeDialect(written);
			if (!dialect.ok) return { ok: false, reason: problemLine(dialect.problems) };
			const { name, recognises } = dialect;
			return { ok: true, value: { what, declaration: { name }, settings: {}, ...(recognises && { recognises }) } };
		}
		const decoded = what === "strategy" ? decode(written, label) : decodeStage(written);
		if (!decoded.ok) return { ok: false, reason: problemLine(decoded.problems) };
		const { declaration } = decoded;
		const merged = mergeSettings(declaration.settings, overrides(what, declaration.name));
		if (!merged.ok) return merged;
		return { ok: true, value: { what, declaration, settings: merged.settings } };
	}
}

/** What `pipeline:` in nexus.yaml can name. */
const stageName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const stageKeys = ["name", "description", "settings"];

function decodeStage(written: Readonly<Record<string, unknown>>): ReturnType<DecodeStrategy> {
	const unknown = Object.keys(written).filter((key) => !stageKeys.includes(key));
	const problems = unknown.map((key) => ({
		path: key,
		message: `is not a key of a stage; it has ${stageKeys.join(", ")}`,
	}));
	const { name, description, settings } = written;
	if (!stageName.test(String(name))) {
		problems.push({ path: "name", message: `${name} is not a stage's name: letters, digits, _ and -, a letter first` });
	}
	if (description !== undefined && typeof description !== "string") {
		problems.push({ path: "description", message: "must be a text" });
	}
	const isMap = typeof settings === "object" && settings !== null && !Array.isArray(settings);
	if (settings !== undefined && !isMap) problems.push({ path: "settings", message: "must be an object" });
	if (problems.length > 0) return { ok: false, problems };
	return {
		ok: true,
		declaration: { name: String(name), ...(isMap ? { settings: settings as Record<string, unknown> } : {}) },
	};
}
