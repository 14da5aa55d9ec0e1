/** The wish of a newcomer that the running nexus leaves: a file of which exactly one side can dispose, by taking it away. */
import { unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canSharePorts } from "../http/reuse-port.ts";
import { JournalError } from "../journal/journal-error.ts";
import { lockSuccession } from "../journal/lock.ts";

const requestFile = "nexus.next";

/** Tells the running nexus to look for a newcomer's wish. */
export const handOverSignal = "SIGUSR2";

/** Calls `act` at each of these signals; never where ports cannot be handed over. */
export function onHandOverSignal(act: () => void): void {
	if (canSharePorts) process.on(handOverSignal, act);
}

/** Puts the wish down; the signal that tells of it comes after. */
export function requestHandOver(folder: string): void {
	writeFileSync(join(folder, requestFile), `${process.pid}\n`);
}

/** The newcomer takes its wish back. False where the running nexus has taken it already: then it is leaving. */
export function withdrawRequest(folder: string): boolean {
	return takeAway(folder);
}

/**
 * The running nexus takes the wish, after which it has to leave. False where nobody wishes it: the newcomer has given up, or it
 * died and what it left behind is cleared away.
 */
export function claimRequest(folder: string): boolean {
	const waiting = newcomerWaits(folder);
	return takeAway(folder) && waiting;
}

/** A newcomer keeps the succession's lock as long as it lives and waits. */
function newcomerWaits(folder: string): boolean {
	try {
		lockSuccession(folder, 0).release();
		return false;
	} catch (error) {
		if (error instanceof JournalError && error.kind === "locked") return true;
		throw error;
	}
}

function takeAway(folder: string): boolean {
	try {
		unlinkSync(join(folder, requestFile));
		return true;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
		throw error;
	}
}
