/** The exit codes of every command, and the one error that carries a code, a cause and a cure to the front door. */

export const exitCode = {
	ok: 0,
	/** The answer is "no": refused, not found, not ready. */
	no: 1,
	usage: 64,
	/** What was given to read is refused. */
	data: 65,
	/** nexus does not answer. */
	unreachable: 69,
	/** A bug of ours. */
	bug: 70,
	configuration: 78,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Ends a command with one line `nexus: cause; cure`. */
export class CommandFailure extends Error {
	override readonly name = "CommandFailure";

	/**
	 * @param cause what is wrong, without a full stop
	 * @param cure what to do about it; "" where the cause says it
	 * @param details further lines, printed below
	 */
	constructor(
		readonly exit: ExitCode,
		cause: string,
		readonly cure = "",
		readonly details: readonly string[] = [],
	) {
		super(cause);
	}

	/** What stderr shows. */
	get lines(): string {
		const first = `nexus: ${this.message}${this.cure === "" ? "" : `; ${this.cure}`}`;
		return [first, ...this.details].join("\n");
	}
}
