/** The journal's thread: owns one SQLite connection and answers calls in the order they come. Second entry point of the binary. */
import type { JournalReader } from "../domain/ports.ts";
import { openForReading } from "./journal-file.ts";
import { JournalWriter } from "./journal-writer.ts";
import { decodeCall, decodeGroup, encodeCall, type Method, type OpenOptions } from "./messages.ts";
import { ReadModel } from "./read-model.ts";
import { openAlertsOf, snapshotOf, strategyStateOf, workOf } from "./snapshot.ts";
import { journalErrorOf } from "./sqlite-error.ts";

declare const self: Worker;

/** What one worker does: the body of a call to the body of its answer. */
interface Role {
	answer(method: Method, body: string): string;
	/** Work that waits until the answer is out. Never throws. */
	afterwards?(): void;
}

class WriterRole implements Role {
	readonly #writer: JournalWriter;

	constructor(options: OpenOptions) {
		this.#writer = new JournalWriter(options);
	}

	answer(method: Method, body: string): string {
		switch (method) {
			case "group":
				return JSON.stringify(this.#writer.group(decodeGroup(body)));
			case "read":
				return ask(new ReadModel(this.#writer.db), body);
			case "open":
			case "load":
				return JSON.stringify(snapshotOf(this.#writer.db));
			case "open_alerts": {
				const [after, limit] = JSON.parse(body) as [number, number];
				return JSON.stringify(openAlertsOf(this.#writer.db, after, limit));
			}
			case "work":
				return JSON.stringify(workOf(this.#writer.db, body));
			case "strategy_state": {
				const [strategy, account] = JSON.parse(body) as [string, string];
				return strategyStateOf(this.#writer.db, strategy, account) ?? "";
			}
			case "prune": {
				const [cutoff, from] = JSON.parse(body) as [number, number];
				return JSON.stringify(this.#writer.prune(cutoff, from) ?? null);
			}
			case "close":
				this.#writer.close();
				return "";
			default:
				return method satisfies never;
		}
	}

	afterwards(): void {
		this.#writer.checkpoint();
	}
}

class ReaderRole implements Role {
	readonly #folder: string;
	#model: ReadModel | undefined;
	#close: (() => void) | undefined;

	constructor(folder: string) {
		this.#folder = folder;
	}

	answer(method: Method, body: string): string {
		if (method === "close") {
			this.#close?.();
			return "";
		}
		if (this.#model === undefined) {
			const db = openForReading(this.#folder);
			this.#model = new ReadModel(db);
			this.#close = () => db.close();
		}
		return method === "read" ? ask(this.#model, body) : "";
	}
}

/** One of the reader's questions by its name; "" for an answer of undefined. */
function ask(model: ReadModel, body: string): string {
	const { name, args } = JSON.parse(body) as { name: keyof JournalReader; args: unknown[] };
	const question = model[name] as (...args: unknown[]) => unknown;
	const answer = question.apply(model, args);
	return answer === undefined ? "" : JSON.stringify(answer);
}

let role: Role | undefined;

self.onmessage = (event: MessageEvent<string>) => {
	const { id, word, body } = decodeCall(event.data);
	try {
		if (word === "open") {
			const options = JSON.parse(body) as OpenOptions;
			role = options.role === "writer" ? new WriterRole(options) : new ReaderRole(options.folder ?? "");
		}
		self.postMessage(encodeCall(id, "ok", role?.answer(word as Method, body) ?? ""));
	} catch (cause) {
		const { kind, message } = journalErrorOf(cause);
		self.postMessage(encodeCall(id, "error", JSON.stringify({ kind, message })));
	}
	role?.afterwards?.();
};
