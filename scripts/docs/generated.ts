/** The files that are made from the source; a test fails where one on disk is stale. */

import { codesDocument } from "./codes-document.ts";
import { configurationDocument } from "./configuration-document.ts";
import { dialectsDocument } from "./dialects-document.ts";
import { editorSchemaText } from "./editor-schema.ts";
import { ordersDocument } from "./orders-document.ts";

/** Path from the project's folder, and the text that must be there. */
export function generatedFiles(): readonly { readonly path: string; readonly text: string }[] {
	return [
		{ path: "docs/configuration.md", text: configurationDocument() },
		{ path: "docs/nexus.schema.json", text: editorSchemaText() },
		{ path: "docs/codes.md", text: codesDocument() },
		{ path: "docs/dialects.md", text: dialectsDocument() },
		{ path: "docs/orders.md", text: ordersDocument() },
	];
}
