/** Bytes to meaning: a body is read as JSON, cut into commands, and each command is understood in its dialect. */
import type { Refusal } from "../domain/codes.ts";
import type { PluginDialects } from "../domain/plugin-dialects.ts";
import { askPlugin, messageOf, type PluginMessage, plugin_text_length_max } from "./ask-plugin.ts";
import { type ReadContext, type ReadItem, refused, type TextDialect } from "./dialect.ts";
import { redacted, togetherHidden } from "./hidden-spans.ts";
import { type HiddenSpan, readJson } from "./json.ts";
import { Contradiction, isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "./json-value.ts";
import { type DialectOf, type Item, nameIn, sendAlone, settled } from "./second-reading.ts";
import { isSecretField } from "./secret-field.ts";
import {
	looksLikeJson,
	type PluginSpeaker,
	type Speaker,
	speakerNamed,
	speakerOf,
	speakerOfText,
	unknownSpeaker,
} from "./speaker.ts";
import { withoutCredentials } from "./text-credentials.ts";
import { decided } from "./type-of.ts";
import { unreadable } from "./unreadable.ts";

/** Commands in one body. */
export const commands_max = 50;

export interface ReadOptions extends ReadContext {
	/** Reads every command in this dialect, whatever its shape and its strategy. */
	readonly dialect?: string;
	/** The dialect of a strategy, by the name in the message; each command is read in that of its own strategy. */
	readonly dialectOf?: DialectOf;
	/** Why the credentials in a message are refused before a plugin is asked about it; undefined where they are not. */
	readonly admits?: (secrets: readonly string[]) => Refusal | undefined;
}

export type ReadResult =
	| {
			readonly ok: true;
			/** One for each command, in order; at least one. */
			readonly items: readonly ReadItem[];
			/** The body with `"***"` in place of every credential and without comments: this may be stored. */
			readonly raw: string;
	  }
	/** Nothing in it is a command. */
	| { readonly ok: false; readonly refusal: Refusal };

/**
 * Understands a request's body, whatever its content type says: one JSON object, an array of them, or several one after
 * the other, or another vendor's text. Never throws.
 */
export function readBody(text: string, options: ReadOptions = {}): ReadResult {
	const result = new BodyReader(text, options, undefined).read();
	if (result instanceof Promise) throw new Error("only a plugin can make the reader wait, and there is none");
	return result;
}

/** {@link readBody} with the dialects that plugins add: it waits only where one of them is asked. */
export function bodyReader(plugins: PluginDialects) {
	return (text: string, options: ReadOptions = {}): ReadResult | Promise<ReadResult> =>
		new BodyReader(text, options, plugins).read();
}

/** One body on its way. */
class BodyReader {
	readonly #text: string;
	readonly #options: ReadOptions;
	readonly #plugins: PluginDialects | undefined;
	/** What may not be stored; each reading of the text adds what it finds. */
	#hidden: HiddenSpan[] = [];

	constructor(text: string, options: ReadOptions, plugins: PluginDialects | undefined) {
		this.#text = text;
		this.#options = options;
		this.#plugins = plugins;
	}

	read(): ReadResult | Promise<ReadResult> {
		const { dialect, dialectOf } = this.#options;
		const named = dialect?.trim().toLowerCase() ?? dialectOf?.(undefined);
		const speaker = named === undefined ? undefined : speakerNamed(named, this.#plugins);
		if (named !== undefined && speaker === undefined) {
			return unknownSpeaker(named, dialect === undefined ? "strategy" : "sender", this.#plugins);
		}
		if (speaker?.form === "text") return this.#texts(speaker);
		const json = readJson(this.#text, isSecretField);
		if (!json.ok) return this.#noJson(speaker, json.problem);
		const { values } = json;
		const commands = values.some(isJsonArray)
			? values.flatMap((value) => (isJsonArray(value) ? value : [value]))
			: values;
		if (!commands.some((command) => isJsonObject(command))) {
			return { ok: false, refusal: unreadable(this.#text, "there is no object in it") };
		}
		if (commands.length > commands_max) return tooManyCommands(commands.length);
		this.#hide(json.hidden);
		return this.#result(
			commands.map((command) => this.#command(command, json.contradictory, speaker, commands.length)),
		);
	}

	#result(items: readonly Item[]): ReadResult | Promise<ReadResult> {
		const known = items.filter((item): item is ReadItem => !(item instanceof Promise));
		if (known.length === items.length) return this.#readAs(known);
		return Promise.all(items.map(async (item) => (item instanceof Promise ? item : [item]))).then((all) =>
			this.#readAs(all.flat()),
		);
	}

	#readAs(items: readonly ReadItem[]): ReadResult {
		if (items.length > commands_max) return tooManyCommands(items.length);
		return { ok: true, items, raw: redacted(this.#text, this.#hidden) };
	}

	#hide(spans: readonly HiddenSpan[]): void {
		this.#hidden = this.#hidden.length === 0 ? [...spans] : [...togetherHidden([...this.#hidden, ...spans])];
	}

	#noJson(speaker: Speaker | undefined, problem: string): ReadResult | Promise<ReadResult> {
		const spoken = speaker ?? speakerOfText(this.#text, this.#plugins);
		// Credentials in JSON that is broken could not be told from the rest of it.
		const toPlugin = spoken?.form === "plugin" && this.#text.trim() !== "" && !looksLikeJson(this.#text);
		if (toPlugin) {
			const again = (other: Speaker): Item => this.#textAgain(other, undefined, 0, 1);
			return this.#result([this.#settled(this.#textBy(spoken), spoken, undefined, again)]);
		}
		if (spoken?.form === "text") return this.#texts(spoken);
		return { ok: false, refusal: unreadable(this.#text, problem) };
	}

	/** A whole text in a vendor's format. */
	#texts(dialect: TextDialect): ReadResult | Promise<ReadResult> {
		const { items, hidden } = dialect.read(this.#text, this.#options);
		if (items.length > commands_max) return tooManyCommands(items.length);
		this.#hide(hidden);
		return this.#result(
			items.map((item, index) =>
				this.#settled(decided(item), dialect, undefined, (other) =>
					this.#textAgain(other, item.ok ? item.reading.strategy : undefined, index, items.length),
				),
			),
		);
	}

	/** One of several commands of a text, from another reading of the whole text. */
	#textAgain(other: Speaker, strategy: string | undefined, index: number, count: number): Item {
		if (other.form === "json") return this.#notText();
		if (other.form === "plugin" && count === 1) return this.#textBy(other);
		const again = other.form === "plugin" ? undefined : other.read(this.#text, this.#options);
		if (again === undefined || again.items.length !== count) {
			return sendAlone(strategy, other.name, "another format");
		}
		this.#hide(again.hidden);
		const item = again.items[index];
		return item === undefined ? this.#notText() : decided(item);
	}

	#notText(): ReadItem {
		return { ok: false, refusal: unreadable(this.#text, "the dialect of its strategy is a JSON format") };
	}

	#textBy(plugin: PluginSpeaker): Item {
		const { text, secrets, hidden } = withoutCredentials(this.#text);
		this.#hide(hidden);
		return this.#ask(plugin, { message: text, secrets });
	}

	#command(command: JsonValue, contradictory: boolean, speaker: Speaker | undefined, count: number): Item {
		if (!isJsonObject(command)) return refused("unreadable_body", "this command is no object");
		const twice = contradictory ? contradictionIn(command) : undefined;
		if (twice !== undefined) {
			return refused(
				"contradictory_fields",
				`${JSON.stringify(twice.slice(0, 64))} stands twice with different values`,
			);
		}
		const first = speaker ?? speakerOf(command, this.#plugins);
		return this.#settled(this.#in(first, command, count), first, command, (other) => this.#in(other, command, count));
	}

	#in(speaker: Speaker, command: JsonObject, count: number): Item {
		switch (speaker.form) {
			case "json":
				return decided(speaker.read(command, this.#options));
			case "plugin":
				return this.#ask(speaker, messageOf(command));
			case "text": {
				// A text format reads the body as a whole.
				const { items, hidden } = speaker.read(this.#text, this.#options);
				this.#hide(hidden);
				const [only] = items;
				if (only !== undefined && items.length === 1 && count === 1) return decided(only);
				return sendAlone(nameIn(command), speaker.name, "JSON");
			}
			default:
				return speaker satisfies never;
		}
	}

	#settled(first: Item, used: Speaker, command: JsonObject | undefined, again: (other: Speaker) => Item): Item {
		const { dialect, dialectOf } = this.#options;
		if (dialectOf === undefined || dialect !== undefined) return first;
		const named = command === undefined ? undefined : nameIn(command);
		return settled(first, { dialectOf, plugins: this.#plugins, used: used.name, named, again });
	}

	#ask(plugin: PluginSpeaker, message: PluginMessage): Item {
		const plugins = this.#plugins;
		if (plugins === undefined) throw new Error("a plugin's dialect was found without plugins");
		if (this.#text.length > plugin_text_length_max) {
			const detail = `the body has ${this.#text.length} characters; at most ${plugin_text_length_max} are handed to a plugin`;
			return refused("body_too_large", detail);
		}
		const { received_at, admits } = this.#options;
		return askPlugin(plugin.name, message, { plugins, admits, ...(received_at === undefined ? {} : { received_at }) });
	}
}

function tooManyCommands(count: number): ReadResult {
	return refused(
		"body_too_large",
		`${count} commands in one body; at most ${commands_max} are read`,
		"Send them in several messages.",
	);
}

/** The first key in a value that stood twice. */
function contradictionIn(value: JsonValue): string | undefined {
	if (value instanceof Contradiction) return value.key;
	const inner = isJsonArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
	for (const item of inner) {
		const key = contradictionIn(item);
		if (key !== undefined) return key;
	}
	return undefined;
}
