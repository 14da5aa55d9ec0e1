/** The main thread's side of one journal worker: starts it at the first call, pairs answers with calls, starts it again if it dies. */
import { JournalError, type JournalErrorKind } from "./journal-error.ts";
import { decodeCall, encodeCall, type Method, type OpenOptions } from "./messages.ts";

interface Call {
	readonly resolve: (body: string) => void;
	readonly reject: (error: JournalError) => void;
}

/** Calls that one thread may owe an answer; beyond it a call is refused at once (`busy`). Opening and closing always go in. */
export const calls_max = 1024;

/** Calls are answered in the order they were made. */
export class WorkerClient {
	readonly #options: OpenOptions;
	readonly #make: () => Worker;
	#worker: Worker | undefined;
	#calls = new Map<number, Call>();
	#lastId = 0;

	/** @param make a new thread that runs worker.ts */
	constructor(options: OpenOptions, make: () => Worker = () => new Worker(workerUrl())) {
		this.#options = options;
		this.#make = make;
	}

	/** @returns the body of the answer; rejects with a JournalError */
	call(method: Exclude<Method, "open" | "close">, body: string): Promise<string> {
		if (this.#calls.size >= calls_max) {
			const line = `${calls_max} questions wait for the journal's disk: ask again`;
			return Promise.reject(new JournalError("busy", line));
		}
		if (this.#worker === undefined) {
			// A file that cannot be opened fails this call too, with the same words.
			this.open().catch(() => undefined);
		}
		return this.#post(method, body);
	}

	/** Starts the worker and opens the file. */
	open(): Promise<string> {
		this.#start();
		return this.#post("open", JSON.stringify(this.#options));
	}

	/** Closes the file after the calls under way and ends the worker. */
	async close(): Promise<void> {
		const worker = this.#worker;
		if (worker === undefined) return;
		try {
			await this.#post("close", "");
		} finally {
			this.#worker = undefined;
			worker.terminate();
		}
	}

	#start(): void {
		const worker = this.#make();
		this.#worker = worker;
		worker.onmessage = (event: MessageEvent<string>) => this.#answered(event.data);
		worker.onerror = (event) => this.#died(worker, event.message);
		worker.addEventListener("close", () => this.#died(worker, "it ended"));
	}

	#post(method: Method, body: string): Promise<string> {
		this.#lastId += 1;
		const id = this.#lastId;
		return new Promise((resolve, reject) => {
			this.#calls.set(id, { resolve, reject });
			this.#worker?.postMessage(encodeCall(id, method, body));
		});
	}

	#answered(text: string): void {
		const { id, word, body } = decodeCall(text);
		const call = this.#calls.get(id);
		this.#calls.delete(id);
		if (word === "ok") call?.resolve(body);
		else {
			const { kind, message } = JSON.parse(body) as { kind: JournalErrorKind; message: string };
			call?.reject(new JournalError(kind, message));
		}
	}

	/** What was under way may or may not be on disk; the next call starts a new worker. */
	#died(worker: Worker, why: string): void {
		if (this.#worker !== worker) return;
		this.#worker = undefined;
		worker.terminate();
		const calls = [...this.#calls.values()];
		this.#calls = new Map();
		for (const { reject } of calls) reject(new JournalError("io", `the journal's thread stopped: ${why}`));
	}
}

/**
 * In the compiled binary a worker is found from the root of the bundled sources, in which `src/` is the top; from source,
 * beside this file.
 */
function workerUrl(): URL {
	const compiled = import.meta.url.includes("/$bunfs/") || import.meta.url.includes("/~BUN/");
	return new URL(compiled ? "./journal/worker.ts" : "./worker.ts", import.meta.url);
}
