/** Where one strategy's alerts go, and what makes them authentic: for pasting into TradingView. */
import type { Settings, StrategySettings } from "../domain/settings.ts";
import { hasCredentials } from "./credential.ts";

/** Stands for the server's name where nobody told it to us. */
const unknown_host = "https://HOST";

export interface WebhookAddress {
	/** With the token, where there is one. Secret then. */
	readonly url: string;
	/** What has to stand in the message because the URL proves nothing. Secret. */
	readonly secret?: string;
	/** What is still missing or dangerous, whole sentences. */
	readonly notes: readonly string[];
}

/** The strategy's own token first, then the webhook's, then a secret inside the message. */
export function webhookAddress(settings: Settings, strategy: StrategySettings): WebhookAddress {
	const { public_url, path, tokens } = settings.webhook;
	const token = strategy.tokens[0] ?? tokens[0];
	const base = `${public_url === "" ? unknown_host : public_url}${path}`;
	const notes = [
		...(public_url === ""
			? [
					`HOST is the name under which the outside reaches this server: set webhook.public_url in nexus.yaml, and it stands in the URL.`,
				]
			: []),
		"TradingView posts to the ports 80 and 443 only.",
	];
	if (token !== undefined) {
		return { url: `${base}/${token}`, notes: [...notes, "The URL holds a token: show it to nobody."] };
	}
	const secret = strategy.secrets[0];
	const cure = "make one with `openssl rand -hex 16`";
	if (secret !== undefined) {
		const better = `The message holds a secret, which everyone who sees the alert can read; token: under ${strategy.name} puts it into the URL instead (${cure}).`;
		return { url: base, secret, notes: [...notes, better] };
	}
	const unproved = hasCredentials(settings)
		? `TradingView cannot sign, and ${strategy.name} has neither token nor secrets: nexus refuses these alerts (not_authentic). Set token: under ${strategy.name} in nexus.yaml (${cure}).`
		: `Whoever knows this URL can post alerts: set token: under ${strategy.name} in nexus.yaml (${cure}).`;
	return { url: base, notes: [...notes, unproved] };
}
