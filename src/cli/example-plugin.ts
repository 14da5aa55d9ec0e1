/** The example strategy that `nexus init` writes: the project's own plugins/my-rsi-strategy.ts, carried as text. */
import text from "../../plugins/my-rsi-strategy.ts" with { type: "text" };

export const examplePlugin: { readonly file: string; readonly text: string } = {
	file: "my-rsi-strategy.ts",
	// TypeScript sees the module's default export here; Bun gives the file's text.
	text: text as unknown as string,
};
