/** Replaces `${NAME}` and `${NAME:-default}` inside one value by the environment. */

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What became of one text. */
export type Substitution =
	| { readonly ok: true; readonly text: string; readonly substituted: boolean }
	| { readonly ok: false; readonly messages: readonly string[] };

const reference = /\$\$\{|\$\{([^}]*)\}|\$\{/g;
const content = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * `${NAME}` must be set, empty counts as set. `${NAME:-default}` takes the default where NAME is unset or empty.
 * `$${` stands for a plain `${`. What comes from the environment is text: it is never read again as YAML or as a reference.
 */
export function substitute(text: string, environment: Environment): Substitution {
	if (!text.includes("${")) return { ok: true, text, substituted: false };
	const messages: string[] = [];
	let substituted = false;
	const result = text.replace(reference, (found, inside: string | undefined) => {
		if (found === "$${") return "${";
		const match = inside === undefined ? null : content.exec(inside);
		if (match === null) {
			messages.push("${ begins a reference that is not ${NAME} or ${NAME:-default}; write $${ for a plain ${");
			return "";
		}
		const [, name = "", fallback] = match;
		const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
		substituted = true;
		if (fallback !== undefined) return value === undefined || value === "" ? fallback : value;
		if (value === undefined) {
			messages.push(`the environment variable ${name} is not set; set it, or write \${${name}:-default}`);
		}
		return value ?? "";
	});
	return messages.length > 0 ? { ok: false, messages } : { ok: true, text: result, substituted };
}
