/** What waits in front of the writer: everything handed over while a group is being committed shares the next one. */
import { idOf } from "../domain/id.ts";
import { JournalError, type JournalErrorKind } from "./journal-error.ts";
import { encodeGroup, type Item, itemTexts, type Outcome } from "./messages.ts";

/** Receptions and commits that may wait or be under way; beyond it a reception is refused at once. Commits are bounded by those who await them. */
export const waiting_max = 4096;
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
	#planned = false;
	#idle: (() => void)[] = [];

	/** @param send commits an encoded group and answers with its outcomes as JSON */
	constructor(send: (body: string) => Promise<string>) {
		this.#send = send;
	}

	/** Resolves with what became of the item when it is on disk; rejects with a JournalError when it is not. */
	add(item: Item): Promise<Exclude<Outcome, { kind: "error" }>> {
		const isReception = item.kind === "accept";
		if (isReception && this.#waiting.length + this.#itemsUnderWay >= waiting_max) {
			return Promise.reject(
				new JournalError("busy", `${waiting_max} records wait for the journal's disk: send it again`),
			);
		}
		const texts = itemTexts(item);
		const chars = texts.reduce((sum, text) => sum + text.length, 0);
		const chars_max = isReception ? reception_chars_max : commit_chars_max;
		if (chars > chars_max) {
			return Promise.reject(
				new JournalError("too_large", `a record of ${chars} characters is over the limit of ${chars_max}`),
			);
		}
		return new Promise((resolve, reject) => {
			const settle = (outcome: Outcome) => {
				if (outcome.kind === "error") reject(new JournalError(outcome.error as JournalErrorKind, outcome.message));
				else resolve(outcome);
			};
			this.#waiting.push({ texts, resolve: settle, reject });
			this.#next();
		});
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
		const back = (): void => this.#back(group.length);
		this.#underWay += 1;
		this.#itemsUnderWay += group.length;
		// It never rejects.
		this.#commit(group).then(back, back);
	}

	#back(items: number): void {
		this.#underWay -= 1;
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
