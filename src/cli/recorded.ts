/** Asks the running nexus, or its journal directly where none is running. */
import type { Page, PageRequest } from "../domain/ports.ts";
import { type ClientCall, connect, type Records } from "./client.ts";
import { shownPath } from "./configuration.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** The most that one command lists. */
export const listed_max = 5000;
const page_items_max = 500;

/** The reader of the journal in `folder`. Throws `unreachable`, with the journal's own line below it, where there is none to read. */
async function journalIn(folder: string, unreachable: CommandFailure) {
	const { openReader } = await import("../journal/reader.ts");
	try {
		return openReader(folder);
	} catch (error) {
		if (!(error instanceof Error) || error.name !== "JournalError") throw error;
		throw new CommandFailure(unreachable.exit, unreachable.message, unreachable.cure, [error.message]);
	}
}

/** Answers `ask` from the API; where nothing listens, from the journal on disk, and says so on stderr. */
export async function fromRecords<T>(
	call: ClientCall & { readonly terminal: Terminal },
	ask: (records: Records) => Promise<T>,
): Promise<T> {
	const { client, settings } = await connect(call);
	try {
		return await ask(client);
	} catch (error) {
		const offline = error instanceof CommandFailure && error.exit === exitCode.unreachable;
		// Told to ask somewhere else, the journal here is not the answer.
		if (!offline || settings === undefined || call.values.url !== undefined) throw error;
		const reader = await journalIn(settings.data, error);
		const folder = shownPath(settings.data, call.terminal.folder);
		call.terminal.err(`nexus: ${error.message}; this is from the journal in ${folder}`);
		try {
			return await ask(reader);
		} finally {
			reader.close();
		}
	}
}

/** Up to `limit` items over as many pages as that takes. */
export async function collect<T>(
	ask: (request: PageRequest) => Promise<Page<T>>,
	limit: number,
): Promise<{ readonly items: readonly T[]; readonly next: string | null }> {
	const items: T[] = [];
	let cursor: string | null = null;
	do {
		const page: Page<T> = await ask({
			limit: Math.min(limit - items.length, page_items_max),
			...(cursor === null ? {} : { cursor }),
		});
		items.push(...page.items);
		cursor = page.next;
	} while (cursor !== null && items.length < limit);
	return { items, next: cursor };
}

/** The value of --limit: 1 to 5000. */
export function readLimit(text: string | undefined, otherwise: number): number {
	if (text === undefined) return otherwise;
	const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
	if (limit >= 1 && limit <= listed_max) return limit;
	throw new CommandFailure(exitCode.usage, `--limit '${text}' is not a whole number from 1 to ${listed_max}`);
}
