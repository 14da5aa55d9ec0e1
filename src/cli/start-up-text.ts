/** The text that `nexus run` prints when it is ready: where to post, where to look, how to try it. No secret is in it. */
import type { StrategyView } from "../domain/records.ts";
import type { Settings } from "../domain/settings.ts";
import { hasCredentials } from "./credential.ts";
import { samplePayload } from "./sample.ts";
import { wrap } from "./table.ts";
import { harmless, paint, type Terminal } from "./terminal.ts";

/** What is known of a nexus that has just started. */
export interface Started {
	readonly version: string;
	readonly settings: Settings;
	/** Without tokens, or with them: they are taken out here. */
	readonly urls: { readonly webhook: readonly string[]; readonly dashboard: string; readonly api: string };
	readonly strategies: readonly StrategyView[];
	/** Of the configuration, one line each; they say so where no credential is set. */
	readonly warnings: readonly string[];
}

const label_columns = 12;

/** The webhook URLs as they may be shown: a token stands as the name of whose it is. */
export function shownWebhooks(urls: readonly string[], { webhook, strategies }: Settings): string[] {
	const owners = [
		...strategies.flatMap(({ name, tokens = [] }) => tokens.map((token) => ({ token, name }))),
		...webhook.tokens.map((token) => ({ token, name: "webhook" })),
	];
	const bare = (url: string): string =>
		owners.reduce((rest, { token }) => (rest.endsWith(`/${token}`) ? rest.slice(0, -token.length - 1) : rest), url);
	const bases = [...new Set(urls.map(bare))];
	const open = webhook.secret_key !== "" || strategies.some(({ secrets = [] }) => secrets.length > 0);
	const names = [...new Set(owners.map(({ name }) => name))];
	const tokened = bases.flatMap((base) => names.map((name) => `${base}/<token of ${name}>`));
	return [...(open || names.length === 0 ? bases : []), ...tokened];
}

/** One command that sends an alert, for pasting. */
export function tryLine({ settings, strategies, urls }: Pick<Started, "settings" | "strategies" | "urls">): string {
	if (hasCredentials(settings)) return "nexus send --wait";
	const strategy = strategies.find(({ enabled }) => enabled) ?? settings.strategies[0];
	const url = urls.webhook[0] ?? "";
	const quoted = JSON.stringify(samplePayload(strategy)).replaceAll("'", "'\\''");
	return `curl -d '${quoted}' ${url}`;
}

function strategiesWords(strategies: readonly StrategyView[]): string {
	const plugins = strategies.filter(({ plugin }) => plugin !== null).length;
	return `${strategies.length}, ${plugins === 0 ? "none" : plugins} with a plugin`;
}

/** What is wrong with a plugin; the file's name is said once. */
export function brokenWords(file: string, error: string): string {
	return error.startsWith(`${file}:`) ? error : `${file}: ${error}`;
}

/** The lines, the most wanted ones first. */
export function startUpText(terminal: Terminal, started: Started): readonly string[] {
	const { version, settings, urls, strategies, warnings } = started;
	const line = (label: string, texts: readonly string[]): string[] =>
		texts.map((text, index) => `  ${(index === 0 ? label : "").padEnd(label_columns)}${harmless(text)}`);
	const webhooks = shownWebhooks(urls.webhook, settings);
	const broken = strategies.filter(({ plugin_error }) => plugin_error !== null);
	return [
		paint(terminal, "bold", `nexus ${version} is ready`),
		"",
		...line("Webhook", webhooks),
		...(webhooks.some((url) => url.endsWith(">")) ? line("", ["(the tokens stand in the configuration)"]) : []),
		...line("API", [urls.api, "(`nexus status` brings its token along)"]),
		...line("Data", [settings.data]),
		...line("Strategies", [strategiesWords(strategies)]),
		...broken.flatMap(({ name, plugin, plugin_error }) => [
			"",
			...wrap(harmless(brokenWords(plugin ?? name, plugin_error ?? "")), terminal.columns - 2).map((text) =>
				paint(terminal, "red", `  ${text}`),
			),
		]),
		...warnings.flatMap((warning) => [
			"",
			...wrap(harmless(`Warning: ${warning}`), terminal.columns).map((text) => paint(terminal, "yellow", text)),
		]),
		"",
		"Try it:",
		`  ${tryLine(started)}`,
	];
}
