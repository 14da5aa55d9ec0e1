/** Turns a value into JSON text, or says where it holds something that JSON would change or lose in silence. */

/** Levels of nesting; more is a mistake or a cycle. */
const depthMax = 64;

function complaint(value: unknown, path: string, depth: number): string | undefined {
	if (depth > depthMax) return `${path} is nested deeper than ${depthMax} levels, or contains itself`;
	switch (typeof value) {
		case "string":
		case "boolean":
		case "undefined":
			return undefined;
		case "number":
			return Number.isFinite(value) ? undefined : `${path} is ${value}, which JSON cannot hold`;
		case "bigint":
		case "function":
		case "symbol":
			return `${path} is a ${typeof value}, which JSON cannot hold`;
		case "object":
			break;
	}
	if (value === null) return undefined;
	if (Array.isArray(value)) {
		for (const [index, item] of value.entries()) {
			const found =
				item === undefined ? `${path}[${index}] is undefined` : complaint(item, `${path}[${index}]`, depth + 1);
			if (found !== undefined) return found;
		}
		return undefined;
	}
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype !== Object.prototype && prototype !== null) {
		return `${path} is a ${(value as object).constructor?.name ?? "special object"}; only plain objects, arrays, texts, numbers, booleans and null are kept`;
	}
	for (const [key, item] of Object.entries(value as object)) {
		const found = complaint(item, `${path}.${key}`, depth + 1);
		if (found !== undefined) return found;
	}
	return undefined;
}

/**
 * JSON text of a plain object. An absent or undefined property is left out; NaN, dates, maps, functions and cycles are errors.
 * @param name how the value is called in the message, such as `state`
 */
export function strictJson(
	value: unknown,
	name: string,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string } {
	const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
	if (!isObject) return { ok: false, reason: `${name} is not an object` };
	const reason = complaint(value, name, 0);
	return reason === undefined ? { ok: true, text: JSON.stringify(value) } : { ok: false, reason };
}
