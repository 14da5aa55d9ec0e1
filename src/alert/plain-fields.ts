/** The message's other fields as plugins see them: plain JSON, numbers as exact decimal text, credentials left out. */
import { isJsonArray, isJsonObject, JsonNumber, type JsonObject, type JsonValue } from "./json-value.ts";
import { plainNumber } from "./number-text.ts";
import { isSecretField } from "./secret-field.ts";

/** Plain JSON of a value; a number that is none (`NaN`) is null. */
export function plainValue(value: JsonValue): unknown {
	if (typeof value === "string") return value.toWellFormed();
	if (value === null || typeof value === "boolean") return value;
	if (value instanceof JsonNumber) return plainNumber(value.text) ?? value.text;
	if (isJsonArray(value)) return value.map(plainValue);
	return isJsonObject(value) ? plainObject(value) : null;
}

function plainObject(object: JsonObject): Readonly<Record<string, unknown>> {
	const plain = Object.create(null) as Record<string, unknown>;
	for (const [key, value] of Object.entries(object)) setPlain(plain, key, value);
	return plain;
}

/** Sets a field unless its key is a credential's, or `__proto__`, which a plugin's careless copy could fall for. */
export function setPlain(fields: Record<string, unknown>, key: string, value: JsonValue): void {
	if (key !== "__proto__" && !isSecretField(key)) fields[key.toWellFormed()] = plainValue(value);
}

/** Every text in a value, with the key it stands under; credentials left out. */
export function* textsIn(key: string, value: JsonValue): Generator<readonly [key: string, text: string]> {
	if (typeof value === "string") yield [key, value];
	else if (isJsonArray(value)) for (const item of value) yield* textsIn(key, item);
	else if (isJsonObject(value)) {
		for (const [inner, item] of Object.entries(value)) if (!isSecretField(inner)) yield* textsIn(inner, item);
	}
}
