/** A terminal that keeps what was written to it: 80 columns, no colours, a clock that stands at a fixed time. */
import type { Terminal } from "../../../src/cli/terminal.ts";

export const now = Date.parse("2026-01-31T14:00:00.000Z");

export interface FakeTerminal extends Terminal {
	readonly outText: () => string;
	readonly errText: () => string;
	/** Questions that were asked. */
	readonly questions: readonly string[];
}

export interface FakeTerminalOptions extends Partial<Omit<Terminal, "out" | "err" | "ask" | "input">> {
	/** What is typed at a question. */
	readonly typed?: string;
	/** What standard input holds. */
	readonly piped?: string;
}

export function fakeTerminal({ typed = "", piped = "", ...rest }: FakeTerminalOptions = {}): FakeTerminal {
	const out: string[] = [];
	const err: string[] = [];
	const questions: string[] = [];
	return {
		columns: 80,
		colors: false,
		interactive: false,
		environment: {},
		folder: "/nowhere",
		now: () => now,
		...rest,
		out: (text) => void out.push(`${text}\n`),
		err: (text) => void err.push(`${text}\n`),
		ask: async (question) => {
			questions.push(question);
			return typed;
		},
		input: async () => Buffer.from(piped),
		outText: () => out.join(""),
		errText: () => err.join(""),
		questions,
	};
}
