/** What nexus and a plugin's process say to each other; what the process says is checked before it is believed. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { StrategyContext } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";

/** The hidden first argument with which the compiled binary becomes a plugin's process. */
export const pluginArgument = "__plugin";

/** The source files of one version, by absolute path: a restarted process runs these, whatever is on disk by then. */
export type Sources = Readonly<Record<string, string>>;

/** From nexus to the process. The process answers each with exactly one message that has the same `call`. */
export type Request =
	| {
			readonly kind: "load";
			readonly file: string;
			/** The plugin folder, for the paths in messages. */
			readonly folder: string;
			/** Absent: read the files from disk. */
			readonly sources?: Sources;
	  }
	| { readonly kind: "configure"; readonly settings: Readonly<Record<string, unknown>> }
	| { readonly kind: "strategy"; readonly alert: Alert; readonly context: StrategyContext }
	| { readonly kind: "stage"; readonly alert: Alert; readonly settings: Readonly<Record<string, unknown>> }
	/** A message without credentials: plain JSON data or a text. */
	| { readonly kind: "dialect"; readonly message: unknown };

export type NumberedRequest = Request & { readonly call: number };

const say = <T extends Record<string, TSchema>>(properties: T) =>
	Type.Object(properties, { additionalProperties: false });
const call = Type.Integer();

/** From the process to nexus. */
export const Reply = Type.Union([
	say({
		kind: Type.Literal("loaded"),
		call,
		what: Type.Union([Type.Literal("strategy"), Type.Literal("stage"), Type.Literal("dialect")]),
		/** Everything the file declares but its functions and its state. */
		declaration: Type.Record(Type.String(), Type.Unknown()),
		sources: Type.Record(Type.String(), Type.String()),
	}),
	say({ kind: Type.Literal("configured"), call }),
	say({
		kind: Type.Literal("answered"),
		call,
		signals: Type.Array(Type.Unknown()),
		state: Type.Optional(Type.String()),
	}),
	say({ kind: Type.Literal("stage_answered"), call, answer: Type.Unknown() }),
	/** JSON text of a list of commands, each in Nexus's own words. */
	say({ kind: Type.Literal("dialect_answered"), call, payloads: Type.String() }),
	/** The dialect's own words against the message. */
	say({ kind: Type.Literal("dialect_refused"), call, reason: Type.String({ maxLength: 1000 }) }),
	/** The request went wrong by the plugin's fault; the process goes on. */
	say({ kind: Type.Literal("failed"), call, reason: Type.String({ maxLength: 2000 }) }),
]);
export type Reply = Static<typeof Reply>;

/** The process cannot go on: something was thrown outside of any call. */
export const Farewell = say({ kind: Type.Literal("crashed"), reason: Type.String({ maxLength: 2000 }) });
export type Farewell = Static<typeof Farewell>;

/** The message as it was meant, or undefined for anything else. */
export function readMessage(message: unknown): Reply | Farewell | undefined {
	if (Value.Check(Reply, message)) return message;
	return Value.Check(Farewell, message) ? message : undefined;
}
