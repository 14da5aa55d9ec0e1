/** The message to paste into TradingView: a dialect's template, filled in for one strategy. */
import type { Dialect } from "../alert/dialect.ts";

/** What stands in a dialect's template for what only the configuration knows. */
const strategyMark = "<strategy>";
const secretMark = "<secret>";

/** Where a format needs a secret and the strategy has none: nexus does not look at it then. */
const any_secret = "none";

export interface MessageParts {
	readonly strategy: string;
	/** What proves the message from inside; undefined where the URL does, or nothing has to. */
	readonly secret?: string | undefined;
	/** True: the script's own words for each order are sent along. Only Nexus's own format has a place for them here. */
	readonly alert_message?: boolean;
}

/** True where the message of this format can carry the secret. */
export function carriesSecret(dialect: Dialect): boolean {
	return dialect.form === "json" || dialect.template?.includes(secretMark) === true;
}

/** True where the message of this format has a place for `{{strategy.order.alert_message}}`. */
export function carriesAlertMessage(dialect: Dialect): boolean {
	return dialect.name === "nexus";
}

/** The template with its marks filled in; undefined where the dialect has none. */
export function alertMessage(dialect: Dialect, { strategy, secret, alert_message }: MessageParts): string | undefined {
	const { template, form } = dialect;
	if (template === undefined) return undefined;
	const written = (text: string): string => (form === "json" ? JSON.stringify(text).slice(1, -1) : text);
	const message = template
		.replaceAll(strategyMark, () => written(strategy))
		.replaceAll(secretMark, () => written(secret ?? any_secret));
	if (form !== "json") return message;
	const first = secret === undefined || template.includes(secretMark) ? [] : [`"secret": "${written(secret)}"`];
	const last = alert_message === true ? ['"message": "{{strategy.order.alert_message}}"'] : [];
	return withFields(message, first, last);
}

/** Further fields of an object whose braces stand on lines of their own, in front and at the end. */
function withFields(message: string, first: readonly string[], last: readonly string[]): string {
	const opened = first.reduce((text, field) => text.replace("{\n", () => `{\n  ${field},\n`), message);
	return last.reduce((text, field) => text.replace(/\n\}$/, () => `,\n  ${field}\n}`), opened);
}
