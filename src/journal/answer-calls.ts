/** What the journal's thread does: owns one SQLite connection and answers calls in the order they come. */
import type { JournalReader } from "../domain/ports.ts";
import { openForReading } from "./journal-file.ts";
import { type DiskFault, JournalWriter } from "./journal-writer.ts";
import { decodeCall, decodeGroup, encodeCall, type Method, type OpenOptions, type PruneStep } from "./messages.ts";
import { ReadModel } from "./read-model.ts";
import { openAlertsOf, snapshotOf, strategyStateOf, workOf } from "./snapshot.ts";
import { journalErrorOf } from "./sqlite-error.ts";

/** What one worker does: the body of a call to the body of its answer. */
interface Role {
	answer(method: Method, body: string): string;
	/** Work that waits until the answer is out. Never throws. */
	afterwards?(): void;
}

class WriterRole implements Role {
	readonly #writer: JournalWriter;

	constructor(options: OpenOptions, fault: DiskFault | undefined) {
		this.#writer = new JournalWriter(options, fault);
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
			case "prune":
				return JSON.stringify(this.#writer.prune(JSON.parse(body) as PruneStep) ?? null);
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

/** The thread's side of its messages. */
export interface Port {
	onmessage: ((event: MessageEvent<string>) => void) | null;
	postMessage(text: string): void;
}

/**
 * Answers every message that comes through `port`, one after the other.
 * @param fault where a test makes the writer's disk fail
 */
export function answerCalls(port: Port, fault?: DiskFault): void {
	let role: Role | undefined;
	port.onmessage = (event) => {
		const { id, word, body } = decodeCall(event.data);
		try {
			if (word === "open") role = roleOf(JSON.parse(body) as OpenOptions, fault);
			port.postMessage(encodeCall(id, "ok", role?.answer(word as Method, body) ?? ""));
		} catch (cause) {
			const { kind, message } = journalErrorOf(cause);
			port.postMessage(encodeCall(id, "error", JSON.stringify({ kind, message })));
		}
		role?.afterwards?.();
	};
}

function roleOf(options: OpenOptions, fault: DiskFault | undefined): Role {
	return options.role === "writer" ? new WriterRole(options, fault) : new ReaderRole(options.folder ?? "");
}
