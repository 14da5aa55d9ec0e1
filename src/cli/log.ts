/** The structured log: one line per event on stderr, as text or JSON, with every known secret taken out. */
import type { Log } from "../domain/ports.ts";
import type { Settings } from "../domain/settings.ts";

type Level = Settings["log"]["level"];
type Fields = Readonly<Record<string, unknown>>;

export interface LogOptions {
	readonly level: Level;
	readonly format: "text" | "json";
	/** Texts that never appear in a line. */
	readonly secrets: readonly string[];
	/** Takes one line without its end. */
	readonly write: (line: string) => void;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

const ranks = { debug: 0, info: 1, warn: 2, error: 3 } as const satisfies Record<Level, number>;
const line_characters_max = 8192;
const secret_characters_min = 4;

/** Every secret of a configuration. */
export function secretsOf(settings: Settings): string[] {
	const { webhook, strategies, admin_token } = settings;
	return [
		webhook.secret_key,
		...webhook.tokens,
		...strategies.flatMap(({ tokens = [], secrets = [] }) => [...tokens, ...secrets]),
		admin_token ?? "",
	].filter((secret) => secret !== "");
}

/** Takes `secrets` out of texts. The longest goes first, so that no rest of one stays; shorter than 4 characters is left alone. */
export function redactor(secrets: readonly string[]): (text: string) => string {
	const known = [...new Set(secrets)]
		.filter((secret) => secret.length >= secret_characters_min)
		.sort((a, b) => b.length - a.length);
	return (text) => known.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}

/** Errors as their message and cause; everything else as it is. */
function plain(value: unknown): unknown {
	if (value instanceof Error) {
		const cause = value.cause === undefined ? "" : ` (${String(plain(value.cause))})`;
		return `${value.message}${cause}`;
	}
	return typeof value === "bigint" ? value.toString() : value;
}

function textOf(value: unknown): string {
	if (typeof value === "string") return /^[\w./:+@%-]+$/.test(value) ? value : JSON.stringify(value);
	return JSON.stringify(value, (_, inner: unknown) => plain(inner)) ?? "undefined";
}

/** Makes a log that writes events at or above its level. */
export function createLog({ level, format, secrets, write, now }: LogOptions): Log {
	const redact = redactor([...secrets, ...secrets.map((secret) => JSON.stringify(secret).slice(1, -1))]);
	const put = (rank: Level, event: string, fields: Fields = {}): void => {
		if (ranks[rank] < ranks[level]) return;
		const time = new Date(now()).toISOString();
		const entries = Object.entries(fields)
			.filter(([, value]) => value !== undefined)
			.map(([name, value]) => [name, plain(value)] as const);
		const line =
			format === "json"
				? JSON.stringify({ time, level: rank, event, ...Object.fromEntries(entries) }, (_, value: unknown) =>
						plain(value),
					)
				: [time, rank.padEnd(5), event, ...entries.map(([name, value]) => `${name}=${textOf(value)}`)].join(" ");
		const safe = redact(line);
		write(safe.length <= line_characters_max || format === "json" ? safe : `${safe.slice(0, line_characters_max)}…`);
	};
	return {
		debug: (event, fields) => put("debug", event, fields),
		info: (event, fields) => put("info", event, fields),
		warn: (event, fields) => put("warn", event, fields),
		error: (event, fields) => put("error", event, fields),
	};
}
