/** The two functions that turn a declaration into settings; `config/` has them, the composition root hands them in. */
import type { StrategyDeclaration, StrategySettings } from "../domain/settings.ts";

/** What reading a declaration gave: it, or everything that is wrong with it. */
export type DecodedDeclaration =
	| { readonly ok: true; readonly declaration: StrategyDeclaration }
	| { readonly ok: false; readonly problems: readonly { readonly path: string; readonly message: string }[] };

/** Reads what a plugin file or an embedding program wrote; `source` is its name for messages. */
export type DecodeStrategy = (written: unknown, source: string) => DecodedDeclaration;

/** Fills in what was left out: YAML over plugin over default. */
export type CompleteStrategy = (
	name: string,
	yaml: StrategyDeclaration | undefined,
	plugin: StrategyDeclaration | undefined,
) => StrategySettings;

/** The problems as one line. */
export function problemLine(problems: readonly { readonly path: string; readonly message: string }[]): string {
	return problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
}
