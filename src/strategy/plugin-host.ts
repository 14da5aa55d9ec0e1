/** Keeps the plugin folder running: one process for each plugin, loaded at the start and again when its files are saved. */
import type { DeclaredDialect, DialectAnswer, PluginDialects } from "../domain/plugin-dialects.ts";
import type { Clock, StrategyAnswer, StrategyContext } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";
import type { PluginLimits, StrategyDeclaration } from "../domain/settings.ts";
import { shownPath } from "./describe-error.ts";
import { FolderWatch } from "./folder-watch.ts";
import {
	dialectAnswer,
	type StageOutcome,
	stageFailure,
	stageOutcome,
	strategyAnswer,
	withFile,
} from "./plugin-answer.ts";
import { type PluginLog, RunningChildren } from "./plugin-child.ts";
import { type FolderContent, readPluginFolder } from "./plugin-folder.ts";
import { pluginArgument } from "./plugin-messages.ts";
import { mergeSettings } from "./plugin-settings.ts";
import { type Identity, PluginSlot, type Prepared } from "./plugin-slot.ts";
import type { Settled } from "./plugin-start.ts";
import type { DecodeStrategy } from "./strategy-reading.ts";

/** Plugins in one folder; each is a process of about 45 MB. */
export const plugins_max = 64;
/** Plugins loaded at the same time. */
const loading_max = 4;
/** A deleted file may be an editor's save that is half done: it counts as gone after this long. */
const deletion_grace_ms = 500;

/** A dialect is asked before the answer, which must come within TradingView's 3 s: it may wait so long for its turn … */
const dialect_wait_ms = 500;
/** … and read so long; plugin_limits.deadline counts where it is shorter. */
const dialect_call_ms = 1000;

/** One plugin file as `nexus check` and `status` show it. */
export interface PluginView {
	/** Such as `plugins/my-rsi-strategy.ts`. */
	readonly file: string;
	/** Null while no version of it has ever worked. */
	readonly what: Identity["what"] | null;
	readonly name: string | null;
	/** Counts the versions taken into use since the start. */
	readonly version: number;
	/** Why the newest save is not in use; null when it is. */
	readonly error: string | null;
}

/** Something happened to a plugin. */
export interface PluginChange extends PluginView {
	readonly kind: "loaded" | "broken" | "removed";
}

export interface PluginHostOptions {
	/** Absolute path; it may be missing. */
	readonly folder: string;
	readonly limits: PluginLimits;
	readonly decode: DecodeStrategy;
	/** What nexus.yaml says under `settings` of the strategy or stage of this name. */
	readonly overrides?: (what: "strategy" | "stage", name: string) => Readonly<Record<string, unknown>> | undefined;
	readonly clock: Clock;
	readonly log: PluginLog;
	readonly onChange?: (change: PluginChange) => void;
}

/** A strategy that a plugin declares, as it runs now. */
export interface HostedStrategy extends PluginView {
	readonly declaration: StrategyDeclaration;
}

/** A pipeline stage that a plugin defines. */
export interface HostedStage {
	/** Never rejects for what the plugin does. */
	run(alert: Alert, settings: Readonly<Record<string, unknown>>): Promise<StageOutcome>;
}

/** All plugins of one folder. */
export class PluginHost implements PluginDialects {
	readonly #options: PluginHostOptions;
	readonly #slots = new Map<string, PluginSlot>();
	readonly #running = new RunningChildren();
	readonly #missingSince = new Map<string, number>();
	readonly #watch: FolderWatch;
	/** What runs, by name; undefined where it must be made anew because a slot changed. */
	#hosted: ReadonlyMap<string, HostedStrategy> | undefined;
	/** The dialects that run; undefined where they must be listed anew because a slot changed. */
	#dialects: readonly DeclaredDialect[] | undefined;
	#stopped = false;

