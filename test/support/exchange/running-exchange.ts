/** Starts the fake exchange in a process of its own and speaks to its `/control`. */
import { join } from "node:path";
import type { ExchangeArguments } from "./exchange-process.ts";
import type { Control, Counts } from "./exchange-server.ts";

export interface RunningExchange {
	readonly url: string;
	/** Sets faults, prices and what comes next; the answer is {@link RunningExchange.counts}. */
	control(change: Control): Promise<Counts>;
	counts(): Promise<Counts>;
	stop(): Promise<void>;
}

/** @throws Error where it does not come up */
export async function startExchange(settings: ExchangeArguments = {}): Promise<RunningExchange> {
	const child = Bun.spawn([process.execPath, join(import.meta.dir, "exchange-process.ts"), JSON.stringify(settings)], {
		stdin: "pipe",
		stdout: "pipe",
		stderr: "inherit",
	});
	const port = await portOf(child.stdout);
	if (port === undefined) {
		child.kill();
		throw new Error("the fake exchange did not say its port");
	}
	const url = `http://127.0.0.1:${port}`;
	const control = async (change: Control): Promise<Counts> => {
		const response = await fetch(`${url}/control`, { method: "POST", body: JSON.stringify(change) });
		return (await response.json()) as Counts;
	};
	return {
		url,
		control,
		counts: () => control({}),
		async stop() {
			await child.stdin.end();
			await child.exited;
		},
	};
}

async function portOf(stdout: ReadableStream<Uint8Array>): Promise<number | undefined> {
	const reader = stdout.getReader();
	const decoder = new TextDecoder();
	for (let text = ""; ; ) {
		const { done, value } = await reader.read();
		text += decoder.decode(value, { stream: true });
		const line = /^\{"port":(\d+)\}\n/.exec(text);
		if (line !== null || done) {
			reader.releaseLock();
			return line === null ? undefined : Number(line[1]);
		}
	}
}
