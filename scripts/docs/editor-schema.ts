/** The JSON Schema by which editors complete and check nexus.yaml while it is typed, made from the one schema. */
import { type TSchema, TypeGuard } from "@sinclair/typebox";
import { notesOf } from "../../src/config/leaf.ts";
import { NexusSchema } from "../../src/config/schema.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

/** Any value may come from the environment instead. */
const fromEnvironment: JsonSchema = { type: "string", pattern: "\\$\\{" };

/** The file's JSON Schema (draft 7). Strict: unknown keys are errors, as in nexus itself. */
export function editorSchema(): JsonSchema {
	return {
		$schema: "http://json-schema.org/draft-07/schema#",
		title: "nexus.yaml",
		...forEditors(NexusSchema),
	};
}

/** {@link editorSchema} as the text of docs/nexus.schema.json. */
export function editorSchemaText(): string {
	return `${JSON.stringify(editorSchema(), null, "\t")}\n`;
}

function forEditors(schema: TSchema): JsonSchema {
	if (TypeGuard.IsObject(schema)) {
		const properties = Object.entries(schema.properties);
		const required = properties.filter(([, property]) => isRequired(property)).map(([key]) => key);
		return {
			...words(schema),
			type: "object",
			properties: Object.fromEntries(properties.map(([key, property]) => [key, forEditors(property)])),
			...(required.length === 0 ? {} : { required }),
			additionalProperties: false,
		};
	}
	if (TypeGuard.IsArray(schema)) return { ...words(schema), type: "array", items: forEditors(schema.items) };
	const { type, pattern }: JsonSchema = schema;
	const isPlain = type === "object" || type === "array" || type === "null" || (type === "string" && !pattern);
	const shape = { ...shapeOf(schema), ...(type === "integer" ? limits(schema) : {}) };
	return isPlain ? { ...words(schema), ...shape } : { ...words(schema), anyOf: [shape, fromEnvironment] };
}

/** A key that has neither a default nor a meaning when it is absent. */
export function isRequired(schema: TSchema): boolean {
	const filled = schema.default !== undefined || TypeGuard.IsOptional(schema);
	return !filled && !TypeGuard.IsObject(schema) && !TypeGuard.IsArray(schema);
}

/** The keywords that say what is written; schemas inside them are made ready for editors too. */
function shapeOf(schema: JsonSchema): JsonSchema {
	const shape: [string, unknown][] = [];
	for (const keyword of ["type", "enum", "pattern", "maxItems", "minProperties", "maxProperties"]) {
		if (schema[keyword] !== undefined) shape.push([keyword, schema[keyword]]);
	}
	for (const keyword of ["items", "additionalProperties"]) {
		if (schema[keyword] !== undefined) shape.push([keyword, forEditors(schema[keyword] as TSchema)]);
	}
	const { anyOf, properties } = schema as { anyOf?: TSchema[]; properties?: Record<string, TSchema> };
	if (anyOf !== undefined) shape.push(["anyOf", anyOf.map(forEditors)]);
	if (properties !== undefined) {
		const named = Object.entries(properties).map(([key, property]) => [key, forEditors(property)]);
		shape.push(["properties", Object.fromEntries(named)]);
	}
	return Object.fromEntries(shape);
}

function limits(schema: TSchema): JsonSchema {
	const [minimum, maximum] = notesOf(schema).range ?? [];
	return minimum === undefined ? {} : { minimum: Number(minimum), maximum: Number(maximum) };
}

function words(schema: TSchema): JsonSchema {
	const { range, description, default: written } = notesOf(schema);
	const limits = range === undefined ? "" : ` From ${range[0]} to ${range[1]}.`;
	return {
		...(description === undefined ? {} : { description: `${description}${limits}` }),
		...(written === undefined ? {} : { default: written }),
	};
}
