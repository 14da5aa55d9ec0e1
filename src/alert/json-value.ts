/** What the JSON reader gives: like JSON.parse, but numbers keep their text and no object has a prototype. */

/** A number as it was written: `42000.50`, `1e-8`. A float never touches it. */
export class JsonNumber {
	constructor(readonly text: string) {}
}

/** A bare `NaN`, `na`, `n/a`, `Infinity` or `undefined`, or nothing at all where a value was due: TradingView knew no value. */
export class NotANumber {
	constructor(readonly word: string) {}
}

/** The same key stood twice in one object, with different values. */
export class Contradiction {
	constructor(readonly key: string) {}
}

/** Without a prototype: `__proto__` and `constructor` are keys like any other. */
export interface JsonObject {
	readonly [key: string]: JsonValue;
}

export type JsonValue =
	| string
	| boolean
	| null
	| JsonNumber
	| NotANumber
	| Contradiction
	| readonly JsonValue[]
	| JsonObject;

/** True for `{…}`; false for arrays and for the marker classes of this file. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
	return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;
}

/** True for `[…]`. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
	return Array.isArray(value);
}
