/** Asks one dialect about one message, and makes plain JSON of what it returned. */
import { answer_bytes_max } from "./ask-strategy.ts";
import type { DialectMessage, PineDialect } from "./plugin-api.ts";
import { strictJson } from "./strict-json.ts";

/** Characters of a refusal's words. */
const reason_length_max = 500;

/** What a dialect said: JSON text of a list of commands, its refusal, or what is wrong with its answer. */
export type RawReading =
	| { readonly kind: "dialect_answered"; readonly payloads: string }
	| { readonly kind: "dialect_refused"; readonly reason: string }
	| { readonly kind: "failed"; readonly reason: string };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

const failed = (reason: string): RawReading => ({ kind: "failed", reason });

/** Calls read. Expected mistakes of the dialect are values; what it throws is thrown on. */
export async function askDialect(dialect: PineDialect, message: unknown): Promise<RawReading> {
	const returned: unknown = await dialect.read(message as DialectMessage);
	if (isObject(returned) && "refuse" in returned) {
		const { refuse } = returned;
		if (typeof refuse !== "string" || refuse.trim() === "") return failed("refuse must be the reason as a text");
		return { kind: "dialect_refused", reason: refuse.trim().slice(0, reason_length_max) };
	}
	const commands: readonly unknown[] = Array.isArray(returned) ? returned : [returned];
	if (commands.length === 0 || !commands.every(isObject)) {
		return failed('read must return an object, a list of objects, or { refuse: "why" }');
	}
	const answer = strictJson({ commands }, "the answer");
	if (!answer.ok) return failed(answer.reason);
	const payloads = answer.text.slice('{"commands":'.length, -1);
	if (Buffer.byteLength(payloads) > answer_bytes_max) {
		return failed(`the answer is larger than ${answer_bytes_max} bytes`);
	}
	return { kind: "dialect_answered", payloads };
}
