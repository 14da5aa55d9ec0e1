/** Reads what a plugin prints, line by line, so that printing without end costs nexus neither memory nor time. */
import type { Clock } from "../domain/ports.ts";

/** Characters of a line that are kept. */
export const line_characters_max = 1000;
/** Lines handed on in one second; the rest of that second's lines are counted only. */
export const lines_per_second_max = 50;
/** Bytes read in one second; then the plugin's own printing has to wait. */
const bytes_per_second_max = 256 * 1024;

interface OutputOptions {
	readonly clock: Clock;
	readonly line: (text: string) => void;
}

class Lines {
	readonly #options: OutputOptions;
	#partial = "";
	#lines = 0;
	#dropped = 0;

	constructor(options: OutputOptions) {
		this.#options = options;
	}

	add(text: string): void {
		const parts = text.split("\n");
		for (const [index, part] of parts.entries()) {
			if (this.#partial.length <= line_characters_max) this.#partial += part.slice(0, line_characters_max + 1);
			if (index < parts.length - 1) this.endLine();
		}
	}

	endLine(): void {
		const text = this.#partial.replace(/\r$/, "");
		this.#partial = "";
		if (text === "") return;
		this.#lines += 1;
		if (this.#lines > lines_per_second_max) this.#dropped += 1;
		else this.#options.line(text.length > line_characters_max ? `${text.slice(0, line_characters_max)}…` : text);
	}

	nextSecond(): void {
		if (this.#dropped > 0) this.#options.line(`… and ${this.#dropped} more lines in that second`);
		this.#lines = 0;
		this.#dropped = 0;
	}
}

/** Resolves when the stream ends. Lines are cut and limited as the constants above say. */
export async function readOutput(stream: ReadableStream<Uint8Array>, options: OutputOptions): Promise<void> {
	const { clock } = options;
	const lines = new Lines(options);
	const decoder = new TextDecoder();
	let windowStart = clock.monotonic();
	let bytes = 0;
	for await (const chunk of stream) {
		if (clock.monotonic() - windowStart >= 1000) {
			lines.nextSecond();
			windowStart = clock.monotonic();
			bytes = 0;
		}
		lines.add(decoder.decode(chunk, { stream: true }));
		bytes += chunk.byteLength;
		if (bytes > bytes_per_second_max) await clock.sleep(Math.max(0, windowStart + 1000 - clock.monotonic()));
	}
	lines.endLine();
	lines.nextSecond();
}