	constructor(options: PluginHostOptions) {
		this.#options = options;
		const { folder, clock, log } = options;
		this.#watch = new FolderWatch({
			folder,
			clock,
			look: () => this.#refresh(),
			onError: (error) => log("error", "plugins", `the plugin folder could not be read: ${String(error)}`),
		});
	}

	/** Loads every plugin, then watches the folder. Resolves when each one runs or is known to be broken. */
	async start(): Promise<void> {
		if (process.argv.includes(pluginArgument)) {
			throw new Error("this program must call pluginProcessMain() when its first argument is __plugin");
		}
		await this.#refresh();
		if (!this.#stopped) this.#watch.start();
	}

	/** Ends every process; calls in flight fail. */
	async stop(): Promise<void> {
		this.#stopped = true;
		await Promise.all([...this.#slots.values()].map((slot) => slot.stop()));
		await this.#running.close();
		await this.#watch.stop();
	}

	/** Every plugin file, sorted. */
	plugins(): readonly PluginView[] {
		return [...this.#slots.values()].map(viewOf).sort((a, b) => (a.file < b.file ? -1 : 1));
	}

	/** The strategies that run. */
	strategies(): readonly HostedStrategy[] {
		return [...this.#byName().values()];
	}

	strategy(name: string): HostedStrategy | undefined {
		return this.#byName().get(name);
	}

	#byName(): ReadonlyMap<string, HostedStrategy> {
		if (this.#hosted !== undefined) return this.#hosted;
		const hosted = new Map<string, HostedStrategy>();
		for (const slot of this.#slots.values()) {
			const identity = slot.current?.identity;
			if (identity?.what !== "strategy" || hosted.has(identity.declaration.name)) continue;
			hosted.set(identity.declaration.name, { ...viewOf(slot), declaration: identity.declaration });
		}
		this.#hosted = hosted;
		return hosted;
	}

	/** What was listed by name is out of date. */
	#changed(): void {
		this.#hosted = undefined;
		this.#dialects = undefined;
	}

	/** A broken file that never worked and speaks of this strategy: following the alert instead could cost money. */
	brokenFor(name: string): PluginView | undefined {
		const slot = [...this.#slots.values()].find(
			(candidate) => candidate.current === undefined && candidate.error !== null && candidate.speaksOf(name),
		);
		return slot === undefined ? undefined : viewOf(slot);
	}

	/** Asks the strategy of this name. Never rejects for what the plugin does. */
	async decide(name: string, alert: Alert, context: StrategyContext): Promise<StrategyAnswer> {
		const slot = this.#holder("strategy", name);
		const version = slot?.current?.version;
		if (slot === undefined || version === undefined) {
			return { ok: false, code: "strategy_error", detail: `no plugin defines the strategy ${name} any more` };
		}
		const outcome = await version.ask({ kind: "strategy", alert, context });
		return strategyAnswer(slot.label, outcome, this.#options.limits);
	}

	/** The stage of this name; undefined where no plugin defines it now. The handle follows reloads. */
	stage(name: string): HostedStage | undefined {
		if (this.#holder("stage", name) === undefined) return undefined;
		return { run: (alert, settings) => this.#runStage(name, alert, settings) };
	}

	/** The dialects that run, in the order of their files. */
	dialects(): readonly DeclaredDialect[] {
		this.#dialects ??= [...this.#slots.values()]
			.toSorted((a, b) => (a.label < b.label ? -1 : 1))
			.flatMap(({ current }) => {
				if (current?.identity.what !== "dialect") return [];
				const { declaration, recognises } = current.identity;
				return [{ name: declaration.name, ...(recognises === undefined ? {} : { recognises }) }];
			});
		return this.#dialects;
	}

	/** Asks the dialect of this name what a message says. Never rejects for what the plugin does. */
	async readDialect(name: string, message: unknown): Promise<DialectAnswer> {
		const slot = this.#holder("dialect", name);
		const version = slot?.current?.version;
		if (slot === undefined || version === undefined) {
			return {
				ok: false,
				refusal: { code: "dialect_failed", detail: `no plugin defines the dialect ${name} any more` },
			};
		}
		const { limits } = this.#options;
		const call_ms = Math.min(limits.deadline_ms, dialect_call_ms);
		const outcome = await version.ask({ kind: "dialect", message }, { wait_ms: dialect_wait_ms, call_ms });
		return dialectAnswer(slot.label, outcome, { ...limits, deadline_ms: call_ms });
	}

	/** The processes that run now; for tests and memory figures. */
	get pids(): readonly number[] {
		return this.#running.pids;
	}

	async #runStage(name: string, alert: Alert, overrides: Readonly<Record<string, unknown>>): Promise<StageOutcome> {
		const slot = this.#holder("stage", name);
		const current = slot?.current;
		if (slot === undefined || current === undefined) {
			return { verdict: "failed", code: "strategy_error", detail: `no plugin defines the stage ${name} any more` };
		}
		const merged = mergeSettings(current.identity.declaration.settings, overrides);
		if (!merged.ok) return stageFailure(slot.label, merged.reason);
		const outcome = await current.version.ask({ kind: "stage", alert, settings: merged.settings });
		return stageOutcome(slot.label, outcome, this.#options.limits);
	}

	#holder(what: Identity["what"], name: string): PluginSlot | undefined {
		return [...this.#slots.values()].find(({ current }) => {
			return current?.identity.what === what && current.identity.declaration.name === name;
		});
	}

	async #refresh(): Promise<void> {
		const content = await readPluginFolder(this.#options.folder);
		// A name that was taken may have become free: by a deletion, or by another file's new text in the same round.
		const removed = this.#removeMissing(content);
		const first = await this.#load(content, removed > 0);
		if (first.taken > 0 && first.refusedForName > 0) await this.#load(content, true);
	}

	#removeMissing({ plugins }: FolderContent): number {
		let removed = 0;
		const now = this.#options.clock.monotonic();
		for (const [file, slot] of this.#slots) {
			if (plugins.includes(file)) {
				this.#missingSince.delete(file);
				continue;
			}
			const since = this.#missingSince.get(file) ?? now;
			this.#missingSince.set(file, since);
			if (now - since < deletion_grace_ms) continue;
			this.#missingSince.delete(file);
			this.#slots.delete(file);
			const view = viewOf(slot);
			slot.remove();
			this.#changed();
			this.#options.onChange?.({ ...view, kind: "removed" });
			removed += 1;
		}
		return removed;
	}

	async #due(content: FolderContent, retryBroken: boolean): Promise<readonly PluginSlot[]> {
		const due: PluginSlot[] = [];
		for (const [index, file] of content.plugins.entries()) {
			const known = this.#slots.get(file);
			const isRetried = retryBroken && known?.error != null;
			if (known !== undefined && !isRetried && !(await known.isStale(content.stamps))) continue;
			const slot = known ?? this.#open(file);
			if (index < plugins_max) due.push(slot);
			else if (known === undefined)
				await slot.refuse(`${slot.label}: more than ${plugins_max} plugins`, content.stamps);
			this.#changed();
		}
		return due;
	}

	/** Loads what is new or changed, a few at a time, and takes it into use in the order of the files. */
	async #load(
		content: FolderContent,
		retryBroken: boolean,
	): Promise<{ readonly taken: number; readonly refusedForName: number }> {
		const due = await this.#due(content, retryBroken);
		let taken = 0;
		let refusedForName = 0;
		for (let index = 0; index < due.length && !this.#stopped; index += loading_max) {
			const group = due.slice(index, index + loading_max);
			const prepared = await Promise.all(group.map((slot) => slot.prepare(content.stamps)));
			for (const [position, slot] of group.entries()) {
				const result = await this.#settle(slot, prepared[position], content);
				if (result === "taken") taken += 1;
				if (result === "name") refusedForName += 1;
			}
		}
		return { taken, refusedForName };
	}

	#open(file: string): PluginSlot {
		const { folder, limits, decode, overrides, clock, log } = this.#options;
		const slot = new PluginSlot({
			file,
			folder,
			label: shownPath(file, folder),
			limits,
			clock,
			log,
			running: this.#running,
			decode,
			overrides: (what, name) => overrides?.(what, name),
		});
		this.#slots.set(file, slot);
		return slot;
	}

	async #settle(
		slot: PluginSlot,
		prepared: Settled<Prepared> | undefined,
		content: FolderContent,
	): Promise<"taken" | "same" | "broken" | "name"> {
		if (prepared === undefined || this.#stopped) return "broken";
		if (!prepared.ok) {
			await this.#refuse(slot, prepared.reason, content);
			return "broken";
		}
		const { what, declaration } = prepared.value.started.configured;
		const holder = this.#holder(what, declaration.name);
		if (holder !== undefined && holder !== slot) {
			await prepared.value.started.child.end();
			const reason = `the ${what} ${declaration.name} is defined in ${holder.label} already; give one of them another name`;
			await this.#refuse(slot, reason, content);
			return "name";
		}
		const wasBroken = slot.error !== null;
		const isNew = await slot.take(prepared.value);
		this.#changed();
		if (isNew || wasBroken) this.#options.onChange?.({ ...viewOf(slot), kind: "loaded" });
		return isNew ? "taken" : "same";
	}

	async #refuse(slot: PluginSlot, reason: string, content: FolderContent): Promise<void> {
		const error = withFile(slot.label, reason);
		const isNews = slot.error !== error;
		await slot.refuse(error, content.stamps);
		this.#changed();
		if (isNews) this.#options.onChange?.({ ...viewOf(slot), kind: "broken" });
	}
}

function viewOf(slot: PluginSlot): PluginView {
	const identity = slot.current?.identity;
	return {
		file: slot.label,
		what: identity?.what ?? null,
		name: identity?.declaration.name ?? null,
		version: slot.number,
		error: slot.error,
	};
}
