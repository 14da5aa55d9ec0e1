/** Journals for tests: opened with a fake clock, closed and removed when the test ends. */
import { onTestFinished } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Journal } from "../../../src/domain/ports.ts";
import { type JournalOptions, openJournal } from "../../../src/journal/sqlite-journal.ts";
import { FakeClock } from "./fake-clock.ts";

export const day_ms = 86_400_000;

/** Of each test what is to be cleared, so that it goes newest first: a journal before its folder. */
let leftovers: (() => Promise<void> | void)[] = [];

/** Runs when the test ends, newest first. */
export function atEnd(clear: () => Promise<void> | void): void {
	if (leftovers.length === 0) {
		// A hook of this module would run for the first test file only: modules are shared between files.
		onTestFinished(async () => {
			const ofThisTest = leftovers.reverse();
			leftovers = [];
			for (const one of ofThisTest) await one();
		});
	}
	leftovers.push(clear);
}

export function tempFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "nexus-journal-"));
	atEnd(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

export interface Opened {
	readonly journal: Journal;
	readonly clock: FakeClock;
}

export async function open(folder: string | undefined, over: Partial<JournalOptions> = {}): Promise<Opened> {
	const clock = new FakeClock();
	const journal = await openJournal({ folder, size_max_bytes: 1e9, keep_ms: 30 * day_ms, clock, ...over });
	atEnd(() => journal.close());
	return { journal, clock };
}

/** The kind of the JournalError that a promise rejects with, or what it resolved to. */
export async function kindOf(promise: Promise<unknown>): Promise<unknown> {
	try {
		return { resolved: await promise };
	} catch (error) {
		return error instanceof Error && "kind" in error ? error.kind : error;
	}
}
