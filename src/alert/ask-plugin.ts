/** Asks a plugin's dialect about a message, and reads what it makes of it as Nexus's own payload. */
import type { Refusal } from "../domain/codes.ts";
import type { PluginDialects } from "../domain/plugin-dialects.ts";
import { type ReadContext, type ReadItem, refused } from "./dialect.ts";
import { nexus } from "./dialects/nexus.ts";
import { readJson } from "./json.ts";
import { isJsonArray, isJsonObject, JsonNumber, type JsonObject } from "./json-value.ts";
import { plainValue } from "./plain-fields.ts";
import { isCredentialField, isSecretField } from "./secret-field.ts";
import { decided } from "./type-of.ts";

/** Characters of a body of which anything is handed to a plugin. */
export const plugin_text_length_max = 65_536;

/** A message as a plugin gets it: without credentials, which stay here. */
export interface PluginMessage {
	/** Plain JSON data, numbers as exact text; or the text. */
	readonly message: unknown;
	/** Secret. */
	readonly secrets: readonly string[];
}

/** The message in one object of a JSON body. */
export function messageOf(command: JsonObject): PluginMessage {
	const secrets: string[] = [];
	for (const key in command) {
		const value = command[key];
		const text = value instanceof JsonNumber ? value.text : value;
		if (typeof text === "string" && text.trim() !== "" && isCredentialField(key)) secrets.push(text.trim());
	}
	return { message: plainValue(command), secrets };
}

export interface AskOptions extends ReadContext {
	readonly plugins: PluginDialects;
	/** Why credentials are refused before anybody is asked; undefined where they are not. */
	readonly admits?: ((secrets: readonly string[]) => Refusal | undefined) | undefined;
}

/** The commands in a message, at least one; every failure is a refusal. */
export async function askPlugin(
	name: string,
	{ message, secrets }: PluginMessage,
	options: AskOptions,
): Promise<readonly ReadItem[]> {
	const denied = options.admits?.(secrets);
	if (denied !== undefined) return [{ ok: false, refusal: denied }];
	const answer = await options.plugins.readDialect(name, message);
	if (!answer.ok) return [answer];
	const json = readJson(answer.payloads, isSecretField);
	const [payloads] = json.ok ? json.values : [];
	if (payloads === undefined || !isJsonArray(payloads) || payloads.length === 0) {
		return [refused("dialect_failed", `the plugin of the dialect ${name} answered with something that is no message`)];
	}
	return payloads.map((payload): ReadItem => {
		if (!isJsonObject(payload)) {
			return refused("dialect_failed", `the plugin of the dialect ${name} answered with something that is no object`);
		}
		const item: ReadItem = nexus.read(payload, options);
		if (item.ok) return decided({ ...item, reading: { ...item.reading, dialect: name, secrets } });
		const detail = `in what the dialect ${name} made of the message: ${item.refusal.detail}`;
		return { ok: false, refusal: { ...item.refusal, detail } };
	});
}
