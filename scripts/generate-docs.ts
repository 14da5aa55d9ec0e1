/** `bun run docs`: writes the pages and the editor schema that are made from the source. */
import { generatedFiles } from "./docs/generated.ts";

const folder = new URL("../", import.meta.url);
for (const { path, text } of generatedFiles()) {
	await Bun.write(new URL(path, folder), text);
	console.log(`wrote ${path}`);
}
