/** The names of dialects: those that are built in, and what a plugin's may look like. */

/** Every built-in format of messages, sorted; a test holds it against the table in `alert/`. */
export const dialectNames = [
	"3commas",
	"alertatron",
	"autoview",
	"finandy",
	"nexus",
	"octobot",
	"okx",
	"openalgo",
	"passphrase",
	"pickmytrade",
	"pineconnector",
	"signalstack",
	"signalstack-json",
	"trade-relay",
	"traderspost",
	"tvhub",
	"whook",
	"wundertrading",
] as const;

/** The form of every dialect's name. */
export const dialectName = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** {@link dialectName} in words. */
export const dialectNameWords = "1 to 64 small letters, digits, - and _, the first a letter or a digit";

/** True for a format that every nexus reads, with or without plugins. */
export function isBuiltInDialect(name: string): boolean {
	return (dialectNames as readonly string[]).includes(name);
}
