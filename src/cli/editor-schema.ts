/** The JSON Schema that `nexus init` writes beside nexus.yaml, so that editors know every key: docs/nexus.schema.json as text. */
import text from "../../docs/nexus.schema.json" with { type: "text" };

// TypeScript sees the JSON's own type here; Bun gives the file's text.
export const editorSchemaFile: { readonly file: string; readonly text: string } = {
	file: "nexus.schema.json",
	text: text as unknown as string,
};
