/** What a dialect is: one format of alert messages, recognised by its shape and read into the same words as every other. */
import type { Refusal } from "../domain/codes.ts";
import type { Alert } from "../domain/records.ts";
import type { JsonObject } from "./json-value.ts";

/** One command of a body, understood, before it is known which strategy and market it is for. */
export interface Reading extends Omit<Alert, "id" | "symbol" | "strategy" | "source" | "received_at"> {
	/** As the sender wrote it; undefined where he named none. */
	readonly strategy?: string;
	/** What stood in the credential fields. Secret: compare it, never store it. */
	readonly secrets: readonly string[];
}

export type ReadItem =
	| {
			readonly ok: true;
			readonly reading: Reading;
			/** Worth showing in the trace, no reason to refuse: a placeholder left in the comment. */
			readonly notes: readonly string[];
	  }
	| { readonly ok: false; readonly refusal: Refusal };

/** What is known beside the command itself. */
export interface ReadContext {
	/** When the body arrived, milliseconds since 1970; undefined where nothing arrived (`nexus read`). */
	readonly received_at?: number;
}

/** One vendor's format. A new one is a file in `dialects/` and a line in `dialects.ts`. */
export interface Dialect {
	/** In lower case, as `?dialect=` names it. */
	readonly name: string;
	/** True where the shape of the command is this format's and no other's. */
	recognises(command: JsonObject): boolean;
	/** Never throws; what it cannot understand is a refusal. */
	read(command: JsonObject, context: ReadContext): ReadItem;
}

/** An expected "no" to one command. */
export function refused(
	code: Refusal["code"],
	detail: string,
	hint?: string,
): { readonly ok: false; readonly refusal: Refusal } {
	return { ok: false, refusal: { code, detail, ...(hint === undefined ? {} : { hint }) } };
}
