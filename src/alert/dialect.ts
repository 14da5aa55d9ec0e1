/** What a dialect is: one format of alert messages, recognised by its shape and read into the same words as every other. */
import type { Code, Refusal } from "../domain/codes.ts";
import type { Alert } from "../domain/records.ts";
import type { HiddenSpan } from "./json.ts";
import type { JsonObject } from "./json-value.ts";

/** One command of a body, understood, before it is known which strategy and market it is for. */
export interface Reading extends Omit<Alert, "id" | "symbol" | "strategy" | "source" | "received_at"> {
	/** As the sender wrote it; undefined where he named none. */
	readonly strategy?: string;
	/** What stood in the credential fields. Secret: compare it, never store it. */
	readonly secrets: readonly string[];
}

/** Something about a command that the trace shows. */
export interface Note {
	readonly code?: Extract<Code, "position_fields_contradict_action">;
	readonly detail: string;
}

export type ReadItem =
	| {
			readonly ok: true;
			readonly reading: Reading;
			/** Worth showing in the trace, no reason to refuse: a placeholder left in the comment. */
			readonly notes: readonly Note[];
	  }
	| { readonly ok: false; readonly refusal: Refusal };

/** What is known beside the command itself. */
export interface ReadContext {
	/** When the body arrived, milliseconds since 1970; undefined where nothing arrived (`nexus read`). */
	readonly received_at?: number;
}

/** What nexus does with one field of a vendor's format. */
export interface FieldRule {
	/**
	 * `read`: it counts. `refused`: a message that sets it is refused (`unsupported_field`), because leaving it out would
	 * trade otherwise than it says. `refused_on_entry`: the same, but an exit that carries it is taken, because nothing of
	 * it could stand afterwards. `ignored`: it changes nothing that nexus does, and `meaning` says why.
	 */
	readonly support: "read" | "refused" | "refused_on_entry" | "ignored";
	/** For the documentation: what the field says, with its values. */
	readonly meaning: string;
}

/** A format's fields, by the key it is written with; `stopLoss.percent` is the key `percent` inside the object `stopLoss`. */
export type FieldRules = Readonly<Record<string, FieldRule>>;

interface AnyDialect {
	/** In lower case, as `?dialect=` and `dialect:` name it. */
	readonly name: string;
	/** For the documentation: the vendor's or format's own name, and where its format is described. */
	readonly title: string;
	/** For the documentation: what {@link JsonDialect.recognises} goes by, in a few words after "recognised by". */
	readonly recognised?: string;
	/** Every field that the format is known to have. */
	readonly fields: FieldRules;
	/** For the documentation: what is peculiar to it, one sentence each. */
	readonly remarks?: readonly string[];
	/** A message as the vendor's users send it, for the documentation and as a test; secrets are made up. */
	readonly example: string;
	/**
	 * The message to paste into a strategy's alert on TradingView, for `nexus template`. `<strategy>` stands for the
	 * strategy's name, `<secret>` for what proves it; every `{{…}}` is a placeholder that TradingView has.
	 */
	readonly template?: string;
}

/** One vendor's JSON format. A new one is a file in `dialects/` and a line in `dialects.ts`. */
export interface JsonDialect extends AnyDialect {
	readonly form: "json";
	/** True where the shape of the command is this format's and no other's. */
	recognises(command: JsonObject): boolean;
	/** Never throws; what it cannot understand is a refusal. */
	read(command: JsonObject, context: ReadContext): ReadItem;
}

/** One vendor's text format. */
export interface TextDialect extends AnyDialect {
	readonly form: "text";
	/** True where the shape of the whole body is this format's and no other's. Cheap: it is asked of every body that is no JSON. */
	recognises(body: string): boolean;
	/** Never throws; what it cannot understand is a refusal. */
	read(body: string, context: ReadContext): TextReading;
}

export interface TextReading {
	/** One for each command, in order; at least one. */
	readonly items: readonly ReadItem[];
	/** Where credentials and comments stand in the body; in order, none inside another. */
	readonly hidden: readonly HiddenSpan[];
}

export type Dialect = JsonDialect | TextDialect;

/** An expected "no" to one command. */
export function refused(
	code: Refusal["code"],
	detail: string,
	hint?: string,
): { readonly ok: false; readonly refusal: Refusal } {
	return { ok: false, refusal: { code, detail, ...(hint === undefined ? {} : { hint }) } };
}
