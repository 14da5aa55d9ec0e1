/** What a route of the API is: a row in a table, from which come the server's routes, their checks and /openapi.json. */
import type { TObject, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Refusal } from "../domain/codes.ts";
import type { Clock } from "../domain/ports.ts";
import { Deadlines } from "../pipeline/deadlines.ts";
import { readBytes } from "../pipeline/size.ts";

/** One request to a route, checked against the route's schemas. */
export interface Call {
	readonly request: Request;
	/** The named parts of the path. */
	readonly params: Readonly<Record<string, string>>;
	/** Only keys of the route's query schema, each of its type. */
	readonly query: Readonly<Record<string, string | number | boolean | undefined>>;
	/** What the route's body schema says; an empty body counts as `{}`. */
	readonly body: unknown;
}

/** A refusal as a route's answer. */
export interface Refused {
	readonly refusal: Refusal;
}

export const isRefused = (answer: object): answer is Refused => "refusal" in answer;

export interface Route {
	readonly method: "GET" | "POST";
	/** As in `/api/v1/alerts/:id`. */
	readonly path: string;
	readonly summary: string;
	/** True where no token is asked for. */
	readonly open?: boolean;
	readonly query?: TObject;
	readonly body?: TObject;
	/** What 200 carries. */
	readonly answer: TSchema;
	/** Default `application/json`. */
	readonly answer_type?: string;
	/** Codes of its own refusals, for the documentation. */
	readonly refusals?: readonly Refusal["code"][];
	/** A plain object becomes JSON, a Response is sent as it is. */
	handle(call: Call): Promise<object | Refused | Response> | object | Refused | Response;
}

/** Bytes of a command's body. */
export const command_bytes_max = 16_384;
const command_ms_max = 10_000;

/** The query as the schema wants it, or the refusal that names the key. */
export function readQuery(
	schema: TObject | undefined,
	search: URLSearchParams,
): { readonly query: Call["query"] } | Refused {
	const query: Record<string, string | number | boolean> = {};
	for (const [key, text] of search) {
		const property: TSchema | undefined = schema?.properties[key];
		if (property === undefined) {
			const known = Object.keys(schema?.properties ?? {}).join(", ");
			return refused("bad_field", `${key}: not a parameter here${known === "" ? "" : `; there are ${known}`}`);
		}
		const value = queryValue(property, text);
		if (value === undefined)
			return refused("bad_field", `${key}: ${JSON.stringify(text.slice(0, 64))} is not ${wanted(property)}`);
		query[key] = value;
	}
	return { query };
}

function queryValue(schema: TSchema, text: string): string | number | boolean | undefined {
	switch (schema["type"]) {
		case "integer": {
			const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
			return Value.Check(schema, value) ? value : undefined;
		}
		case "boolean":
			return text === "true" ? true : text === "false" ? false : undefined;
		default: {
			const allowed: unknown = schema["enum"];
			if (Array.isArray(allowed) && !allowed.includes(text)) return undefined;
			if (schema["format"] === "date-time") return timeOf(text);
			return text.length <= 256 ? text : undefined;
		}
	}
}

/** ISO 8601 in UTC with milliseconds; undefined where it is no time. */
function timeOf(text: string): string | undefined {
	const at = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
	return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

function wanted(schema: TSchema): string {
	const allowed: unknown = schema["enum"];
	if (Array.isArray(allowed)) return `one of ${allowed.join(", ")}`;
	if (schema["type"] === "integer") {
		return `a whole number from ${schema["minimum"] ?? 0}${schema["maximum"] === undefined ? "" : ` to ${schema["maximum"]}`}`;
	}
	if (schema["type"] === "boolean") return "true or false";
	return schema["format"] === "date-time" ? "a time such as 2026-01-31T13:37:00Z" : "a text of at most 256 characters";
}

/** The body as the schema wants it, or the refusal that names the field. */
export async function readCommand(
	schema: TObject,
	request: Request,
	clock: Pick<Clock, "after" | "monotonic">,
): Promise<{ readonly body: unknown } | Refused> {
	const bytes = await readBytes(request, command_bytes_max, new Deadlines(command_ms_max, clock));
	if (!(bytes instanceof Uint8Array)) return { refusal: { ...bytes, hint: "Send a short JSON object, or no body." } };
	const parsed = bytes.length === 0 ? {} : parseJson(bytes);
	if (parsed === undefined)
		return refused("unreadable_body", "the body is not JSON", "Send a JSON object, or no body at all.");
	const wrong = Value.Errors(schema, parsed).First();
	if (wrong === undefined) return { body: parsed };
	const field = wrong.path.slice(1).replaceAll("/", ".") || "the body";
	const known = Object.keys(schema.properties).join(", ");
	return refused("bad_field", `${field.slice(0, 64)}: ${wrong.message.toLowerCase()}`, `The body may have ${known}.`);
}

function parseJson(bytes: Uint8Array): unknown {
	try {
		return JSON.parse(new TextDecoder().decode(bytes));
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

/** A refusal in short. */
export function refused(code: Refusal["code"], detail: string, hint?: string): Refused {
	return { refusal: hint === undefined ? { code, detail } : { code, detail, hint } };
}
