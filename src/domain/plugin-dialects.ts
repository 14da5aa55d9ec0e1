/** The port between reading and plugins: the dialects that plugin files add, and how one of them is asked. */
import type { Refusal } from "./codes.ts";

/** The shape by which a plugin's dialect is known without asking it: all of these keys in an object, or how a text begins. */
export type Recognition = { readonly keys: readonly string[] } | { readonly starts_with: string };

/** A dialect that a plugin defines, as it runs now. */
export interface DeclaredDialect {
	readonly name: string;
	/** Absent: it is asked only where it is named. */
	readonly recognises?: Recognition;
}

/** What became of a message that a plugin was asked to read. */
export type DialectAnswer =
	/** JSON text of a list: one object in Nexus's own words for each command. Not checked further. */
	{ readonly ok: true; readonly payloads: string } | { readonly ok: false; readonly refusal: Refusal };

/** What the plugin folder offers to the reader of messages. */
export interface PluginDialects {
	/** In the order in which they are tried; costs nothing to ask. */
	dialects(): readonly DeclaredDialect[];
	/**
	 * Asks the dialect of this name. Answers within 1.5 s and never rejects for what the plugin does; a name that no plugin
	 * defines is a refusal.
	 * @param message plain JSON data or a text, without credentials
	 */
	readDialect(name: string, message: unknown): Promise<DialectAnswer>;
	/** A file that never worked and speaks of this name: it is most likely its dialect. */
	brokenFor(name: string): { readonly error: string | null } | undefined;
}
