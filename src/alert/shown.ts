/** Values of a message in a refusal's words. */

/** Characters of a refused value that are shown. */
const shown_length_max = 40;

/** Quoted and cut. */
export function shown(text: string): string {
	return JSON.stringify(text.length > shown_length_max ? `${text.slice(0, shown_length_max)}…` : text);
}
