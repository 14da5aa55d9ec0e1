/** TradingView as it sends: one request for each message, again after a 5xx or a cut connection, never after a 4xx or a silence. */
import type { Clock } from "../../src/domain/ports.ts";
import type { Answer } from "./program.ts";

/** The first time and three times more. */
const sendings_max = 4;
const again_ms = 2_000;
/** It hangs up after this long and does not send again. */
const patience_ms = 3_000;

/** One alert as TradingView has it. */
export interface Message {
	readonly text: string;
	/** A few words for the story. */
	readonly words: string;
	/** True for one that only closes, so that no rule about money may hold it back. */
	readonly closes: boolean;
}

/** Sends messages and keeps what it was promised. */
export class Sender {
	readonly #clock: Clock;
	readonly #post: (text: string) => Promise<Answer>;
	readonly #tell: (line: string) => void;
	/** Ids that were answered with 202, or 200 as a duplicate, and the message they were for. */
	readonly promised = new Map<string, Message>();
	/** Answers by status; 0 for no answer. */
	readonly answers = new Map<number, number>();
	#underWay = 0;

	constructor(clock: Clock, post: (text: string) => Promise<Answer>, tell: (line: string) => void) {
		this.#clock = clock;
		this.#post = post;
		this.#tell = tell;
	}

	/** True while a message is on its way or waits to be sent again. */
	get busy(): boolean {
		return this.#underWay > 0;
	}

	/** @param answersLost how many of its answers never reach TradingView */
	async send(message: Message, answersLost: number): Promise<void> {
		this.#underWay += 1;
		for (let sending = 1; sending <= sendings_max; sending++) {
			const answer = await this.#once(message, sending <= answersLost);
			if (answer === "done") break;
			await this.#clock.sleep(again_ms);
		}
		this.#underWay -= 1;
	}

	async #once(message: Message, lost: boolean): Promise<"done" | "again"> {
		const silence = new Promise<"silence">((resolve) => this.#clock.after(patience_ms, () => resolve("silence")));
		const answer = await Promise.race([this.#post(message.text), silence]);
		if (answer === "silence" || answer.kind !== "answer") {
			this.#count(0);
			this.#tell(`${message.words}: ${answer === "silence" ? "no answer in time" : answer.kind}`);
			return answer === "silence" ? "done" : "again";
		}
		const { status, id, detail } = answer;
		this.#count(status);
		this.#tell(`${message.words}: ${status} ${detail} ${id ?? ""}${lost ? ", and the answer is lost" : ""}`);
		if (id !== undefined) this.promised.set(id, message);
		return lost || status >= 500 ? "again" : "done";
	}

	#count(status: number): void {
		this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
	}
}
