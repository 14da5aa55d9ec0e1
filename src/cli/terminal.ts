/** What a command sees of the world: where it writes, how wide that is, what it may ask, and the time. */
import { createInterface } from "node:readline/promises";
import { stripVTControlCharacters } from "node:util";

export interface Terminal {
	/** Writes the answer, a line end added. */
	out(text: string): void;
	/** Writes what is not the answer, a line end added. */
	err(text: string): void;
	/** Columns that a line may fill. */
	readonly columns: number;
	readonly colors: boolean;
	/** True where a person can answer a question. */
	readonly interactive: boolean;
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** The current folder, absolute. */
	readonly folder: string;
	/** Milliseconds since 1970. */
	now(): number;
	/** Resolves to the line that was typed. */
	ask(question: string): Promise<string>;
	/** All of standard input. Throws RangeError beyond `bytesMax`. */
	input(bytesMax: number): Promise<Uint8Array>;
}

const columnsDefault = 80;
const columnsMin = 40;

async function standardInput(bytesMax: number): Promise<Uint8Array> {
	const parts: Uint8Array[] = [];
	let length = 0;
	for await (const part of Bun.stdin.stream()) {
		length += part.byteLength;
		if (length > bytesMax) throw new RangeError(`more than ${bytesMax} bytes`);
		parts.push(part);
	}
	return Buffer.concat(parts);
}

async function ask(question: string): Promise<string> {
	const lines = createInterface({ input: process.stdin, output: process.stderr });
	try {
		return await lines.question(question);
	} finally {
		lines.close();
	}
}

/** Columns of the screen; where there is none, COLUMNS or 80. */
function columnsOf(environment: Readonly<Record<string, string | undefined>>): number {
	const told = process.stdout.isTTY ? process.stdout.columns : Number.parseInt(environment["COLUMNS"] ?? "", 10);
	return Number.isInteger(told) && told > 0 ? Math.max(told, columnsMin) : columnsDefault;
}

/** The terminal of this process. No colours where NO_COLOR is set or standard output is not a screen. */
export function processTerminal(): Terminal {
	const environment = process.env;
	return {
		out: (text) => void process.stdout.write(`${text}\n`),
		err: (text) => void process.stderr.write(`${text}\n`),
		columns: columnsOf(environment),
		colors: process.stdout.isTTY === true && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb",
		interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
		environment,
		folder: process.cwd(),
		now: () => Date.now(),
		ask,
		input: standardInput,
	};
}

const paints = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
export type Paint = keyof typeof paints;

/** `text` in a colour, or as it is where the terminal shows none. */
export function paint(terminal: Pick<Terminal, "colors">, color: Paint, text: string): string {
	return terminal.colors && text !== "" ? `\u001b[${paints[color]}m${text}\u001b[0m` : text;
}

/**
 * Text from outside (messages, reasons, bodies) made harmless for a screen: no control characters, no escape sequences,
 * no direction marks that could make one line look like another.
 */
export function harmless(text: string): string {
	return stripVTControlCharacters(text).replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ");
}
