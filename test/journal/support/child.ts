/** Child processes of tests: Bun on a support script, read line by line, never left behind. */
import { join } from "node:path";
import { atEnd } from "./open.ts";

export interface Child {
	readonly pid: number;
	/** The next line of its output; "" at its end. */
	line(): Promise<string>;
	/** All lines that are left, until its output ends. */
	rest(): Promise<readonly string[]>;
	/** kill -9, and waits for its end. */
	kill(): Promise<void>;
	/** Ends its input, and waits for its end. */
	leave(): Promise<void>;
}

export function startChild(script: string, ...args: readonly string[]): Child {
	const child = Bun.spawn([process.execPath, join(import.meta.dir, script), ...args], {
		stdin: "pipe",
		stdout: "pipe",
		stderr: "inherit",
	});
	const lines = linesOf(child.stdout);
	const kill = async () => {
		child.kill("SIGKILL");
		await child.exited;
	};
	atEnd(kill);
	return {
		pid: child.pid,
		line: async () => (await lines.next()).value ?? "",
		async rest() {
			const rest: string[] = [];
			for await (const line of lines) rest.push(line);
			return rest;
		},
		kill,
		async leave() {
			await child.stdin.end();
			await child.exited;
		},
	};
}

/** Whole lines only: what a kill cut off was never said. */
async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
	let text = "";
	const decoder = new TextDecoder();
	for await (const chunk of stream) {
		text += decoder.decode(chunk, { stream: true });
		const lines = text.split("\n");
		text = lines.pop() ?? "";
		yield* lines;
	}
	return undefined;
}
