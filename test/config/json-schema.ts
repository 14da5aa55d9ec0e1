/** As much of JSON Schema as the schema for editors uses, so that a test can hold it against values. */

export interface JsonSchema {
	readonly description?: string;
	readonly type?: string | readonly string[];
	readonly enum?: readonly unknown[];
	readonly pattern?: string;
	readonly minimum?: number;
	readonly maximum?: number;
	readonly anyOf?: readonly JsonSchema[];
	readonly items?: JsonSchema;
	readonly maxItems?: number;
	readonly properties?: Readonly<Record<string, JsonSchema>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: boolean | JsonSchema;
	readonly minProperties?: number;
	readonly maxProperties?: number;
}

const keywords = new Set([
	..."$schema title description default type enum pattern minimum maximum anyOf items maxItems".split(" "),
	..."properties required additionalProperties minProperties maxProperties".split(" "),
]);

/** Throws where the schema uses a keyword that this checker does not know: it would accept too much. */
export function accepts(schema: JsonSchema, value: unknown): boolean {
	const unknown = Object.keys(schema).filter((keyword) => !keywords.has(keyword));
	if (unknown.length > 0) throw new Error(`unknown keywords ${unknown.join(", ")}`);
	if (schema.type !== undefined && ![schema.type].flat().some((type) => isOfType(type, value))) return false;
	if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
	if (schema.anyOf !== undefined && !schema.anyOf.some((one) => accepts(one, value))) return false;
	if (typeof value === "string") return schema.pattern === undefined || new RegExp(schema.pattern, "u").test(value);
	if (typeof value === "number") return value >= (schema.minimum ?? value) && value <= (schema.maximum ?? value);
	if (Array.isArray(value)) return acceptsList(schema, value);
	return typeof value !== "object" || value === null || acceptsMap(schema, value);
}

function acceptsList({ items, maxItems = Number.POSITIVE_INFINITY }: JsonSchema, value: readonly unknown[]): boolean {
	return value.length <= maxItems && (items === undefined || value.every((item) => accepts(items, item)));
}

function acceptsMap(schema: JsonSchema, value: object): boolean {
	const { properties = {}, required = [], additionalProperties = true } = schema;
	const keys = Object.keys(value);
	if (keys.length < (schema.minProperties ?? 0) || keys.length > (schema.maxProperties ?? keys.length)) return false;
	if (!required.every((key) => keys.includes(key))) return false;
	return Object.entries(value).every(([key, item]) => {
		const rule = Object.hasOwn(properties, key) ? (properties[key] ?? true) : additionalProperties;
		return typeof rule === "boolean" ? rule : accepts(rule, item);
	});
}

function isOfType(type: string, value: unknown): boolean {
	switch (type) {
		case "null":
			return value === null;
		case "array":
			return Array.isArray(value);
		case "object":
			return typeof value === "object" && value !== null && !Array.isArray(value);
		case "integer":
			return Number.isInteger(value);
		default:
			return typeof value === type;
	}
}
