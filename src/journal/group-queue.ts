/** What waits in front of the writer: everything handed over while a group is being committed shares the next one. */
import { idOf } from "../domain/id.ts";
import { JournalError, type JournalErrorKind } from "./journal-error.ts";
import { encodeGroup, type Item, itemTexts, type Outcome } from "./messages.ts";

/** Receptions and commits that may wait or be under way; beyond it a reception is refused at once (`busy`: 503, send it again). */
export const waiting_max = 4096;
/** Characters of all that waits or is under way; beyond it a reception is refused at once. A lone one always has room. */
export const waiting_chars_max = 64 * 1024 * 1024;
/** The same two for commits, which are what came of earlier alerts and go on where receptions are refused; who commits tries again. */
export const waiting_with_commits_max = 2 * waiting_max;
export const waiting_chars_with_commits_max = 4 * waiting_chars_max;
/** Items in one transaction, so that the first of a crowd does not wait for the last. */
const group_items_max = 1024;
/** So many waiting items are worth a transaction of their own while another one is under way; a quarter of all, where that is more. */
const crowd_items_min = 16;
/** Groups at the writer at a time. */
const under_way_max = 3;
/** Characters of one reception, trace and message included. */
export const reception_chars_max = 4 * 1024 * 1024;
/** Characters of one list of changes. */
export const commit_chars_max = 64 * 1024 * 1024;

interface Waiting {
	readonly texts: readonly string[];
	readonly chars: number;
	readonly resolve: (outcome: Outcome) => void;
	readonly reject: (error: JournalError) => void;
}

/**
 * Groups follow each other in the order they were sent. Under load a second one is handed to the writer before the first is
 * back, so that the disk works while the next requests are read; a lone record never waits for company.
 */
export class GroupQueue {
	readonly #send: (body: string) => Promise<string>;
	#waiting: Waiting[] = [];
	#underWay = 0;
	#itemsUnderWay = 0;
	/** Characters that wait or are under way. */
	#chars = 0;
	#planned = false;
	#idle: (() => void)[] = [];

	/** @param send commits an encoded group and answers with its outcomes as JSON */
	constructor(send: (body: string) => Promise<string>) {
		this.#send = send;
	}

	/** Resolves with what became of the item when it is on disk; rejects with a JournalError when it is not. */
	add(item: Item): Promise<Exclude<Outcome, { kind: "error" }>> {
		const texts = itemTexts(item);
		const chars = texts.reduce((sum, text) => sum + text.length, 0);
		const refusal = this.#refusal(item.kind, chars);
		if (refusal !== undefined) return Promise.reject(refusal);
		return new Promise((resolve, reject) => {
			const settle = (outcome: Outcome) => {
				if (outcome.kind === "error") reject(new JournalError(outcome.error as JournalErrorKind, outcome.message));
				else resolve(outcome);
			};
			this.#waiting.push({ texts, chars, resolve: settle, reject });
			this.#chars += chars;
			this.#next();
		});
	}

	/** Why one more item is not taken; undefined where it is. */
	#refusal(kind: Item["kind"], chars: number): JournalError | undefined {
		const isReception = kind === "accept";
		const items_max = isReception ? waiting_max : waiting_with_commits_max;
		const items = this.#waiting.length + this.#itemsUnderWay;
		if (items >= items_max) {
			return new JournalError("busy", `${items_max} records wait for the journal's disk: send it again`);
		}
		const chars_max = isReception ? reception_chars_max : commit_chars_max;
		if (chars > chars_max) {
			return new JournalError("too_large", `a record of ${chars} characters is over the limit of ${chars_max}`);
		}
		const all_max = isReception ? waiting_chars_max : waiting_chars_with_commits_max;
		if (items === 0 || this.#chars + chars <= all_max) return undefined;
		return new JournalError("busy", `${this.#chars} characters wait for the journal's disk: send it again`);
	}

	/** Resolves when nothing waits any more. */
	idle(): Promise<void> {
		if (this.#isIdle()) return Promise.resolve();
		return new Promise((resolve) => this.#idle.push(resolve));
	}

	#isIdle(): boolean {
		return this.#underWay === 0 && this.#waiting.length === 0;
	}

	/** Waking the writer costs as much as reading several alerts, so the more there are, the larger their groups. */
	#isCrowd(): boolean {
		const waiting = this.#waiting.length;
		return waiting >= crowd_items_min && waiting * 4 >= waiting + this.#itemsUnderWay;
	}

	/** Sends a crowd at once; a few when the event loop has read what else is there, unless a group is under way: they share the next. */
	#next(): void {
		if (this.#isCrowd() && this.#underWay < under_way_max) {
			this.#sendGroup();
		} else if (this.#underWay === 0 && !this.#planned) {
			this.#planned = true;
			setImmediate(() => {
				this.#planned = false;
				if (this.#waiting.length > 0 && this.#underWay === 0) this.#sendGroup();
			});
		}
	}

	#sendGroup(): void {
		const group = this.#waiting.splice(0, group_items_max);
		const chars = group.reduce((sum, one) => sum + one.chars, 0);
		const back = (): void => this.#back(group.length, chars);
		this.#underWay += 1;
		this.#itemsUnderWay += group.length;
		// It never rejects.
		this.#commit(group).then(back, back);
	}

	#back(items: number, chars: number): void {
		this.#underWay -= 1;
		this.#chars -= chars;
		this.#itemsUnderWay -= items;
		const waiting = this.#waiting.length;
		if (this.#isCrowd() || (waiting > 0 && this.#underWay === 0)) this.#sendGroup();
		if (!this.#isIdle()) return;
		for (const resolve of this.#idle.splice(0)) resolve();
	}

	async #commit(group: readonly Waiting[]): Promise<void> {
		try {
			const outcomes = JSON.parse(await this.#send(encodeGroup(group.map(({ texts }) => texts)))) as readonly Outcome[];
			for (const [index, { resolve, reject }] of group.entries()) {
				const outcome = outcomes[index];
				if (outcome === undefined) reject(new JournalError("io", "the journal gave no answer for this record"));
				else resolve(outcome);
			}
		} catch (cause) {
			const error = cause instanceof JournalError ? cause : new JournalError("io", String(cause), { cause });
			for (const { reject } of group) reject(error);
		}
	}
}

/** The id of the alert that an outcome speaks of. */
export function idIn(outcome: { readonly seq: number }): string {
	return idOf(outcome.seq);
}
