/** What a WebhookServer does where an embedding program says nothing: the same defaults as nexus.yaml. */
import type { StrategyDirectory } from "../domain/ports.ts";
import type { DedupeSettings, WebhookSettings } from "../domain/settings.ts";
import type { Log } from "../pipeline/reception-context.ts";

const webhookDefaults: WebhookSettings = {
	host: "0.0.0.0",
	port: 8080,
	path: "/webhook",
	secret_key: "",
	tokens: [],
	sources: [],
	trusted_proxies: [],
	body_max_bytes: 65_536,
	failures: { per_second: 10, burst: 100 },
	public_url: "",
};
export const dedupeDefaults: DedupeSettings = {
	window_ms: 30_000,
	id_window_ms: 3_600_000,
	header_id_window_ms: 7 * 86_400_000,
};
/** No strategy is known: every alert keeps the name that was written. */
export const noStrategies: StrategyDirectory = { find: () => undefined, all: () => [] };

/** Warnings and errors on stderr, one line each. */
export function consoleLog(level: Parameters<Log>[0], message: string): void {
	if (level === "warn" || level === "error") process.stderr.write(`nexus: ${message}\n`);
}

/**
 * The given settings over the defaults.
 * @throws RangeError where the path does not begin with /
 */
export function settingsOf(options: Partial<WebhookSettings>): WebhookSettings {
	const given = Object.fromEntries(
		Object.entries(options).filter(([key, value]) => key in webhookDefaults && value !== undefined),
	);
	const settings: WebhookSettings = { ...webhookDefaults, ...given };
	if (!settings.path.startsWith("/")) throw new RangeError(`webhook path "${settings.path}" must begin with /`);
	const path = settings.path === "/" ? "/" : settings.path.replace(/\/+$/, "");
	return { ...settings, path };
}
