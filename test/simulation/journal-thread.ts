/** The journal's thread without a thread: the same calls and answers, one at a time, in simulated time. */
import { answerCalls, type Port } from "../../src/journal/answer-calls.ts";
import type { DiskFault } from "../../src/journal/journal-writer.ts";
import { encodeCall } from "../../src/journal/messages.ts";
import type { ProcessClock } from "./process-clock.ts";

type OnMessage = (event: MessageEvent<string>) => void;

/** Stands where `new Worker(…)` stands; hand it to `openJournal` by way of {@link JournalThread.asWorker}. */
export class JournalThread {
	onmessage: OnMessage | null = null;
	onerror: ((event: ErrorEvent) => void) | null = null;
	readonly #port: Port = {
		onmessage: null,
		postMessage: (text) => this.#clock.after(0, () => this.onmessage?.(messageOf(text))),
	};
	readonly #clock: ProcessClock;
	readonly #takes_ms: () => number;
	#inbox: string[] = [];
	#busy = false;
	#ended = false;

	/** @param takes_ms how long the next call takes on this disk */
	constructor(clock: ProcessClock, fault: DiskFault, takes_ms: () => number) {
		this.#clock = clock;
		this.#takes_ms = takes_ms;
		answerCalls(this.#port, fault);
	}

	get asWorker(): Worker {
		return this as unknown as Worker;
	}

	postMessage(text: string): void {
		this.#inbox.push(text);
		this.#next();
	}

	/** It never ends by itself. */
	addEventListener(): void {
		return;
	}

	terminate(): void {
		this.#ended = true;
		this.#inbox = [];
	}

	/** The process is dead: its connection goes without a word to anybody. */
	abandon(): void {
		if (!this.#ended) this.#port.onmessage?.(messageOf(encodeCall(0, "close", "")));
		this.terminate();
	}

	#next(): void {
		const [text] = this.#inbox;
		if (this.#busy || text === undefined) return;
		this.#busy = true;
		this.#clock.after(this.#takes_ms(), () => {
			this.#inbox.shift();
			this.#busy = false;
			this.#port.onmessage?.(messageOf(text));
			this.#next();
		});
	}
}

function messageOf(text: string): MessageEvent<string> {
	return { data: text } as MessageEvent<string>;
}
