/** The disk under the journal: a real folder in memory whose faults are drawn, and what is left on it where the process dies. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { journalFile, openForWriting } from "../../src/journal/journal-file.ts";
import type { DiskFault } from "../../src/journal/journal-writer.ts";
import { startOfTest } from "../engine/support.ts";

/** What the disk does wrong for a while. */
export const troubles = {
	full: "is full",
	read_only: "is read-only",
	io_error: "answers with I/O errors",
	lost_sync: "writes, and says that it failed",
	slow: "takes 40 to 120 ms for a commit",
	very_slow: "takes 200 to 600 ms for a commit",
} as const;
export type Trouble = keyof typeof troubles;

const codes = {
	full: "SQLITE_FULL",
	read_only: "SQLITE_READONLY",
	io_error: "SQLITE_IOERR_WRITE",
	lost_sync: "SQLITE_IOERR_FSYNC",
} as const;

/** Where in a commit the process dies. */
export const commitDeaths = ["before COMMIT", "within COMMIT", "after COMMIT, before anybody knows"] as const;
export type CommitDeath = (typeof commitDeaths)[number];

const place = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A journal of this version with nothing in it, made once; each run begins with a copy. */
let template: Uint8Array | undefined;

function emptyJournal(): Uint8Array {
	if (template !== undefined) return template;
	const folder = mkdtempSync(join(place, "nexus-simulation-"));
	openForWriting(folder, startOfTest).close();
	template = readFileSync(journalFile(folder));
	rmSync(folder, { recursive: true, force: true });
	return template;
}

/** Folders of disks that are in use, which go with the program where it is ended in the middle of a run. */
const inUse = new Set<string>();
process.on("exit", () => {
	for (const folder of inUse) rmSync(folder, { recursive: true, force: true });
});

/** The two files that are left of a journal. */
interface Files {
	readonly main: Uint8Array;
	readonly log: Uint8Array;
}

/** One disk; what is on it outlives every process. */
export class SimulatedDisk {
	readonly #root = mkdtempSync(join(place, "nexus-simulation-"));
	#number = 0;
	/** The write-ahead log as a commit left it that was torn. */
	#torn: Uint8Array | undefined;
	/** Undefined where it is well. */
	trouble: Trouble | undefined;
	/** Since when it is well, in milliseconds of the true time. */
	well_since = 0;
	/** Where a commit is torn: the share of its writes that came to the disk, from 0 to 1. */
	tear_at = 0.5;

	constructor() {
		inUse.add(this.#root);
		mkdirSync(this.folder);
		writeFileSync(journalFile(this.folder), emptyJournal());
	}

	/** The data folder as the process of this moment has it. */
	get folder(): string {
		return join(this.#root, String(this.#number));
	}

	/**
	 * What stands between the journal's writer and this disk.
	 * @param death asked at each commit: where in it the process dies; undefined where it lives
	 * @param kill the process is dead; what is on disk is on it
	 */
	faults(death: () => CommitDeath | undefined, kill: (how: string) => void): DiskFault {
		let dies: CommitDeath | undefined;
		let before: Files | undefined;
		return {
			beforeCommit: () => {
				dies = death();
				if (dies === "before COMMIT") {
					kill("killed in a transaction, before COMMIT");
					this.#throw("SQLITE_IOERR_WRITE");
				}
				if (dies === "within COMMIT") before = this.files();
				const { trouble } = this;
				if (trouble === "full" || trouble === "read_only" || trouble === "io_error") this.#throw(codes[trouble]);
			},
			afterCommit: () => {
				if (dies === "within COMMIT" && before !== undefined) this.#tear(before);
				if (dies !== undefined) {
					kill(dies === "within COMMIT" ? "killed within COMMIT" : "killed after COMMIT, before anybody knew");
					this.#throw("SQLITE_IOERR_WRITE");
				}
				if (this.trouble === "lost_sync") this.#throw(codes.lost_sync);
			},
		};
	}

	/** Something is wrong with it from now on, in place of what was. */
	fail(trouble: Trouble): void {
		this.trouble = trouble;
	}

	/** Well again, where it is still this that was wrong. */
	heal(trouble: Trouble | undefined, now: number): void {
		if (this.trouble === undefined || (trouble !== undefined && this.trouble !== trouble)) return;
		this.trouble = undefined;
		this.well_since = now;
	}

	/** The journal's files as they are in this moment. */
	files(): Files {
		const main = journalFile(this.folder);
		const log = `${main}-wal`;
		return { main: readFileSync(main), log: existsSync(log) ? readFileSync(log) : new Uint8Array(0) };
	}

	/** The next process finds what is on disk in this moment; what the dead one's files become is nobody's concern. */
	leave(): void {
		const from = journalFile(this.folder);
		this.#number += 1;
		const to = journalFile(this.folder);
		mkdirSync(this.folder);
		copyFileSync(from, to);
		if (this.#torn !== undefined) writeFileSync(`${to}-wal`, this.#torn);
		else if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
		this.#torn = undefined;
	}

	/** Of a commit's writes only the first part came to the disk. */
	#tear(before: Files): void {
		const { log } = this.files();
		let first = 0;
		while (first < log.length && log[first] === before.log[first]) first += 1;
		const cut = first + Math.floor((log.length - first) * this.tear_at);
		this.#torn = Buffer.concat([log.subarray(0, cut), before.log.subarray(Math.min(cut, before.log.length))]);
	}

	#throw(code: string): never {
		throw Object.assign(new Error("the simulated disk failed"), { code });
	}

	/** The files of processes that are dead are of no use any more. */
	forget(): void {
		for (let old = 0; old < this.#number; old++) {
			rmSync(join(this.#root, String(old)), { recursive: true, force: true });
		}
	}

	remove(): void {
		inUse.delete(this.#root);
		rmSync(this.#root, { recursive: true, force: true });
	}
}
