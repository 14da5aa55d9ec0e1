/** The journal's one error: why something is not on disk, as a kind that callers can act on and a line that people can. */

/**
 * `full` no room on the disk or under `journal.size_max` · `io` the disk failed · `busy` more is waiting than may, or another
 * process holds the file · `closed` after close() · `too_large` over a named maximum · `invalid` this record can never be
 * taken, trying again does not help · `locked` another nexus has the folder · `unusable` it cannot be opened as a journal.
 */
export type JournalErrorKind = "full" | "io" | "busy" | "closed" | "too_large" | "invalid" | "locked" | "unusable";

/** `message` is one line that names the cause and, where there is one, the cure. */
export class JournalError extends Error {
	override readonly name = "JournalError";
	readonly kind: JournalErrorKind;

	constructor(kind: JournalErrorKind, message: string, options?: ErrorOptions) {
		super(message, options);
		this.kind = kind;
	}
}
